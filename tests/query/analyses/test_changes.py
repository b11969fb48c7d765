"""The feed of changes: a copy that is kept by it equals a fresh copy and what the lists serve."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import PACK, Databases
from factories.packs import Look, War, looks, wars
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from stored_state import RESOURCES, Copy, GetOk, answering, applied, emptied, entries, lists, load


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database that tests empty and fill in turn."""
    return databases.migrated()


# The article's pack, loaded once.


def test_from_the_beginning_everything_is_added_as_the_lists_serve_it(get_ok: GetOk) -> None:
    revision, told = entries(get_ok, 0)
    assert revision == 1
    assert {entry["action"] for entry in told} == {"added"}
    assert applied({}, told) == lists(get_ok)
    assert {name for name, _ in lists(get_ok)} == set(RESOURCES)


def test_after_the_newest_revision_there_is_nothing(get_ok: GetOk) -> None:
    assert entries(get_ok, 1) == (1, [])


def test_the_feed_is_in_the_order_of_revision_resource_and_id_whatever_the_page(get_ok: GetOk) -> None:
    _, told = entries(get_ok, 0)
    order = [(entry["revision"], entry["resource"], entry["id"]) for entry in told]
    assert order == sorted(set(order))
    assert entries(get_ok, 0, limit=37)[1] == told


@pytest.mark.parametrize(("since", "reason"), [("2", "revision 1"), ("-1", ""), ("one", ""), ("9999999999", "")])
def test_a_revision_that_is_not_there_yet_is_refused(get_problem: GetOk, since: str, reason: str) -> None:
    problem = get_problem("/v1/changes", since=since)
    assert (problem["parameter"], problem["value"]) == ("since", since)
    assert reason in problem["reason"]


def test_a_revision_must_be_named_and_a_cursor_be_one_of_the_feed(get_problem: GetOk, get_ok: GetOk) -> None:
    assert get_problem("/v1/changes")["parameter"] == "since"
    assert get_problem("/v1/changes", since=0, cursor="made-up")["parameter"] == "cursor"
    other = get_ok("/v1/events", limit=1)["next"].partition("cursor=")[2]
    assert get_problem("/v1/changes", since=0, cursor=other)["parameter"] == "cursor"


# Small packs, loaded again and again.


def test_what_was_added_updated_and_removed_is_told_from_each_revision(url: str, tmp_path: Path) -> None:
    emptied(url)
    for war in (War(), War(flood=True), War(title="The ford falls", flood=True), War(title="The ford falls")):
        war.write(tmp_path)
        load(url, tmp_path)
    with answering(url) as asked:

        def told(since: int) -> list[tuple[int, str, str, str]]:
            return [
                (entry["revision"], entry["action"], entry["resource"], entry["id"])
                for entry in entries(asked, since)[1]
            ]

        assert told(3) == [(4, "removed", "claims", "flood-p4"), (4, "removed", "events", "flood")]
        assert told(2) == [
            (3, "updated", "claims", "ford-taken-p1"),
            (3, "updated", "events", "ford-taken"),
            *told(3),
        ]
        assert told(1) == told(2)
        assert {action for _, action, _, id_ in told(0) if id_ == "ford-taken"} == {"added"}


def test_what_was_removed_and_came_back_is_added_again(url: str, tmp_path: Path) -> None:
    emptied(url)
    for flood in (True, False, True):
        War(flood=flood).write(tmp_path)
        load(url, tmp_path)
    with answering(url) as asked:
        for since in (1, 2):
            assert [(entry["revision"], entry["action"], entry["id"]) for entry in entries(asked, since)[1]] == [
                (3, "added", "flood-p4"),
                (3, "added", "flood"),
            ]


def test_a_merged_id_says_what_it_was_merged_into(url: str, tmp_path: Path) -> None:
    emptied(url)
    War().write(tmp_path)
    load(url, tmp_path)
    War(loose_id="lost").write(tmp_path)
    (tmp_path / "eastern-war" / "merged.toml").write_text('[actors]\n"loose" = "lost"\n', encoding="utf-8")
    load(url, tmp_path)
    with answering(url) as asked:
        _, told = entries(asked, 1)
        removal, addition = told
        assert removal == {
            "revision": 2,
            "action": "removed",
            "resource": "actors",
            "id": "loose",
            "merged_into": "lost",
        }
        assert addition == {
            "revision": 2,
            "action": "added",
            "resource": "actors",
            "id": "lost",
            "row": asked("/v1/actors/lost"),
        }


def test_a_renamed_actor_is_renamed_in_every_row_of_the_copy(databases: Databases, seed_dir: Path) -> None:
    url = databases.loaded()
    with answering(url) as asked:
        copy = applied({}, entries(asked, 0)[1])
    path = seed_dir / PACK / "actors.toml"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace('name = "Taliban"', 'name = "The Movement"', 1), encoding="utf-8")
    load(url, seed_dir)
    with answering(url) as asked:
        _, told = entries(asked, 1)
        assert applied(copy, told) == lists(asked)
        # origins are sources, of which one has the id and name of the actor
        events = [row | {"corroboration": None} for row in asked("/v1/events", limit=1000)["items"]]
        named = [text for text in map(json.dumps, events) if '"id": "taliban"' in text]
    assert len(named) > 10
    assert all('{"id": "taliban", "name": "Taliban"' not in text for text in named)
    assert {entry["action"] for entry in told} == {"updated"}


MERGES = {
    "loose": '[actors]\n"lost" = "loose"\n',
    "lost": '[actors]\n"loose" = "lost"\n',
}


@settings(max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(
    variants=st.lists(
        st.tuples(wars, looks, st.sampled_from(["merge", "plain"]), st.booleans()), min_size=2, max_size=3
    ),
    limit=st.sampled_from([4, 9, 1000]),
)
def test_a_copy_kept_by_the_feed_equals_a_fresh_one_after_any_sequence_of_loads(
    url: str,
    tmp_path_factory: pytest.TempPathFactory,
    variants: list[tuple[War, Look, str, bool]],
    limit: int,
) -> None:
    folder = tmp_path_factory.mktemp("variants")
    emptied(url)
    copies: list[tuple[int, Copy]] = [(0, {})]
    try:
        with answering(url) as asked:
            for war, look, merging, keep in variants:
                war.write(folder)
                look.write(folder)
                if merging == "merge":
                    merged = folder / "eastern-war" / "merged.toml"
                    merged.write_text(MERGES[war.loose_id], encoding="utf-8")
                load(url, folder)
                served = lists(asked)
                fresh = applied({}, entries(asked, 0)[1])
                assert fresh == served
                caught_up = []
                for since, copy in copies:
                    revision, told = entries(asked, since, limit)
                    assert applied(copy, told) == served
                    caught_up.append((revision, served))
                # Some copies are kept up to date at every step, some fall behind for a while.
                copies = [(0, {}), *([caught_up[-1]] if keep else []), *copies[1:]][:4]
    finally:
        shutil.rmtree(folder)


def test_a_load_between_two_pages_loses_nothing(url: str, tmp_path: Path) -> None:
    emptied(url)
    War(flood=True).write(tmp_path)
    load(url, tmp_path)
    with answering(url) as asked:
        page = asked("/v1/changes", since=0, limit=5)
        copy = applied({}, page["items"])
        War(rebels="New Model Army", loose_id="lost").write(tmp_path)
        load(url, tmp_path)
        while page["next"]:
            page = asked("/v1/changes", since=0, limit=5, cursor=page["next"].partition("cursor=")[2])
            copy = applied(copy, page["items"])
        assert page["revision"] == 2
        assert copy == lists(asked)
