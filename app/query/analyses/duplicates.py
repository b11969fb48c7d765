"""Rows of curated packs that may be one: events, and the places, actors and sources that they refer to."""

import json
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.models.entity_types import ACTORS, EVENTS, LOCATIONS, SOURCES, EntityType
from app.query.analyses.occasions import load_occasions
from app.query.lists.computed import computed_list_params, page_from_rows
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.filters import KNOWN_BY
from app.query.params.param import ListQuery, Param, code_schema, codes_parser
from app.rules.duplicates import EntityFacts, OccasionFacts, possible_duplicates, possible_same_entities
from app.schemas.analysis import DuplicateRow
from app.schemas.base import Ref
from app.vocab import PointKind

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
    and sources: of one kind, with one name or url.
    """
    wanted = request.filters.get("resource", RESOURCES)
    rows: dict[str, DuplicateRow] = {}
    if EVENTS.name in wanted:
        query = ListQuery(request.filters, connection, table_of(models.EventVersion))
        rows |= {row.id: row for row in _events(query)}
    for entity in (LOCATIONS, ACTORS, SOURCES):
        if entity.name in wanted:
            rows |= {row.id: row for row in _entities(connection, entity)}
    return page_from_rows(rows, request)


def _events(query: ListQuery) -> Iterator[DuplicateRow]:
    event = table_of(models.Event)
    pairs = list(possible_duplicates(load_occasions(query)))
    ids = {found.event for pair in pairs for found in pair}
    titles = dict(query.connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(ids))).all())
    for one, other in pairs:
        yield DuplicateRow(
            id=f"{EVENTS.name}:{one.event}:{other.event}",
            resource=EVENTS.name,
            items=[Ref(id=found.event, name=titles[found.event]) for found in (one, other)],
            packs=sorted({one.pack, other.pack}),
            reason=_reason(one, other),
        )


def _reason(one: OccasionFacts, other: OccasionFacts) -> str:
    both = (one, other)
    actors = ", ".join(sorted(one.actors & other.actors))
    categories, places, dates = (
        " and ".join(sorted(values))
        for values in (
            {event.category for event in both},
            {event.location for event in both},
            {str(event.dates) for event in both},
        )
    )
    return f"{categories} in {places}, {dates}, with {actors}"


def _entities(connection: Connection, entity: EntityType) -> Iterator[DuplicateRow]:
    names, packs, facts = _curated(connection, entity)
    for one, other, reason in possible_same_entities(facts):
        yield DuplicateRow(
            id=f"{entity.name}:{one.id}:{other.id}",
            resource=entity.name,
            items=[Ref(id=found.id, name=names[found.id]) for found in (one, other)],
            packs=sorted({packs[one.id], packs[other.id]}),
            reason=reason,
        )


def _curated(connection: Connection, entity: EntityType) -> tuple[dict[str, str], dict[str, str], list[EntityFacts]]:
    """Load the rows of curated packs: names and packs by id, and what tells whether two are one."""
    table, pack = entity.table, table_of(models.Pack)
    rows = connection.execute(
        select(table).join(pack, pack.c.id == table.c.pack_id).where(pack.c.dataset.is_(False))
    ).all()
    keys: dict[str, set[str]] = defaultdict(set)
    if entity.names:
        name = table_of(entity.names)
        spelt = select(name.c.owner_id, name.c.key).where(name.c.owner_id.in_([row.id for row in rows]))
        for owner, key in connection.execute(spelt.where(name.c.kind != "id")):
            keys[owner].add(key)
    facts = [
        EntityFacts(row.id, row.kind, frozenset(keys[row.id]), _own_point(row), json.loads(row.row).get("url"))
        for row in rows
    ]
    return {row.id: row.name for row in rows}, {row.id: row.pack_id for row in rows}, facts


def _own_point(row: object) -> tuple[float, float] | None:
    """Return the point of a place if it is exact; others stand for an area."""
    if getattr(row, "point_kind", None) != PointKind.EXACT:
        return None
    return row.longitude, row.latitude  # type: ignore[attr-defined]
