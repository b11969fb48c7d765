"""Where a read runs: no question, however dear, keeps the event loop, the short ones or other clients waiting."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx2
import pytest
from conftest import Databases
from fastapi import FastAPI
from sqlalchemy import text
from waiting import MAX_WAIT_SECONDS

from app.api.http import read_pool, respond
from app.api.http.lanes import Lane
from app.api.http.read_pool import ReadPool
from app.db import engine as db_engine
from app.db import server_transaction
from app.deadlines import WorkLimit, check_deadline, deadline_in, working_within
from app.errors import TooSlowError, UnavailableError
from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings

SLOW_SQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {steps}) SELECT max(i) FROM n"
DEAREST = [
    "/v1/events?q=a&count=exact&sort=-id&bbox=-180,-90,180,90",
    "/v1/control-changes?count=exact&bbox=-180,-90,180,90",
    "/v1/movements?count=exact&bbox=-180,-90,180,90&sort=-id",
    "/v1/claims?q=t&count=exact&sort=-id",
    "/v1/figures?category=clash,violence_against_civilians&count=exact&measure=deaths&sort=-id",
    "/v1/sources?count=exact&q=a",
    "/v1/actors?count=exact&q=a",
    "/v1/locations?count=exact&q=a&bbox=-180,-90,180,90",
    "/v1/packs?count=exact",
]


async def get(app: FastAPI, path: str, client: tuple[str, int] = ("192.0.2.1", 1)) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, client=client)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as asking:
        return await asyncio.wait_for(asking.get(path), MAX_WAIT_SECONDS)


@contextmanager
def serving(url: str, **settings: Any) -> Iterator[FastAPI]:
    app = create_app(Settings(database_url=url, cache_mb=0, **settings))
    try:
        yield app
    finally:
        app.state.read_pool.engine.dispose()


def slowed(monkeypatch: pytest.MonkeyPatch, slow: Callable[[Any], None]) -> None:
    """Make every read session begin with `slow`, called with its connection."""
    real = read_pool.pack_rows

    def pack_rows(connection: Any) -> Any:
        slow(connection)
        return real(connection)

    monkeypatch.setattr(read_pool, "pack_rows", pack_rows)


def test_every_stored_list_is_asked_its_dearest_question() -> None:
    assert {path.removeprefix("/v1/").partition("?")[0] for path in DEAREST} == set(STORED_LISTS)


@pytest.mark.parametrize("path", DEAREST)
def test_the_event_loop_turns_while_a_dear_question_is_answered(
    monkeypatch: pytest.MonkeyPatch, pack_url: str, path: str
) -> None:
    threads: list[threading.Thread] = []
    real = respond.prepare

    def prepare(*given: Any, **named: Any) -> Any:
        prepared = real(*given, **named)
        threads.append(threading.current_thread())  # only of what was answered: what gave up raises
        return prepared

    async def ask() -> tuple[httpx2.Response, int]:
        answer, turns = asyncio.create_task(get(app, path)), 0
        while not answer.done():
            await asyncio.sleep(0)
            turns += 1
        return answer.result(), turns

    with serving(pack_url) as app:
        expected = asyncio.run(get(app, path))
    monkeypatch.setattr(respond, "prepare", prepare)
    monkeypatch.setattr(db_engine, "STEPS_BETWEEN_CHECKS", 1)
    monkeypatch.setattr(read_pool, "INLINE_SECONDS", 0.0)
    with serving(pack_url) as app:
        response, turns = asyncio.run(ask())
    assert (response.status_code, response.content) == (200, expected.content)
    assert threads, "somebody answered"
    assert threading.main_thread() not in threads
    assert turns > 1


def test_a_long_statement_leaves_the_event_loop(monkeypatch: pytest.MonkeyPatch, pack_url: str) -> None:
    """Nothing is set here: the statement takes some hundred times as long as the loop may be held."""
    slowed(monkeypatch, lambda connection: connection.execute(text(SLOW_SQL.format(steps=3_000_000))).all())

    async def ask() -> int:
        answer, turns = asyncio.create_task(get(app, "/v1/events?limit=1")), 0
        while not answer.done():
            await asyncio.sleep(0)
            turns += 1
        assert answer.result().status_code == 200
        return turns

    with serving(pack_url, query_timeout_seconds=MAX_WAIT_SECONDS) as app:
        assert asyncio.run(ask()) > 100, "the loop did little else meanwhile"


@pytest.mark.each_database
def test_short_questions_are_answered_while_all_long_ones_wait(
    monkeypatch: pytest.MonkeyPatch, databases: Databases, pack_url: str
) -> None:
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def slow(_connection: Any) -> None:
        if limit_of_request() == "long":
            waiting.release()
            assert go_on.wait(MAX_WAIT_SECONDS)
        elif asked.get() == "long":
            raise TooSlowError

    def limit_of_request() -> str:
        limit = db_engine.current_limit()
        assert limit is not None
        return "long" if limit.seconds_left > read_pool.SHORT_SECONDS else "short"

    asked: ContextVar[str] = ContextVar("asked", default="short")
    slowed(monkeypatch, slow)

    async def long(number: int) -> httpx2.Response:
        asked.set("long")
        return await get(app, f"/v1/contradictions?limit={number + 1}", (f"192.0.2.{number}", 1))

    async def scenario() -> None:
        pool = app.state.read_pool
        many = 10 * pool.threads.long
        long_ones = [asyncio.create_task(long(number)) for number in range(many)]
        for _ in range(pool.threads.long):
            assert await asyncio.to_thread(waiting.acquire, timeout=MAX_WAIT_SECONDS)
        for number in range(20):
            assert (await get(app, f"/v1/events?limit={number + 1}")).status_code == 200
        go_on.set()
        assert {(await answer).status_code for answer in long_ones} == {200}

    with serving(pack_url, query_timeout_seconds=MAX_WAIT_SECONDS, queue_timeout_seconds=MAX_WAIT_SECONDS) as app:
        asyncio.run(scenario())


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_one_client_leaves_threads_to_others(threads: int) -> None:
    async def scenario() -> None:
        lane, go_on = Lane(threads, MAX_WAIT_SECONDS), asyncio.Event()
        began: list[str] = []

        async def work(client: str) -> None:
            async with lane.thread_for(client):
                began.append(client)
                await go_on.wait()

        greedy = [asyncio.create_task(work("greedy")) for _ in range(20)]
        while len(began) < threads - 1:
            await asyncio.sleep(0)
        other = asyncio.create_task(work("other"))
        while len(began) < threads:
            await asyncio.sleep(0)
        assert began == ["greedy"] * (threads - 1) + ["other"], "nineteen that waited before did not come first"
        go_on.set()
        await asyncio.gather(other, *greedy)
        assert (len(began), lane.busy_threads, lane.clients) == (21, 0, 0)

    asyncio.run(scenario())


def test_who_waits_too_long_for_a_thread_is_refused_and_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        lane = Lane(3, 0.01)
        async with lane.thread_for("a"), lane.thread_for("a"):
            with pytest.raises(UnavailableError, match="too many"):
                async with lane.thread_for("a"):
                    pytest.fail("two of three is what one client gets")
            async with lane.thread_for("b"):
                with pytest.raises(UnavailableError, match="too many"):
                    async with lane.thread_for("c"):
                        pytest.fail("three of three are taken")
                assert (lane.busy_threads, lane.clients) == (3, 2)
        assert (lane.busy_threads, lane.clients) == (0, 0)

    asyncio.run(scenario())


@pytest.mark.each_database
def test_a_short_trial_that_its_server_does_not_end_leads_to_the_long_one(
    databases: Databases, pack_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy server may keep neither its own limit nor ours: that is no reason to refuse the question."""
    if databases.kind == "sqlite":
        pytest.skip("an embedded database has no server")
    monkeypatch.setattr(read_pool, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(server_transaction, "_begin_statements", lambda *_: "BEGIN READ ONLY")  # without its limit
    tried: list[str] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    def work() -> str:
        limit = db_engine.current_limit()
        assert limit is not None
        tried.append("short" if limit.seconds_left <= read_pool.SHORT_SECONDS else "long")
        with pool.session() as session:
            if tried == ["short"]:
                session.connection.execute(text(f"SELECT pg_sleep({MAX_WAIT_SECONDS})"))
            return "answered"

    with serving(pack_url, query_timeout_seconds=MAX_WAIT_SECONDS) as app:
        pool = app.state.read_pool
        assert asyncio.run(pool.run(work, "somebody", never, inline=False)) == "answered"
    assert tried == ["short", "long"]


@pytest.mark.each_database
def test_a_long_question_ends_when_its_client_is_gone(databases: Databases, pack_url: str) -> None:
    """A statement without an end: on PostgreSQL the connection is broken, which the server notices."""
    statement = {"sqlite": SLOW_SQL.format(steps=10**12), "postgresql": f"SELECT pg_sleep({MAX_WAIT_SECONDS})"}

    async def scenario(pool: ReadPool) -> None:
        gone, running = asyncio.Event(), threading.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        def work() -> None:
            limit = db_engine.current_limit()
            assert limit is not None
            if limit.seconds_left <= read_pool.SHORT_SECONDS:
                raise TooSlowError
            with pool.session() as session:
                running.set()
                session.connection.execute(text(statement[databases.kind]))

        question = asyncio.create_task(pool.run(work, "somebody", receive, inline=False))
        assert await asyncio.to_thread(running.wait, MAX_WAIT_SECONDS)
        gone.set()
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(question, MAX_WAIT_SECONDS)
        assert pool.long.busy_threads == 0
        with pool.session() as session:
            assert session.revision == 1, "the pool has another connection"

    with serving(pack_url, query_timeout_seconds=10 * MAX_WAIT_SECONDS) as app:
        asyncio.run(scenario(app.state.read_pool))


def test_work_in_python_ends_at_its_deadline() -> None:
    with deadline_in(MAX_WAIT_SECONDS):
        check_deadline()
    with deadline_in(-1), pytest.raises(TooSlowError):
        check_deadline()
    ended = WorkLimit(MAX_WAIT_SECONDS)
    ended.end()
    with working_within(ended), pytest.raises(TooSlowError):
        check_deadline()
    check_deadline()  # outside of a request there is none
