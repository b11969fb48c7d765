"""Importing with a second process that reads, and what else an import of very many rows does otherwise."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases, engine_for
from sqlalchemy import event, inspect, select
from stored_state import answering, clean, counts_of, derived_anew, holds, newest, reader
from waiting import MAX_WAIT_SECONDS, wait_until

from app import models
from app.db.engine import read_transaction
from app.errors import BrokenPackError
from app.ingest.datasets.core import run as imports
from app.ingest.datasets.core.files import UnreadableFileError
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.models.base import table_of
from ingest.datasets.ucdp_ged.ged_import import (
    FERRY,
    GIVEN,
    NEWER,
    NO_SOURCE,
    RECORDS,
    Cells,
    Write,
    rec,
    run,
)
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import other_empty_url as other_empty_url
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every import is large enough for a second process, with batches of three."""
    monkeypatch.setattr(imports, "MIN_SUBPROCESS_BYTES", 0)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 3)


def many(seed: int, count: int) -> list[Cells]:
    """Records of every kind, with names and days of few."""
    chosen = random.Random(seed)  # noqa: S311 - the same on every run
    found = []
    for number in range(100, 100 + count):
        told = [
            f'"{chosen.choice(["Wire", "Ţimes", "Saga"])},2014-03-{chosen.randrange(1, 9):02},No. {number}"'
            for _ in range(chosen.randrange(13))
        ]
        days = {"date_start": "2014-03-04", "date_end": f"2014-03-0{chosen.randrange(4, 7)}", "date_prec": "2"}
        deaths = chosen.choice([{}, {"best": "9"}, dict.fromkeys(("low", "best", "high"), ""), {"low": ""}])
        units = chosen.choice([{}, {"adm_2": ""}, {"adm_1": "Amt", "adm_2": "Bezirk"}, {"adm_1": "", "adm_2": ""}])
        point = chosen.choice([{}, {"latitude": f"36.{chosen.randrange(9)}"}, {"latitude": "", "longitude": ""}])
        sources = chosen.choice([{"source_original": "army"}, {"source_original": "a; b"}, {"source_original": ""}])
        given = {"source_article": ";".join(told)} if told else NO_SOURCE
        found.append(rec(number, **days, **deaths, **units, **point, **chosen.choice([FERRY, {}]), **given | sources))
    return found


