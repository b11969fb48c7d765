"""OpenAPI descriptions of parameters, responses and problems."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypedDict

from fastapi import FastAPI
from pydantic import BaseModel

from app.formats import FORMATS
from app.formats.base import Format
from app.formats.columns import selected_columns
from app.query.params.param import Param
from app.resources import ListEndpoint
from app.schemas.envelope import Envelope, ProblemRow

JsonObject = dict[str, Any]
"""A JSON object of an OpenAPI document, of which no part is read back."""
ParameterObject = TypedDict(
    "ParameterObject",
    {
        "name": str,
        "in": str,
        "required": bool,
        "description": str,
        "schema": JsonObject,
        "style": str,
        "explode": bool,
    },
    total=False,
)
"""A parameter as OpenAPI describes it."""


class RouteSpec(TypedDict):
    """Keyword arguments with which a route is added to FastAPI."""

    responses: dict[int | str, JsonObject]
    response_model: None
    openapi_extra: JsonObject


PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemRow"}}}
_PROBLEM_RESPONSES = {
    400: "Something in the request is not understood; the problem names the nearest valid choice.",
    404: "There is no such id.",
    405: "Nothing but GET, HEAD and OPTIONS is answered.",
    406: "None of the formats asked for can be written.",
    413: "The request has a body; everything that is asked stands in the address.",
    414: "The address is too long.",
    431: "The headers are too many or too long.",
    503: "The database cannot answer now; Retry-After tells when to ask again.",
}
EXAMPLE_IDS = {
    "events": "kaldar-recaptured-2021-06-29",
    "claims": "kaldar-recaptured-2021-06-29-p17",
    "sources": "ariana-news",
    "actors": "taliban",
    "locations": "kaldar",
    "packs": "northern-afghanistan-2021",
}


_GUARD_RESPONSES = {
    401: "The token is missing or wrong; WWW-Authenticate says how it is sent.",
    421: "The server does not answer under the name that was asked for.",
    429: "More was asked in a minute than this server allows; Retry-After tells when to ask again.",
}


def describe_problems(app: FastAPI, guards: Collection[int] = ()) -> None:
    """Add the schema of problems to the OpenAPI document. A model named at a route would be described as JSON.

    `guards` are further statuses with which the guards of this server refuse requests; 401 adds the bearer token.
    """
    original_openapi = app.openapi
    refusals = {str(status): {"description": _GUARD_RESPONSES[status], "content": PROBLEM_CONTENT} for status in guards}

    def openapi_with_problems() -> JsonObject:
        description = original_openapi()
        description["components"]["schemas"]["ProblemRow"] = ProblemRow.model_json_schema()
        for methods in description["paths"].values():
            for operation in methods.values():
                operation["responses"] |= refusals
        if 401 in guards:
            description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            description["security"] = [{"token": []}]
            description["paths"]["/healthz"]["get"]["security"] = []
        return description

    app.openapi = openapi_with_problems  # type: ignore[method-assign]


def openapi_parameters(params: Iterable[Param]) -> list[ParameterObject]:
    """Describe query parameters; values of a list are separated by commas (style form, explode false)."""
    return [
        {
            "name": param.name,
            "in": "query",
            "required": param.required,
            "description": param.description + (f" Example: `{param.example}`" if param.example else ""),
            "schema": dict(param.schema),
            "style": "form",
            "explode": False,
        }
        for param in params
    ]


def route_spec(
    model: type[BaseModel] | None,
    params: Iterable[Param],
    example_resource: str | None = None,
    path: Mapping[str, str] | None = None,
) -> RouteSpec:
    """Describe the response, problems and parameters of a route, as arguments for FastAPI.

    `example_resource` names the resource whose id the path holds; `path` describes other path parameters.
    """
    parts = {
        **({"id": f"The id. Example: `{EXAMPLE_IDS[example_resource]}`"} if example_resource else {}),
        **(path or {}),
    }
    parameters: list[ParameterObject] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": text}
        for name, text in parts.items()
    ]
    parameters += openapi_parameters(params)
    responses: dict[int | str, JsonObject] = {
        status: {"description": text, "content": PROBLEM_CONTENT}
        for status, text in _PROBLEM_RESPONSES.items()
        if status != 404 or example_resource
    }
    headers = {name: {"schema": {"type": "string"}, "description": text} for name, text in _RESPONSE_HEADERS.items()}
    responses[200] = {"model": model, "description": "The answer.", "headers": headers}
    responses[304] = {"description": "The answer is still the one that If-None-Match names."}
    if example_resource:
        responses[308] = {"description": "The id was merged; Location names the one that took over."}
    return {"responses": responses, "response_model": None, "openapi_extra": {"parameters": parameters}}


def list_route_spec(
    endpoint: ListEndpoint, params: Iterable[Param] | None = None, example_resource: str | None = None
) -> RouteSpec:
    """Describe the route of a list, in every format; `params` replaces those of the list."""
    model: type[BaseModel] = Envelope[endpoint.row]  # type: ignore[name-defined]
    spec = route_spec(model, endpoint.params.values() if params is None else params, example_resource)
    names = ", ".join(column.name for column in selected_columns(endpoint.columns, None, endpoint.spatial))
    spec["responses"][200]["content"] = {
        format_.media_types[0]: {"schema": _schema(format_) | _flat_content(format_, names)}
        for name, format_ in FORMATS.items()
        if name != "json"
    }
    return spec


def _schema(format_: Format) -> JsonObject:
    if format_.name == "geojson":
        return {"type": "object"}
    return {"type": "string", "format": "binary"} if format_.binary else {"type": "string"}


def _flat_content(format_: Format, names: str) -> dict[str, str]:
    return {"description": f"Columns: {names}."} if format_.flat else {}


_RESPONSE_HEADERS = {
    "ETag": "Changes when the answer may have changed.",
    "Link": "next, if its address has at most 8,000 bytes (json and geojson name it in the body, too); licences.",
    "Oxus-Revision": "The state of the database that this is an answer from.",
    "Oxus-Licence": "Licences of the packs that are loaded (SPDX).",
    "Oxus-Citation": "How to cite the packs that are loaded, percent-encoded but for ASCII; after 4,000 bytes a count.",
}
