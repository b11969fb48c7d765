"""What every answer tells a browser it may do with it, and what pages may load."""

import base64
import hashlib
import re
from collections.abc import Iterable
from http import HTTPStatus

from app.api.middleware.head_options import ASGIApp, Receive, Scope, Send

INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)
"""Scripts and styles that stand in a page itself."""
COMMON_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""What is sent is what it says it is; data may be used anywhere (see CORS)."""
HTML_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Nothing is framed; nobody is told which view of a map one came from. Data needs none of it: its policy forbids all,
and each header of an answer from memory takes its time."""
CSP_HEADER = b"content-security-policy"
DATA_CSP = b"default-src 'none'; frame-ancestors 'none'"
"""Data is no page: where it is shown as one, it may load nothing and run nothing."""


def content_security_policy(**directives: str) -> str:
    """A Content-Security-Policy: nothing but what is allowed, and never a frame, a form or another base."""
    parts = {"default_src": "'none'"} | directives
    parts |= {"base_uri": "'none'", "form_action": "'none'", "frame_ancestors": "'none'"}
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in parts.items())


def docs_policy(html: bytes) -> str:
    """The policy of a page that shows the API's description: its own scripts by their hashes.

    Swagger UI and ReDoc write styles while they run, draw with `data:` images, and search in a worker.
    """
    scripts = [_csp_hash(text) for tag, text in INLINE.findall(html) if tag == b"script"]
    return content_security_policy(
        script_src=" ".join(["'self'", *scripts]),
        style_src="'self' 'unsafe-inline'",
        img_src="'self' data:",
        font_src="'self' data:",
        connect_src="'self'",
        worker_src="'self' blob:",
    )


def _csp_hash(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


class DocsCspMiddleware:
    """Gives pages without a policy (those of the description, which a library writes in one piece) one of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; hold back the head of a page until its body is there."""
        pending_start: Scope | None = None

        async def send_wrapper(message: Scope) -> None:
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
    """Puts these headers on every answer but a 304, which stands for one that has them; a policy given before stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add to what comes back."""

        async def send_wrapper(message: Scope) -> None:
            if message["type"] == "http.response.start" and message["status"] != HTTPStatus.NOT_MODIFIED:
                headers = message["headers"]
                pages = HTML_HEADERS if _is_html(headers) else ()
                csp = () if _has_header(headers, CSP_HEADER) else ((CSP_HEADER, DATA_CSP),)
                message = {**message, "headers": [*headers, *COMMON_HEADERS, *pages, *csp]}
            await send(message)

        await self.app(scope, receive, send_wrapper if scope["type"] == "http" else send)


def _needs_docs_csp(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether an answer is a page that nobody gave a policy."""
    return _is_html(headers) and not _has_header(headers, CSP_HEADER)


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _has_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bool:
    return any(key == name for key, _ in headers)
