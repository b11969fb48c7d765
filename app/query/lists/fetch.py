"""Fetch pages, streams and counts of stored lists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from app.db.engine import is_embedded
from app.db.revision import revision_cache
from app.geo import LocatedPoint
from app.query.lists.cursors import Sort, write_cursor
from app.query.lists.definition import ListDefinition
from app.query.lists.page import ROWS_PER_BATCH, Page, RowWithPoint
from app.query.lists.request import ListRequest
from app.query.lists.select import (
    IN_WINDOW,
    LONG_RUNNING,
    UNDATED_START,
    StatementPurpose,
    clauses_of,
    extra_columns,
    prepare,
    select_from,
    sorts_in_python,
)
from app.query.params.param import ListQuery
from app.query.planner.access_paths import UNHINTED, AccessPath
from app.query.planner.planner import Planner, lookback_start
from app.query.predicates.time import Window

_FIRST_SORT_COLUMN = 1
"""Position of the first sort value in a row read without a child table."""


def fetch_page(
    listing: ListDefinition, request: ListRequest, connection: Connection, *, with_points: bool = False
) -> Page:
    """Fetch the rows after the cursor in order, and the counts that were asked for.

    Without a limit rows are read while they are taken, and the connection must stay open that long. Raises
    InvalidParameterError for names that resolve to nothing.
    """
    query, limit = listing.resolve(request, connection), request.limit
    matched = _count_all(listing, query) if request.count else None
    omitted = count_omitted(listing, query)
    path = _choose_path(listing, query, limit, by_date=request.sort == listing.default_sort)
    purpose = StatementPurpose(sort=request.sort, with_points=with_points, bounded=limit is not None)
    if limit is None:
        return Page(
            (_to_served_rows(listing, batch, with_points) for batch in _stream_rows(listing, query, path, purpose)),
            matched=matched,
            omitted=omitted,
        )
    rows = _fetch_limited(listing, query, path, purpose, limit + 1)
    page_rows = rows[:limit]
    last = _sort_values(listing, page_rows[-1], request.sort) if len(rows) > limit else None
    return Page(
        [_to_served_rows(listing, page_rows, with_points)],
        next=write_cursor(request.sort, last) if last is not None else None,
        matched=matched,
        omitted=omitted,
    )


def _split_ranges(query: ListQuery, path: AccessPath, purpose: StatementPurpose) -> list[StatementPurpose]:
    """Return the statements to run one after the other, so that all rows come in order."""
    if path.ordered and isinstance(query.get("datetime"), Window):
        return [replace(purpose, range_part=part) for part in (UNDATED_START, IN_WINDOW, LONG_RUNNING)]
    return [purpose]


def _fetch_limited(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose, limit: int
) -> list[Any]:
    """Fetch up to `limit` rows; a path with a fallback looks only a bounded number of days back at first."""

    def read(bounded_query: ListQuery, current_path: AccessPath) -> list[Any]:
        fetched: list[Any] = []
        for part in _split_ranges(bounded_query, current_path, purpose):
            if len(fetched) == limit:
                break
            statement, args = prepare(listing, bounded_query, current_path, part)
            if statement is not None:
                fetched += statement.rows(query.connection, [*args, limit - len(fetched)])
        if sorts_in_python(listing, current_path, purpose):
            for at, (_, down) in reversed(list(enumerate(purpose.sort))):
                fetched.sort(key=itemgetter(_FIRST_SORT_COLUMN + at), reverse=down)
        return fetched

    while path.fallback is not None:
        lookback_date = lookback_start(query, path, listing.statements)
        if lookback_date is not None:
            rows = read(replace(query, lookback_from=lookback_date), path)
            if len(rows) == limit:
                return rows
        path = path.fallback
    return read(query, path)


def _stream_rows(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> Iterator[list[Any]]:
    """Yield all rows, in batches."""
    for part in _split_ranges(query, path, purpose):
        statement, args = prepare(listing, query, path, part)
        if statement is not None:
            yield from statement.stream(query.connection, args, ROWS_PER_BATCH)


def _choose_path(listing: ListDefinition, query: ListQuery, limit: int | None, *, by_date: bool) -> AccessPath:
    if listing.indexes is None:
        return UNHINTED
    if not is_embedded(query.connection.engine):
        return AccessPath(ordered=by_date)
    source = listing.source if listing.source is not None else listing.table
    return Planner(query, listing.params, listing.indexes, source, listing.subject, listing.statements).choose(
        limit, by_date=by_date
    )


def find_one(listing: ListDefinition, id_: str, connection: Connection) -> RowWithPoint | None:
    """Return the row with an id and its point, if it is in the list now."""
    query = listing.resolve(ListRequest({}), connection)
    statement = select_from(listing, select(listing.table.c.row, *extra_columns(listing, (), with_points=True)))
    rows = connection.execute(statement.where(listing.table.c.id == id_, *clauses_of(listing, query))).all()
    return _to_served_rows(listing, rows, with_points=True)[0] if rows else None


def _sort_values(listing: ListDefinition, row: Sequence[Any], sort: Sort) -> Sequence[Any]:
    """Return the sort values of a row that was read."""
    first = 1 + (len(listing.child_table.c) if listing.child_table is not None else 0)
    return row[first : first + len(sort)]


def _to_served_rows(listing: ListDefinition, rows: Iterable[Any], with_points: bool) -> list[RowWithPoint]:
    """Return rows as they are served, with points where they were read."""
    if listing.render_child and listing.child_table is not None:
        names = listing.child_table.c.keys()
        rows = [(listing.render_child(row[0], dict(zip(names, row[1:], strict=False))), *row[1:]) for row in rows]
    if listing.empty_field:
        # Quotes inside a JSON string are escaped, so that this text can only be the field itself.
        null_field = f'"{listing.empty_field}":null,'
        rows = [(row[0].replace(null_field, "", 1), *row[1:]) for row in rows]
    if not (with_points and listing.point_columns):
        return [(row[0], None) for row in rows]
    return [(row[0], None if row[-3] is None else LocatedPoint(*row[-3:])) for row in rows]


def _count_all(listing: ListDefinition, query: ListQuery) -> int:
    path = _choose_path(listing, query, None, by_date=False)
    return _run_count(listing, query, path, StatementPurpose(count=True))


def _run_count(listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose) -> int:
    statement, values = prepare(listing, query, path, purpose)
    return int(statement.rows(query.connection, values)[0][0]) if statement is not None else 0


def count_omitted(listing: ListDefinition, query: ListQuery) -> dict[str, int] | None:
    """Count rows that match all other filters but lack what a spatial or time filter needs."""
    omitting = [(param.omits, name) for name in query.filters if (param := listing.params.get(name)) and param.omits]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    is_applied = {missing: query.filters[name] is not None for missing, name in omitting}
    return {
        missing: _count_missing(listing, query, missing) if applied else 0 for missing, applied in is_applied.items()
    } or None


def _count_missing(listing: ListDefinition, query: ListQuery, missing: str) -> int:
    """Count rows that match all other filters but lack a value. Mostly no row lacks it, which is cached."""
    cache, connection, purpose = (
        revision_cache(query.connection),
        query.connection,
        StatementPurpose(count=True, missing=missing),
    )
    indexed = listing.indexes and is_embedded(connection.engine) and listing.indexes.missing.get(missing)
    path = AccessPath(indexed, ordered=True) if indexed else UNHINTED
    key = ("lacking", listing.name, missing)
    if key not in cache:
        cache[key] = _run_count(listing, listing.resolve(ListRequest({}), connection), path, purpose)
    if "known_by" in query.filters:
        return _run_count(listing, query, UNHINTED, purpose)
    return _run_count(listing, query, path, purpose) if cache[key] else 0
