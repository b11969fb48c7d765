"""Points by where they lie: SQLite keeps an R*Tree beside a table, PostgreSQL an index of its points.

Either holds the rows of a table that have a point and meet a condition, and is kept up by the database itself. It
finds a little more than asked for (its numbers are rounded), so the columns are compared as well. The tree also knows
when a row begins and ends, so that what lies in a box is found from the latest on, or within days, without a look at
every row there.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from typing import Any

from sqlalchemy import Connection, Select, and_, column, func, or_, select, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from app.db.indexes import IS_CURRENT

SPATIAL_TABLES = {"event_version": IS_CURRENT, "location": ""}
"""The tables whose points are kept, and of which rows."""
KEY_COLUMNS = {"event_version": "event_pk", "location": "pk"}
"""The column by which a point's row is found: of the rows of an event, one is known now."""
TEMPORAL_TABLES = frozenset(("event_version",))
"""Those of them whose tree knows days, as years since 2000: numbers as large as degrees are, and days to the tree."""
YEAR_ZERO, YEAR_DAYS = date(2000, 1, 1), 365.25
YEAR_ZERO_JULIAN = 2451544.5
"""The first of these days as SQLite's julianday() counts it."""
UNBOUNDED_YEAR = 9999.0
"""A year that is as far away as an unknown begin or end may be."""


def _sql_years(day: str) -> str:
    """A day as the tree counts it, in SQLite's words."""
    return f"(julianday({day}) - {YEAR_ZERO_JULIAN}) / {YEAR_DAYS}"


def _fill(name: str) -> str:
    """Return the statement that puts every point of a table into its empty R*Tree."""
    days, values = "", ""
    if name in TEMPORAL_TABLES:
        begin, end = _sql_years("earliest"), _sql_years("latest")
        days = ", since, until"
        values = f", coalesce({begin}, {-UNBOUNDED_YEAR}), coalesce({end}, {UNBOUNDED_YEAR})"
    condition = " AND ".join(filter(None, ("latitude IS NOT NULL", SPATIAL_TABLES[name])))
    # Neighbours one after another: the tree is made in half the time, and is a better one.
    return (
        f"INSERT INTO {name}_point (pk, west, east, south, north{days}) "
        f"SELECT {KEY_COLUMNS[name]}, longitude, longitude, latitude, latitude{values} FROM {name} "
        f"WHERE {condition} ORDER BY CAST(longitude AS INTEGER), latitude"
    )


@contextmanager
def deferred_spatial_index(connection: Connection, names: Iterable[str]) -> Iterator[None]:
    """Drop the R*Trees of these tables and their triggers; on exit make them again with all rows (SQLite only).

    Filling a tree at once is faster than inserting point by point.
    """
    embedded = [name for name in names if connection.dialect.name == "sqlite"]
    definitions = {name: _drop(connection, name) for name in embedded}
    yield
    for name, (tree, *triggers) in definitions.items():
        for statement in (tree, _fill(name), *triggers):
            connection.exec_driver_sql(statement)


def _drop(connection: Connection, name: str) -> list[str]:
    """Drop a tree and the triggers that maintain it, and return their definitions: the tree's first."""
    listed = text(
        "SELECT type, name, sql FROM sqlite_master "
        "WHERE name = :tree OR (type = 'trigger' AND tbl_name = :name) ORDER BY type = 'trigger', rowid"
    )
    rows = connection.execute(listed, {"tree": f"{name}_point", "name": name}).all()
    for kind, object_name, _ in reversed(rows):
        connection.exec_driver_sql(f"DROP {kind} {object_name}")
    return [sql for _, _, sql in rows]


BoxBounds = tuple[Any, Any, Any, Any]
"""West, south, east, north."""


class _PointIn(FunctionElement[Any]):
    """Whether a point lies in a box, in the operator of PostgreSQL's points; SQLite's R*Tree says so by itself."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1


@compiles(_PointIn, "postgresql")
def _point_in_box(element: _PointIn, compiler: SQLCompiler, **kw: Any) -> str:
    longitude, latitude, west, south, east, north = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"point({longitude}, {latitude}) <@ box(point({west}, {south}), point({east}, {north}))"


@compiles(_PointIn, "sqlite")
def _always_true(_element: _PointIn, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "1"


def point_in(longitude: ColumnElement[Any], latitude: ColumnElement[Any], box: BoxBounds) -> ColumnElement[bool]:
    """The part of "lies in the box" for which PostgreSQL has an index; it needs the whole beside it."""
    return _PointIn(longitude, latitude, *box)


@dataclass(frozen=True)
class DayConstraint:
    """Something must have been between `first` and `last`, and begun on the day `begin` or later; None: any day."""

    first: Any = None
    last: Any = None
    begin: Any = None


NO_DAY_CONSTRAINT = DayConstraint()


def _rtree(name: str) -> Any:
    columns = ("pk", "west", "east", "south", "north", *(("since", "until") if name in TEMPORAL_TABLES else ()))
    return table(f"{name}_point", *map(column, columns))


def _rtree_predicate(tree: Any, boxes: Sequence[BoxBounds], days: DayConstraint) -> ColumnElement[bool]:
    """One condition for all boxes, as the tree takes it: with two boxes, each has the days beside it."""
    when = [] if days.first is None else [tree.c.until >= _bind_years(days.first)]
    when += [] if days.last is None else [tree.c.since <= _bind_years(days.last)]
    when += [] if days.begin is None else [tree.c.since >= _bind_years(days.begin)]
    return or_(
        *(
            and_(tree.c.east >= west, tree.c.west <= east, tree.c.north >= south, tree.c.south <= north, *when)
            for west, south, east, north in boxes
        )
    )


def _bind_years(day: Any) -> ColumnElement[Any]:
    return (func.julianday(day) - YEAR_ZERO_JULIAN) / YEAR_DAYS


def keys_in_boxes(name: str, boxes: Sequence[BoxBounds], days: DayConstraint = NO_DAY_CONSTRAINT) -> Select[Any]:
    """The keys (KEYS) of rows of a table whose points lie in one of the boxes, or within rounding of it (SQLite).

    With `days`, for a table that is DATED, only of those that may have been in these days.
    """
    tree = _rtree(name)
    return select(tree.c.pk).where(_rtree_predicate(tree, boxes, days))


def nth_latest_start(name: str, boxes: Sequence[BoxBounds], days: DayConstraint, n: Any) -> Select[Any]:
    """When the row of that number begins, counted from the latest of those in the boxes (see `day_from_years`)."""
    tree = _rtree(name)
    return (
        select(tree.c.since).where(_rtree_predicate(tree, boxes, days)).order_by(tree.c.since.desc()).limit(1).offset(n)
    )


def day_from_years(since: float) -> date | None:
    """The day of a begin that `nth_latest_start` found, or the one before; None if it is not known."""
    first = (date.min - YEAR_ZERO).days
    return None if since <= -UNBOUNDED_YEAR else YEAR_ZERO + timedelta(max(floor(since * YEAR_DAYS), first))
