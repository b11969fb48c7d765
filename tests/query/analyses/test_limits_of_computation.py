"""What Python computes ends at the deadline, is computed once per revision, and is made while it is taken."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from conftest import Databases, engine_for
from factories.packs import copy_with_second
from factories.scale import HUB, KINDS, store
from sqlalchemy import Connection, Engine
from stored_state import load
from waiting import MAX_WAIT_SECONDS

from app.db.engine import read_transaction
from app.deadlines import deadline_in
from app.errors import UnavailableError
from app.query.analyses import contradictions, control, kept, occasions
from app.query.analyses.kept import MAX_KEPT_IDS, keep_for_revision
from app.query.analyses.totals import TOTALS_PARAMS, totals
from app.query.lists.page import ROWS_PER_BATCH, Page
from app.query.lists.request import parse_list_request
from app.resources import COMPUTED_LISTS, ComputedList, timeline_list

COMPUTED = [*COMPUTED_LISTS.values(), timeline_list("kaldar")]
STREAMED = [listing for listing in COMPUTED if "limit" in listing.params and listing.name != "search"]
"""Lists whose rows are made while they are taken; hits of a search are sorted first."""
PAIRS = {
    "control": [("as_of", "2021-07-01")],
    "control/summary": [("datetime", "2021-06-01/2021-07-05")],
    "stats": [("group_by", "actor")],
    "density": [("zoom", "6")],
    "search": [("q", "Hairatan")],
    "resolve": [("q", "Hairatan")],
    "changes": [("since", "0")],
}
"""Parameters that a list needs."""


def ask(listing: ComputedList, connection: Connection, *pairs: tuple[str, str]) -> Page:
    request = listing.parse([*PAIRS.get(listing.name, ()), *pairs])
    return listing.fetch(connection, request, with_points=False)


def rows_of(page: Page) -> list[str]:
    return [row for batch in page.batches for row, _ in batch]


@pytest.fixture(scope="module")
def packs(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The pack that ships with Oxus and one that retells it, so that no list is empty."""
    url = databases.migrated()
    load(url, copy_with_second(tmp_path_factory.mktemp("two") / "packs"))
    with engine_for(url, read_only=True) as reading:
        yield reading


def with_limit(listing: ComputedList, limit: str) -> list[tuple[str, str]]:
    return [("limit", limit)] if "limit" in listing.params else []


@pytest.mark.parametrize("limit", ["1", "all"])
@pytest.mark.parametrize("listing", COMPUTED, ids=lambda listing: listing.name)
def test_what_is_computed_ends_at_the_deadline(listing: ComputedList, limit: str, packs: Engine) -> None:
    with read_transaction(packs, MAX_WAIT_SECONDS) as connection:
        for _ in range(2):  # also where what was computed before is kept
            with deadline_in(-1), pytest.raises(UnavailableError):
                rows_of(ask(listing, connection, *with_limit(listing, limit)))
            assert rows_of(ask(listing, connection))


@pytest.mark.parametrize("listing", STREAMED, ids=lambda listing: listing.name)
def test_rows_of_an_export_are_made_as_long_as_there_is_time(listing: ComputedList, packs: Engine) -> None:
    with read_transaction(packs, MAX_WAIT_SECONDS) as connection:
        page = ask(listing, connection, ("limit", "all"))
        with deadline_in(-1), pytest.raises(UnavailableError):
            rows_of(page)


def test_totals_end_at_the_deadline(packs: Engine) -> None:
    request = parse_list_request([], TOTALS_PARAMS)
    with (
        read_transaction(packs, MAX_WAIT_SECONDS) as connection,
        deadline_in(-1),
        pytest.raises(UnavailableError),
    ):
        totals(connection, request, 1, [])


