"""`/ogc`: the lists as OGC API - Features, Part 1: Core (OGC 17-069r4), for GIS programs.

Conformance classes are Core, GeoJSON and OpenAPI 3.0; of Part 2 (OGC 18-058r1) CRS, with CRS84 alone. Part 1 differs
from `/v1`: a limit above the maximum is the maximum, and a feature without time matches every time. A row without point
is no feature, and every response has typed links.
"""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from sqlalchemy import Connection

from app.api.http.lists import MAX_INLINE_ROWS, page_body
from app.api.http.openapi import JsonObject
from app.api.http.read_pool import ReadSession
from app.api.http.respond import Body, Link, json_body, respond
from app.api.http.urls import query_pairs, request_url
from app.api.ogc.openapi import CONFORMANCE, CRS84, DOCUMENT_PARAMS, FEATURE_PARAMS, OGC_LISTS, service_description
from app.errors import NotFoundError
from app.formats import FORMATS
from app.formats.as_geojson import GEOJSON, feature, licence_url
from app.formats.as_geojson import write as write_features
from app.formats.base import Format, dumps
from app.formats.columns import selected_columns
from app.names import closest_matches
from app.query.analyses.lookups import get_row
from app.query.lists.extent import extent
from app.query.lists.fetch import fetch_page, find_one
from app.query.lists.request import ListRequest
from app.query.params.param import parse_query
from app.resources import STORED_LISTS, StoredList

router = APIRouter(prefix="/ogc", include_in_schema=False)  # /ogc/api serves a document of its own

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
# GDAL reads a list that is empty or holds a null as JSON, which QGIS cannot write to a file.
_FLAT_GEOJSON = replace(
    GEOJSON, write=partial(write_features, lists=False), aliases=("application/json",), streams=False
)
AS_GEOJSON = (_FLAT_GEOJSON, replace(_FLAT_GEOJSON, name="json"))
CONTENT_CRS = {"Content-Crs": f"<{CRS84}>"}
AS_OPENAPI = (replace(FORMATS["json"], media_type=OPENAPI, aliases=("application/json",)),)


def _make_link(request: Request, rel: str, path: str, title: str, media: str = "application/json") -> dict[str, str]:
    base = str(request.base_url).rstrip("/")
    return {"rel": rel, "href": f"{base}/ogc{path}", "type": media, "title": title}


def _requested_list(request: Request) -> StoredList:
    """Return the list that the path names. Raises NotFoundError."""
    name = str(request.path_params["collection"])
    if name not in OGC_LISTS:
        raise NotFoundError("collections", name, closest_matches(name, OGC_LISTS))
    return OGC_LISTS[name]


@router.get("")
@router.get("/")
async def landing(request: Request) -> Response:
    """Return the landing page, with links to all parts of the service."""
    requested = parse_query(query_pairs(request), DOCUMENT_PARAMS).get("f")
    body = {
        "title": "Oxus",
        "description": "Conflict events, changes of control, movements and places, as features.",
        "links": [
            _make_link(request, "self", "", "This document"),
            _make_link(request, "service-desc", "/api", "The description of this interface", OPENAPI),
            _make_link(request, "service-doc", "/docs", "The description as a page", "text/html"),
            _make_link(request, "conformance", "/conformance", "The conformance classes"),
            _make_link(request, "data", "/collections", "The collections"),
        ],
    }
    return await respond(request, json_body(body), requested=requested)


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """Return the conformance classes."""
    requested = parse_query(query_pairs(request), DOCUMENT_PARAMS).get("f")
    return await respond(request, json_body({"conformsTo": CONFORMANCE}), requested=requested)


@router.get("/api")
async def description(request: Request) -> Response:
    """Return the OpenAPI 3.0 document of this service."""
    requested = parse_query(query_pairs(request), DOCUMENT_PARAMS).get("f")
    base = str(request.base_url).rstrip("/")
    render = partial(_render_description, f"{base}/ogc")
    return await respond(request, render, formats=AS_OPENAPI, requested=requested)


def _render_description(base_url: str, _session: ReadSession, _format: Format) -> Body:
    return Body([dumps(service_description(base_url)).encode()])


@router.get("/docs")
async def documentation(request: Request) -> Response:
    """Return the documentation page, whose scripts and styles this server serves itself."""
    parse_query(query_pairs(request), {})
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}/ogc/api",
        title="Oxus as OGC API - Features",
        swagger_js_url=f"{root}/static-offline-docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/static-offline-docs/swagger-ui.css",
        swagger_favicon_url=f"{root}/static-offline-docs/favicon.png",
    )


