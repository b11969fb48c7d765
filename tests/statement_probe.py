"""What the statements of an answer touch, taken where the driver sees them, whoever wrote them.

A plan may hide a walk over everything behind an index that it enters and never leaves, so what is done is counted
too: steps of SQLite's machine, rows and pages of PostgreSQL's plan nodes.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from asgi_client import AppClient
from conftest import engine_for
from sqlalchemy import text
from waiting import MAX_WAIT_SECONDS

from app.db.engine import read_transaction
from app.main import create_app
from app.settings import Settings

EVENTS = 3000
"""How many there are to be in a database that is looked at."""
LARGE = 1000
"""A table of so many rows or more is not read from end to end."""
STEPS = 3 * EVENTS
"""Of SQLite's machine: a walk takes about ten for each event, a selective question some thousand in all."""
ROWS = EVENTS // 5
STEPS_A_CALL = 50
SEEN = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
PAGES, PAGES_A_ROW = 10, 2
"""Of an index and its table: a few to come to a row, and a few to begin with."""
OF_FEW = re.compile(r"_point VIRTUAL TABLE|INDEX ix_\w+_(unlocated|vague|contradictory|stance|modality)\b")
"""What SQLite calls a scan though it reads little: a search in an R*Tree, an index of what few rows are. If it should
come to much after all, the steps tell."""
Statement = tuple[str, Any]


@contextmanager
def recorded_statements() -> Iterator[list[Statement]]:
    """Every statement that reaches a driver in the meantime: on SQLite with its values, on PostgreSQL beside them."""
    heard: list[Statement] = []
    connect = sqlite3.connect

    def opened(*args: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*args, **named)
        connection.set_trace_callback(lambda sql: heard.append((sql, None)))
        return connection

    def listening(cursor: type[Any]) -> Any:
        execute = cursor.execute

        def executed(self: Any, query: Any, params: Any = None, **named: Any) -> Any:
            heard.append((query.decode() if isinstance(query, bytes) else str(query), params))
            return execute(self, query, params, **named)

        return patch.object(cursor, "execute", executed)

    with (
        patch.object(sqlite3, "connect", opened),
        listening(psycopg.Cursor),
        listening(psycopg.ServerCursor),
        listening(psycopg.AsyncCursor),
    ):
        yield heard


class StatementProbe:
    """The API over a database, and what its answers touch there."""

    def __init__(self, url: str, client: AppClient, heard: list[Statement]) -> None:
        self.url = url
        self.client = client
        self.heard = heard

    def ask(self, path: str) -> Any:
        """An answer; asserts that it is a 200."""
        self.heard.clear()
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def walks(self) -> list[str]:
        """What the statements of the last answer read from end to end, or too much of."""
        reading = [one for one in self.heard if re.match(r"\s*(SELECT|WITH)\b", one[0], re.IGNORECASE)]
        assert reading, "no statement was overheard"
        with (
            engine_for(self.url, read_only=True) as engine,
            read_transaction(engine, MAX_WAIT_SECONDS) as connection,
        ):
            raw: Any = connection.connection.dbapi_connection
            look = embedded_walks if engine.dialect.name == "sqlite" else server_walks
            sizes = {
                str(name): int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)  # noqa: S608 - our tables
                for name in tables(raw, engine.dialect.name)
            }
            large = {name for name, size in sizes.items() if size >= LARGE}
            return [
                fault
                for sql, params in dict.fromkeys(map(_hashable, reading))
                for fault in look(raw, sql, params, large)
            ]


def _hashable(statement: Statement) -> Statement:
    sql, params = statement
    return sql, tuple(params.items()) if isinstance(params, dict) else tuple(params) if params else None


def tables(raw: Any, dialect: str) -> list[str]:
    """The tables of the database, without what a text index keeps."""
    listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    if dialect == "sqlite":
        listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return [row[0] for row in raw.execute(listed).fetchall() if "_text" not in row[0] and "sqlite_" not in row[0]]


def embedded_walks(raw: sqlite3.Connection, sql: str, _params: Any, large: set[str]) -> list[str]:
    """SCANs of large tables in SQLite's plan, and more steps than a selective question needs."""
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}")]
    names = {name: name for name in large}
    for name in large:  # a plan names a table by its alias
        found = re.findall(rf'\b{name}"?\s+(?:AS\s+)?"?(\w+)', sql, re.IGNORECASE)
        names |= {alias: name for alias in found if alias.upper() not in ("WHERE", "JOIN", "ON", "ORDER", "INDEXED")}
    scanned = [line for line in plan if (at := re.match(r"SCAN (\w+)", line)) and at[1] in names]
    scans = [line for line in scanned if not OF_FEW.search(line)]
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += STEPS_A_CALL
        return 0

    raw.set_progress_handler(step, STEPS_A_CALL)
    try:
        raw.execute(sql).fetchall()
    finally:
        raw.set_progress_handler(None, 0)
    busy = [f"{steps} steps: {' / '.join(plan)}: {sql}"] if steps > STEPS else []
    return [f"{line}: {sql}" for line in scans] + busy


def server_walks(raw: "psycopg.Connection[Any]", sql: str, params: Any, large: set[str]) -> list[str]:
    """Sequential scans of large tables in PostgreSQL's plan, and scans that look at more rows than they need.

    A few thousand rows are quickly read from end to end: what counts is what is done where that is dear, as it is
    with more rows.
    """
    raw.execute("SET LOCAL enable_seqscan = off")
    given = dict(params) if params and isinstance(params[0], tuple) else params
    told = raw.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, TIMING OFF) {sql}".encode(), given).fetchone()
    assert told is not None
    faults = []
    nodes = [told[0][0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
        relation, loops = node.get("Relation Name", ""), node.get("Actual Loops", 1)
        seen = sum(node.get(name, 0) for name in SEEN) * loops
        pages = sum(node.get(name, 0) for name in ("Shared Hit Blocks", "Shared Read Blocks"))
        # An index whose first column is not asked for gives few rows too, but of all its pages.
        walked = seen > ROWS or pages > PAGES + PAGES_A_ROW * (loops + seen)
        if relation in large and (node["Node Type"] == "Seq Scan" or walked):
            faults.append(f"{node['Node Type']} of {relation}, {seen:.0f} rows, {pages} pages: {sql} {given}")
    return faults


@contextmanager
def probing(url: str) -> Iterator[StatementProbe]:
    with recorded_statements() as heard, AppClient(create_app(Settings(database_url=url))) as client:
        yield StatementProbe(url, client, heard)
