"""Add loaded entities to a catalogue, as far as drafts may refer to them."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from app import models
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import ActorDraft, CodeDraft, EventDraft, LocationDraft, RelationDraft, SourceDraft
from app.models.base import table_of
from app.models.entity_types import ACTORS, EVENTS, LOCATIONS, SOURCES, EntityType
from app.schemas.events import CodedEventRow
from app.schemas.reference import ActorRow, LocationRow, SourceRow

LOADED_FILE = "(loaded)"
"""File name in problems of an entity that no file at hand defines."""


def add_loaded(connection: Connection, catalogue: DraftCatalogue, except_packs: Collection[str]) -> None:
    """Add the entities of all packs but these, with the fields that checks and references need."""

    def rows(entity: EntityType) -> list[str]:
        table = entity.table
        statement = select(table.c.row).where(table.c.pack_id.not_in(except_packs)).order_by(table.c.id)
        return list(connection.scalars(statement))

    imported_ids = _imported_location_ids(connection)
    catalogue.sources |= {draft.id: draft for draft in map(_source, rows(SOURCES))}
    catalogue.actors |= {draft.id: draft for draft in map(_actor, rows(ACTORS))}
    catalogue.locations |= {draft.id: draft for draft in (_location(row, imported_ids) for row in rows(LOCATIONS))}
    catalogue.events |= {draft.id: draft for draft in map(_event, rows(EVENTS))}


def _imported_location_ids(connection: Connection) -> set[str]:
    """Return the ids of places that datasets brought in."""
    pack, location = table_of(models.Pack), LOCATIONS.table
    datasets = select(pack.c.id).where(pack.c.dataset)
    return set(connection.scalars(select(location.c.id).where(location.c.pack_id.in_(datasets))))


def _source(row: str) -> SourceDraft:
    source = SourceRow.model_validate_json(row)
    return SourceDraft.model_construct(
        file=LOADED_FILE,
        id=source.id,
        name=source.name,
        kind=source.kind,
        organisation=source.organisation.id if source.organisation else None,
        published_on=source.published_on,
    )


def _actor(row: str) -> ActorDraft:
    actor = ActorRow.model_validate_json(row)
    relations = [RelationDraft.model_construct(type=r.type, actor=r.actor.id) for r in actor.relations]
    return ActorDraft.model_construct(
        file=LOADED_FILE, id=actor.id, name=actor.name, kind=actor.kind, relations=relations
    )


def _location(row: str, imported_ids: Collection[str]) -> LocationDraft:
    location = LocationRow.model_validate_json(row)
    # An imported place may share its code with a curated one: the next import joins the two.
    codes = [] if location.id in imported_ids else location.codes
    return LocationDraft.model_construct(
        file=LOADED_FILE,
        id=location.id,
        name=location.name,
        kind=location.kind,
        parent=location.parent.id if location.parent else None,
        country=None if location.parent else location.country,
        codes=[CodeDraft.model_construct(**code.model_dump()) for code in codes],
    )


def _event(row: str) -> EventDraft:
    event = CodedEventRow.model_validate_json(row)
    return EventDraft.model_construct(
        file=LOADED_FILE,
        id=event.id,
        category=event.category,
        title=event.title,
        summary=event.summary,
        location=event.location.id if event.location else None,
        part_of=event.part_of.id if event.part_of else None,
        control_change=None,
    )
