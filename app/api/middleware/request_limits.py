"""Limits on what one request may send."""

import re
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.headers import ALLOW_HEADER
from app.api.http.problems import send_problem

MAX_TARGET_BYTES = 60_000
"""Bytes of path and query: room for the longest cursor (40,000) and for the filters that a person writes."""
MAX_HEADERS_BYTES = 20_000
MAX_HEADERS = 200
"""Number of headers; clients send some 20, and every answer reads through all of them."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~%-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{0,5})?")
"""A DNS name (at most 255 bytes) or an address, with or without a port."""
_BODY_HEADERS = (b"content-length", b"transfer-encoding")


class RequestLimitsMiddleware:
    """Refuse bodies, too long URLs, too many headers, and requests that do not name one host (RFC 9112, 3.2).

    A body is not read: the connection is closed after the refusal. Otherwise one request could fill the memory or
    hold a connection for ever. Guards and the response cache come after it, and so see bounded requests only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = refusal_of(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            status, detail, headers = refusal
            await send_problem(scope, receive, send, status, detail, headers)


Refusal = tuple[HTTPStatus, str, dict[str, str]]
"""Status, detail and further headers of a refused request."""


def refusal_of(scope: Scope) -> Refusal | None:
    """Return with what a request is refused for its form alone; None if it is not."""
    size = hosts = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name in _BODY_HEADERS and value != b"0":
            return _body_refusal(scope["method"])
        if name == b"host":
            hosts += 1
            if not _HOST.fullmatch(value):
                return HTTPStatus.BAD_REQUEST, "the header Host holds no host", {}
    if hosts > 1 or (not hosts and scope["http_version"] == "1.1"):
        return HTTPStatus.BAD_REQUEST, "a request has one header Host", {}
    if size > MAX_HEADERS_BYTES or len(scope["headers"]) > MAX_HEADERS:
        detail = f"more than {MAX_HEADERS} headers, or than {MAX_HEADERS_BYTES} bytes of them"
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail, {}
    if len(scope["path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        detail = f"the address is longer than {MAX_TARGET_BYTES} bytes; ask for less at a time"
        return HTTPStatus.REQUEST_URI_TOO_LONG, detail, {}
    return None


def _body_refusal(method: str) -> Refusal:
    close = {"Connection": "close"}
    if method in SAFE_METHODS:
        detail = "no request here has a body; everything that is asked stands in the address"
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, close
    allow = {"Allow": ALLOW_HEADER.decode()}
    return HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.METHOD_NOT_ALLOWED.description, close | allow
