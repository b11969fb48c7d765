"""Importing ACLED with a second process, that what is written is what follows from claims, and changes of control."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Databases
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import acled_bytes
from sqlalchemy import select
from stored_state import answering, clean, counts_of, derived_anew, holds, reader

from app import models
from app.ingest.datasets.core import run as imports
from app.models.base import table_of
from ingest.datasets.acled.acled_import import ARMY, AT_THE_MILL, BACK, CONTROL, FRONT, ROWS, Cells, Write, row, run
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import other_empty_url as other_empty_url
from ingest.datasets.acled.acled_import import write as write

Asked = Callable[..., Any]
SPREAD = (-100, 0, 0, 0, 500)  # seconds around the timestamp of the plain row


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every import is large enough for a second process, with batches of three."""
    monkeypatch.setattr(imports, "MIN_SUBPROCESS_BYTES", 0)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 3)


def many(seed: int, count: int) -> list[Cells]:
    """Rows of every kind, with few names; every fourth event has a second row."""
    chosen = random.Random(seed)  # noqa: S311 - the same on every run
    found = []
    for number in range(100, 100 + count):
        for _ in range(1 if number % 4 else 2):
            cells = {
                "actor1": chosen.choice(["Mill Front", "MILL FRONT", "Ferry Guard", ""]),
                "inter1": chosen.choice(["Rebel group", "State forces", "8", "Political militia"]),
                "assoc_actor_1": chosen.choice(["", "Ferry Guard; Mill Front"]),
                "iso": chosen.choice(["4", "566", "0"]),
                "admin1": chosen.choice(["Mill province", ""]),
                "geo_precision": chosen.choice("123"),
                "time_precision": chosen.choice("123"),
                "source": chosen.choice(["", "Imaginary Wire", "Village Radio; Undisclosed Source", "Ţimes"]),
                "fatalities": chosen.choice(["", "0", "7"]),
                "timestamp": str(int(PLAIN["timestamp"]) + chosen.choice(SPREAD)),
            }
            found.append(row(number, **chosen.choice([{}, CONTROL, BACK]) | cells))
    return found


