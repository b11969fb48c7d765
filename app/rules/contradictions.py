"""Contradictions between claims, always derived and never coded by hand."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.rules.dates import dating_claims
from app.rules.facts import Claim
from app.rules.published import FlowCount, Published
from app.rules.status import standing_claims
from app.rules.tellings import FLOWS, EventFacts, Telling, tellings_of
from app.timespan import ALL_TIME, DateRange, intersection
from app.vocab import ContradictionKind, ControlExtent, CountKind, Precision


@dataclass(frozen=True)
class Side:
    """Claims that agree, and what they say: a date, a number, a holder, or that it happened or not."""

    claims: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true: the kind, the events they are about, and the sides that oppose each other."""

    kind: ContradictionKind
    events: tuple[str, ...]
    sides: tuple[Side, ...]


def event_contradictions(event: EventFacts) -> Iterator[Contradiction]:
    """Yield the contradictions among the claims on one event, and between it and its parts.

    Polarity: different origins assert and deny it. Date: moments of the occasion share no day; stretches of one
    campaign contradict nothing. Figure: see `figure_contradictions`.
    """
    yield from _polarity(event)
    moments = [claim for claim in dating_claims(event.claims) if claim.date.is_bounded]
    groups = _agreeing([claim for claim in moments if claim.precision != Precision.SPAN])
    if len(groups) > 1:
        sides = tuple(Side(_ids(claims), str(shared)) for shared, claims in groups)
        yield Contradiction(ContradictionKind.DATE, (event.event,), sides)
    yield from figure_contradictions(event)


def _polarity(event: EventFacts) -> Iterator[Contradiction]:
    standing = standing_claims(event.claims)
    asserting = [claim for claim in standing if claim.asserts]
    denying = [claim for claim in standing if not claim.asserts]
    if any(one.origin is None or one.origin != other.origin for one in asserting for other in denying):
        sides = (Side(_ids(asserting), "It happened."), Side(_ids(denying), "It did not happen."))
        yield Contradiction(ContradictionKind.POLARITY, (event.event,), sides)


def _ids(claims: Collection[Claim]) -> tuple[str, ...]:
    return tuple(sorted(claim.id for claim in claims))


def _agreeing(claims: Collection[Claim]) -> list[tuple[DateRange, list[Claim]]]:
    """Group the claims by shared days; there is more than one group only if two claims share no day."""
    groups: list[tuple[DateRange, list[Claim]]] = []
    # Intervals that overlap pairwise share a day (Helly's theorem on a line), so one pass is enough.
    for claim in sorted(claims, key=lambda c: (str(c.date.earliest or ""), str(c.date.latest or "9"))):
        for at, (shared, group) in enumerate(groups):
            shared_days = intersection([shared, claim.date])
            if shared_days is not None:
                groups[at] = (shared_days, [*group, claim])
                break
        else:
            groups.append((claim.date, [claim]))
    return groups


def figure_contradictions(event: EventFacts) -> Iterator[Contradiction]:
    """Yield the contradictions of numbers inside an event, and between it and its parts.

    A telling with an upper bound is contradicted by one that counts no other days and has a higher lower bound, and by
    parts that add up to more within its days. A part that exceeds it alone is named alone. Loose words contradict
    nothing.
    """
    measures = dict.fromkeys(figure.measure for claim in event.claims for figure in claim.figures)
    for measure in measures:
        count = FlowCount(event, measure)
        numbers = [telling for telling in count.tellings if not telling.figure.loose]
        for telling in numbers:
            # What is told of the whole event holds at any time.
            window = ALL_TIME if count.days.is_within(telling.days) else telling.days
            within = [other for other in numbers if other.days.is_within(window)]
            yield from _exceeding(event, telling, within)
            yield from _parts_exceeding(count, telling, window)
        for kind in CountKind:
            levels = [] if kind in FLOWS else tellings_of(event, measure, (kind,))
            for telling in levels:
                yield from _exceeding(event, telling, [other for other in levels if other.as_of == telling.as_of])


def _exceeding(event: EventFacts, telling: Telling, others: Collection[Telling]) -> Iterator[Contradiction]:
    """Yield a contradiction for each of the other tellings that says more than a telling allows."""
    for other in others:
        if telling.high is not None and other.low is not None and other.low > telling.high:
            yield Contradiction(
                ContradictionKind.FIGURE, (event.event,), (_telling_side(telling), _telling_side(other))
            )


