"""Importing ACLED again: newer rows update, snapshots remove."""

from pathlib import Path
from unittest.mock import patch

import pytest
from conftest import SEED, Databases, engine_for
from factories.acled import OLD_ACLED_COLUMNS as OLD_COLUMNS
from factories.acled import OLD_ACLED_ROW as OLD
from factories.acled import acled_bytes
from factories.ged import ged_bytes
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from stored_state import answering, clean, counts_of, emptied, holds, newest, removals

from app.errors import BrokenPackError
from app.ingest.datasets.acled.dataset import ACLED
from app.ingest.datasets.core import run as imports
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.packs.load import load_packs
from ingest.datasets.acled.acled_import import (
    FRONT,
    ROWS,
    Cells,
    Write,
    ids,
    row,
    run,
    served,
)
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import other_empty_url as other_empty_url
from ingest.datasets.acled.acled_import import write as write

# Importing again.


@pytest.mark.each_database
@pytest.mark.parametrize("snapshot", [None, "acled"])
def test_importing_the_same_again_changes_nothing(empty_url: str, write: Write, snapshot: str | None) -> None:
    path = write(*ROWS)
    run(empty_url, path, snapshot=snapshot)
    before = holds(empty_url)
    again = run(empty_url, path, snapshot=snapshot)
    assert (again.revision, counts_of(again)) == (None, {})
    assert holds(empty_url) == before


@pytest.mark.each_database
def test_whatever_is_held_in_memory_at_a_time_importing_again_changes_nothing(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*ROWS, row(20, actor1="Mill Guard", inter1="Political militia"), row(21, assoc_actor_1="Mill Front")]
    path = write(*rows)
    run(other_empty_url, path, snapshot="made-up")
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 1)
    run(empty_url, path, snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    for snapshot in (None, "made-up"):
        if snapshot:
            again = run(empty_url, path, snapshot=snapshot)
            assert (again.revision, counts_of(again)) == (None, {})


@pytest.mark.each_database
def test_the_order_of_rows_and_files_makes_no_difference(empty_url: str, other_empty_url: str, write: Write) -> None:
    rows = [
        row(1, actor1="Mill Guard", inter1="Political militia"),
        *(row(n, assoc_actor_1="Mill Guard") for n in (2, 3)),
    ]
    run(empty_url, write(*rows))
    for one in reversed(rows):
        run(other_empty_url, write(one))
    assert holds(empty_url) == holds(other_empty_url)
    assert counts_of(run(empty_url, write(rows[1]))) == {}


def test_an_actor_keeps_the_spelling_that_was_read_first(empty_url: str, write: Write) -> None:
    one, other = write(row(1)), write(row(2, actor1="MILL-FRONT"))
    run(empty_url, one)
    assert counts_of(run(empty_url, other)) == {"claims added": 3, "events added": 1}
    assert counts_of(run(empty_url, one)) == counts_of(run(empty_url, other)) == {}
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP2")["actors"][0]["name"] == "Mill Front"
        assert served(asked)["XMP2"]["actor1"] == "MILL-FRONT"


variants = st.fixed_dictionaries(
    {
        "actor1": st.sampled_from(["Mill Front", "MILL FRONT", "Mill Guard"]),
        "inter1": st.sampled_from(["Rebel group", "State forces", "8", "0"]),
        "assoc_actor_1": st.sampled_from(["", "Mill Guard; Mill Front"]),
        "sub_event_type": st.sampled_from(["Armed clash", "Government regains territory"]),
        "iso": st.sampled_from(["4", "566", "0"]),
        "country": st.sampled_from(["Nowhere", "Tajikistan"]),
        "admin1": st.sampled_from(["Mill province", ""]),
        "geo_precision": st.sampled_from(["1", "3"]),
        "time_precision": st.sampled_from(["1", "2"]),
        "source": st.sampled_from(["", "Imaginary Wire", "Imaginary Wire; Village Radio"]),
        "timestamp": st.sampled_from(["", "1400000000", "1500000000"]),
        "notes": st.sampled_from(["One.", "Other."]),
    }
)
states = st.dictionaries(st.integers(1, 4), variants, max_size=4)
few = settings(max_examples=5, derandomize=True, phases=[Phase.generate])


@pytest.mark.each_database
@few
@given(sequence=st.lists(states, min_size=2, max_size=4), held=st.sampled_from([1, 2, 1000]))
def test_any_sequence_of_snapshots_ends_like_a_fresh_import_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]], held: int
) -> None:
    path = tmp_path_factory.mktemp("states") / "acled.csv"
    url, fresh = map(emptied, empty_urls)
    with patch.object(imports, "RECORDS_PER_BATCH", held):
        for state in sequence:
            path.write_bytes(acled_bytes(*(row(number, **cells) for number, cells in state.items())))
            run(url, path, snapshot="made-up")
            assert counts_of(run(url, path, snapshot="made-up")) == {}
    run(fresh, path, snapshot="made-up")
    assert holds(url) == holds(fresh)
    assert clean(url)


def test_an_actor_of_a_snapshot_is_what_its_files_say_now(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, inter1="State forces"), row(2)), snapshot="made-up")
    kinds = []
    for inter1 in ("Rebel group", "External/Other forces"):
        run(empty_url, write(row(1, inter1=inter1), row(2, inter1=inter1)), snapshot="made-up")
        with answering(empty_url) as asked:
            kinds.append(asked(f"/v1/actors/{FRONT}")["kind"])
    assert kinds == ["rebel_group", "international_forces"]
    assert clean(empty_url)


