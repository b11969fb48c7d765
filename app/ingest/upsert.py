"""Making the rows of a pack equal to its records: what is new is added, what differs is updated, the rest goes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel

from app import models
from app.db.bulk import insert_rows
from app.db.text_index import remove_texts, write_texts
from app.ingest.records import RowRecord
from app.models.base import table_of
from app.vocab import RelationType

TABLES: dict[str, type[models.Source | models.Actor | models.Location | models.Event | models.Claim]] = {
    "sources": models.Source,
    "actors": models.Actor,
    "locations": models.Location,
    "events": models.Event,
    "claims": models.Claim,
}
CHILDREN: dict[str, dict[type[SQLModel], str]] = {
    "sources": {models.SourceName: "owner_id"},
    "actors": {
        models.ActorName: "owner_id",
        models.ActorCode: "owner_id",
        models.ActorRelation: "actor_id",
        models.ActorAncestor: "actor_id",
    },
    "locations": {
        models.LocationName: "owner_id",
        models.LocationCode: "owner_id",
        models.LocationAncestor: "location_id",
    },
    "events": {
        models.EventActor: "event_pk",
        models.EventLocation: "event_pk",
        models.ControlChange: "event_pk",
        models.Movement: "event_pk",
        models.GedEvent: "event_pk",
        models.AcledEvent: "event_pk",
    },
    "claims": {models.ClaimHop: "claim_pk", models.Figure: "claim_pk"},
}
"""Which rows hang on a row, and by which column: its id for reference data, its pk for events and claims."""
ORDER_COLUMNS = ("owner_id", "actor_id", "location_id")


@dataclass
class ChangeSet:
    """The ids that a load added, updated and removed in one resource."""

    added: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        """Everything that is different now."""
        return self.added | self.updated | self.removed


def pks(connection: Connection, resource: str, ids: Iterable[str]) -> dict[str, int]:
    """The pk of each id that is there."""
    table = table_of(TABLES[resource])
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
    """Write the records of one resource of a pack; rows of the pack without a record are removed.

    A row whose stored JSON equals the record's is not touched, so that its revision tells when it changed;
    `force_update_ids` are ids of rows that differ in something that is not in their JSON. `scope` narrows down the
    stored rows that the records stand for: all of the pack, if it is not given.
    """
    table = table_of(TABLES[resource])
    condition = table.c.pack_id == pack_id if scope is None else scope
    statement = select(table.c.id, table.c.pk, table.c.row).where(condition)
    stored = {id_: (pk, row) for id_, pk, row in connection.execute(statement)}
    rows = {id_: record.row for id_, record in records.items()}
    change_set = ChangeSet(
        added=records.keys() - stored.keys(),
        updated={
            id_ for id_ in records.keys() & stored.keys() if stored[id_][1] != rows[id_] or id_ in force_update_ids
        },
        removed=stored.keys() - records.keys(),
    )
    keys = {id_: stored[id_][0] for id_ in change_set.updated | change_set.removed}
    next_pk = (connection.scalar(select(func.max(table.c.pk))) or 0) + 1
    # Sorted, so that the same pack makes the same database on every machine.
    keys |= {id_: next_pk + offset for offset, id_ in enumerate(sorted(change_set.added))}

    _remove(connection, resource, {id_: keys[id_] for id_ in change_set.updated | change_set.removed})
    if change_set.removed:
        removed_pks = [keys[id_] for id_ in change_set.removed]
        if resource == "events":
            view = table_of(models.EventVersion)
            connection.execute(delete(view).where(view.c.event_pk.in_(removed_pks)))
        connection.execute(delete(table).where(table.c.pk.in_(removed_pks)))
    columns = {
        id_: records[id_].columns | {"row": rows[id_], "revision": revision}
        for id_ in change_set.added | change_set.updated
    }
    if change_set.added:
        new = {"pack_id": pack_id, "added_in": revision}
        added = [columns[id_] | new | {"id": id_, "pk": keys[id_]} for id_ in sorted(change_set.added)]
        insert_rows(connection, table, added)
    if change_set.updated:
        connection.execute(
            update(table).where(table.c.pk == bindparam("at_pk")),
            [columns[id_] | {"at_pk": keys[id_]} for id_ in sorted(change_set.updated)],
        )
    _add_children(connection, resource, {id_: (keys[id_], records[id_]) for id_ in sorted(columns)})
    for ids, is_update in ((change_set.added, False), (change_set.updated, True)):
        write_texts(connection, table.name, [(keys[id_], records[id_].text) for id_ in sorted(ids)], replace=is_update)
    change_set.removed |= _write_tombstones(connection, resource, change_set, pack_id, revision, merged)
    return change_set


def _remove(connection: Connection, resource: str, keys: Mapping[str, int]) -> None:
    """Take away everything that hangs on these rows."""
    if not keys:
        return
    for model, column in CHILDREN[resource].items():
        child = table_of(model)
        owners = list(keys) if column in ORDER_COLUMNS else list(keys.values())
        connection.execute(delete(child).where(child.c[column].in_(owners)))
    remove_texts(connection, table_of(TABLES[resource]).name, keys.values())


def _add_children(connection: Connection, resource: str, columns: Mapping[str, tuple[int, RowRecord]]) -> None:
    for model, column in CHILDREN[resource].items():
        rows: list[dict[str, Any]] = [
            child | {column: id_ if column in ORDER_COLUMNS else pk}
            for id_, (pk, record) in columns.items()
            for child in record.children.get(model, ())
        ]
        insert_rows(connection, table_of(model), rows)


def _write_tombstones(
    connection: Connection,
    resource: str,
    change_set: ChangeSet,
    pack_id: str,
    revision: int,
    merged: Mapping[str, str],
) -> set[str]:
    """Keep what is gone, so that copies can follow and old ids redirect; the ids that are told anew."""
    tombstone = table_of(models.Tombstone)
    recorded_query = select(tombstone.c.id, tombstone.c.merged_into).where(
        tombstone.c.resource == resource, tombstone.c.pack_id == pack_id
    )
    recorded = dict(connection.execute(recorded_query.where(tombstone.c.id.in_(list(merged)))).all()) if merged else {}
    targets = {id_: merged.get(id_) for id_ in change_set.removed} | {
        id_: into for id_, into in merged.items() if id_ not in recorded or recorded[id_] != into
    }
    back = [*change_set.added, *targets]
    if back:
        connection.execute(delete(tombstone).where(tombstone.c.resource == resource, tombstone.c.id.in_(back)))
    if targets:
        fixed = {"resource": resource, "pack_id": pack_id, "revision": revision}
        connection.execute(
            insert(tombstone), [fixed | {"id": id_, "merged_into": into} for id_, into in targets.items()]
        )
    return set(targets)


def store_closure(connection: Connection, model: type[SQLModel], pairs: set[tuple[Any, ...]]) -> None:
    """Make a derived table of pairs equal to `pairs`, touching only what differs."""
    table = table_of(model)
    columns = [column for column in table.columns if column.name != "pk"]
    stored = {tuple(row) for row in connection.execute(select(*columns))}
    for lost in stored - pairs:
        connection.execute(delete(table).where(*(column == value for column, value in zip(columns, lost, strict=True))))
    if new := sorted(pairs - stored):
        names = [column.name for column in columns]
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in new])


def location_ancestors(connection: Connection) -> set[tuple[Any, ...]]:
    """(ancestor, place) for every place, with itself."""
    table = table_of(models.Location)
    parents = dict(connection.execute(select(table.c.id, table.c.parent_id)).all())
    pairs = set()
    for id_ in parents:
        at: str | None = id_
        while at is not None:
            pairs.add((at, id_))
            at = parents.get(at)  # one that is gone is refused when the load commits
    return pairs


def actor_ancestors(connection: Connection) -> set[tuple[Any, ...]]:
    """(ancestor, actor, first day, last day) for every actor, with itself, along part_of.

    Along a chain the days on which every link holds; a chain that never held whole is left out.
    """
    actors, relations = table_of(models.Actor), table_of(models.ActorRelation)
    links: dict[str, list[tuple[str, date, date]]] = {}
    for low, high, start, end in connection.execute(
        select(relations.c.actor_id, relations.c.other_id, relations.c.starts_on, relations.c.ends_on).where(
            relations.c.type == RelationType.PART_OF
        )
    ):
        links.setdefault(low, []).append((high, start or date.min, end or date.max))
    result: set[tuple[Any, ...]] = set()
    for (id_,) in connection.execute(select(actors.c.id)):
        edge = [(id_, date.min, date.max)]
        while edge:
            at, start, end = edge.pop()
            if (at, id_, start, end) in result:
                continue
            result.add((at, id_, start, end))
            for high, first, last in links.get(at, ()):
                if max(start, first) <= min(end, last):
                    edge.append((high, max(start, first), min(end, last)))
    return result
