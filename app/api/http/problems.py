"""Errors as `application/problem+json` (RFC 9457): the one place where an error meets a status code."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from app.api.http.urls import request_url
from app.api.middleware.access_log import new_id
from app.api.middleware.head_options import ALLOW_HEADER, REQUEST_ID_SCOPE_KEY
from app.api.middleware.security_headers import COMMON_HEADERS, CSP_HEADER, DATA_CSP
from app.errors import (
    InvalidParameterError,
    MovedError,
    NotAcceptableError,
    NotFoundError,
    OxusError,
    SchemaError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
HTTP_STATUS: dict[type[OxusError], HTTPStatus] = {
    InvalidParameterError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    SchemaError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(status: int, detail: str, **more: Any) -> Response:
    """A problem document; values that are None or empty are left out."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body |= {name: value for name, value in more.items() if value not in (None, [])}
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_SECONDS
    # A lone surrogate in what was asked must not break the answer that says so.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, MEDIA_TYPE)


async def _oxus_error(request: Request, error: Exception) -> Response:
    if isinstance(error, MovedError):
        template = request.scope["route"].path.split("/")
        segments = request.scope["path"].split("/")
        segments[template.index("{id}") - len(template)] = error.id  # counted from the end: a prefix may come before
        return RedirectResponse(request_url(request, "/".join(segments)), HTTPStatus.PERMANENT_REDIRECT)
    status = HTTP_STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)  # type: ignore[arg-type]
    if isinstance(error, InvalidParameterError):
        return problem(
            status,
            str(error),
            parameter=error.parameter,
            value=error.value,
            reason=error.reason,
            did_you_mean=error.did_you_mean,
        )
    return problem(status, str(error), did_you_mean=getattr(error, "did_you_mean", None))


async def _http_error(_request: Request, error: Exception) -> Response:
    """What the framework says about paths and methods, in the same form."""
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - registered for nothing else
    response = problem(error.status_code, HTTPStatus(error.status_code).description or str(error.detail))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ALLOW_HEADER.decode()
    return response


async def _unexpected(request: Request, error: Exception) -> Response:
    """The server writes the error to its log, with this note; what is answered names it and tells nothing else."""
    logged = request.scope.get(REQUEST_ID_SCOPE_KEY)  # then the log puts the id on the answer
    id_ = logged or new_id()
    error.add_note(f"request {id_}: {request.method} {request.scope['path']!r}")
    response = problem(500, "something went wrong here; it was logged under request_id", request_id=id_)
    if not logged:
        response.headers["X-Request-ID"] = id_
    response.raw_headers += [
        *COMMON_HEADERS,
        (CSP_HEADER, DATA_CSP),
    ]  # this answer is made outside of what puts them on all others
    return response


def handle_errors(app: FastAPI) -> None:
    """Map every error to its problem."""
    app.add_exception_handler(OxusError, _oxus_error)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)
