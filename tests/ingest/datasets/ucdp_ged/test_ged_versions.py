"""Importing UCDP GED again: newer versions update what differs, and one id is one record."""

import pytest
from fastapi.testclient import TestClient
from stored_state import (
    answering,
    clean,
    counts_of,
    entries,
    holds,
    newest,
    removals,
    revisions,
)

from app.main import create_app
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import GIVEN, RECORDS, Cells, Write, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import other_empty_url as other_empty_url
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

# Importing again.


@pytest.mark.each_database
@pytest.mark.parametrize("snapshot", [None, GIVEN])
def test_importing_the_same_again_changes_nothing(url: str, write: Write, snapshot: str | None) -> None:
    path = write(*RECORDS)
    assert run(url, path, snapshot=snapshot).revision == 2
    before, rows = revisions(url), holds(url)
    done = run(url, path, snapshot=snapshot)
    assert (done.revision, done.rows, counts_of(done)) == (None, 11, {})
    assert (newest(url), revisions(url), holds(url)) == (2, before, rows)
    with answering(url) as asked:
        assert entries(asked, 2) == (2, [])


def test_the_same_content_under_another_name_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), name="GEDEvent_v25_1.csv"))
    assert run(empty_url, write(rec(1), name="copy.csv")).revision is None


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("GEDEvent_v25_1.csv", "25.1"),
        ("ged191.csv", "not told"),
        ("ged_v23_1_sample1000.csv.gz", "23.1"),
        pytest.param("GEDEvent_v25_0_3.csv", "25.0.3"),
        pytest.param("events_2021_12.csv", "not told"),
    ],
)
def test_the_version_is_what_the_name_of_the_file_tells(empty_url: str, write: Write, name: str, version: str) -> None:
    run(empty_url, write(rec(1), name=name))
    with answering(empty_url) as asked:
        assert asked("/v1/packs")["items"][0]["version"] == version


