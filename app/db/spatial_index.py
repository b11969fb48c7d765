"""Spatial indexes: an R*Tree beside the table on SQLite, a GiST index of points on PostgreSQL.

Either holds the rows of a table that have a point and meet a condition, and is maintained by the database itself. An
R*Tree rounds its numbers and finds a little more than asked for, so queries compare the columns as well. The tree of
events also holds their begin and end: a box is then searched from the latest event on, or within days.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import floor
from typing import Any

from sqlalchemy import Connection, Select, TableClause, and_, column, func, or_, select, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from app.db.indexes import IS_CURRENT

SPATIAL_TABLES = {"event_version": IS_CURRENT, "location": ""}
"""Tables with a spatial index, and the condition of the rows that it holds."""
KEY_COLUMNS = {"event_version": "event_pk", "location": "pk"}
"""The column of a table that identifies a point: one version of an event is current."""
TEMPORAL_TABLES = frozenset(("event_version",))
"""Tables whose tree also holds days, as years since 2000: of the size of degrees, as the 32-bit tree needs it."""
YEAR_ZERO, YEAR_DAYS = date(2000, 1, 1), 365.25
YEAR_ZERO_JULIAN = 2451544.5
"""YEAR_ZERO as SQLite's julianday() counts it."""
UNBOUNDED_YEAR = 9999.0
"""The year of an unknown begin (negative) or end."""


def _sql_years(day: str) -> str:
    """Render a day as the tree counts it."""
    return f"(julianday({day}) - {YEAR_ZERO_JULIAN}) / {YEAR_DAYS}"


def _fill(name: str) -> str:
    """Return the statement that puts every point of a table into its empty R*Tree."""
    days, values = "", ""
    if name in TEMPORAL_TABLES:
        begin, end = _sql_years("earliest"), _sql_years("latest")
        days = ", since, until"
        values = f", coalesce({begin}, {-UNBOUNDED_YEAR}), coalesce({end}, {UNBOUNDED_YEAR})"
    condition = " AND ".join(filter(None, ("latitude IS NOT NULL", SPATIAL_TABLES[name])))
    # Sorted by place, the tree is built in half the time, and is a better one.
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
    """Point-in-box predicate in the operator of PostgreSQL's points; always true on SQLite, which uses its R*Tree."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1


@compiles(_PointIn, "postgresql")
def _point_in_box(element: _PointIn, compiler: SQLCompiler, **kw: object) -> str:
    longitude, latitude, west, south, east, north = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"point({longitude}, {latitude}) <@ box(point({west}, {south}), point({east}, {north}))"


@compiles(_PointIn, "sqlite")
def _always_true(_element: _PointIn, _compiler: SQLCompiler, **_kw: object) -> str:
    return "1"


def point_in(longitude: ColumnElement[float], latitude: ColumnElement[float], box: BoxBounds) -> ColumnElement[bool]:
    """Make the part of "lies in the box" that PostgreSQL's index answers; compare the columns as well."""
    return _PointIn(longitude, latitude, *box)


@dataclass(frozen=True)
class DayConstraint:
    """Days of events: between `first` and `last`; None is any day."""

    first: Any = None
    last: Any = None


NO_DAY_CONSTRAINT = DayConstraint()


def _rtree(name: str) -> TableClause:
    columns = ("pk", "west", "east", "south", "north", *(("since", "until") if name in TEMPORAL_TABLES else ()))
    return table(f"{name}_point", *map(column, columns))


def _rtree_predicate(tree: TableClause, boxes: Sequence[BoxBounds], days: DayConstraint) -> ColumnElement[bool]:
    """Make one predicate of all boxes; each repeats the days, because the tree takes no OR beside an AND."""
    when = [] if days.first is None else [tree.c.until >= _bind_years(days.first)]
    when += [] if days.last is None else [tree.c.since <= _bind_years(days.last)]
    return or_(
        *(
            and_(tree.c.east >= west, tree.c.west <= east, tree.c.north >= south, tree.c.south <= north, *when)
            for west, south, east, north in boxes
        )
    )


def _bind_years(day: object) -> ColumnElement[float | Decimal]:
    return (func.julianday(day) - YEAR_ZERO_JULIAN) / YEAR_DAYS


def keys_in_boxes(name: str, boxes: Sequence[BoxBounds], days: DayConstraint = NO_DAY_CONSTRAINT) -> Select[tuple[int]]:
    """Select the keys (KEY_COLUMNS) of rows whose points lie in one of the boxes, or within rounding of it (SQLite).

    `days` limits the rows of a table in TEMPORAL_TABLES to those that may fall into these days.
    """
    tree = _rtree(name)
    return select(tree.c.pk).where(_rtree_predicate(tree, boxes, days))


def nth_latest_start(
    name: str, boxes: Sequence[BoxBounds], days: DayConstraint, n: int | ColumnElement[int]
) -> Select[tuple[float]]:
    """Select the begin of the n-th latest row in the boxes, in years (see `day_from_years`)."""
    tree = _rtree(name)
    return (
        select(tree.c.since).where(_rtree_predicate(tree, boxes, days)).order_by(tree.c.since.desc()).limit(1).offset(n)
    )


def day_from_years(since: float) -> date | None:
    """Return the day of a begin from `nth_latest_start`, or the day before it; None if it is unknown."""
    first = (date.min - YEAR_ZERO).days
    return None if since <= -UNBOUNDED_YEAR else YEAR_ZERO + timedelta(max(floor(since * YEAR_DAYS), first))
