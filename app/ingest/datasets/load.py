"""Importing published datasets: read in batches, written in one transaction, all or nothing."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from app import models
from app.db.bulk import indexes_last, renew_statistics, sorted_last
from app.db.engine import writing
from app.db.places import PLACED, points_last
from app.db.text_search import many_texts
from app.errors import BrokenPackError, InvalidParameterError, Problem
from app.ingest.datasets.batch import COLUMNS, Batch, Ids
from app.ingest.datasets.dataset import Dataset, Rejected
from app.ingest.datasets.described import described
from app.ingest.datasets.newest import Versions, versions
from app.ingest.datasets.store import REFERENCES, Store
from app.ingest.datasets.stored import Known
from app.ingest.datasets.work import Reading, Work, beside, chunks
from app.ingest.derive import derive
from app.ingest.pack_rows import store_pack
from app.ingest.rename import rename
from app.ingest.upsert import CHILDREN, TABLES, pks, upsert
from app.models.base import table_of

BATCH = 500  # records that are held in memory at a time
IDS_A_QUERY = 5000
APART = 512 << 10
"""Bytes of files from which on a second process pays that takes half a second to start."""
MANY = 100_000
"""Events in a database that has so many indexed rows that to make all its indexes anew would take too long."""

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
    odd: list[tuple[str, Rejected]] = field(default_factory=list)
    """The same of rows that are kept."""
    warned: int = 0
    """How many rows are odd."""
    older: int = 0
    """Rows that were passed over, because a newer version of the same event is there."""
    nothing_removed: bool = False
    """Whether a row without an id kept a snapshot from removing what is missing."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many rows of a resource were added, updated, removed."""


class _UnchangedError(Exception):
    """Nothing differs from what is there: the transaction is taken back."""


