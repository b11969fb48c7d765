"""Points by where they lie: SQLite keeps an R*Tree beside a table, PostgreSQL an index of its points.

Either holds the rows of a table that have a point and meet a condition, and is kept up by the database itself. It
finds a little more than asked for (its numbers are rounded), so the columns are compared as well.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, column, or_, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

PLACED = {"event_view": "known_until = '9999-12-31'", "location": ""}
"""The tables whose points are kept, and of which rows."""
KEYS = {"event_view": "event_pk", "location": "pk"}
"""The column by which a point's row is found: of the rows of an event, one is known now."""


def create_points(dialect: str, name: str, key: str) -> list[str]:
    """The statements that keep the points of a table by a column, beginning with those that are there."""
    condition = PLACED[name]
    if dialect == "postgresql":
        where = f" WHERE {condition}" if condition else ""
        return [f"CREATE INDEX ix_{name}_point ON {name} USING GIST (point(longitude, latitude)){where}"]
    kept, gone = (
        f"{when}.latitude IS NOT NULL{f' AND {when}.{condition}' if condition else ''}" for when in ("new", "old")
    )
    columns = "(pk, west, east, south, north)"
    point = f"new.{key}, new.longitude, new.longitude, new.latitude, new.latitude"
    put = f"INSERT INTO {name}_point {columns} SELECT {point} WHERE {kept}"
    drop = f"DELETE FROM {name}_point WHERE pk = old.{key} AND {gone}"
    there = f"latitude IS NOT NULL{f' AND {condition}' if condition else ''}"
    every = f"SELECT {key}, longitude, longitude, latitude, latitude FROM {name} WHERE {there}"
    return [
        f"CREATE VIRTUAL TABLE {name}_point USING rtree{columns}",
        f"INSERT INTO {name}_point {columns} {every}",
        f"CREATE TRIGGER {name}_point_added AFTER INSERT ON {name} WHEN {kept} BEGIN {put}; END",
        f"CREATE TRIGGER {name}_point_gone AFTER DELETE ON {name} WHEN {gone} BEGIN {drop}; END",
        f"CREATE TRIGGER {name}_point_moved AFTER UPDATE ON {name} BEGIN {drop}; {put}; END",
    ]


def drop_points(dialect: str, name: str) -> list[str]:
    """The statements that keep them no more."""
    if dialect == "postgresql":
        return [f"DROP INDEX ix_{name}_point"]
    triggers = [f"DROP TRIGGER {name}_point_{when}" for when in ("added", "gone", "moved")]
    return [*triggers, f"DROP TABLE {name}_point"]


Sides = tuple[Any, Any, Any, Any]
"""West, south, east, north."""


class _PointIn(FunctionElement[Any]):
    """Whether a point lies in a box, in the operator of PostgreSQL's points; SQLite's R*Tree says so by itself."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1


@compiles(_PointIn, "postgresql")
def _within(element: _PointIn, compiler: SQLCompiler, **kw: Any) -> str:
    longitude, latitude, west, south, east, north = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"point({longitude}, {latitude}) <@ box(point({west}, {south}), point({east}, {north}))"


@compiles(_PointIn, "sqlite")
def _said_by_the_tree(_element: _PointIn, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "1"


def point_in(longitude: ColumnElement[Any], latitude: ColumnElement[Any], box: Sides) -> ColumnElement[bool]:
    """The part of "lies in the box" for which PostgreSQL has an index; it needs the whole beside it."""
    return _PointIn(longitude, latitude, *box)


def in_boxes(name: str, boxes: Sequence[Sides]) -> Select[Any]:
    """The keys (KEYS) of rows of a table whose points lie in one of the boxes, or within rounding of it (SQLite)."""
    tree = table(f"{name}_point", *map(column, ("pk", "west", "east", "south", "north")))
    inside = [
        and_(tree.c.east >= west, tree.c.west <= east, tree.c.north >= south, tree.c.south <= north)
        for west, south, east, north in boxes
    ]
    return select(tree.c.pk).where(or_(*inside))
