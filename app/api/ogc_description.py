"""The service description of `/ogc` (OpenAPI 3.0.3), made from the parameters of the lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app import __version__
from app.api.describe import parameters
from app.formats.columns import Column, Kind, shown
from app.query.filters import TIME
from app.query.listing import LIMIT, MOST_ROWS, format_param
from app.query.params import Param, whole_number
from app.resources import RESOURCES, Resource

OGC_LISTS = [RESOURCES[name] for name in ("events", "control-changes", "movements", "locations")]
CONFORMANCE = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")
]
TYPES: dict[Kind, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "json": {},
}


def _read_limit(text: str) -> int:
    """As every list reads it, but a limit above the most is the most (OGC 17-069r4, 7.15.2)."""
    return min(whole_number(1, 10**11)(text), MOST_ROWS)


def params_of(resource: Resource) -> dict[str, Param]:
    """What may be asked of a collection: what the list takes, in the forms of Part 1."""
    listed = dict(resource.params)
    listed["limit"] = replace(
        listed["limit"],
        description=f"How many features at the most; more than {MOST_ROWS} is {MOST_ROWS}.",
        read=_read_limit,
        schema=LIMIT | {"default": 100},
    )
    listed["f"] = format_param(("geojson", "json"))
    if "datetime" not in listed:  # a feature without time meets every time
        listed["datetime"] = replace(TIME[0], where=None, judges=None)
    numbers = {"type": "number"}
    box = {"type": "array", "oneOf": [{"minItems": n, "maxItems": n} for n in (4, 6)], "items": numbers}
    listed["bbox"] = replace(listed["bbox"], schema=box)
    return listed


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


PROBLEM = {"$ref": "#/components/schemas/problem"}
LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def _path(id_: str, summary: str, answer: dict[str, Any], params: list[dict[str, Any]]) -> dict[str, Any]:
    return {"get": {"operationId": id_, "summary": summary, "parameters": params, "responses": answer}}


def service_description(base: str) -> dict[str, Any]:
    """The whole document; `base` is the address of `/ogc`."""
    only_format = _described({"f": format_param(("geojson", "json"))})
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
    for resource in OGC_LISTS:
        name, path = resource.name, f"/collections/{resource.name}"
        schemas |= _schemas(resource)
        whole, one = ({"$ref": f"#/components/schemas/{name}{part}"} for part in ("", "-feature"))
        summary = f"{resource.summary}"
        media = "application/geo+json"
        paths[path] = _path(
            f"describe.{name}", summary, _answer("The collection.", "application/json", plain), only_format
        )
        paths[f"{path}/items"] = _path(
            f"getFeatures.{name}", summary, _answer("Features.", media, whole), _described(params_of(resource))
        )
        id_ = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{path}/items/{{featureId}}"] = _path(
            f"getFeature.{name}", "One feature", _answer("The feature.", media, one), [id_, *only_format]
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
    inner = TYPES[column.kind]
    found = {"type": "array", "items": inner | {"nullable": True}} if column.many else dict(inner)
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
