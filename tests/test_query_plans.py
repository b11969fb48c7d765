"""What a selective question touches: plans without a full scan, and no more rows than it has to look at.

The statements are taken where the driver sees them, whoever wrote them. A plan may hide a walk over everything behind
an index that it enters and never leaves, so what is done is counted too: steps of SQLite's machine, rows of
PostgreSQL's plan nodes.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import psycopg
import pytest
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from ingest.test_ged_reading import ged_bytes
from sqlalchemy import text

from app.ingest.datasets.load import import_ged
from app.main import create_app
from app.settings import Settings

EVENTS = 3000
LARGE = 1000
"""A table of so many rows or more is not read from end to end."""
STEPS = 3 * EVENTS
"""Of SQLite's machine: a walk takes about ten for each event, a selective question some thousand in all."""
ROWS = EVENTS // 5
STEPS_A_CALL = 50
SEEN = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
PAGES, PAGES_A_ROW = 10, 2
"""Of an index and its table: a few to come to a row, and a few to begin with."""
COUNTRIES = ("Afghanistan", "Tajikistan", "Uzbekistan", "Pakistan", "India", "Nepal", "Iraq", "Syria")
Statement = tuple[str, Any]


def made_up(number: int) -> dict[str, str]:
    """One of the rows of an invented file: spread over places, actors, offices, days and numbers of deaths."""
    province, town, side, office = number % 40, number % 600, number % 150, number % 97
    country = COUNTRIES[-1] if number % 250 == 7 else COUNTRIES[province % 7]
    day = f"{1990 + number % 30}-{1 + number % 12:02}-{1 + number % 28:02}"
    return {
        "id": str(995_000_000 + number),
        "country": country,
        "country_id": str({"Afghanistan": 700, "Syria": 652}.get(country, 701 + province % 7)),
        "adm_1": f"Invented{province} province" if country != COUNTRIES[-1] else "Outlying province",
        "adm_2": f"Sample{town} district",
        "where_coordinates": f"Madeup{town} town",
        "where_prec": "1",
        "latitude": f"{10 + town * 0.05:.4f}",
        "longitude": f"{40 + (town * 7 % 600) * 0.05:.4f}",
        "side_a": f"Invented Front {side}",
        "side_a_new_id": str(980_000 + side),
        "side_b": f"Invented League {side // 2}",
        "side_b_new_id": str(970_000 + side // 2),
        "dyad_new_id": str(960_000 + side),
        "dyad_name": f"Invented Front {side} - Invented League {side // 2}",
        "number_of_sources": "1",
        "source_article": f'"Fable Times {office},{day},Quarrel number {number} in an invented town"',
        "source_office": f"Fable Times {office}",
        "source_date": day,
        "source_headline": f"Quarrel number {number} in an invented town",
        "date_start": day,
        "date_end": day,
        "date_prec": "1",
        "year": day[:4],
        "best": str(number % 40),
        "low": str(number % 40),
        "high": str(40 if number != 1234 else 9000),
    } | ({"best": "9000", "low": "9000"} if number == 1234 else {})


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the article's pack and some thousand made-up events; PostgreSQL knows how many."""
    file = tmp_path_factory.mktemp("plans") / "made_up.csv"
    file.write_bytes(ged_bytes(*map(made_up, range(EVENTS))))
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine:
        imported = import_ged(engine, [file], None, lambda *_: None)
        assert (imported.rows, imported.rejected) == (EVENTS, [])
        if databases.server is None:
            with engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    if databases.server is not None:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("VACUUM ANALYZE")
    return url


@contextmanager
def overheard() -> Iterator[list[Statement]]:
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


class Asked:
    """The API over a database, and what its answers touch there."""

    def __init__(self, url: str, client: TestClient, heard: list[Statement]) -> None:
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
        with engine_for(self.url, read_only=True) as engine, engine.connect() as connection:
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
    scans = [line for line in plan if (at := re.match(r"SCAN (\w+)", line)) and at[1] in names]
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
def asking(url: str) -> Iterator[Asked]:
    with overheard() as heard, TestClient(create_app(Settings(database_url=url))) as client:
        yield Asked(url, client, heard)


@pytest.fixture(scope="module")
def asked(databases: Databases, filled: str) -> Iterator[Asked]:
    with asking(databases.new(filled)) as found:  # nobody is connected to what is copied
        yield found


TOWN = "Madeup123 town"
EVENT = {
    "datetime": "2003-06-02",
    "bbox": "59.9,16.1,60.2,16.2",
    "near": "60.05,16.15",
    "place": "Invented7 province",
    "country": "SYR",
    "actor": "Invented Front 77",
    "actor_role": "speaker",
    "source": "Fable Times 55",
    "category": "statement",
    "status": "denied",
    "min_origins": "2",
    "deaths_min": "500",
    "q": "Madeup321",
}
CLAIM = {
    name: EVENT[name] for name in ("datetime", "bbox", "near", "place", "country", "actor", "actor_role", "source")
}
CLAIM |= {
    "reported": "2003-06-02",
    "event": "ucdp-ged:995000100",
    "category": "statement",
    "stance": "denies",
    "modality": "planned",
    "q": "Madeup321",
}
SELECTIVE: dict[str, dict[str, str]] = {
    "events": EVENT,
    "control-changes": EVENT | {"country": "AFG", "gained_by": "taliban", "lost_by": "andsf", "means": "recaptured"},
    "movements": EVENT | {"country": "AFG", "from": "badakhshan", "to": "tajikistan", "population": "troops"},
    "claims": CLAIM,
    "figures": CLAIM | {"measure": "persons_moved", "count_kind": "stock"},
    "sources": {"kind": "ministry", "actor": "taliban", "q": "Ariana"},
    "locations": {"bbox": EVENT["bbox"], "near": EVENT["near"], "kind": "airbase", "place": "balkh", "q": "Madeup321"},
}
BESIDE = {"near": {"radius_km": "5"}, "datetime": {"date_match": "certain"}}
CASES = [
    (resource, {name: value} | (BESIDE["near"] if name == "near" else {}))
    for resource, values in SELECTIVE.items()
    for name, value in values.items()
]
CASES += [(resource, {"datetime": "2003-06-02", "date_match": "certain"}) for resource in ("events", "claims")]
CASES += [
    ("events", {"actor": "Invented Front 77", "datetime": "2003-06-02"}),
    ("events", {"place": "Invented7 province", "q": "Madeup327"}),
    ("events", {"source": "Fable Times 55", "deaths_min": "30"}),
    ("claims", {"source": "Fable Times 55", "country": "SYR"}),
]


WALKING: dict[str, set[str]] = {
    "claims": {
        "actor_role",
        "bbox",
        "category",
        "datetime",
        "datetime&date_match",
        "modality",
        "near&radius_km",
        "stance",
    },
    "control-changes": {"deaths_min"},
    "events": {"actor_role", "datetime", "datetime&date_match", "deaths_min", "min_origins"},
    "figures": {
        "actor_role",
        "bbox",
        "category",
        "count_kind",
        "datetime",
        "measure",
        "modality",
        "near&radius_km",
        "stance",
    },
    "locations": {"bbox", "kind", "near&radius_km"},
    "movements": {"datetime", "deaths_min"},
}
"""Questions that do walk, by list and parameters. Whoever gives one of them its index takes it off here."""
WALKING_THERE: dict[str, dict[str, set[str]]] = {
    "sqlite": {
        "control-changes": {"actor_role", "datetime", "means", "min_origins"},
        "movements": {"actor_role", "min_origins", "population"},
    },
    "postgresql": {
        "events": {"place"},
    },
}
"""The same, on one kind of database alone."""


def asked_for(resource: str, params: dict[str, str]) -> str:
    return f"{resource}?{'&'.join(params)}"


@pytest.mark.parametrize(("resource", "params"), CASES, ids=[asked_for(*case) for case in CASES])
def test_a_selective_question_walks_no_large_table(
    databases: Databases, asked: Asked, resource: str, params: dict[str, str]
) -> None:
    found = asked.ask(f"/v1/{resource}?{urlencode(params)}")
    assert found["returned"] < ROWS, "the value is not selective"
    walks = asked.walks()
    known = WALKING.get(resource, set()) | WALKING_THERE[databases.kind].get(resource, set())
    if "&".join(params) in known:
        assert walks, "it walks no more: take it off the list"
    else:
        assert walks == []


@pytest.mark.parametrize("resource", ["events", "claims", "figures", "locations", "sources"])
def test_a_page_far_behind_costs_no_more_than_the_first(asked: Asked, resource: str) -> None:
    following = asked.ask(f"/v1/{resource}?limit=1000&fields=id")["next"] or f"/v1/{resource}?limit=5"
    asked.ask(re.sub(r"^.*?(/v1/.*)limit=1000", r"\1limit=5", following))
    assert asked.walks() == []


def dropped(url: str, table: str) -> None:
    """Take all indexes from a table but those that its constraints keep."""
    if "://" not in url:
        with closing(sqlite3.connect(url)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
            ).fetchall()
            for (name,) in names:
                connection.execute(f'DROP INDEX "{name}"')
        return
    with psycopg.connect(url, autocommit=True) as server:
        named = "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef NOT LIKE '%%UNIQUE%%'"
        for (name,) in server.execute(named, (table,)).fetchall():
            server.execute(f'DROP INDEX "{name}"'.encode())


@pytest.mark.parametrize(
    ("table", "params"),
    [
        ("event_view", {"bbox": EVENT["bbox"]}),
        ("event_view", {"country": "SYR"}),
        ("event_view", {"status": "denied"}),
        ("event_view", {"place": "Invented7 province"}),
        ("event_place", {"place": TOWN}),
        ("event_actor", {"actor": "Invented Front 77"}),
        ("claim_hop", {"source": "Fable Times 55"}),
        ("location_name", {"place": "Invented7 province"}),
    ],
)
def test_without_its_index_a_question_is_found_to_walk(
    databases: Databases, filled: str, table: str, params: dict[str, str]
) -> None:
    url = databases.new(filled)
    dropped(url, table)
    with asking(url) as bare:
        bare.ask(f"/v1/events?{urlencode(params)}")
        assert bare.walks()
