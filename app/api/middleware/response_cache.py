"""Serve whole responses from memory while the database revision is unchanged."""

from collections.abc import Hashable
from dataclasses import dataclass

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.etag import etag_matches
from app.api.http.headers import HeaderList
from app.api.middleware.single_flight import SingleFlight
from app.db.change_detector import ChangeDetector

MAX_ENTRY_FRACTION = 16
"""Largest body that is cached, as a fraction (1/16) of the cache."""
MAX_CACHEABLE_HEADER_BYTES = 4000
"""Bytes of request headers; larger requests, and requests with a body, bypass the cache and may be refused."""
NOT_MODIFIED_HEADERS = (
    b"etag",
    b"cache-control",
    b"vary",
    b"access-control-allow-origin",
    b"access-control-expose-headers",
)
"""Headers of a 304, out of those of the 200 that it stands for (RFC 9110, 15.4.5)."""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A 200, the database version it was made from, and the headers of its 304."""

    version: Hashable
    etag: str
    headers: HeaderList
    not_modified_headers: HeaderList
    body: bytes


class ResponseCacheMiddleware:
    """Cache responses with an ETag, least recently used first out, up to `max_bytes` of bodies.

    The key is everything beside the database that an answer depends on: URL, Accept and whether there is an Origin.
    Each request looks up the version of the database, so that a stale response is never sent.
    """

    def __init__(self, app: ASGIApp, change_detector: ChangeDetector, max_bytes: int) -> None:
        self.app = app
        self._change_detector = change_detector
        self._remote_version = SingleFlight(change_detector.version)
        self._max_entry_bytes = max_bytes // MAX_ENTRY_FRACTION
        self._entries: LRUCache[Hashable, CachedResponse] = LRUCache(max_bytes, lambda entry: len(entry.body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key, if_none_match = cache_key(scope) if scope["type"] == "http" and scope["method"] == "GET" else (None, "")
        if key is None:
            await self.app(scope, receive, send)
            return
        version = await self._current_version()
        entry = self._entries.get(key)
        if entry is None or version is None or entry.version != version:
            await self.app(scope, receive, self._store_on_send(key, version, send))
        elif etag_matches(if_none_match, entry.etag) or if_none_match == "*":
            await send({"type": "http.response.start", "status": 304, "headers": entry.not_modified_headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": entry.headers})
            await send({"type": "http.response.body", "body": entry.body})

    async def _current_version(self) -> Hashable:
        """Look up the version of the database; requests that wait for a PostgreSQL server share one look-up."""
        if self._change_detector.remote:
            return await self._remote_version.run()
        return self._change_detector.version()

    def _store_on_send(self, key: Hashable, version: Hashable, send: Send) -> Send:
        """Wrap `send` to store a 200 sent in one chunk, unless the database changed while it was made."""
        headers: HeaderList = []

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200:
                    headers.extend(message["headers"])
            elif headers and not message.get("more_body") and await self._is_current(version, headers):
                self._store(key, version, headers, message.get("body", b""))
            else:
                headers.clear()
            await send(message)

        return send_wrapper

    async def _is_current(self, version: Hashable, headers: HeaderList) -> bool:
        """Return whether a response was made from this version, and the database still has it."""
        if version is None or not self._change_detector.matches_revision(version, dict(headers).get(b"oxus-revision")):
            return False
        return await self._current_version() == version

    def _store(self, key: Hashable, version: Hashable, headers: HeaderList, body: bytes) -> None:
        etag = dict(headers).get(b"etag")
        if etag is None or len(body) > self._max_entry_bytes:
            return
        not_modified = [header for header in headers if header[0] in NOT_MODIFIED_HEADERS]
        self._entries[key] = CachedResponse(version, etag.decode("latin-1"), headers, not_modified, body)


def cache_key(scope: Scope) -> tuple[Hashable, str]:
    """Return the cache key and If-None-Match of a request; the key is None for requests that may be refused."""
    accept = host = if_none_match = b""
    cross_origin, size = False, 0
    for name, value in scope["headers"]:
        size += len(value)
        if name == b"content-length" or name == b"transfer-encoding" or size > MAX_CACHEABLE_HEADER_BYTES:
            return None, ""
        if name == b"accept":
            accept += b"," + value
        elif name == b"host":
            host += value
        elif name == b"if-none-match":
            if_none_match += b", " + value if if_none_match else value
        elif name == b"origin":
            cross_origin = True
    origin = scope["scheme"], scope.get("root_path", ""), host or str(scope.get("server"))
    return (*origin, scope["path"], scope["query_string"], accept, cross_origin), if_none_match.decode("latin-1")
