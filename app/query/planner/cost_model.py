"""What the ways to an answer cost, as far as a sample of the rows and the frequency of what is asked tell."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil, inf
from typing import Any

from app.geo import BBox
from app.query.predicates.time import Window

LOOKUP_COST, MATERIALISE_COST = 8.0, 2.0
"""What it costs to look up a row and sort it, and to list one that meets a condition, against going on to the next in
order. Measured; nothing but speed depends on it."""
RTREE_PROBE_COST = 0.4
"""What it costs to find one in the tree of points, and when it was."""
OVERSAMPLE, MIN_OVERSAMPLE = 1.3, 20.0
"""How many more of the latest rows at a place are looked at than seem to be needed."""
RECENT_SHARE = 0.25
"""The share of all rows among which the latest ones of a place are looked for first."""
OVERRUN_FACTOR = 3.0
"""How much further than expected one looks in order before one starts from a condition instead, and how much rarer that
must be than all rows: what happened at one place, or by one actor, may all lie long ago."""


@dataclass(frozen=True)
class AccessPath:
    """How an answer is found: by `index`, or as the database likes ("").

    `driving_filter` is the parameter whose subquery gives the rows. `ordered` tells that they come in the usual order.
    `materialised` are parameters whose subquery is run once and its rows remembered, instead of being put to one row
    after the other; `materialised_imprecise` those of them with which the same is done for vaguely dated rows, where
    these are found apart.
    """

    index: str = ""
    driving_filter: str | None = None
    ordered: bool = False
    materialised: frozenset[str] = frozenset()
    materialised_imprecise: frozenset[str] = frozenset()
    key: Any = field(default=None, compare=False)
    """With `driving_filter`: the column of the rows that the subquery gives values of."""
    lookback_date: date | None = field(default=None, compare=False)
    lookback_rows: int = field(default=0, compare=False)
    fallback: "AccessPath | None" = field(default=None, compare=False)
    """Look no further back than `lookback_date` at first, or than `lookback_rows` of the latest rows that meet the
    condition of `driving_filter`, which may lie after `lookback_date`; if that is not enough, answer `fallback`."""


UNHINTED = AccessPath()
LIST_SUBJECT = "joined"
"""Stands for a parameter where an answer starts from the rows that a list is about."""


@dataclass(frozen=True)
class PathEstimate:
    """A condition that rows may be found by: about how many meet it, and how to start from them (None: not at all).

    `probe_cost` is what it costs to put it to one row; 0 if the row itself tells. If it is `temporal`, the rows are
    found from the latest on, and those of a window alone.
    """

    rows: float
    path: AccessPath | None = None
    probe_cost: float = 0.0
    temporal: bool = False


@dataclass(frozen=True)
class TableStatistics:
    """How many rows there are, and of these vaguely dated; some of them, the days by which some of them are sorted, in
    order, and their points."""

    rows: int
    imprecise_rows: float
    pks: Sequence[int]
    days: Sequence[date]
    points: Sequence[tuple[float, float]]

    def window_selectivity(self, window: Window) -> float:
        """The share of rows in that part of the order in which those of a window are."""
        first, last = window.lookback_from or date.min, window.days.latest or date.max
        return self._share(max(bisect_right(self.days, last) - bisect_left(self.days, first), 0))

    def box_selectivity(self, boxes: Sequence[BBox]) -> float:
        """The share of rows with a point in one of the boxes."""
        inside = (any(b.west <= x <= b.east and b.south <= y <= b.north for b in boxes) for x, y in self.points)
        return self._share(sum(inside))

    def lookback_date(self, latest: date, share: float) -> date | None:
        """The day from which on lies such a share of all rows, counted back from a day; None if all of them do."""
        at = bisect_right(self.days, latest) - ceil(share * len(self.days)) - 1
        return self.days[at] if at > 0 else None

    def _share(self, hits: int) -> float:
        return (hits or 0.3) / max(len(self.days), 1)


@dataclass(frozen=True)
class CostModel:
    """Compares the ways to the first `limit` rows (None: to all) of a question with these conditions.

    `window_selectivity` is the share of rows among which those of the window asked for are, `latest` the day
    from which one looks back. `by_date` tells that the rows are wanted in the usual order.
    """

    statistics: TableStatistics
    estimates: Mapping[str, PathEstimate]
    limit: int | None
    by_date: bool
    window_selectivity: float
    latest: date

    def choose(self, candidates: Iterable[PathEstimate]) -> AccessPath:
        """The cheapest path, with what to do where it turns out longer than expected; FREE if there is none."""
        usable = [estimate for estimate in candidates if estimate.path is not None]
        if not usable:
            return UNHINTED
        best, *others = sorted(usable, key=lambda estimate: self._cost(estimate, self._rows_visited(estimate)))
        if best.path is None or best.path == UNHINTED:
            return UNHINTED
        if not self._in_order(best.path):
            return self._with_lookback(best)
        path = self._with_materialised(best)
        unlucky = best.rows * self.window_selectivity / OVERRUN_FACTOR
        rarer = [
            estimate
            for estimate in others
            if not self._in_order(estimate.path) and self._worst_case_cost(estimate) < unlucky
        ]
        if not rarer:
            return path
        until = self.statistics.lookback_date(self.latest, OVERRUN_FACTOR * self._rows_visited(best) / best.rows)
        return replace(path, lookback_date=until, fallback=self._with_lookback(rarer[0]))

    def _with_lookback(self, estimate: PathEstimate) -> AccessPath:
        """The path of a way, at first to no more of the latest rows than are likely to be enough; else to all of them,
        which is sooner done than to go through all rows there are, or the way would not have been the cheapest."""
        path, enough = self._with_materialised(estimate), self._rows_needed(estimate)
        if enough >= self._rows_total(estimate):
            return path
        until = self.statistics.lookback_date(self.latest, RECENT_SHARE)
        return replace(path, lookback_date=until, lookback_rows=int(enough), fallback=path)

    def _in_order(self, path: AccessPath | None) -> bool:
        return self.by_date and path is not None and path.ordered

    def _rows_visited(self, estimate: PathEstimate) -> float:
        """How many rows are looked at: those that the way starts from, or those in order until there are enough."""
        if not self._in_order(estimate.path):
            return min(self._rows_total(estimate), self._rows_needed(estimate))
        return estimate.rows * min(self.window_selectivity, (self.limit or inf) / self._rows_matching())

    def _rows_total(self, estimate: PathEstimate) -> float:
        """How many rows a way has."""
        return estimate.rows * (self.window_selectivity if estimate.temporal or self._in_order(estimate.path) else 1.0)

    def _rows_needed(self, estimate: PathEstimate) -> float:
        """How many of the latest rows of a way are likely to have enough among them that meet all conditions."""
        if not (estimate.temporal and self.by_date and self.limit):
            return inf
        return ceil(OVERSAMPLE * self.limit * estimate.rows / self._rows_matching() + MIN_OVERSAMPLE)

    def _rows_matching(self) -> float:
        """How many rows meet all conditions, of all days."""
        matching = float(self.statistics.rows)
        for other in self.estimates.values():
            matching *= min(other.rows / self.statistics.rows, 1.0)
        return max(matching, 0.01)

    def _worst_case_cost(self, estimate: PathEstimate) -> float:
        """What it costs to look at all rows of a way."""
        return self._cost(estimate, self._rows_total(estimate))

    def _cost(self, estimate: PathEstimate, visited: float) -> float:
        asking = (
            min(other.rows * MATERIALISE_COST, visited * other.probe_cost)
            for other in self._other_filters(estimate).values()
        )
        cost = estimate.rows * RTREE_PROBE_COST if estimate.temporal else 0.0
        return cost + visited * (1.0 if self._in_order(estimate.path) else LOOKUP_COST) + sum(asking)

    def _other_filters(self, estimate: PathEstimate) -> dict[str, PathEstimate]:
        """The conditions that another table answers, for rows that a way finds."""
        items = self.estimates.items()
        return {
            name: other for name, other in items if other.probe_cost and other is not estimate and name != LIST_SUBJECT
        }

    def _with_materialised(self, estimate: PathEstimate) -> AccessPath:
        """The path of a way, with those conditions listed that are cheaper so than put to row after row."""
        path = estimate.path or UNHINTED
        imprecise = self._cheaper_materialised(estimate, self.statistics.imprecise_rows * self.window_selectivity)
        return replace(
            path,
            materialised=self._cheaper_materialised(estimate, self._rows_visited(estimate)),
            materialised_imprecise=imprecise,
        )

    def _cheaper_materialised(self, estimate: PathEstimate, visited: float) -> frozenset[str]:
        others = self._other_filters(estimate).items()
        return frozenset(name for name, other in others if other.rows * MATERIALISE_COST < visited * other.probe_cost)
