"""Host names under which the server answers."""

import re
from collections.abc import Collection
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.headers import HeaderList
from app.api.http.problems import send_problem
from app.api.http.scope import PROBE_PATHS, request_path

PORT = re.compile(r":\d*$")


class TrustedHostMiddleware:
    """Refuse requests for other host names, so that no foreign name gets into links of answers.

    `*.example.org` stands for every name below it. Probes pass under any name, because they ask by address.
    No verdict is kept, because strangers choose the names.
    Starlette's own class answers 400 in plain text and knows neither probes nor the path behind a prefix.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self._exact_names = frozenset(name.lower() for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:].lower() for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and not self._names_this_server(scope["headers"])
            and request_path(scope) not in PROBE_PATHS
        ):
            detail = "this server does not answer under that name"
            await send_problem(scope, receive, send, HTTPStatus.MISDIRECTED_REQUEST, detail)
        else:
            await self.app(scope, receive, send)

    def _names_this_server(self, headers: HeaderList) -> bool:
        hosts = [value for name, value in headers if name == b"host"]
        return len(hosts) == 1 and self._matches(hosts[0])

    def _matches(self, value: bytes) -> bool:
        host = PORT.sub("", value.decode("latin-1").lower())
        return host in self._exact_names or host.endswith(self._suffixes)
