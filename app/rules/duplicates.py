"""Possible duplicates: events of different packs that may be one occasion."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from app.geo import distance_km
from app.rules.contradictions import Contradiction, Side, describe_bounds
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
    claims: tuple[str, ...]
    figures: tuple[Published, ...] = ()
    distinct_from: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()
    """Events that it is part of, at any depth."""


def possible_duplicates(events: Iterable[OccasionFacts]) -> Iterator[tuple[OccasionFacts, OccasionFacts]]:
    """Yield pairs of events of different packs that may be one occasion.

    They have one category, one place (or places of one kind at most 5 km apart), dates at most two days apart, and an
    actor in common. A change of control may also be what another pack tells as an attack by the same side. Events that
    a pack declares to be distinct, and a part beside its whole, are left out.
    """
    by_place: dict[str, list[OccasionFacts]] = defaultdict(list)
    for event in events:
        by_place[event.location_kind].append(event)
    for group in by_place.values():
        for one, other in combinations(sorted(group, key=lambda event: event.event), 2):
            if may_be_one(one, other):
                yield one, other


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


def occasion_contradictions(events: Collection[OccasionFacts]) -> Iterator[Contradiction]:
    """Yield the possible duplicates that disagree: on the date, if they share no day, or on a number."""
    for one, other in possible_duplicates(events):
        ids = (one.event, other.event)
        if not one.dates.overlaps(other.dates):
            sides = (Side(one.claims, str(one.dates)), Side(other.claims, str(other.dates)))
            yield Contradiction(ContradictionKind.OCCASION, ids, sides)
        for first in one.figures:
            for second in other.figures:
                if first.measure == second.measure and (_exceeds(first, second) or _exceeds(second, first)):
                    sides = (_figure_side(first), _figure_side(second))
                    yield Contradiction(ContradictionKind.OCCASION, ids, sides)


def _figure_side(figure: Published) -> Side:
    return Side(figure.claims, f"{describe_bounds(figure)} {figure.measure}")


def _exceeds(more: Published, less: Published) -> bool:
    return more.low is not None and less.high is not None and more.low > less.high


MAX_PLACE_KM_APART = 1.0
"""Distance up to which two places of one kind may be one."""


@dataclass(frozen=True)
class EntityFacts:
    """A place, actor or source with what tells whether another may be the same: its names, url and point."""

    id: str
    kind: str
    keys: frozenset[str]
    """Names as `app.names.match_key` makes them."""
    point: tuple[float, float] | None = None
    """Longitude and latitude, of a place whose point is its own."""
    url: str | None = None


def possible_same_entities(entities: Collection[EntityFacts]) -> Iterator[tuple[EntityFacts, EntityFacts, str]]:
    """Yield pairs of places, actors or sources of one kind that may be one, and what they share.

    They share a name or a url, or are places at most 1 km apart.
    """
    by_kind: dict[str, list[EntityFacts]] = defaultdict(list)
    for entity in sorted(entities, key=lambda entity: entity.id):
        by_kind[entity.kind].append(entity)
    for group in by_kind.values():
        for one, other in combinations(group, 2):
            if shared := sorted(one.keys & other.keys):
                yield one, other, f"both are called {shared[0]}"
            elif one.url and one.url == other.url:
                yield one, other, f"both have the url {one.url}"
            elif one.point and other.point and distance_km(*one.point, *other.point) <= MAX_PLACE_KM_APART:
                yield one, other, f"both lie within {MAX_PLACE_KM_APART:.0f} km"
