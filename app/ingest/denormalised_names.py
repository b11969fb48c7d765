"""Keep the names that rows repeat up to date: when an entity is renamed, rows that refer to it follow."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from app.db.text_index import write_texts
from app.ingest.packs.drafts import PackContent
from app.ingest.row_records import claim_text
from app.ingest.upsert import ChangeSet
from app.models.entity_types import CLAIMS, ENTITY_TYPES, EntityType
from app.schemas.claims import ClaimRow

JsonObject = dict[str, Any]
IDS_PER_QUERY = 5000

NamesByResource = Mapping[str, Mapping[str, str]]
"""Current names, by resource and id."""


def update_other_packs(
    connection: Connection, content: PackContent, revision: int, change_sets: dict[str, ChangeSet]
) -> None:
    """Write the current names of this pack's updated entities into rows of other packs, and count these as updated."""
    names = {
        entity.name: {
            draft.id: getattr(draft, entity.label)
            for draft in content.identified(entity.name)
            if draft.id in change_sets[entity.name].updated
        }
        for entity in ENTITY_TYPES.values()
        if entity.label
    }
    for resource, ids in update_names(connection, names, revision, content.pack.id).items():
        change_sets[resource].updated |= ids


def update_names(
    connection: Connection, names: NamesByResource, revision: int, except_pack: str = ""
) -> dict[str, set[str]]:
    """Write current names into the rows that refer to these entities; return the ids of changed rows by resource."""
    return {
        entity.name: _update_rows(connection, entity, names, revision, except_pack) for entity in ENTITY_TYPES.values()
    }


def _update_rows(
    connection: Connection, entity: EntityType, names: NamesByResource, revision: int, except_pack: str
) -> set[str]:
    table, changed = entity.table, set()
    for pk in sorted(_referring_pks(connection, entity, names)):
        statement = select(table.c.id, table.c.row).where(table.c.pk == pk, table.c.pack_id != except_pack)
        for owner, row in connection.execute(statement).all():
            renamed = _with_current_names(json.loads(row), entity, names)
            text = json.dumps(renamed, ensure_ascii=False, separators=(",", ":"))
            if text != row:
                connection.execute(update(table).where(table.c.pk == pk).values(row=text, revision=revision))
                changed.add(owner)
                if entity is CLAIMS:  # the only ones whose text holds names of others
                    write_texts(connection, entity.singular, [(pk, claim_text(ClaimRow.model_validate(renamed)))])
    return changed


def _referring_pks(connection: Connection, entity: EntityType, names: NamesByResource) -> set[int]:
    """Return the pks of all rows of a type that refer to one of these entities."""
    result: set[int] = set()
    for reference in entity.references:
        ids = sorted(names.get(reference.target, ()))
        for start in range(0, len(ids), IDS_PER_QUERY):
            among = reference.target_id.in_(ids[start : start + IDS_PER_QUERY])
            result |= set(connection.scalars(reference.owners.where(among)))
    return result


def _with_current_names(row: JsonObject, entity: EntityType, names: NamesByResource) -> JsonObject:
    """Return the row with the current name in each of its references."""
    for reference in entity.references:
        current = names.get(reference.target, {})
        for path in reference.paths:
            for value in _values_at(row, path.split(".")):
                value["name"] = current.get(value["id"], value["name"])
    return row


def _values_at(value: object, path: list[str]) -> list[JsonObject]:
    """Return all objects at a path; a list on the way stands for each of its entries."""
    if isinstance(value, list):
        return [value_ for entry in value for value_ in _values_at(entry, path)]
    if not isinstance(value, dict):
        return []
    return _values_at(value.get(path[0]), path[1:]) if path else [value]
