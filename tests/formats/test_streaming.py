"""`limit=all`: every row in one answer, from one snapshot, in constant memory, and nothing left behind."""

import asyncio
import gc
import http.client
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import uvicorn
from asgi_client import AppClient
from conftest import PACK, Databases, engine_for
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Table, make_url, text
from waiting import MAX_WAIT_SECONDS, wait_until

from app import models
from app.db.indexes import END_OF_TIME
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings
from formats import (
    LISTS,
    MEDIA,
    PAGED,
    STREAMED,
    VARIED,
    Received,
    call,
    csv_of,
    fetched,
    links_of,
    parquet_of,
    whole,
)

GetProblem = Callable[..., Any]

COPIES = 1000
FEW = 200


@contextmanager
def serving_all(url: str, **more: Any) -> Iterator[FastAPI]:
    """The application over a database; asserts that it gives everything back."""
    app = create_app(Settings(database_url=url, **more))
    try:
        yield app
        assert left(app) == (0, 0)
    finally:
        app.state.read_pool.engine.dispose()


def left(app: Any) -> tuple[int, int]:
    """How many exports it believes to be running, and how many connections are out."""
    reader = app.state.read_pool
    return reader._running_exports, reader.engine.pool.checkedout()


def small_batches(monkeypatch: pytest.MonkeyPatch, rows: int = 20) -> None:
    """Batches of a few rows, wherever rows are read in batches."""
    monkeypatch.setattr("app.query.lists.fetch.ROWS_PER_BATCH", rows)
    monkeypatch.setattr("app.query.analyses.changes.ROWS_PER_BATCH", rows)
    monkeypatch.setattr("app.formats.as_parquet.ROWS_PER_GROUP", rows)


def copying(table: Table, made: dict[str, str]) -> str:
    """The statement that copies one row many times; `made` are values of columns that differ, as its id does."""
    names = [column.name for column in table.columns if column.name != "pk" or "pk" in made]
    columns = ", ".join(f'"{name}"' for name in names)
    values = {name: f'v."{name}"' for name in names} | {"id": "v.id || '-' || n.n"} | made
    return (
        f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {COPIES}) "  # noqa: S608
        f"INSERT INTO {table.name} ({columns}) "
        f"SELECT {', '.join(values[name] for name in names)} FROM {table.name} v CROSS JOIN n "
        "WHERE v.id = 'kaldar-recaptured-2021-06-29'"
    )


@pytest.fixture(scope="module")
def big_url(databases: Databases) -> str:
    """A database with thousands of events: copies of one, written by SQL; the first few have a status of their own."""
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE event_version SET status = 'reported'"))
        connection.execute(text(copying(table_of(models.Event), {"pk": "(SELECT max(pk) FROM event) + n.n"})))
        made = {
            "event_pk": "(SELECT pk FROM event WHERE event.id = v.id || '-' || n.n)",
            "status": f"CASE WHEN n.n <= {FEW} THEN 'denied' ELSE 'disputed' END",
            "row": """'{"id":"' || v.id || '-' || n.n || '","summary":"' || :long || substr(v.row, length(v.id) + 8)""",
        }
        statement = f"{copying(table_of(models.EventVersion), made)} AND v.known_until = :always"
        connection.execute(text(statement), {"always": str(END_OF_TIME), "long": "x" * 1000})
    return url