@pytest.mark.each_database
@pytest.mark.usefixtures("apart")
def test_rows_read_in_a_process_of_their_own_are_the_same(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(*ROWS, *many(1, 40), row(1, geo_precision="7"))
    done = run(empty_url, path)
    monkeypatch.undo()
    alone = run(other_empty_url, path)
    assert done == alone
    assert (done.revision, len(done.rejected) > 1, done.outdated_rows > 0, counts_of(done)["events added"]) == (
        1,
        True,
        True,
        48,
    )
    assert holds(empty_url) == holds(other_empty_url)
    assert clean(empty_url)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("snapshot", [None, "made-up"])
def test_a_newer_version_read_in_a_process_of_its_own_updates_as_any_other(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch, snapshot: str | None
) -> None:
    earlier = write(*ROWS, *many(2, 20))
    later = write(*ROWS[2:], *(cells | {"timestamp": "1500000000"} for cells in many(3, 10)[::2]))
    for url in (empty_url, other_empty_url):
        run(url, earlier, snapshot=snapshot)
        assert run(url, later, snapshot=snapshot).revision == 2
        again = run(url, later, snapshot=snapshot)
        assert (again.revision, counts_of(again)) == (None, {})
        monkeypatch.undo()  # the other one in this process
    assert holds(empty_url) == holds(other_empty_url)
    assert clean(empty_url)


@pytest.mark.each_database
def test_what_is_written_of_new_events_is_what_would_be_derived_of_them(empty_url: str, write: Write) -> None:
    run(empty_url, write(*ROWS, *many(4, 60)))
    assert derived_anew(empty_url, "acled") == 68


@pytest.mark.each_database
def test_what_is_written_beside_a_curated_pack_and_an_earlier_import_is_what_would_be_derived(
    databases: Databases, write: Write
) -> None:
    url = databases.loaded()
    at_large = row(9, geo_precision="3", admin1="", admin2="", location="Afghanistan", latitude="", longitude="")
    run(url, write(*ROWS, at_large))
    assert derived_anew(url, "acled") == len(ROWS) + 1
    run(url, write(row(1, timestamp="1500000000", fatalities="8"), *many(5, 30)))
    assert derived_anew(url, "acled") == len(ROWS) + 1 + 30
    with answering(url) as asked:
        event, country = asked("/v1/events/acled:XMP9"), asked("/v1/locations/afghanistan")
    assert event["location"] == {name: country[name] for name in event["location"]}


def test_rows_of_imports_are_as_their_schemas_would_write_them(empty_url: str, write: Write) -> None:
    from app.models.entity_types import ENTITY_TYPES
    from app.schemas.claims import ClaimRow
    from app.schemas.events import CodedEventRow, EventRow
    from app.schemas.reference import ActorRow, LocationRow, SourceRow

    run(empty_url, write(*ROWS, *many(5, 40)))
    schemas: dict[str, Any] = dict(
        zip(ENTITY_TYPES, (SourceRow, ActorRow, LocationRow, CodedEventRow, ClaimRow), strict=True)
    )
    with reader(empty_url) as connection:
        tables = [(ENTITY_TYPES[resource].table, schema) for resource, schema in schemas.items()]
        for table, schema in [*tables, (table_of(models.EventVersion), EventRow)]:
            rows = connection.scalars(select(table.c.row)).all()
            assert rows
            assert [schema.model_validate_json(text).model_dump_json() for text in rows] == rows


# What an actor is.


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_an_actor_is_the_strongest_that_any_row_tells_whatever_their_order(
    empty_url: str, write: Write, order: tuple[int, ...]
) -> None:
    told = ("Political militia", "Civilians", "State forces", "Rebel group", "External/Other forces")
    run(empty_url, write(*(row(at, inter1=told[at]) for at in order)))
    with answering(empty_url) as asked:
        assert asked(f"/v1/actors/{FRONT}")["kind"] == "state_forces"
        assert [found["id"] for found in asked("/v1/actors", kind="state_forces")["items"]] == [ARMY, FRONT]


@pytest.mark.each_database
def test_a_later_import_makes_an_actor_stronger_and_never_weaker(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, inter1="Political militia")))
    stronger = run(empty_url, write(row(2, inter1="State forces")))
    assert counts_of(stronger) == {"actors updated": 1, "events added": 1, "claims added": 3}
    weaker = run(empty_url, write(row(3, inter1="Rioters")))
    assert counts_of(weaker) == {"events added": 1, "claims added": 3}
    with answering(empty_url) as asked:
        assert asked(f"/v1/actors/{FRONT}")["kind"] == "state_forces"
        changed = asked("/v1/changes", since=1, limit=1000)["items"]
        assert [one["revision"] for one in changed if one["id"] == FRONT] == [2]
    assert clean(empty_url)


# Versions of one event.


@pytest.mark.usefixtures("apart")
def test_of_many_versions_in_several_files_the_newest_counts_and_the_older_leave_nothing_behind(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    versions = [row(1, source=f"Wire {stamp}", timestamp=str(1_500_000_000 + stamp)) for stamp in (3, 1, 4, 2)]
    done = run(empty_url, write(*versions[:2], row(2)), write(*versions[2:], row(3)))
    assert (done.rows, done.outdated_rows, done.rejected) == (6, 2, [])
    run(other_empty_url, write(row(2), row(3), versions[2]))
    assert holds(empty_url) == holds(other_empty_url)
    with answering(empty_url) as asked:
        names = [found["name"] for found in asked("/v1/sources", sort="name")["items"]]
    assert [name for name in names if name.startswith("Wire")] == ["Wire 4"]


def test_a_row_that_is_passed_over_leaves_nothing_behind(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, timestamp="1500000000")))
    before = holds(empty_url)
    done = run(empty_url, write(row(1, actor1="Nobody Else", location="Elsewhere", source="Late Wire")))
    assert (done.rows, done.outdated_rows, done.revision, counts_of(done)) == (1, 1, None, {})
    assert holds(empty_url) == before


# Changes of control.


