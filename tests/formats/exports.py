"""Exports under test: the application, small batches, and what is left of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Databases, engine_for
from fastapi import FastAPI
from sqlalchemy import Table, text
from waiting import MAX_WAIT_SECONDS

from app import models
from app.db.indexes import END_OF_TIME
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings
from formats import Received, call

COPIES = 1000
FEW = 200


@contextmanager
def serving_all(url: str, **more: Any) -> Iterator[FastAPI]:
    """The application over a database; asserts that it gives everything back."""
    app = create_app(Settings(database_url=url, **{"max_exports_per_client": 8} | more))
    try:
        yield app
        assert left(app) == (0, 0)
    finally:
        app.state.read_pool.engine.dispose()


def left(app: Any) -> tuple[int, int]:
    """How many exports it believes to be running, and how many connections are out."""
    reader = app.state.read_pool
    return reader.running_exports, reader.engine.pool.checkedout()


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


async def held_up(app: FastAPI, path: str, query: dict[str, str]) -> tuple[asyncio.Task[Received], asyncio.Event]:
    """An export in the middle of which its reader waits, until the event is set."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: int) -> None:
        begun.set()
        await go_on.wait()

    task = asyncio.create_task(call(app, path, query, on_chunk=wait))
    await asyncio.wait_for(begun.wait(), MAX_WAIT_SECONDS)
    return task, go_on
