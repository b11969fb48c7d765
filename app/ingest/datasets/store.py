"""Batches of rows written: what is new as it comes, what is there already through `app.ingest.upsert`."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Table, delete, func, select, update

from app import models
from app.db.bulk import insert_tuples
from app.db.text_search import insert_texts
from app.errors import BrokenPackError, Problem
from app.formats.base import dumps
from app.ingest.datasets.batch import COLUMNS, EVENT, ID, ROW, Batch, Ids, Tuples
from app.ingest.datasets.dataset import Dataset
from app.ingest.derive import derive
from app.ingest.records import Record, claim_text
from app.ingest.upsert import CHILDREN, TABLES, Delta, pks, upsert
from app.models.base import table_of
from app.schemas.claims import ClaimRow

REFERENCES = ("sources", "actors", "locations")
RESOURCES = (*REFERENCES, "events", "claims")
FEW = 20_000
PKS = {"pk", "rowid", "event_pk", "claim_pk"}


class Store:
    """Writes the batches of one import, and counts what is different then."""

    def __init__(self, connection: Connection, dataset: Dataset, ids: Ids) -> None:
        self.connection = connection
        self.dataset = dataset
        self.ids = ids
        self.counts: Counter[tuple[str, str]] = Counter()
        self.names: dict[str, dict[str, str]] = {name: {} for name in RESOURCES}
        """Of rows that were updated and that rows not read now may name."""
        self.few: dict[str, dict[str, int] | None] = {}
        cells = table_of(dataset.cells)
        self.cells = cells.name
        self.columns = COLUMNS | {cells.name: tuple(column.name for column in cells.columns)}
        self.aside: dict[str, str] = {}
        """Tables whose rows are put into another one first."""
        removed = table_of(models.Removed)
        self.any_removed = connection.scalar(select(removed.c.id).limit(1)) is not None

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        for resource in REFERENCES:
            self._references(batch, resource)
        self._events(batch)
        self._kinds(batch.kinds)

    def _held(self, resource: str, ids: list[str]) -> dict[str, int]:
        """The pk of each of these ids that was there before: no id comes twice.

        A table that was small is known by heart, as it mostly is when a dataset comes in for the first time.
        """
        if resource not in self.few:
            table = table_of(TABLES[resource])
            found = self.connection.execute(select(table.c.id, table.c.pk).limit(FEW + 1)).all()
            self.few[resource] = dict(found) if len(found) <= FEW else None
        few = self.few[resource]
        if few is None:
            return pks(self.connection, resource, ids) if ids else {}
        return {id_: few[id_] for id_ in ids if id_ in few}

    def count(self, resource: str, delta: Delta) -> None:
        """Take note of what is different."""
        for action, ids in vars(delta).items():
            self.counts[resource, action] += len(ids)

    # --- references ------------------------------------------------------------------------------------------

    def _references(self, batch: Batch, resource: str) -> None:
        rows = batch.tables[_name(resource)]
        there = self._held(resource, [row[ID] for row in rows])
        old = [row for row in rows if row[ID] in there]
        if old:
            records = self._records(batch, resource, old, {row[0]: row[ID] for row in old})
            delta = self._upsert(resource, records)
            self.count(resource, delta)
            self.names[resource] |= {id_: records[id_].columns["name"] for id_ in delta.updated}
        new = None if not old else {row[0]: row[ID] for row in rows if row[ID] not in there}
        self._insert(batch, resource, new)

    def _kinds(self, kinds: Mapping[str, str]) -> None:
        """Make actors what all records together tell them to be; nothing else says what kind an actor is."""
        actor = table_of(models.Actor)
        for id_, kind in kinds.items():
            row, revision = self.connection.execute(
                select(actor.c.row, actor.c.revision).where(actor.c.id == id_)
            ).one()
            written = {"kind": kind, "row": dumps(json.loads(row) | {"kind": kind}), "revision": self.ids.revision}
            self.connection.execute(update(actor).where(actor.c.id == id_).values(written))
            self.counts["actors", "updated"] += revision != self.ids.revision

    def _insert(self, batch: Batch, resource: str, new: Mapping[int, str] | None, **base: int) -> int:
        """Insert new rows with all that hangs on them, all of the batch if `new` does not tell which; their first pk.

        `base` is where the pks of what they hang on begin.
        """
        name = _name(resource)
        rows = batch.tables[name]
        table = table_of(TABLES[resource])
        first: int = (self.connection.scalar(select(func.max(table.c.pk))) or 0) + 1
        wanted = rows if new is None else [row for row in rows if row[0] in new]
        self.counts[resource, "added"] += len(wanted)
        if self.any_removed and wanted:
            self._are_back(resource, [row[ID] for row in wanted])
        base = base | {"pk": first, "rowid": first, f"{name}_pk": first}
        self._fill(name, wanted, base)
        owners = None if new is None else {*new, *new.values()}
        for child in self._children(resource):
            hanging = batch.tables.get(child, [])
            self._fill(child, hanging if owners is None else [row for row in hanging if row[0] in owners], base)
        return first

    def _children(self, resource: str) -> list[str]:
        name = _name(resource)
        found = [child for child in self.columns if child.startswith(f"{name}_")]
        return found + {"events": [self.cells, "control_change"], "claims": ["figure"]}.get(resource, [])

    def _fill(self, table: str, rows: Tuples, base: Mapping[str, int]) -> None:
        if table.endswith("_text"):
            insert_texts(self.connection, table.removesuffix("_text"), rows, base["rowid"])
        else:
            columns = self.columns[table]
            shifted = {column: base[column] for column in columns if column in PKS and column in base}
            insert_tuples(self.connection, self.aside.get(table, table), columns, rows, shifted)

    def _are_back(self, resource: str, ids: list[str]) -> None:
        gone = table_of(models.Removed)
        self.connection.execute(delete(gone).where(gone.c.resource == resource, gone.c.id.in_(ids)))

    # --- events ----------------------------------------------------------------------------------------------

    def _events(self, batch: Batch) -> None:
        rows = batch.tables["event"]
        if not rows:
            return
        there = self._mine(self._held("events", [row[ID] for row in rows]))
        new = None
        if there:
            self._update(batch, [row for row in rows if row[ID] in there], there)
            new = {row[0]: row[ID] for row in rows if row[ID] not in there}
        event_pk = self._insert(batch, "events", new)
        claims = None if new is None else {row[0]: row[ID] for row in batch.tables["claim"] if row[EVENT] in new}
        self._insert(batch, "claims", claims, event_pk=event_pk)

    def _mine(self, there: dict[str, int]) -> dict[str, int]:
        """The same. Raises BrokenPackError if another pack or dataset holds one of these events."""
        event = table_of(models.Event)
        others = select(event.c.id, event.c.pack_id).where(event.c.pack_id != self.ids.pack_id)
        wanted = others.where(event.c.pk.in_(list(there.values()))).order_by(event.c.id)
        held = self.connection.execute(wanted).first() if there else None
        if held:
            reason = f"is in {held.pack_id} already, and an event is in one dataset"
            raise BrokenPackError([Problem(self.ids.pack_id, held.id, "id", held.id, reason)])
        return there

    def _update(self, batch: Batch, old: Tuples, there: Mapping[str, int]) -> None:
        """Make events that are there, and their claims, equal to the records, where they differ."""
        given = {row[0]: row[-1] for row in batch.tables[self.cells]}
        told: dict[int, dict[str, str]] = {row[0]: {} for row in old}
        for claim in batch.tables["claim"]:
            if claim[EVENT] in told:
                told[claim[EVENT]][claim[ID]] = claim[ROW]
        stored, cells, claims = self._stored(there)
        other = {row[ID] for row in old if cells.get(row[ID]) != given[row[0]]}
        differ = [
            row for row in old if row[ID] in other or stored[row[ID]] != row[ROW] or claims[row[ID]] != told[row[0]]
        ]
        if not differ:
            return
        events = self._records(batch, "events", differ, {row[0]: row[ID] for row in differ})
        changed = self._upsert("events", events, other=other)
        mine = {row[0]: there[row[ID]] for row in differ}
        told_anew = [row for row in batch.tables["claim"] if row[EVENT] in mine]
        records = self._records(batch, "claims", told_anew, {row[0]: row[ID] for row in told_anew})
        for row in told_anew:
            records[row[ID]].columns["event_pk"] = mine[row[EVENT]]
            records[row[ID]].text = claim_text(ClaimRow.model_validate_json(row[ROW]))
        table = table_of(models.Claim)
        among = table.c.event_pk.in_(list(mine.values())) & (table.c.pack_id == self.ids.pack_id)
        delta = upsert(self.connection, "claims", records, self.ids.pack_id, self.ids.revision, {}, among)
        self.count("claims", delta)
        elsewhere = select(table.c.event_pk).where(table.c.event_pk.in_(list(mine.values())))
        shared = set(self.connection.scalars(elsewhere.where(table.c.pack_id != self.ids.pack_id)))
        self.names["events"] |= {id_: events[id_].columns["title"] for id_ in changed.updated if there[id_] in shared}
        touched = changed.updated | {id_.rpartition(":")[0] for id_ in delta.touched}  # <event>:<number>
        changed.updated |= derive(self.connection, (there[id_] for id_ in touched), self.ids.revision)
        self.count("events", changed)

    def _stored(self, there: Mapping[str, int]) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, str]]]:
        """What is stored of these events, what was given of them, and what they are told by."""
        event, claim, given = (table_of(model) for model in (models.Event, models.Claim, self.dataset.cells))
        at = list(there.values())
        rows = dict(self.connection.execute(select(event.c.id, event.c.row).where(event.c.pk.in_(at))).all())
        ids = {pk: id_ for id_, pk in there.items()}
        cells = select(given.c.event_pk, list(given.c)[-1]).where(given.c.event_pk.in_(at))
        kept = {ids[pk]: text for pk, text in self.connection.execute(cells)}
        claims: dict[str, dict[str, str]] = {id_: {} for id_ in there}
        wanted = select(claim.c.event_pk, claim.c.id, claim.c.row).where(claim.c.event_pk.in_(at))
        for pk, id_, row in self.connection.execute(wanted.where(claim.c.pack_id == self.ids.pack_id)):
            claims[ids[pk]][id_] = row
        return rows, kept, claims

    # --- the way through upsert --------------------------------------------------------------------------------

    def _upsert(self, resource: str, records: dict[str, Record], other: Collection[str] = ()) -> Delta:
        among = table_of(TABLES[resource]).c.id.in_(list(records))
        return upsert(self.connection, resource, records, self.ids.pack_id, self.ids.revision, {}, among, other)

    def _records(self, batch: Batch, resource: str, rows: Tuples, ids: Mapping[int, str]) -> dict[str, Record]:
        """Tuples of a batch as records; what hangs on them is found by their number or id."""
        name, table = _name(resource), table_of(TABLES[resource])
        read = _reader(table, self.columns[name])
        found: dict[str, Record] = {}
        for row in rows:
            columns = read(row)
            for written in ("pk", "id", *Ids._fields, "row"):
                del columns[written]
            found[row[ID]] = Record(row[ID], row[ROW], columns, text=columns.get("name", ""))
        for model in CHILDREN[resource]:
            child = table_of(model)
            names = self.columns.get(child.name, ())
            read = _reader(child, names)
            for row in batch.tables.get(child.name, ()):
                owner = found.get(row[0]) or found.get(ids.get(row[0], ""))
                if owner:
                    columns = read(row)
                    del columns[names[0]]
                    owner.children.setdefault(model, []).append(columns)
        return found


def _name(resource: str) -> str:
    return table_of(TABLES[resource]).name


def _reader(table: Table, names: Iterable[str]) -> Callable[[tuple[Any, ...]], dict[str, Any]]:
    """What makes the columns of a row of its tuple, with days as days."""
    columns = list(names)
    days = [name for name in columns if isinstance(table.c[name].type, Date)]

    def read(row: tuple[Any, ...]) -> dict[str, Any]:
        found = dict(zip(columns, row, strict=True))
        return found | {name: date.fromisoformat(found[name]) for name in days if found[name]}

    return read
