"""Any sequence of imports ends like a fresh import."""

from pathlib import Path
from typing import Any

import pytest
from factories.ged import ged_bytes
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from stored_state import (
    answering,
    applied,
    clean,
    emptied,
    entries,
    holds,
    lists,
)

from ingest.datasets.ucdp_ged.ged_import import GIVEN, Cells, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls

# Any sequence of imports.

variants = st.fixed_dictionaries(
    {
        "best": st.sampled_from(["3", "7"]),
        "side_b": st.sampled_from(["Front", "Renamed Front"]),
        "side_b_new_id": st.sampled_from(["14", "15", "303"]),
        "where_coordinates": st.sampled_from(["Mill village", "Weir"]),
        "adm_1": st.sampled_from(["Mill province", "Far province", ""]),
        "country_id": st.sampled_from(["700", "475", "9998"]),
        "source_article": st.sampled_from(
            ["", '"Imaginary Wire,2014-03-06,x"', '"Fable Times,2014-03-06,y";"Saga Monitor,1753-01-01,z"']
        ),
        "source_original": st.sampled_from(["", "army", "police; witnesses"]),
        "deaths_a": st.sampled_from(["1", "2"]),
    }
)
states = st.dictionaries(st.integers(1, 4), variants, max_size=4)
few = settings(max_examples=4, derandomize=True, phases=[Phase.generate])


def write_state(folder: Path, state: dict[int, Cells]) -> Path:
    path = folder / "ged.csv"
    path.write_bytes(ged_bytes(*(rec(number, **cells) for number, cells in state.items())))
    return path


@pytest.mark.each_database
@few
@given(sequence=st.lists(states, min_size=2, max_size=4))
def test_any_sequence_of_snapshots_ends_like_a_fresh_import_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url, fresh = map(emptied, empty_urls)
    for state in sequence:
        run(url, write_state(folder, state), snapshot="made-up")
    run(fresh, write_state(folder, sequence[-1]), snapshot="made-up")
    assert holds(url) == holds(fresh)


@pytest.mark.each_database
@few
@given(sequence=st.lists(states, min_size=2, max_size=3), limit=st.sampled_from([9, 1000]))
def test_a_copy_kept_by_the_feed_follows_any_sequence_of_imports(
    empty_urls: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    sequence: list[dict[int, Cells]],
    limit: int,
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url = emptied(empty_urls[0])
    copies: list[tuple[int, Any]] = [(0, {})]
    with answering(url) as asked:
        for at, state in enumerate(sequence):
            run(url, write_state(folder, state), snapshot=None if at % 2 else GIVEN)
            now = lists(asked)
            for since, copy in copies:
                revision, told = entries(asked, since, limit)
                assert applied(copy, told) == now
            copies.append((revision, now))
    assert clean(url)


@few
@given(sequence=st.lists(states, min_size=2, max_size=3))
def test_any_sequence_of_imports_without_snapshot_keeps_the_last_version_of_each_record(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url, fresh = map(emptied, empty_urls)
    last: dict[int, Cells] = {}
    for state in sequence:
        # One name for each number: of two in the files that are there, the one that was read last stands.
        named = {number: cells | {"side_b": f"Side {cells['side_b_new_id']}"} for number, cells in state.items()}
        run(url, write_state(folder, named))
        last |= named
    run(fresh, write_state(folder, last))
    now, wanted = holds(url), holds(fresh)
    for name in (
        "event",
        "claim",
        "event_version",
        "ged_event",
        "claim_hop",
        "figure",
        "event_actor",
        "event_location",
    ):
        assert now[name] == wanted[name]
    assert clean(url)
