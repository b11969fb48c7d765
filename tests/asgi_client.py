"""HTTP client that calls an application in its own thread and event loop."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import httpx2
from starlette.types import ASGIApp, Message


class AppTransport(httpx2.BaseTransport):
    """Run one request after the other on one event loop.

    Starlette's TestClient hands each message of a request to a thread that runs the loop, which costs more than most
    requests of the tests. It stays where a test needs a loop that runs on between requests.
    """

    def __init__(self, app: ASGIApp, root_path: str, raise_server_exceptions: bool) -> None:
        self.app = app
        self.root_path = root_path
        self.raise_server_exceptions = raise_server_exceptions
        self.loop = asyncio.new_event_loop()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response, whole."""
        return self.loop.run_until_complete(self._respond(request))

    async def _respond(self, request: httpx2.Request) -> httpx2.Response:
        path, _, query = request.url.raw_path.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": path,
            "root_path": self.root_path,
            "query_string": query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("testclient", 50000),
            "server": (request.url.host, request.url.port or 80),
            "state": {},
        }
        exchange = _Exchange(request.read())
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception:
            if self.raise_server_exceptions or not exchange.head:
                raise
        head, body = exchange.head, b"" if request.method == "HEAD" else exchange.body
        return httpx2.Response(head["status"], headers=head["headers"], content=body, request=request)


class _Exchange:
    """The messages of one request and its answer, with a client that never disconnects."""

    def __init__(self, body: bytes = b"") -> None:
        self.head: Message = {}
        self.body = b""
        self._incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive(self) -> Message:
        if not self._incoming:
            await asyncio.Event().wait()
        return self._incoming.pop()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.head = message
        else:
            self.body += bytes(message.get("body", b""))


@dataclass(frozen=True)
class RawRequest:
    """A request as a server hands it to an application, in every spelling that HTTP allows."""

    target: str
    headers: tuple[tuple[str, str], ...] = (("host", "testserver"),)
    method: str = "GET"
    scheme: str = "http"
    root_path: str = ""
    http_version: str = "1.1"
    client: str = "testclient"

    def scope(self) -> dict[str, Any]:
        """Return the scope of the request."""
        path, _, query = self.target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self.http_version,
            "method": self.method,
            "scheme": self.scheme,
            "path": self.root_path + unquote(path),
            "raw_path": path.encode(),
            "root_path": self.root_path,
            "query_string": query.encode("latin-1"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in self.headers],
            "client": (self.client, 50000),
            "server": ("testserver", 80),
            "state": {},
        }


@dataclass(frozen=True)
class RawAnswer:
    """An answer, whole."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


async def answered(app: ASGIApp, request: RawRequest) -> RawAnswer:
    """Send a request to an application and return the answer."""
    exchange = _Exchange()
    await app(request.scope(), exchange.receive, exchange.send)
    return RawAnswer(exchange.head["status"], tuple(exchange.head["headers"]), exchange.body)


class AppClient(httpx2.Client):
    """Client of an application, with the interface of Starlette's TestClient; the lifespan runs within the context."""

    def __init__(self, app: Any, *, root_path: str = "", raise_server_exceptions: bool = True) -> None:
        self.app = app
        self._app_transport = AppTransport(app, root_path, raise_server_exceptions)
        super().__init__(
            transport=self._app_transport,
            base_url="http://testserver",
            headers={"user-agent": "testclient"},
            follow_redirects=True,
        )
        self._lifespan = app.router.lifespan_context(app)

    def __enter__(self) -> "AppClient":
        self._app_transport.loop.run_until_complete(self._lifespan.__aenter__())
        super().__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        super().__exit__(exc_type, exc_value, traceback)
        loop = self._app_transport.loop
        loop.run_until_complete(self._lifespan.__aexit__(None, None, None))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
