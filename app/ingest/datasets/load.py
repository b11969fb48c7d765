"""Importing published datasets: read in batches, written in one transaction, all or nothing."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, null, select
from sqlalchemy.exc import IntegrityError

from app import models
from app.db.engine import writing
from app.errors import BrokenPackError, InvalidParameterError, Problem
from app.ingest.datasets.catalogue import GED, Dataset
from app.ingest.datasets.files import Table
from app.ingest.datasets.ged import Rejected
from app.ingest.datasets.ged_references import Batch, Named
from app.ingest.datasets.stored import countries, kinds, stamps
from app.ingest.derive import derive
from app.ingest.pack_rows import store_pack
from app.ingest.records import Record
from app.ingest.rename import rename
from app.ingest.upsert import CHILDREN, TABLES, Delta, pks, upsert
from app.models.base import table_of
from app.query.facts import Told

BATCH = 1000  # records that are held in memory at a time
IDS_A_QUERY = 5000
RESOURCES = ("sources", "actors", "locations", "events", "claims")

Item = TypeVar("Item")
Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the rows read so far."""


@dataclass
class Imported:
    """What an import did: the revision it made, or None if nothing is different now."""

    dataset: str
    rows: int = 0
    revision: int | None = None
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    """File and reason."""
    warned: int = 0
    older: int = 0
    """Records that were passed over, because a newer version of the same event is there."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many rows of a resource were added, updated, removed."""


class _UnchangedError(Exception):
    """Nothing differs from what is there: the transaction is taken back."""


def import_ged(engine: Engine, files: Sequence[Path], snapshot: str | None, told: Progress) -> Imported:
    """Import files of UCDP GED; see `import_dataset`."""
    return import_dataset(engine, GED, files, snapshot, told)


def import_dataset(
    engine: Engine, dataset: Dataset, files: Sequence[Path], snapshot: str | None, told: Progress
) -> Imported:
    """Import files of a published dataset into the dataset `snapshot` (default: the name of the published one).

    With `snapshot` the files are the whole of it: events of it that they lack are removed. Rows that cannot be read
    are left out and reported; what they are the newer version of stays. Raises UnreadableFileError, and
    BrokenPackError when something else refers to what would be removed; either way nothing is changed.
    """
    done = Imported(dataset.document.id if snapshot is None else snapshot)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", done.dataset) or len(done.dataset) > 100:
        raise InvalidParameterError("--snapshot", done.dataset, "a name has small letters, digits and single hyphens")
    try:
        with writing(engine) as connection:
            _Import(connection, dataset, done, complete=snapshot is not None).run(files, told)
    except _UnchangedError:
        pass
    except IntegrityError:
        reason = "another pack refers to something that would be gone, or has this name"
        raise BrokenPackError([Problem(done.dataset, "", "", "", reason)]) from None
    return done