def _parts_exceeding(count: FlowCount, telling: Telling, window: DateRange) -> Iterator[Contradiction]:
    """Yield a contradiction for each part that says more than a telling of the whole allows, or for all together."""
    if telling.high is None:
        return
    parts = sorted(count.parts, key=lambda part: part.event.event)
    told = [(part.event.event, figure) for part in parts if (figure := part.published(window)) and figure.low]
    exceeding = [(part, figure) for part, figure in told if (figure.low or 0) > telling.high]
    for part, figure in exceeding:
        side = Side(figure.claims, f"{describe_bounds(figure)} in a part of it")
        yield Contradiction(ContradictionKind.FIGURE, (count.event.event, part), (_telling_side(telling), side))
    total = sum(figure.low or 0 for _, figure in told)
    if not exceeding and total > telling.high:
        claims = tuple(sorted({claim for _, figure in told for claim in figure.claims}))
        side = Side(claims, f"at least {total} in its parts together")
        events = (count.event.event, *(part for part, _ in told))
        yield Contradiction(ContradictionKind.FIGURE, events, (_telling_side(telling), side))


def _telling_side(telling: Telling) -> Side:
    return Side((telling.claim.id,), f"{describe_bounds(telling)}, {telling.days}")


def describe_bounds(figure: Telling | Published) -> str:
    """Return the bounds of a number in words, such as "94", "at least 501" or "94 to 245"."""
    low, high = figure.low, figure.high
    if low is not None and low == high:
        return str(low)
    if low is None or high is None:
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else "an open number"
    return f"{low} to {high}"


@dataclass(frozen=True)
class AttestedControlChange:
    """A change of control with the claims on it; `location_path` holds its location and all that this lies in."""

    event: str
    location: str
    location_path: Collection[str]
    gained_by: str | None
    extent: str
    dates: DateRange
    claims: Collection[Claim]
    holder_name: str | None = None
    """Name of the side that gained, for what a contradiction says; its id by default. `place_name` likewise."""
    place_name: str | None = None


def control_contradictions(changes: Collection[AttestedControlChange]) -> Iterator[Contradiction]:
    """Yield the contradictions of full changes of control with other changes of the place or of something inside it.

    Only changes on overlapping days contradict each other. Three kinds of claim stand against a full change: a denial
    that the same side took the place; a change to another holder; and a change to the same side that is partial or
    only of the surroundings. The last two must be told as fact or reported.
    """
    for full in changes:
        asserting = [claim for claim in standing_claims(full.claims) if claim.asserts]
        if full.extent != ControlExtent.FULL or not asserting:
            continue
        for other in changes:
            if other.event == full.event or full.location not in other.location_path:
                continue
            against = [claim for claim in standing_claims(other.claims) if _against(full, other, claim)]
            if against and full.dates.overlaps(other.dates) and not _mirrored(full, other):
                events = tuple(sorted((full.event, other.event)))
                sides = (_control_side(full, asserting), _control_side(other, against))
                yield Contradiction(ContradictionKind.CONTROL, events, sides)


EXTENT_WORDS: dict[str, str] = {
    ControlExtent.PARTIAL: "a part of ",
    ControlExtent.SURROUNDINGS: "the surroundings of ",
}


def _control_side(change: AttestedControlChange, claims: Collection[Claim]) -> Side:
    denied = "not " if not any(claim.asserts for claim in claims) else ""
    holder = change.holder_name or change.gained_by or "another side"
    place = EXTENT_WORDS.get(change.extent, "") + (change.place_name or change.location)
    return Side(_ids(claims), f"{holder} {denied}in control of {place}, {change.dates}")


def _against(full: AttestedControlChange, other: AttestedControlChange, claim: Claim) -> bool:
    same_side = other.gained_by == full.gained_by
    if not claim.asserts:
        return same_side
    # A claim of what is only possible contradicts nothing, because it does not say that it is so.
    return claim.counts_as_report and (other.extent != ControlExtent.FULL if same_side else True)


def _mirrored(full: AttestedControlChange, other: AttestedControlChange) -> bool:
    """Return whether this contradiction is also found from the other change, so that each is listed once."""
    same = (
        other.extent == ControlExtent.FULL and other.location == full.location and any(c.asserts for c in other.claims)
    )
    return same and other.event < full.event
