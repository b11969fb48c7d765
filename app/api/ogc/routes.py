"""`/ogc`: OGC API - Features, Part 1: Core (OGC 17-069r4), for GIS programs. The same lists, written as GeoJSON.

Conformance classes: Core, GeoJSON and OpenAPI 3.0; of Part 2 (OGC 18-058r1) that of coordinate systems, with one. What
Part 1 asks otherwise than `/v1` is here: a limit above the most is the most, what has no time meets every time, what
lies nowhere is no feature, and every answer has typed links.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from sqlalchemy import Connection

from app.api.http.lists import render_page
from app.api.http.respond import ReadPool, Snapshot, query_pairs, request_url, respond
from app.api.ogc.openapi import CONFORMANCE, CRS84, DOCUMENT_PARAMS, FEATURE_PARAMS, OGC_LISTS, service_description
from app.errors import NotFoundError
from app.formats import FORMATS
from app.formats.as_geojson import GEOJSON, feature, licence_url
from app.formats.as_geojson import write as write_features
from app.formats.base import dumps
from app.formats.columns import selected_columns
from app.names import closest_matches
from app.query.analyses.lookups import get_row
from app.query.lists.extent import extent
from app.query.lists.fetch import fetch_page, find_one
from app.query.params.param import read_query
from app.resources import STORED_LISTS, StoredList

router = APIRouter(prefix="/ogc", include_in_schema=False)  # described by a document of its own, at /ogc/api

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
# GIS programs take a list that is empty, or holds a null, for JSON, which QGIS cannot write to a file.
_FLAT_GEOJSON = replace(
    GEOJSON, write=partial(write_features, lists=False), aliases=("application/json",), streams=False
)
AS_GEOJSON = (_FLAT_GEOJSON, replace(_FLAT_GEOJSON, name="json"))
AS_OPENAPI = (replace(FORMATS["json"], media_type=OPENAPI, aliases=("application/json",)),)


def _make_link(request: Request, rel: str, path: str, title: str, media: str = "application/json") -> dict[str, str]:
    base = str(request.base_url).rstrip("/")
    return {"rel": rel, "href": f"{base}/ogc{path}", "type": media, "title": title}


def _requested_list(request: Request) -> StoredList:
    """The list that the path names. Raises NotFoundError."""
    name = str(request.path_params["collection"])
    if name not in OGC_LISTS:
        raise NotFoundError("collections", name, closest_matches(name, OGC_LISTS))
    return OGC_LISTS[name]


@router.get("")
@router.get("/")
async def landing(request: Request) -> Response:
    """What is here, and links to it."""
    values = read_query(query_pairs(request), DOCUMENT_PARAMS)
    body = {
        "title": "Oxus",
        "description": "Conflict events, changes of control, movements and places, as features.",
        "links": [
            _make_link(request, "self", "", "This document"),
            _make_link(request, "service-desc", "/api", "The description of this interface", OPENAPI),
            _make_link(request, "service-doc", "/docs", "The description as a page", "text/html"),
            _make_link(request, "conformance", "/conformance", "What this interface conforms to"),
            _make_link(request, "data", "/collections", "The collections"),
        ],
    }
    return await respond(request, values, lambda _: [dumps(body).encode()])


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """The conformance classes that hold."""
    values = read_query(query_pairs(request), DOCUMENT_PARAMS)
    return await respond(request, values, lambda _: [dumps({"conformsTo": CONFORMANCE}).encode()])


@router.get("/api")
async def description(request: Request) -> Response:
    """The OpenAPI 3.0 document of this interface."""
    values = read_query(query_pairs(request), DOCUMENT_PARAMS)
    base = str(request.base_url).rstrip("/")
    return await respond(
        request, values, lambda _: [dumps(service_description(f"{base}/ogc")).encode()], formats=AS_OPENAPI
    )


@router.get("/docs")
async def documentation(request: Request) -> Response:
    """The same as a page, whose parts come from this server."""
    read_query(query_pairs(request), {})
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
    """The collections, and where and when their features lie."""
    values = read_query(query_pairs(request), DOCUMENT_PARAMS)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        body = {
            "links": [_make_link(request, "self", "/collections", "This document"), *_licences(snapshot)],
            "collections": [_collection_document(request, snapshot, resource) for resource in OGC_LISTS.values()],
        }
        yield dumps(body).encode()

    return await respond(request, values, write, inline=False)


@router.get("/collections/{collection}")
async def collection(request: Request) -> Response:
    """One collection."""
    values = read_query(query_pairs(request), DOCUMENT_PARAMS)
    resource = _requested_list(request)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        yield dumps(_collection_document(request, snapshot, resource)).encode()

    return await respond(request, values, write, inline=False)


def _collection_document(request: Request, snapshot: Snapshot, resource: StoredList) -> dict[str, Any]:
    reader: ReadPool = request.app.state.reader
    extent_ = reader.cached_for_revision(
        snapshot.connection, f"extent of {resource.name}", lambda: _extent(resource, snapshot.connection)
    )
    path = f"/collections/{resource.name}"
    return {
        "id": resource.name,
        "title": resource.name.replace("-", " ").capitalize(),
        "description": f"{resource.summary}: those that lie somewhere.",
        "links": [
            _make_link(request, "self", path, "This document"),
            _make_link(request, "items", f"{path}/items", "The features", GEOJSON.media_type),
            *_licences(snapshot),
        ],
        "extent": extent_,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
    }


def _licences(snapshot: Snapshot) -> list[dict[str, str]]:
    licences = dict.fromkeys(pack.licence for pack in snapshot.packs)
    return [
        {"rel": "license", "href": licence_url(licence), "type": "text/html", "title": licence} for licence in licences
    ]


def _extent(resource: StoredList, connection: Connection) -> dict[str, Any]:
    found = extent(resource.listing, connection)
    box, days = found.bbox, found.days
    spatial = {"spatial": {"bbox": [[box.west, box.south, box.east, box.north]], "crs": CRS84}} if box else {}
    ends = [f"{day}T00:00:00Z" if day else None for day in (days.earliest, days.latest)]
    return spatial | ({"temporal": {"interval": [ends]}} if days.is_bounded else {})


@router.get("/collections/{collection}/items")
async def items(request: Request) -> Response:
    """Features of a collection: the filters of the list that it is."""
    resource = _requested_list(request)
    values = resource.read(query_pairs(request))
    counted = values if "cursor" in values else values | {"count": "exact"}  # what clients show as the number of all
    path = f"/collections/{resource.name}"

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        page = fetch_page(resource.listing, counted, snapshot.connection, with_points=True)
        snapshot.headers["Content-Crs"] = f"<{CRS84}>"
        return render_page(
            request, snapshot, values, resource, page, [_make_link(request, "collection", path, "The collection")]
        )

    return await respond(request, values, write, formats=AS_GEOJSON)


@router.get("/collections/{collection}/items/{id}")
async def item(request: Request) -> Response:
    """One feature by its id."""
    resource = _requested_list(request)
    id_ = str(request.path_params["id"])
    values = read_query(query_pairs(request), FEATURE_PARAMS)
    path = f"/collections/{resource.name}"

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        get_row(STORED_LISTS[resource.name].listing, id_, values, snapshot.connection)  # tells what is near, or merged
        row = find_one(resource.listing, id_, snapshot.connection)
        if row is None:
            raise NotFoundError(resource.name, id_, reason=f"{id_} is no feature of {resource.name}")
        snapshot.headers["Content-Crs"] = f"<{CRS84}>"
        columns = selected_columns(resource.columns, None, resource.spatial)
        links = [
            {"rel": "self", "href": request_url(request), "type": GEOJSON.media_type, "title": "This feature"},
            _make_link(request, "collection", path, "The collection"),
            *_licences(snapshot),
        ]
        yield dumps(feature(row, columns, lists=False) | {"links": links}).encode()

    return await respond(request, values, write, formats=AS_GEOJSON)
