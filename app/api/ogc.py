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

from app.api.answers import Reader, Snapshot, address, answer, pairs_of
from app.api.lists import paged
from app.api.ogc_description import CONFORMANCE, CRS84, DOCUMENT_PARAMS, FEATURE_PARAMS, OGC_LISTS, service_description
from app.errors import NotFoundError
from app.formats import FORMATS
from app.formats.as_geojson import GEOJSON, feature, licence_url
from app.formats.as_geojson import write as write_features
from app.formats.base import dumps
from app.formats.columns import shown
from app.names import nearest
from app.query.extent import extent
from app.query.lookups import one_row
from app.query.pages import find_one, page
from app.query.params import read_query
from app.resources import RESOURCES, Resource

router = APIRouter(prefix="/ogc", include_in_schema=False)  # described by a document of its own, at /ogc/api

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
# GIS programs take a list that is empty, or holds a null, for JSON, which QGIS cannot write to a file.
_PLAIN = replace(GEOJSON, write=partial(write_features, lists=False), also=("application/json",), streams=False)
AS_GEOJSON = (_PLAIN, replace(_PLAIN, name="json"))
AS_OPENAPI = (replace(FORMATS["json"], media_type=OPENAPI, also=("application/json",)),)


def _link(request: Request, rel: str, path: str, title: str, media: str = "application/json") -> dict[str, str]:
    base = str(request.base_url).rstrip("/")
    return {"rel": rel, "href": f"{base}/ogc{path}", "type": media, "title": title}


def _collection_of(request: Request) -> Resource:
    """The list that the path names. Raises NotFoundError."""
    name = str(request.path_params["collection"])
    if name not in OGC_LISTS:
        raise NotFoundError("collections", name, nearest(name, OGC_LISTS))
    return OGC_LISTS[name]


@router.get("")
@router.get("/")
async def landing(request: Request) -> Response:
    """What is here, and links to it."""
    values = read_query(pairs_of(request), DOCUMENT_PARAMS)
    body = {
        "title": "Oxus",
        "description": "Conflict events, changes of control, movements and places, as features.",
        "links": [
            _link(request, "self", "", "This document"),
            _link(request, "service-desc", "/api", "The description of this interface", OPENAPI),
            _link(request, "service-doc", "/docs", "The description as a page", "text/html"),
            _link(request, "conformance", "/conformance", "What this interface conforms to"),
            _link(request, "data", "/collections", "The collections"),
        ],
    }
    return await answer(request, values, lambda _: [dumps(body).encode()])


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """The conformance classes that hold."""
    values = read_query(pairs_of(request), DOCUMENT_PARAMS)
    return await answer(request, values, lambda _: [dumps({"conformsTo": CONFORMANCE}).encode()])


@router.get("/api")
async def description(request: Request) -> Response:
    """The OpenAPI 3.0 document of this interface."""
    values = read_query(pairs_of(request), DOCUMENT_PARAMS)
    base = str(request.base_url).rstrip("/")
    return await answer(
        request, values, lambda _: [dumps(service_description(f"{base}/ogc")).encode()], offered=AS_OPENAPI
    )


@router.get("/docs")
async def documentation(request: Request) -> Response:
    """The same as a page, whose parts come from this server."""
    read_query(pairs_of(request), {})
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
    values = read_query(pairs_of(request), DOCUMENT_PARAMS)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        body = {
            "links": [_link(request, "self", "/collections", "This document"), *_licences(snapshot)],
            "collections": [_collection(request, snapshot, resource) for resource in OGC_LISTS.values()],
        }
        yield dumps(body).encode()

    return await answer(request, values, write, short=False)


@router.get("/collections/{collection}")
async def collection(request: Request) -> Response:
    """One collection."""
    values = read_query(pairs_of(request), DOCUMENT_PARAMS)
    resource = _collection_of(request)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        yield dumps(_collection(request, snapshot, resource)).encode()

    return await answer(request, values, write, short=False)


def _collection(request: Request, snapshot: Snapshot, resource: Resource) -> dict[str, Any]:
    reader: Reader = request.app.state.reader
    extent_ = reader.kept(
        snapshot.connection, f"extent of {resource.name}", lambda: _extent(resource, snapshot.connection)
    )
    path = f"/collections/{resource.name}"
    return {
        "id": resource.name,
        "title": resource.name.replace("-", " ").capitalize(),
        "description": f"{resource.summary}: those that lie somewhere.",
        "links": [
            _link(request, "self", path, "This document"),
            _link(request, "items", f"{path}/items", "The features", GEOJSON.media_type),
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


def _extent(resource: Resource, connection: Connection) -> dict[str, Any]:
    found = extent(resource.listing, connection)
    box, days = found.box, found.days
    spatial = {"spatial": {"bbox": [[box.west, box.south, box.east, box.north]], "crs": CRS84}} if box else {}
    ends = [f"{day}T00:00:00Z" if day else None for day in (days.earliest, days.latest)]
    return spatial | ({"temporal": {"interval": [ends]}} if days.dated else {})


@router.get("/collections/{collection}/items")
async def items(request: Request) -> Response:
    """Features of a collection: the filters of the list that it is."""
    resource = _collection_of(request)
    values = resource.read(pairs_of(request))
    counted = values if "cursor" in values else values | {"count": "exact"}  # what clients show as the number of all
    path = f"/collections/{resource.name}"

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        found = page(resource.listing, counted, snapshot.connection, spots=True)
        snapshot.headers["Content-Crs"] = f"<{CRS84}>"
        return paged(request, snapshot, values, resource, found, [_link(request, "collection", path, "The collection")])

    return await answer(request, values, write, offered=AS_GEOJSON)


@router.get("/collections/{collection}/items/{id}")
async def item(request: Request) -> Response:
    """One feature by its id."""
    resource = _collection_of(request)
    id_ = str(request.path_params["id"])
    values = read_query(pairs_of(request), FEATURE_PARAMS)
    path = f"/collections/{resource.name}"

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        one_row(RESOURCES[resource.name].listing, id_, values, snapshot.connection)  # tells what is near, or merged
        found = find_one(resource.listing, id_, snapshot.connection)
        if found is None:
            raise NotFoundError(resource.name, id_, reason=f"{id_} is no feature of {resource.name}")
        snapshot.headers["Content-Crs"] = f"<{CRS84}>"
        columns = shown(resource.columns, None, resource.spatial)
        links = [
            {"rel": "self", "href": address(request), "type": GEOJSON.media_type, "title": "This feature"},
            _link(request, "collection", path, "The collection"),
            *_licences(snapshot),
        ]
        yield dumps(feature(found, columns, lists=False) | {"links": links}).encode()

    return await answer(request, values, write, offered=AS_GEOJSON)