class _Import:
    """One import in one transaction."""

    def __init__(self, connection: Connection, dataset: Dataset, done: Imported, *, complete: bool) -> None:
        self.connection = connection
        self.dataset = dataset
        self.done = done
        self.complete = complete
        pack = table_of(models.Pack)
        if connection.scalar(select(pack.c.dataset).where(pack.c.id == done.dataset)) is False:
            raise InvalidParameterError("--snapshot", done.dataset, "is the name of a curated pack")
        revision = table_of(models.Revision)
        self.revision = (connection.scalar(select(func.max(revision.c.id))) or 0) + 1
        actors = self._codes(models.ActorCode, models.Actor)
        locations = self._codes(models.LocationCode, models.Location)
        known: list[Any] = [actors, countries(connection, dataset.own) | locations, self._stored(complete)]
        if dataset.names_actors:
            held, own = kinds(connection, dataset.own, done.dataset)
            known += [held, own if complete else ()]
        self.rows = dataset.rows(*known)
        self.seen: dict[Any, tuple[int, int]] = {}
        """By id of a record, when it was last changed, and a number that tells its content from another."""
        self.kept: set[str] = set()
        self.unreadable = False
        """Whether a row has no id, so that nobody knows what it is the newer version of."""
        self.names: dict[str, dict[str, str]] = {name: {} for name in RESOURCES}
        """Of rows that were updated and that rows not read now may name."""

    def run(self, files: Sequence[Path], told: Progress) -> None:
        """Read and write everything. Raises _UnchangedError when nothing differs."""
        made = {"id": self.revision, "made_at": datetime.now(UTC), "summary": f"import of {self.done.dataset}"}
        self.connection.execute(insert(table_of(models.Revision)).values(made))
        for records in _chunks(self._read(files, told), BATCH):
            self._store(records)
        self.rows.settle()
        self._store([])
        if self.complete and not self.unreadable:
            self._remove_unseen()
        self._rename()
        if not self._store_pack(files) and not any(self.done.counts.values()):
            raise _UnchangedError
        self.done.revision = self.revision

    def _codes(self, codes: Any, owner: Any) -> dict[tuple[str, str], Named]:
        """Rows of other packs by their codes."""
        coded, owned = table_of(codes), table_of(owner)
        wanted = select(coded.c.scheme, coded.c.code, owned.c.id, owned.c.name).join(
            owned, owned.c.id == coded.c.owner_id
        )
        curated = table_of(models.Pack)
        wanted = wanted.join(curated, curated.c.id == owned.c.pack_id).where(curated.c.dataset.is_(False))
        found = self.connection.execute(wanted.order_by(owned.c.id.desc()))
        return {(scheme, code): Named(id_, name) for scheme, code, id_, name in found}

    def _stored(self, complete: bool) -> Iterator[tuple[Named, str | None]]:
        """Sources and places of imports before, whose ids come from their names, with the parents of places.

        With all of a dataset at hand, its own rows are spelt as its files spell them now.
        """
        pack, location = table_of(models.Pack), table_of(models.Location)
        others = pack.c.dataset & (pack.c.id != self.done.dataset) if complete else pack.c.dataset
        tables = (table_of(models.Source), location, *([table_of(models.Actor)] if self.dataset.names_actors else []))
        for table in tables:
            parent = location.c.parent_id if table is location else null()
            wanted = select(table.c.id, table.c.name, parent).join(pack, pack.c.id == table.c.pack_id)
            for id_, name, above in self.connection.execute(wanted.where(others)):
                yield Named(id_, name), above

    def _read(self, files: Sequence[Path], told: Progress) -> Iterator[Any]:
        before = 0
        for path in files:
            with Table(path) as table:
                for record in filter(None, map(self._once, self.dataset.read(table))):
                    if isinstance(record, Rejected):
                        self.done.rejected.append((path.name, record))
                        self._keep(record.id)
                        continue
                    self.done.rows += 1
                    self.done.warned += bool(record.warnings)
                    if self.done.rows % BATCH == 0:
                        told(before + table.consumed, self.done.rows)
                    yield record
                before += table.consumed
            told(before, self.done.rows)

    def _keep(self, id_: str) -> None:
        """What a row that is not read is the newer version of stays as it was."""
        try:
            self.kept.add(self._event(self.dataset.id_of(id_)))
        except ValueError:
            self.unreadable = True

    def _event(self, id_: object) -> str:
        return f"{self.dataset.document.id}:{id_}"

    def _store(self, records: list[Any]) -> None:
        for record in self._newest(records) if self.dataset.stamped else records:
            self.rows.add(record)
        batch = self.rows.take()
        for resource in ("sources", "actors", "locations"):
            told_so_far = self._names_of(resource, batch.of(resource))
            delta = self._upsert(resource, batch.of(resource))
            self._count(resource, delta)
            names = {id_: batch.of(resource)[id_].columns["name"] for id_ in delta.updated}
            self.names[resource] |= {id_: name for id_, name in names.items() if name != told_so_far[id_]}
        self._check_owner(batch.events)
        events = self._upsert("events", batch.events, other=self._other_cells(batch.events))
        event_pks = pks(self.connection, "events", batch.events)
        for claim in batch.claims.values():
            claim.columns["event_pk"] = event_pks[claim.columns.pop("event_id")]
        claim_table = table_of(models.Claim)
        among = claim_table.c.event_pk.in_(event_pks.values()) & (claim_table.c.pack_id == self.done.dataset)
        claims = self._upsert("claims", batch.claims, among)
        self._count("claims", claims)
        told = {id_.rpartition(":")[0] for id_ in claims.touched}  # an id of a claim is its event's and a number
        at_hand = self._at_hand(batch, event_pks)
        shared = {id_ for id_ in events.updated if event_pks[id_] not in at_hand}
        self.names["events"] |= {id_: batch.events[id_].columns["title"] for id_ in shared}
        derived = derive(self.connection, (event_pks[id_] for id_ in events.touched | told), self.revision, at_hand)
        events.updated |= derived - events.added
        self._count("events", events)

    def _names_of(self, resource: str, ids: Collection[str]) -> dict[str, str]:
        """The names that stored rows have, so that only what was renamed is looked for in others."""
        table = table_of(TABLES[resource])
        return dict(self.connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(list(ids)))).all())

    def _newest(self, records: list[Any]) -> list[Any]:
        """Of several records of one event the last, which is the newest; none if a newer one is stored.

        The files of a snapshot are what the dataset is, whatever was there before.
        """
        last = {record.id: record for record in records}
        if not self.complete:
            for id_, stamp in stamps(self.connection, self.dataset.given, last).items():
                if stamp > (last[id_].timestamp or 0):
                    del last[id_]
                    self.done.older += 1
        return list(last.values())

    def _check_owner(self, events: Collection[str]) -> None:
        """Raise BrokenPackError if another pack or dataset holds one of the events."""
        event = table_of(models.Event)
        other = select(event.c.id, event.c.pack_id).where(event.c.id.in_(list(events)))
        held = self.connection.execute(other.where(event.c.pack_id != self.done.dataset).order_by(event.c.id)).first()
        if held:
            reason = f"is in {held.pack_id} already, and an event is in one dataset"
            raise BrokenPackError([Problem(self.done.dataset, held.id, "id", held.id, reason)])

    def _rename(self) -> None:
        """Rows that were not read now follow the new names of what they refer to."""
        changed = rename(self.connection, self.names, self.revision)
        for resource, ids in changed.items():
            self.done.counts[resource, "updated"] += len(ids)
        event_pks = pks(self.connection, "events", changed["events"])
        derive(self.connection, event_pks.values(), self.revision)

    def _at_hand(self, batch: Batch, event_pks: Mapping[str, int]) -> dict[int, list[Told]]:
        """The claims of the events of a batch, but for events on which other packs say something too."""
        claim = table_of(models.Claim)
        elsewhere = select(claim.c.event_pk).where(claim.c.event_pk.in_(event_pks.values()))
        shared = set(self.connection.scalars(elsewhere.where(claim.c.pack_id != self.done.dataset)))
        found: dict[int, list[Told]] = {pk: [] for pk in event_pks.values() if pk not in shared}
        for record in batch.claims.values():
            if record.fact and (told := found.get(record.columns["event_pk"])) is not None:
                told.append(Told(record.fact, self.done.dataset))
        for told in found.values():
            told.sort(key=lambda claim: (claim.fact.reported_on, claim.fact.id))
        return found

    def _upsert(
        self,
        resource: str,
        records: dict[str, Record],
        among: ColumnElement[bool] | None = None,
        other: Collection[str] = (),
    ) -> Delta:
        meant = table_of(TABLES[resource]).c.id.in_(list(records)) if among is None else among
        return upsert(self.connection, resource, records, self.done.dataset, self.revision, {}, meant, other)

    def _count(self, resource: str, delta: Delta) -> None:
        for action, ids in vars(delta).items():
            self.done.counts[resource, action] += len(ids)

    def _other_cells(self, events: dict[str, Record]) -> set[str]:
        """Events whose cells differ from those that are kept, whether or not that shows in the event."""
        event, given = table_of(models.Event), table_of(self.dataset.given)
        wanted = select(event.c.id, given.c.cells).join(given, given.c.event_pk == event.c.pk)
        found = self.connection.execute(wanted.where(event.c.id.in_(list(events))))
        return {id_ for id_, cells in found if events[id_].children[self.dataset.given][0]["cells"] != cells}

    def _remove_unseen(self) -> None:
        """Take away what the dataset held and its files hold no more, and what only that referred to."""
        kept = self.kept | set(map(self._event, self.seen))
        self._remove("claims", lambda id_: id_.rpartition(":")[0] not in kept)
        self._remove("events", lambda id_: id_ not in kept)
        for resource in ("sources", "actors", "locations"):
            while self._remove(  # until nothing is left that only lay around what is gone
                resource, partial(_is_not_in, self.rows.referred | _referred_to(self.connection, resource))
            ):
                pass

    def _remove(self, resource: str, gone: Callable[[str], bool]) -> bool:
        """Remove those of the dataset's rows that are gone; whether there were any."""
        table = table_of(TABLES[resource])
        held = self.connection.scalars(select(table.c.id).where(table.c.pack_id == self.done.dataset)).all()
        lost = list(filter(gone, held))
        for ids in _chunks(lost, IDS_A_QUERY):
            self._count(resource, self._upsert(resource, {}, table.c.id.in_(ids)))
        return bool(lost)

    def _once(self, record: Any) -> Any:
        """The record; None if an older version of one before; or why a second one with its id is not read."""
        if isinstance(record, Rejected):
            return record
        stamped = self.dataset.stamped
        before, now = self.seen.get(record.id), (record.timestamp or 0, hash(record.cells)) if stamped else (0, 0)
        if before is None or now[0] > before[0]:
            self.seen[record.id] = now
            return record
        if stamped and (now == before or now[0] < before[0]):
            self.done.older += now[0] < before[0]
            return None
        name, more = ("timestamp", " with this timestamp and other cells") if stamped else ("id", "")
        return Rejected(record.line, str(record.id), name, str(getattr(record, name) or ""), f"was there before{more}")

    def _store_pack(self, files: Sequence[Path]) -> bool:
        draft, document, is_dataset = self.dataset.described(self.connection, self.done.dataset, files)
        return store_pack(self.connection, draft, document, is_dataset, self.revision)


def _referred_to(connection: Connection, resource: str) -> set[str]:
    """The ids that something refers to, beside what hangs on the rows themselves."""
    own = table_of(TABLES[resource])
    hanging = {(table_of(model), column) for model, column in CHILDREN[resource].items()}
    closures = {table_of(model) for model in (models.LocationAncestor, models.ActorAncestor)}
    found: set[str] = set()
    for table in models.METADATA.tables.values():
        for key in table.foreign_keys:
            if key.column is own.c.id and table not in closures and (table, key.parent.name) not in hanging:
                found |= set(connection.scalars(select(key.parent).where(key.parent.is_not(None)).distinct()))
    return found


def _is_not_in(wanted: Collection[str], id_: str) -> bool:
    return id_ not in wanted


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk
