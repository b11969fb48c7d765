"""Rows of curated packs that may be one: events, and the places, actors and sources that they refer to."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.models.entity_types import ACTORS, EVENTS, LOCATIONS, SOURCES, EntityType
from app.query.analyses.kept import keep_for_revision
from app.query.analyses.occasions import duplicates_in_view
from app.query.analyses.stored_claims import batches_of
from app.query.lists.computed import computed_list_params, page_from_rows
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.filters import KNOWN_BY
from app.query.params.param import ListQuery, Param, code_schema, codes_parser
from app.rules.duplicates import OccasionFacts
from app.rules.same_entities import EntityFacts, possible_same_entities
from app.schemas.analysis import DuplicateRow
from app.schemas.base import Ref
from app.timespan import hull
from app.vocab import PointKind

MAX_NAMED = 10
"""Places and actors that the reason of a large group names."""

RESOURCES = (EVENTS.name, LOCATIONS.name, ACTORS.name, SOURCES.name)
RESOURCE = Param(
    "resource",
    "The kind of row: " + ", ".join(RESOURCES) + ". Several separated by commas mean any of them.",
    "events",
    codes_parser("resource", RESOURCES),
    schema=code_schema(RESOURCES),
)
DUPLICATES_PARAMS = computed_list_params((RESOURCE, KNOWN_BY), DuplicateRow)


def duplicates(connection: Connection, request: ListRequest) -> Page:
    """List rows of curated packs that may be one; `distinct_from` in a pack settles an event.

    Events: of different packs, with one category, one place, dates at most two days apart and an actor in common; a
    change of control may also be told as an attack. Places: of one kind, with one name or at most 1 km apart. Actors
    and sources: of one kind, with one name or url. More than 20 rows that are linked by such pairs are one row.
    """
    wanted = request.filters.get("resource", RESOURCES)
    rows: dict[str, _Alike] = {}
    if EVENTS.name in wanted:
        query = ListQuery(request.filters, connection, table_of(models.EventVersion))
        for group in duplicates_in_view(query).groups:
            events = _Alike(
                EVENTS.name,
                tuple(found.event for found in group),
                tuple(sorted({found.pack for found in group})),
                _reason(group),
            )
            rows[events.id] = events
    for entity in (LOCATIONS, ACTORS, SOURCES):
        if entity.name in wanted:
            rows |= {entities.id: entities for entities in _entities_alike(connection, entity).groups}
    return page_from_rows(rows, request, partial(_render, connection))


@dataclass(frozen=True)
class _Alike:
    """Rows of a resource that may be one, by id, with their packs."""

    resource: str
    items: tuple[str, ...]
    packs: tuple[str, ...]
    reason: str

    @property
    def id(self) -> str:
        """Resource and ids; of many the first, and how many others."""
        shown = self.items if len(self.items) == 2 else (self.items[0], f"and-{len(self.items) - 1}-others")
        return ":".join((self.resource, *shown))


@dataclass(frozen=True)
class _AllAlike:
    """All rows of a resource that may be one."""

    groups: Sequence[_Alike]

    @property
    def weight(self) -> int:
        """Number of ids in all groups."""
        return sum(len(group.items) for group in self.groups)


def _entities_alike(connection: Connection, entity: EntityType) -> _AllAlike:
    """Return the entities of curated packs that may be one, which are kept for the revision."""

    def compute() -> _AllAlike:
        packs, facts = _curated(connection, entity)
        return _AllAlike(
            [
                _Alike(
                    entity.name,
                    tuple(found.id for found in group),
                    tuple(sorted({packs[found.id] for found in group})),
                    reason,
                )
                for group, reason in possible_same_entities(facts)
            ]
        )

    return keep_for_revision(connection, ("duplicates", entity.name), compute)


def _render(connection: Connection, shown: Sequence[_Alike]) -> Iterator[DuplicateRow]:
    names: dict[str, dict[str, str]] = {}
    for entity in (EVENTS, LOCATIONS, ACTORS, SOURCES):
        ids = sorted({id_ for alike in shown if alike.resource == entity.name for id_ in alike.items})
        label = entity.table.c[entity.label or "id"]
        names[entity.name] = {
            id_: name
            for some in batches_of(ids)
            for id_, name in connection.execute(select(entity.table.c.id, label).where(entity.table.c.id.in_(some)))
        }
    for alike in shown:
        yield DuplicateRow(
            id=alike.id,
            resource=alike.resource,
            items=[Ref(id=id_, name=names[alike.resource][id_]) for id_ in alike.items],
            packs=list(alike.packs),
            reason=alike.reason,
        )


def _reason(group: Collection[OccasionFacts]) -> str:
    first, *others = group
    if len(others) == 1:
        dates = " and ".join(sorted({str(event.dates) for event in group}))
        actors = ", ".join(sorted(first.actors & others[0].actors))
    else:
        dates = str(hull([event.dates for event in group]))
        actors = ", ".join(sorted(frozenset.union(*(event.actors for event in group)))[:MAX_NAMED])
    categories = " and ".join(sorted({event.category for event in group}))
    places = " and ".join(sorted({event.location for event in group})[:MAX_NAMED])
    return f"{categories} in {places}, {dates}, with {actors}"


def _curated(connection: Connection, entity: EntityType) -> tuple[dict[str, str], list[EntityFacts]]:
    """Load the rows of curated packs: packs by id, and what tells whether two are one."""
    table, pack = entity.table, table_of(models.Pack)
    rows = connection.execute(
        select(table).join(pack, pack.c.id == table.c.pack_id).where(pack.c.dataset.is_(False))
    ).all()
    keys: dict[str, set[str]] = defaultdict(set)
    if entity.names:
        name = table_of(entity.names)
        spelt = select(name.c.owner_id, name.c.key).where(name.c.kind != "id")
        for ids in batches_of([row.id for row in rows]):
            for owner, key in connection.execute(spelt.where(name.c.owner_id.in_(ids))):
                keys[owner].add(key)
    facts = [
        EntityFacts(row.id, row.kind, frozenset(keys[row.id]), _own_point(row), json.loads(row.row).get("url"))
        for row in rows
    ]
    return {row.id: row.pack_id for row in rows}, facts


def _own_point(row: object) -> tuple[float, float] | None:
    """Return the point of a place if it is exact; others stand for an area."""
    if getattr(row, "point_kind", None) != PointKind.EXACT:
        return None
    return row.longitude, row.latitude  # type: ignore[attr-defined]
