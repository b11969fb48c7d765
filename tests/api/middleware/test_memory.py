"""What caches, guards and logs remember is bounded in bytes, whatever strangers send."""

import asyncio
import base64
import gc
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import pytest
from asgi_client import RawRequest, answered

from app.api.middleware.request_limits import MAX_HEADERS_BYTES, MAX_TARGET_BYTES
from app.main import create_app
from app.query.lists.cursors import MAX_CURSOR_LENGTH
from app.query.planner import planner
from app.settings import Settings

MIB = 2**20
CACHE_MB = 1
CONSTANT_BYTES = 4 * MIB
"""Room for caches of a fixed size that a short run does not fill: masked queries, buckets, statements."""
MANY_CONSTANT_BYTES = 48 * MIB
"""Room for these caches when they are full."""
TOKEN = "a-token-that-is-long-enough"  # noqa: S105 - of a test
ALL_ON = {
    "access_log": True,
    "metrics": True,
    "allowed_hosts": "*.oxus.example",
    "read_token": TOKEN,
    "rate_limit_per_minute": 600_000,
    "cache_mb": CACHE_MB,
}
EVENT = "kaldar-recaptured-2021-06-29"
Kinds = Sequence[tuple[str, str]]
"""Pairs of an entry of TARGETS and one of HEADERS."""
SETTINGS: list[dict[str, Any]] = [{"cache_mb": 0}, {"cache_mb": CACHE_MB}, ALL_ON, ALL_ON | {"cache_mb": 0}]


def unique(number: int, length: int) -> str:
    """Return a text of some length that no other number gives."""
    return str(number).ljust(length, "x")


def long_cursor(number: int) -> str:
    values = ["-date,id", ["2021-07-01", unique(number, MAX_CURSOR_LENGTH * 3 // 4 - 40)]]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


TARGETS: dict[str, Callable[[int], str]] = {
    "a long address": lambda n: f"/v1/events/{EVENT}?{'&' * (55_000 + n % 4000)}",
    "an answer that is kept": lambda n: f"/v1/events?limit=1&q={unique(n, 90)}",
    "the longest page": lambda n: f"/v1/events?limit=1&cursor={long_cursor(n)}",
    "many shapes": lambda n: f"/compat/ucdp/api/gedevents/25.1?Id={'%2C'.join(map(str, range(1, n % 300 + 2)))}",
    "many words": lambda n: f"/compat/acled/api/acled/read?notes={unique(n, 9000)}&limit=1",
    "values that are counted": lambda n: f"/v1/events?q={unique(n, 90)}&deaths_min={n}&limit=1",
    "an unknown name": lambda n: f"/v1/events?place={unique(n, 1990)}",
    "an unknown parameter": lambda n: f"/v1/events?{unique(n, 50_000)}=1",
    "an unknown path": lambda n: f"/v1/{unique(n, MAX_TARGET_BYTES - 4)}",
    "too long an address": lambda n: f"/v1/events?q={unique(n, MAX_TARGET_BYTES)}",
}
HEADERS: dict[str, Callable[[int], list[tuple[str, str]]]] = {
    "plain": lambda n: [("host", "a.oxus.example")],
    "long": lambda n: [
        ("host", "a.oxus.example"),
        ("x-request-id", unique(n, 100)),
        ("accept", f"*/*;v={unique(n, 9000)}"),
        ("if-none-match", f'"{unique(n, 9000)}"'),
        ("origin", unique(n, 1000)),
    ],
    "other names": lambda n: [("host", f"{unique(n, 255)}")],
    "too long a name": lambda n: [("host", f"{unique(n, MAX_HEADERS_BYTES)}.oxus.example")],
    "too much": lambda n: [("host", "a.oxus.example"), *((f"x-{at}", unique(n, 5000)) for at in range(10))],
}
QUICK = [
    ("a long address", "plain"),
    ("an answer that is kept", "long"),
    ("an unknown path", "other names"),
    ("an unknown path", "too long a name"),
]
"""Kinds of requests that cost little, and of which the most could be kept."""
ALL = list(product(TARGETS, HEADERS))


def requests(kinds: Kinds, first: int, count: int) -> Iterator[RawRequest]:
    """Yield requests of every kind in turn, none like another; four of five have the token."""
    for number in range(first, first + count):
        target, headers = kinds[number % len(kinds)]
        token = [("authorization", f"Bearer {TOKEN if number % 5 else unique(number, 500)}")]
        yield RawRequest(TARGETS[target](number), (*HEADERS[headers](number), *token), client=unique(number, 5000))


async def growth(app: Any, kinds: Kinds, count: int) -> tuple[int, set[int]]:
    """Return the growth of memory over many requests, in bytes, and the statuses that they got."""
    statuses = set()
    async with app.router.lifespan_context(app):
        for request in requests(kinds, 0, len(kinds)):
            await answered(app, request)
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for request in requests(kinds, 1000, count):
            statuses.add((await answered(app, request)).status)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return after - before, statuses


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write the access log to nowhere, and estimate rows of small tables too, which are else not."""
    with open(os.devnull, "w") as nowhere:
        monkeypatch.setattr("app.main.open_stdout", lambda: nowhere)
        monkeypatch.setattr(planner, "SMALL_TABLE_ROWS", 0)
        yield


def test_memory_does_not_grow_with_what_is_asked(pack_url: str) -> None:
    grown, statuses = asyncio.run(growth(create_app(Settings(database_url=pack_url, **ALL_ON)), QUICK, 1000))
    assert statuses == {200, 400, 401, 421}
    assert grown < CACHE_MB * MIB + CONSTANT_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=["all off", "cache", "all on", "all but cache"])
def test_memory_does_not_grow_with_ten_thousand_requests_of_all_kinds(pack_url: str, settings: dict[str, Any]) -> None:
    grown, statuses = asyncio.run(growth(create_app(Settings(database_url=pack_url, **settings)), ALL, 10_000))
    assert statuses >= {200, 400, 404, 414, 431}
    assert grown < settings["cache_mb"] * MIB + MANY_CONSTANT_BYTES


CACHED = type(lru_cache(len))
UNBOUNDED = {"app.query.planner.parametrize._field_names"}
"""Functions without a bound on their cache: by classes, of which there are few."""


def test_functions_that_see_requests_remember_few_of_their_values() -> None:
    create_app(Settings())
    served = [name for name in sys.modules if name.startswith("app.") and not name.startswith("app.ingest.")]
    kept = [value for name in served for value in vars(sys.modules[name]).values() if isinstance(value, CACHED)]
    unbounded = {
        f"{each.__module__}.{each.__qualname__}" for each in kept if each.cache_parameters()["maxsize"] is None
    }
    assert len(kept) > len(unbounded)
    assert unbounded == UNBOUNDED
