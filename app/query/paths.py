"""Where an answer starts: SQLite is told by which index, since it cannot know how often a name or a word occurs.

A page can be found in two ways: go through the rows in the order that was asked for and keep those that fit, until
there are enough; or start from one condition that few rows meet, and sort these. How many are few is counted (up to
`MOST_COUNTED`) or told from a sample, and remembered until the database changes. PostgreSQL keeps statistics and
chooses by itself.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from math import inf
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, select

from app.db.indexes import found_by
from app.db.state import kept
from app.geo import Box
from app.query.conditions import Disc, Window
from app.query.params import Among, Asked, Param, Test

FEW = 2000
"""Rows of a table that may be gone through in any order."""
MOST_COUNTED = 20_000
SAMPLE = 500
SORTED = 1.5
"""What it costs to look up and sort a row, against reading it in order."""


@dataclass(frozen=True)
class Indexes:
    """The indexes of a table of events or claims, by what they are good for.

    `order` gives its rows in the usual order, `vague` those of them that are vaguely dated; `ordered` those with one
    value of a parameter, `rare` those with rare codes of one; `sorted_by` those that meet one, in another order;
    `lacking` those that a filter cannot judge.
    If `now` is given, these hold only rows that meet it: what is known today. `past` gives those of every day in
    order, and `keys` find rows by a column of theirs.
    """

    order: str
    past: str
    vague: str
    ordered: Mapping[str, str] = field(default_factory=dict)
    rare: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    sorted_by: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    now: ColumnElement[bool] | None = None


@dataclass(frozen=True)
class Path:
    """How an answer is found: by `index`, or as the database likes ("").

    `start` is the parameter whose subquery gives the rows. `ordered` tells that they come in the usual order.
    """

    index: str = ""
    start: str | None = None
    ordered: bool = False


FREE = Path()
JOINED = "joined"
"""Stands for a parameter where an answer starts from the rows that a list is about."""
BY_PK = "pk"
"""For `keys`: by the number of the row, which needs no index."""


@dataclass(frozen=True)
class _Way:
    """A condition that rows may be found by: about how many meet it, and how to start from them (None: not at all)."""

    rows: float
    path: Path | None = None


@dataclass(frozen=True)
class _Sample:
    """How many rows there are; the days by which some of them are sorted, and their points."""

    rows: int
    days: Sequence[date]
    points: Sequence[tuple[float, float]]

    def during(self, window: Window) -> float:
        """The share of rows in that part of the order in which those of a window are."""
        first, last = window.reach or date.min, window.days.latest or date.max
        return self._share(sum(first <= day <= last for day in self.days))

    def within(self, boxes: Sequence[Box]) -> float:
        """The share of rows with a point in one of the boxes."""
        inside = (any(b.west <= x <= b.east and b.south <= y <= b.north for b in boxes) for x, y in self.points)
        return self._share(sum(inside))

    def _share(self, hits: int) -> float:
        return (hits or 0.3) / max(len(self.days), 1)


class Chooser:
    """Finds the path for one question; `joined` gives the rows that the list is about, if that is not all."""

    def __init__(
        self,
        asked: Asked,
        params: Mapping[str, Param],
        indexes: Indexes,
        source: FromClause,
        joined: Among | None,
    ) -> None:
        self.asked = asked
        self.params = params
        self.indexes = indexes
        self.source = source
        self.joined = joined
        self.memory = kept(asked.connection)
        self.past = indexes.now is not None and asked.get("known_by") is not None

    def choose(self, limit: int | None, *, by_date: bool) -> Path:
        """The cheapest path to the first `limit` rows (None: to all); `by_date` if they come in the usual order."""
        sample = self._sample()
        if sample.rows < FEW:
            return FREE
        window = self.asked.get("datetime")
        during = sample.during(window) if isinstance(window, Window) else 1.0
        ways = [self._way(name, value, sample) for name, value in self._given()]
        if self.joined is not None:
            ways.append(self._remembered(JOINED, (), lambda: self._way_of(JOINED, self.joined, None)))
        matching = float(sample.rows)
        for way in ways:
            matching *= min(way.rows / sample.rows, 1.0)
        in_order = (limit or inf) / max(matching, 0.01)

        def cost(way: _Way) -> float:
            path = way.path
            if path is None or (self.past and path.start is None and path is not whole.path):
                return inf
            if path.ordered and by_date:
                return way.rows * min(during, in_order)
            return way.rows * SORTED

        whole = _Way(sample.rows, Path(self.indexes.order, ordered=True) if by_date else None)
        best = min([*ways, whole], key=cost)
        if cost(best) == inf:
            return FREE
        return Path(self.indexes.past) if self.past and best is whole else best.path or FREE

    def _given(self) -> list[tuple[str, Any]]:
        """The values that conditions are made of, but for those on dates."""
        given = self.asked.values.items()
        return [
            (name, value)
            for name, value in given
            if name in self.params and self.params[name].where and not isinstance(value, Window)
        ]

    def _way(self, name: str, value: Any, sample: _Sample) -> _Way:
        boxes = value.boxes if isinstance(value, Disc) else value
        if isinstance(boxes, list) and boxes and isinstance(boxes[0], Box):
            return _Way(sample.rows * sample.within(boxes), Path(self.indexes.keys[self._key_of_points()], start=name))
        beside = frozen((self.asked.get("actor_role"), self.asked.get("known_by")))
        return self._remembered(
            name, (frozen(value), beside), lambda: self._way_of(name, self._test(name, value), value)
        )

    def _remembered(self, name: str, value: Hashable, make: Any) -> _Way:
        key = (self.asked.rows.name, self.source, name, value)
        if key not in self.memory:
            self.memory[key] = make()
        found: _Way = self.memory[key]
        return found

    def _key_of_points(self) -> str:
        """The column by which a box finds rows."""
        return "pk" if "latitude" in self.asked.rows.c else "location_id"

    def _test(self, name: str, value: Any) -> Test | None:
        where = self.params[name].where
        return where(value, self.asked) if where else None

    def _way_of(self, name: str, test: Test | None, value: Any) -> _Way:
        """How many rows meet a condition, counted where an index finds them."""
        rows, indexes = self.asked.rows, self.indexes
        if isinstance(test, Among):
            column: Any = test.column
            path = Path(indexes.keys[column.name], start=name) if self._is_key(column) else None
            return _Way(self._count(test.chosen) * self._rows_a_key(column), path)
        rare, codes = indexes.rare.get(name, ("", ()))
        is_rare = bool(rare) and set(value) <= set(codes)
        index = rare if is_rare else indexes.ordered.get(name) or indexes.sorted_by.get(name)
        if index is None or self.past or not isinstance(test, ColumnElement):
            return _Way(self._sample().rows / 2)
        met = found_by(select(rows.c.pk), rows, index).where(test)
        if indexes.now is not None:
            met = met.where(indexes.now)
        ordered = is_rare or (name in indexes.ordered and len(value) == 1)
        return _Way(self._count(met), Path(index, ordered=ordered))

    def _is_key(self, column: Any) -> bool:
        return column.table is self.asked.rows and column.name in self.indexes.keys

    def _rows_a_key(self, column: Any) -> float:
        """How many rows have the same value of a column that refers to another table, on average."""
        if not column.foreign_keys:
            return 1.0
        [reference] = column.foreign_keys
        key = ("rows", reference.column.table.name)
        if key not in self.memory:
            self.memory[key] = self._scalar(select(func.max(reference.column.table.c.pk)))
        return float(max(self._sample().rows / max(self.memory[key], 1), 1.0))

    def _count(self, chosen: Any) -> float:
        return float(self._scalar(select(func.count()).select_from(chosen.limit(MOST_COUNTED).subquery())))

    def _scalar(self, statement: Any) -> int:
        return int(self.asked.connection.scalar(statement) or 0)

    def _sample(self) -> _Sample:
        key = ("sample", self.asked.rows.name)
        if key not in self.memory:
            self.memory[key] = self._taken()
        found: _Sample = self.memory[key]
        return found

    def _taken(self) -> _Sample:
        rows, connection = self.asked.rows, self.asked.connection
        most = self._scalar(select(func.max(rows.c.pk)))
        chosen = Random(most).sample(range(1, most + 1), min(SAMPLE, most))  # noqa: S311 - nothing secret about it
        places = rows if "latitude" in rows.c else self.source
        columns = (rows.c.sort_date, *(_column(places, name) for name in ("longitude", "latitude")))
        wanted = select(*columns).select_from(self.source).where(rows.c.pk.in_(chosen))
        if self.indexes.now is not None:
            wanted = wanted.where(self.indexes.now)
        found = connection.execute(wanted).all()
        points = [(x, y) for _, x, y in found if x is not None]
        return _Sample(most * len(found) // max(len(chosen), 1), [day for day, _, _ in found], points)


def _column(places: FromClause, name: str) -> ColumnElement[Any]:
    """A column of a table, or of the places that it is joined with."""
    return next(column for column in places.columns if column.name == name)


def frozen(value: Any) -> Hashable:
    """A value that can be looked up by."""
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(frozen(getattr(value, part.name)) for part in fields(value))
    return value  # type: ignore[no-any-return]
