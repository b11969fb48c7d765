"""Make the stored rows of one entity type equal to records: insert, update, delete, and keep tombstones."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from app import models
from app.db.bulk import insert_rows
from app.db.text_index import remove_texts, write_texts
from app.ingest.row_records import RowRecord
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES, EntityType


@dataclass
class ChangeSet:
    """The ids that a load added, updated and removed in one resource."""

    added: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        """All ids of the change set."""
        return self.added | self.updated | self.removed


def pks(connection: Connection, resource: str, ids: Iterable[str]) -> dict[str, int]:
    """Return the pk of each id that is stored."""
    table = ENTITY_TYPES[resource].table
    statement = select(table.c.id, table.c.pk).where(table.c.id.in_(list(ids)))
    return dict(connection.execute(statement).all())


def upsert(
    connection: Connection,
    resource: str,
    records: Mapping[str, RowRecord],
    pack_id: str,
    revision: int,
    merged: Mapping[str, str],
    scope: ColumnElement[bool] | None = None,
    force_update_ids: Collection[str] = (),
) -> ChangeSet:
    """Write the records of one resource of a pack; delete rows of the pack that have no record.

    A row whose stored JSON equals the record's stays untouched, so that its revision tells when it changed.
    `force_update_ids` are ids of rows that differ in something outside their JSON. `scope` limits the stored rows
    that the records stand for; by default these are all rows of the pack.
    """
    entity = ENTITY_TYPES[resource]
    table = entity.table
    condition = table.c.pack_id == pack_id if scope is None else scope
    statement = select(table.c.id, table.c.pk, table.c.row).where(condition)
    stored = {id_: (pk, row) for id_, pk, row in connection.execute(statement)}
    changes = _compare(records, {id_: row for id_, (_, row) in stored.items()}, force_update_ids)
    next_pk = (connection.scalar(select(func.max(table.c.pk))) or 0) + 1
    keys = {id_: stored[id_][0] for id_ in changes.updated | changes.removed}
    _delete_dependants(connection, entity, keys)
    _delete_rows(connection, entity, [keys[id_] for id_ in changes.removed])
    # Sorted, so that the same pack makes the same database on every machine.
    keys |= {id_: next_pk + offset for offset, id_ in enumerate(sorted(changes.added))}
    new_columns: dict[str, object] = {"pack_id": pack_id, "added_in": revision}
    _write_rows(connection, entity, records, keys, changes, {"revision": revision}, new_columns)
    changes.removed |= _write_tombstones(connection, resource, changes, pack_id, revision, merged)
    return changes


def _compare(
    records: Mapping[str, RowRecord], stored_rows: Mapping[str, str], force_update_ids: Collection[str]
) -> ChangeSet:
    common = records.keys() & stored_rows.keys()
    return ChangeSet(
        added=records.keys() - stored_rows.keys(),
        updated={id_ for id_ in common if stored_rows[id_] != records[id_].row or id_ in force_update_ids},
        removed=stored_rows.keys() - records.keys(),
    )


def _delete_dependants(connection: Connection, entity: EntityType, keys: Mapping[str, int]) -> None:
    """Delete the children and the indexed text of these entities."""
    if not keys:
        return
    owners: list[str] | list[int] = list(keys) if entity.is_owned_by_id else list(keys.values())
    for model, column in entity.children.items():
        child = table_of(model)
        connection.execute(delete(child).where(child.c[column].in_(owners)))
    remove_texts(connection, entity.singular, keys.values())


def _delete_rows(connection: Connection, entity: EntityType, removed: list[int]) -> None:
    """Delete entities by pk, with their derived versions."""
    if not removed:
        return
    if entity.versions:
        version = table_of(entity.versions)
        connection.execute(delete(version).where(version.c[f"{entity.singular}_pk"].in_(removed)))
    connection.execute(delete(entity.table).where(entity.table.c.pk.in_(removed)))


def _write_rows(
    connection: Connection,
    entity: EntityType,
    records: Mapping[str, RowRecord],
    keys: Mapping[str, int],
    changes: ChangeSet,
    columns: dict[str, object],
    new_columns: dict[str, object],
) -> None:
    """Insert the added and update the changed entities, each with its children and its text.

    `columns` are set in all rows, `new_columns` in those that are added.
    """
    table = entity.table
    rows = {id_: records[id_].columns | {"row": records[id_].row, **columns} for id_ in changes.added | changes.updated}
    added = [rows[id_] | new_columns | {"id": id_, "pk": keys[id_]} for id_ in sorted(changes.added)]
    insert_rows(connection, table, added)
    if changes.updated:
        connection.execute(
            update(table).where(table.c.pk == bindparam("at_pk")),
            [rows[id_] | {"at_pk": keys[id_]} for id_ in sorted(changes.updated)],
        )
    _insert_children(connection, entity, {id_: (keys[id_], records[id_]) for id_ in sorted(rows)})
    for ids, is_update in ((changes.added, False), (changes.updated, True)):
        texts = [(keys[id_], records[id_].text) for id_ in sorted(ids)]
        write_texts(connection, entity.singular, texts, replace=is_update)


def _insert_children(connection: Connection, entity: EntityType, owners: Mapping[str, tuple[int, RowRecord]]) -> None:
    for model, column in entity.children.items():
        rows: list[dict[str, Any]] = [
            child | {column: id_ if entity.is_owned_by_id else pk}
            for id_, (pk, record) in owners.items()
            for child in record.children.get(model, ())
        ]
        insert_rows(connection, table_of(model), rows)


def _write_tombstones(
    connection: Connection,
    resource: str,
    changes: ChangeSet,
    pack_id: str,
    revision: int,
    merged: Mapping[str, str],
) -> set[str]:
    """Record removed and merged ids, so that copies can follow and old ids redirect; return those recorded anew."""
    tombstone = table_of(models.Tombstone)
    in_pack = select(tombstone.c.id, tombstone.c.merged_into).where(
        tombstone.c.resource == resource, tombstone.c.pack_id == pack_id
    )
    recorded = dict(connection.execute(in_pack.where(tombstone.c.id.in_(list(merged)))).all()) if merged else {}
    targets = {id_: merged.get(id_) for id_ in changes.removed} | {
        id_: into for id_, into in merged.items() if id_ not in recorded or recorded[id_] != into
    }
    replaced = [*changes.added, *targets]
    if replaced:
        connection.execute(delete(tombstone).where(tombstone.c.resource == resource, tombstone.c.id.in_(replaced)))
    if targets:
        fixed = {"resource": resource, "pack_id": pack_id, "revision": revision}
        connection.execute(
            insert(tombstone), [fixed | {"id": id_, "merged_into": into} for id_, into in targets.items()]
        )
    return set(targets)
