"""Possible duplicates: events of different packs that may be one occasion."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations

from app.deadlines import check_deadline
from app.geo import distance_km
from app.rules.contradictions import agreeing
from app.rules.figure_contradictions import describe_bounds
from app.rules.groups import Cell, Groups, cell_of, cells_around
from app.rules.intervals import ends_of
from app.rules.opposition import MAX_PAIRED, Contradiction, Side, merge_sides
from app.rules.published import Published
from app.timespan import DateRange
from app.vocab import ContradictionKind, EventCategory

MAX_DAYS_APART = 2
MAX_KM_APART = 5.0
ATTACKS = (EventCategory.OFFENSIVE, EventCategory.CLASH)
"""Categories of an attack on a place, which another document may tell as its capture."""


@dataclass(frozen=True)
class OccasionFacts:
    """An event with what tells whether another may be the same occasion."""

    event: str
    pack: str
    category: str
    location: str
    location_kind: str
    point: tuple[float, float] | None
    """Longitude and latitude."""
    dates: DateRange
    actors: frozenset[str]
    attackers: frozenset[str]
    """Actors that initiate or gain."""
    claims: tuple[str, ...] = ()
    figures: tuple[Published, ...] = ()
    distinct_from: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()
    """Events that it is part of, at any depth."""


def possible_duplicates(events: Iterable[OccasionFacts]) -> Iterator[tuple[OccasionFacts, ...]]:
    """Yield pairs of events of different packs that may be one occasion.

    They have one category, one place (or places of one kind at most 5 km apart), dates at most two days apart, and an
    actor in common. A change of control may also be what another pack tells as an attack by the same side. Events that
    a pack declares to be distinct, and a part beside its whole, are left out. More than MAX_PAIRED events that are
    linked by such pairs are one tuple.
    """
    by_id = {event.event: event for event in events if event.dates.is_bounded}
    if len({event.pack for event in by_id.values()}) < 2:
        return
    groups = _linked_occasions(by_id.values())
    for ids in groups.split(sorted(by_id)):
        members = tuple(by_id[id_] for id_ in ids)
        if len(members) > MAX_PAIRED:
            yield members
        else:
            yield from (pair for pair in combinations(members, 2) if may_be_one(*pair))


def _linked_occasions(events: Collection[OccasionFacts]) -> Groups[str]:
    """Link the events that may be one, in the order of their first days."""
    groups: Groups[str] = Groups()
    nearby = _nearby({_place_key(event) for event in events})
    told: dict[Hashable, _Told] = defaultdict(_Told)
    for event in sorted(events, key=lambda event: (ends_of(event.dates)[0], event.event)):
        check_deadline()
        place = _place_key(event)
        own, opposite = _likenesses(event)
        for near in nearby[place]:
            for likeness in opposite:
                if (near, likeness) in told:
                    told[near, likeness].link(event, groups)
        for likeness in own:
            told[place, likeness].add(event)
    return groups


_PlaceKey = tuple[str, Cell | None]
"""A kind of place with a cell of the earth, or a place without coordinates."""
_Likeness = tuple[str, str]
"""A category and an actor."""


def _place_key(event: OccasionFacts) -> _PlaceKey:
    if event.point is None:
        return event.location, None
    return event.location_kind, cell_of(event.point, MAX_KM_APART)


def _nearby(places: Collection[_PlaceKey]) -> dict[_PlaceKey, list[_PlaceKey]]:
    """Return for each place itself and the others that may be near it."""
    return {
        (kind, cell): [(kind, cell), *((kind, near) for near in cells_around(cell) if (kind, near) in places)]
        if cell
        else [(kind, cell)]
        for kind, cell in places
    }


def _likenesses(event: OccasionFacts) -> tuple[set[_Likeness], set[_Likeness]]:
    """Return under what an event is looked up, and what events that may be the same are looked up under."""
    own = {(event.category, actor) for actor in event.actors}
    is_capture, is_attack = event.category == EventCategory.CONTROL_CHANGE, event.category in ATTACKS
    captures = {("by capture", actor) for actor in event.attackers} if is_capture or is_attack else set()
    attacks = {("by attack", actor) for actor in event.attackers} if is_capture or is_attack else set()
    return own | (captures if is_capture else attacks), own | (attacks if is_capture else captures)


@dataclass
class _Linked:
    """Events of one pack in one group, those that end first at the front (a heap)."""

    member: str
    events: list[tuple[float, str, OccasionFacts]]

    def forget_before(self, day: float) -> None:
        """Forget the events that ended before a day."""
        while self.events and self.events[0][0] < day:
            heappop(self.events)

    def absorb(self, other: "_Linked") -> None:
        """Take over the events of another."""
        self.events, fewer = sorted((self.events, other.events), key=len, reverse=True)
        for event in fewer:
            heappush(self.events, event)


class _Told:
    """Events of one category and actor at one place, by pack, in their groups."""

    def __init__(self) -> None:
        self._packs: dict[str, list[_Linked]] = defaultdict(list)

    def add(self, event: OccasionFacts) -> None:
        """Add an event."""
        self._packs[event.pack].append(_Linked(event.event, [(ends_of(event.dates)[1], event.event, event)]))

    def link(self, event: OccasionFacts, groups: Groups[str]) -> None:
        """Link a later event with those of other packs that may be the same, one of each group."""
        for pack, linked in self._packs.items():
            if pack != event.pack:
                self._packs[pack] = list(self._link_group(event, linked, groups))

    @staticmethod
    def _link_group(event: OccasionFacts, linked: Iterable[_Linked], groups: Groups[str]) -> Iterator[_Linked]:
        """Yield what is left of the events of a pack, with all of the event's own group together."""
        own: _Linked | None = None
        for one in linked:
            one.forget_before(ends_of(event.dates)[0] - MAX_DAYS_APART)
            if not one.events:
                continue
            is_own = groups.of(one.member) == groups.of(event.event)
            if not is_own and any(may_be_one(event, other) for _, _, other in one.events):
                groups.link(event.event, one.member)
                is_own = True
            if is_own and own:
                own.absorb(one)
            else:
                own = one if is_own else own
                yield one


