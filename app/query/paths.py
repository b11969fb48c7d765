"""Where an answer starts: SQLite is told by which index, since it cannot know how often a name or a word occurs.

A page can be found in two ways: go through the rows in the order that was asked for and keep those that fit, until
there are enough; or start from one condition that few rows meet, and sort these. How many are few is counted (up to
`MOST_COUNTED`) or told from a sample, and remembered until the database changes. PostgreSQL keeps statistics and
chooses by itself.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from app.db.functions import is_vague
from app.db.indexes import found_by, found_by_number
from app.db.places import DATED, KEYS, Days, day_of, latest_in_boxes
from app.db.state import kept
from app.db.statements import Statement, Statements
from app.geo import Box
from app.query.conditions import Disc, sides_of
from app.query.costs import FREE, JOINED, Costs, Path, Sample, Way
from app.query.lifting import SHAPING, placeholder, taken, with_placeholders
from app.query.params import Among, Asked, Param, Test, one_by_one, plain
from app.query.times import Window

FEW = 2000
"""Rows of a table that may be gone through in any order."""
MOST_COUNTED = 20_000
SAMPLE = 300
BESIDE = ("actor_role", "known_by")
"""Parameters that say how a condition on another one is meant."""


@dataclass(frozen=True)
class Indexes:
    """The indexes of a table of events or claims, by what they are good for.

    `order` gives its rows in the usual order, `above` those of them whose begin is not known, `below` those that are
    vaguely dated; `ordered` those with one value of a parameter, `rare` those with rare codes of one; `sorted_by` those
    that meet one, in another order; `lacking` those that a filter cannot judge.
    If `now` is given, these hold only rows that meet it: what is known today. `past` gives those of every day in
    order, and `keys` find rows by a column of theirs.
    """

    order: str
    past: str
    above: str
    below: str
    ordered: Mapping[str, str] = field(default_factory=dict)
    rare: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    sorted_by: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    now: ColumnElement[bool] | None = None


BY_PK = "pk"
"""For `keys`: by the number of the row, which needs no index."""


class Chooser:
    """Finds the path for one question; `joined` gives the rows that the list is about, if that is not all."""

    def __init__(
        self,
        asked: Asked,
        params: Mapping[str, Param],
        indexes: Indexes,
        source: FromClause,
        joined: Among | None,
        statements: Statements,
    ) -> None:
        self.asked = asked
        self.params = params
        self.indexes = indexes
        self.source = source
        self.joined = joined
        self.statements = statements
        self.memory = kept(asked.connection)
        self.past = indexes.now is not None and asked.get("known_by") is not None

    def choose(self, limit: int | None, *, by_date: bool) -> Path:
        """The cheapest path to the first `limit` rows (None: to all); `by_date` if they come in the usual order."""
        sample = self._sample()
        if sample.rows < FEW:
            return FREE
        ways = {name: self._way(name, value, sample) for name, value in self._given()}
        if self.joined is not None:
            ways[JOINED] = self._remembered(JOINED, (), lambda: self._way_of(JOINED, None))
        whole = Way(sample.rows, Path(self.indexes.order, ordered=True))
        possible = [way for way in ways.values() if way.path and (way.path.start or not self.past)]
        window = self.asked.get("datetime")
        during = sample.during(window) if isinstance(window, Window) else 1.0
        path = Costs(sample, ways, limit, by_date, during, _last_day(self.asked)).best(
            [*possible, whole] if by_date else possible
        )
        return replace(path, index=self.indexes.past, ordered=False) if self.past and path.ordered else path

    def _given(self) -> list[tuple[str, Any]]:
        """The values that conditions are made of, but for those on dates."""
        given = self.asked.values.items()
        return [
            (name, value)
            for name, value in given
            if name in self.params and self.params[name].where and not isinstance(value, Window)
        ]

    def _way(self, name: str, value: Any, sample: Sample) -> Way:
        boxes = value.boxes if isinstance(value, Disc) else value
        if isinstance(boxes, list) and boxes and isinstance(boxes[0], Box):
            path = Path(self.indexes.keys[self._key_of_points()], start=name)
            return Way(sample.rows * sample.within(boxes), path, dated=not self.past and self.asked.rows.name in DATED)
        beside = frozen((self.asked.get("actor_role"), self.asked.get("known_by")))
        return self._remembered(name, (frozen(value), beside), lambda: self._way_of(name, value))

    def _remembered(self, name: str, value: Hashable, make: Any) -> Way:
        key = (self.asked.rows.name, self.source, name, value)
        if key not in self.memory:
            self.memory[key] = make()
        found: Way = self.memory[key]
        return found

    def _key_of_points(self) -> str:
        """The column by which a box finds rows."""
        return KEYS.get(self.asked.rows.name, "location_id")

    def _test(self, name: str, value: Any, asked: Asked) -> Test | None:
        where = self.params[name].where if name in self.params else None
        return where(value, asked) if where else self.joined

    def _way_of(self, name: str, value: Any) -> Way:
        """How many rows meet a condition: counted where an index finds them, but only so far; then as in a sample."""
        path = self._path_of(name, value)
        if path is not None and path.start is None and not path.index:
            return Way(self._sample().rows / 2)  # nothing finds them
        counted = self._told(name, value, self._counting)
        if counted >= MOST_COUNTED:
            sampled = self._told(name, value, self._in_sample, self._sample().pks)
            counted = max(counted, round(sampled / max(len(self._sample().days), 1) * self._sample().rows))
        elif path is not None and path.start:
            counted *= self._rows_a_key(path.key)
        test = self._test(name, value, self.asked)
        return Way(float(counted), path, test.asking if isinstance(test, Among) and test.exact is None else 0.0)

    def _path_of(self, name: str, value: Any) -> Path | None:
        """How rows that meet a condition are found; FREE if no index finds them, None if not these rows themselves."""
        test = self._test(name, value, self.asked)
        if isinstance(test, Among):
            column: Any = test.column
            return Path(self.indexes.keys[column.name], start=name, key=column) if self._is_key(column) else None
        rare, codes = self.indexes.rare.get(name, ("", ()))
        is_rare = bool(rare) and set(value) <= set(codes)
        index = rare if is_rare else self.indexes.ordered.get(name) or self.indexes.sorted_by.get(name)
        if index is None or self.past or not isinstance(test, ColumnElement):
            return FREE
        return Path(index, ordered=is_rare or (name in self.indexes.ordered and len(value) == 1))

    def _told(self, name: str, value: Any, write: Any, sample: Sequence[int] = ()) -> int:
        """What a count of rows that meet a condition comes to, by a statement that is written once for its shape."""
        beside = {other: self.asked.values[other] for other in BESIDE if other in self.asked.values}
        given = {"sample": list(sample), name: value, **beside}
        shape, values = taken(given, SHAPING)
        key = (write.__name__, name, shape)

        def written() -> Statement:
            lifted = with_placeholders(given, SHAPING)
            shaped = Asked(lifted, self.asked.connection, self.asked.rows)
            count = write(self._test(name, lifted[name], shaped), self._path_of(name, value), lifted["sample"])
            return Statement(self.asked.connection, count, [placeholder(at) for at in range(len(values))])

        return int(self.statements.of(key, written).rows(self.asked.connection, values)[0][0])

    def _counting(self, test: Test, path: Path | None, _sample: Any) -> Select[Any]:
        rows = self.asked.rows
        if isinstance(test, Among):
            met: Any = test.chosen
        else:
            met = found_by(select(rows.c.pk), rows, path.index if path else "").where(plain(test), *self._now())
        return select(func.count()).select_from(met.limit(MOST_COUNTED).subquery())

    def _in_sample(self, test: Test, _path: Path | None, sample: Any) -> Select[Any]:
        chosen = found_by_number(select(func.count()).select_from(self.source), self.asked.rows)
        return chosen.where(self.asked.rows.c.pk.in_(sample), one_by_one(test), *self._now())

    def _now(self) -> list[ColumnElement[bool]]:
        return [] if self.indexes.now is None else [self.indexes.now]

    def _is_key(self, column: Any) -> bool:
        return column.table is self.asked.rows and column.name in self.indexes.keys

    def _rows_a_key(self, column: Any) -> int:
        """How many rows have the same value of a column that refers to another table, on average."""
        if not column.foreign_keys:
            return 1
        [reference] = column.foreign_keys
        key = ("rows", reference.column.table.name)
        if key not in self.memory:
            self.memory[key] = self._scalar(select(func.max(reference.column.table.c.pk)))
        return int(max(self._sample().rows // max(self.memory[key], 1), 1))

    def _scalar(self, statement: Any) -> int:
        return int(self.asked.connection.scalar(statement) or 0)

    def _sample(self) -> Sample:
        key = ("sample", self.asked.rows.name)
        if key not in self.memory:
            self.memory[key] = self._taken()
        found: Sample = self.memory[key]
        return found

    def _taken(self) -> Sample:
        rows, connection = self.asked.rows, self.asked.connection
        most = self._scalar(select(func.max(rows.c.pk)))
        chosen = Random(most).sample(range(1, most + 1), min(SAMPLE, most))  # noqa: S311 - nothing secret about it
        places = rows if "latitude" in rows.c else self.source
        points = (_column(places, name) for name in ("longitude", "latitude"))
        wanted = select(rows.c.sort_date, rows.c.earliest, rows.c.latest, *points)
        wanted = wanted.select_from(self.source).where(rows.c.pk.in_(chosen), *self._now())
        found = connection.execute(wanted).all()
        scale = most / max(len(chosen), 1)
        vague = sum(is_vague(earliest, latest) for _, earliest, latest, *_ in found)
        return Sample(
            rows=int(scale * len(found)),
            vague=scale * (vague or 0.3),
            pks=chosen,
            days=sorted(day for day, *_ in found),
            points=[(x, y) for *_, x, y in found if x is not None],
        )


def _last_day(asked: Asked) -> date:
    """The last day that rows can have by which they are sorted: that of the cursor, or of the window."""
    window, cursor = asked.get("datetime"), asked.get("cursor")
    latest = window.days.latest if isinstance(window, Window) else None
    return cursor[1][0] if cursor else latest or date.max


def begin_of(asked: Asked, path: Path, statements: Statements) -> date | None:
    """The day back to which a path looks first: its own, or that of one of the latest rows at a place, if there are so
    many."""
    if not path.latest or path.start is None:
        return path.until
    value, window, last = asked.values[path.start], asked.get("datetime"), _last_day(asked)
    boxes = value.boxes if isinstance(value, Disc) else value
    days = Days(window.days.earliest if isinstance(window, Window) else None, None if last == date.max else last)
    for begin in (path.until, None) if path.until else (None,):
        given = {"boxes": boxes, "days": replace(days, begin=begin), "number": path.latest}
        shape, values = taken(given, frozenset())
        statement = statements.of(("latest", shape), partial(_latest, asked, given, len(values)))
        found = statement.rows(asked.connection, values)
        if found:
            return day_of(found[0][0])
    return None


def _latest(asked: Asked, given: Mapping[str, Any], values: int) -> Statement:
    lifted = with_placeholders(given, frozenset())
    found = latest_in_boxes(asked.rows.name, sides_of(lifted["boxes"]), lifted["days"], lifted["number"])
    return Statement(asked.connection, found, [placeholder(at) for at in range(values)])


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
