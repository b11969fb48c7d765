"""The HTTP listener: uvicorn, with limits on the bytes and the time that a connection may take.

uvicorn has none: an endless header would fill the memory, and a client that never ends its request line would hold its
connection for ever.
"""

import json
from asyncio import BaseTransport, TimerHandle
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from http import HTTPStatus
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypedDict, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.api.http.scope import client_key
from app.settings import Settings

MAX_HEAD_BYTES = 128 * 1024
"""Bytes of request line and headers: twice the longest URL, percent-encoded."""
MAX_PARSED_URL_BYTES = 0xFFFF
HEAD_TIMEOUT_SECONDS = 10.0
"""Time from the connection or the last answer to the end of the headers; they usually come in one packet."""
TARGET_TOO_LONG = HTTPStatus.REQUEST_URI_TOO_LONG, "the URL is longer than any query needs"
HEADERS_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the headers are longer than {MAX_HEAD_BYTES} bytes"
WRITE_STALL_TIMEOUT_SECONDS = 120.0
"""Time in which a client has to read some of a response that is waiting for it."""
OPEN_CONNECTIONS: Counter[str] = Counter()
"""Connections of this process by client, as far as they are limited."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection, with a timer for its request head and one for a client that stops reading.

    A client may have `max_connections` at a time, unless it is a proxy that the settings trust: that one connects for
    many.
    """

    def __init__(self, *args: Any, max_connections: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._max_connections = max_connections
        self._trusted_proxies = trusted_proxies(str(self.config.forwarded_allow_ips))
        self._limited_client = ""

    _head_timer: TimerHandle | None = None
    _stall_timer: TimerHandle | None = None
    _head_bytes = 0
    """Bytes received of a request head that is not complete."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast(Any, transport))
        if self._max_connections and self.client and self.client[0] not in self._trusted_proxies:
            self._limited_client = client_key(self.client)
            OPEN_CONNECTIONS[self._limited_client] += 1
            if OPEN_CONNECTIONS[self._limited_client] > self._max_connections:
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, f"more than {self._max_connections} connections at a time")
                return
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_SECONDS, self._on_head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_head_timer()
        if self._limited_client:
            OPEN_CONNECTIONS[self._limited_client] -= 1
            if not OPEN_CONNECTIONS[self._limited_client]:
                del OPEN_CONNECTIONS[self._limited_client]
        super().connection_lost(exc)  # which resumes writing
        self._stop_stall_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.scope is not None and "method" in self.scope:
            if self._head_timer is not None:
                self._cancel_head_timer()
            self._head_bytes = 0
        elif not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(*(HEADERS_TOO_LARGE if self.headers else TARGET_TOO_LONG))
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(HEAD_TIMEOUT_SECONDS, self._on_head_timeout)

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP with a problem document, as every other error.

        The parser counts the bytes of a URL in 16 bits, and takes longer ones for malformed.
        """
        malformed = HTTPStatus.BAD_REQUEST, "the request is not valid HTTP/1.1"
        self._refuse(*(TARGET_TOO_LONG if len(self.url) > MAX_PARSED_URL_BYTES else malformed))

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_stall_timer(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stall_timer()

    def _start_stall_timer(self, buffered: int) -> None:
        self._stop_stall_timer()
        self._stall_timer = self.loop.call_later(WRITE_STALL_TIMEOUT_SECONDS, self._check_stall, buffered)

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _check_stall(self, before: int) -> None:
        buffered = self.transport.get_write_buffer_size()
        if buffered < before:
            self._start_stall_timer(buffered)
        else:
            self.transport.abort()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_timeout(self) -> None:
        if not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the request did not arrive within {HEAD_TIMEOUT_SECONDS:g} s")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        self._cancel_head_timer()
        body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}).encode()
        head = b"content-type: application/problem+json\r\ncache-control: no-store\r\nconnection: close\r\n"
        self.transport.write(STATUS_LINE[status] + head + b"content-length: %d\r\n\r\n" % len(body) + body)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: a request for another protocol is answered in HTTP/1.1 (RFC 9110, 7.8)."""


@lru_cache(1)  # a server has one setting, and asks for each connection
def trusted_proxies(names: str) -> Container[str]:
    """Return the addresses and networks in a setting as uvicorn reads them, so that both trust the same ones."""

    async def no_app(_scope: object, _receive: object, _send: object) -> None:
        """Stand in for an application, which is not called."""

    return cast(Container[str], ProxyHeadersMiddleware(no_app, names).trusted_hosts)


@contextmanager
def shared_metrics_dir(settings: Settings) -> Iterator[Settings]:
    """Yield settings with a temporary folder for the metrics of several workers; it is deleted when the server ends."""
    if not settings.metrics:
        yield settings
        return
    with TemporaryDirectory(prefix="oxus-metrics-") as folder:
        yield settings.model_copy(update={"metrics_dir": folder})


class UvicornOptions(TypedDict):
    """Arguments of `uvicorn.run` and `uvicorn.Config`."""

    http: Any  # uvicorn declares a class, and calls it: a partial can be sent to workers
    ws: Literal["none"]
    server_header: bool
    access_log: bool
    root_path: str
    forwarded_allow_ips: str
    timeout_graceful_shutdown: int


def uvicorn_options(settings: Settings) -> UvicornOptions:
    """Return how uvicorn is to listen; its own access log stays off."""
    return {
        "http": partial(BoundedHttpProtocol, max_connections=settings.max_connections_per_client),
        "ws": "none",
        "server_header": False,
        "access_log": False,
        "root_path": settings.root_path,
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": settings.shutdown_timeout_seconds,
    }
