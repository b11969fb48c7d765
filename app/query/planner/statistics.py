"""Sample a table to estimate selectivities; SQLite's own statistics know averages only, not the value asked for."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from random import Random

from sqlalchemy import ColumnElement, FromClause, func, select

from app.geo import BBox
from app.query.params.param import ListQuery
from app.query.predicates.time import Window

SAMPLE_ROWS = 300
LEAST_HITS = 0.3
"""Hits that no hit counts as: a selectivity is never zero."""


@dataclass(frozen=True)
class TableStatistics:
    """The number of rows, and a sample of them: their pks, sort days in ascending order, and points."""

    rows: int
    pks: Sequence[int]
    days: Sequence[date]
    points: Sequence[tuple[float, float]]

    def selectivity(self, hits: int) -> float:
        """Return the share of the sample that `hits` rows are."""
        return (hits or LEAST_HITS) / max(len(self.days), 1)

    def window_selectivity(self, window: Window) -> float:
        """Return the share of rows in the window's range of the date order."""
        first, last = window.lookback_from or date.min, window.days.latest or date.max
        return self.selectivity(max(bisect_right(self.days, last) - bisect_left(self.days, first), 0))

    def box_selectivity(self, boxes: Sequence[BBox]) -> float:
        """Return the share of rows with a point in one of the boxes."""
        inside = (any(b.west <= x <= b.east and b.south <= y <= b.north for b in boxes) for x, y in self.points)
        return self.selectivity(sum(inside))

    def lookback_date(self, latest: date, share: float) -> date | None:
        """Return the day since which this share of all rows lies, going back from `latest`; None if all rows do."""
        at = bisect_right(self.days, latest) - ceil(share * len(self.days)) - 1
        return self.days[at] if at > 0 else None


def draw_sample(query: ListQuery, source: FromClause, current: Sequence[ColumnElement[bool]]) -> TableStatistics:
    """Read rows with random pks, seeded by the highest pk; only those that meet `current`."""
    pk, located = query.table.c.pk, query.table if "latitude" in query.table.c else source
    max_pk = int(query.connection.scalar(select(func.max(pk))) or 0)
    pks = Random(max_pk).sample(range(1, max_pk + 1), min(SAMPLE_ROWS, max_pk))  # noqa: S311 - no secret
    point = (next(column for column in located.c if column.name == name) for name in ("longitude", "latitude"))
    sample = select(query.table.c.sort_date, *point).select_from(source).where(pk.in_(pks), *current)
    rows = query.connection.execute(sample).all()
    return TableStatistics(
        rows=int(max_pk / max(len(pks), 1) * len(rows)),
        pks=pks,
        days=sorted(day for day, _, _ in rows),
        points=[(x, y) for _, x, y in rows if x is not None],
    )
