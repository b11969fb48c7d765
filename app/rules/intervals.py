"""Questions about many intervals of days at once, each answered in logarithmic time."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from math import inf

from app.timespan import DateRange

Ends = tuple[float, float]
"""First and last day of an interval as numbers; an open end is infinite."""


def ends_of(days: DateRange) -> Ends:
    """Return the ends of an interval as numbers that can be compared."""
    first, last = days.earliest, days.latest
    return (-inf if first is None else first.toordinal()), (inf if last is None else last.toordinal())


def largest_inside(values: Iterable[tuple[Ends, float]], windows: Sequence[Ends]) -> list[float]:
    """Return for each window the largest value whose interval lies within it, or minus infinity.

    Windows are taken from the latest start to the earliest. The values that start no earlier are kept in a Fenwick
    tree over their last days.
    """
    pending = sorted(values)
    lasts = sorted({last for (_, last), _ in pending})
    tree = [-inf] * (len(lasts) + 1)
    found = [-inf] * len(windows)
    for at in sorted(range(len(windows)), key=lambda at: windows[at][0], reverse=True):
        first, last = windows[at]
        while pending and pending[-1][0][0] >= first:
            (_, own_last), value = pending.pop()
            node = bisect_left(lasts, own_last) + 1
            while node < len(tree):
                tree[node] = max(tree[node], value)
                node += node & -node
        node = bisect_right(lasts, last)
        while node:
            found[at] = max(found[at], tree[node])
            node &= node - 1
    return found


class Overlaps:
    """Intervals, each with a key, of which one may be asked for that overlaps given days and has another key."""

    def __init__(self, intervals: Iterable[tuple[Ends, Hashable]]) -> None:
        ordered = sorted(intervals, key=lambda interval: interval[0])
        self._firsts = [first for (first, _), _ in ordered]
        self._reach: list[tuple[tuple[float, Hashable], tuple[float, Hashable]]] = []
        """For each beginning of the list, the latest last day with its key, and the latest of another key."""
        best: tuple[float, Hashable] = (-inf, None)
        second: tuple[float, Hashable] = (-inf, None)
        for (_, last), key in ordered:
            if best[0] == -inf or key == best[1]:
                best = (max(best[0], last), key)
            elif last > best[0]:
                best, second = (last, key), best
            elif last > second[0]:
                second = (last, key)
            self._reach.append((best, second))

    def any(self, days: Ends, but: Hashable) -> bool:
        """Return whether an interval of a key other than `but` shares a day with `days`."""
        count = bisect_right(self._firsts, days[1])
        if not count:
            return False
        best, second = self._reach[count - 1]
        last = (second if best[1] == but else best)[0]
        return last > -inf and last >= days[0]