@pytest.fixture(scope="module")
def taken(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A mill that is taken, taken back, and said to be in two hands within one week."""
    sides: Cells = {
        "actor1": PLAIN["actor2"],
        "inter1": "State forces",
        "actor2": "Mill Front",
        "inter2": "Rebel group",
    }
    week = {"time_precision": "2", "event_date": "2022-10-05"}
    rows = (
        row(1, **CONTROL),
        row(2, **BACK | sides),
        row(3, **CONTROL | week),
        row(4, **BACK | sides | week | {"event_date": "2022-10-06"}),
        row(5),
    )
    url, path = databases.migrated(), tmp_path_factory.mktemp("taken") / "acled.csv"
    path.write_bytes(acled_bytes(*rows))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(imports, "MIN_SUBPROCESS_BYTES", 0)
        run(url, path)
    assert clean(url)
    return url


@pytest.mark.each_database
def test_changes_of_control_are_listed_with_their_sides(taken: str) -> None:
    with answering(taken) as asked:
        found = asked("/v1/control-changes", sort="date,id")["items"]
        assert [item["id"] for item in found] == ["acled:XMP1", "acled:XMP2", "acled:XMP3", "acled:XMP4"]
        assert found[0]["control_change"] == {
            "gained_by": {"id": FRONT, "name": "Mill Front"},
            "lost_by": {"id": ARMY, "name": PLAIN["actor2"]},
            "extent": "full",
            "means": "captured",
        }
        for params, numbers in (
            ({"gained_by": FRONT}, [1, 3]),
            ({"lost_by": FRONT}, [2, 4]),
            ({"means": "recaptured"}, [2, 4]),
            ({"extent": "partial"}, []),
            ({"place": "Afghanistan"}, [1, 2, 3, 4]),
            ({"kind": "town"}, [1, 2, 3, 4]),
        ):
            ids = [item["id"] for item in asked("/v1/control-changes", sort="date,id", **params)["items"]]
            assert ids == [f"acled:XMP{number}" for number in numbers]
        gains = asked("/v1/events", actor=FRONT, actor_role="gains")["items"]
        assert {item["id"] for item in gains} == {"acled:XMP1", "acled:XMP3"}


def test_the_timeline_of_a_place_follows(taken: str) -> None:
    with answering(taken) as asked:
        [at_first] = asked("/v1/control", as_of="2022-07-04", place=AT_THE_MILL)["items"]
        [later] = asked("/v1/control", as_of="2022-08-01", place=AT_THE_MILL)["items"]
        items = asked(f"/v1/locations/{AT_THE_MILL}/control")["items"]
    assert (at_first["state"], at_first["holder"]["id"]) == ("held", FRONT)
    assert (later["state"], later["holder"]["id"]) == ("held", ARMY)
    spans = [(item["from"], item["until"], item["state"], (item["holder"] or {}).get("id")) for item in items]
    assert ("2022-07-04", "2022-08-01", "held", FRONT) in spans
    assert ("2022-08-01", "2022-10-02", "held", ARMY) in spans
    assert spans[-2:] == [
        ("2022-10-09", "2022-11-09", "held", ARMY),
        ("2022-11-09", None, "unknown", None),  # 30 days after the last event of the file
    ]


def test_two_holders_within_one_week_are_a_contradiction(taken: str) -> None:
    with answering(taken) as asked:
        found = asked("/v1/contradictions")["items"]
    assert {(item["kind"], *sorted(event["id"] for event in item["events"])) for item in found} == {
        ("control", "acled:XMP3", "acled:XMP4")
    }


@pytest.mark.usefixtures("apart")
def test_an_event_that_is_no_change_of_control_any_more_loses_its_row(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, **CONTROL)))
    run(empty_url, write(row(1, timestamp="1500000000")))
    with answering(empty_url) as asked:
        assert asked("/v1/control-changes")["items"] == []
        assert asked("/v1/events/acled:XMP1")["control_change"] is None
    run(empty_url, write(row(1, **CONTROL, timestamp="1600000000")))
    with answering(empty_url) as asked:
        assert [item["id"] for item in asked("/v1/control-changes")["items"]] == ["acled:XMP1"]
    assert clean(empty_url)
