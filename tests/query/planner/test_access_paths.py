"""Whichever way an answer is found, it is the same answer: every path that SQLite can be told gives the same rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection

from app.db.engine import is_embedded
from app.db.spatial_index import TEMPORAL_TABLES
from app.query.lists import fetch
from app.query.lists.definition import ListDefinition
from app.query.lists.fetch import fetch_page
from app.query.params.param import ListQuery
from app.query.planner.access_paths import LIST_SUBJECT, UNHINTED, AccessPath
from app.query.predicates.forms import SemiJoin
from app.resources import STORED_LISTS

PATHS_ON_POSTGRESQL = 3
LISTS = [name for name, resource in STORED_LISTS.items() if resource.listing.indexes]


def possible(listing: ListDefinition, asked: ListQuery, by_date: bool) -> Iterator[AccessPath]:
    """Every path that fits a question, with its conditions put to row after row, and with all of them listed."""
    every = frozenset(asked.filters)
    for path in starts(listing, asked, by_date):
        yield path
        if path is not UNHINTED:
            yield replace(path, materialised=every)
        if path.driving_filter in ("bbox", "near") and by_date and knows_days(listing, asked):
            yield from (replace(path, lookback_rows=number, fallback=path) for number in (3, 10, 1000))
        if by_date:  # some of these days are too few to fill a page, some are enough
            days = (date(2021, 7, 4), date(2021, 6, 1))
            yield from (replace(path, lookback_date=day, fallback=UNHINTED) for day in days)


def knows_days(listing: ListDefinition, asked: ListQuery) -> bool:
    """Whether there is a tree of points that knows when the rows begin: of what is known now, on SQLite."""
    here = is_embedded(asked.connection.engine) and listing.table.name in TEMPORAL_TABLES
    return here and not asked.get("known_by")


def starts(listing: ListDefinition, asked: ListQuery, by_date: bool) -> Iterator[AccessPath]:
    """Where an answer may start."""
    indexes = listing.indexes
    assert indexes
    yield UNHINTED
    past = indexes.current_only is not None and asked.get("known_by") is not None
    if by_date:
        yield AccessPath(indexes.by_date_all_versions) if past else AccessPath(indexes.by_date, ordered=True)
    for name, value in asked.filters.items():
        param = listing.params.get(name)
        test = param.predicate(value, asked) if param and param.predicate and value is not None else None
        if isinstance(test, SemiJoin):
            column: Any = test.column
            if column.table is listing.table and column.name in indexes.by_key:
                yield AccessPath(indexes.by_key[column.name], driving_filter=name)
        elif name in indexes.rare_codes and set(value) <= set(indexes.rare_codes[name][1]):
            yield AccessPath(indexes.rare_codes[name][0], ordered=True)
        elif name in indexes.by_code and not past:
            yield AccessPath(indexes.by_code[name], ordered=len(value) == 1)
        elif name in indexes.by_value and not past:
            yield AccessPath(indexes.by_value[name])
    if listing.subject is not None:
        column = listing.subject.column
        yield AccessPath(indexes.by_key[column.name], driving_filter=LIST_SUBJECT)


def questions() -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """Yield lists and their filters, each alone and beside others."""
    for name in LISTS:
        listing = STORED_LISTS[name].listing
        filters = {p.name: p.example for p in listing.params.values() if p.predicate or p.resolver}
        for filter_, example in filters.items():
            if filter_ in ("radius_km", "date_match"):  # says how another one is meant
                continue
            asked = {filter_: example} | ({"radius_km": "500"} if filter_ == "near" else {})
            beside = [{}, {"country": "AFG"}]
            if filter_ != "datetime":
                beside += [
                    {"datetime": "2021-06-20/2021-07-03"},
                    {"datetime": "../2021-06-30", "date_match": "certain"},
                ]
            yield name, filter_, [asked | other for other in beside]


def rows_of(listing: ListDefinition, query: dict[str, str], limit: str, connection: Connection) -> list[str]:
    request = listing.parse([*query.items(), ("limit", limit)])
    return [row for batch in fetch_page(listing, request, connection).batches for row, _ in batch]


@pytest.mark.parametrize(
    ("name", "queries"), [pytest.param(name, queries, id=f"{name}?{filter_}") for name, filter_, queries in questions()]
)
def test_every_path_gives_the_same_rows(
    name: str, queries: list[dict[str, str]], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in queries:
        assert_paths_agree(name, query, connection, monkeypatch)


def assert_paths_agree(
    name: str, query: dict[str, str], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = STORED_LISTS[name].listing
    seen: list[AccessPath] = []
    asked_for = []

    def chosen(listing: ListDefinition, asked: ListQuery, limit: int | None, *, by_date: bool) -> AccessPath:
        ways = list(possible(listing, asked, by_date))
        # PostgreSQL takes no hints: there a few paths show that it passes over them.
        seen[:] = ways if is_embedded(connection.engine) else ways[:PATHS_ON_POSTGRESQL]
        asked_for.append(at)
        return ways[at]

    monkeypatch.setattr(fetch, "_choose_path", chosen)
    found: dict[int, list[list[str]]] = {}
    at = 0
    while at == 0 or at < len(seen):
        found[at] = [rows_of(listing, query, limit, connection) for limit in ("7", "1000")]
        at += 1
    assert asked_for == [number for number in range(len(seen)) for _ in range(2)]
    assert seen[0] == UNHINTED
    assert all(rows == found[0] for rows in found.values()), query
