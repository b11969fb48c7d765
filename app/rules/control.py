"""Control of a place: on a day, through time, and gains and losses within a window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from app.timespan import ALL_TIME, DateRange
from app.vocab import ControlBasis, ControlCertainty, ControlExtent, ControlMeans, EventStatus, Precision

UNCERTAIN_STATUSES = {
    EventStatus.DISPUTED: ControlCertainty.DISPUTED,
    EventStatus.UNCONFIRMED: ControlCertainty.UNCONFIRMED,
}
DEFAULT_HORIZON_DAYS = 30
"""Days before and after the coverage of the packs for which the last known state is carried on."""


@dataclass(frozen=True)
class ControlEvent:
    """One change of control of a place, or an observation of it, derived from the claims in view; actors are ids."""

    event: str
    gained_by: str | None
    lost_by: str | None
    extent: str
    means: str
    status: str
    dates: DateRange
    precision: str = Precision.RANGE
    planned: bool = False

    @property
    def starts(self) -> date:
        """First day on which it may have happened."""
        return self.dates.earliest or date.min

    def happened_by(self, day: date) -> bool:
        """Return whether it has certainly happened by a day; without a latest day it never has."""
        return self.dates.latest is not None and self.dates.latest <= day

    @property
    def is_observation(self) -> bool:
        """True if nothing changes hands: somebody is seen to hold the place."""
        return self.means == ControlMeans.HELD

    @property
    def is_confirmed(self) -> bool:
        """True if the change is neither disputed nor only possible."""
        return self.status not in UNCERTAIN_STATUSES

    @property
    def moves_holder(self) -> bool:
        """True for a confirmed change, or observation, of the whole place."""
        return self.extent == ControlExtent.FULL and self.is_confirmed

    @property
    def order(self) -> tuple[date, date]:
        """Sort key of changes of one place: latest day, then earliest."""
        return self.dates.latest or date.max, self.starts


@dataclass(frozen=True)
class Coverage:
    """Days that the packs which tell of a place cover, and the last day that they curated; None is an open end."""

    days: DateRange = ALL_TIME
    cut_off: date | None = None

    def is_beyond_horizon(self, day: date, horizon_days: int) -> bool:
        """Return whether a day lies further than the horizon outside the covered days."""
        first, last = self.days.earliest, self.days.latest
        return (first is not None and (first - day).days > horizon_days) or (
            last is not None and (day - last).days > horizon_days
        )


@dataclass(frozen=True)
class HeldInside:
    """A place inside another that is held by another side."""

    location: str
    holder: str


@dataclass(frozen=True)
class ControlState:
    """Control of a place on a day.

    `holder` is None unless the state is `held`. `last_holder` rests on `change`, whose dates are `since`. `candidates`
    are all actors who may hold the place, the last holder first. `opened` are the changes that may have happened, or
    are not the whole place's, or not confirmed. `inside` are places in it that another side holds.
    """

    last_holder: str | None
    state: ControlCertainty
    candidates: tuple[str, ...]
    since: DateRange | None
    change: str | None
    opened: tuple[ControlEvent, ...]
    inside: tuple[HeldInside, ...]
    basis: ControlBasis | None

    @property
    def holder(self) -> str | None:
        """Actor that holds the place, as far as that is sure."""
        return self.last_holder if self.state == ControlCertainty.HELD else None


UNKNOWN_STATE = ControlState(None, ControlCertainty.UNKNOWN, (), None, None, (), (), None)


@dataclass(frozen=True)
class PlaceFacts:
    """A place with all that is told of its control: its changes, its coverage, and the places inside it."""

    location: str
    changes: tuple[ControlEvent, ...]
    coverage: Coverage = field(default=Coverage())
    inside: tuple["PlaceFacts", ...] = ()


def effective_changes(changes: Iterable[ControlEvent]) -> list[ControlEvent]:
    """Return the changes that count, which are those neither denied nor planned, by latest day, then earliest.

    Ids order equal days for display alone; see `_last_confirmed`.
    """
    counted = (change for change in changes if change.status != EventStatus.DENIED and not change.planned)
    return sorted(counted, key=lambda change: (*change.order, change.event))


def control_on(place: PlaceFacts, day: date, horizon_days: int = DEFAULT_HORIZON_DAYS) -> ControlState:
    """Derive who controls a place on a day, from the changes of exactly that place.

    The last confirmed full change or observation with latest <= day gives the last holder. Before the first such change
    this is who lost the place in the first change of all (basis `inferred`). Later changes with earliest <= day are
    open. The state is the first that applies: `unknown` (no change in view, or the day lies further than the horizon
    outside the coverage); `uncertain` (an open confirmed full change); `contested` (an open confirmed partial change or
    surroundings, or a place inside is held by another); `disputed`, `unconfirmed` (an open full change that is);
    `held`. Open full changes add their gainers to the candidates. After the cut-off of the packs the basis is
    `carried`, before their coverage `carried_back`.
    """
    ordered = effective_changes(place.changes)
    if not ordered:
        return UNKNOWN_STATE
    base = _last_confirmed(ordered, day)
    last_holder = base.gained_by if base else _first_holder(ordered)
    opened = [change for change in ordered if _is_open(change, base, day, last_holder)]
    inside = _held_by_others(place, day, horizon_days, last_holder)
    full = [change for change in opened if change.extent == ControlExtent.FULL]
    candidates = dict.fromkeys(a for a in (last_holder, *(change.gained_by for change in full)) if a is not None)
    since = _since(ordered, base)
    state = _state(opened, bool(inside), last_holder)
    if place.coverage.is_beyond_horizon(day, horizon_days):
        state, opened, candidates = ControlCertainty.UNKNOWN, [], {}
        inside = ()
    return ControlState(
        last_holder=last_holder,
        state=state,
        candidates=tuple(candidates),
        since=since.dates if since else None,
        change=since.event if since else None,
        opened=tuple(opened),
        inside=inside,
        basis=_basis(place.coverage, day, base is not None),
    )


def _first_holder(ordered: Sequence[ControlEvent]) -> str | None:
    """Return who lost the place in the first change; None if several of the same days name different sides."""
    losers = {change.lost_by for change in ordered if change.order == ordered[0].order}
    return losers.pop() if len(losers) == 1 else None


def _last_confirmed(ordered: Sequence[ControlEvent], day: date) -> ControlEvent | None:
    """Return the last confirmed full change by a day; None if there is none.

    Changes of the same days by different sides cannot be put in order, so none of them decides.
    """
    happened = [change for change in ordered if change.moves_holder and change.happened_by(day)]
    last = None
    for _, group in groupby(happened, key=lambda change: change.order):
        equal = list(group)
        if len({change.gained_by for change in equal}) == 1:
            last = equal[0]
    return last


def _is_open(change: ControlEvent, base: ControlEvent | None, day: date, last_holder: str | None) -> bool:
    """Return whether a change may have come after the one that the last holder rests on."""
    if change.starts > day or (change.is_observation and change.gained_by == last_holder):
        return False
    return base is None or (change.order > base.order)


def _since(ordered: Sequence[ControlEvent], base: ControlEvent | None) -> ControlEvent | None:
    """Return the change by which the last holder came to hold the place; observations only repeat it."""
    if base is None:
        return None
    since = base
    earlier = [change for change in ordered if change.moves_holder and change.order < base.order]
    for change in reversed(earlier):
        if not since.is_observation or change.gained_by != since.gained_by:
            break
        since = change
    return since


def _state(opened: Sequence[ControlEvent], is_held_inside: bool, last_holder: str | None) -> ControlCertainty:
    """Derive the state from the open changes; the first rule that applies wins."""
    full = [change for change in opened if change.extent == ControlExtent.FULL]
    if any(change.is_confirmed for change in full):
        return ControlCertainty.UNCERTAIN
    if is_held_inside or any(change.is_confirmed for change in opened):
        return ControlCertainty.CONTESTED
    for status, state in UNCERTAIN_STATUSES.items():
        if any(change.status == status for change in full):
            return state
    return ControlCertainty.UNKNOWN if last_holder is None else ControlCertainty.HELD


def _held_by_others(place: PlaceFacts, day: date, horizon_days: int, last_holder: str | None) -> tuple[HeldInside, ...]:
    """Return the places inside that a side other than the last holder holds."""
    if last_holder is None:
        return ()
    states = ((inner.location, control_on(inner, day, horizon_days).holder) for inner in place.inside)
    return tuple(HeldInside(location, holder) for location, holder in states if holder and holder != last_holder)


def _basis(coverage: Coverage, day: date, is_stated: bool) -> ControlBasis:
    if coverage.cut_off and day > coverage.cut_off:
        return ControlBasis.CARRIED
    if coverage.days.earliest and day < coverage.days.earliest:
        return ControlBasis.CARRIED_BACK
    return ControlBasis.STATED if is_stated else ControlBasis.INFERRED


@dataclass(frozen=True)
class ControlPeriod:
    """Consecutive days in one state, from `start` to the day before `until`; None is an open end."""

    start: date | None
    until: date | None
    state: ControlState


def timeline(place: PlaceFacts, horizon_days: int = DEFAULT_HORIZON_DAYS) -> list[ControlPeriod]:
    """Derive the states of a place through all time, without gaps or overlaps; equal neighbours are one period."""
    periods: list[ControlPeriod] = []
    starts = [None, *sorted(_turning_days(place, horizon_days))]
    for start, until in zip(starts, [*starts[1:], None], strict=True):
        state = control_on(place, start or date.min, horizon_days)
        if periods and periods[-1].state == state:
            periods[-1] = ControlPeriod(periods[-1].start, until, state)
        else:
            periods.append(ControlPeriod(start, until, state))
    return periods


def _turning_days(place: PlaceFacts, horizon_days: int) -> set[date]:
    """Return the days on which the state of a place, or of one inside it, may differ from the day before."""
    days = {day for change in place.changes for day in (change.dates.earliest, change.dates.latest) if day}
    covered, day_after = place.coverage.days, timedelta(days=1)
    if covered.earliest:
        days |= {covered.earliest, _shifted(covered.earliest, -horizon_days)}
    if covered.latest:
        days.add(_shifted(covered.latest, horizon_days + 1))
    if place.coverage.cut_off and place.coverage.cut_off < date.max:
        days.add(place.coverage.cut_off + day_after)
    return days.union(*(_turning_days(inner, horizon_days) for inner in place.inside)) - {date.min, date.max}


def _shifted(day: date, days: int) -> date:
    """Return a day moved by a number of days, but not beyond the calendar."""
    ordinal = min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(ordinal)
