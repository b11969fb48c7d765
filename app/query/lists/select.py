"""SQL of a list: one statement per purpose, access path and shape of the query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from app.db.engine import is_embedded
from app.db.indexes import use_index, use_rowid
from app.db.statements import PreparedStatement
from app.query.lists.cursors import keyset_predicate
from app.query.lists.definition import ListDefinition
from app.query.params.param import ListQuery, structural_params
from app.query.planner.access_paths import BY_PK, LIST_SUBJECT, UNHINTED, AccessPath
from app.query.planner.parametrize import prepare_shape
from app.query.predicates.forms import DateOverlap, Predicate, SemiJoin, as_correlated, as_subquery

IN_WINDOW, UNDATED_START, LONG_RUNNING = "in_window", "undated_start", "long_running"
"""Ranges of a date window, named as the fields of `DateOverlap`."""
CURSOR, LOOKBACK = "cursor", "lookback_from"
"""Names of statement arguments that are no filters."""


def predicates_of(listing: ListDefinition, query: ListQuery, without: str | None = None) -> dict[str, Predicate]:
    """Return the predicates of a query by parameter, without those that omit rows lacking `without`."""
    base = listing.base_predicate(query) if listing.base_predicate else None
    predicates: dict[str, Predicate | None] = {"": base}
    for name, value in query.filters.items():
        param = listing.params.get(name)
        if param and param.predicate and value is not None and (without is None or param.omits != without):
            predicates[name] = param.predicate(value, query)
    return {name: predicate for name, predicate in predicates.items() if predicate is not None}


def clauses_of(listing: ListDefinition, query: ListQuery, without: str | None = None) -> list[ColumnElement[bool]]:
    """Return the predicates of a query in the form that any statement takes."""
    predicates = predicates_of(listing, query, without)
    return [_render_predicate(predicate, name, UNHINTED, query.connection) for name, predicate in predicates.items()]


def select_matching(listing: ListDefinition, query: ListQuery, *columns: Any) -> Select[Any]:
    """Select columns of all matching rows, in no order."""
    return select_from(listing, select(*columns)).where(*clauses_of(listing, query))


def select_from(listing: ListDefinition, statement: Select[Any]) -> Select[Any]:
    """Select from the table of a list, joined with what the list is about."""
    return statement.select_from(listing.source if listing.source is not None else listing.table)


@dataclass(frozen=True)
class StatementPurpose:
    """The purpose of a statement: count rows, count rows that lack a value (`missing`), or read rows in order.

    Rows are read up to a limit if `bounded`. `range_part` is the range of a date window that the statement reads.
    """

    count: bool = False
    missing: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    with_points: bool = False
    bounded: bool = False
    range_part: str = ""


def prepare(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> tuple[PreparedStatement | None, list[Any]]:
    """Return the statement prepared for queries of this shape, and its arguments; None for a range without rows."""

    def compile_(bound_filters: dict[str, Any], names: list[str]) -> PreparedStatement | None:
        cursor, lookback_from = bound_filters.pop(CURSOR, None), bound_filters.pop(LOOKBACK, None)
        bound = replace(query, filters=bound_filters, cursor=cursor, lookback_from=lookback_from)
        limit: Any = bindparam(names[-1], 0) if purpose.bounded else None
        selection = (
            _select_count(listing, bound, path, purpose)
            if purpose.count
            else _select_rows(listing, bound, path, purpose, limit)
        )
        if selection is None:
            return None
        custom_plan = any(isinstance(predicate, SemiJoin) for predicate in predicates_of(listing, bound).values())
        return PreparedStatement(query.connection, selection, names, custom_plan=custom_plan)

    key, arguments = (query.connection.dialect.name, path, purpose), _arguments(query, purpose)
    structural = structural_params(listing.params)
    return prepare_shape(listing.statements, key, arguments, compile_, structural, extra=purpose.bounded)


def _arguments(query: ListQuery, purpose: StatementPurpose) -> dict[str, object]:
    """Return all values that a statement takes, by name; counts look neither at the cursor nor back."""
    arguments = dict(query.filters)
    if query.cursor is not None and not purpose.count:
        arguments[CURSOR] = query.cursor
    if query.lookback_from is not None:
        arguments[LOOKBACK] = query.lookback_from
    return arguments


def _select_count(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> Select[Any]:
    predicates = predicates_of(listing, query, without=purpose.missing)
    clauses = _render_clauses(listing, query, path, predicates)
    if purpose.missing:
        clauses.append(listing.missing_value_predicates[purpose.missing](query))
    return _with_index_hint(select_from(listing, select(func.count())), listing, path.index).where(*clauses)


def _select_rows(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose, limit: Any
) -> Select[Any] | None:
    order = [(listing.column(name), down) for name, down in purpose.sort]
    columns = [column for column, _ in order]
    predicates = predicates_of(listing, query)
    unfiltered = select_from(listing, select(listing.table.c.row, *extra_columns(listing, order, purpose.with_points)))
    if query.cursor is not None:
        unfiltered = unfiltered.where(keyset_predicate(order, query.cursor))
    if query.lookback_from is not None:
        unfiltered = unfiltered.where(listing.table.c.sort_date >= query.lookback_from)

    def in_order(rows: Select[Any], index: str) -> Select[Any]:
        by = [column.desc() if down else column.asc() for column, (_, down) in zip(columns, order, strict=True)]
        return _with_index_hint(rows, listing, index).order_by(*by).limit(limit)

    overlap = predicates.get("datetime")
    if purpose.range_part and isinstance(overlap, DateOverlap):
        part = getattr(overlap, purpose.range_part)
        if part is None:
            return None
        range_path = path
        if purpose.range_part != IN_WINDOW and listing.indexes is not None:
            # Imprecise dates lie anywhere in the order, but there are few of them.
            by_part = {UNDATED_START: listing.indexes.open_start, LONG_RUNNING: listing.indexes.imprecise}
            range_path = replace(path, index=by_part[purpose.range_part])
        return in_order(
            unfiltered.where(*_render_clauses(listing, query, range_path, {**predicates, "datetime": part})),
            range_path.index,
        )
    statement = unfiltered.where(*_render_clauses(listing, query, path, predicates))
    if not selects_keys_first(listing, path, purpose):
        return in_order(statement, path.index)
    # Keys and sort values are small: sorting them, and reading only the page's rows whole, copies least.
    key = listing.table.c.pk
    first = in_order(statement.with_only_columns(key), path.index).subquery()
    full_rows = select_from(listing, select(listing.table.c.row, *extra_columns(listing, order, purpose.with_points)))
    selected = full_rows.where(key.in_(select(first.c.pk)))
    return (
        _with_index_hint(selected, listing, BY_PK)
        if sorts_in_python(listing, path, purpose)
        else in_order(selected, BY_PK)
    )


def _render_clauses(
    listing: ListDefinition, query: ListQuery, path: AccessPath, predicates: Mapping[str, Predicate]
) -> list[ColumnElement[bool]]:
    """Render the predicates in the forms that an access path needs."""
    clauses = [_render_predicate(predicate, name, path, query.connection) for name, predicate in predicates.items()]
    if path.driving_filter == LIST_SUBJECT and listing.subject is not None:
        clauses.append(as_subquery(listing.subject))
    return clauses


def _render_predicate(predicate: Predicate, name: str, path: AccessPath, connection: Connection) -> ColumnElement[bool]:
    """Render a predicate as a subquery where the path materialises it or starts from it, else as EXISTS."""
    if not is_embedded(connection.engine):
        equivalent = predicate.equivalent if isinstance(predicate, SemiJoin) else None
        return as_subquery(predicate) if equivalent is None else equivalent
    materialised = path is UNHINTED or path.driving_filter == name or name in path.materialised
    return as_subquery(predicate) if materialised else as_correlated(predicate)


def _with_index_hint(statement: Select[Any], listing: ListDefinition, index: str) -> Select[Any]:
    if index == BY_PK:
        return use_rowid(statement, listing.table)
    return use_index(statement, listing.table, index)


def extra_columns(
    listing: ListDefinition, order: Sequence[tuple[Any, bool]], with_points: bool
) -> Iterator[ColumnElement[Any]]:
    """Yield what is read beside the served row: columns of the child table, sort values, the point."""
    yield from listing.child_table.c if listing.child_table is not None else ()
    yield from (column.label(f"by_{at}") for at, (column, _) in enumerate(order))
    if with_points and listing.point_columns:
        yield from (column.label(f"spot_{at}") for at, column in enumerate(listing.point_columns))


def sorts_in_python(listing: ListDefinition, path: AccessPath, purpose: StatementPurpose) -> bool:
    """Return whether the page is sorted in Python, because the database has already picked its keys.

    Sorting them again in the database would copy whole rows. Columns of the default sort are never NULL.
    """
    return selects_keys_first(listing, path, purpose) and purpose.sort == listing.default_sort


def selects_keys_first(listing: ListDefinition, path: AccessPath, purpose: StatementPurpose) -> bool:
    """Return whether the keys of a page are selected and sorted first, so that only its rows are read whole."""
    return bool(path.index) and not path.ordered and purpose.bounded and listing.child_table is None
