"""Contradictions between claims, always derived and never coded by hand."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from app.rules.facts import Claim, Figure
from app.timespan import DateRange, intersection
from app.vocab import ContradictionKind, ControlExtent

ClaimGroup = tuple[str, ...]
"""Ids of claims that agree."""


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true: the kind, the events they are about, and the groups that oppose each other."""

    kind: ContradictionKind
    events: tuple[str, ...]
    sides: tuple[ClaimGroup, ...]


def event_contradictions(event: str, claims: Collection[Claim]) -> Iterator[Contradiction]:
    """Yield the contradictions among the claims on one event.

    Polarity: some claims assert it and others deny it. Date: asserting claims share no day. Figure: two asserting
    claims give the same measure and count kind, as of overlapping days, in ranges that share no number.
    """
    asserting = [claim for claim in claims if claim.asserts]
    denying = [claim for claim in claims if not claim.asserts]
    if asserting and denying:
        yield Contradiction(ContradictionKind.POLARITY, (event,), (_ids(asserting), _ids(denying)))
    groups = _agreeing([claim for claim in asserting if claim.date.is_bounded])
    if len(groups) > 1:
        yield Contradiction(ContradictionKind.DATE, (event,), tuple(_ids(group) for group in groups))
    figures = [(claim, figure) for claim in asserting for figure in claim.figures]
    for (one, first), (other, second) in combinations(figures, 2):
        if one.id != other.id and _disagree(one, first, other, second):
            yield Contradiction(ContradictionKind.FIGURE, (event,), ((one.id,), (other.id,)))


def _ids(claims: Collection[Claim]) -> ClaimGroup:
    return tuple(claim.id for claim in claims)


def _agreeing(claims: Collection[Claim]) -> list[list[Claim]]:
    """Group the claims by shared days; there is more than one group only if two claims share no day."""
    groups: list[tuple[DateRange, list[Claim]]] = []
    # Intervals that overlap pairwise share a day (Helly's theorem on a line), so one pass is enough.
    for claim in sorted(claims, key=lambda c: (str(c.date.earliest or ""), str(c.date.latest or "9"), c.id)):
        for at, (shared, group) in enumerate(groups):
            shared_days = intersection([shared, claim.date])
            if shared_days is not None:
                groups[at] = (shared_days, [*group, claim])
                break
        else:
            groups.append((claim.date, [claim]))
    return [group for _, group in groups]


def _disagree(one: Claim, first: Figure, other: Claim, second: Figure) -> bool:
    """Return whether two comparable figures, as of overlapping days, lie in ranges that share no number."""
    comparable = (first.measure, first.count_kind) == (second.measure, second.count_kind)
    if not comparable or not _as_of(one, first).overlaps(_as_of(other, second)):
        return False
    return _above(first, second) or _above(second, first)


def _as_of(claim: Claim, figure: Figure) -> DateRange:
    return DateRange(figure.as_of, figure.as_of) if figure.as_of else claim.date


def _above(more: Figure, less: Figure) -> bool:
    """Return whether the low bound of one figure exceeds the high bound of the other."""
    return more.low is not None and less.high is not None and more.low > less.high


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


def control_contradictions(changes: Collection[AttestedControlChange]) -> Iterator[Contradiction]:
    """Yield the contradictions of full changes of control with other changes of the place or of something inside it.

    Only changes on overlapping days contradict each other. Against a full change stand denials that the same side took
    the place. So do claims, as fact or reported, of a change to another holder, or of one to the same side that is
    partial or only of the surroundings.
    """
    for full in changes:
        asserting = [claim for claim in full.claims if claim.asserts]
        if full.extent != ControlExtent.FULL or not asserting:
            continue
        for other in changes:
            if other.event == full.event or full.location not in other.location_path:
                continue
            against = _ids([claim for claim in other.claims if _against(full, other, claim)])
            if against and full.dates.overlaps(other.dates) and not _mirrored(full, other):
                events = tuple(sorted((full.event, other.event)))
                yield Contradiction(ContradictionKind.CONTROL, events, (_ids(asserting), against))


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
