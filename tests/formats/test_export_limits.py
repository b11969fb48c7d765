"""Exports give back their place and their connection, however they end."""

import asyncio
import gc
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

import pytest
import uvicorn
from anyio import CancelScope
from conftest import Databases, engine_for
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from waiting import MAX_WAIT_SECONDS, wait_until

from app.api.http import least_rate
from app.main import create_app
from app.settings import Settings
from formats import (
    STREAMED,
    call,
    csv_of,
    fetched,
    parquet_of,
)
from formats.exports import BROKEN, FEW, held_up, left, serving_all, small_batches
from formats.exports import big_url as big_url


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


class TimeLimits:
    """The limits of the exports that run; the test lets the time pass, so that a busy machine cannot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []
        self._running: list[tuple[asyncio.AbstractEventLoop, CancelScope]] = []
        monkeypatch.setattr("app.api.http.respond.move_on_after", self._begin)

    def _begin(self, seconds: float) -> CancelScope:
        scope = CancelScope()
        self.seconds.append(seconds)
        self._running.append((asyncio.get_running_loop(), scope))
        return scope

    def expire(self) -> None:
        """Have the time of each export be over."""
        for loop, scope in self._running:
            loop.call_soon_threadsafe(setattr, scope, "deadline", -inf)


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
    limits = TimeLimits(monkeypatch)
    with serving_all(big_url, max_concurrent_exports=1) as app, listening(app) as port:
        reader = opened(port, "/v1/events?f=geojson&limit=all")
        assert reader.recv(100)
        try:
            assert left(app) == (1, 1)  # it waits for the reader
            limits.expire()
            wait_until_settled(app)
        finally:
            reader.close()
            wait_until_settled(app)


@pytest.mark.each_database
def test_an_export_that_takes_longer_than_it_may_is_broken_off(big_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 100)
    limits, chunks = TimeLimits(monkeypatch), 0

    async def dawdle(number: int) -> None:
        nonlocal chunks
        chunks = number
        limits.expire()
        await asyncio.Event().wait()

    with serving_all(big_url, export_timeout_seconds=77) as app:
        query = {"f": "csv", "limit": "all"}
        with pytest.raises(Exception, match=r"longer than it may|response already started"):
            asyncio.run(call(app, "/v1/events", query, on_chunk=dawdle))
        assert chunks == 1
        assert [0 < seconds <= 77 for seconds in limits.seconds] == [True]
        wait_until_settled(app)


def test_a_reader_slower_than_the_least_rate_loses_its_place(big_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 100)
    monkeypatch.setattr(least_rate, "SLOW_START_SECONDS", -1e9)  # as after a long time

    async def dawdle(_number: int) -> None:
        await asyncio.Event().wait()

    with serving_all(big_url) as app:
        with pytest.raises(Exception, match=r"slower than|response already started"):
            asyncio.run(call(app, "/v1/events", {"f": "csv", "limit": "all"}, on_chunk=dawdle))
        wait_until_settled(app)


def test_one_client_leaves_exports_to_others(pack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    query = {"f": "csv", "limit": "all"}

    async def crowd(app: FastAPI) -> None:
        running = [await held_up(app, "/v1/events", query) for _ in range(2)]
        refused = await call(app, "/v1/claims", query)
        assert refused.status == 503
        assert "2 exports of this client" in json.loads(refused.content)["detail"]
        with app.state.read_pool.export_slot("another"):
            assert left(app) == (3, 2)
        for task, go_on in running:
            go_on.set()
            assert (await task).finished
        assert (await call(app, "/v1/claims", query)).status == 200

    with serving_all(pack_url, max_exports_per_client=2) as app:
        asyncio.run(crowd(app))


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
                with reader.export_slot("somebody"):
                    most[0] = max(most[0], reader.running_exports)
                    time.sleep(0)
            except Exception as error:
                wrong.append(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.state.read_pool.engine.dispose()
    assert reader.running_exports == 0
    assert 1 <= most[0] <= 3
    assert set(wrong) <= {"UnavailableError"}
