"""Compare access paths by cost, in units of one row read in date order; the constants are measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import ceil, inf

from app.query.planner.access_paths import LIST_SUBJECT, UNHINTED, AccessPath
from app.query.planner.statistics import TableStatistics

LOOKUP_COST = 8.0
"""Look up one row through another index, and sort it."""
MATERIALISE_COST = 2.0
"""Run a semi-join once, per key that it yields."""
RTREE_PROBE_COST = 0.4
"""Find one row in the R*Tree, with its start."""
OVERSAMPLE, MIN_OVERSAMPLE = 1.3, 20.0
"""Read this factor more, and so many rows more, of the latest rows in a box than are expected to fill the page."""
OVERRUN_FACTOR = 3.0
"""Abandon an ordered scan after this multiple of the expected rows, if another path costs that much less than the rest.

All that happened at one place, or by one actor, may lie long ago.
"""


@dataclass(frozen=True)
class PathEstimate:
    """One filter as a candidate start: its matching rows, its access path (None: no candidate).

    `probe_cost` is the cost of testing one row for it; 0 if the row itself tells. A `temporal` filter has an R*Tree
    that knows when rows start: the latest are found first, and only those of the window.
    """

    rows: float
    path: AccessPath | None = None
    probe_cost: float = 0.0
    temporal: bool = False


@dataclass(frozen=True)
class CostModel:
    """Compare the paths to the first `limit` rows (None: all rows) of a query with these filters.

    `window_selectivity` is the date window's share of the rows; `latest` is the day from which a scan goes back;
    `by_date` is whether the query sorts by date.
    """

    statistics: TableStatistics
    estimates: Mapping[str, PathEstimate]
    limit: int | None
    by_date: bool
    window_selectivity: float
    latest: date

    def choose(self, candidates: Iterable[PathEstimate]) -> AccessPath:
        """Return the cheapest path, with its fallback if it may overrun; UNHINTED if there is no candidate."""
        ways = [candidate for candidate in candidates if candidate.path is not None]
        if not ways:
            return UNHINTED
        best, *others = sorted(ways, key=lambda way: self._cost(way, self._visited(way)))
        path = self._latest_first(best)
        if self._in_order(best):
            worst = self._total(best) / OVERRUN_FACTOR
            cheaper = [o for o in others if not self._in_order(o) and self._cost(o, self._total(o)) < worst]
            if cheaper:
                back = self.statistics.lookback_date(self.latest, OVERRUN_FACTOR * self._visited(best) / best.rows)
                return replace(path, lookback_date=back, fallback=self._latest_first(cheaper[0]))
        return path

    def _latest_first(self, estimate: PathEstimate) -> AccessPath:
        """Return the path; it looks at the latest rows in a box first, if so few are expected to fill the page."""
        path = replace(estimate.path or UNHINTED, materialised=self._materialised(estimate, self._visited(estimate)))
        needed = self._needed(estimate)
        if needed >= self._total(estimate):
            return path
        return replace(path, lookback_rows=int(needed), fallback=path)

    def _in_order(self, estimate: PathEstimate) -> bool:
        return self.by_date and estimate.path is not None and estimate.path.ordered

    def _visited(self, estimate: PathEstimate) -> float:
        """Return the rows read until the page is full."""
        if self._in_order(estimate):
            return estimate.rows * min(self.window_selectivity, (self.limit or inf) / self._matching())
        return min(self._total(estimate), self._needed(estimate))

    def _total(self, estimate: PathEstimate) -> float:
        """Return the rows read if the page is never full."""
        return estimate.rows * (self.window_selectivity if estimate.temporal or self._in_order(estimate) else 1.0)

    def _needed(self, estimate: PathEstimate) -> float:
        """Return how many of the latest rows in a box fill the page; infinite if they are not found latest first."""
        if not (estimate.temporal and self.by_date and self.limit):
            return inf
        return ceil(OVERSAMPLE * self.limit * estimate.rows / self._matching() + MIN_OVERSAMPLE)

    def _matching(self) -> float:
        """Return the rows that meet all filters, in any window, as if the filters were independent."""
        matching = float(self.statistics.rows)
        for other in self.estimates.values():
            matching *= min(other.rows / self.statistics.rows, 1.0)
        return max(matching, 0.01)

    def _cost(self, estimate: PathEstimate, visited: float) -> float:
        cost = visited * (1.0 if self._in_order(estimate) else LOOKUP_COST)
        for other in self._others(estimate).values():
            cost += min(other.rows * MATERIALISE_COST, visited * other.probe_cost)
        return cost + (estimate.rows * RTREE_PROBE_COST if estimate.temporal else 0.0)

    def _materialised(self, estimate: PathEstimate, visited: float) -> frozenset[str]:
        """Return the semi-joins that are cheaper to run once than to probe for each row visited."""
        others = self._others(estimate).items()
        return frozenset(name for name, other in others if other.rows * MATERIALISE_COST < visited * other.probe_cost)

    def _others(self, estimate: PathEstimate) -> dict[str, PathEstimate]:
        """Return the other semi-joins."""
        return {
            name: other
            for name, other in self.estimates.items()
            if other.probe_cost and other is not estimate and name != LIST_SUBJECT
        }
