"""Service description of `/ogc` (OpenAPI 3.0.3), generated from the parameters of the lists."""

import re
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement, and_, not_, or_

from app import __version__
from app.api.http.openapi import JsonObject, ParameterObject, openapi_parameters
from app.db.sql_functions import ImpreciseDate
from app.formats.as_geojson import MEDIA_TYPE
from app.formats.columns import Column, ColumnType, selected_columns
from app.query.lists.definition import LIMIT_SCHEMA, format_param
from app.query.lists.request import DEFAULT_ROWS, MAX_ROWS
from app.query.params.filters import TIME
from app.query.params.param import ListQuery, Param, integer_between, single_code_parser
from app.query.predicates import space, time
from app.query.predicates.forms import DateOverlap
from app.resources import STORED_LISTS, StoredList
from app.timespan import DateRange, parse_date_range

CONFORMANCE = [
    *(f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS_SCHEMA = {"type": "string", "format": "uri", "enum": [CRS84], "default": CRS84}
CRS = Param(
    "crs", "The system of the coordinates; there is one.", CRS84, single_code_parser("crs", CRS84), schema=CRS_SCHEMA
)
BBOX_CRS = Param(
    "bbox-crs", "The system of `bbox`; there is one.", CRS84, single_code_parser("bbox-crs", CRS84), schema=CRS_SCHEMA
)
JSON_TYPES: dict[ColumnType, JsonObject] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "json": {},
}


def _parse_limit(text: str) -> int:
    """Parse a limit; one above the maximum is the maximum (OGC 17-069r4, fc-limit-response-1)."""
    return min(integer_between(1, 10**11)(text), MAX_ROWS)


def _parse_date_range(text: str) -> DateRange:
    """Parse an interval; the year 0000, which QGIS sends for an open start, is an open start."""
    return parse_date_range(re.sub(r"^0000-[^/]*/", "../", text))


def _overlaps_or_undated(window: time.Window | None, query: ListQuery) -> DateOverlap | None:
    """Match features that overlap the window or have no time (fc-time-response); with `certain` only the former."""
    overlap = time.overlaps_window(window, query) if "earliest" in query.table.c else None
    if overlap is None or query.get("date_match") == "certain":
        return overlap
    undated = time.has_no_date(query)
    imprecise = ImpreciseDate(query.table.c.earliest, query.table.c.latest)
    long_running = undated if overlap.long_running is None else and_(imprecise, or_(overlap.long_running, undated))
    return replace(overlap, full=or_(overlap.full, undated), long_running=long_running)


def _params(resource: StoredList) -> dict[str, Param]:
    """Return the parameters of a collection: those of the list, in the forms that Part 1 prescribes."""
    listed = {name: param for name, param in resource.params.items() if name != "count"}
    listed["limit"] = replace(
        listed["limit"],
        description=f"How many features at the most; more than {MAX_ROWS} is {MAX_ROWS}.",
        parser=_parse_limit,
        schema=LIMIT_SCHEMA | {"default": DEFAULT_ROWS},
    )
    listed["f"] = format_param(("geojson", "json"))
    listed["datetime"] = replace(TIME[0], parser=_parse_date_range, predicate=_overlaps_or_undated, omits=None)
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    listed["bbox"] = replace(listed["bbox"], schema=box, omits=None)
    listed["near"] = replace(listed["near"], omits=None)
    return listed | {"bbox-crs": BBOX_CRS, "crs": CRS}


def _as_collection(resource: StoredList) -> StoredList:
    """Return the list as a collection of rows with a point. A feature without geometry would match every bbox."""
    listing, params = resource.listing, _params(resource)

    def base_predicate(query: ListQuery) -> ColumnElement[bool] | None:
        located = not_(space.has_no_point(query))
        matching = listing.base_predicate(query) if listing.base_predicate else None
        return located if matching is None else and_(matching, located)

    return replace(resource, params=params, listing=replace(listing, params=params, base_predicate=base_predicate))


OGC_LISTS = {
    name: _as_collection(STORED_LISTS[name]) for name in ("events", "control-changes", "movements", "locations")
}


def _parameter_objects(params: Mapping[str, Param]) -> list[ParameterObject]:
    parameters = openapi_parameters(params.values())
    for parameter in parameters:
        schema = parameter["schema"]
        if isinstance(schema.get("exclusiveMinimum"), int | float):  # a boolean in OpenAPI 3.0
            schema |= {"minimum": schema["exclusiveMinimum"], "exclusiveMinimum": True}
    return parameters


def _responses(description: str, media: str, schema: JsonObject) -> JsonObject:
    problem = {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {"schema": PROBLEM}}}
    return {
        "200": {"description": description, "content": {media: {"schema": schema}}},
        **dict.fromkeys(("400", "404", "406", "503"), problem),
    }


