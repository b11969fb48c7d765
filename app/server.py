"""How the server listens: uvicorn, with bounds on what a connection may send and how long it may take to do so.

uvicorn's parser of HTTP knows no such bounds: an endless header would fill the memory, and a client that never ends
its first line would keep its connection for ever.
"""

import json
from asyncio import BaseTransport, TimerHandle
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from tempfile import TemporaryDirectory
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.settings import Settings

MAX_HEAD_BYTES = 128 * 1024
"""Bytes of a request's first line and headers: twice the longest address, as it is sent."""
HEAD_TIMEOUT_SECONDS = 10.0
"""How long a request's head may take to arrive; one packet is the rule."""
TARGET_TOO_LONG = HTTPStatus.REQUEST_URI_TOO_LONG, "the address is longer than any question needs"
HEADERS_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the headers are longer than {MAX_HEAD_BYTES} bytes"
WRITE_STALL_TIMEOUT_SECONDS = 120.0
"""How long a client may fetch nothing of an answer that waits for it."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    _head_timer: TimerHandle | None = None
    _stall_timer: TimerHandle | None = None
    _head_bytes = 0
    """Bytes that came of a head that is not yet whole."""

    def connection_made(self, transport: BaseTransport) -> None:
        """A connection that says nothing is one whose head does not arrive."""
        super().connection_made(cast(Any, transport))
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_SECONDS, self._on_head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        self._cancel_head_timer()
        super().connection_lost(exc)  # which resumes writing
        self._stop_stall_timer()

    def data_received(self, data: bytes) -> None:
        """Take what came; nearly always it is a whole head."""
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
        """What is no HTTP is refused in the form of every other refusal."""
        self._refuse(HTTPStatus.BAD_REQUEST, "this is not HTTP as it should be")

    def pause_writing(self) -> None:
        """More lies here than a connection keeps: from now on its client has to fetch some of it every while."""
        super().pause_writing()
        self._start_stall_timer(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client caught up."""
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
        """Who asks for another protocol gets the answer in this one, which needs no word in the log."""


@contextmanager
def shared_metrics_dir(settings: Settings) -> Iterator[Settings]:
    """Yield settings with a temporary folder for the metrics of several workers; it is deleted when the server ends."""
    if not settings.metrics:
        yield settings
        return
    with TemporaryDirectory(prefix="oxus-metrics-") as folder:
        yield settings.model_copy(update={"metrics_dir": folder})


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "http": BoundedHttpProtocol,
        "ws": "none",
        "server_header": False,
        "access_log": False,
        "root_path": settings.root_path,
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": settings.shutdown_timeout_seconds,
    }
