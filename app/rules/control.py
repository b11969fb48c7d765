"""Control of a place: on a day, through time, and gains and losses within a window."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from app.deadlines import check_deadline
from app.timespan import ALL_TIME, DateRange
from app.vocab import ControlBasis, ControlCertainty, ControlExtent, ControlMeans, EventStatus, Precision

UNCERTAIN_STATUSES = {
    EventStatus.DISPUTED: ControlCertainty.DISPUTED,
    EventStatus.UNCONFIRMED: ControlCertainty.UNCONFIRMED,
}
FULL_CONFIRMED, PART_CONFIRMED = "full", "part"
"""Ways in which a confirmed change is open, beside `UNCERTAIN_STATUSES`."""
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
    def open_as(self) -> str:
        """Return how it makes a state unsure while it is open; an unconfirmed change of a part does not."""
        if self.is_confirmed:
            return FULL_CONFIRMED if self.extent == ControlExtent.FULL else PART_CONFIRMED
        return self.status if self.extent == ControlExtent.FULL else ""

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

    Ids order equal days for display alone; see `_bases`.
    """
    counted = (change for change in changes if change.status != EventStatus.DENIED and not change.planned)
    return sorted(counted, key=lambda change: (*change.order, change.event))


@dataclass(frozen=True)
class Base:
    """A change that gives the last holder from its latest day on; `since` is the one by which the holder gained it."""

    change: ControlEvent
    since: ControlEvent


@dataclass(frozen=True)
class History:
    """The changes of a place that count, in order, and those that give the last holder."""

    ordered: Sequence[ControlEvent]
    first_holder: str | None
    bases: Sequence[Base]

    def base_on(self, day: date) -> Base | None:
        """Return the last confirmed full change by a day; None if there is none."""
        count = bisect_right(self.bases, day, key=lambda base: base.change.order[0])
        return self.bases[count - 1] if count else None

    def last_holder(self, base: Base | None) -> str | None:
        """Return who held the place last, given the change that this rests on."""
        return base.change.gained_by if base else self.first_holder


def history_of(changes: Iterable[ControlEvent]) -> History:
    """Put the changes of a place in order."""
    ordered = effective_changes(changes)
    return History(ordered, _first_holder(ordered) if ordered else None, list(_bases(ordered)))


StatesOfDay = dict[str, "ControlState"]
"""States of places on one day, by location."""


def control_on(
    place: PlaceFacts, day: date, horizon_days: int = DEFAULT_HORIZON_DAYS, known: StatesOfDay | None = None
) -> ControlState:
    """Derive who controls a place on a day, from the changes of exactly that place.

    The last confirmed full change or observation with latest <= day gives the last holder. Before the first such change
    this is who lost the place in the first change of all (basis `inferred`). Later changes with earliest <= day are
    open. The state is the first that applies: `unknown` (no change in view, or the day lies further than the horizon
    outside the coverage); `uncertain` (an open confirmed full change); `contested` (an open confirmed partial change or
    surroundings, or a place inside is held by another); `disputed`, `unconfirmed` (an open full change that is);
    `held`. Open full changes add their gainers to the candidates. After the cut-off of the packs the basis is
    `carried`, before their coverage `carried_back`. `known` keeps the states of this day from one place to the next.
    """
    known = {} if known is None else known
    if place.location not in known:
        # A place inside another has fewer inside it, so its state is known before that of the other needs it.
        for inner in sorted(place.inside, key=lambda inner: len(inner.inside)):
            control_on(inner, day, horizon_days, known)
        known[place.location] = _derive_state(place, day, horizon_days, known)
    return known[place.location]


