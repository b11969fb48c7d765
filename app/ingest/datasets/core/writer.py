"""Write batches of rows: insert new rows as they come, pass stored ones through `app.ingest.upsert`."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Table, delete, func, select, update

from app import models
from app.db.bulk import insert_tuples
from app.db.text_index import insert_texts
from app.errors import BrokenPackError, Problem
from app.formats.base import dumps
from app.ingest.datasets.core.batch import BATCH_COLUMNS, EVENT_AT, ID_AT, ROW_AT, ImportContext, RowBatch, Tuples
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.row_records import RowRecord, claim_text
from app.ingest.upsert import ChangeSet, pks, upsert
from app.ingest.versions import derive
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES, REFERENCE_TYPES
from app.schemas.claims import ClaimRow

REFERENCE_RESOURCES = tuple(entity.name for entity in REFERENCE_TYPES)
MAX_IN_MEMORY = 20_000
PKS = {"pk", "rowid", "event_pk", "claim_pk"}


class BatchWriter:
    """Writer of the batches of one import, which counts changes."""

    def __init__(self, connection: Connection, dataset: Dataset, context: ImportContext) -> None:
        self.connection = connection
        self.dataset = dataset
        self.context = context
        self.counts: Counter[tuple[str, str]] = Counter()
        self.changed_names: dict[str, dict[str, str]] = {name: {} for name in ENTITY_TYPES}
        """New names by resource and id, of updated rows that rows of other packs may repeat."""
        self.small_tables: dict[str, dict[str, int] | None] = {}
        cells = table_of(dataset.raw_table)
        self.raw_table = cells.name
        self.columns = BATCH_COLUMNS | {cells.name: tuple(column.name for column in cells.columns)}
        self.staging_tables: dict[str, str] = {}
        """Staging tables by the table that they stand in for."""
        removed = table_of(models.Tombstone)
        self.any_removed = connection.scalar(select(removed.c.id).limit(1)) is not None

    def write(self, batch: RowBatch) -> None:
        """Write the rows of a batch."""
        for resource in REFERENCE_RESOURCES:
            self._write_references(batch, resource)
        self._write_events(batch)
        self._update_actor_kinds(batch.actor_kinds)

    def _existing_pks(self, resource: str, ids: list[str]) -> dict[str, int]:
        """Return the pks of those ids that are stored; no id comes twice in an import.

        A table that was small before the import is kept in memory, as in most first imports.
        """
        if resource not in self.small_tables:
            table = ENTITY_TYPES[resource].table
            rows = self.connection.execute(select(table.c.id, table.c.pk).limit(MAX_IN_MEMORY + 1)).all()
            self.small_tables[resource] = dict(rows) if len(rows) <= MAX_IN_MEMORY else None
        small = self.small_tables[resource]
        if small is None:
            return pks(self.connection, resource, ids) if ids else {}
        return {id_: small[id_] for id_ in ids if id_ in small}

    def count(self, resource: str, change_set: ChangeSet) -> None:
        """Add the changes of a resource to `counts`."""
        for action, ids in vars(change_set).items():
            self.counts[resource, action] += len(ids)

    # --- references ------------------------------------------------------------------------------------------

    def _write_references(self, batch: RowBatch, resource: str) -> None:
        rows = batch.tables[_table_name(resource)]
        existing = self._existing_pks(resource, [row[ID_AT] for row in rows])
        old = [row for row in rows if row[ID_AT] in existing]
        if old:
            records = self._records(batch, resource, old, {row[0]: row[ID_AT] for row in old})
            change_set = self._upsert(resource, records)
            self.count(resource, change_set)
            self.changed_names[resource] |= {id_: records[id_].columns["name"] for id_ in change_set.updated}
        new = None if not old else {row[0]: row[ID_AT] for row in rows if row[ID_AT] not in existing}
        self._insert_new(batch, resource, new)

    def _update_actor_kinds(self, kinds: Mapping[str, str]) -> None:
        """Update actors to the kind that all records together give them."""
        actor = table_of(models.Actor)
        for id_, kind in kinds.items():
            row, revision = self.connection.execute(
                select(actor.c.row, actor.c.revision).where(actor.c.id == id_)
            ).one()
            updates = {"kind": kind, "row": dumps(json.loads(row) | {"kind": kind}), "revision": self.context.revision}
            self.connection.execute(update(actor).where(actor.c.id == id_).values(updates))
            self.counts["actors", "updated"] += revision != self.context.revision

    def _insert_new(self, batch: RowBatch, resource: str, new: Mapping[int, str] | None, **offsets: int) -> int:
        """Insert new rows with their child rows; return the first pk.

        `new` is the id by number of those rows of the batch that are new, None if all are. `offsets` are the first pks
        of their parents.
        """
        name = _table_name(resource)
        rows = batch.tables[name]
        table = ENTITY_TYPES[resource].table
        first: int = (self.connection.scalar(select(func.max(table.c.pk))) or 0) + 1
        selected = rows if new is None else [row for row in rows if row[0] in new]
        self.counts[resource, "added"] += len(selected)
        if self.any_removed and selected:
            self._delete_tombstones(resource, [row[ID_AT] for row in selected])
        offsets = offsets | {"pk": first, "rowid": first, f"{name}_pk": first}
        self._insert_tuples(name, selected, offsets)
        owners = None if new is None else {*new, *new.values()}
        for child in self._child_tables(resource):
            hanging = batch.tables.get(child, [])
            self._insert_tuples(
                child, hanging if owners is None else [row for row in hanging if row[0] in owners], offsets
            )
        return first

    def _child_tables(self, resource: str) -> list[str]:
        name = _table_name(resource)
        result = [child for child in self.columns if child.startswith(f"{name}_")]
        return result + {"events": [*{self.raw_table, "acled_event"}, "control_change"], "claims": ["figure"]}.get(
            resource, []
        )

    def _insert_tuples(self, table: str, rows: Tuples, base: Mapping[str, int]) -> None:
        if table.endswith("_text"):
            insert_texts(self.connection, table.removesuffix("_text"), rows, base["rowid"])
        else:
            columns = self.columns[table]
            shifted = {column: base[column] for column in columns if column in PKS and column in base}
            insert_tuples(self.connection, self.staging_tables.get(table, table), columns, rows, shifted)

    def _delete_tombstones(self, resource: str, ids: list[str]) -> None:
        tombstone = table_of(models.Tombstone)
        self.connection.execute(delete(tombstone).where(tombstone.c.resource == resource, tombstone.c.id.in_(ids)))

    # --- events ----------------------------------------------------------------------------------------------

    def _write_events(self, batch: RowBatch) -> None:
        rows = batch.tables["event"]
        if not rows:
            return
        existing = self._check_ownership(self._existing_pks("events", [row[ID_AT] for row in rows]))
        new = None
        if existing:
            self._update_events(batch, [row for row in rows if row[ID_AT] in existing], existing)
            new = {row[0]: row[ID_AT] for row in rows if row[ID_AT] not in existing}
        event_pk = self._insert_new(batch, "events", new)
        claims = None if new is None else {row[0]: row[ID_AT] for row in batch.tables["claim"] if row[EVENT_AT] in new}
        self._insert_new(batch, "claims", claims, event_pk=event_pk)

    def _check_ownership(self, existing: dict[str, int]) -> dict[str, int]:
        """Return the pks unchanged. Raises BrokenPackError if another pack or dataset holds one of these events."""
        event = table_of(models.Event)
        others = select(event.c.id, event.c.pack_id).where(event.c.pack_id != self.context.pack_id)
        statement = others.where(event.c.pk.in_(list(existing.values()))).order_by(event.c.id)
        foreign = self.connection.execute(statement).first() if existing else None
        if foreign:
            reason = f"is in {foreign.pack_id} already, and an event is in one dataset"
            raise BrokenPackError([Problem(self.context.pack_id, foreign.id, "id", foreign.id, reason)])
        return existing

    def _update_events(self, batch: RowBatch, old: Tuples, existing: Mapping[str, int]) -> None:
        """Update stored events and their claims where records differ from them."""
        args = {row[0]: row[-1] for row in batch.tables[self.raw_table]}
        claim_rows: dict[int, dict[str, str]] = {row[0]: {} for row in old}
        for claim in batch.tables["claim"]:
            if claim[EVENT_AT] in claim_rows:
                claim_rows[claim[EVENT_AT]][claim[ID_AT]] = claim[ROW_AT]
        stored, cells, claims = self._load_stored(existing)
        force_update_ids = {row[ID_AT] for row in old if cells.get(row[ID_AT]) != args[row[0]]}
        differ = [
            row
            for row in old
            if row[ID_AT] in force_update_ids
            or stored[row[ID_AT]] != row[ROW_AT]
            or claims[row[ID_AT]] != claim_rows[row[0]]
        ]
        if not differ:
            return
        events = self._records(batch, "events", differ, {row[0]: row[ID_AT] for row in differ})
        changed = self._upsert("events", events, force_update_ids=force_update_ids)
        mine = {row[0]: existing[row[ID_AT]] for row in differ}
        told_anew = [row for row in batch.tables["claim"] if row[EVENT_AT] in mine]
        records = self._records(batch, "claims", told_anew, {row[0]: row[ID_AT] for row in told_anew})
        for row in told_anew:
            records[row[ID_AT]].columns["event_pk"] = mine[row[EVENT_AT]]
            records[row[ID_AT]].text = claim_text(ClaimRow.model_validate_json(row[ROW_AT]))
        table = table_of(models.Claim)
        scope = table.c.event_pk.in_(list(mine.values())) & (table.c.pack_id == self.context.pack_id)
        change_set = upsert(self.connection, "claims", records, self.context.pack_id, self.context.revision, {}, scope)
        self.count("claims", change_set)
        elsewhere = select(table.c.event_pk).where(table.c.event_pk.in_(list(mine.values())))
        shared = set(self.connection.scalars(elsewhere.where(table.c.pack_id != self.context.pack_id)))
        self.changed_names["events"] |= {
            id_: events[id_].columns["title"] for id_ in changed.updated if existing[id_] in shared
        }
        touched = changed.updated | {id_.rpartition(":")[0] for id_ in change_set.touched}  # <event>:<number>
        changed.updated |= derive(self.connection, (existing[id_] for id_ in touched), self.context.revision)
        self.count("events", changed)

    def _load_stored(
        self, existing: Mapping[str, int]
    ) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, str]]]:
        """Load the served JSON, the raw cells and the claims of stored events, each by id."""
        event, claim, raw = (table_of(model) for model in (models.Event, models.Claim, self.dataset.raw_table))
        at = list(existing.values())
        rows = dict(self.connection.execute(select(event.c.id, event.c.row).where(event.c.pk.in_(at))).all())
        ids = {pk: id_ for id_, pk in existing.items()}
        cells = select(raw.c.event_pk, list(raw.c)[-1]).where(raw.c.event_pk.in_(at))
        raw_cells = {ids[pk]: text for pk, text in self.connection.execute(cells)}
        claims: dict[str, dict[str, str]] = {id_: {} for id_ in existing}
        statement = select(claim.c.event_pk, claim.c.id, claim.c.row).where(claim.c.event_pk.in_(at))
        for pk, id_, row in self.connection.execute(statement.where(claim.c.pack_id == self.context.pack_id)):
            claims[ids[pk]][id_] = row
        return rows, raw_cells, claims

    # --- updates --------------------------------------------------------------------------------

    def _upsert(
        self, resource: str, records: dict[str, RowRecord], force_update_ids: Collection[str] = ()
    ) -> ChangeSet:
        scope = ENTITY_TYPES[resource].table.c.id.in_(list(records))
        return upsert(
            self.connection, resource, records, self.context.pack_id, self.context.revision, {}, scope, force_update_ids
        )

    def _records(self, batch: RowBatch, resource: str, rows: Tuples, ids: Mapping[int, str]) -> dict[str, RowRecord]:
        """Return tuples of a batch as records, with their child rows, which have their number or id first."""
        name, table = _table_name(resource), ENTITY_TYPES[resource].table
        to_columns = _row_reader(table, self.columns[name])
        result: dict[str, RowRecord] = {}
        for row in rows:
            columns = to_columns(row)
            for column in ("pk", "id", *ImportContext._fields, "row"):
                del columns[column]
            result[row[ID_AT]] = RowRecord(row[ID_AT], row[ROW_AT], columns, text=columns.get("name", ""))
        for model in ENTITY_TYPES[resource].children:
            child = table_of(model)
            names = self.columns.get(child.name, ())
            to_columns = _row_reader(child, names)
            for row in batch.tables.get(child.name, ()):
                owner = result.get(row[0]) or result.get(ids.get(row[0], ""))
                if owner:
                    columns = to_columns(row)
                    del columns[names[0]]
                    owner.children.setdefault(model, []).append(columns)
        return result


def _table_name(resource: str) -> str:
    return ENTITY_TYPES[resource].singular


def _row_reader(table: Table, names: Iterable[str]) -> Callable[[tuple[Any, ...]], dict[str, Any]]:
    """Return a function that makes a tuple a mapping by column, with dates as `date`."""
    columns = list(names)
    days = [name for name in columns if isinstance(table.c[name].type, Date)]

    def read(row: tuple[Any, ...]) -> dict[str, Any]:
        result = dict(zip(columns, row, strict=True))
        return result | {name: date.fromisoformat(result[name]) for name in days if result[name]}

    return read
