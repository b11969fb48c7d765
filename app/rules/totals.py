"""How many moved in all, without counting anyone twice."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from app.rules.facts import Claim
from app.rules.figures import Published, counts_up_to, published
from app.timespan import DateRange
from app.vocab import CountedBound, CountKind, EventStatus, ExclusionReason, Measure, Modality, SupersessionReason

MOVEMENT_MEASURE = Measure.PERSONS_MOVED
EXCLUDED_STATUSES: dict[str, ExclusionReason] = {
    EventStatus.DISPUTED: ExclusionReason.DISPUTED,
    EventStatus.UNCONFIRMED: ExclusionReason.UNCONFIRMED,
    EventStatus.DENIED: ExclusionReason.DENIED,
}


@dataclass(frozen=True)
class MovementClaims:
    """A movement that matches a question: its date and status, what it is part of, its claims in view."""

    event: str
    part_of: str | None
    population: str
    status: str
    dates: DateRange
    claims: tuple[Claim, ...]

    @property
    def count(self) -> Published | None:
        """The published count."""
        return published(self.claims, MOVEMENT_MEASURE)


@dataclass(frozen=True)
class TotalBounds:
    """A total: at least `low`, at most `high`; None is unknown."""

    low: int | None = None
    best: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class CountedMovement:
    """A movement that counts: wholly, with its low alone (part of a whole partly inside), or its high alone."""

    movement: MovementClaims
    counts: str


@dataclass(frozen=True)
class Total:
    """A total and what it is made of; `excluded` holds (event, reason)."""

    bounds: TotalBounds
    by_population: dict[str, TotalBounds]
    included: list[CountedMovement]
    excluded: list[tuple[str, str]]


def total(
    movements: Collection[MovementClaims],
    window: DateRange,
    parent_by_event: Mapping[str, str | None],
    named_events: Collection[str] = (),
) -> Total:
    """The total over matching movements.

    Left out, with a reason: `no_figure`; `disputed`, `unconfirmed`, `denied` (unless `named_events` for); `part_of`, if
    an ancestor counts. `low` sums what is certainly inside the window, `high` what is possibly inside: a whole
    that is only partly inside gives its high, its parts certainly inside give their low. `best` is there only if
    everything counted is certainly inside and has one. Populations are never added up: the top level is there
    only when all that counts is of one. Nothing counted: all unknown. `parent_by_event` leads from any event to what
    it is part of, matching or not.
    """
    by_id = {moved.event: moved for moved in movements}
    reasons = {id_: _exclusion_reason(moved, named_events) for id_, moved in by_id.items()}
    countable = {id_ for id_, reason in reasons.items() if reason is None}
    included: list[CountedMovement] = []
    excluded = [(id_, reason) for id_, reason in reasons.items() if reason]
    for id_ in sorted(countable):
        counting = [outer for outer in _ancestors(id_, parent_by_event) if outer in countable]
        certain = by_id[id_].dates.is_within(window)
        if not counting:
            included.append(CountedMovement(by_id[id_], CountedBound.ALL if certain else CountedBound.HIGH))
        elif certain and not any(by_id[outer].dates.is_within(window) for outer in counting):
            included.append(CountedMovement(by_id[id_], CountedBound.LOW))
        else:
            excluded.append((id_, ExclusionReason.PART_OF))
    populations = sorted({counted.movement.population for counted in included})
    sums = {name: _sum_bounds([c for c in included if c.movement.population == name]) for name in populations}
    only = next(iter(sums.values())) if len(sums) == 1 else TotalBounds()
    return Total(only, sums, included, sorted(excluded))


def _exclusion_reason(movement: MovementClaims, named_events: Collection[str]) -> ExclusionReason | None:
    if movement.status in EXCLUDED_STATUSES and movement.status not in named_events:
        return EXCLUDED_STATUSES[movement.status]
    return None if movement.count else ExclusionReason.NO_FIGURE


def _ancestors(id_: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    seen = {id_}
    at = parents.get(id_)
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)


def _sum_bounds(counted: Collection[CountedMovement]) -> TotalBounds:
    """The bounds of what counts in one population."""
    wholes = [(c, count) for c in counted if c.counts != CountedBound.LOW and (count := c.movement.count)]
    lows = [(c, count) for c in counted if c.counts != CountedBound.HIGH and (count := c.movement.count)]
    all_certain = len(wholes) == len(lows) == len(counted)
    low = _sum_known([count.low for _, count in lows])
    # A part may be of another population than its whole: then nobody says how many of its own there are at most.
    high = _sum_known([count.high for _, count in wholes]) if wholes else None
    # Contradictory tellings may give the parts of a whole more than the whole; a total keeps its bounds in order.
    low = min(low, high) if low is not None and high is not None else low
    return TotalBounds(low, _sum_known([count.best for _, count in wholes]) if all_certain else None, high)


def _sum_known(parts: list[int | None]) -> int | None:
    """The sum, unknown as soon as one part is; what is certainly nothing sums to 0."""
    known_parts = [part for part in parts if part is not None]
    return sum(known_parts) if len(known_parts) == len(parts) else None


def superseded(movement: MovementClaims) -> list[tuple[str, str]]:
    """Every claim on a movement that does not decide its count or add to it, with the reason.

    `denies`, `planned`, `no_figure`, `not_a_count` (a stock or capacity), `covered` (an increment on or before
    the day of the running total), `earlier` (a running total as of a later day decides), `less_exact` (another
    claim tells the same day better).
    """
    count = movement.count
    if count is None:
        return []
    deciding = next(claim for claim in movement.claims if claim.id == count.claim)
    as_of = max(_days_counted_to(deciding, CountKind.CUMULATIVE), default=None)
    return [
        (claim.id, _supersession_reason(claim, as_of))
        for claim in movement.claims
        if claim.id not in {count.claim, *count.added}
    ]


def _supersession_reason(claim: Claim, as_of: date | None) -> SupersessionReason:
    """Why a claim does not count beside a running total as of a day, or beside increments alone (None)."""
    totals, increments = _days_counted_to(claim, CountKind.CUMULATIVE), _days_counted_to(claim, CountKind.INCREMENT)
    if not claim.asserts:
        return SupersessionReason.DENIES
    if claim.modality == Modality.PLANNED:
        return SupersessionReason.PLANNED
    if not totals and not increments:
        is_counted = any(figure.measure == MOVEMENT_MEASURE for figure in claim.figures)
        return SupersessionReason.NOT_A_COUNT if is_counted else SupersessionReason.NO_FIGURE
    if as_of and totals and max(totals) < as_of:
        return SupersessionReason.EARLIER
    if as_of and not totals and max(increments) <= as_of:
        return SupersessionReason.COVERED
    return SupersessionReason.LESS_EXACT


def _days_counted_to(claim: Claim, count_kind: CountKind) -> list[date]:
    """The days up to which the claim's figures of one kind count."""
    return [
        counts_up_to(claim, figure)
        for figure in claim.figures
        if figure.measure == MOVEMENT_MEASURE and figure.count_kind == count_kind
    ]
