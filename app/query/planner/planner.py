"""Where an answer starts: SQLite is told by which index, since it cannot know how often a name or a word occurs.

A page can be found in two ways: go through the rows in the order that was asked for and keep those that fit, until
there are enough; or start from one condition that few rows meet, and sort these. How many are few is counted (up to
`MAX_COUNTED`) or told from a sample, and remembered until the database changes. PostgreSQL keeps statistics and
chooses by itself.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from app.db.indexes import use_index, use_rowid
from app.db.revision import revision_cache
from app.db.spatial_index import KEY_COLUMNS, TEMPORAL_TABLES, DayConstraint, day_from_years, nth_latest_start
from app.db.sql_functions import is_imprecise
from app.db.statements import PreparedStatement, StatementCache
from app.geo import BBox
from app.query.params.param import ListQuery, Param, structural_params
from app.query.planner.cost_model import LIST_SUBJECT, UNHINTED, AccessPath, CostModel, PathEstimate, TableStatistics
from app.query.planner.parametrize import bind_placeholders, extract_literals, placeholder
from app.query.predicates.forms import Predicate, SemiJoin, as_correlated, as_subquery
from app.query.predicates.space import Circle, box_bounds
from app.query.predicates.time import Window

SMALL_TABLE_ROWS = 2000
"""Rows of a table that may be gone through in any order."""
MAX_COUNTED = 20_000
SAMPLE_ROWS = 300
DEPENDENT_PARAMS = ("actor_role", "known_by")
"""Parameters that say how a condition on another one is meant."""


@dataclass(frozen=True)
class Indexes:
    """The indexes of a table of events or claims, by what they are good for.

    `by_date` gives its rows in the usual order, `open_start` those of them whose begin is not known, `imprecise` those
    that are vaguely dated; `by_code` those with one value of a parameter, `rare_codes` those with rare codes of one;
    `by_value` those that meet one, in another order; `missing` those that a filter cannot judge. If `current_only` is
    given, these hold only rows that meet it: what is known today. `by_date_all_versions` gives those of every day in
    order, and `by_key` find rows by a column of theirs.
    """

    by_date: str
    by_date_all_versions: str
    open_start: str
    imprecise: str
    by_code: Mapping[str, str] = field(default_factory=dict)
    rare_codes: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    by_value: Mapping[str, str] = field(default_factory=dict)
    by_key: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    current_only: ColumnElement[bool] | None = None


BY_PK = "pk"
"""For `by_key`: by the number of the row, which needs no index."""


class Planner:
    """Finds the path for one question; `subject` gives the rows that the list is about, if that is not all."""

    def __init__(
        self,
        query: ListQuery,
        params: Mapping[str, Param],
        indexes: Indexes,
        source: FromClause,
        subject: SemiJoin | None,
        statements: StatementCache,
    ) -> None:
        self.query = query
        self.params = params
        self.indexes = indexes
        self.source = source
        self.subject = subject
        self.statements = statements
        self.cache = revision_cache(query.connection)
        self.all_versions = indexes.current_only is not None and query.get("known_by") is not None

    def choose(self, limit: int | None, *, by_date: bool) -> AccessPath:
        """The cheapest path to the first `limit` rows (None: to all); `by_date` if they come in the usual order."""
        statistics = self._statistics()
        if statistics.rows < SMALL_TABLE_ROWS:
            return UNHINTED
        estimates = {name: self._estimate(name, value, statistics) for name, value in self._filters()}
        if self.subject is not None:
            estimates[LIST_SUBJECT] = self._cached_estimate(
                LIST_SUBJECT, (), lambda: self._compute_estimate(LIST_SUBJECT, None)
            )
        in_order = PathEstimate(statistics.rows, AccessPath(self.indexes.by_date, ordered=True))
        candidates = [
            estimate
            for estimate in estimates.values()
            if estimate.path and (estimate.path.driving_filter or not self.all_versions)
        ]
        window = self.query.get("datetime")
        selectivity = statistics.window_selectivity(window) if isinstance(window, Window) else 1.0
        path = CostModel(statistics, estimates, limit, by_date, selectivity, _last_day(self.query)).choose(
            [*candidates, in_order] if by_date else candidates
        )
        return (
            replace(path, index=self.indexes.by_date_all_versions, ordered=False)
            if self.all_versions and path.ordered
            else path
        )

    def _filters(self) -> list[tuple[str, Any]]:
        """The values that conditions are made of, but for those on dates."""
        given = self.query.filters.items()
        return [
            (name, value)
            for name, value in given
            if name in self.params and self.params[name].predicate and not isinstance(value, Window)
        ]

    def _estimate(self, name: str, value: Any, statistics: TableStatistics) -> PathEstimate:
        boxes = value.boxes if isinstance(value, Circle) else value
        if isinstance(boxes, list) and boxes and isinstance(boxes[0], BBox):
            path = AccessPath(self.indexes.by_key[self._point_key()], driving_filter=name)
            return PathEstimate(
                statistics.rows * statistics.box_selectivity(boxes),
                path,
                temporal=not self.all_versions and self.query.table.name in TEMPORAL_TABLES,
            )
        context = hashable((self.query.get("actor_role"), self.query.get("known_by")))
        return self._cached_estimate(name, (hashable(value), context), lambda: self._compute_estimate(name, value))

    def _cached_estimate(self, name: str, value: Hashable, compute: Any) -> PathEstimate:
        key = (self.query.table.name, self.source, name, value)
        if key not in self.cache:
            self.cache[key] = compute()
        estimate: PathEstimate = self.cache[key]
        return estimate

    def _point_key(self) -> str:
        """The column by which a box finds rows."""
        return KEY_COLUMNS.get(self.query.table.name, "location_id")

    def _predicate(self, name: str, value: Any, query: ListQuery) -> Predicate | None:
        factory = self.params[name].predicate if name in self.params else None
        return factory(value, query) if factory else self.subject

    def _compute_estimate(self, name: str, value: Any) -> PathEstimate:
        """How many rows meet a condition: counted where an index finds them, but only so far; then as in a sample."""
        path = self._access_path(name, value)
        if path is not None and path.driving_filter is None and not path.index:
            return PathEstimate(self._statistics().rows / 2)  # nothing finds them
        count = self._count_matching(name, value, self._select_count)
        if count >= MAX_COUNTED:
            hits = self._count_matching(name, value, self._select_sample_count, self._statistics().pks)
            count = max(count, round(hits / max(len(self._statistics().days), 1) * self._statistics().rows))
        elif path is not None and path.driving_filter:
            count *= self._rows_per_key(path.key)
        predicate = self._predicate(name, value, self.query)
        return PathEstimate(
            float(count),
            path,
            predicate.probe_cost if isinstance(predicate, SemiJoin) and predicate.equivalent is None else 0.0,
        )

    def _access_path(self, name: str, value: Any) -> AccessPath | None:
        """How rows that meet a condition are found; FREE if no index finds them, None if not these rows themselves."""
        predicate = self._predicate(name, value, self.query)
        if isinstance(predicate, SemiJoin):
            column: Any = predicate.column
            return (
                AccessPath(self.indexes.by_key[column.name], driving_filter=name, key=column)
                if self._is_key(column)
                else None
            )
        rare, codes = self.indexes.rare_codes.get(name, ("", ()))
        is_rare = bool(rare) and set(value) <= set(codes)
        index = rare if is_rare else self.indexes.by_code.get(name) or self.indexes.by_value.get(name)
        if index is None or self.all_versions or not isinstance(predicate, ColumnElement):
            return UNHINTED
        return AccessPath(index, ordered=is_rare or (name in self.indexes.by_code and len(value) == 1))

    def _count_matching(self, name: str, value: Any, build: Any, sample: Sequence[int] = ()) -> int:
        """What a count of rows that meet a condition comes to, by a statement that is written once for its shape."""
        dependent = {other: self.query.filters[other] for other in DEPENDENT_PARAMS if other in self.query.filters}
        params = {"sample": list(sample), name: value, **dependent}
        shape, values = extract_literals(params, structural_params(self.params))
        key = (build.__name__, name, shape)

        def compile_() -> PreparedStatement:
            bound = bind_placeholders(params, structural_params(self.params))
            shaped = ListQuery(bound, self.query.connection, self.query.table)
            count = build(self._predicate(name, bound[name], shaped), self._access_path(name, value), bound["sample"])
            return PreparedStatement(self.query.connection, count, [placeholder(at) for at in range(len(values))])

        return int(self.statements.get_or_compile(key, compile_).rows(self.query.connection, values)[0][0])

    def _select_count(self, predicate: Predicate, path: AccessPath | None, _sample: Any) -> Select[Any]:
        rows = self.query.table
        if isinstance(predicate, SemiJoin):
            matching: Any = predicate.subquery
        else:
            matching = use_index(select(rows.c.pk), rows, path.index if path else "").where(
                as_subquery(predicate), *self._current_predicates()
            )
        return select(func.count()).select_from(matching.limit(MAX_COUNTED).subquery())

    def _select_sample_count(self, predicate: Predicate, _path: AccessPath | None, sample: Any) -> Select[Any]:
        statement = use_rowid(select(func.count()).select_from(self.source), self.query.table)
        return statement.where(self.query.table.c.pk.in_(sample), as_correlated(predicate), *self._current_predicates())

    def _current_predicates(self) -> list[ColumnElement[bool]]:
        return [] if self.indexes.current_only is None else [self.indexes.current_only]

    def _is_key(self, column: Any) -> bool:
        return column.table is self.query.table and column.name in self.indexes.by_key

    def _rows_per_key(self, column: Any) -> int:
        """How many rows have the same value of a column that refers to another table, on average."""
        if not column.foreign_keys:
            return 1
        [reference] = column.foreign_keys
        key = ("rows", reference.column.table.name)
        if key not in self.cache:
            self.cache[key] = self._scalar(select(func.max(reference.column.table.c.pk)))
        return int(max(self._statistics().rows // max(self.cache[key], 1), 1))

    def _scalar(self, statement: Any) -> int:
        return int(self.query.connection.scalar(statement) or 0)

    def _statistics(self) -> TableStatistics:
        key = ("sample", self.query.table.name)
        if key not in self.cache:
            self.cache[key] = self._draw_sample()
        statistics: TableStatistics = self.cache[key]
        return statistics

    def _draw_sample(self) -> TableStatistics:
        rows, connection = self.query.table, self.query.connection
        max_pk = self._scalar(select(func.max(rows.c.pk)))
        pks = Random(max_pk).sample(range(1, max_pk + 1), min(SAMPLE_ROWS, max_pk))  # noqa: S311 - nothing secret about it
        locations = rows if "latitude" in rows.c else self.source
        points = (_column(locations, name) for name in ("longitude", "latitude"))
        statement = select(rows.c.sort_date, rows.c.earliest, rows.c.latest, *points)
        statement = statement.select_from(self.source).where(rows.c.pk.in_(pks), *self._current_predicates())
        sample = connection.execute(statement).all()
        scale = max_pk / max(len(pks), 1)
        imprecise = sum(is_imprecise(earliest, latest) for _, earliest, latest, *_ in sample)
        return TableStatistics(
            rows=int(scale * len(sample)),
            imprecise_rows=scale * (imprecise or 0.3),
            pks=pks,
            days=sorted(day for day, *_ in sample),
            points=[(x, y) for *_, x, y in sample if x is not None],
        )


def _last_day(query: ListQuery) -> date:
    """The last day that rows can have by which they are sorted: that of the cursor, or of the window."""
    if query.cursor and isinstance(query.cursor[0], date):
        return query.cursor[0]
    window = query.get("datetime")
    latest = window.days.latest if isinstance(window, Window) else None
    return latest or date.max


def lookback_start(query: ListQuery, path: AccessPath, statements: StatementCache) -> date | None:
    """The day back to which a path looks first: its own, or that of one of the latest rows at a place, if there are so
    many."""
    if not path.lookback_rows or path.driving_filter is None:
        return path.lookback_date
    value, window, latest = query.filters[path.driving_filter], query.get("datetime"), _last_day(query)
    boxes = value.boxes if isinstance(value, Circle) else value
    days = DayConstraint(
        window.days.earliest if isinstance(window, Window) else None, None if latest == date.max else latest
    )
    for begin in (path.lookback_date, None) if path.lookback_date else (None,):
        params = {"boxes": boxes, "days": replace(days, begin=begin), "number": path.lookback_rows}
        shape, values = extract_literals(params, frozenset())
        statement = statements.get_or_compile(
            ("latest", shape), partial(_prepare_nth_latest, query, params, len(values))
        )
        rows = statement.rows(query.connection, values)
        if rows:
            return day_from_years(rows[0][0])
    return None


def _prepare_nth_latest(query: ListQuery, params: Mapping[str, Any], literals: int) -> PreparedStatement:
    bound = bind_placeholders(params, frozenset())
    statement = nth_latest_start(query.table.name, box_bounds(bound["boxes"]), bound["days"], bound["number"])
    return PreparedStatement(query.connection, statement, [placeholder(at) for at in range(literals)])


def _column(table: FromClause, name: str) -> ColumnElement[Any]:
    """A column of a table, or of the places that it is joined with."""
    return next(column for column in table.columns if column.name == name)


def hashable(value: Any) -> Hashable:
    """A value that can be looked up by."""
    if isinstance(value, list | tuple):
        return tuple(map(hashable, value))
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(hashable(getattr(value, part.name)) for part in fields(value))
    return value  # type: ignore[no-any-return]
