"""What is loaded already, as far as drafts may refer to it."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from app import models
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import ActorDraft, CodeDraft, EventDraft, LocationDraft, RelationDraft, SourceDraft
from app.models.base import table_of
from app.schemas.events import CodedEventRow
from app.schemas.reference import ActorRow, LocationRow, SourceRow

LOADED_FILE = "(loaded)"
"""Stands in a problem for the file of a row that no file at hand defines."""


def add_loaded(connection: Connection, catalogue: DraftCatalogue, except_packs: Collection[str]) -> None:
    """Add the rows of all packs but these, with the fields that checks and references need."""

    def rows(model: type) -> list[str]:
        table = table_of(model)
        statement = select(table.c.row).where(table.c.pack_id.not_in(except_packs)).order_by(table.c.id)
        return list(connection.scalars(statement))

    for text in rows(models.Source):
        source = SourceRow.model_validate_json(text)
        catalogue.sources[source.id] = SourceDraft.model_construct(
            file=LOADED_FILE,
            id=source.id,
            name=source.name,
            kind=source.kind,
            organisation=source.organisation.id if source.organisation else None,
            published_on=source.published_on,
        )
    for text in rows(models.Actor):
        actor = ActorRow.model_validate_json(text)
        relations = [RelationDraft.model_construct(type=r.type, actor=r.actor.id) for r in actor.relations]
        catalogue.actors[actor.id] = ActorDraft.model_construct(
            file=LOADED_FILE, id=actor.id, name=actor.name, kind=actor.kind, relations=relations
        )
    pack = table_of(models.Pack)
    imported = set(connection.scalars(select(pack.c.id).where(pack.c.dataset)))
    place = table_of(models.Location)
    of_datasets = set(connection.scalars(select(place.c.id).where(place.c.pack_id.in_(imported))))
    for text in rows(models.Location):
        location = LocationRow.model_validate_json(text)
        # What a dataset brought in may share a code with a curated place: the next import joins the two.
        shared = [] if location.id in of_datasets else location.codes
        codes = [CodeDraft.model_construct(**code.model_dump()) for code in shared]
        catalogue.locations[location.id] = LocationDraft.model_construct(
            file=LOADED_FILE,
            id=location.id,
            name=location.name,
            kind=location.kind,
            parent=location.parent,
            country=None if location.parent else location.country,
            codes=codes,
        )
    for text in rows(models.Event):
        event = CodedEventRow.model_validate_json(text)
        catalogue.events[event.id] = EventDraft.model_construct(
            file=LOADED_FILE,
            id=event.id,
            category=event.category,
            title=event.title,
            summary=event.summary,
            location=event.location.id if event.location else None,
            part_of=event.part_of,
            control_change=None,
        )