@pytest.mark.parametrize("path", PAGED)
def test_all_rows_are_those_of_the_pages(client: AppClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    pages = {name: fetched(client, path, f=name, **whole(path)) for name in STREAMED}
    rows = fetched(client, path, **whole(path)).json()["items"]
    small_batches(monkeypatch, 40)
    for name in STREAMED if path in VARIED else ("csv", "ndjson"):
        every = fetched(client, path, f=name, limit="all", **LISTS[path])
        assert every.headers["content-type"] == MEDIA[name]
        assert "next" not in links_of(every)
        if name == "parquet":
            assert parquet_of(every.content).equals(parquet_of(pages[name].content), check_metadata=True)
        elif name == "geojson":
            body, page = every.json(), pages[name].json()
            assert (body["features"], body["numberReturned"]) == (page["features"], len(rows))
        else:
            assert every.content == pages[name].content
        if name == "ndjson":
            assert [json.loads(line) for line in every.text.split("\n")[:-1]] == rows


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/events", {"place": "balkh", "sort": "status,-date", "fields": "id,title", "count": "exact"}),
        ("/v1/events", {"known_by": "2021-07-01", "bbox": "60,30,75,40"}),
        ("/v1/figures", {"measure": "persons_moved", "sort": "date"}),
        ("/v1/control", {"as_of": "2021-06-29", "holder": "taliban", "fields": "location,state"}),
        ("/v1/changes", {"since": "0", "fields": "resource,id"}),
        ("/v1/events", {"deaths_min": "1000", "count": "exact"}),
    ],
)
def test_filters_order_and_fields_hold_for_all_rows(
    client: AppClient, monkeypatch: pytest.MonkeyPatch, path: str, query: dict[str, str]
) -> None:
    small_batches(monkeypatch)
    for name in ("csv", "ndjson"):
        page = fetched(client, path, f=name, limit="1000", **query)
        every = fetched(client, path, f=name, limit="all", **query)
        assert every.content == page.content
        for header in ("oxus-matched", "oxus-omitted", "content-disposition"):
            assert every.headers.get(header) == page.headers.get(header)


def test_a_cursor_and_all_rows_give_the_rest(client: AppClient) -> None:
    first = fetched(client, "/v1/events", f="csv", limit="10", sort="status")
    rest = client.get(links_of(first)["next"].replace("limit=10", "limit=all"))
    every = csv_of(fetched(client, "/v1/events", f="csv", limit="1000", sort="status").content)[1]
    assert csv_of(first.content)[1] + csv_of(rest.content)[1] == every
    assert "next" not in links_of(rest)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/figures", "/v1/changes"])