CHANGES: dict[str, tuple[Cells, dict[str, int], set[str]]] = {
    "a number of deaths": ({"best": "4"}, {"claims updated": 1, "events updated": 1}, {"ucdp-ged:1", "ucdp-ged:1:0"}),
    "a cell that only the shape of UCDP shows": ({"deaths_a": "2"}, {"events updated": 1}, {"ucdp-ged:1"}),
    "a headline": (
        {"source_article": '"Imaginary Wire,2014-03-06,Other"'},
        {"claims updated": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:1"},
    ),
    "a day": (
        {"date_end": "2014-03-06", "date_prec": "2"},
        {"claims updated": 2, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0", "ucdp-ged:1:1"},
    ),
    "another source": (
        {"source_article": '"Imaginary Wire,2014-03-06,Shots near the mill";"Imaginary Wire,2014-03-06,More"'},
        {"claims added": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:2"},
    ),
    "no source": (
        {"source_article": "", "source_office": "", "source_date": "", "source_headline": "", "source_original": ""},
        {"claims updated": 1, "claims removed": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0"},
    ),
    "a side": (
        {"side_b_new_id": "15", "side_b": "Other Front"},
        {"actors added": 1, "claims updated": 2, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0", "ucdp-ged:1:1", "ucdp-actor:15"},
    ),
}


@pytest.mark.each_database
@pytest.mark.parametrize("change", CHANGES)
def test_a_newer_version_updates_exactly_what_differs(empty_url: str, write: Write, change: str) -> None:
    cells, counts, changed = CHANGES[change]
    others = (rec(2, latitude="36.6"), rec(3, latitude="36.7"))
    run(empty_url, write(rec(1), *others))
    newer = write(rec(1, **cells), *others)
    done = run(empty_url, newer)
    assert (done.revision, counts_of(done)) == (2, counts)
    assert {id_ for (_, id_), revision in revisions(empty_url).items() if revision == 2} == changed
    assert clean(empty_url)
    assert run(empty_url, newer).revision is None


def test_a_cell_that_v1_does_not_show_changes_the_answer_in_ucdps_shape_and_every_etag(
    empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1)))
    paths = ("/compat/ucdp/api/gedevents/25.1", "/v1/events/ucdp-ged:1")
    with TestClient(create_app(Settings(database_url=empty_url))) as client:
        before = [client.get(path) for path in paths]
        run(empty_url, write(rec(1, deaths_a="2")))
        after = [client.get(path) for path in paths]
        assert before[0].json()["Result"][0]["deaths_a"] == 1
        assert after[0].json()["Result"][0]["deaths_a"] == 2
        assert [one.headers["etag"] == other.headers["etag"] for one, other in zip(before, after, strict=True)] == [
            False,
            False,
        ]
        assert after[1].json() == before[1].json() | {"revision": 2}
        _, told = entries(lambda path, **params: client.get(path, params=params).json(), 1)
        assert [(entry["resource"], entry["action"], entry["id"]) for entry in told] == [
            ("events", "updated", "ucdp-ged:1")
        ]


@pytest.mark.each_database
def test_fewer_sources_remove_claims(empty_url: str, write: Write) -> None:
    three = '"Imaginary Wire,2014-03-06,a";"Fable Times,2014-03-07,b";"Saga Monitor,2014-03-08,c"'
    run(empty_url, write(rec(1, source_article=three)))
    done = run(empty_url, write(rec(1, source_article='"Fable Times,2014-03-07,b"')))
    assert counts_of(done) == {"claims updated": 2, "claims removed": 2, "events updated": 1}
    assert set(removals(empty_url)) == {("claims", "ucdp-ged:1:2"), ("claims", "ucdp-ged:1:3")}
    assert clean(empty_url)


@pytest.mark.each_database
@pytest.mark.parametrize("cells", [{"side_b": "New Front"}, {"dyad_name": "Army - New Front"}])
def test_a_newer_version_renames_an_actor_in_every_row(
    empty_url: str, other_empty_url: str, write: Write, cells: Cells
) -> None:
    run(empty_url, write(rec(1), rec(2)))
    newer = write(rec(1, **cells), rec(2, **cells))
    run(empty_url, newer)
    run(other_empty_url, newer)
    assert holds(empty_url)["actor"] == holds(other_empty_url)["actor"]


def test_an_import_without_a_snapshot_removes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)))
    done = run(empty_url, write(rec(2)))
    assert (counts_of(done), removals(empty_url)) == ({}, {})


def test_what_is_covered_is_what_is_held_not_what_was_read_last(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1, date_start="1999-01-01", date_end="1999-01-01", country_id="475")))
    run(empty_url, write(rec(2)))
    with answering(empty_url) as asked:
        coverage = asked("/v1/packs")["items"][0]["coverage"]
    assert {name: coverage[name] for name in ("from", "until", "area")} == {
        "from": "1999-01-01",
        "until": "2014-03-05",
        "area": ["ucdp-country:afg", "ucdp-country:nga"],
    }


def test_a_file_with_a_header_alone_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)))
    before = holds(empty_url)
    done = run(empty_url, write())
    assert holds(empty_url) == before
    assert (done.rows, done.revision) == (0, None)


# The same id twice.


def test_a_second_row_with_an_id_is_rejected_in_a_file_and_across_files(empty_url: str, write: Write) -> None:
    one = write(rec(1), rec(2), rec(1, best="9"), name="one.csv")
    other = write(rec("2.0", best="9"), rec(3), name="other.csv")
    done = run(empty_url, one, other, snapshot="made-up")
    assert [(name, row.line, row.id, row.field, row.value, row.reason) for name, row in done.rejected] == [
        (str(one), 4, "1", "id", "1", "was there before"),
        (str(other), 2, "2", "id", "2", "was there before"),
    ]
    with answering(empty_url) as asked:
        events = asked("/v1/events")["items"]
    assert {row["id"]: row["deaths"]["best"] for row in events} == {
        "ucdp-ged:1": 3,
        "ucdp-ged:2": 3,
        "ucdp-ged:3": 3,
    }


def test_a_good_row_after_a_rejected_one_with_its_id_is_read(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(rec(1, where_prec="9"), rec(1)))
    assert (done.rows, len(done.rejected)) == (1, 1)
