"""Answers that were given before, given again before anything else happens, for as long as the database is the same."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from app.api.middleware.head_options import ASGIApp, Receive, Scope, Send
from app.api.middleware.single_flight import SingleFlight
from app.db.change_detector import ChangeDetector

MAX_ENTRY_FRACTION = 16
"""No answer may take more than this part of the memory."""
MAX_CACHEABLE_HEADER_BYTES = 4000
"""Bytes; whoever sends more, or a body, is not answered from memory."""
NOT_MODIFIED_HEADERS = (
    b"etag",
    b"cache-control",
    b"vary",
    b"access-control-allow-origin",
    b"access-control-expose-headers",
)
"""What an answer without a body keeps of the headers of the one with it (RFC 9110, 15.4.5)."""

HeaderList = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """An answer, the state of the database in which it was given, and what stands in for it where it is known."""

    version: Hashable
    etag: bytes
    headers: HeaderList
    not_modified_headers: HeaderList
    body: bytes


class ResponseCacheMiddleware:
    """Keeps whole answers that carry an ETag, the newest and those asked for last, up to `max_bytes`.

    What an answer depends on beside the database is its key: the address as it was asked for, what Accept prefers,
    and whether a page from elsewhere asks. Whether the database is still the same is looked up every time.
    """

    def __init__(self, app: ASGIApp, change_detector: ChangeDetector, max_bytes: int) -> None:
        self.app = app
        self.change_detector = change_detector
        self._single_flight = SingleFlight(change_detector.version)
        self.max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, CachedResponse] = OrderedDict()
        self._stored_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and remember."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        key, if_none_match = cache_key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        state = await self._current_version() if self.change_detector.remote else self.change_detector.version()
        entry = self._entries.get(key)
        if entry is None or state is None or entry.version != state:
            await self.app(scope, receive, self._store_on_send(key, state, send))
            return
        self._entries.move_to_end(key)
        if if_none_match and etag_matches(if_none_match, entry.etag):
            await send({"type": "http.response.start", "status": 304, "headers": entry.not_modified_headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": entry.headers})
            await send({"type": "http.response.body", "body": entry.body})

    async def _current_version(self) -> Hashable:
        """The state of the database; one that is elsewhere is looked up for all who wait."""
        return await self._single_flight.run() if self.change_detector.remote else self.change_detector.version()

    def _store_on_send(self, key: Hashable, version: Hashable, send: Send) -> Send:
        """Sends, and keeps what is sent at once, if the database did not change on the way."""
        started: HeaderList = []

        async def sending(message: Scope) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200:
                    started.extend(message["headers"])
            elif started and not message.get("more_body") and await self._is_current(version, started):
                self._store(key, version, started, message.get("body", b""))
            else:
                started.clear()
            await send(message)

        return sending

    async def _is_current(self, version: Hashable, headers: HeaderList) -> bool:
        """Whether an answer was made in the state that was seen before it, which is still the present one."""
        if version is None or not self.change_detector.matches_revision(version, dict(headers).get(b"oxus-revision")):
            return False
        return await self._current_version() == version

    def _store(self, key: Hashable, version: Hashable, headers: HeaderList, body: bytes) -> None:
        etag = dict(headers).get(b"etag")
        if etag is None or len(body) > self.max_bytes // MAX_ENTRY_FRACTION:
            return
        if previous := self._entries.pop(key, None):
            self._stored_bytes -= len(previous.body)
        unchanged = [header for header in headers if header[0] in NOT_MODIFIED_HEADERS]
        self._entries[key] = CachedResponse(version, etag, headers, unchanged, body)
        self._stored_bytes += len(body)
        while self._stored_bytes > self.max_bytes:
            self._stored_bytes -= len(self._entries.popitem(last=False)[1].body)


def cache_key(scope: Scope) -> tuple[Hashable, bytes]:
    """The key of a request, and the value of If-None-Match; no key for what may have to be refused."""
    accept = host = if_none_match = b""
    elsewhere, size = False, 0
    for name, value in scope["headers"]:
        size += len(value)
        if name == b"content-length" or name == b"transfer-encoding" or size > MAX_CACHEABLE_HEADER_BYTES:
            return None, b""
        if name == b"accept":
            accept += b"," + value
        elif name == b"host":
            host += value
        elif name == b"if-none-match":
            if_none_match += b"," + value
        elif name == b"origin":
            elsewhere = True
    origin = scope["scheme"], scope.get("root_path", ""), host or str(scope.get("server"))
    return (*origin, scope["path"], scope["query_string"], accept, elsewhere), if_none_match


def etag_matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names an answer (weak comparison, RFC 9110); `*` names whatever there is."""
    return any(part.strip().removeprefix(b"W/") in (etag, b"*") for part in if_none_match.split(b","))