@pytest.fixture(scope="module")
def engine(databases: Databases) -> Iterator[Engine]:
    """A database with more rows of each kind than one group or batch holds."""
    url = databases.migrated()
    with engine_for(url, read_only=False) as writing:
        store(writing, KINDS["changes of control at one place"](300))
    with engine_for(url, read_only=True) as reading:
        yield reading


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that are asked, in turn."""
    asked: list[str] = []

    def count(module: Any, name: str) -> None:
        rule: Callable[..., Any] = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given: asked.append(name) or rule(*given))

    count(contradictions, "control_contradictions")
    count(occasions, "possible_duplicates")
    return asked


def test_paging_computes_what_filters_do_not_change_once(engine: Engine, counted: list[str]) -> None:
    listing = COMPUTED_LISTS["contradictions"]
    found: list[str] = []
    cursor: list[tuple[str, str]] = []
    for _ in range(4):
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            page = ask(listing, connection, ("limit", "1"), *cursor)
            found += rows_of(page)
            if page.next is None:
                break
            cursor = [("cursor", page.next)]
    with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        assert rows_of(ask(listing, connection, ("limit", "4"))) == found
        ask(listing, connection, ("actor", "crown"))
        ask(COMPUTED_LISTS["duplicates"], connection)
    assert sorted(counted) == ["control_contradictions", "possible_duplicates"]


class Result:
    def __init__(self, weight: int) -> None:
        self.weight = weight


def test_what_is_too_large_is_kept_by_nobody_and_what_is_old_goes(engine: Engine) -> None:
    with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        made: list[int] = []

        def get(key: str, weight: int) -> None:
            keep_for_revision(connection, key, lambda: made.append(weight) or Result(weight))  # type: ignore[func-returns-value]

        for _ in range(2):
            get("large", MAX_KEPT_IDS)
        assert made == [MAX_KEPT_IDS] * 2
        for at in range(50):
            get(f"result {at}", MAX_KEPT_IDS // 5)
        store = kept.revision_cache(connection)["kept results"]
        assert store.results.currsize <= MAX_KEPT_IDS
        made.clear()
        get("result 49", MAX_KEPT_IDS // 5)
        get("result 0", MAX_KEPT_IDS // 5)
        assert made == [MAX_KEPT_IDS // 5]


def test_two_who_ask_at_once_compute_once_and_a_waiting_one_ends_at_its_deadline(engine: Engine) -> None:
    begun, may_go_on, made = Event(), Event(), []

    def compute() -> Result:
        made.append(1)
        begun.set()
        assert may_go_on.wait(MAX_WAIT_SECONDS)
        return Result(1)

    def get() -> Result:
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            return keep_for_revision(connection, "at once", compute)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(get)
        assert begun.wait(MAX_WAIT_SECONDS)
        second = threads.submit(get)
        with deadline_in(-1), pytest.raises(UnavailableError):
            get()
        may_go_on.set()
        assert first.result(MAX_WAIT_SECONDS) is second.result(MAX_WAIT_SECONDS)
    assert made == [1]
    with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        assert not kept.revision_cache(connection)["kept results"].turns


@pytest.mark.parametrize("listed", [20_000, 5])
def test_a_timeline_is_read_in_pages_and_in_batches(
    engine: Engine, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "MAX_LISTED", listed)
    listing = timeline_list(HUB)
    with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        exported = ask(listing, connection, ("limit", "all"), ("count", "exact"))
        batches = list(exported.batches)
        whole = [row for batch in batches for row, _ in batch]
        assert exported.matched == len(whole)
        assert all(len(batch) <= ROWS_PER_BATCH for batch in batches)
        found: list[str] = []
        cursor: list[tuple[str, str]] = []
        while True:
            page = ask(listing, connection, ("limit", "70"), *cursor)
            shown = [json.loads(row) for row in rows_of(page)]
            assert sum(len(row["open"]) + len(row["inside"]) for row in shown[:-1]) <= listed
            found += rows_of(page)
            if page.next is None:
                break
            cursor = [("cursor", page.next)]
        assert found == whole
