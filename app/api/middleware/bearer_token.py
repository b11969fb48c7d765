"""The read token of a private server."""

from hmac import compare_digest
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.headers import HeaderList
from app.api.http.problems import send_problem
from app.api.http.scope import request_path

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="oxus"'}


class BearerTokenMiddleware:
    """Require `Authorization: Bearer <token>`, except for OPTIONS and the liveness probe `/healthz`.

    A browser sends OPTIONS without the token to ask whether it may send one; that answer tells nothing else.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._has_token(scope["headers"]) or _is_exempt(scope):
            await self.app(scope, receive, send)
        else:
            detail = "this server asks for a token: Authorization: Bearer <token>"
            await send_problem(scope, receive, send, HTTPStatus.UNAUTHORIZED, detail, CHALLENGE)

    def _has_token(self, headers: HeaderList) -> bool:
        for name, value in headers:
            if name == b"authorization":
                scheme, _, credentials = value.partition(b" ")
                # Constant time: how long the comparison takes must not tell how much of a guess is right.
                return scheme.lower() == b"bearer" and compare_digest(credentials.strip(), self._token)
        return False


def _is_exempt(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" or request_path(scope) == "/healthz"
