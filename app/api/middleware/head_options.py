"""HEAD and OPTIONS for every resource that answers GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.headers import ALLOW_HEADER
from app.api.http.scope import IS_HEAD_SCOPE_KEY


class HeadOptionsMiddleware:
    """Answer OPTIONS with the allowed methods, and HEAD as GET without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope.get("method")
        if scope["type"] != "http" or method not in ("HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif method == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", ALLOW_HEADER)]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app({**scope, "method": "GET", IS_HEAD_SCOPE_KEY: True}, receive, _without_body(send))


def _without_body(send: Send) -> Send:
    async def send_wrapper(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_wrapper