def test_rows_are_sent_in_batches_while_they_are_read(
    client: AppClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    rows = fetched(client, path, **whole(path)).json()["items"]
    small_batches(monkeypatch, 20)
    for name in STREAMED:
        received = asyncio.run(call(client.app, path, LISTS[path] | {"f": name, "limit": "all"}))
        assert received.finished
        assert "content-length" not in received.headers
        assert len(received.chunks) > len(rows) // 20


@pytest.mark.parametrize("path", PAGED)
def test_all_rows_as_json_are_refused_and_the_other_formats_named(client: AppClient, path: str) -> None:
    asked: list[tuple[dict[str, str], dict[str, str]]] = [({}, {}), ({"f": "json"}, {"Accept": "text/csv"})]
    for query, headers in (*asked, ({}, {"Accept": "application/json"}), ({}, {"Accept": "*/*"})):
        response = client.get(path, params=LISTS[path] | query | {"limit": "all"}, headers=headers)
        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
        problem = response.json()
        assert (problem["parameter"], problem["value"]) == ("limit", "all")
        assert all(name in problem["reason"] for name in STREAMED)


def test_all_is_one_word(get_problem: GetProblem) -> None:
    for value in ("ALL", "all,5", "all ", "*", "-1", "0", "1001"):
        assert get_problem("/v1/events", limit=value, f="csv")["parameter"] == "limit"
    for path in ("/v1/stats", "/v1/resolve"):  # these have no pages
        assert get_problem(path, **LISTS[path], limit="all", f="csv")["parameter"] == "limit"


BROKEN = [
    ("/v1/events", {"place": "Balk"}, 400),
    ("/v1/events", {"plase": "balkh"}, 400),
    ("/v1/events", {"cursor": "x"}, 400),
    ("/v1/figures", {"event": "nothing-like-it"}, 400),
    ("/v1/changes", {"since": "99"}, 400),
    ("/v1/control", {}, 400),
    ("/v1/control", {"as_of": "2021-06-29", "holder": "talibn"}, 400),
    ("/v1/locations/nowhere/control", {}, 404),
    ("/v1/events/nothing/claims", {}, 404),
    ("/v1/nothing", {}, 404),
]


@pytest.mark.parametrize(("path", "query", "status"), BROKEN)
def test_errors_keep_their_status(client: AppClient, path: str, query: dict[str, str], status: int) -> None:
    for name in STREAMED:
        for headers in ({}, {"If-None-Match": "*"}):
            response = client.get(path, params=query | {"f": name, "limit": "all"}, headers=headers)
            assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
            assert "etag" not in response.headers
    assert left(client.app) == (0, 0)


def test_a_database_that_is_gone_or_empty_is_a_503(databases: Databases) -> None:
    for url in (databases.new() + "_gone", databases.new()):
        with serving_all(url) as app:
            client = TestClient(app)
            for name in STREAMED:
                response = client.get("/v1/events", params={"f": name, "limit": "all"})
                assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
                assert int(response.headers["retry-after"]) > 0


@pytest.mark.each_database
def test_a_time_limit_before_the_first_row_is_a_503(big_url: str) -> None:
    with serving_all(big_url, export_timeout_seconds=0.001) as app:
        client = TestClient(app)
        # Once a page is answered the application is connected.
        wait_until(lambda: client.get("/v1/events", params={"limit": "5"}).status_code == 200)
        query = {"f": "csv", "limit": "all", "sort": "-category", "near": "67,37", "radius_km": "20000", "q": "Kaldar"}
        for _ in range(3):
            response = client.get("/v1/events", params=query)
            assert response.status_code == 503
            assert "longer than it may" in response.json()["detail"]
            assert left(app) == (0, 0)
        assert client.get("/v1/events", params={"limit": "5"}).status_code == 200  # that one has another limit


@pytest.mark.parametrize("name", STREAMED)
def test_what_is_there_already_is_not_sent_again(client: AppClient, name: str) -> None:
    for path in ("/v1/events", "/v1/control", "/v1/changes"):
        query = LISTS[path] | {"f": name, "limit": "all"}
        etag = fetched(client, path, **query).headers["etag"]
        for given in (etag, f'"x", W/{etag}', "*"):
            response = client.get(path, params=query, headers={"If-None-Match": given})
            assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
        assert client.get(path, params=query, headers={"If-None-Match": '"x"'}).status_code == 200
    assert left(client.app) == (0, 0)


def test_a_star_leaves_nothing_open(client: AppClient, recwarn: pytest.WarningsRecorder) -> None:
    for name in STREAMED:
        for _ in range(3):
            response = client.get("/v1/claims", params={"f": name, "limit": "all"}, headers={"If-None-Match": "*"})
            assert response.status_code == 304
    gc.collect()
    assert left(client.app) == (0, 0)
    assert [str(warning.message) for warning in recwarn] == []


def test_head_tells_what_get_would_and_reads_no_rows_beyond_the_first(
    client: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 8)
    for name in STREAMED:
        query = {"f": name, "limit": "all"}
        get = asyncio.run(call(client.app, "/v1/claims", query))
        head = asyncio.run(call(client.app, "/v1/claims", query, method="HEAD"))
        assert (head.status, head.headers, head.content, head.finished) == (200, get.headers, b"", True)
        assert len(get.chunks) > 10
        assert len(head.chunks) <= 3
    assert left(client.app) == (0, 0)


def test_head_knows_errors_and_304_too(client: AppClient) -> None:
    query = {"f": "csv", "limit": "all"}
    etag = client.head("/v1/events", params=query).headers["etag"]
    assert client.head("/v1/events", params=query, headers={"If-None-Match": etag}).status_code == 304
    assert client.head("/v1/events", params=query | {"place": "Balk"}).status_code == 400
    assert client.head("/v1/events", params={"limit": "all"}).status_code == 400


@pytest.mark.each_database
def test_a_load_in_the_middle_of_a_stream_does_not_change_it(
    databases: Databases, seed_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    url = databases.loaded()
    paths = ("/v1/events", "/v1/changes", "/v1/claims")
    for file in (seed_dir / PACK / "events").glob("*.toml"):
        file.write_text(file.read_text("utf-8").replace("Taliban", "Changed"), "utf-8")

    async def all_of(app: FastAPI, path: str) -> Received:
        return await call(app, path, LISTS[path] | {"f": "ndjson", "limit": "all"})

    async def loading(app: FastAPI) -> None:
        before = [await all_of(app, path) for path in paths]
        running = [await held_up(app, path, LISTS[path] | {"f": "ndjson", "limit": "all"}) for path in paths]
        with engine_for(url, read_only=False) as engine:
            load_packs(engine, seed_dir)
        after = [await all_of(app, path) for path in paths]
        for (task, go_on), old, new in zip(running, before, after, strict=True):
            go_on.set()
            during = await task
            assert len(old.chunks) > 2
            assert (during.content, during.headers, during.finished) == (old.content, old.headers, True)
            assert b"Changed" not in old.content
            assert b"Changed" in new.content
            assert (old.headers["oxus-revision"], new.headers["oxus-revision"]) == ("1", "2")

    with serving_all(url) as app:
        asyncio.run(loading(app))


def peak_of(app: FastAPI, query: dict[str, str]) -> tuple[int, int]:
    """The most memory that an answer takes beyond what was there before, and its number of rows."""
    arrow = 0

    async def look(_: int) -> None:
        nonlocal arrow
        arrow = max(arrow, pa.total_allocated_bytes())

    tracemalloc.start()
    try:
        start, held = tracemalloc.get_traced_memory()[0], pa.total_allocated_bytes()
        received = asyncio.run(call(app, "/v1/events", query, on_chunk=look, keep=False))
        peak = tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()
    assert (received.status, received.finished) == (200, True)
    return peak + max(0, arrow - held), len(received.chunks)


@pytest.mark.each_database
def test_memory_does_not_grow_with_the_number_of_rows(
    databases: Databases, big_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 25)
    monkeypatch.setattr("app.formats.as_parquet.ROWS_PER_GROUP", 100)  # each leaves some bytes for the end of the file
    with serving_all(big_url) as app:
        for name in STREAMED if databases.kind == "sqlite" else ("csv",):  # how rows are written knows no database
            query = {"f": name, "limit": "all", "sort": "id"}
            asyncio.run(call(app, "/v1/events", query | {"status": "reported"}))  # what is loaded once is loaded
            few, few_chunks = peak_of(app, query | {"status": "denied"})
            many, many_chunks = peak_of(app, query | {"status": "disputed"})
            assert few_chunks >= FEW // 100
            assert many_chunks >= (COPIES - FEW) // 100
            assert many < few * 1.5 + 100_000, f"{few:,} bytes for {FEW} rows, {many:,} bytes for {COPIES - FEW}"


@pytest.mark.each_database
def test_postgresql_keeps_the_rows_on_its_side(big_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver would hold a whole result outside of what Python counts."""
    if "postgresql" not in big_url:
        return
    small_batches(monkeypatch, 50)
    url = make_url(big_url)
    said = []

    async def look(number: int) -> None:
        if number == 10:
            where = {"host": url.query["host"], "dbname": "postgres", "user": url.username}
            with psycopg.connect(**where) as connection:
                asking = "SELECT query FROM pg_stat_activity WHERE datname = %s"
                said.extend(row[0] for row in connection.execute(asking, [url.database]))

    with serving_all(big_url) as app:
        asyncio.run(call(app, "/v1/events", {"f": "csv", "limit": "all"}, on_chunk=look))
    assert [query for query in said if query.startswith("FETCH FORWARD")]


async def held_up(app: FastAPI, path: str, query: dict[str, str]) -> tuple[asyncio.Task[Received], asyncio.Event]:
    """An export in the middle of which its reader waits, until the event is set."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: int) -> None:
        begun.set()
        await go_on.wait()

    task = asyncio.create_task(call(app, path, query, on_chunk=wait))
    await asyncio.wait_for(begun.wait(), MAX_WAIT_SECONDS)
    return task, go_on


@pytest.mark.parametrize("exports", [1, 2])
def test_no_more_exports_run_at_a_time_than_may(pack_url: str, monkeypatch: pytest.MonkeyPatch, exports: int) -> None:
    small_batches(monkeypatch)
    query = {"f": "csv", "limit": "all"}

    async def crowd(app: FastAPI) -> None:
        running = [await held_up(app, "/v1/events", query) for _ in range(exports)]
        assert left(app) == (exports, exports)
        refused = await call(app, "/v1/claims", query)
        assert (refused.status, refused.headers["content-type"]) == (503, "application/problem+json")
        assert int(refused.headers["retry-after"]) > 0
        assert f"{exports} exports" in json.loads(refused.content)["detail"]
        assert (await call(app, "/v1/events", {"f": "csv", "limit": "5"})).status == 200  # a page is no export
        assert left(app) == (exports, exports)
        for task, go_on in running:
            go_on.set()
            assert (await task).finished
        assert left(app) == (0, 0)
        assert (await call(app, "/v1/claims", query)).status == 200

    with serving_all(pack_url, max_concurrent_exports=exports) as app:
        asyncio.run(crowd(app))


def test_what_is_refused_or_unchanged_takes_no_place(pack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.formats.as_parquet.find_spec", lambda _: None)
    with serving_all(pack_url, max_concurrent_exports=1) as app:
        client = TestClient(app)
        for _ in range(3):
            for path, query, status in BROKEN:
                assert client.get(path, params=query | {"f": "csv", "limit": "all"}).status_code == status
            every = {"f": "csv", "limit": "all"}
            assert client.get("/v1/events", params=every, headers={"If-None-Match": "*"}).status_code == 304
            assert client.get("/v1/events", params={"f": "parquet", "limit": "all"}).status_code == 406
            assert left(app) == (0, 0)
        assert client.get("/v1/events", params=every).status_code == 200


class GoneError(OSError):
    """What a server tells an application whose reader is not there any more."""


def test_an_export_whose_reader_goes_away_gives_everything_back(
    pack_url: str, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    small_batches(monkeypatch)
    last = 0

    async def leave(number: int) -> None:
        if number == last:
            raise GoneError

    async def leaving(app: FastAPI, query: dict[str, str]) -> None:
        nonlocal last
        for number in (1, 3):
            last = number
            with pytest.raises(GoneError):
                await call(app, "/v1/claims", query, on_chunk=leave)
            await settled(app)
        assert (await call(app, "/v1/claims", query)).finished

    with serving_all(pack_url, max_concurrent_exports=1) as app:
        for name in STREAMED:
            asyncio.run(leaving(app, {"f": name, "limit": "all"}))
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


async def settled(app: Any) -> None:
    """Wait until nothing is left."""
    async with asyncio.timeout(MAX_WAIT_SECONDS):
        while left(app) != (0, 0):
            await asyncio.sleep(0.02)


def test_an_export_that_is_cancelled_gives_everything_back(pack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)

    async def cancelling(app: FastAPI) -> None:
        task, _ = await held_up(app, "/v1/events", {"f": "geojson", "limit": "all"})
        assert left(app) == (1, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled(app)

    with serving_all(pack_url, max_concurrent_exports=1) as app:
        asyncio.run(cancelling(app))


@contextmanager
def listening(app: FastAPI) -> Iterator[int]:
    """A real server on a port of its own, whose sockets hold little, so that it has to wait for its readers."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield door.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(MAX_WAIT_SECONDS)
        door.close()
    assert not thread.is_alive()


def wait_until_settled(app: Any) -> None:
    """Wait until no export runs and no connection is out."""
    wait_until(lambda: left(app) == (0, 0))


def opened(port: int, target: str) -> socket.socket:
    """A reader that takes little at a time, so that the server has to wait for it."""
    reader = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(MAX_WAIT_SECONDS)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader


def test_a_real_server_sends_every_row_to_a_real_client(big_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 200)
    with serving_all(big_url) as app:
        expected = fetched(TestClient(app), "/v1/events", f="csv", status="denied", limit="1000").content
        with listening(app) as port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MAX_WAIT_SECONDS)
            for name in STREAMED:
                connection.request("GET", f"/v1/events?f={name}&limit=all&status=denied")
                response = connection.getresponse()
                body = response.read()
                assert (response.status, response.getheader("transfer-encoding")) == (200, "chunked")
                assert response.getheader("content-length") is None
                rows = {
                    "csv": lambda body: len(csv_of(body)[1]),
                    "ndjson": lambda body: body.count(b"\n"),
                    "geojson": lambda body: len(json.loads(body)["features"]),
                    "parquet": lambda body: parquet_of(body).num_rows,
                }[name](body)
                assert rows == FEW
                assert body == expected or name != "csv"
            connection.request("HEAD", "/v1/events?f=csv&limit=all&status=denied")
            head = connection.getresponse()
            assert (head.status, head.read()) == (200, b"")
            connection.request("GET", "/v1/events?limit=1")  # the connection is still good
            assert json.loads(connection.getresponse().read())["returned"] == 1
            connection.close()
        wait_until_settled(app)


@pytest.mark.parametrize("name", STREAMED)
@pytest.mark.each_database
def test_a_reader_that_hangs_up_leaves_no_connection_behind(
    big_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    small_batches(monkeypatch, 100)
    with serving_all(big_url, max_concurrent_exports=2) as app, listening(app) as port:
        for taken in (1, 3000):
            reader = opened(port, f"/v1/events?f={name}&limit=all")
            assert reader.recv(taken)
            assert left(app) == (1, 1)
            reader.close()
            wait_until_settled(app)


def test_a_reader_that_stops_reading_keeps_its_place_no_longer_than_an_export_may_take(
    big_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 100)
    with serving_all(big_url, max_concurrent_exports=1, export_timeout_seconds=1.0) as app, listening(app) as port:
        begun = time.monotonic()
        reader = opened(port, "/v1/events?f=geojson&limit=all")
        assert reader.recv(100)
        try:
            wait_until_settled(app)
            assert time.monotonic() - begun > 0.9  # it did wait for the reader
        finally:
            reader.close()
            wait_until_settled(app)


@pytest.mark.each_database
def test_an_export_that_takes_longer_than_it_may_is_broken_off(big_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 100)
    chunks = 0

    async def dawdle(number: int) -> None:
        nonlocal chunks
        chunks = number
        await asyncio.sleep(0.3)

    with serving_all(big_url, export_timeout_seconds=1.0) as app:
        query = {"f": "csv", "limit": "all"}
        with pytest.raises(Exception, match=r"longer than it may|response already started"):
            asyncio.run(call(app, "/v1/events", query, on_chunk=dawdle))
        assert 0 < chunks < COPIES // 100
        wait_until_settled(app)


def test_a_stream_that_fails_in_the_middle_does_not_end_like_a_whole_one(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE location SET row = '{' WHERE id = 'uzbekistan'"))
    with serving_all(url) as app:
        with listening(app) as port:
            for name in ("csv", "geojson", "parquet"):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MAX_WAIT_SECONDS)
                connection.request("GET", f"/v1/locations?f={name}&limit=all")
                response = connection.getresponse()
                assert response.status == 200
                with pytest.raises(http.client.IncompleteRead):
                    response.read()
                connection.close()
                wait_until_settled(app)
        assert left(app) == (0, 0)


def test_rows_that_would_break_in_the_first_batch_are_a_500_and_no_broken_stream(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE location SET row = '{' WHERE id = 'uzbekistan'"))
    with serving_all(url) as app:
        client = TestClient(app, raise_server_exceptions=False)
        for limit in ("all", "1000"):
            response = client.get("/v1/locations", params={"f": "csv", "limit": limit})
            assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
            assert "oxus-revision" not in response.headers


def test_many_exports_at_once_are_counted_right(pack_url: str) -> None:
    """Places are taken and given back by several threads."""
    app = create_app(Settings(database_url=pack_url, max_concurrent_exports=3))
    reader, begin = app.state.read_pool, threading.Barrier(6)
    most, wrong = [0], []

    def work() -> None:
        begin.wait()
        for _ in range(2000):
            try:
                with reader.export_slot():
                    most[0] = max(most[0], reader._running_exports)
                    time.sleep(0)
            except Exception as error:
                wrong.append(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.state.read_pool.engine.dispose()
    assert reader._running_exports == 0
    assert 1 <= most[0] <= 3
    assert set(wrong) <= {"UnavailableError"}
