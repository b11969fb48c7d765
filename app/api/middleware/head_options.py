"""HEAD and OPTIONS for everything that answers GET."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

IS_HEAD_SCOPE_KEY = "oxus.head"
"""Key of a request's scope that was HEAD: nobody will read the body."""
REQUEST_ID_SCOPE_KEY = "oxus.request_id"
"""Key of a request's scope for the id under which it is logged, if it is."""
ALLOW_HEADER = b"GET, HEAD, OPTIONS"


class HeadOptionsMiddleware:
    """HEAD is GET without its body; OPTIONS tells what is allowed. Nothing else reaches a resource."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        method = scope.get("method")
        if scope["type"] != "http" or method not in ("HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif method == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", ALLOW_HEADER)]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app({**scope, "method": "GET", IS_HEAD_SCOPE_KEY: True}, receive, _without_body(send))


def _without_body(send: Send) -> Send:
    async def headers_only(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only