def may_be_one(one: OccasionFacts, other: OccasionFacts) -> bool:
    """Return whether two events may be one occasion; see `possible_duplicates`."""
    return (
        one.pack != other.pack
        and one.event not in other.wholes
        and other.event not in one.wholes
        and one.event not in other.distinct_from
        and other.event not in one.distinct_from
        and _same_kind(one, other)
        and _days_apart(one.dates, other.dates) <= MAX_DAYS_APART
        and _same_place(one, other)
    )


def _same_kind(one: OccasionFacts, other: OccasionFacts) -> bool:
    if one.category == other.category:
        return not one.actors.isdisjoint(other.actors)
    categories = {one.category, other.category}
    is_attack = EventCategory.CONTROL_CHANGE in categories and not categories.isdisjoint(ATTACKS)
    return is_attack and not one.attackers.isdisjoint(other.attackers)


def _same_place(one: OccasionFacts, other: OccasionFacts) -> bool:
    if one.location == other.location:
        return True
    if one.point is None or other.point is None or one.location_kind != other.location_kind:
        return False
    return distance_km(*one.point, *other.point) <= MAX_KM_APART


def _days_apart(one: DateRange, other: DateRange) -> float:
    """Return the days between two intervals; 0 if they overlap, infinite if one has no date."""
    if not (one.is_bounded and other.is_bounded):
        return float("inf")
    if one.overlaps(other):
        return 0
    first, second = (one, other) if one.latest and other.earliest and one.latest < other.earliest else (other, one)
    return (second.earliest - first.latest).days if second.earliest and first.latest else float("inf")


def occasion_contradictions(duplicates: Iterable[tuple[OccasionFacts, ...]]) -> Iterator[Contradiction]:
    """Yield where possible duplicates disagree: on the date, if they share no day, or on a number."""
    for events in duplicates:
        check_deadline()
        ids = tuple(event.event for event in events)
        by_id = {event.event: event for event in events}
        dates = agreeing((event.dates, event.event) for event in events)
        if len(dates) > 1:
            days = sorted(dates, key=lambda group: ids.index(group[1][0])) if len(events) == 2 else dates
            sides = tuple(Side(_claims_of([by_id[id_] for id_ in group]), str(shared)) for shared, group in days)
            yield Contradiction(ContradictionKind.OCCASION, ids, sides)
        if len(events) == 2:
            yield from _numbers_of_a_pair(*events)
        else:
            yield from _numbers_of_many(events)


def _claims_of(events: Collection[OccasionFacts]) -> tuple[str, ...]:
    return tuple(sorted(claim for event in events for claim in event.claims))


def _numbers_of_a_pair(one: OccasionFacts, other: OccasionFacts) -> Iterator[Contradiction]:
    for first in one.figures:
        for second in other.figures:
            if first.measure == second.measure and (_exceeds(first, second) or _exceeds(second, first)):
                sides = (_figure_side(first), _figure_side(second))
                yield Contradiction(ContradictionKind.OCCASION, (one.event, other.event), sides)


def _numbers_of_many(events: Collection[OccasionFacts]) -> Iterator[Contradiction]:
    """Yield one contradiction for each measure of which an event says more than another allows."""
    told: dict[str, list[Published]] = defaultdict(list)
    for event in events:
        for figure in event.figures:
            told[figure.measure].append(figure)
    for figures in told.values():
        most = max((figure.low for figure in figures if figure.low is not None), default=0)
        least = min((figure.high for figure in figures if figure.high is not None), default=most)
        if most > least:
            sides = merge_sides(
                _figure_side(figure)
                for figure in sorted(figures, key=lambda figure: (figure.low or 0, figure.claims))
                if (figure.low or 0) > least or (figure.high is not None and figure.high < most)
            )
            yield Contradiction(ContradictionKind.OCCASION, tuple(event.event for event in events), sides)


def _figure_side(figure: Published) -> Side:
    return Side(figure.claims, f"{describe_bounds(figure)} {figure.measure}")


def _exceeds(more: Published, less: Published) -> bool:
    return more.low is not None and less.high is not None and more.low > less.high
