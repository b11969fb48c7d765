"""A rate limit for each client, by token buckets."""

from http import HTTPStatus
from math import ceil
from time import monotonic
from typing import NamedTuple

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.problems import send_problem
from app.api.http.scope import PROBE_PATHS, client_key, request_path

MAX_TRACKED_CLIENTS = 10_000
"""Number of buckets in memory; the least recently used one is dropped, which gives its client a full bucket."""
BURST_MINUTES = 1 / 5
"""Capacity of a bucket: the requests of so much of a minute may come at once."""


class Bucket(NamedTuple):
    """Tokens of one client at a moment (seconds of the monotonic clock)."""

    tokens: float
    refilled_at: float


class RateLimitMiddleware:
    """Refuse requests of a client whose token bucket is empty, with a `Retry-After` in seconds.

    A bucket refills with time, and each request takes one token. A client is an IPv4 address or an IPv6 /64 network.
    Probes are not counted. Each worker process counts for itself.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app = app
        self._per_second = per_minute / 60
        self._burst = max(1.0, per_minute * BURST_MINUTES)
        self._buckets: LRUCache[str, Bucket] = LRUCache(MAX_TRACKED_CLIENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and request_path(scope) not in PROBE_PATHS:
            seconds = self.acquire(client_key(scope.get("client")), monotonic())
            if seconds:
                detail = f"more requests than {self._per_second * 60:g} a minute; ask again in {ceil(seconds)} s"
                headers = {"Retry-After": str(ceil(seconds))}
                await send_problem(scope, receive, send, HTTPStatus.TOO_MANY_REQUESTS, detail, headers)
                return
        await self.app(scope, receive, send)

    def acquire(self, client: str, now: float) -> float:
        """Take a token from a client's bucket; return 0, or the seconds until there is one."""
        bucket = self._buckets.get(client, Bucket(self._burst, now))
        tokens = min(self._burst, bucket.tokens + (now - bucket.refilled_at) * self._per_second)
        allowed = tokens >= 1
        self._buckets[client] = Bucket(tokens - 1 if allowed else tokens, now)
        return 0.0 if allowed else (1 - tokens) / self._per_second
