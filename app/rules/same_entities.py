"""Places, actors and sources that may be one."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from app.deadlines import check_deadline
from app.geo import distance_km
from app.rules.groups import Cell, Groups, cell_of, cells_around
from app.rules.opposition import MAX_PAIRED

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


def possible_same_entities(entities: Iterable[EntityFacts]) -> Iterator[tuple[tuple[EntityFacts, ...], str]]:
    """Yield pairs of places, actors or sources of one kind that may be one, and what they share.

    They share a name or a url, or are places at most 1 km apart. More than MAX_PAIRED that are linked by such pairs are
    one tuple.
    """
    by_id = {entity.id: entity for entity in entities}
    for ids in _linked_entities(by_id.values()).split(sorted(by_id)):
        check_deadline()
        members = tuple(by_id[id_] for id_ in ids)
        if len(members) > MAX_PAIRED:
            yield members, _shared_by_all(members)
        else:
            for pair in combinations(members, 2):
                if shared := what_is_shared(*pair):
                    yield pair, shared


def what_is_shared(one: EntityFacts, other: EntityFacts) -> str | None:
    """Return why two of one kind may be one; None if nothing says so."""
    if one.kind != other.kind:
        return None
    if keys := sorted(one.keys & other.keys):
        return f"both are called {keys[0]}"
    if one.url and one.url == other.url:
        return f"both have the url {one.url}"
    if one.point and other.point and distance_km(*one.point, *other.point) <= MAX_PLACE_KM_APART:
        return f"both lie within {MAX_PLACE_KM_APART:.0f} km"
    return None


def _shared_by_all(members: Collection[EntityFacts]) -> str:
    keys = sorted(frozenset.intersection(*(member.keys for member in members)))
    if keys:
        return f"all are called {keys[0]}"
    return f"each shares a name or url with another, or lies within {MAX_PLACE_KM_APART:.0f} km of it"


def _linked_entities(entities: Collection[EntityFacts]) -> Groups[str]:
    """Link the entities that share something."""
    groups: Groups[str] = Groups()
    first: dict[Hashable, str] = {}
    cells: dict[tuple[str, Cell], list[EntityFacts]] = defaultdict(list)
    for entity in entities:
        check_deadline()
        shared: list[Hashable] = [(entity.kind, "name", key) for key in entity.keys]
        if entity.url:
            shared.append((entity.kind, "url", entity.url))
        if entity.point:
            place = (entity.kind, cell_of(entity.point, MAX_PLACE_KM_APART))
            cells[place].append(entity)
            shared.append(place)
        for key in shared:
            groups.link(first.setdefault(key, entity.id), entity.id)
    for (kind, cell), inside in cells.items():
        check_deadline()
        for near in cells_around(cell):
            others = cells.get((kind, near), [])
            is_apart = bool(others) and groups.of(inside[0].id) != groups.of(others[0].id)
            if is_apart and any(what_is_shared(one, other) for one in inside for other in others):
                groups.link(inside[0].id, others[0].id)
    return groups
