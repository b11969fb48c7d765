"""Whichever way an answer is found, it is the same answer: every path that SQLite can be told gives the same rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import is_embedded
from app.db.places import DATED
from app.query import pages
from app.query.costs import FREE, JOINED, Path
from app.query.listing import Listing
from app.query.params import Among, Asked
from app.resources import RESOURCES

LISTS = [name for name, resource in RESOURCES.items() if resource.listing.indexes]


def possible(listing: Listing, asked: Asked, by_date: bool) -> Iterator[Path]:
    """Every path that fits a question, with its conditions put to row after row, and with all of them listed."""
    every = frozenset(asked.values)
    for path in starts(listing, asked, by_date):
        yield path
        if path is not FREE:
            yield replace(path, listed=every)
            yield replace(path, listed_vague=every)
        if path.start in ("bbox", "near") and by_date and knows_days(listing, asked):
            yield from (replace(path, latest=number, otherwise=path) for number in (3, 10, 1000))
            yield replace(path, until=date(2021, 7, 4), latest=3, otherwise=path)
        if by_date:  # some of these days are too few to fill a page, some are enough
            yield from (replace(path, until=day, otherwise=FREE) for day in (date(2021, 7, 4), date(2021, 6, 1)))


def knows_days(listing: Listing, asked: Asked) -> bool:
    """Whether there is a tree of points that knows when the rows begin: of what is known now, on SQLite."""
    here = is_embedded(asked.connection.engine) and listing.rows.name in DATED
    return here and not asked.get("known_by")


def starts(listing: Listing, asked: Asked, by_date: bool) -> Iterator[Path]:
    """Where an answer may start."""
    indexes = listing.indexes
    assert indexes
    yield FREE
    past = indexes.now is not None and asked.get("known_by") is not None
    if by_date:
        yield Path(indexes.past) if past else Path(indexes.order, ordered=True)
    for name, value in asked.values.items():
        param = listing.params.get(name)
        test = param.where(value, asked) if param and param.where and value is not None else None
        if isinstance(test, Among):
            column: Any = test.column
            if column.table is listing.rows and column.name in indexes.keys:
                yield Path(indexes.keys[column.name], start=name)
        elif name in indexes.rare and set(value) <= set(indexes.rare[name][1]):
            yield Path(indexes.rare[name][0], ordered=True)
        elif name in indexes.ordered and not past:
            yield Path(indexes.ordered[name], ordered=len(value) == 1)
        elif name in indexes.sorted_by and not past:
            yield Path(indexes.sorted_by[name])
    if listing.joined is not None:
        column = listing.joined.column
        yield Path(indexes.keys[column.name], start=JOINED)


def questions() -> Iterator[tuple[str, dict[str, str]]]:
    for name in LISTS:
        listing = RESOURCES[name].listing
        filters = {p.name: p.example for p in listing.params.values() if p.where or p.means}
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
            yield from ((name, asked | other) for other in beside)


@pytest.mark.parametrize(("name", "query"), list(questions()))
def test_every_path_gives_the_same_rows(
    name: str, query: dict[str, str], forgetful: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[int, Any] = {}
    seen: list[Path] = []
    asked_for = []

    def chosen(listing: Listing, asked: Asked, limit: int | None, *, by_date: bool) -> Path:
        ways = list(possible(listing, asked, by_date))
        seen[:] = ways
        asked_for.append(at)
        return ways[at] if at < len(ways) else FREE

    monkeypatch.setattr(pages, "_path", chosen)
    at = 0
    while at == 0 or at < len(seen):
        for limit in ("7", "1000"):
            answer = forgetful.get(f"/v1/{name}", params=query | {"limit": limit})
            assert answer.status_code == 200, answer.text
            found.setdefault(at, []).append(answer.json()["items"])
        at += 1
    assert asked_for == [number for number in range(len(seen)) for _ in range(2)]
    assert seen[0] == FREE
    assert all(rows == found[0] for rows in found.values())
