"""The service description of `/ogc` (OpenAPI 3.0.3), made from the parameters of the lists."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from app import __version__
from app.api.describe import parameters
from app.db.functions import Vague
from app.formats.columns import Column, Kind, shown
from app.query import conditions as where
from app.query import times
from app.query.filters import TIME
from app.query.listing import DEFAULT_ROWS, LIMIT, MOST_ROWS, format_param
from app.query.params import Asked, During, Param, one_code, whole_number
from app.resources import RESOURCES, Resource
from app.timespan import Interval, parse_interval

CONFORMANCE = [
    *(f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS_SCHEMA = {"type": "string", "format": "uri", "enum": [CRS84], "default": CRS84}
CRS = Param("crs", "The system of the coordinates; there is one.", CRS84, one_code("crs", CRS84), schema=CRS_SCHEMA)
BBOX_CRS = Param(
    "bbox-crs", "The system of `bbox`; there is one.", CRS84, one_code("bbox-crs", CRS84), schema=CRS_SCHEMA
)
TYPES: dict[Kind, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "json": {},
}


def _read_limit(text: str) -> int:
    """As every list reads it, but a limit above the most is the most (OGC 17-069r4, fc-limit-response-1)."""
    return min(whole_number(1, 10**11)(text), MOST_ROWS)


def _read_days(text: str) -> Interval:
    """As every list reads it; the year 0000, which QGIS sends for an open start, is one."""
    return parse_interval(re.sub(r"^0000-[^/]*/", "../", text))


def _in_time(wanted: times.Window, asked: Asked) -> During | None:
    """A feature without time meets every time (fc-time-response), unless its time must be certain."""
    if "earliest" not in asked.rows.c:
        return None
    met = times.in_time(wanted, asked)
    if asked.get("date_match") == "certain":
        return met
    undated = times.undated(asked)
    vague = Vague(asked.rows.c.earliest, asked.rows.c.latest)
    below = undated if met.below is None else and_(vague, or_(met.below, undated))
    return replace(met, exact=or_(met.exact, undated), below=below)


def _params(resource: Resource) -> dict[str, Param]:
    """What may be asked of a collection: what the list takes, in the forms of Part 1."""
    listed = {name: param for name, param in resource.params.items() if name != "count"}
    listed["limit"] = replace(
        listed["limit"],
        description=f"How many features at the most; more than {MOST_ROWS} is {MOST_ROWS}.",
        read=_read_limit,
        schema=LIMIT | {"default": DEFAULT_ROWS},
    )
    listed["f"] = format_param(("geojson", "json"))
    listed["datetime"] = replace(TIME[0], read=_read_days, where=_in_time, judges=None)
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    listed["bbox"] = replace(listed["bbox"], schema=box, judges=None)
    listed["near"] = replace(listed["near"], judges=None)
    return listed | {"bbox-crs": BBOX_CRS, "crs": CRS}


def _as_collection(resource: Resource) -> Resource:
    """The list as a collection: rows that lie somewhere, for a feature without a geometry would meet every bbox."""
    listing, params = resource.listing, _params(resource)

    def always(asked: Asked) -> ColumnElement[bool] | None:
        located = not_(where.unlocated(asked))
        met = listing.always(asked) if listing.always else None
        return located if met is None else and_(met, located)

    return replace(resource, params=params, listing=replace(listing, params=params, always=always))


OGC_LISTS = {name: _as_collection(RESOURCES[name]) for name in ("events", "control-changes", "movements", "locations")}


def _described(params: Mapping[str, Param]) -> list[dict[str, Any]]:
    found = parameters(params.values())
    for parameter in found:
        schema = parameter["schema"]
        if isinstance(schema.get("exclusiveMinimum"), int | float):  # a flag in OpenAPI 3.0
            schema |= {"minimum": schema["exclusiveMinimum"], "exclusiveMinimum": True}
    return found


def _answer(description: str, media: str, schema: dict[str, Any]) -> dict[str, Any]:
    problem = {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {"schema": PROBLEM}}}
    return {
        "200": {"description": description, "content": {media: {"schema": schema}}},
        **dict.fromkeys(("400", "404", "406", "503"), problem),
    }


DOCUMENT_PARAMS = {"f": format_param(("json",))}
FEATURE_PARAMS = {"f": format_param(("geojson", "json")), "crs": CRS}
PROBLEM = {"$ref": "#/components/schemas/problem"}
LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def _path(id_: str, summary: str, answer: dict[str, Any], params: list[dict[str, Any]]) -> dict[str, Any]:
    return {"get": {"operationId": id_, "summary": summary, "parameters": params, "responses": answer}}


def service_description(base: str) -> dict[str, Any]:
    """The whole document; `base` is the address of `/ogc`."""
    only_format = _described(DOCUMENT_PARAMS)
    plain = {"type": "object", "properties": {"links": LINKS}}
    paths = {
        path: _path(name, summary, _answer(f"{summary}.", "application/json", plain), only_format)
        for path, name, summary in (
            ("/", "getLandingPage", "What is here"),
            ("/conformance", "getConformanceDeclaration", "What this interface conforms to"),
            ("/collections", "getCollections", "The collections"),
        )
    }
    schemas: dict[str, Any] = {}
    for resource in OGC_LISTS.values():
        name, path = resource.name, f"/collections/{resource.name}"
        schemas |= _schemas(resource)
        whole, one = ({"$ref": f"#/components/schemas/{name}{part}"} for part in ("", "-feature"))
        summary = f"{resource.summary}"
        media = "application/geo+json"
        paths[path] = _path(
            f"describe.{name}", summary, _answer("The collection.", "application/json", plain), only_format
        )
        paths[f"{path}/items"] = _path(
            f"getFeatures.{name}", summary, _answer("Features.", media, whole), _described(resource.params)
        )
        id_ = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{path}/items/{{featureId}}"] = _path(
            f"getFeature.{name}", "One feature", _answer("The feature.", media, one), [id_, *_described(FEATURE_PARAMS)]
        )
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Oxus as OGC API - Features",
            "version": __version__,
            "description": "Conflict events, changes of control, movements and places, as features.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"schemas": SHARED | schemas},
    }


def _schemas(resource: Resource) -> dict[str, Any]:
    columns = shown(resource.columns, None, resource.spatial)
    properties = {column.name: _property(column) for column in columns}
    one = {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"$ref": "#/components/schemas/point"},
            "properties": {"type": "object", "properties": properties},
            "links": LINKS,
        },
    }
    return {resource.name: _features(resource.name), f"{resource.name}-feature": one}


def _property(column: Column) -> dict[str, Any]:
    found = dict(TYPES["text" if column.many else column.kind])  # a list is a JSON text
    described = {"description": column.description} if column.description else {}
    return found | {"nullable": True} | described


def _features(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}-feature"}},
            "links": LINKS,
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    }


SHARED: dict[str, Any] = {
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
