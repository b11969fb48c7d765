"""Guards and limits, timeouts, and errors that disclose nothing."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from pydantic import ValidationError
from raw_http import INSIDE, leaks
from sqlalchemy import text
from waiting import MAX_WAIT_SECONDS

from app.api.http import read_pool
from app.api.http.scope import client_key
from app.api.middleware import rate_limit
from app.api.middleware.rate_limit import RateLimitMiddleware
from app.db.engine import MAX_EXTRA_CONNECTIONS, POOLED_CONNECTIONS, read_transaction
from app.errors import UnavailableError
from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings

PROBLEM = "application/problem+json"
TOKEN = "a-token-that-is-long-enough"  # noqa: S105 - of a test
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def guarded(url: str, **settings: Any) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=url, **settings))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def assert_refused(response: Any, status: HTTPStatus) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    assert response.json()["status"] == status
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "etag" not in response.headers


# --- token ---


@pytest.fixture(scope="module")
def private(pack_url: str) -> Iterator[TestClient]:
    with guarded(pack_url, read_token=TOKEN) as client:
        yield client


EVERYTHING = ["/", "/v1/events", "/v1/events/nothing", "/docs", "/openapi.json", "/readyz", "/ogc", "/nothing"]


@pytest.mark.parametrize("path", [*EVERYTHING, "/compat/ucdp/api/gedevents/25.1", "/static-offline-docs/x.js"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
def test_requests_without_the_token_get_a_401(private: TestClient, path: str, authorization: str | None) -> None:
    response = private.get(path, headers={} if authorization is None else {"Authorization": authorization})
    assert_refused(response, HTTPStatus.UNAUTHORIZED)
    assert response.headers["www-authenticate"] == 'Bearer realm="oxus"'
    assert TOKEN not in response.text


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "])
def test_requests_with_the_token_are_answered(private: TestClient, authorization: str) -> None:
    for path in ("/", "/v1/events", "/docs", "/openapi.json", "/readyz", "/ogc"):
        assert private.get(path, headers={"Authorization": authorization}).status_code == 200
    assert private.get("/v1/events?plaice=x", headers={"Authorization": authorization}).status_code == 400


def test_cached_responses_require_the_token(private: TestClient) -> None:
    first = private.get("/v1/actors", headers=BEARER)
    assert private.get("/v1/actors", headers=BEARER).content == first.content
    assert_refused(private.get("/v1/actors"), HTTPStatus.UNAUTHORIZED)
    unchanged = {"If-None-Match": first.headers["etag"]}
    assert_refused(private.get("/v1/actors", headers=unchanged), HTTPStatus.UNAUTHORIZED)
    assert private.get("/v1/actors", headers=unchanged | BEARER).status_code == 304
    assert private.head("/v1/actors").status_code == 401


def test_the_liveness_probe_needs_no_token(private: TestClient) -> None:
    assert private.get("/healthz").json() == {"status": "ok"}


def test_a_cors_preflight_needs_no_token_and_allows_the_header(private: TestClient) -> None:
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    response = private.options("/v1/events", headers={"Origin": "https://newsroom.example"} | preflight)
    assert response.status_code == 200
    assert "authorization" in response.headers["access-control-allow-headers"].lower()


def test_the_openapi_description_declares_the_token(private: TestClient, client: TestClient) -> None:
    description = private.get("/openapi.json", headers=BEARER).json()
    assert description["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert description["security"] == [{"token": []}]
    assert description["paths"]["/healthz"]["get"]["security"] == []
    assert "401" in description["paths"]["/v1/events"]["get"]["responses"]
    open_ = client.get("/openapi.json").json()
    assert "security" not in open_
    assert not {"401", "421", "429"} & set(open_["paths"]["/v1/events"]["get"]["responses"])
    assert {"413", "414", "431"} <= set(open_["paths"]["/v1/events"]["get"]["responses"])


@pytest.mark.parametrize("token", ["short", "with a space in it 123", "ends-with-a-line\n12345", "é" * 20])
def test_a_weak_or_unsendable_token_is_a_wrong_setting(token: str) -> None:
    with pytest.raises(ValidationError, match="take 16 or more"):
        Settings(read_token=token)


def test_the_token_is_not_shown_with_the_settings() -> None:
    assert TOKEN not in repr(Settings(read_token=TOKEN))


# --- hosts ---


@pytest.fixture(scope="module")
def named(pack_url: str) -> Iterator[TestClient]:
    with guarded(pack_url, allowed_hosts="oxus.example, *.newsroom.example") as client:
        yield client


@pytest.mark.parametrize("host", ["oxus.example", "OXUS.example:8443", "a.newsroom.example", "a.b.newsroom.example:1"])
def test_a_server_answers_under_its_names(named: TestClient, host: str) -> None:
    response = named.get("/v1/events?limit=1", headers={"Host": host})
    assert response.status_code == 200
    assert response.json()["next"].startswith(f"http://{host}/v1/events?")


@pytest.mark.parametrize(
    "host", ["evil.example", "oxus.example.evil.example", "newsroom.example", "xnewsroom.example", "127.0.0.1", "*"]
)
def test_a_server_answers_under_no_other_name(named: TestClient, host: str) -> None:
    response = named.get("/v1/events?limit=1", headers={"Host": host})
    assert response.status_code in (400, 421)
    assert host not in response.text or host == "*"
    if host != "*":
        assert_refused(response, HTTPStatus.MISDIRECTED_REQUEST)


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("hosts", ["", "oxus.example"])
def test_a_request_names_one_host(pack_url: str, hosts: str, count: int) -> None:
    with AppClient(create_app(Settings(database_url=pack_url, allowed_hosts=hosts))) as client:
        request = client.build_request("GET", "/v1/packs")
        others = [header for header in request.headers.raw if header[0].lower() != b"host"]
        request.headers = type(request.headers)([*others, *[(b"host", b"oxus.example")] * count])
        assert_refused(client.send(request), HTTPStatus.BAD_REQUEST)


def test_two_hosts_put_no_name_into_the_links_of_others(pack_url: str) -> None:
    with guarded(pack_url) as client:
        halves = [(b"Host", b"oxus"), (b"Host", b".example")]
        assert client.get("/v1/events?limit=1", headers=halves).status_code == 400
        response = client.get("/v1/events?limit=1", headers={"Host": "oxus.example"})
        assert response.json()["next"].startswith("http://oxus.example/")


def test_an_overlong_host_is_refused_before_its_name_is_looked_at(named: TestClient) -> None:
    for host in ("a" * 256, f"{'a.' * 200}newsroom.example", f"[{'1:' * 40}]"):
        assert_refused(named.get("/v1/packs", headers={"Host": host}), HTTPStatus.BAD_REQUEST)


def test_probes_are_answered_under_any_name(named: TestClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert named.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


# --- rates ---


def test_a_bucket_refills_with_time_and_holds_a_fifth_of_a_minute() -> None:
    rate = RateLimitMiddleware(app=None, per_minute=60)  # type: ignore[arg-type]
    assert [rate.acquire("a", 0.0) for _ in range(12)] == [0.0] * 12
    assert rate.acquire("a", 0.0) == 1.0
    assert rate.acquire("a", 0.5) == 0.5
    assert rate.acquire("a", 1.0) == 0.0
    assert rate.acquire("a", 1.0) == 1.0
    assert rate.acquire("b", 1.0) == 0.0
    assert [rate.acquire("a", 1e6) for _ in range(13)] == [0.0] * 12 + [1.0]


def test_a_rate_of_one_a_minute_allows_one_request() -> None:
    rate = RateLimitMiddleware(app=None, per_minute=1)  # type: ignore[arg-type]
    assert rate.acquire("a", 0.0) == 0.0
    assert rate.acquire("a", 0.0) == 60.0
    assert rate.acquire("a", 60.0) == 0.0


def test_the_number_of_buckets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_TRACKED_CLIENTS", 10)
    rate = RateLimitMiddleware(app=None, per_minute=5)  # type: ignore[arg-type]
    for number in range(1000):
        assert rate.acquire(str(number), 0.0) == 0.0
    assert len(rate._buckets) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("10.0.0.1", 1), ("10.0.0.1", 2), True),
        (("10.0.0.1", 1), ("10.0.0.2", 1), False),
        (("2001:db8::1", 1), ("2001:db8::ffff:2", 1), True),
        (("2001:db8::1", 1), ("2001:db8:0:1::1", 1), False),
        (("::ffff:10.0.0.1", 1), ("::ffff:10.0.0.2", 1), False),
        (("fe80::1%eth0", 1), ("fe80::2%eth0", 1), True),
        (("a:b", 1), ("a:c", 1), False),
        (("a:b" * 100, 1), ("a:b" * 200, 1), True),  # no address: as long as a proxy lets it be
        (None, None, True),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(one: Any, other: Any, same: bool) -> None:
    assert (client_key(one) == client_key(other)) is same


def test_too_many_requests_get_a_429_with_retry_after(pack_url: str) -> None:
    with guarded(pack_url, rate_limit_per_minute=15) as client:
        statuses = [client.get("/v1/packs").status_code for _ in range(3)]
        response = client.get("/v1/packs")
        assert statuses == [200, 200, 200]
        assert_refused(response, HTTPStatus.TOO_MANY_REQUESTS)
        assert 1 <= int(response.headers["retry-after"]) <= 4
        for _ in range(10):
            assert client.get("/healthz").status_code == 200
        assert "429" in client.app.openapi()["paths"]["/v1/events"]["get"]["responses"]  # type: ignore[attr-defined]


# --- timeouts and exhausted pools ---

FOREVER = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": f"SELECT pg_sleep({MAX_WAIT_SECONDS})",
}


@pytest.mark.each_database
def test_a_query_is_cancelled_at_its_timeout(databases: Databases, pack_url: str) -> None:
    with engine_for(pack_url, read_only=True) as engine:
        with pytest.raises(UnavailableError, match="longer than it may"), read_transaction(engine, 0.2) as connection:
            connection.execute(text(FOREVER[databases.kind]))
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:  # the connection is none the worse
            assert connection.scalar(text("SELECT count(*) FROM claim")) > 0  # type: ignore[operator]


def test_an_exhausted_connection_pool_is_a_503(pack_url: str) -> None:
    app = create_app(Settings(database_url=pack_url, cache_mb=0))
    engine = app.state.read_pool.engine
    engine.pool._timeout = 0.2  # else half a minute
    with TestClient(app, raise_server_exceptions=False) as client, ExitStack() as stack:
        for _ in range(POOLED_CONNECTIONS + MAX_EXTRA_CONNECTIONS):
            stack.enter_context(engine.connect())
        response = client.get("/v1/events")
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert "in use" in response.json()["detail"]
        stack.close()
        assert client.get("/v1/events").status_code == 200


@pytest.mark.each_database
def test_a_query_that_times_out_is_a_503_with_retry_after(
    monkeypatch: pytest.MonkeyPatch, databases: Databases, pack_url: str
) -> None:
    def slow(connection: Any) -> list[str]:
        connection.execute(text(FOREVER[databases.kind]))
        return []

    monkeypatch.setattr(read_pool, "pack_rows", slow)
    with guarded(pack_url, query_timeout_seconds=0.2) as client:
        for path in ("/v1/events", "/v1/stats?group_by=day"):
            response = client.get(path)
            assert response.status_code == 503
            assert response.headers["content-type"] == PROBLEM
            assert int(response.headers["retry-after"]) > 0
            assert "longer than it may" in response.json()["detail"]
            assert leaks(response.text) == []
        assert client.get("/healthz").status_code == 200


def test_an_exhausted_thread_pool_is_a_503_soon(monkeypatch: pytest.MonkeyPatch, pack_url: str) -> None:
    monkeypatch.setattr(read_pool, "EMBEDDED_THREADS", read_pool.ThreadLimits(short=3, long=2))
    go_on, begun = threading.Event(), threading.Semaphore(0)
    real = read_pool.pack_rows

    def slow(connection: Any) -> Any:
        begun.release()
        assert go_on.wait(MAX_WAIT_SECONDS)
        return real(connection)

    monkeypatch.setattr(read_pool, "pack_rows", slow)
    with guarded(pack_url, queue_timeout_seconds=0.2) as client, ThreadPoolExecutor(2) as others:
        waiting = [others.submit(client.get, f"/v1/stats?group_by={group}") for group in ("day", "week")]
        assert all(begun.acquire(timeout=MAX_WAIT_SECONDS) for _ in waiting)
        refused = client.get("/v1/stats?group_by=month")
        go_on.set()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "too many" in refused.json()["detail"]
        assert [other.result().status_code for other in waiting] == [200, 200]
        assert client.get("/v1/stats?group_by=month").status_code == 200


# --- errors disclose nothing ---

PLACES: list[tuple[str, str, Callable[[], list[str]]]] = [
    ("app.api.http.read_pool.current_revision", "reading the revision", lambda: ["/v1/events", "/readyz", "/", "/ogc"]),
    ("app.api.http.read_pool.pack_rows", "reading the packs", lambda: ["/v1/events", "/v1/stats?group_by=day"]),
    ("app.query.lists.page.Page.close", "closing a page", lambda: ["/v1/events?limit=1"]),
    ("app.api.v1.get_row", "reading a row", lambda: ["/v1/events/x", "/v1/events/x/claims"]),
    ("app.query.analyses.totals.totals", "adding up", lambda: ["/v1/movements/totals?to=tajikistan"]),
    ("app.api.http.respond.etag_of_request", "making a validator", lambda: [f"/v1/{name}" for name in STORED_LISTS]),
]


@pytest.mark.parametrize(("target", "what", "paths"), PLACES, ids=[place[1] for place in PLACES])
@pytest.mark.parametrize("kind", [RuntimeError, OSError])
def test_an_unhandled_error_discloses_nothing(
    monkeypatch: pytest.MonkeyPatch, pack_url: str, target: str, what: str, paths: Any, kind: type[Exception]
) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise kind(INSIDE)

    monkeypatch.setattr(target, broken)
    with guarded(pack_url, cache_mb=0) as client:
        for path in paths():
            response = client.get(path)
            assert response.status_code == 500, (what, path)
            assert response.headers["content-type"] == PROBLEM
            assert leaks(response.text) == []
            assert "secret" not in response.text
            assert INSIDE not in str(response.headers)


def test_a_failing_statement_discloses_nothing(
    monkeypatch: pytest.MonkeyPatch, databases: Databases, pack_url: str
) -> None:
    monkeypatch.setattr(read_pool, "pack_rows", lambda connection: connection.execute(text("SELECT nothing FROM pack")))
    with guarded(pack_url) as client:
        response = client.get("/v1/events")
    assert response.status_code in (500, 503)
    assert leaks(response.text) == []
    assert databases.kind not in response.text
    assert "nothing" not in response.text


def test_a_damaged_database_does_not_disclose_its_path(tmp_path: Path) -> None:
    broken = tmp_path / "secret-name.db"
    broken.write_bytes(b"this is no database at all, but it is long enough to look like one" * 100)
    with guarded(str(broken)) as client:
        for path in ("/v1/events", "/readyz", "/v1/events?limit=all&f=csv", "/v1/stats?group_by=day"):
            response = client.get(path)
            assert response.status_code in (500, 503)
            assert leaks(response.text) == []
            assert "secret" not in response.text
