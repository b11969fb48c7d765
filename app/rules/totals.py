"""Totals over movements, without counting anyone twice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.deadlines import check_deadline
from app.rules.facts import Claim
from app.rules.published import FlowCount, Published
from app.rules.tellings import FLOWS, EventFacts
from app.rules.wholes import wholes_of
from app.timespan import DateRange
from app.vocab import EventStatus, ExclusionReason, Measure, Modality, Population, SupersessionReason

MOVEMENT_MEASURE = Measure.PERSONS_MOVED
EXCLUDED_STATUSES: dict[str, ExclusionReason] = {
    EventStatus.DISPUTED: ExclusionReason.DISPUTED,
    EventStatus.UNCONFIRMED: ExclusionReason.UNCONFIRMED,
    EventStatus.DENIED: ExclusionReason.DENIED,
}


@dataclass(frozen=True)
class MovementFacts:
    """A movement that matches a query, and its population.

    `is_wider` marks one that does not lie in the place asked for but leads from or to something around it.
    """

    facts: EventFacts
    population: str
    is_wider: bool = False


@dataclass(frozen=True)
class TotalBounds:
    """A total: at least `low`, at most `high`; None is unknown."""

    low: int | None = None
    best: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class CountedMovement:
    """A movement that counts, and its published figure within the window."""

    movement: MovementFacts
    figure: Published


@dataclass(frozen=True)
class Total:
    """A total, the movements it is made of, and (event, reason) of those left out."""

    bounds: TotalBounds
    by_population: dict[str, TotalBounds]
    included: list[CountedMovement]
    excluded: list[tuple[str, str]]

    @property
    def contradicted(self) -> bool:
        """True if a movement that counts has tellings that cannot all be true within the window."""
        return any(counted.figure.contradicted for counted in self.included)


def total(
    movements: Collection[MovementFacts],
    window: DateRange,
    parent_by_event: Mapping[str, str | None],
    asked_statuses: Collection[str] = (),
) -> Total:
    """Total the matching movements by population: the sums of their published figures within the window.

    Movements are left out with a reason: `disputed`, `unconfirmed`, `denied` (unless `asked_statuses` names the
    status); `no_figure`; `wider_place` if only a part of it may belong to the place asked for, which leaves best and
    high of its population unknown; `part_of` if an ancestor counts. Populations are never added up: the top-level
    bounds are known only if all that counts is of one population. If nothing counts, all are unknown.
    `parent_by_event` maps any event, matching or not, to the one it is part of.
    """
    # A wider movement that would not count anyway says nothing of the place asked for.
    by_id = {
        movement.facts.event: movement
        for movement in movements
        if not movement.is_wider or _exclusion_reason(movement, asked_statuses) == ExclusionReason.WIDER_PLACE
    }
    reasons = {id_: _exclusion_reason(movement, asked_statuses) for id_, movement in by_id.items()}
    countable = {id_ for id_, reason in reasons.items() if reason is None}
    for id_ in countable:
        if not countable.isdisjoint(wholes_of(id_, parent_by_event)):
            reasons[id_] = ExclusionReason.PART_OF
    included = [
        CountedMovement(movement, figure)
        for id_, movement in sorted(by_id.items())
        if reasons[id_] is None and (figure := _count(movement, asked_statuses).published(window))
    ]
    wider = {by_id[id_].population for id_, reason in reasons.items() if reason == ExclusionReason.WIDER_PLACE}
    sums = {
        population: _sum_bounds([c.figure for c in included if c.movement.population == population], population, wider)
        for population in sorted({counted.movement.population for counted in included})
    }
    only = next(iter(sums.values())) if len(sums) == 1 else TotalBounds()
    return Total(only, sums, included, sorted((id_, reason) for id_, reason in reasons.items() if reason))


def _count(movement: MovementFacts, asked_statuses: Collection[str]) -> FlowCount:
    return FlowCount(movement.facts, MOVEMENT_MEASURE, frozenset(asked_statuses))


def _exclusion_reason(movement: MovementFacts, asked_statuses: Collection[str]) -> ExclusionReason | None:
    check_deadline()
    status = movement.facts.status
    if status in EXCLUDED_STATUSES and status not in asked_statuses:
        return EXCLUDED_STATUSES[status]
    if not _count(movement, asked_statuses).tellings:
        return ExclusionReason.NO_FIGURE
    return ExclusionReason.WIDER_PLACE if movement.is_wider else None


def _sum_bounds(figures: Collection[Published], population: str, wider: Collection[str]) -> TotalBounds:
    """Sum the bounds of one population; `wider` holds the populations of movements that may belong in part."""
    low = _sum_known([figure.low for figure in figures])
    if population in wider or Population.MIXED in wider:
        return TotalBounds(low)
    return TotalBounds(
        low, _sum_known([figure.best for figure in figures]), _sum_known([figure.high for figure in figures])
    )


def _sum_known(parts: list[int | None]) -> int | None:
    """Return the sum, or None if one part is unknown; no parts sum to 0."""
    known_parts = [part for part in parts if part is not None]
    return sum(known_parts) if len(known_parts) == len(parts) else None


def superseded(counted: CountedMovement) -> list[tuple[str, str]]:
    """Return (claim, reason) for every claim on a movement that gives no bound of its count within the window.

    Reasons are the following. `denies`, `planned`, `no_figure`: nothing to count. `not_a_count`: a stock or capacity.
    `replaced`: its origin said something else of the same days later, or gave its stance up, or it is only possible
    beside reports. `less_exact`: other tellings give the bounds.
    """
    facts = counted.movement.facts
    telling = {telling.claim.id for telling in FlowCount(facts, MOVEMENT_MEASURE).tellings}
    return [
        (claim.id, _supersession_reason(claim, claim.id in telling))
        for claim in facts.claims
        if claim.id not in counted.figure.claims
    ]


def _supersession_reason(claim: Claim, tells: bool) -> SupersessionReason:
    """Return why a claim gives no bound; `tells` says that it is a telling that competes."""
    figures = [figure for figure in claim.figures if figure.measure == MOVEMENT_MEASURE]
    if not claim.asserts:
        return SupersessionReason.DENIES
    if claim.modality == Modality.PLANNED:
        return SupersessionReason.PLANNED
    if not figures:
        return SupersessionReason.NO_FIGURE
    if not any(figure.count_kind in FLOWS for figure in figures):
        return SupersessionReason.NOT_A_COUNT
    return SupersessionReason.LESS_EXACT if tells else SupersessionReason.REPLACED
