"""The access log: one line of JSON for each request, with an id that the response carries too."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import TextIO, TypedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.masking import mask_path, mask_query
from app.api.http.scope import MAX_CLIENT_CHARS, REQUEST_ID_SCOPE_KEY, incoming_request_id, new_request_id

STDOUT_FD = 1
MAX_WAITING_LINES = 10_000
"""Lines that wait for a reader of standard output; further ones are dropped, since a line may have 5 kB."""
BATCH_SECONDS = 0.02
"""Longest time that a line waits for others, to be written with them."""
PIPE_BYTES = 4096
"""Bytes that one write puts into a pipe in one piece (PIPE_BUF), so that lines of several workers do not mix."""
LOGGER = logging.getLogger("oxus.access")
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False  # a root logger would write each line again, in another form


_encode = json.JSONEncoder(separators=(",", ":")).encode


class AccessLogEntry(TypedDict, total=False):
    """Fields of a line after its time, in their order; `error` only where a request failed or was cut off."""

    id: str
    client: str
    method: str
    path: str
    query: str
    status: int | None
    bytes: int
    ms: float
    error: str


class JsonLineFormatter(logging.Formatter):
    """Format a record as one line of ASCII: its time in UTC, then the fields of its `entry`."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return _encode({"time": self.formatTime(record), **record.__dict__["entry"]})


_Queue = SimpleQueue[logging.LogRecord]


class _LineHandler(logging.StreamHandler[TextIO]):
    """Write lines to a buffered stream, and flush once no other line waits: a system call each would cost more."""

    def __init__(self, stream: TextIO, queue: _Queue) -> None:
        super().__init__(stream)
        self._queue = queue

    def flush(self) -> None:
        if self._queue.empty():
            super().flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Drop a line that cannot be written: a full disk or a closed pipe must not stop the answers."""


class _BatchListener(QueueListener):
    def dequeue(self, block: bool) -> logging.LogRecord:
        """Take the next record; pause before an empty queue, so that not every record wakes this thread."""
        if self.queue.empty():  # type: ignore[attr-defined]  # a SimpleQueue has it
            time.sleep(BATCH_SECONDS)
        return super().dequeue(block)


class _RecordQueueHandler(QueueHandler):
    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a record, unless too many wait already: whoever stops reading must not fill the memory."""
        if self.queue.qsize() < MAX_WAITING_LINES:  # type: ignore[attr-defined]  # a SimpleQueue has it
            super().enqueue(record)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Pass the record on as it is: the listener formats it, and no other handler sees it."""
        return record


def open_stdout() -> TextIO:
    """Open standard output for whole lines: its buffer is written before a line that does not fit into it."""
    return TextIOWrapper(open(STDOUT_FD, "wb", buffering=PIPE_BYTES, closefd=False), "ascii", write_through=True)


@contextmanager
def write_access_log(stream: TextIO) -> Iterator[None]:
    """Write the access log to a stream, in a thread, so that a slow disk holds up no answer.

    Every line that was logged inside the block is written when it ends.
    """
    queue: _Queue = SimpleQueue()
    handler, writer = _RecordQueueHandler(queue), _LineHandler(stream, queue)
    writer.setFormatter(JsonLineFormatter())
    listener = _BatchListener(queue, writer)
    LOGGER.addHandler(handler)
    listener.start()
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        listener.stop()
        with suppress(OSError, ValueError):  # a full disk, a closed pipe
            stream.flush()


class AccessLogMiddleware:
    """Log each request when its response is complete, and add its id to the response as `X-Request-ID`.

    A proxy that numbers requests sends that header itself; a well-formed id is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = incoming_request_id(scope["headers"]) or new_request_id().encode()
        scope[REQUEST_ID_SCOPE_KEY] = request_id.decode()
        started_at, status, size, more = time.perf_counter(), 0, 0, True

        async def send_wrapper(message: Message) -> None:
            nonlocal status, size, more
            if message["type"] == "http.response.start":
                status = message["status"]
                # A new list: the response cache may keep the other one for later requests.
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id)]}
            else:
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
            await send(message)

        error = ""
        try:
            await self.app(scope, receive, send_wrapper)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            seconds = time.perf_counter() - started_at
            _log_request(scope, status, size, seconds, error or ("cut off" if more else ""))


def _log_request(scope: Scope, status: int, size: int, seconds: float, error: str) -> None:
    client = scope.get("client") or ("",)
    entry: AccessLogEntry = {
        "id": scope[REQUEST_ID_SCOPE_KEY],
        "client": client[0][:MAX_CLIENT_CHARS],
        "method": scope["method"],
        "path": mask_path(scope["path"]),
        "query": mask_query(scope["query_string"]),
        "status": status or (500 if error else None),
        "bytes": size,
        "ms": round(seconds * 1000, 3),
    }
    if error:
        entry["error"] = error
    LOGGER.info("request", extra={"entry": entry})
