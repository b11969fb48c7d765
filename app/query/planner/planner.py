"""Choose the access path of a query on SQLite, whose own planner cannot know how often the value asked for occurs.

PostgreSQL keeps such statistics and plans by itself. README.md shows what this is worth, measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import FromClause, Select, func, select

from app.db.indexes import use_index, use_rowid
from app.db.revision import revision_cache, short_key
from app.db.spatial_index import TEMPORAL_TABLES, DayConstraint, day_from_years, nth_latest_start
from app.db.statements import PreparedStatement, StatementCache
from app.geo import BBox
from app.query.params.param import ListQuery, Param, structural_params
from app.query.planner.access_paths import LIST_SUBJECT, UNHINTED, AccessPath, Indexes
from app.query.planner.cost_model import CostModel, PathEstimate
from app.query.planner.parametrize import extract_literals, prepare_shape
from app.query.planner.statistics import TableStatistics, draw_sample
from app.query.predicates.forms import Predicate, SemiJoin, as_correlated, as_subquery
from app.query.predicates.space import Circle, box_bounds
from app.query.predicates.time import Window

SMALL_TABLE_ROWS = 2000
"""Rows up to which SQLite may choose any path."""
MAX_COUNTED = 2000
"""Rows up to which matches are counted; a sample of 300 tells the rest."""
DEPENDENT_PARAMS = ("actor_role", "known_by")
"""Parameters that change what other filters match."""
SPATIAL_FILTERS = ("bbox", "near")


class Planner:
    """Choose the path of one query; `subject` yields the rows that the list is about, if these are not all."""

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
        self.structural = structural_params(params)
        self.all_versions = indexes.needs_all_versions(query)
        self.current = [] if indexes.current_only is None else [indexes.current_only]

    def choose(self, limit: int | None, *, by_date: bool) -> AccessPath:
        """Return the cheapest path to the first `limit` rows (None: all); `by_date` if sorted by date."""
        statistics = self._statistics()
        if statistics.rows < SMALL_TABLE_ROWS:
            return UNHINTED
        estimates = {name: self._estimate(name, value, statistics) for name, value in self._filters()}
        candidates = list(estimates.values())
        if by_date:
            candidates.append(PathEstimate(statistics.rows, AccessPath(self.indexes.by_date, ordered=True)))
        window = self.query.get("datetime")
        selectivity = statistics.window_selectivity(window) if isinstance(window, Window) else 1.0
        model = CostModel(statistics, estimates, limit, by_date, selectivity, _last_day(self.query))
        path = model.choose(candidates)
        if self.all_versions and path.ordered:  # the ranges of a window have indexes of current rows only
            return replace(path, index=self.indexes.by_date_all_versions, ordered=False)
        return path

    def _filters(self) -> list[tuple[str, Any]]:
        """Return the filters and their values, except for the date window, which bounds the date order."""
        filters = [
            (name, value)
            for name, value in self.query.filters.items()
            if name in self.params and self.params[name].predicate and not isinstance(value, Window)
        ]
        return filters if self.subject is None else [*filters, (LIST_SUBJECT, None)]

    def _estimate(self, name: str, value: Any, statistics: TableStatistics) -> PathEstimate:
        shape, literals = extract_literals(self._values_of(name, value), self.structural)
        key = (self.query.table.name, self.source, short_key(shape, literals))
        if key not in self.cache:
            self.cache[key] = self._compute_estimate(name, value, statistics)
        estimate: PathEstimate = self.cache[key]
        return estimate

    def _compute_estimate(self, name: str, value: Any, statistics: TableStatistics) -> PathEstimate:
        """Count the rows that match one filter, up to `MAX_COUNTED`; estimate more from the sample."""
        predicate = self._predicate(name, value, self.query)
        path = self.indexes.path_of(name, value, predicate, self.query)
        if name in SPATIAL_FILTERS:
            rows = statistics.rows * statistics.box_selectivity(_boxes(value))
            return PathEstimate(rows, path, temporal=not self.all_versions and self.query.table.name in TEMPORAL_TABLES)
        if path is None and not isinstance(predicate, SemiJoin):
            return PathEstimate(statistics.rows / 2)  # no index to count in
        count = self._run_count(name, value, self._select_count)
        if count >= MAX_COUNTED:
            hits = self._run_count(name, value, self._select_sample_count, statistics.pks)
            count = max(count, round(statistics.selectivity(hits) * statistics.rows))
        probe_cost = predicate.probe_cost if isinstance(predicate, SemiJoin) and predicate.equivalent is None else 0.0
        return PathEstimate(float(count), path, probe_cost)

    def _values_of(self, name: str, value: Any) -> dict[str, Any]:
        """Return all values on which the predicate of one filter depends."""
        others = {} if name == LIST_SUBJECT else self.query.filters
        return {name: value, **{other: others[other] for other in DEPENDENT_PARAMS if other in others}}

    def _predicate(self, name: str, value: Any, query: ListQuery) -> Predicate | None:
        factory = self.params[name].predicate if name in self.params else None
        return factory(value, query) if factory else self.subject

    def _run_count(self, name: str, value: Any, build: Any, sample: Sequence[int] = ()) -> int:
        """Run a count of the rows that match one filter, by a statement prepared for its shape."""
        params = {"sample": list(sample), **self._values_of(name, value)}

        def compile_(bound: dict[str, Any], names: list[str]) -> PreparedStatement:
            shaped = ListQuery(bound, self.query.connection, self.query.table)
            predicate = self._predicate(name, bound[name], shaped)
            path = self.indexes.path_of(name, value, predicate, self.query)
            return PreparedStatement(self.query.connection, build(predicate, path, bound["sample"]), names)

        statement, args = prepare_shape(self.statements, (build.__name__, name), params, compile_, self.structural)
        return int(statement.rows(self.query.connection, args)[0][0])

    def _select_count(self, predicate: Predicate, path: AccessPath | None, _sample: Any) -> Select[Any]:
        rows = self.query.table
        if isinstance(predicate, SemiJoin):
            matching: Any = predicate.subquery
        else:
            matching = use_index(select(rows.c.pk), rows, path.index if path else "")
            matching = matching.where(as_subquery(predicate), *self.current)
        return select(func.count()).select_from(matching.limit(MAX_COUNTED).subquery())

    def _select_sample_count(self, predicate: Predicate, _path: AccessPath | None, sample: Any) -> Select[Any]:
        statement = use_rowid(select(func.count()).select_from(self.source), self.query.table)
        return statement.where(self.query.table.c.pk.in_(sample), as_correlated(predicate), *self.current)

    def _statistics(self) -> TableStatistics:
        key = ("sample", self.query.table.name)
        if key not in self.cache:
            self.cache[key] = draw_sample(self.query, self.source, self.current)
        statistics: TableStatistics = self.cache[key]
        return statistics


def _last_day(query: ListQuery) -> date:
    """Return the day from which a scan goes back: the cursor's, or the window's last."""
    if query.cursor and isinstance(query.cursor[0], date):
        return query.cursor[0]
    window = query.get("datetime")
    latest = window.days.latest if isinstance(window, Window) else None
    return latest or date.max


def _boxes(value: Any) -> list[BBox]:
    boxes: list[BBox] = value.boxes if isinstance(value, Circle) else value
    return boxes


def lookback_start(query: ListQuery, path: AccessPath, statements: StatementCache) -> date | None:
    """Return the day since which a path's bounded first look reads rows; None if it has to read all."""
    if not path.lookback_rows or path.driving_filter is None:
        return path.lookback_date
    window, latest = query.get("datetime"), _last_day(query)
    earliest = window.days.earliest if isinstance(window, Window) else None
    params = {
        "boxes": _boxes(query.filters[path.driving_filter]),
        "days": DayConstraint(earliest, None if latest == date.max else latest),
        "n": path.lookback_rows,
    }

    def compile_(bound: dict[str, Any], names: list[str]) -> PreparedStatement:
        start = nth_latest_start(query.table.name, box_bounds(bound["boxes"]), bound["days"], bound["n"])
        return PreparedStatement(query.connection, start, names)

    statement, args = prepare_shape(statements, "nth_latest_start", params, compile_)
    starts = statement.rows(query.connection, args)
    return day_from_years(starts[0][0]) if starts else None