@pytest.mark.each_database
def test_a_newer_timestamp_updates_and_an_older_one_does_not(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, fatalities="5", timestamp="1500000000"), row(2)))
    newer = run(empty_url, write(row(1, fatalities="6", timestamp="1500000001"), row(2)))
    assert counts_of(newer) == {"events updated": 1, "claims updated": 1}
    older = run(empty_url, write(row(1, fatalities="5", timestamp="1500000000"), row(2)))
    assert (older.revision, older.outdated_rows, counts_of(older)) == (None, 1, {})
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP1")["deaths"]["best"] == 6
        assert served(asked)["XMP1"]["timestamp"] == "1500000001"


@pytest.mark.each_database
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("held", [1, 1000])
def test_of_two_rows_of_one_event_the_newer_counts(
    empty_url: str,
    other_empty_url: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    order: tuple[int, int],
    held: int,
) -> None:
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", held)
    versions = [row(1, fatalities="9", source="Imaginary Wire"), row(1, timestamp="1500000000")]
    done = run(empty_url, write(*(versions[at] for at in order)))
    assert (done.rejected, done.outdated_rows) == ([], 1 if order == (1, 0) else 0)
    run(other_empty_url, write(versions[1]))
    assert holds(empty_url) == holds(other_empty_url)


def test_the_same_row_twice_is_one_and_two_rows_that_differ_without_telling_why_are_not(
    empty_url: str, write: Write
) -> None:
    path = write(row(1), row(1), row(1, fatalities="8"))
    done = run(empty_url, path)
    assert [(name, found.line, found.field, found.reason) for name, found in done.rejected] == [
        (str(path), 4, "timestamp", "was there before with this timestamp and other cells")
    ]
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP1")["deaths"]["best"] == 3


def test_a_cell_that_v1_does_not_show_changes_the_answer_in_acleds_shape(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    done = run(empty_url, write(row(1, notes="Other notes.", timestamp="1500000000")))
    assert counts_of(done) == {"events updated": 1}
    with answering(empty_url) as asked:
        assert served(asked)["XMP1"]["notes"] == "Other notes."


def test_the_old_layout_after_the_new_one_is_the_same_event_with_its_own_codes(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    done = run(empty_url, write(row(1), columns=OLD_COLUMNS, plain=OLD))
    assert counts_of(done) == {"events updated": 1}
    with answering(empty_url) as asked:
        assert served(asked)["XMP1"]["inter1"] == "2"


# Snapshots and removal.


@pytest.mark.each_database
def test_a_snapshot_removes_what_its_files_lack_and_what_only_that_referred_to(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    run(empty_url, write(*ROWS), snapshot="made-up")
    done = run(empty_url, write(*ROWS[:2]), snapshot="made-up")
    assert counts_of(done)["events removed"] == 6
    assert {id_ for (resource, id_) in removals(empty_url) if resource == "events"} == {
        f"acled:XMP{number}" for number in range(3, 9)
    }
    run(other_empty_url, write(*ROWS[:2]), snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    with answering(empty_url) as asked:
        gone = asked("/compat/acled/api/deleted/read")["data"]
    assert sorted(found["event_id_cnty"] for found in gone) == [f"XMP{number}" for number in range(3, 9)]


def test_a_snapshot_keeps_what_a_rejected_row_is_the_newer_version_of(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1), row(2)), snapshot="made-up")
    done = run(empty_url, write(row(1), row(2, geo_precision="7")), snapshot="made-up")
    assert (done.revision, len(done.rejected)) == (None, 1)
    done = run(empty_url, write(row(1), row(2) | {"event_id_cnty": "X P"}), snapshot="made-up")
    assert (done.revision, len(done.rejected)) == (None, 1)


@pytest.mark.each_database
def test_an_event_of_another_dataset_is_refused(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)), snapshot="one")
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(row(1)), snapshot="other")
    assert "is in one already" in str(refused.value.problems[0])
    assert newest(empty_url) == 1


@pytest.mark.each_database
def test_ged_and_acled_share_the_countries_that_no_pack_has(
    empty_url: str, other_empty_url: str, write: Write, tmp_path: Path
) -> None:
    ged = tmp_path / "ged.csv"
    ged.write_bytes(ged_bytes({"country": "Nigeria", "country_id": "475"}))
    acled = write(row(7, iso="566", country="Nigeria"))
    nations = []
    for url, order in ((empty_url, (UCDP_GED, ACLED)), (other_empty_url, (ACLED, UCDP_GED))):
        for dataset in order:
            with engine_for(url, read_only=False) as engine:
                import_dataset(engine, dataset, [ged if dataset is UCDP_GED else acled], None, lambda *_: None)
        with answering(url) as asked:
            assert ids(asked("/v1/events", place="Nigeria")) == {"ucdp-ged:999000010", "acled:XMP7"}
            nations.append([item["id"] for item in asked("/v1/locations", kind="country")["items"]])
        assert clean(url)
    assert nations == [["ucdp-country:nga"], ["acled-country:nga"]]


@pytest.mark.each_database
def test_curated_answers_stay_and_the_seed_loads_again(databases: Databases, write: Write) -> None:
    url = databases.loaded()
    with answering(url) as asked:
        before = asked("/v1/events", limit=1000, category="control_change")["items"]
    run(url, write(*(row(at, actor1="Taliban", location="Kaldar", admin1="Balkh", admin2="Kaldar") for at in (1, 2))))
    with engine_for(url, read_only=False) as engine:
        assert [loaded.revision for loaded in load_packs(engine, SEED)] == [None]
    with answering(url) as asked:
        assert asked("/v1/events", limit=1000, category="control_change")["items"] == before
        assert "acled:XMP1" not in ids(asked("/v1/events", actor="taliban", limit=1000))
        assert ids(asked("/v1/events", actor="acled-actor:taliban")) == {"acled:XMP1", "acled:XMP2"}