@router.get("/collections")
async def collections(request: Request) -> Response:
    """Return the collections, with their extents."""
    requested = parse_query(query_pairs(request), DOCUMENT_PARAMS).get("f")

    return await respond(request, partial(_render_collections, request), requested=requested, inline=False)


def _render_collections(request: Request, session: ReadSession, _format: Format) -> Body:
    document = {
        "links": [_make_link(request, "self", "/collections", "This document"), *_licence_links(session)],
        "collections": [_describe_collection(request, session, resource) for resource in OGC_LISTS.values()],
    }
    return Body([dumps(document).encode()])


@router.get("/collections/{collection}")
async def collection(request: Request) -> Response:
    """Return one collection."""
    requested = parse_query(query_pairs(request), DOCUMENT_PARAMS).get("f")
    resource = _requested_list(request)
    return await respond(request, partial(_render_collection, request, resource), requested=requested, inline=False)


def _render_collection(request: Request, resource: StoredList, session: ReadSession, _format: Format) -> Body:
    return Body([dumps(_describe_collection(request, session, resource)).encode()])


def _describe_collection(request: Request, session: ReadSession, resource: StoredList) -> JsonObject:
    path = f"/collections/{resource.name}"
    return {
        "id": resource.name,
        "title": resource.name.replace("-", " ").capitalize(),
        "description": f"{resource.summary}: those with coordinates.",
        "links": [
            _make_link(request, "self", path, "This document"),
            _make_link(request, "items", f"{path}/items", "The features", GEOJSON.media_type),
            *_licence_links(session),
        ],
        "extent": session.cached(f"extent of {resource.name}", lambda: _extent(resource, session.connection)),
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
    }


def _licence_links(session: ReadSession) -> list[Link]:
    licences = dict.fromkeys(pack.licence for pack in session.packs)
    return [
        {"rel": "license", "href": licence_url(licence), "type": "text/html", "title": licence} for licence in licences
    ]


def _extent(resource: StoredList, connection: Connection) -> JsonObject:
    list_extent = extent(resource.listing, connection)
    box, days = list_extent.bbox, list_extent.days
    spatial = {"spatial": {"bbox": [[box.west, box.south, box.east, box.north]], "crs": CRS84}} if box else {}
    ends = [f"{day}T00:00:00Z" if day else None for day in (days.earliest, days.latest)]
    return spatial | ({"temporal": {"interval": [ends]}} if days.is_bounded else {})


@router.get("/collections/{collection}/items")
async def items(request: Request) -> Response:
    """Return features of a collection; the filters are those of its list."""
    resource = _requested_list(request)
    list_request = resource.parse(query_pairs(request))
    if list_request.cursor is None:  # clients show `numberMatched` of the first page for all pages
        list_request = replace(list_request, count=True)
    render = partial(_render_items, request, resource, list_request)
    inline = (list_request.limit or 0) <= MAX_INLINE_ROWS
    return await respond(request, render, formats=AS_GEOJSON, requested=list_request.format, inline=inline)


def _render_items(
    request: Request, resource: StoredList, list_request: ListRequest, session: ReadSession, format_: Format
) -> Body:
    page = fetch_page(resource.listing, list_request, session.connection, with_points=True)
    links = [_make_link(request, "collection", f"/collections/{resource.name}", "The collection")]
    return page_body(request, resource, list_request, page, session, format_, links=links, headers=CONTENT_CRS)


@router.get("/collections/{collection}/items/{id}")
async def item(request: Request) -> Response:
    """Return one feature by its id."""
    resource = _requested_list(request)
    values = parse_query(query_pairs(request), FEATURE_PARAMS)
    render = partial(_render_item, request, resource, str(request.path_params["id"]))
    return await respond(request, render, formats=AS_GEOJSON, requested=values.get("f"))


def _render_item(request: Request, resource: StoredList, id_: str, session: ReadSession, _format: Format) -> Body:
    # The whole list tells whether the id was merged (MovedError) or does not exist (NotFoundError with close ids).
    get_row(STORED_LISTS[resource.name].listing, id_, {}, session.connection)
    row = find_one(resource.listing, id_, session.connection)
    if row is None:
        raise NotFoundError(resource.name, id_, reason=f"{id_} is no feature of {resource.name}")
    columns = selected_columns(resource.columns, None, resource.spatial)
    links = [
        {"rel": "self", "href": request_url(request), "type": GEOJSON.media_type, "title": "This feature"},
        _make_link(request, "collection", f"/collections/{resource.name}", "The collection"),
        *_licence_links(session),
    ]
    return Body([dumps(feature(row, columns, lists=False) | {"links": links}).encode()], CONTENT_CRS)
