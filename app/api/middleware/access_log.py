"""One line of JSON for each request, with an id that its answer and any fault of ours carry too.

The line is put together by hand and written with others that are ready in the same moment: the standard way, a logger
with a formatter and a write for each line, costs as much as answering from memory does.
"""

import os
import re
import time
from asyncio import get_running_loop
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from itertools import count
from json.encoder import encode_basestring_ascii
from secrets import token_hex
from urllib.parse import unquote_to_bytes

from app.api.middleware.head_options import REQUEST_ID_SCOPE_KEY, ASGIApp, Receive, Scope, Send

SENSITIVE_PARAMS = frozenset(
    (b"key", b"email", b"token", b"access_token", b"access_key", b"api_key", b"apikey", b"password")
)
"""Parameters that clients of ACLED and others send though nobody here asks for them; they are nobody's business."""
MASK = b"***"
MAX_LOGGED_CHARS = 2000  # of a path or a query; a line is to be read
FLUSH_INTERVAL_SECONDS = 0.02
PIPE_BYTES = 4096  # what one write puts into a pipe in one piece, whoever else writes there
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:+=/@-]{1,100}")
_json_string: Callable[[str], str] = encode_basestring_ascii

_PROCESS = token_hex(4)
_REQUEST_NUMBERS = count(1)


def new_id() -> str:
    """An id that no other request has, of this process or of another one."""
    return f"{_PROCESS}-{next(_REQUEST_NUMBERS):x}"


def has_sensitive_params(query: bytes) -> bool:
    """Whether a query string holds what no log should."""
    return any(unquote_to_bytes(part.partition(b"=")[0]).lower() in SENSITIVE_PARAMS for part in query.split(b"&"))


@lru_cache(256)
def mask_query(query: bytes) -> str:
    """A query string whose secrets are masked, as JSON; names are compared as they are read, decoded."""
    truncated = query[:MAX_LOGGED_CHARS]
    if has_sensitive_params(truncated):
        parts = (part.partition(b"=") for part in truncated.split(b"&"))
        truncated = b"&".join(
            name + equals + (MASK if unquote_to_bytes(name).lower() in SENSITIVE_PARAMS else value)
            for name, equals, value in parts
        )
    return _json_string(truncated.decode("latin-1") + ("..." if len(query) > MAX_LOGGED_CHARS else ""))


class BufferedLineWriter:
    """Writes lines to a file, together with all others of the next moment."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._waiting: list[str] = []

    def __call__(self, line: str) -> None:
        """Take a line, which ends with a line feed."""
        if not self._waiting:
            get_running_loop().call_later(FLUSH_INTERVAL_SECONDS, self.flush)
        self._waiting.append(line)

    def flush(self) -> None:
        """Write what waits, line by line together as far as a pipe takes it whole."""
        waiting, self._waiting = self._waiting, []
        with suppress(OSError):  # nobody reads any more, or the disk is full: answering goes on
            piece = b""
            for line in waiting:
                encoded = line.encode("ascii")
                if piece and len(piece) + len(encoded) > PIPE_BYTES:
                    os.write(self._file, piece)
                    piece = b""
                piece += encoded
            os.write(self._file, piece)


class AccessLogMiddleware:
    """Tells of each request when its answer is sent, and gives the answer the id of its line as `X-Request-ID`.

    A proxy that numbers requests itself sends that header; a sane one is kept.
    """

    def __init__(
        self, app: ASGIApp, write_line: Callable[[str], None], on_shutdown: Callable[[], None] | None = None
    ) -> None:
        self.app = app
        self.write_line = write_line
        self.on_shutdown = on_shutdown
        """What is done when the server has ended."""
        self._second = 0
        self._formatted_second = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and tell."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            if scope["type"] == "lifespan" and self.on_shutdown:
                self.on_shutdown()
            return
        id_ = incoming_request_id(scope["headers"]) or new_id().encode()
        scope[REQUEST_ID_SCOPE_KEY] = id_.decode()
        began, status, size, more = time.perf_counter(), 0, 0, True

        async def send_wrapper(message: Scope) -> None:
            nonlocal status, size, more
            if message["type"] == "http.response.start":
                status = message["status"]
                # The list may be one that is remembered for others.
                message = {**message, "headers": [*message["headers"], (b"x-request-id", id_)]}
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
            self._log_request(scope, status, size, time.perf_counter() - began, error or ("cut off" if more else ""))

    def _log_request(self, scope: Scope, status: int, size: int, seconds: float, error: str) -> None:
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._formatted_second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        client = scope.get("client") or ("",)
        self.write_line(
            f'{{"time":"{self._formatted_second}.{int(now % 1 * 1000):03d}Z","id":"{scope[REQUEST_ID_SCOPE_KEY]}",'
            f'"client":{_json_string(client[0])},"method":{_json_string(scope["method"])},'
            f'"path":{_json_string(scope["path"][:MAX_LOGGED_CHARS])},"query":{mask_query(scope["query_string"])},'
            f'"status":{status or (500 if error else "null")},"bytes":{size},"ms":{seconds * 1000:.3f}'
            + (f',"error":"{error}"}}\n' if error else "}\n")
        )


def incoming_request_id(headers: list[tuple[bytes, bytes]]) -> bytes:
    """The id that whoever passed the request on gave it, if that is one."""
    for name, value in headers:
        if name == b"x-request-id":
            return value if VALID_REQUEST_ID.fullmatch(value) else b""
    return b""
