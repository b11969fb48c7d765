"""Contradictions of control: a full change against what else is told of the place at the same time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.deadlines import check_deadline
from app.rules.facts import Claim
from app.rules.intervals import Ends, Overlaps, ends_of
from app.rules.opposition import MAX_PAIRED, Contradiction, Side, merge_sides
from app.rules.status import standing_claims
from app.timespan import DateRange
from app.vocab import ContradictionKind, ControlExtent


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

    @cached_property
    def standing(self) -> list[Claim]:
        """Claims that still stand; see `standing_claims`."""
        return standing_claims(self.claims)

    @cached_property
    def asserting(self) -> list[Claim]:
        """Standing claims that it happened."""
        return [claim for claim in self.standing if claim.asserts]

    @property
    def is_full(self) -> bool:
        """True if claims say that the whole place changed hands."""
        return self.extent == ControlExtent.FULL and bool(self.asserting)

    @cached_property
    def is_denied(self) -> bool:
        """True if a standing claim denies it."""
        return len(self.asserting) < len(self.standing)

    @cached_property
    def is_reported(self) -> bool:
        """True if a standing claim tells it as fact or reported."""
        return any(claim.counts_as_report for claim in self.standing)

    @cached_property
    def ends(self) -> Ends:
        """Ends of its dates, as numbers."""
        return ends_of(self.dates)


def control_contradictions(changes: Collection[AttestedControlChange]) -> Iterator[Contradiction]:
    """Yield the contradictions of full changes of control with other changes of the place or of something inside it.

    Only changes on overlapping days contradict each other. Three kinds of claim stand against a full change: a denial
    that the same side took the place; a change to another holder; and a change to the same side that is partial or
    only of the surroundings. The last two must be told as fact or reported, and so must both of two full changes of
    one place. More than MAX_PAIRED changes, each of which
    overlaps the next, are one contradiction with a side for each holder.
    """
    full_places = {change.location for change in changes if change.is_full}
    by_place: dict[str, list[AttestedControlChange]] = defaultdict(list)
    for change in changes:
        check_deadline()
        for place in full_places.intersection(change.location_path):
            by_place[place].append(change)
    for place, told in by_place.items():
        for run in _runs(contradicting(place, told)):
            if len(run) > MAX_PAIRED:
                yield _of_a_run(run)
            else:
                yield from _of_pairs(place, run)


def contradicting(place: str, changes: Sequence[AttestedControlChange]) -> list[AttestedControlChange]:
    """Return the changes in a place that contradict another as a full change of it or against one; see `_against`."""
    fulls = [change for change in changes if change.is_full and change.location == place]
    reported = [change for change in changes if change.is_reported]
    against_same = [change for change in changes if change.is_denied]
    against_same += [change for change in reported if change.extent != ControlExtent.FULL]
    full_ids = {full.event for full in fulls}
    reported_fulls = _by_side(full for full in fulls if full.is_reported)
    all_fulls, all_reported = _by_side(fulls), _by_side(reported)
    not_full = _by_side(change for change in reported if change.event not in full_ids)
    same_fulls, same_against = _within_sides(fulls), _within_sides(against_same)
    opposed: set[str] = set()
    for full in fulls:
        check_deadline()
        others = all_reported if full.is_reported else not_full
        if others.any(full.ends, full.gained_by) or _any(same_against, full):
            opposed.add(full.event)
    for other in reported:
        others = reported_fulls if other.event in full_ids else all_fulls
        if others.any(other.ends, other.gained_by):
            opposed.add(other.event)
    opposed.update(other.event for other in against_same if _any(same_fulls, other))
    return [change for change in changes if change.event in opposed]


def _by_side(changes: Iterable[AttestedControlChange]) -> Overlaps:
    return Overlaps((change.ends, change.gained_by) for change in changes)


def _within_sides(changes: Collection[AttestedControlChange]) -> dict[str | None, Overlaps]:
    sides: dict[str | None, list[tuple[Ends, str]]] = defaultdict(list)
    for change in changes:
        sides[change.gained_by].append((change.ends, change.event))
    return {side: Overlaps(intervals) for side, intervals in sides.items()}


def _any(sides: dict[str | None, Overlaps], change: AttestedControlChange) -> bool:
    """Return whether another change to the same side shares a day with a change."""
    return change.gained_by in sides and sides[change.gained_by].any(change.ends, change.event)


def _runs(changes: Collection[AttestedControlChange]) -> Iterator[list[AttestedControlChange]]:
    """Yield the changes in runs of days without a gap."""
    run: list[AttestedControlChange] = []
    last = 0.0
    for change in sorted(changes, key=lambda change: (change.ends, change.event)):
        if run and change.ends[0] > last:
            yield run
            run = []
        last = max(last, change.ends[1]) if run else change.ends[1]
        run.append(change)
    if run:
        yield run


def _of_pairs(place: str, changes: Sequence[AttestedControlChange]) -> Iterator[Contradiction]:
    for full in changes:
        if not full.is_full or full.location != place:
            continue
        for other in changes:
            against = [claim for claim in other.standing if _against(full, other, claim)]
            is_apart = other.event == full.event or not full.dates.overlaps(other.dates)
            if against and not is_apart and not _mirrored(full, other):
                events = tuple(sorted((full.event, other.event)))
                sides = (_control_side(full, full.asserting), _control_side(other, against))
                yield Contradiction(ContradictionKind.CONTROL, events, sides)


def _of_a_run(changes: Sequence[AttestedControlChange]) -> Contradiction:
    """Return one contradiction of many changes, in which claims of one holder and extent are one side."""
    days = DateRange(changes[0].dates.earliest, max(changes, key=lambda change: change.ends[1]).dates.latest)
    sides = merge_sides(
        Side(_ids(claims), f"{_describe_holding(change, claims)}, {days}")
        for change in changes
        for claims in (
            change.asserting if change.is_full or change.is_reported else (),
            [claim for claim in change.standing if not claim.asserts],
        )
        if claims
    )
    return Contradiction(ContradictionKind.CONTROL, tuple(sorted(change.event for change in changes)), sides)


EXTENT_WORDS: dict[str, str] = {
    ControlExtent.PARTIAL: "a part of ",
    ControlExtent.SURROUNDINGS: "the surroundings of ",
}


def _control_side(change: AttestedControlChange, claims: Collection[Claim]) -> Side:
    return Side(_ids(claims), f"{_describe_holding(change, claims)}, {change.dates}")


def _describe_holding(change: AttestedControlChange, claims: Collection[Claim]) -> str:
    denied = "not " if not any(claim.asserts for claim in claims) else ""
    holder = change.holder_name or change.gained_by or "another side"
    place = EXTENT_WORDS.get(change.extent, "") + (change.place_name or change.location)
    return f"{holder} {denied}in control of {place}"


def _ids(claims: Collection[Claim]) -> tuple[str, ...]:
    return tuple(sorted(claim.id for claim in claims))


def _against(full: AttestedControlChange, other: AttestedControlChange, claim: Claim) -> bool:
    same_side = other.gained_by == full.gained_by
    if not claim.asserts:
        return same_side
    # A claim of what is only possible contradicts nothing, because it does not say that it is so.
    if other.is_full and other.location == full.location and not full.is_reported:
        return False
    return claim.counts_as_report and (other.extent != ControlExtent.FULL if same_side else True)


def _mirrored(full: AttestedControlChange, other: AttestedControlChange) -> bool:
    """Return whether this contradiction is also found from the other change, so that each is listed once."""
    is_other_way_too = (
        other.is_full and other.location == full.location and any(_against(other, full, c) for c in full.standing)
    )
    return is_other_way_too and other.event < full.event