def import_dataset(
    engine: Engine, dataset: Dataset, files: Sequence[Path], snapshot: str | None, told: Progress
) -> Imported:
    """Import files into the dataset `snapshot` (default: the one that is published).

    With `snapshot` the files are the whole of it: events of it that they lack are removed. Rows that cannot be read
    are left out and reported; what they are the newer version of stays. Raises UnreadableFileError, and
    BrokenPackError when something else refers to what would be removed; either way nothing is changed.
    """
    done = Imported(dataset.id if snapshot is None else snapshot)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", done.dataset) or len(done.dataset) > 100:
        raise InvalidParameterError("--snapshot", done.dataset, "a name has small letters, digits and single hyphens")
    apart = sum(path.stat().st_size for path in files) >= APART
    try:
        # What is only added refers to nothing that is not there, or added before it: see `tests/ingest`.
        for trusted in (True, False):
            with writing(engine, much=apart, trusted=trusted and apart) as connection:
                task = _Import(connection, dataset, done, complete=snapshot is not None)
                if trusted and not task.fresh:
                    continue
                task.run(files, told, apart)
                break
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
        there = connection.scalar(select(pack.c.dataset).where(pack.c.id == done.dataset))
        if there is False:
            raise InvalidParameterError("--snapshot", done.dataset, "is the name of a curated pack")
        self.fresh = there is None
        """Whether nothing of the dataset is there, so that all there is to do is to add."""
        revision = table_of(models.Revision)
        self.revision = (connection.scalar(select(func.max(revision.c.id))) or 0) + 1
        self.ids = Ids(done.dataset, self.revision, self.revision)
        self.store = Store(connection, dataset, self.ids)
        self.done.counts = self.store.counts
        self.kept: set[str] = set()
        """Events that a snapshot keeps: those of its rows, and those whose newer version was rejected."""
        self.unreadable = False
        self.referred: set[str] = set()

    def run(self, files: Sequence[Path], told: Progress, apart: bool) -> None:
        """Read and write everything. Raises _UnchangedError when nothing differs."""
        made = {"id": self.revision, "made_at": datetime.now(UTC), "summary": f"import of {self.done.dataset}"}
        self.connection.execute(insert(table_of(models.Revision)).values(made))
        removing = self.complete and not self.fresh
        with self._in_bulk(apart), self._batches(files, apart, removing) as batches:
            for batch in batches:
                self._take(batch, removing)
                self.store.write(batch)
                if batch.referred is None:
                    told(batch.consumed, batch.rows)
                del batch  # so that no two are held at a time
        if removing and not self.unreadable:
            self._remove_unseen()
        self.done.nothing_removed = removing and self.unreadable
        self._rename()
        if not self._store_pack(files) and not any(self.done.counts.values()):
            raise _UnchangedError
        self.done.revision = self.revision
        if apart:
            renew_statistics(self.connection, [*COLUMNS, self.store.cells])

    @contextmanager
    def _in_bulk(self, apart: bool) -> Iterator[None]:
        """Where so much is added to so little that to put everything in order is best left to the end."""
        events = self.connection.scalar(select(func.max(table_of(models.Event).c.pk))) or 0
        if not (apart and self.fresh and events < MANY):
            yield
            return
        filled = [name for name in self.store.columns if not name.endswith("_text")]
        ancestors = models.LocationAncestor.__tablename__
        with (
            many_texts(self.connection, ("event", "claim")),
            indexes_last(self.connection, filled),
            points_last(self.connection, PLACED),
            sorted_last(self.connection, ancestors, ("ancestor_id", "location_id")) as aside,
        ):
            self.store.aside = {ancestors: aside}
            yield
            self.store.aside = {}

    def _batches(self, files: Sequence[Path], apart: bool, removing: bool) -> AbstractContextManager[Iterator[Batch]]:
        there = Known(self.connection, self.dataset, self.done.dataset, anew=self.complete)
        work = Work(
            self.dataset,
            tuple(files),
            self.ids,
            there.actors(),
            there.places(),
            BATCH,
            removing,
            there.kinds(),
            self._versions(files) if self.dataset.stamped else None,
        )
        if apart:
            return beside(work, there.stored())
        return nullcontext(Reading(work, there.stored()).batches())

    def _versions(self, files: Sequence[Path]) -> Versions:
        return versions(self.connection, self.dataset, self.done.dataset, files, anew=self.complete or self.fresh)

    def _take(self, batch: Batch, removing: bool) -> None:
        self.done.rows = batch.rows
        self.done.rejected += batch.rejected
        self.done.odd += batch.odd
        self.done.warned += batch.warned
        self.done.older += batch.older
        self.unreadable |= batch.unreadable
        if removing:
            self.kept |= batch.kept
            self.kept.update([row[1] for row in batch.tables["event"]])
            self.referred |= batch.referred or set()

    # --- what follows ----------------------------------------------------------------------------------------

    def _rename(self) -> None:
        """Rows that were not read now follow the new names of what they refer to."""
        changed = rename(self.connection, self.store.names, self.revision)
        for resource, ids in changed.items():
            self.done.counts[resource, "updated"] += len(ids)
        event_pks = pks(self.connection, "events", changed["events"])
        derive(self.connection, event_pks.values(), self.revision)

    def _remove_unseen(self) -> None:
        """Take away what the dataset held and its files hold no more, and what only that referred to."""
        kept = self.kept
        self._remove("claims", lambda id_: id_.rpartition(":")[0] not in kept)
        self._remove("events", lambda id_: id_ not in kept)
        for resource in REFERENCES:
            while self._remove(  # until nothing is left that only lay around what is gone
                resource, partial(_is_not_in, self.referred | _referred_to(self.connection, resource))
            ):
                pass

    def _remove(self, resource: str, gone: Callable[[str], bool]) -> bool:
        """Remove those of the dataset's rows that are gone; whether there were any."""
        table = table_of(TABLES[resource])
        held = self.connection.scalars(select(table.c.id).where(table.c.pack_id == self.done.dataset)).all()
        lost = list(filter(gone, held))
        for ids in chunks(lost, IDS_A_QUERY):
            among: ColumnElement[bool] = table.c.id.in_(ids)
            self.store.count(
                resource, upsert(self.connection, resource, {}, self.done.dataset, self.revision, {}, among)
            )
        return bool(lost)

    def _store_pack(self, files: Sequence[Path]) -> bool:
        return store_pack(
            self.connection, *described(self.connection, self.dataset, self.done.dataset, files), self.revision
        )


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
