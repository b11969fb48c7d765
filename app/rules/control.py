"""Control of a place: on a day, through time, and gains and losses within a window."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.timespan import DateRange
from app.vocab import ControlBasis, ControlCertainty, ControlExtent, EventStatus

UNCERTAIN_STATUSES = {
    EventStatus.DISPUTED: ControlCertainty.DISPUTED,
    EventStatus.UNCONFIRMED: ControlCertainty.UNCONFIRMED,
}


@dataclass(frozen=True)
class ControlEvent:
    """One change of control of a place, derived from the claims in view; actors are ids."""

    event: str
    gained_by: str | None
    lost_by: str | None
    extent: str
    status: str
    dates: DateRange
    planned: bool = False

    @property
    def starts(self) -> date:
        """First day on which it may have happened."""
        return self.dates.earliest or date.min

    def happened_by(self, day: date) -> bool:
        """Return whether it has certainly happened by a day; without a latest day it never has."""
        return self.dates.latest is not None and self.dates.latest <= day

    @property
    def moves_holder(self) -> bool:
        """True for a change of the whole place that is neither disputed nor unconfirmed."""
        return self.extent == ControlExtent.FULL and self.status not in UNCERTAIN_STATUSES


@dataclass(frozen=True)
class ControlState:
    """Control of a place on a day.

    `candidates` are all actors who may hold it, the holder first. `since` is the first day on which the holder holds
    it for certain, and `change` the event that the holder rests on.
    """

    holder: str | None
    state: ControlCertainty
    candidates: tuple[str, ...]
    since: date | None
    change: str | None
    basis: ControlBasis | None


UNKNOWN_STATE = ControlState(None, ControlCertainty.UNKNOWN, (), None, None, None)


def effective_changes(changes: Iterable[ControlEvent]) -> list[ControlEvent]:
    """Return the changes that count, which are those neither denied nor planned, by latest day, earliest day and id."""
    counted = (change for change in changes if change.status != EventStatus.DENIED and not change.planned)
    return sorted(counted, key=lambda change: (change.dates.latest or date.max, change.starts, change.event))


def control_on(changes: Iterable[ControlEvent], day: date, cut_off: date | None = None) -> ControlState:
    """Derive who controls a place on a day, from the changes of exactly that place.

    The last full change that is neither disputed nor unconfirmed, with latest <= day, gives the holder. Before the
    first such change the holder is who lost the place in the first change of all (basis `inferred`). Later changes
    with earliest <= day are open: each adds its gainer to the candidates. The state is then `uncertain` if one may not
    have happened yet, else `disputed`, else `unconfirmed`, else `contested` (only a part or the surroundings). With a
    holder and no open change it is `held`; without any change it is `unknown`. After `cut_off`, the last curated day,
    the basis is `carried`.
    """
    ordered = effective_changes(changes)
    if not ordered:
        return UNKNOWN_STATE
    at = max((i for i, change in enumerate(ordered) if change.moves_holder and change.happened_by(day)), default=-1)
    base = ordered[at] if at >= 0 else None
    holder = base.gained_by if base else ordered[0].lost_by
    opened = [change for change in ordered[at + 1 :] if change.starts <= day]
    candidates = dict.fromkeys(
        actor for actor in (holder, *(change.gained_by for change in opened)) if actor is not None
    )
    basis = ControlBasis.STATED if base else ControlBasis.INFERRED
    return ControlState(
        holder=holder,
        state=_state(opened, day) if opened or holder is None else ControlCertainty.HELD,
        candidates=tuple(candidates),
        since=base.dates.latest if base else None,
        change=base.event if base else None,
        basis=ControlBasis.CARRIED if cut_off and day > cut_off else basis,
    )


def _state(opened: Sequence[ControlEvent], day: date) -> ControlCertainty:
    """Derive the state from the open changes; the first rule that applies wins."""
    if not opened:
        return ControlCertainty.UNKNOWN
    if not all(change.happened_by(day) for change in opened):
        return ControlCertainty.UNCERTAIN
    for status, state in UNCERTAIN_STATUSES.items():
        if any(change.status == status for change in opened):
            return state
    return ControlCertainty.CONTESTED


@dataclass(frozen=True)
class ControlPeriod:
    """Consecutive days in one state, from `start` to the day before `until`; None is an open end."""

    start: date | None
    until: date | None
    state: ControlState


def timeline(changes: Collection[ControlEvent], cut_off: date | None = None) -> list[ControlPeriod]:
    """Derive the states of a place through all time, without gaps or overlaps; equal neighbours are one period."""
    days = {day for change in changes for day in (change.dates.earliest, change.dates.latest) if day}
    if cut_off and cut_off < date.max:
        days.add(cut_off + timedelta(days=1))
    periods: list[ControlPeriod] = []
    starts = [None, *sorted(days)]
    for start, until in zip(starts, [*starts[1:], None], strict=True):
        state = control_on(changes, start or date.min, cut_off)
        if periods and periods[-1].state == state:
            periods[-1] = ControlPeriod(periods[-1].start, until, state)
        else:
            periods.append(ControlPeriod(start, until, state))
    return periods


@dataclass(frozen=True)
class Tally:
    """Gains and losses of one actor among places of one kind within a window; see `tallies`."""

    captured: int = 0
    lost_again: int = 0
    net_held: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.captured + other.captured,
            self.lost_again + other.lost_again,
            self.net_held + other.net_held,
        )


def tallies(changes: Collection[ControlEvent], window: DateRange, certain: bool) -> Iterator[tuple[str, Tally]]:
    """Yield what each actor gained and lost at one place within the window.

    Only full changes count that are neither disputed nor unconfirmed. `captured` counts those by which the actor
    gained the place; `lost_again` those by which it lost what it had captured earlier in the window. `net_held` is 1
    if the actor holds the place on the window's last day and did not on the day before its first. A change lies in
    the window if its dates overlap it; with `certain`, if they lie wholly inside.
    """
    counted = [
        change
        for change in effective_changes(changes)
        if change.moves_holder and (change.dates.is_within(window) if certain else change.dates.overlaps(window))
    ]
    first = window.earliest or date.min
    before = control_on(changes, first - timedelta(days=1) if first > date.min else first)
    after = control_on(changes, window.latest or date.max)
    had: set[str] = set()
    for change in counted:
        if change.lost_by in had:
            yield change.lost_by, Tally(lost_again=1)
        if change.gained_by:
            had.add(change.gained_by)
            yield change.gained_by, Tally(captured=1)
    held_after = after.holder if after.state == ControlCertainty.HELD else None
    held_before = before.holder if before.state == ControlCertainty.HELD else None
    if held_after and held_after != held_before:
        yield held_after, Tally(net_held=1)
