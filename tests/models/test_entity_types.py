"""The one table of the kinds of entity agrees with the tables, drafts and rows that there are."""

from typing import get_args

import pytest
from conftest import Databases, engine_for
from pydantic import BaseModel
from sqlalchemy import func, select, table
from waiting import MAX_WAIT_SECONDS

from app import models
from app.db.engine import read_transaction
from app.ingest.packs.drafts import DRAFT_TYPES, PackContent
from app.ingest.records import RecordBuilder
from app.models.base import ServedRow, table_of
from app.models.entity_types import CLAIMS, ENTITY_TYPES, REFERENCE_TYPES, EntityType
from app.resources import STORED_LISTS
from app.schemas.base import Ref

every_type = pytest.mark.parametrize("entity", ENTITY_TYPES.values(), ids=ENTITY_TYPES)


def test_every_table_of_served_rows_is_an_entity_type() -> None:
    assert {entity.model for entity in ENTITY_TYPES.values()} == set(ServedRow.__subclasses__())


@every_type
def test_an_entity_type_has_a_list_a_draft_and_a_record(entity: EntityType) -> None:
    assert entity.name in STORED_LISTS
    assert entity.name in PackContent.model_fields
    assert DRAFT_TYPES[entity.name].__name__ == f"{entity.model.__name__}Draft"
    assert callable(getattr(RecordBuilder, entity.singular))


@every_type
def test_whatever_refers_to_an_entity_by_its_owner_column_is_its_child(entity: EntityType) -> None:
    named = {table_of(model): column for model, column in entity.children.items()}
    versions = table_of(entity.versions) if entity.versions else None
    key = entity.table.c.id if entity.is_owned_by_id else entity.table.c.pk
    for child, column in named.items():
        assert any(foreign.column is key for foreign in child.c[column].foreign_keys), child.name
    for other in models.METADATA.tables.values():
        if other.name.startswith(f"{entity.singular}_") and other is not versions:
            assert other in named, other.name


DERIVED = {"corroboration.origins", "deaths.claims", "figures.claims", "movement.count.claims"}
"""References of an event that are derived from its claims, with the names of that day."""


def referring_fields(model: type[BaseModel], above: str = "") -> set[str]:
    """The paths of a row at which an object with id and name stands."""
    found = set()
    for name, info in model.model_fields.items():
        path = f"{above}{info.alias or name}"
        for part in (info.annotation, *get_args(info.annotation)):
            inner = next(iter(get_args(part)), part)
            for kind in {part, inner}:
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    is_reference = kind is Ref or {"id", "name"} <= kind.model_fields.keys()
                    found |= {path} if is_reference else referring_fields(kind, f"{path}.")
    return found


@every_type
def test_every_reference_of_a_row_is_one_whose_name_is_kept_up_to_date(entity: EntityType) -> None:
    listed = {path for reference in entity.references for path in reference.paths}
    assert listed == referring_fields(STORED_LISTS[entity.name].row) - DERIVED
    assert {reference.target for reference in entity.references} <= ENTITY_TYPES.keys()


def test_those_that_are_found_by_names_come_first_and_claims_have_no_label() -> None:
    assert tuple(ENTITY_TYPES.values())[: len(REFERENCE_TYPES)] == REFERENCE_TYPES
    assert [entity for entity in ENTITY_TYPES.values() if entity.label is None] == [CLAIMS]


def test_every_entity_is_in_the_text_index_of_its_type(databases: Databases) -> None:
    with (
        engine_for(databases.loaded(), read_only=True) as engine,
        read_transaction(engine, MAX_WAIT_SECONDS) as connection,
    ):
        for entity in ENTITY_TYPES.values():
            rows = connection.scalar(select(func.count()).select_from(entity.table))
            texts = connection.scalar(select(func.count()).select_from(table(f"{entity.singular}_text")))
            assert rows == texts > 0
