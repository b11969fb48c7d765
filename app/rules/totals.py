"""Totals over movements, without counting anyone twice."""

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
    """A movement that matches a query: its date and status, the event it is part of, its claims in view."""

    event: str
    part_of: str | None
    population: str
    status: str
    dates: DateRange
    claims: tuple[Claim, ...]

    @property
    def count(self) -> Published | None:
        """Published figure of the movement; see `published`."""
        return published(self.claims, MOVEMENT_MEASURE)


@dataclass(frozen=True)
class TotalBounds:
    """A total: at least `low`, at most `high`; None is unknown."""

    low: int | None = None
    best: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class CountedMovement:
    """A movement that counts: wholly, or with its low or its high bound alone; see `total`."""

    movement: MovementClaims
    counts: str


@dataclass(frozen=True)
class Total:
    """A total, the movements it is made of, and (event, reason) of those left out."""

    bounds: TotalBounds
    by_population: dict[str, TotalBounds]
    included: list[CountedMovement]
    excluded: list[tuple[str, str]]


def total(
    movements: Collection[MovementClaims],
    window: DateRange,
    parent_by_event: Mapping[str, str | None],
    asked_statuses: Collection[str] = (),
) -> Total:
    """Total the matching movements by population.

    Movements are left out with a reason: `no_figure`; `disputed`, `unconfirmed`, `denied` (unless `asked_statuses`
    names the status); `part_of` if an ancestor counts. `low` sums what is certainly inside the window, `high` what is
    possibly inside. A whole that is only partly inside gives its high, and its parts certainly inside give their low.
    `best` is known only if everything counted is certainly inside and has one. Populations are never added up: the
    top-level bounds are known only if all that counts is of one population. If nothing counts, all are unknown.
    `parent_by_event` maps any event, matching or not, to the one it is part of.
    """
    by_id = {moved.event: moved for moved in movements}
    reasons = {id_: _exclusion_reason(moved, asked_statuses) for id_, moved in by_id.items()}
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


def _exclusion_reason(movement: MovementClaims, asked_statuses: Collection[str]) -> ExclusionReason | None:
    if movement.status in EXCLUDED_STATUSES and movement.status not in asked_statuses:
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
    """Sum the bounds of what counts in one population."""
    wholes = [(c, count) for c in counted if c.counts != CountedBound.LOW and (count := c.movement.count)]
    lows = [(c, count) for c in counted if c.counts != CountedBound.HIGH and (count := c.movement.count)]
    all_certain = len(wholes) == len(lows) == len(counted)
    low = _sum_known([count.low for _, count in lows])
    # A part may be of another population than its whole; then no claim bounds its own population from above.
    high = _sum_known([count.high for _, count in wholes]) if wholes else None
    # Contradictory claims may give the parts of a whole more than the whole; a total keeps its bounds in order.
    low = min(low, high) if low is not None and high is not None else low
    return TotalBounds(low, _sum_known([count.best for _, count in wholes]) if all_certain else None, high)


def _sum_known(parts: list[int | None]) -> int | None:
    """Return the sum, or None if one part is unknown; no parts sum to 0."""
    known_parts = [part for part in parts if part is not None]
    return sum(known_parts) if len(known_parts) == len(parts) else None


def superseded(movement: MovementClaims) -> list[tuple[str, str]]:
    """Return (claim, reason) for every claim on a movement that neither decides its count nor adds to it.

    Reasons are `denies`, `planned`, `no_figure`, `not_a_count` (a stock or capacity), `covered` (an increment on or
    before the day of the running total), `earlier` (a running total as of a later day decides) and `less_exact`
    (another claim gives a better figure of the same day).
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
    """Return why a claim does not count beside a running total of `as_of`; None: beside increments alone."""
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
    """Return the days up to which the claim's figures of one kind count."""
    return [
        counts_up_to(claim, figure)
        for figure in claim.figures
        if figure.measure == MOVEMENT_MEASURE and figure.count_kind == count_kind
    ]