def _derive_state(place: PlaceFacts, day: date, horizon_days: int, known: StatesOfDay) -> ControlState:
    """Derive the state of a place, given the states of all places inside it."""
    check_deadline()
    history = history_of(place.changes)
    if not history.ordered:
        return UNKNOWN_STATE
    base = history.base_on(day)
    last_holder = history.last_holder(base)
    after = base.change.order if base else None
    opened = tuple(change for change in history.ordered if _is_open(change, after, day, last_holder))
    holders = ((inner.location, known[inner.location].holder) for inner in place.inside if last_holder is not None)
    inside = tuple(HeldInside(location, holder) for location, holder in holders if holder and holder != last_holder)
    statuses = {change.open_as for change in opened}
    if place.coverage.is_beyond_horizon(day, horizon_days):
        return state_of(ControlCertainty.UNKNOWN, last_holder, base, (), (), basis_of(place.coverage, day, base))
    certainty = certainty_of(statuses, bool(inside), last_holder)
    return state_of(certainty, last_holder, base, opened, inside, basis_of(place.coverage, day, base))


def state_of(
    certainty: ControlCertainty,
    last_holder: str | None,
    base: Base | None,
    opened: tuple[ControlEvent, ...],
    inside: tuple[HeldInside, ...],
    basis: ControlBasis,
) -> ControlState:
    """Put a state together."""
    full = (change.gained_by for change in opened if change.extent == ControlExtent.FULL)
    is_known = certainty != ControlCertainty.UNKNOWN or opened
    candidates = dict.fromkeys(actor for actor in (last_holder, *full) if actor is not None) if is_known else ()
    return ControlState(
        last_holder=last_holder,
        state=certainty,
        candidates=tuple(candidates),
        since=base.since.dates if base else None,
        change=base.since.event if base else None,
        opened=opened,
        inside=inside,
        basis=basis,
    )


def _first_holder(ordered: Sequence[ControlEvent]) -> str | None:
    """Return who lost the place in the first change; None if several of the same days name different sides."""
    losers = {change.lost_by for change in ordered if change.order == ordered[0].order}
    return losers.pop() if len(losers) == 1 else None


def _bases(ordered: Sequence[ControlEvent]) -> Iterator[Base]:
    """Yield the confirmed full changes that give a holder, in order.

    Changes of the same days by different sides cannot be put in order, so none of them decides. Observations only
    repeat the change by which the holder came to hold the place.
    """
    previous: ControlEvent | None = None
    since: ControlEvent | None = None
    moving = (change for change in ordered if change.moves_holder and change.dates.latest is not None)
    for _, group in groupby(moving, key=lambda change: change.order):
        equal = list(group)
        for at, change in enumerate(equal):
            repeats = change.is_observation and previous is not None and previous.gained_by == change.gained_by
            since = since if repeats and since is not None else change
            if at == 0 and len({other.gained_by for other in equal}) == 1:
                yield Base(change, since)
            previous = change


def _is_open(change: ControlEvent, after: tuple[date, date] | None, day: date, last_holder: str | None) -> bool:
    """Return whether a change may have come after the one that the last holder rests on."""
    if change.starts > day or (change.is_observation and change.gained_by == last_holder):
        return False
    return after is None or change.order > after


def certainty_of(open_as: Container[str], is_held_inside: bool, last_holder: str | None) -> ControlCertainty:
    """Derive the certainty from how changes are open; the first rule that applies wins."""
    if FULL_CONFIRMED in open_as:
        return ControlCertainty.UNCERTAIN
    if is_held_inside or PART_CONFIRMED in open_as:
        return ControlCertainty.CONTESTED
    for status, state in UNCERTAIN_STATUSES.items():
        if status in open_as:
            return state
    return ControlCertainty.UNKNOWN if last_holder is None else ControlCertainty.HELD


def basis_of(coverage: Coverage, day: date, base: Base | None) -> ControlBasis:
    """Return what a state rests on."""
    if coverage.cut_off and day > coverage.cut_off:
        return ControlBasis.CARRIED
    if coverage.days.earliest and day < coverage.days.earliest:
        return ControlBasis.CARRIED_BACK
    return ControlBasis.STATED if base else ControlBasis.INFERRED
