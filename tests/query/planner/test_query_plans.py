"""What a selective question touches: plans without a full scan, and no more rows than it has to look at."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import psycopg
import pytest
from conftest import Databases, engine_for
from factories.ged import ged_bytes
from factories.ged import many_ged_rows as made_up
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from statement_probe import EVENTS, ROWS, StatementProbe, probing
from waiting import MAX_WAIT_SECONDS

from app.db.engine import read_transaction
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.query.lists.fetch import fetch_page
from app.resources import STORED_LISTS


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the article's pack and some thousand made-up events; PostgreSQL knows how many."""
    file = tmp_path_factory.mktemp("plans") / "made_up.csv"
    file.write_bytes(ged_bytes(*map(made_up, range(EVENTS))))
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine:
        imported = import_dataset(engine, UCDP_GED, [file], None, lambda *_: None)
        assert (imported.rows, imported.rejected) == (EVENTS, [])
        if databases.server is None:
            with engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    if databases.server is not None:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("VACUUM ANALYZE")
    return url


@pytest.fixture(scope="module")
def asked(databases: Databases, filled: str) -> Iterator[StatementProbe]:
    with probing(databases.new(filled)) as found:  # nobody is connected to what is copied
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


WALKING: dict[str, set[str]] = {}
"""Questions that do walk, by list and parameters. Whoever gives one of them its index takes it off here."""
WALKING_THERE: dict[str, dict[str, set[str]]] = {
    "sqlite": {
        "figures": {"datetime"},  # counts, once for each revision, how many figures there are, up to a bound
    },
    "postgresql": {  # counts, once for each revision and connection, what has no point; or so its planner chooses here
        "events": {"deaths_min"},
        "control-changes": {"datetime", "deaths_min"},
        "movements": {"datetime", "deaths_min"},
        "claims": {"bbox", "near&radius_km"},
        "figures": {"bbox", "place"},  # of a place: it walks the index of figures, which is small beside their claims
        "locations": {"bbox", "near&radius_km"},
    },
}
"""The same, on one kind of database alone."""


def asked_for(resource: str, params: dict[str, str]) -> str:
    return f"{resource}?{'&'.join(params)}"


@pytest.mark.parametrize(("resource", "params"), CASES, ids=[asked_for(*case) for case in CASES])
def test_a_selective_question_walks_no_large_table(
    databases: Databases, asked: StatementProbe, resource: str, params: dict[str, str]
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
def test_a_page_far_behind_costs_no_more_than_the_first(asked: StatementProbe, resource: str) -> None:
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


def noticed(bare: StatementProbe, path: str) -> bool:
    """Whether an index is missed: by a walk, or because SQLite is told to use it and says that there is none."""
    try:
        bare.ask(path)
    except OperationalError as error:
        return "no such index" in str(error)
    return bool(bare.walks())


@pytest.mark.parametrize(
    ("table", "params"),
    [
        ("event_version", {"bbox": EVENT["bbox"]}),
        ("event_version", {"country": "SYR"}),
        ("event_version", {"status": "denied"}),
        ("event_version", {"place": "Invented7 province"}),
        ("event_location", {"place": TOWN}),
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
    with probing(url) as bare:
        assert noticed(bare, f"/v1/events?{urlencode(params)}")


@pytest.mark.parametrize(("query", "kept"), [({"country": "AFG"}, True), ({"q": "soldiers"}, False)])
def test_postgresql_keeps_a_plan_only_where_the_values_do_not_decide_it(
    databases: Databases, query: dict[str, str], kept: bool
) -> None:
    if databases.kind == "sqlite":
        pytest.skip("THIS IS ABOUT POSTGRESQL")
    listing = STORED_LISTS["events"].listing
    with (
        engine_for(databases.loaded(), read_only=True) as engine,
        read_transaction(engine, MAX_WAIT_SECONDS) as connection,
    ):
        for _ in range(12):
            request = listing.parse([*query.items(), ("limit", "3")])
            assert [len(batch) for batch in fetch_page(listing, request, connection).batches] == [3]
        prepared = connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("event_version.row" in statement for statement in prepared) == kept


def test_readers_of_postgresql_start_no_compiler_unless_they_are_told_to(databases: Databases) -> None:
    if databases.kind == "sqlite":
        pytest.skip("THIS IS ABOUT POSTGRESQL")
    url = databases.loaded()
    otherwise = f"{url}{'&' if '?' in url else '?'}options=-c%20jit%3Don"
    found = []
    for asked in (url, otherwise):
        with (
            engine_for(asked, read_only=True) as engine,
            read_transaction(engine, MAX_WAIT_SECONDS) as connection,
        ):
            found.append([connection.scalar(text(f"SHOW {name}")) for name in ("jit", "transaction_read_only")])
    assert found == [["off", "on"], ["on", "on"]]
