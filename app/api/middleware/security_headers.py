"""Security headers of every answer, and the Content-Security-Policy of the documentation pages."""

import base64
import hashlib
import re
from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.headers import COMMON_HEADERS, CSP_HEADER, DATA_CSP, HTML_HEADERS, content_security_policy

INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def docs_policy(html: bytes) -> str:
    """Build the policy of a documentation page: its inline scripts are allowed by their hashes.

    Swagger UI and ReDoc create styles at run time, draw `data:` images, and search in a worker.
    """
    return content_security_policy(
        script_src=" ".join(["'self'", *map(_csp_hash, INLINE_SCRIPT.findall(html))]),
        style_src="'self' 'unsafe-inline'",
        img_src="'self' data:",
        font_src="'self' data:",
        connect_src="'self'",
        worker_src="'self' blob:",
    )


def _csp_hash(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


class DocsCspMiddleware:
    """Add a policy to the HTML pages that have none: Swagger UI and ReDoc, which FastAPI writes in one chunk."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pending_start: Message | None = None  # held back until the body, whose scripts the policy names, is there

        async def send_wrapper(message: Message) -> None:
            nonlocal pending_start
            if message["type"] == "http.response.start" and _needs_docs_csp(message["headers"]):
                pending_start = message
                return
            if pending_start is not None:
                policy = docs_policy(message.get("body", b"")).encode()
                await send({**pending_start, "headers": [*pending_start["headers"], (CSP_HEADER, policy)]})
                pending_start = None
            await send(message)

        await self.app(scope, receive, send_wrapper if scope["type"] == "http" else send)


class SecurityHeadersMiddleware:
    """Add the security headers; a policy that an endpoint has set stays.

    A 304 goes without them, because the stored response that it confirms has them (RFC 9110, 15.4.5).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != HTTPStatus.NOT_MODIFIED:
                headers = message["headers"]
                pages = HTML_HEADERS if _is_html(headers) else ()
                csp = () if _has_header(headers, CSP_HEADER) else ((CSP_HEADER, DATA_CSP),)
                message = {**message, "headers": [*headers, *COMMON_HEADERS, *pages, *csp]}
            await send(message)

        await self.app(scope, receive, send_wrapper if scope["type"] == "http" else send)


def _needs_docs_csp(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return _is_html(headers) and not _has_header(headers, CSP_HEADER)


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _has_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bool:
    return any(other == name for other, _ in headers)
