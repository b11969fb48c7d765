"""Control of a place through time: one sweep over the days on which something changes."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice

from app.deadlines import check_deadline
from app.rules.control import (
    DEFAULT_HORIZON_DAYS,
    UNKNOWN_STATE,
    Base,
    ControlEvent,
    ControlState,
    HeldInside,
    History,
    PlaceFacts,
    basis_of,
    certainty_of,
    history_of,
    state_of,
)
from app.vocab import ControlCertainty

Step = tuple[date, str | None]
"""A day, and the side that holds a place from it on, as far as that is sure."""
Outline = tuple[object, ...]
"""The values by which two neighbouring states differ, with a number in place of each list."""


@dataclass(frozen=True)
class ControlPeriod:
    """Consecutive days in one state, from `start` to the day before `until`; None is an open end."""

    start: date | None
    until: date | None
    state: ControlState


def timeline(place: PlaceFacts, horizon_days: int = DEFAULT_HORIZON_DAYS, after: int = 0) -> Iterator[ControlPeriod]:
    """Yield the states of a place through all time, without gaps or overlaps; equal neighbours are one period.

    The first `after` periods are left out, and the lists of their states are not made.
    """
    pending: tuple[date | None, ControlState] | None = None
    for at, (start, sweep) in enumerate(_periods(place, horizon_days)):
        if pending:
            yield ControlPeriod(pending[0], start, pending[1])
        pending = (start, sweep.state()) if at >= after else None
    if pending:
        yield ControlPeriod(pending[0], None, pending[1])


def count_periods(place: PlaceFacts, horizon_days: int = DEFAULT_HORIZON_DAYS) -> int:
    """Return the number of periods of a timeline."""
    return sum(1 for _ in _periods(place, horizon_days))


def _periods(place: PlaceFacts, horizon_days: int) -> Iterator[tuple[date | None, "_Sweep"]]:
    """Yield the first day of each period, and the sweep that stands on it."""
    sweep = _Sweep(place, horizon_days, _steps_inside(place, horizon_days))
    before: Outline | None = None
    for day in sweep.turning_days():
        outline = sweep.move_to(day)
        if outline != before:
            yield (None if before is None else day), sweep
            before = outline


def _steps_inside(
    place: PlaceFacts, horizon_days: int, known: dict[str, Sequence[Step]] | None = None
) -> dict[str, Sequence[Step]]:
    """Return for each place inside how its holder changes; the innermost places come first."""
    known = {} if known is None else known
    for inner in sorted(place.inside, key=lambda inner: len(inner.inside)):
        if inner.location not in known:
            sweep = _Sweep(inner, horizon_days, _steps_inside(inner, horizon_days, known))
            known[inner.location] = list(_holder_steps(sweep))
    return known


def _holder_steps(sweep: "_Sweep") -> Iterator[Step]:
    holder: str | None = None
    for day in sweep.turning_days():
        sweep.move_to(day)
        if sweep.holder != holder:
            holder = sweep.holder
            yield day, holder


class _Sweep:
    """The state of a place on a day that moves forward; see `control_on`, which derives it for one day."""

    def __init__(self, place: PlaceFacts, horizon_days: int, steps_inside: Mapping[str, Sequence[Step]]) -> None:
        self.place = place
        self.horizon_days = horizon_days
        self.history: History = history_of(place.changes)
        ordered = self.history.ordered
        self._starting = sorted(range(len(ordered)), key=lambda at: ordered[at].starts, reverse=True)
        self._orders = [change.order for change in ordered]
        self._open: list[int] = []
        self._open_as: Counter[str] = Counter()
        self._observed: dict[str | None, Counter[str]] = defaultdict(Counter)
        self._steps = sorted(
            (
                (day, at, holder)
                for at, inner in enumerate(place.inside)
                for day, holder in steps_inside[inner.location]
            ),
            key=lambda step: step[:2],
            reverse=True,
        )
        self._holders: dict[int, str] = {}
        self._held: Counter[str] = Counter()
        self._versions = count(1)
        self._opened_version = self._inside_version = 0
        self._day = date.min
        self._base: Base | None = None
        self._last_holder: str | None = self.history.first_holder
        self._certainty = ControlCertainty.UNKNOWN

    def turning_days(self) -> list[date]:
        """Return the days on which the state may differ from the day before, after the first day there is."""
        days = {day for change in self.place.changes for day in (change.dates.earliest, change.dates.latest) if day}
        coverage, covered = self.place.coverage, self.place.coverage.days
        if covered.earliest:
            days |= {covered.earliest, _shifted(covered.earliest, -self.horizon_days)}
        if covered.latest:
            days.add(_shifted(covered.latest, self.horizon_days + 1))
        if coverage.cut_off and coverage.cut_off < date.max:
            days.add(coverage.cut_off + timedelta(days=1))
        days.update(day for day, _, _ in self._steps)
        return [date.min, *sorted(days - {date.min, date.max})]

    @property
    def holder(self) -> str | None:
        """Side that holds the place, as far as that is sure."""
        return self._last_holder if self._certainty == ControlCertainty.HELD else None

    def move_to(self, day: date) -> Outline:
        """Move to a later day and return the outline of its state."""
        check_deadline()
        self._day = day
        if not self.history.ordered:
            return ()
        self._move_base()
        self._open_started()
        self._move_inside()
        opened = sum(self._open_as.values()) - sum(self._observed[self._last_holder].values())
        held_inside = 0 if self._last_holder is None else len(self._holders) - self._held[self._last_holder]
        basis = basis_of(self.place.coverage, day, self._base)
        since = self._base.since.event if self._base else None
        if self._is_beyond_horizon():
            self._certainty, opened, held_inside = ControlCertainty.UNKNOWN, 0, 0
        else:
            visible = self._open_as - self._observed[self._last_holder]
            self._certainty = certainty_of(visible, held_inside > 0, self._last_holder)
        return (
            *(self._certainty, self._last_holder, since, basis),
            opened and self._opened_version,
            held_inside and self._inside_version,
        )

    def state(self) -> ControlState:
        """Return the state of the day."""
        if not self.history.ordered:
            return UNKNOWN_STATE
        opened: tuple[ControlEvent, ...] = ()
        inside: tuple[HeldInside, ...] = ()
        if not self._is_beyond_horizon():
            changes = (self.history.ordered[at] for at in self._open)
            opened = tuple(c for c in changes if not (c.is_observation and c.gained_by == self._last_holder))
            inside = tuple(self._held_by_others())
        basis = basis_of(self.place.coverage, self._day, self._base)
        return state_of(self._certainty, self._last_holder, self._base, opened, inside, basis)

    def _is_beyond_horizon(self) -> bool:
        return self.place.coverage.is_beyond_horizon(self._day, self.horizon_days)

    def _held_by_others(self) -> Iterator[HeldInside]:
        for at, holder in sorted(self._holders.items()) if self._last_holder is not None else ():
            if holder != self._last_holder:
                yield HeldInside(self.place.inside[at].location, holder)

    def _move_base(self) -> None:
        """Take the change that the last holder rests on; it closes all that do not come after it."""
        base = self.history.base_on(self._day)
        if base is self._base:
            return
        self._base, last_holder = base, self._last_holder
        self._last_holder = self.history.last_holder(base)
        if base and self._open:
            closed = bisect_left(self._open, self._first_after(base))
            for at in islice(self._open, closed):
                self._count(at, -1)
            del self._open[:closed]
        if self._last_holder != last_holder:
            self._opened_version = self._inside_version = next(self._versions)

    def _first_after(self, base: Base) -> int:
        """Return the position of the first change in order that comes after the days of another."""
        return bisect_right(self._orders, base.change.order)

    def _count(self, at: int, step: int) -> None:
        """Count a change that opens or closes."""
        change = self.history.ordered[at]
        self._open_as[change.open_as] += step
        if change.is_observation:
            self._observed[change.gained_by][change.open_as] += step
        if not (change.is_observation and change.gained_by == self._last_holder):
            self._opened_version = next(self._versions)

    def _open_started(self) -> None:
        """Open the changes that may have begun, unless what the last holder rests on came after them."""
        ordered = self.history.ordered
        first = self._first_after(self._base) if self._base else 0
        while self._starting and ordered[self._starting[-1]].starts <= self._day:
            at = self._starting.pop()
            if at >= first:
                insort(self._open, at)
                self._count(at, 1)

    def _move_inside(self) -> None:
        """Take over how the holders of places inside changed."""
        while self._steps and self._steps[-1][0] <= self._day:
            _, at, holder = self._steps.pop()
            before = self._holders.pop(at, None)
            if before:
                self._held[before] -= 1
            if holder:
                self._held[holder] += 1
                self._holders[at] = holder
            if any(side and side != self._last_holder for side in (before, holder)):
                self._inside_version = next(self._versions)


def _shifted(day: date, days: int) -> date:
    """Return a day moved by a number of days, but not beyond the calendar."""
    ordinal = min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(ordinal)