@pytest.mark.each_database
@pytest.mark.usefixtures("apart")
def test_rows_read_in_a_process_of_their_own_are_the_same(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(*RECORDS, *many(1, 40), rec("x"), rec(1))
    done = run(empty_url, path)
    monkeypatch.undo()
    alone = run(other_empty_url, path)
    assert done == alone
    assert (done.rows, done.revision, len(done.rejected), done.warned_rows > 0) == (51, 1, 2, True)
    assert holds(empty_url) == holds(other_empty_url)
    assert clean(empty_url)


@pytest.mark.each_database
@pytest.mark.usefixtures("apart")
def test_a_newer_version_read_in_a_process_of_its_own_updates_as_any_other(
    url: str, databases: Databases, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = databases.loaded()
    earlier, later = write(*RECORDS), write(*NEWER, *many(2, 10))
    for one in (url, other):
        assert run(one, earlier, snapshot=GIVEN).revision == 2
        done = run(one, later, snapshot=GIVEN)
        assert (done.revision, counts_of(done)["events removed"], counts_of(done)["events added"]) == (3, 5, 12)
        assert run(one, later, snapshot=GIVEN).revision is None
        monkeypatch.undo()  # the other one in this process
    assert holds(url) == holds(other)
    assert clean(url)


ODD_DEATHS = [
    rec(500 + number, low=low, best=best, high=high, latitude=f"36.7{number}")
    for number, (low, best, high) in enumerate(
        [
            *(("9", "3", "4"), ("5", "9", "7"), ("5", "3", ""), ("", "9", "4"), ("", "", "4"), ("", "3", "")),
            *(("5", "", ""), ("0", "0", "0"), ("", "", "0"), ("4", "4", "4"), ("4", "", "4"), ("7", "", "3")),
        ]
    )
]
"""Records whose bounds are out of order, missing or equal."""
IN_CURATED_PLACES = (
    rec(600, where_prec="6", adm_1="", adm_2="", latitude="", longitude="", where_coordinates="Afghanistan"),
    rec(
        601, where_prec="6", country="Tajikistan", country_id="702", adm_1="", adm_2="", where_coordinates="Tajikistan"
    ),
    rec(602, where_prec="4", adm_2="", latitude="", longitude="", where_coordinates="Mill province"),
)
"""Records that lie in a country of a curated pack, or in a unit, without a point of their own."""


@pytest.mark.each_database
def test_what_is_written_of_new_events_is_what_would_be_derived_of_them(empty_url: str, write: Write) -> None:
    run(empty_url, write(*RECORDS, *many(3, 150), *ODD_DEATHS))
    assert derived_anew(empty_url, GIVEN) == 161 + len(ODD_DEATHS)


@pytest.mark.each_database
def test_what_is_written_beside_a_curated_pack_and_an_earlier_import_is_what_would_be_derived(
    url: str, write: Write
) -> None:
    run(url, write(*RECORDS, *IN_CURATED_PLACES))
    assert derived_anew(url, GIVEN) == len(RECORDS) + len(IN_CURATED_PLACES)
    run(url, write(rec(1, best="8"), *many(5, 40), *ODD_DEATHS))  # places and names of the first import stay
    assert derived_anew(url, GIVEN) == len(RECORDS) + len(IN_CURATED_PLACES) + 40 + len(ODD_DEATHS)
    with answering(url) as asked:
        country = asked("/v1/locations/afghanistan")
        for id_, place in (("ucdp-ged:600", country), ("ucdp-ged:602", None)):
            where = asked(f"/v1/events/{id_}")["location"]
            found = place or asked(f"/v1/locations/{where['id']}")
            assert where == {name: found[name] for name in where}
        assert where["admin1"] == {"id": "ucdp-place:afg:mill-province", "name": "Mill province"}
        assert where["point_kind"] is None


def test_bounds_out_of_order_take_in_every_number_that_is_given(empty_url: str, write: Write) -> None:
    run(empty_url, write(*ODD_DEATHS))
    with answering(empty_url) as asked:
        events = asked("/v1/events", sort="id", limit=1000)["items"]
        told = [asked(f"/v1/claims/{row['id']}:0")["figures"] for row in events]
    published = [tuple(row["deaths"][name] for name in ("low", "best", "high")) for row in events]
    assert published == [
        *((3, 3, 9), (5, 9, 9), (3, 3, None), (0, 9, 9), (0, None, 4), (0, 3, None)),
        *((5, None, None), (0, 0, 0), (0, 0, 0), (4, 4, 4), (4, 4, 4), (3, None, 7)),
    ]
    for row in events:
        assert row["figures"] == [row["deaths"]]
        assert not row["deaths"]["contradicted"]
        assert [claim["id"] for claim in row["deaths"]["claims"]] == [f"{row['id']}:0"]
    assert [figures[0]["low"] for figures in told[:2]] == [9, 5]  # a claim keeps what its cells say


def test_rows_of_imports_are_as_their_schemas_would_write_them(empty_url: str, write: Write) -> None:
    from app.models.entity_types import ENTITY_TYPES
    from app.schemas.claims import ClaimRow
    from app.schemas.events import CodedEventRow, EventRow
    from app.schemas.reference import ActorRow, LocationRow, SourceRow

    run(empty_url, write(*RECORDS, *many(4, 60)))
    schemas: dict[str, Any] = dict(
        zip(ENTITY_TYPES, (SourceRow, ActorRow, LocationRow, CodedEventRow, ClaimRow), strict=True)
    )
    with reader(empty_url) as connection:
        tables = [(ENTITY_TYPES[resource].table, schema) for resource, schema in schemas.items()]
        for table, schema in [*tables, (table_of(models.EventVersion), EventRow)]:
            rows = connection.scalars(select(table.c.row)).all()
            assert rows
            assert [schema.model_validate_json(row).model_dump_json() for row in rows] == rows


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("kind", ["second file", "events of another dataset", "a fault"])
def test_an_error_in_the_other_process_is_raised_and_leaves_everything_as_it_was(
    empty_url: str, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    run(empty_url, write(*RECORDS), snapshot="one")
    before, at = holds(empty_url), newest(empty_url)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"a,b\n")
    if kind == "second file":
        with pytest.raises(UnreadableFileError, match=r"^bad\.csv: has no header"):
            run(empty_url, write(*NEWER), bad, snapshot="one")
    elif kind == "events of another dataset":
        with pytest.raises(BrokenPackError, match=r"ucdp-ged:1\b"):
            run(empty_url, write(*many(5, 9), *RECORDS), snapshot="two")
    else:
        monkeypatch.setattr(imports, "RECORDS_PER_BATCH", "three")  # nothing can be counted by that
        with pytest.raises(TypeError):
            run(empty_url, write(*NEWER), snapshot="one")
    assert (holds(empty_url), newest(empty_url)) == (before, at)
    assert clean(empty_url)


def others() -> list[int]:
    """The processes that this one has started and that are still there."""
    me = os.getpid()
    return [int(number) for number in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


@pytest.mark.each_database
@pytest.mark.usefixtures("apart")
def test_ctrl_c_leaves_everything_as_it_was_and_no_process_behind(empty_url: str, write: Write) -> None:
    before, beside = holds(empty_url), others()
    seen = []

    def interrupted(_bytes: int, rows: int) -> None:
        seen.append(len(others()) - len(beside))
        if rows >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(empty_url, write(*many(6, 30)), told=interrupted)
    assert (seen[0], others()) == (1, beside)
    assert holds(empty_url) == before
    assert clean(empty_url)


IMPORTING = """
import sys
from pathlib import Path
from app.db.engine import make_engine
from app.ingest.datasets.core import run
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
run.MIN_SUBPROCESS_BYTES, run.RECORDS_PER_BATCH = 0, 3
def told(_bytes, rows):
    print(rows, flush=True)
    sys.stdin.read()
run.import_dataset(make_engine(sys.argv[1], read_only=False), UCDP_GED, [Path(sys.argv[2])], None, told)
"""


@pytest.mark.each_database
def test_the_other_process_ends_with_one_that_is_killed(databases: Databases, write: Write) -> None:
    url = databases.migrated()
    before = holds(url)
    path = write(*many(7, 2000))  # more than fits into what lies between the two
    line = [sys.executable, "-c", IMPORTING, url, str(path)]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"3\n"
        (other,) = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
        assert _lives(other)
        process.kill()
    wait_until(lambda: not _lives(other))
    assert process.returncode == -signal.SIGKILL
    assert holds(url) == before
    assert clean(url)


def _lives(number: int) -> bool:
    """Whether a process is there, and no mere entry of one that has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.each_database
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")  # an index on an expression
@pytest.mark.usefixtures("apart")
def test_all_indexes_are_there_again_after_an_import(empty_url: str, write: Write) -> None:
    def indexes() -> Any:
        with reader(empty_url) as connection:
            found = inspect(connection)
            tables = sorted(models.METADATA.tables)
            return {
                table: sorted(
                    (str(index["name"]), str(index["column_names"]), str(index["dialect_options"].get("sqlite_where")))
                    for index in found.get_indexes(table)
                )
                for table in tables
            }

    before = indexes()
    assert sum(map(len, before.values())) > 40
    run(empty_url, write(*RECORDS))
    assert indexes() == before


@pytest.mark.usefixtures("apart")
def test_the_settings_of_a_large_import_do_not_outlast_it(empty_url: str, write: Write) -> None:
    with engine_for(empty_url, read_only=False) as engine:
        if engine.dialect.name != "sqlite":
            pytest.skip("settings of SQLite")
        import_dataset(engine, UCDP_GED, [write(*RECORDS)], None, lambda *_: None)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -2000
    with sqlite3.connect(empty_url) as raw:
        sizes = raw.execute("SELECT v FROM claim_text_config WHERE k = 'hashsize'").fetchall()
    assert sizes == [(1 << 20,)]


def statements(url: str, path: Path, **named: Any) -> Iterator[str]:
    """What an import says to the database."""
    found: list[str] = []
    with engine_for(url, read_only=False) as engine:
        event.listen(engine, "before_cursor_execute", lambda _1, _2, statement, *_: found.append(statement))
        import_dataset(engine, UCDP_GED, [path], named.get("snapshot"), lambda *_: None)
    return iter(found)


@pytest.mark.each_database
def test_a_renamed_actor_is_looked_for_where_it_is_linked_not_in_every_text(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)))
    said = list(statements(empty_url, write(rec(1, side_a="Renamed Army"))))
    assert [one for one in said if "LIKE" in one] == []
    assert [one for one in said if one.startswith("SELECT event_actor.event_pk") and "actor_id IN" in one]
    with reader(empty_url) as connection:
        rows = connection.scalars(select(table_of(models.Event).c.row)).all()
    assert [row.count("Renamed Army") for row in rows] == [2, 1]


@pytest.mark.each_database
def test_what_was_removed_long_ago_is_not_read_again(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    run(empty_url, write(rec(1)), snapshot="made-up")
    said = list(statements(empty_url, write(rec(1, best="4")), snapshot="made-up"))
    assert [one for one in said if "SELECT tombstone" in one and "LIMIT" not in one and " IN " not in one] == []


def test_two_datasets_that_spell_an_actor_differently_do_not_take_turns(empty_url: str, write: Write) -> None:
    one, two = write(rec(1)), write(rec(2, side_a="Armee"))
    run(empty_url, one, snapshot="one")
    assert run(empty_url, two, snapshot="two").revision == 2
    assert [run(empty_url, path, snapshot=name).revision for path, name in ((one, "one"), (two, "two")) * 2] == [
        None
    ] * 4
    with reader(empty_url) as connection:
        actor = table_of(models.Actor)
        assert connection.scalar(select(actor.c.name).where(actor.c.id == "ucdp-actor:12")) == "Army"


EARLY = '"Imaginary Wire,2014-03-04,Too early";"Fable Times,2014-03-05,In time"'


def test_a_source_dated_before_the_event_counts_as_undated(empty_url: str, write: Write) -> None:
    done = run(
        empty_url, write(rec(1, source_article=EARLY, number_of_sources="2", date_end="2014-03-06", date_prec="2"))
    )
    assert done.warned_rows == 1
    claim, event_table = table_of(models.Claim), table_of(models.EventVersion)
    with reader(empty_url) as connection:
        told = select(claim.c.id, claim.c.reported_on, claim.c.reported_basis).order_by(claim.c.id)
        assert [(id_, str(day), basis) for id_, day, basis in connection.execute(told)] == [
            ("ucdp-ged:1:0", "2014-03-06", "document"),
            ("ucdp-ged:1:1", "2014-03-06", "document"),
            ("ucdp-ged:1:2", "2014-03-05", "stated"),
        ]
        assert (
            str(connection.scalar(select(event_table.c.known_from).order_by(event_table.c.known_from))) == "2014-03-05"
        )


@pytest.mark.each_database
def test_a_reader_sees_the_old_content_until_all_is_there(
    empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MIN_SUBPROCESS_BYTES", 0)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 5)
    counts: list[int] = []
    ids = select(table_of(models.Event).c.id)

    def count(*_: int) -> None:
        with engine_for(empty_url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            counts.append(len(connection.scalars(ids).all()))

    run(empty_url, write(*RECORDS), told=count)
    assert counts == [0, 0, 0]
    count()
    assert counts[-1] == 11
