"""Serve whole responses from memory while the database revision is unchanged."""

from collections.abc import Hashable
from dataclasses import dataclass
from sys import getsizeof
from typing import NamedTuple

from anyio import move_on_after
from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.etag import etag_matches
from app.api.http.headers import HeaderList
from app.api.http.read_pool import run_in_thread
from app.api.http.scope import request_path
from app.api.middleware.single_flight import SingleFlight
from app.db.change_detector import LOOKUP_TIMEOUT_SECONDS, ChangeDetector
from app.deadlines import WorkLimit

MAX_ENTRY_FRACTION = 16
"""Largest entry that is cached, as a fraction (1/16) of the cache."""
CACHED_PREFIXES = ("/v1/", "/ogc/", "/compat/")
"""Paths of data. Probes, pages and assets depend on no database that might not answer, so they never look it up."""
MAX_KEY_BYTES = 2000
"""Memory of path, query, Accept and Host together; longer requests are seldom repeated, and bypass the cache."""
ENTRY_BYTES = 1000
"""Memory of an entry beside its texts: objects for entry and key, and the nodes of the cache's dictionaries."""
HEADER_BYTES = 140
"""Memory of a header beside its texts: a pair of two bytes objects, and its places in both lists."""
NOT_MODIFIED_HEADERS = (
    b"etag",
    b"cache-control",
    b"vary",
    b"access-control-allow-origin",
    b"access-control-expose-headers",
)
"""Headers of a 304, out of those of the 200 that it stands for (RFC 9110, 15.4.5)."""


class CacheKey(NamedTuple):
    """Everything beside the database that an answer depends on; `host` is Host, or the server's address without one."""

    scheme: str
    root_path: str
    host: bytes
    path: str
    query: bytes
    accept: bytes
    cross_origin: bool


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A 200, the database version it was made from, and the headers of its 304.

    `size` is the memory of all that the entry holds, its key included, in bytes.
    """

    size: int
    version: Hashable
    etag: str
    headers: HeaderList
    not_modified_headers: HeaderList
    body: bytes


class ResponseCacheMiddleware:
    """Cache responses with an ETag, least recently used first out, up to `max_bytes` of bodies, headers and keys.

    Each request looks up the version of the database, so that a stale response is never sent.
    """

    def __init__(self, app: ASGIApp, change_detector: ChangeDetector, max_bytes: int) -> None:
        self.app = app
        self._change_detector = change_detector
        self._remote_version = SingleFlight(self._look_up_version)
        self._max_entry_bytes = max_bytes // MAX_ENTRY_FRACTION
        self._entries: LRUCache[CacheKey, CachedResponse] = LRUCache(max_bytes, lambda entry: entry.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key, if_none_match = cache_key(scope) if scope["type"] == "http" and scope["method"] == "GET" else (None, "")
        if key is None:
            await self.app(scope, receive, send)
            return
        version = await self._current_version()
        entry = self._entries.get(key)
        if entry is None or version is None or entry.version != version:
            await self.app(scope, receive, self._store_on_send(key, version, send))
        elif etag_matches(if_none_match, entry.etag) or if_none_match.strip() == "*":
            await send({"type": "http.response.start", "status": 304, "headers": entry.not_modified_headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": entry.headers})
            await send({"type": "http.response.body", "body": entry.body})

    async def _current_version(self) -> Hashable:
        """Look up the version of the database; requests that wait for a PostgreSQL server share one look-up.

        None if the server does not answer in time: the request goes on without the cache.
        """
        if not self._change_detector.remote:
            return self._change_detector.version()
        with move_on_after(LOOKUP_TIMEOUT_SECONDS):
            return await self._remote_version.run()
        return None

    async def _look_up_version(self) -> Hashable:
        return await run_in_thread(
            self._change_detector.version, WorkLimit(LOOKUP_TIMEOUT_SECONDS), LOOKUP_TIMEOUT_SECONDS
        )

    def _store_on_send(self, key: CacheKey, version: Hashable, send: Send) -> Send:
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

    def _store(self, key: CacheKey, version: Hashable, headers: HeaderList, body: bytes) -> None:
        etag = dict(headers).get(b"etag")
        size = ENTRY_BYTES + _key_bytes(key) + sum(_header_bytes(header) for header in headers) + len(body)
        if etag is None or size > self._max_entry_bytes:
            return
        not_modified = [header for header in headers if header[0] in NOT_MODIFIED_HEADERS]
        self._entries[key] = CachedResponse(size, version, etag.decode("latin-1"), headers, not_modified, body)


def cache_key(scope: Scope) -> tuple[CacheKey | None, str]:
    """Return the cache key and If-None-Match of a request; the key is None for requests that are not cached.

    Everything in a request that any response reads is part of the key, as it came.
    """
    if not request_path(scope).startswith(CACHED_PREFIXES):
        return None, ""
    accept = if_none_match = b""
    host, cross_origin = str(scope.get("server")).encode(), False
    for name, value in scope["headers"]:
        if name == b"accept":
            accept += b"," + value
        elif name == b"host":
            host = value
        elif name == b"if-none-match":
            if_none_match += b", " + value if if_none_match else value
        elif name == b"origin":
            cross_origin = True
    origin = scope["scheme"], scope.get("root_path", ""), host
    key = CacheKey(*origin, scope["path"], scope["query_string"], accept, cross_origin)
    return key if _key_bytes(key) <= MAX_KEY_BYTES else None, if_none_match.decode("latin-1")


def _key_bytes(key: CacheKey) -> int:
    return getsizeof(key.path) + len(key.host) + len(key.query) + len(key.accept)


def _header_bytes(header: tuple[bytes, bytes]) -> int:
    return HEADER_BYTES + len(header[0]) + len(header[1])
