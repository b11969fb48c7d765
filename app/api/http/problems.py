"""Errors as `application/problem+json` (RFC 9457), and the one table from errors to status codes."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import Receive, Scope, Send

from app.api.http.headers import ALLOW_HEADER, COMMON_HEADERS, CSP_HEADER, DATA_CSP
from app.api.http.masking import mask_path
from app.api.http.scope import REQUEST_ID_SCOPE_KEY, new_request_id
from app.api.http.urls import request_url
from app.errors import (
    InvalidParameterError,
    MovedError,
    NotAcceptableError,
    NotFoundError,
    OxusError,
    SchemaError,
    TooSlowError,
    UnavailableError,
    UrlTooLongError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
HTTP_STATUS: dict[type[OxusError], HTTPStatus] = {
    InvalidParameterError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    UrlTooLongError: HTTPStatus.REQUEST_URI_TOO_LONG,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooSlowError: HTTPStatus.SERVICE_UNAVAILABLE,
    SchemaError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(status: int, detail: str, **members: object) -> Response:
    """Build a problem document; `members` are extension members, left out where None or empty."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    body |= {name: value for name, value in members.items() if value not in (None, [])}
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_SECONDS
    # A query may hold a lone surrogate, which UTF-8 cannot encode.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, MEDIA_TYPE)


async def send_problem(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request from a middleware: with CORS and security headers, which inner middleware would add."""
    response = problem(status, detail)
    response.headers.update({"Access-Control-Allow-Origin": "*", **(headers or {})})
    response.raw_headers += [*COMMON_HEADERS, (CSP_HEADER, DATA_CSP)]
    await response(scope, receive, send)


async def _oxus_error(request: Request, error: Exception) -> Response:
    if isinstance(error, MovedError):
        template = request.scope["route"].path.split("/")
        segments = request.scope["path"].split("/")
        segments[template.index("{id}") - len(template)] = error.id  # from the end: a prefix may precede
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
    """Turn Starlette's own errors, of paths and methods, into problems."""
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - registered for no other class
    response = problem(error.status_code, HTTPStatus(error.status_code).description or str(error.detail))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ALLOW_HEADER.decode()
    return response


async def unexpected_error(request: Request, error: Exception) -> Response:
    """Answer an unhandled error with a problem that tells its id only; the traceback in the log names it too."""
    logged_id = request.scope.get(REQUEST_ID_SCOPE_KEY)
    id_ = logged_id or new_request_id()
    error.add_note(f"request {id_}: {request.method} {mask_path(request.scope['path'])!r}")
    response = problem(500, "something went wrong here; it was logged under request_id", request_id=id_)
    if not logged_id:  # otherwise the access log adds the header
        response.headers["X-Request-ID"] = id_
    return response


def handle_errors(app: FastAPI) -> None:
    """Register the handlers of expected errors; `unexpected_error` handles all others, in a middleware."""
    app.add_exception_handler(OxusError, _oxus_error)
    app.add_exception_handler(StarletteHTTPException, _http_error)
