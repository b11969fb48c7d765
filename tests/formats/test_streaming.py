"""`limit=all`: every row in one answer, from one snapshot, in constant memory, and nothing left behind."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from asgi_client import AppClient
from conftest import PACK, Databases, engine_for
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import make_url
from waiting import wait_until

from app.ingest.packs.load import load_packs
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
from formats.exports import BROKEN, COPIES, FEW, held_up, left, serving_all, small_batches
from formats.exports import big_url as big_url

GetProblem = Callable[..., Any]


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
    with serving_all(big_url, export_timeout_seconds=1e-6) as app:
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
