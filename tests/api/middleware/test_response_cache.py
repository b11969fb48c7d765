"""Cached responses equal the first ones byte for byte, need no query, and are never stale."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import SEED, Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text

from app.api.middleware import response_cache
from app.api.middleware.response_cache import cache_key
from app.db.engine import write_transaction
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings

REQUESTS = [
    ("/v1/events", {"limit": "3", "place": "balkh"}, {}),
    ("/v1/events", {"limit": "3"}, {"Accept": "text/csv"}),
    ("/v1/events/kaldar-recaptured-2021-06-29", {}, {}),
    ("/v1/control", {"as_of": "2021-07-01"}, {"Origin": "https://example.org"}),
    ("/v1/stats", {"group_by": "category"}, {}),
    ("/ogc/collections/events/items", {"limit": "2"}, {}),
    ("/compat/ucdp/api/gedevents/25.1", {"pagesize": "1"}, {}),
]


@pytest.fixture
def fresh(pack_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=pack_url))) as client:
        yield client


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What SQLAlchemy sends to a database."""
    seen: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield seen
    event.remove(Engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(("path", "query", "headers"), REQUESTS)
def test_a_repeated_request_gets_equal_bytes_and_headers_without_a_query(
    fresh: TestClient, statements: list[str], path: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    first = fresh.get(path, params=query, headers=headers)
    assert first.status_code == 200
    assert statements
    statements.clear()
    again = fresh.get(path, params=query, headers=headers)
    assert (again.status_code, again.content, again.headers) == (200, first.content, first.headers)
    assert statements == []


@pytest.mark.parametrize(("path", "query", "headers"), REQUESTS)
def test_a_cached_304_equals_a_computed_one(
    fresh: TestClient, uncached_client: AppClient, path: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    for names in ("{}", "W/{}", '"other", {}', "*"):
        responses = []
        for client in (uncached_client, fresh):
            etag = client.get(path, params=query, headers=headers).headers["etag"]
            responses.append(client.get(path, params=query, headers=headers | {"If-None-Match": names.format(etag)}))
        computed, cached = responses
        assert (cached.status_code, cached.content, cached.headers) == (304, b"", computed.headers), names
        assert computed.status_code == 304


def test_the_cache_key_has_everything_that_shapes_a_response(fresh: TestClient) -> None:
    plain = fresh.get("/v1/events", params={"limit": "2"})
    assert fresh.get("/v1/events", params={"limit": "3"}).content != plain.content
    assert fresh.get("/v1/events", params={"limit": "2"}, headers={"Accept": "text/csv"}).text.startswith("id,")
    elsewhere = fresh.get("/v1/events", params={"limit": "2"}, headers={"Host": "oxus.example"})
    assert elsewhere.json()["next"].startswith("http://oxus.example/")
    assert fresh.get("/v1/events", params={"limit": "2"}, headers={"Origin": "https://example.org"}).headers[
        "access-control-allow-origin"
    ]
    assert "access-control-allow-origin" not in fresh.get("/v1/events", params={"limit": "2"}).headers
    head = fresh.head("/v1/events", params={"limit": "2"})
    assert (head.content, head.headers["etag"]) == (b"", plain.headers["etag"])


def test_a_load_is_seen_by_the_next_request(databases: Databases) -> None:
    url = databases.migrated()
    with TestClient(create_app(Settings(database_url=url))) as client:
        for _ in range(2):
            assert client.get("/v1/events").json()["returned"] == 0
        with engine_for(url, read_only=False) as engine:
            load_packs(engine, SEED)
        assert client.get("/v1/events").json()["returned"] == 87


def test_an_error_is_not_cached(fresh: TestClient, statements: list[str]) -> None:
    for _ in range(2):
        statements.clear()
        assert fresh.get("/v1/events", params={"place": "nowhere"}).status_code == 400
        assert statements


def test_a_response_made_while_the_database_changed_is_not_cached(
    databases: Databases, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.loaded()
    watch = response_cache.ResponseCacheMiddleware._store_on_send

    def changing(self: Any, key: Any, state: Any, send: Any) -> Any:
        with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
            made = "INSERT INTO revision (id, made_at, summary) SELECT max(id) + 1, max(made_at), 'x' FROM revision"
            connection.execute(text(made))
        return watch(self, key, state, send)

    monkeypatch.setattr(response_cache.ResponseCacheMiddleware, "_store_on_send", changing)
    with TestClient(create_app(Settings(database_url=url))) as client:
        assert client.get("/v1/packs").status_code == 200
        monkeypatch.setattr(response_cache.ResponseCacheMiddleware, "_store_on_send", watch)
        statements.clear()
        client.get("/v1/packs")
        assert statements


def test_the_cache_is_bounded_and_drops_the_least_recently_used() -> None:
    async def nothing(*_: Any) -> None:
        """An application that is never called."""

    class Unchanged:
        def version(self) -> int:
            return 1

    max_bytes = 100_000
    cache = response_cache.ResponseCacheMiddleware(nothing, Unchanged(), max_bytes)  # type: ignore[arg-type]
    headers = [(b"etag", b'"x"')]

    def key(number: int) -> response_cache.CacheKey:
        return response_cache.CacheKey("http", "", b"x", f"/{number}", b"", b"", False)

    for number in range(200):
        cache._store(key(number), 1, headers, b"x" * 1000)
    kept = len(cache._entries)
    assert list(cache._entries) == [key(number) for number in range(200 - kept, 200)]
    assert kept * 1000 < cache._entries.currsize <= max_bytes
    full = cache._entries.currsize
    cache._store(key(199), 1, headers, b"y" * 1000)
    assert cache._entries.currsize == full
    cache._store(key(1000), 1, headers, b"x" * (max_bytes // response_cache.MAX_ENTRY_FRACTION))
    assert key(1000) not in cache._entries
    cache._store(key(1001), 1, [], b"x")
    assert key(1001) not in cache._entries


def test_long_addresses_are_not_kept() -> None:
    scope = {"scheme": "http", "path": "/v1/events", "headers": [(b"host", b"x")]}
    assert cache_key(scope | {"query_string": b"q=" + b"x" * 1000})[0] is not None
    assert cache_key(scope | {"query_string": b"q=" + b"x" * response_cache.MAX_KEY_BYTES})[0] is None
    accept = [(b"host", b"x"), (b"accept", b"x" * response_cache.MAX_KEY_BYTES)]
    assert cache_key(scope | {"query_string": b"", "headers": accept})[0] is None