DOCUMENT_PARAMS = {"f": format_param(("json",))}
FEATURE_PARAMS = {"f": format_param(("geojson", "json")), "crs": CRS}
PROBLEM = {"$ref": "#/components/schemas/problem"}
LINKS_SCHEMA = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
LINKED = {"type": "object", "properties": {"links": LINKS_SCHEMA}}
"""Schema of a document of which only the links are described."""


def _path_item(id_: str, summary: str, responses: JsonObject, params: list[ParameterObject]) -> JsonObject:
    return {"get": {"operationId": id_, "summary": summary, "parameters": params, "responses": responses}}


def service_description(base_url: str) -> JsonObject:
    """Describe the whole service; `base_url` is the URL of `/ogc`."""
    paths = _document_paths()
    schemas: JsonObject = {}
    for resource in OGC_LISTS.values():
        paths |= _collection_paths(resource)
        schemas |= _schemas(resource)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Oxus as OGC API - Features",
            "version": __version__,
            "description": "Conflict events, changes of control, movements and places, as features.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": SHARED_SCHEMAS | schemas},
    }


def _document_paths() -> JsonObject:
    return {
        path: _path_item(
            name, summary, _responses(f"{summary}.", "application/json", LINKED), _parameter_objects(DOCUMENT_PARAMS)
        )
        for path, name, summary in (
            ("/", "getLandingPage", "The landing page"),
            ("/conformance", "getConformanceDeclaration", "The conformance classes"),
            ("/collections", "getCollections", "The collections"),
        )
    }


def _collection_paths(resource: StoredList) -> JsonObject:
    """Describe the paths of one collection: itself, its items and one item."""
    name, summary = resource.name, resource.summary
    collection, item = ({"$ref": f"#/components/schemas/{name}{part}"} for part in ("", "-feature"))
    id_: ParameterObject = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        f"/collections/{name}": _path_item(
            f"describe.{name}",
            summary,
            _responses("The collection.", "application/json", LINKED),
            _parameter_objects(DOCUMENT_PARAMS),
        ),
        f"/collections/{name}/items": _path_item(
            f"getFeatures.{name}",
            summary,
            _responses("Features.", MEDIA_TYPE, collection),
            _parameter_objects(resource.params),
        ),
        f"/collections/{name}/items/{{featureId}}": _path_item(
            f"getFeature.{name}",
            "One feature",
            _responses("The feature.", MEDIA_TYPE, item),
            [id_, *_parameter_objects(FEATURE_PARAMS)],
        ),
    }


def _schemas(resource: StoredList) -> JsonObject:
    columns = selected_columns(resource.columns, None, resource.spatial)
    properties = {column.name: _property(column) for column in columns}
    one = {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"$ref": "#/components/schemas/point"},
            "properties": {"type": "object", "properties": properties},
            "links": LINKS_SCHEMA,
        },
    }
    return {resource.name: _features(resource.name), f"{resource.name}-feature": one}


def _property(column: Column) -> JsonObject:
    result = dict(JSON_TYPES["text" if column.is_list else column.column_type])  # a list is a JSON text
    described = {"description": column.description} if column.description else {}
    return result | {"nullable": True} | described


def _features(name: str) -> JsonObject:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}-feature"}},
            "links": LINKS_SCHEMA,
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    }


SHARED_SCHEMAS: JsonObject = {
    "link": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
    },
    "point": {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["Point"]},
            "coordinates": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
        },
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            **{name: {"type": "string"} for name in ("type", "title", "detail", "parameter", "value", "reason")},
            "status": {"type": "integer"},
            "did_you_mean": {"type": "array", "items": {"type": "string"}},
        },
    },
}
