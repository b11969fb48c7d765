"""Gains and losses of each side among places, within a window."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from app.deadlines import check_deadline
from app.rules.control import ControlEvent, effective_changes
from app.rules.dates import is_certainly_within
from app.timespan import DateRange


@dataclass(frozen=True)
class Interval:
    """A number that lies between two bounds, both included."""

    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class Tally:
    """Gains and losses of one actor among places of one kind within a window; see `tallies`."""

    captured: Interval = Interval()
    lost: Interval = Interval()
    changes: tuple[str, ...] = ()

    @property
    def net(self) -> Interval:
        """Places captured less places lost."""
        return Interval(self.captured.low - self.lost.high, self.captured.high - self.lost.low)


def tallies(changes: Iterable[ControlEvent], window: DateRange) -> Mapping[str, Tally]:
    """Tally what each actor gained and lost in places within the window.

    Only confirmed full changes count, and no observations. Bounds are the numbers of changes that certainly and that
    possibly happened in the window; `changes` names the latter, by date.
    """
    sides: dict[str, dict[str, list[ControlEvent]]] = defaultdict(lambda: {"gained_by": [], "lost_by": []})
    for change in effective_changes(changes):
        check_deadline()
        if change.moves_holder and not change.is_observation and change.dates.overlaps(window):
            for side in ("gained_by", "lost_by"):
                if actor := getattr(change, side):
                    sides[actor][side].append(change)
    return {
        actor: Tally(
            captured=_interval(found["gained_by"], window),
            lost=_interval(found["lost_by"], window),
            changes=tuple(c.event for c in effective_changes([*found["gained_by"], *found["lost_by"]])),
        )
        for actor, found in sides.items()
    }


def _interval(possible: Collection[ControlEvent], window: DateRange) -> Interval:
    """Return how many of these changes, all of which possibly lie in the window, certainly and possibly do."""
    certain = [change for change in possible if is_certainly_within(change.dates, change.precision, window)]
    return Interval(len(certain), len(possible))
