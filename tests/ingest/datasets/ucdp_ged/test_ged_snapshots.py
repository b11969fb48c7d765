"""Snapshots of UCDP GED remove what their files lack, and nothing else."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from factories.packs import War
from stored_state import (
    answering,
    applied,
    clean,
    counts_of,
    entries,
    holds,
    lists,
    load,
    removals,
    served,
)

from app.errors import BrokenPackError, InvalidParameterError
from app.ingest.datasets.core.files import UnreadableFileError
from ingest.datasets.ucdp_ged.ged_import import Cells, Write, ids, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import other_empty_url as other_empty_url
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

# Snapshots.


@pytest.mark.each_database
def test_a_snapshot_removes_what_its_files_lack_and_what_only_that_referred_to(empty_url: str, write: Write) -> None:
    gone = rec(
        2,
        side_b_new_id="15",
        side_b="Other Front",
        dyad_new_id="16",
        source_article='"Fable Times,2014-03-07,b"',
        source_original="police",
        where_coordinates="Weir",
    )
    run(empty_url, write(rec(1), gone), snapshot="made-up")
    with answering(empty_url) as asked:
        copy = lists(asked)
    done = run(empty_url, write(rec(1)), snapshot="made-up")
    assert counts_of(done) == {
        "claims removed": 2,
        "events removed": 1,
        "sources removed": 2,
        "actors removed": 2,
        "locations removed": 1,
    }
    weir = "ucdp-place:afg:mill-province:mill-district:weir@36.5_67.25:1"
    expected = {
        ("claims", "ucdp-ged:2:0"),
        ("claims", "ucdp-ged:2:1"),
        ("events", "ucdp-ged:2"),
        ("sources", "ucdp-source:fable-times"),
        ("sources", "ucdp-original:police"),
        ("actors", "ucdp-actor:15"),
        ("actors", "ucdp-dyad:16"),
        ("locations", weir),
    }
    assert removals(empty_url) == dict.fromkeys(expected, (2, None))
    with answering(empty_url) as asked:
        _, told = entries(asked, 1)
        assert {(entry["resource"], entry["id"]) for entry in told if entry["action"] == "removed"} == expected
        assert applied(copy, told) == lists(asked)
    assert clean(empty_url)


@pytest.mark.each_database
def test_a_snapshot_removes_provinces_and_countries_in_which_nothing_is_left(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    far = rec(2, country="Nigeria", country_id="475", adm_1="Borno state", adm_2="Borno district")
    run(empty_url, write(rec(1), far), snapshot="made-up")
    run(empty_url, write(rec(1)), snapshot="made-up")
    assert run(empty_url, write(rec(1)), snapshot="made-up").revision is None
    run(other_empty_url, write(rec(1)), snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)


@pytest.mark.each_database
def test_what_a_snapshot_removed_comes_back_whole(empty_url: str, other_empty_url: str, write: Write) -> None:
    both = write(rec(1), rec(2, where_coordinates="Weir"))
    run(empty_url, both, snapshot="made-up")
    run(empty_url, write(rec(1)), snapshot="made-up")
    run(empty_url, both, snapshot="made-up")
    run(other_empty_url, both, snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    assert removals(empty_url) == {}
    assert clean(empty_url)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"where_prec": "9"},
        {"date_end": "2013-01-01"},
        pytest.param({"id": "2.0", "where_prec": "9"}),
        pytest.param({"id": " 2 ", "where_prec": "9"}),
        pytest.param({"id": "002", "where_prec": "9"}),
    ],
)
def test_a_snapshot_keeps_what_a_rejected_row_is_the_newer_version_of(
    empty_url: str, write: Write, spoilt: Cells
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    before = holds(empty_url)
    path = write(rec(1), rec(2) | spoilt)
    done = run(empty_url, path, snapshot="made-up")
    assert [(name, row.line, row.id) for name, row in done.rejected] == [(str(path), 3, spoilt.get("id", "2"))]
    assert holds(empty_url)["event"] == before["event"]
    assert (done.revision, removals(empty_url)) == (None, {})


def test_a_snapshot_with_a_row_whose_id_cannot_be_read_removes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    path = write(rec(1), rec(2))
    path.write_bytes(path.read_bytes().replace(b"MADEUP-10", b'"MADEUP" 10').replace(b'"MADEUP" 10', b"MADEUP-10", 1))
    with suppress(BrokenPackError, UnreadableFileError):  # refused, or without removals: either will do
        run(empty_url, path, snapshot="made-up")
    assert ("events", "ucdp-ged:2") not in removals(empty_url)


@pytest.mark.each_database
def test_an_empty_snapshot_takes_away_every_event_of_the_dataset_and_no_other(url: str, write: Write) -> None:
    before = served(url)
    run(url, write(rec(1)), snapshot="made-up")
    done = run(url, write(), snapshot="made-up")
    assert (done.rows, counts_of(done)["events removed"], counts_of(done)["claims removed"]) == (0, 1, 2)
    for resource in ("events", "claims", "actors", "sources"):
        assert served(url)[resource] == before[resource]
    assert clean(url)


def test_an_empty_snapshot_of_nothing_adds_nothing_but_its_name(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(), snapshot="made-up")
    assert (done.rows, counts_of(done)) == (0, {})
    with answering(empty_url) as asked:
        assert asked("/v1/events")["items"] == []
    assert clean(empty_url)


@pytest.mark.each_database
def test_datasets_share_actors_places_and_sources_and_a_snapshot_keeps_what_another_refers_to(
    empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="one")
    done = run(empty_url, write(rec(3)), snapshot="two")
    assert counts_of(done) == {"claims added": 2, "events added": 1}
    done = run(empty_url, write(), snapshot="one")
    assert counts_of(done) == {"claims removed": 4, "events removed": 2}
    with answering(empty_url) as asked:
        event = asked("/v1/events/ucdp-ged:3")
        assert [asked(f"/v1/actors/{row['id']}")["id"] for row in event["actors"]]
        assert asked(f"/v1/locations/{event['location']['id']}")["name"] == "Mill village"
        assert ids(asked("/v1/events", place="Mill district")) == {"ucdp-ged:3"}
    assert clean(empty_url)
    assert run(empty_url, write(rec(3)), snapshot="two").revision is None


@pytest.mark.each_database
def test_a_rename_in_one_dataset_shows_in_the_rows_of_another(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)), snapshot="one")
    run(empty_url, write(rec(2)), snapshot="two")
    run(empty_url, write(rec(1, side_a="Renamed Army")), snapshot="one")
    with answering(empty_url) as asked:
        name = asked("/v1/actors/ucdp-actor:12")["name"]
        for number in (1, 2):
            assert asked(f"/v1/events/ucdp-ged:{number}")["actors"][0]["name"] == name


@pytest.mark.each_database
def test_an_event_of_another_dataset_is_refused_with_its_id_and_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)), snapshot="one")
    before = holds(empty_url)
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(rec(1), rec(2)), snapshot="two")
    assert holds(empty_url) == before
    (problem,) = refused.value.problems
    assert ("ucdp-ged:1" in str(problem), "one" in problem.reason.split()) == (True, True)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("eastern-war", "is the name of a curated pack"),
        ("", "a name has small letters"),
        ("Über name/../x", "a name has small letters"),
        ("two--hyphens", "a name has small letters"),
        ("x" * 101, "a name has small letters"),
    ],
)
def test_a_snapshot_cannot_be_named(
    empty_urls: tuple[str, str], empty_url: str, tmp_path: Path, write: Write, name: str, bad: str
) -> None:
    War(part_of_side=False).write(tmp_path / "packs")
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(rec(1)))
    before = holds(empty_url)
    with pytest.raises(InvalidParameterError, match=rf"^--snapshot={re.escape(name)}: {bad}"):
        run(empty_url, write(rec(2)), snapshot=name)
    assert holds(empty_url) == before
