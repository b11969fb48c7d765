"""What the ways to an answer cost, as far as a sample of the rows and the frequency of what is asked tell."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil, inf
from typing import Any

from app.geo import Box
from app.query.times import Window

SOUGHT, LISTED = 8.0, 2.0
"""What it costs to look up a row and sort it, and to list one that meets a condition, against going on to the next in
order. Measured; nothing but speed depends on it."""
GLANCED = 0.4
"""What it costs to find one in the tree of points, and when it was."""
ENOUGH, AT_LEAST = 1.3, 20.0
"""How many more of the latest rows at a place are looked at than seem to be needed."""
LATEST = 0.25
"""The share of all rows among which the latest ones of a place are looked for first."""
REGRET = 3.0
"""How much further than expected one looks in order before one starts from a condition instead, and how much rarer that
must be than all rows: what happened at one place, or by one actor, may all lie long ago."""


@dataclass(frozen=True)
class Path:
    """How an answer is found: by `index`, or as the database likes ("").

    `start` is the parameter whose subquery gives the rows. `ordered` tells that they come in the usual order. `listed`
    are parameters whose subquery is run once and its rows remembered, instead of being put to one row after the other;
    `listed_vague` those of them with which the same is done for vaguely dated rows, where these are found apart.
    """

    index: str = ""
    start: str | None = None
    ordered: bool = False
    listed: frozenset[str] = frozenset()
    listed_vague: frozenset[str] = frozenset()
    key: Any = field(default=None, compare=False)
    """With `start`: the column of the rows that the subquery gives values of."""
    until: date | None = field(default=None, compare=False)
    latest: int = field(default=0, compare=False)
    otherwise: "Path | None" = field(default=None, compare=False)
    """Look no further back than `until` at first, or than so many of the `latest` rows that meet the condition of
    `start`, which may lie after `until`; if that is not enough, answer `otherwise`."""


FREE = Path()
JOINED = "joined"
"""Stands for a parameter where an answer starts from the rows that a list is about."""


@dataclass(frozen=True)
class Way:
    """A condition that rows may be found by: about how many meet it, and how to start from them (None: not at all).

    `asking` is what it costs to put it to one row; 0 if the row itself tells. If it is `dated`, the rows are found from
    the latest on, and those of a window alone.
    """

    rows: float
    path: Path | None = None
    asking: float = 0.0
    dated: bool = False


@dataclass(frozen=True)
class Sample:
    """How many rows there are, and of these vaguely dated; some of them, the days by which some of them are sorted, in
    order, and their points."""

    rows: int
    vague: float
    pks: Sequence[int]
    days: Sequence[date]
    points: Sequence[tuple[float, float]]

    def during(self, window: Window) -> float:
        """The share of rows in that part of the order in which those of a window are."""
        first, last = window.reach or date.min, window.days.latest or date.max
        return self._share(max(bisect_right(self.days, last) - bisect_left(self.days, first), 0))

    def within(self, boxes: Sequence[Box]) -> float:
        """The share of rows with a point in one of the boxes."""
        inside = (any(b.west <= x <= b.east and b.south <= y <= b.north for b in boxes) for x, y in self.points)
        return self._share(sum(inside))

    def back(self, latest: date, share: float) -> date | None:
        """The day from which on lies such a share of all rows, counted back from a day; None if all of them do."""
        at = bisect_right(self.days, latest) - ceil(share * len(self.days)) - 1
        return self.days[at] if at > 0 else None

    def _share(self, hits: int) -> float:
        return (hits or 0.3) / max(len(self.days), 1)


@dataclass(frozen=True)
class Costs:
    """Compares the ways to the first `limit` rows (None: to all) of a question with these conditions.

    `during` is the share of rows among which those of the window asked for are, `latest` the day from which one looks
    back. `by_date` tells that the rows are wanted in the usual order.
    """

    sample: Sample
    ways: Mapping[str, Way]
    limit: int | None
    by_date: bool
    during: float
    latest: date

    def best(self, possible: Iterable[Way]) -> Path:
        """The cheapest path, with what to do where it turns out longer than expected; FREE if there is none."""
        ways = [way for way in possible if way.path is not None]
        if not ways:
            return FREE
        best, *others = sorted(ways, key=lambda way: self._cost(way, self._visited(way)))
        if best.path is None or best.path == FREE:
            return FREE
        if not self._in_order(best.path):
            return self._from_the_latest(best)
        path = self._judged(best)
        unlucky = best.rows * self.during / REGRET
        rarer = [way for way in others if not self._in_order(way.path) and self._at_worst(way) < unlucky]
        if not rarer:
            return path
        until = self.sample.back(self.latest, REGRET * self._visited(best) / best.rows)
        return replace(path, until=until, otherwise=self._from_the_latest(rarer[0]))

    def _from_the_latest(self, way: Way) -> Path:
        """The path of a way, at first to no more of the latest rows than are likely to be enough; else to all of them,
        which is sooner done than to go through all rows there are, or the way would not have been the cheapest."""
        judged, enough = self._judged(way), self._enough(way)
        if enough >= self._looked_through(way):
            return judged
        until = self.sample.back(self.latest, LATEST)
        return replace(judged, until=until, latest=int(enough), otherwise=judged)

    def _in_order(self, path: Path | None) -> bool:
        return self.by_date and path is not None and path.ordered

    def _visited(self, way: Way) -> float:
        """How many rows are looked at: those that the way starts from, or those in order until there are enough."""
        if not self._in_order(way.path):
            return min(self._looked_through(way), self._enough(way))
        return way.rows * min(self.during, (self.limit or inf) / self._matching())

    def _looked_through(self, way: Way) -> float:
        """How many rows a way has."""
        return way.rows * (self.during if way.dated or self._in_order(way.path) else 1.0)

    def _enough(self, way: Way) -> float:
        """How many of the latest rows of a way are likely to have enough among them that meet all conditions."""
        if not (way.dated and self.by_date and self.limit):
            return inf
        return ceil(ENOUGH * self.limit * way.rows / self._matching() + AT_LEAST)

    def _matching(self) -> float:
        """How many rows meet all conditions, of all days."""
        matching = float(self.sample.rows)
        for other in self.ways.values():
            matching *= min(other.rows / self.sample.rows, 1.0)
        return max(matching, 0.01)

    def _at_worst(self, way: Way) -> float:
        """What it costs to look at all rows of a way."""
        return self._cost(way, self._looked_through(way))

    def _cost(self, way: Way, visited: float) -> float:
        asking = (min(other.rows * LISTED, visited * other.asking) for other in self._others(way).values())
        found = way.rows * GLANCED if way.dated else 0.0
        return found + visited * (1.0 if self._in_order(way.path) else SOUGHT) + sum(asking)

    def _others(self, way: Way) -> dict[str, Way]:
        """The conditions that another table answers, for rows that a way finds."""
        found = self.ways.items()
        return {name: other for name, other in found if other.asking and other is not way and name != JOINED}

    def _judged(self, way: Way) -> Path:
        """The path of a way, with those conditions listed that are cheaper so than put to row after row."""
        path = way.path or FREE
        vague = self._listed(way, self.sample.vague * self.during)
        return replace(path, listed=self._listed(way, self._visited(way)), listed_vague=vague)

    def _listed(self, way: Way, visited: float) -> frozenset[str]:
        others = self._others(way).items()
        return frozenset(name for name, other in others if other.rows * LISTED < visited * other.asking)
