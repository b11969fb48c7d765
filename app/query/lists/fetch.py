"""From a question to a page: the conditions, the order, the cursor, one statement."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from app.db.engine import is_embedded
from app.db.indexes import use_index, use_rowid
from app.db.revision import revision_cache
from app.db.statements import PreparedStatement
from app.geo import LocatedPoint
from app.query.lists.cursors import Sort, keyset_predicate, write_cursor
from app.query.lists.definition import ListDefinition
from app.query.params.param import DateOverlap, ListQuery, Predicate, SemiJoin, as_correlated, as_subquery
from app.query.planner.cost_model import LIST_SUBJECT, UNHINTED, AccessPath
from app.query.planner.parametrize import STRUCTURAL_PARAMS, bind_placeholders, extract_literals, placeholder
from app.query.planner.planner import BY_PK, Planner, lookback_start
from app.query.predicates.time import LOOKBACK, Window

ROWS_PER_BATCH = 1000  # of an answer without limit: what is held in memory at a time
IN_WINDOW, UNDATED_START, LONG_RUNNING = "in_window", "undated_start", "long_running"
"""The parts of a window (see `DateOverlap`)."""
_FIRST_SORT_COLUMN = 1
"""Where in a row that was read the values of the order begin, if nothing else is shown."""
PRESENTATION_PARAMS = frozenset(("limit", "cursor", "sort", "fields", "f", "count"))


RowWithPoint = tuple[str, LocatedPoint | None]
"""A row as it is stored, which is how it is served, and where it lies (if that was asked for)."""


@dataclass(frozen=True)
class Page:
    """One page, or all rows: in batches, with the cursor of the next page and the counts that were asked for."""

    batches: Iterable[Sequence[RowWithPoint]]
    next: str | None = None
    matched: int | None = None
    omitted: dict[str, int] | None = None

    def close(self) -> None:
        """Stop reading rows that nobody will take."""
        if isinstance(self.batches, Generator):
            self.batches.close()


def predicates_of(listing: ListDefinition, query: ListQuery, without: str | None = None) -> dict[str, Predicate]:
    """What the rows must meet, by parameter; `without` leaves out those that judge the given thing."""
    base = listing.base_predicate(query) if listing.base_predicate else None
    predicates: dict[str, Predicate | None] = {"": base}
    for name, value in query.values.items():
        param = listing.params.get(name)
        if param and param.predicate and value is not None and (without is None or param.omits != without):
            predicates[name] = param.predicate(value, query)
    return {name: predicate for name, predicate in predicates.items() if predicate is not None}


def clauses_of(listing: ListDefinition, query: ListQuery, without: str | None = None) -> list[ColumnElement[bool]]:
    """What the rows must meet, as any statement takes it."""
    predicates = predicates_of(listing, query, without)
    return [_render_predicate(predicate, name, UNHINTED, query.connection) for name, predicate in predicates.items()]


def select_matching(listing: ListDefinition, query: ListQuery, *columns: Any) -> Select[Any]:
    """The statement that reads these columns of all rows that match, in no order."""
    return _select_from(listing, select(*columns)).where(*clauses_of(listing, query))


def _select_from(listing: ListDefinition, statement: Select[Any]) -> Select[Any]:
    return statement.select_from(listing.source if listing.source is not None else listing.rows)


def fetch_page(
    listing: ListDefinition, values: Mapping[str, Any], connection: Connection, *, with_points: bool = False
) -> Page:
    """Answer a question: the rows after the cursor, in order, and what was counted; with `with_points`, where they lie.

    With `limit` None the rows are read while they are taken, and the connection must stay open that long.
    """
    query = listing.resolve(values, connection)
    limit = values["limit"]
    counts: dict[str, Any] = {
        "matched": _count_all(listing, query) if values.get("count") else None,
        "omitted": count_omitted(listing, query),
    }
    path = _choose_path(listing, query, limit, by_date=values["sort"] == listing.default_sort)
    purpose = StatementPurpose(sort=tuple(values["sort"]), with_points=with_points, bounded=limit is not None)
    if limit is None:
        return Page(
            (_to_served_rows(listing, batch, with_points) for batch in _stream_rows(listing, query, path, purpose)),
            **counts,
        )
    rows = _fetch_limited(listing, query, path, purpose, limit + 1)
    page_rows = rows[:limit]
    last = _sort_values(listing, page_rows[-1], values["sort"]) if len(rows) > limit else None
    return Page(
        [_to_served_rows(listing, page_rows, with_points)],
        next=write_cursor(values["sort"], last) if last is not None else None,
        **counts,
    )


@dataclass(frozen=True)
class StatementPurpose:
    """What a statement is for: `count` counts rows, `missing` those that filters cannot judge (see
    `ListDefinition.missing_value_predicates`); else it reads rows in an order, all of them or no more than a limit."""

    count: bool = False
    missing: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    with_points: bool = False
    bounded: bool = False
    range_part: str = ""
    """Of the rows of a window, if they are read part by part."""


def _split_ranges(query: ListQuery, path: AccessPath, purpose: StatementPurpose) -> list[StatementPurpose]:
    """What is asked one after the other, so that all rows come in order."""
    if path.ordered and isinstance(query.get("datetime"), Window):
        return [replace(purpose, range_part=part) for part in (UNDATED_START, IN_WINDOW, LONG_RUNNING)]
    return [purpose]


def _fetch_limited(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose, limit: int
) -> list[Any]:
    """So many rows, fewer only if there are no more; looked for nearby first, if the path says so."""

    def read(bounded_query: ListQuery, current_path: AccessPath) -> list[Any]:
        fetched: list[Any] = []
        for part in _split_ranges(bounded_query, current_path, purpose):
            if len(fetched) == limit:
                break
            statement, args = _prepared(listing, bounded_query, current_path, part)
            if statement is not None:
                fetched += statement.rows(query.connection, [*args, limit - len(fetched)])
        if _sorts_in_python(listing, current_path, purpose):
            for at, (_, down) in reversed(list(enumerate(purpose.sort))):
                fetched.sort(key=itemgetter(_FIRST_SORT_COLUMN + at), reverse=down)
        return fetched

    while path.fallback is not None:
        lookback_date = lookback_start(query, path, listing.statements)
        if lookback_date is not None:
            rows = read(ListQuery({**query.values, LOOKBACK: lookback_date}, query.connection, listing.rows), path)
            if len(rows) == limit:
                return rows
        path = path.fallback
    return read(query, path)


def _sorts_in_python(listing: ListDefinition, path: AccessPath, purpose: StatementPurpose) -> bool:
    """Whether the rows of a page are read in any order. Those that are shown are chosen by the database by what is
    small; to sort them once more takes it longer, as it copies them whole. In the usual order nothing is null."""
    return _selects_keys_first(listing, path, purpose) and purpose.sort == tuple(listing.default_sort)


def _selects_keys_first(listing: ListDefinition, path: AccessPath, purpose: StatementPurpose) -> bool:
    return bool(path.index) and not path.ordered and purpose.bounded and listing.child_table is None


def _stream_rows(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> Iterator[list[Any]]:
    """All rows, in batches."""
    for part in _split_ranges(query, path, purpose):
        statement, args = _prepared(listing, query, path, part)
        if statement is not None:
            yield from statement.stream(query.connection, args, ROWS_PER_BATCH)


def _choose_path(listing: ListDefinition, query: ListQuery, limit: int | None, *, by_date: bool) -> AccessPath:
    if listing.indexes is None:
        return UNHINTED
    if not is_embedded(query.connection.engine):
        return AccessPath(ordered=by_date)
    source = listing.source if listing.source is not None else listing.rows
    return Planner(query, listing.params, listing.indexes, source, listing.subject, listing.statements).choose(
        limit, by_date=by_date
    )


def _prepared(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> tuple[PreparedStatement | None, list[Any]]:
    """The statement for questions of this shape, and the values for its placeholders; None for a part with no rows."""
    params = {name: value for name, value in query.values.items() if name not in PRESENTATION_PARAMS}
    if "cursor" in query.values and not purpose.count:
        params["cursor"] = query.values["cursor"][1]
    shape, values = extract_literals(params, STRUCTURAL_PARAMS)
    key = (query.connection.dialect.name, path, shape, purpose)

    def compile_() -> PreparedStatement | None:
        names = [placeholder(at) for at in range(len(values) + purpose.bounded)]
        bound = ListQuery(bind_placeholders(params, STRUCTURAL_PARAMS), query.connection, listing.rows)
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

    return listing.statements.get_or_compile(key, compile_), values


def _select_count(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose
) -> Select[Any]:
    predicates = predicates_of(listing, query, without=purpose.missing)
    clauses = _render_clauses(listing, query, path, predicates)
    if purpose.missing:
        clauses.append(listing.missing_value_predicates[purpose.missing](query))
    return _with_index_hint(_select_from(listing, select(func.count())), listing, path.index).where(*clauses)


def _select_rows(
    listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose, limit: Any
) -> Select[Any] | None:
    order = [(listing.column(name), down) for name, down in purpose.sort]
    columns = [column for column, _ in order]
    predicates = predicates_of(listing, query)
    unfiltered = _select_from(listing, select(listing.rows.c.row, *_extra_columns(listing, order, purpose.with_points)))
    if "cursor" in query.values:
        unfiltered = unfiltered.where(keyset_predicate(order, query.values["cursor"]))
    if LOOKBACK in query.values:
        unfiltered = unfiltered.where(listing.rows.c.sort_date >= query.values[LOOKBACK])

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
            index = by_part[purpose.range_part]
            range_path = replace(path, index=index, materialised=path.materialised_imprecise)
        return in_order(
            unfiltered.where(*_render_clauses(listing, query, range_path, {**predicates, "datetime": part})),
            range_path.index,
        )
    statement = unfiltered.where(*_render_clauses(listing, query, path, predicates))
    if not _selects_keys_first(listing, path, purpose):
        return in_order(statement, path.index)
    # All that fit are sorted: by what is small. Only the rows that are shown are read whole.
    key = listing.rows.c.pk
    first = in_order(statement.with_only_columns(key), path.index).subquery()
    full_rows = _select_from(listing, select(listing.rows.c.row, *_extra_columns(listing, order, purpose.with_points)))
    selected = full_rows.where(key.in_(select(first.c.pk)))
    return (
        _with_index_hint(selected, listing, BY_PK)
        if _sorts_in_python(listing, path, purpose)
        else in_order(selected, BY_PK)
    )


def _render_clauses(
    listing: ListDefinition, query: ListQuery, path: AccessPath, predicates: Mapping[str, Predicate]
) -> list[ColumnElement[bool]]:
    """What the rows must meet, in the forms that a path needs."""
    clauses = [_render_predicate(predicate, name, path, query.connection) for name, predicate in predicates.items()]
    if path.driving_filter == LIST_SUBJECT and listing.subject is not None:
        clauses.append(as_subquery(listing.subject))
    return clauses


def _render_predicate(predicate: Predicate, name: str, path: AccessPath, connection: Connection) -> ColumnElement[bool]:
    """A test in the form in which a path needs it."""
    if not is_embedded(connection.engine):
        equivalent = predicate.equivalent if isinstance(predicate, SemiJoin) else None
        return as_subquery(predicate) if equivalent is None else equivalent
    materialised = path is UNHINTED or path.driving_filter == name or name in path.materialised
    return as_subquery(predicate) if materialised else as_correlated(predicate)


def _with_index_hint(statement: Select[Any], listing: ListDefinition, index: str) -> Select[Any]:
    if index == BY_PK:
        return use_rowid(statement, listing.rows)
    return use_index(statement, listing.rows, index)


def find_one(listing: ListDefinition, id_: str, connection: Connection) -> RowWithPoint | None:
    """The row with this id, if the list has it now, and where it lies."""
    query = listing.resolve({}, connection)
    statement = _select_from(listing, select(listing.rows.c.row, *_extra_columns(listing, (), with_points=True)))
    rows = connection.execute(statement.where(listing.rows.c.id == id_, *clauses_of(listing, query))).all()
    return _to_served_rows(listing, rows, with_points=True)[0] if rows else None


def _extra_columns(
    listing: ListDefinition, order: Sequence[tuple[Any, bool]], with_points: bool
) -> Iterator[ColumnElement[Any]]:
    """What is read beside the row itself: the table it is presented from, the values of the order, its place."""
    yield from listing.child_table.c if listing.child_table is not None else ()
    yield from (column.label(f"by_{at}") for at, (column, _) in enumerate(order))
    if with_points and listing.point_columns:
        yield from (column.label(f"spot_{at}") for at, column in enumerate(listing.point_columns))


def _sort_values(listing: ListDefinition, row: Sequence[Any], sort: Sort) -> Sequence[Any]:
    """Where a row stands in the order."""
    first = 1 + (len(listing.child_table.c) if listing.child_table is not None else 0)
    return row[first : first + len(sort)]


def _to_served_rows(listing: ListDefinition, rows: Iterable[Any], with_points: bool) -> list[RowWithPoint]:
    """Rows as they are served, and where they lie."""
    if listing.render_child and listing.child_table is not None:
        names = listing.child_table.c.keys()
        rows = [(listing.render_child(row[0], dict(zip(names, row[1:], strict=False))), *row[1:]) for row in rows]
    if not (with_points and listing.point_columns):
        return [(row[0], None) for row in rows]
    return [(row[0], None if row[-3] is None else LocatedPoint(*row[-3:])) for row in rows]


def _count_all(listing: ListDefinition, query: ListQuery) -> int:
    path = _choose_path(listing, query, None, by_date=False)
    return _run_count(listing, query, path, StatementPurpose(count=True))


def _run_count(listing: ListDefinition, query: ListQuery, path: AccessPath, purpose: StatementPurpose) -> int:
    statement, values = _prepared(listing, query, path, purpose)
    return int(statement.rows(query.connection, values)[0][0]) if statement is not None else 0


def count_omitted(listing: ListDefinition, query: ListQuery) -> dict[str, int] | None:
    """How many rows meet everything else but lack what the spatial or time filter judges."""
    omitting = [(param.omits, name) for name in query.values if (param := listing.params.get(name)) and param.omits]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    is_applied = {missing: query.values[name] is not None for missing, name in omitting}
    return {
        missing: _count_missing(listing, query, missing) if applied else 0 for missing, applied in is_applied.items()
    } or None


def _count_missing(listing: ListDefinition, query: ListQuery, missing: str) -> int:
    """How many rows meet everything else but lack this. Mostly no row lacks it at all, which is remembered."""
    cache, connection, purpose = (
        revision_cache(query.connection),
        query.connection,
        StatementPurpose(count=True, missing=missing),
    )
    indexed = listing.indexes and is_embedded(connection.engine) and listing.indexes.missing.get(missing)
    path = AccessPath(indexed, ordered=True) if indexed else UNHINTED
    key = ("lacking", listing.name, missing)
    if key not in cache:
        cache[key] = _run_count(listing, listing.resolve({}, connection), path, purpose)
    if "known_by" in query.values:
        return _run_count(listing, query, UNHINTED, purpose)
    return _run_count(listing, query, path, purpose) if cache[key] else 0
