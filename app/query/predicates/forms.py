"""Forms of SQL predicates, from which a page or count chooses what suits its access path."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists

Column = ColumnElement[Any]
"""A column whose type does not matter, because it is only compared with others of its kind."""
Keys = Select[Any]
"""A subquery that yields the values of one key column."""


@dataclass(frozen=True)
class SemiJoin:
    """A semi-join: rows whose `column` is among the keys that `subquery` yields.

    `equivalent` is a predicate that suffices alone; `correlated` is the EXISTS form, where it does not follow from the
    subquery. `probe_cost` is the cost of the EXISTS form per row, in rows read.
    """

    column: Column
    subquery: Keys
    equivalent: ColumnElement[bool] | None = None
    correlated: ColumnElement[bool] | None = None
    probe_cost: float = 12.0


@dataclass(frozen=True)
class DateOverlap:
    """Date overlap with a window, whole (`full`) or split into three disjoint ranges of the sort order.

    A page can stop after the first ranges: `undated_start` (no known begin, sorted after the window), `in_window`
    (sorted within the window or shortly before), `long_running` (imprecise, sorted long before). None: no such rows.
    """

    full: ColumnElement[bool]
    in_window: ColumnElement[bool]
    undated_start: ColumnElement[bool] | None = None
    long_running: ColumnElement[bool] | None = None


Predicate = ColumnElement[bool] | SemiJoin | DateOverlap


def as_subquery(predicate: Predicate) -> ColumnElement[bool]:
    """Return a predicate in the form that any statement takes."""
    if isinstance(predicate, DateOverlap):
        return predicate.full
    if isinstance(predicate, SemiJoin):
        in_subquery = predicate.column.in_(predicate.subquery)
        return in_subquery if predicate.equivalent is None else and_(in_subquery, predicate.equivalent)
    return predicate


def as_correlated(predicate: Predicate) -> ColumnElement[bool]:
    """Return a predicate in the form that is cheap to test for one row after the other."""
    if not isinstance(predicate, SemiJoin):
        return as_subquery(predicate)
    if predicate.equivalent is not None:
        return predicate.equivalent
    if predicate.correlated is not None:
        return predicate.correlated
    [key] = predicate.subquery.selected_columns
    table: Table = predicate.column.table
    return exists(predicate.subquery.with_only_columns(1).where(key == predicate.column).correlate(table))
