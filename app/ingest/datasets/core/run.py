"""Import published datasets: read in batches, write in one transaction, all or nothing."""

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
from app.db.bulk import analyze, deferred_indexes, staged_in_key_order
from app.db.engine import write_transaction
from app.db.spatial_index import SPATIAL_TABLES, deferred_spatial_index
from app.db.text_index import bulk_text_indexing
from app.errors import BrokenPackError, InvalidParameterError, Problem
from app.ingest.acled_rows import events_to_refresh, refresh_acled_rows
from app.ingest.acled_sides import ActorRelations
from app.ingest.datasets.core.acled_row_builder import AcledContext
from app.ingest.datasets.core.batch import BATCH_COLUMNS, ImportContext, RowBatch
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.dedupe import StoredVersions, load_versions
from app.ingest.datasets.core.existing import ExistingRows
from app.ingest.datasets.core.pack_metadata import pack_metadata
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.core.reports import Reports
from app.ingest.datasets.core.streams import check_regular_file
from app.ingest.datasets.core.subprocess_reader import BatchReader, ImportJob, chunked, in_subprocess
from app.ingest.datasets.core.writer import REFERENCE_RESOURCES, BatchWriter
from app.ingest.denormalised_names import update_names
from app.ingest.pack_rows import store_pack
from app.ingest.upsert import pks, upsert
from app.ingest.versions import derive
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES

RECORDS_PER_BATCH = 500  # held in memory at a time
IDS_PER_QUERY = 5000
MIN_SUBPROCESS_BYTES = 512 << 10
"""Size of files from which a second process pays, which takes half a second to start."""
MAX_KEPT_FAULTS = 1000
"""Faults of either kind that a result holds; the reports have all."""
MIN_BULK_ROWS = 100_000
"""Events in a database from which on rebuilding its indexes would take longer than maintaining them."""

OnProgress = Callable[[int, int], None]
"""Called with the bytes read so far and the rows read so far."""


@dataclass
class ImportResult:
    """Result of an import; `revision` is None if nothing changed."""

    dataset: str
    rows: int = 0
    revision: int | None = None
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    """First `MAX_KEPT_FAULTS` faults of rejected rows, each after its file."""
    warnings: list[tuple[str, Rejected]] = field(default_factory=list)
    """First `MAX_KEPT_FAULTS` warnings about rows that are kept, each after its file."""
    rejected_rows: int = 0
    """Number of rows left out."""
    warned_rows: int = 0
    """Number of rows with warnings."""
    outdated_rows: int = 0
    """Number of rows passed over, because a newer version of the event exists."""
    nothing_removed: bool = False
    """True if a row without a readable id kept a snapshot from removing events."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Number of rows by resource and by `added`, `updated` or `removed`."""


class _UnchangedError(Exception):
    """Nothing changed: the transaction is rolled back."""


def import_dataset(
    engine: Engine,
    dataset: Dataset,
    files: Sequence[Path],
    snapshot: str | None,
    on_progress: OnProgress,
    reports: Reports | None = None,
) -> ImportResult:
    """Import files into the dataset `snapshot`, by default the one with the dataset's own id.

    With `snapshot` the files are the whole of it: events that they lack are removed. Rejected rows are left out and
    reported; the stored version of their event stays. `reports` are saved before the import commits. Raises
    UnreadableFileError, OutputError when a report cannot be written, and BrokenPackError when other packs refer to what
    would be removed; nothing is changed then.
    """
    done = ImportResult(dataset.id if snapshot is None else snapshot)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", done.dataset) or len(done.dataset) > 100:
        raise InvalidParameterError("--snapshot", done.dataset, "a name has small letters, digits and single hyphens")
    for path in files:
        check_regular_file(path)
    use_subprocess = sum(path.stat().st_size for path in files) >= MIN_SUBPROCESS_BYTES
    try:
        # A first import only adds rows, and each refers to rows added before it, so that keys need no check.
        for trusted in (True, False):
            with write_transaction(
                engine, bulk=use_subprocess, skip_foreign_keys=trusted and use_subprocess
            ) as connection:
                task = _Import(connection, dataset, done, reports, is_full_snapshot=snapshot is not None)
                if trusted and not task.is_first_import:
                    continue
                task.run(files, on_progress, use_subprocess)
                break
    except _UnchangedError:
        pass
    except IntegrityError:
        reason = "another pack refers to something that would be gone, or has this name"
        raise BrokenPackError([Problem(done.dataset, "", "", "", reason)]) from None
    return done


class _Import:
    """One import in one transaction."""

    def __init__(
        self,
        connection: Connection,
        dataset: Dataset,
        result: ImportResult,
        reports: Reports | None,
        *,
        is_full_snapshot: bool,
    ) -> None:
        self.connection = connection
        self.dataset = dataset
        self.result = result
        self.reports = reports
        self.is_full_snapshot = is_full_snapshot
        pack = table_of(models.Pack)
        is_dataset = connection.scalar(select(pack.c.dataset).where(pack.c.id == result.dataset))
        if is_dataset is False:
            raise InvalidParameterError("--snapshot", result.dataset, "is the name of a curated pack")
        self.is_first_import = is_dataset is None
        """True if the dataset has no rows yet, so that rows are only added."""
        revision = table_of(models.Revision)
        self.made_at = datetime.now(UTC)
        self.revision = (connection.scalar(select(func.max(revision.c.id))) or 0) + 1
        self.context = ImportContext(result.dataset, self.revision, self.revision)
        self.last_event_pk = connection.scalar(select(func.max(table_of(models.Event).c.pk))) or 0
        self.store = BatchWriter(connection, dataset, self.context)
        self.result.counts = self.store.counts
        self.retained_event_ids: set[str] = set()
        """Events that a snapshot keeps: those of its rows, and those of rejected rows."""
        self.unreadable = False
        self.referenced: set[str] = set()

    def run(self, files: Sequence[Path], on_progress: OnProgress, use_subprocess: bool) -> None:
        """Read and write all batches. Raises _UnchangedError when nothing differs."""
        revision_row = {
            "id": self.revision,
            "made_at": self.made_at,
            "summary": f"import of {self.result.dataset}",
        }
        self.connection.execute(insert(table_of(models.Revision)).values(revision_row))
        removing = self.is_full_snapshot and not self.is_first_import
        with self._bulk_mode(use_subprocess), self._batches(files, use_subprocess, removing) as batches:
            for batch in batches:
                self._write_batch(batch, removing)
                self.store.write(batch)
                if batch.referenced is None:
                    on_progress(batch.bytes_read, batch.rows)
                del batch  # so that no two are held at a time
        if removing and not self.unreadable:
            self._remove_unseen()
        self.result.nothing_removed = removing and self.unreadable
        self._update_names()
        if self.last_event_pk:  # the rows of new events are right
            refresh_acled_rows(self.connection, events_to_refresh(self.connection, self.revision, self.last_event_pk))
        is_described_anew = self._store_pack(files)
        has_only_faults = self.is_first_import and self.result.rejected_rows > 0
        is_changed = any(self.result.counts.values()) or (is_described_anew and not has_only_faults)
        if is_changed and use_subprocess:
            analyze(self.connection, [*BATCH_COLUMNS, self.store.raw_table])
        if self.reports:
            self.reports.save()
        if not is_changed:
            raise _UnchangedError
        self.result.revision = self.revision

    @contextmanager
    def _bulk_mode(self, use_subprocess: bool) -> Iterator[None]:
        """Build indexes at the end, if a large new dataset goes into a small database."""
        events = self.connection.scalar(select(func.max(table_of(models.Event).c.pk))) or 0
        if not (use_subprocess and self.is_first_import and events < MIN_BULK_ROWS):
            yield
            return
        filled = [name for name in self.store.columns if not name.endswith("_text")]
        ancestors = models.LocationAncestor.__tablename__
        with (
            bulk_text_indexing(self.connection, ("event", "claim")),
            deferred_indexes(self.connection, filled),
            deferred_spatial_index(self.connection, SPATIAL_TABLES),
            staged_in_key_order(self.connection, ancestors, ("ancestor_id", "location_id")) as staged,
        ):
            self.store.staging_tables = {ancestors: staged}
            yield
            self.store.staging_tables = {}

    def _batches(
        self, files: Sequence[Path], use_subprocess: bool, collect_retained: bool
    ) -> AbstractContextManager[Iterator[RowBatch]]:
        existing = ExistingRows(self.connection, self.dataset, self.result.dataset, full_snapshot=self.is_full_snapshot)
        job = ImportJob(
            self.dataset,
            tuple(files),
            self.context,
            existing.actors(),
            existing.locations(),
            RECORDS_PER_BATCH,
            collect_retained,
            existing.actor_kinds(),
            AcledContext(int(self.made_at.timestamp()), ActorRelations.load(self.connection)),
            self._versions(files) if self.dataset.has_timestamps else None,
        )
        if use_subprocess:
            return in_subprocess(job, existing.entities())
        return nullcontext(BatchReader(job, existing.entities()).batches())

    def _versions(self, files: Sequence[Path]) -> StoredVersions:
        return load_versions(
            self.connection,
            self.dataset,
            self.result.dataset,
            files,
            full_snapshot=self.is_full_snapshot or self.is_first_import,
        )

    def _write_batch(self, batch: RowBatch, collect_retained: bool) -> None:
        self.result.rows = batch.rows
        if self.reports:
            self.reports.add(batch)
        self.result.rejected += batch.rejected[: MAX_KEPT_FAULTS - len(self.result.rejected)]
        self.result.warnings += batch.warnings[: MAX_KEPT_FAULTS - len(self.result.warnings)]
        self.result.rejected_rows += batch.rejected_rows
        self.result.warned_rows += batch.warned_rows
        self.result.outdated_rows += batch.outdated_rows
        self.unreadable |= batch.unreadable
        if collect_retained:
            self.retained_event_ids |= batch.retained_event_ids
            self.retained_event_ids.update([row[1] for row in batch.tables["event"]])
            self.referenced |= batch.referenced or set()

    # --- after the last batch ----------------------------------------------------------------------------------------

    def _update_names(self) -> None:
        """Carry new names into rows of other packs that repeat them."""
        changed = update_names(self.connection, self.store.changed_names, self.revision)
        for resource, ids in changed.items():
            self.result.counts[resource, "updated"] += len(ids)
        event_pks = pks(self.connection, "events", changed["events"])
        derive(self.connection, event_pks.values(), self.revision)

    def _remove_unseen(self) -> None:
        """Remove events that the files lack, and entities that nothing refers to any more."""
        retained = self.retained_event_ids
        self._remove("claims", lambda id_: id_.rpartition(":")[0] not in retained)
        self._remove("events", lambda id_: id_ not in retained)
        for resource in REFERENCE_RESOURCES:
            while self._remove(  # removed locations may have been the last that referred to others
                resource, partial(_is_not_in, self.referenced | _referenced_ids(self.connection, resource))
            ):
                pass

    def _remove(self, resource: str, is_gone: Callable[[str], bool]) -> bool:
        """Remove the dataset's rows that are gone; return whether there were any."""
        table = ENTITY_TYPES[resource].table
        stored_ids = self.connection.scalars(select(table.c.id).where(table.c.pack_id == self.result.dataset)).all()
        lost = list(filter(is_gone, stored_ids))
        for ids in chunked(lost, IDS_PER_QUERY):
            among: ColumnElement[bool] = table.c.id.in_(ids)
            self.store.count(
                resource, upsert(self.connection, resource, {}, self.result.dataset, self.revision, {}, among)
            )
        return bool(lost)

    def _store_pack(self, files: Sequence[Path]) -> bool:
        return store_pack(
            self.connection, *pack_metadata(self.connection, self.dataset, self.result.dataset, files), self.revision
        )


def _referenced_ids(connection: Connection, resource: str) -> set[str]:
    """Return the ids that rows refer to, other than the child rows of the entities themselves."""
    entity = ENTITY_TYPES[resource]
    hanging = {(table_of(model), column) for model, column in entity.children.items()}
    closures = {table_of(model) for model in (models.LocationAncestor, models.ActorAncestor)}
    result: set[str] = set()
    for table in models.METADATA.tables.values():
        for key in table.foreign_keys:
            if key.column is entity.table.c.id and table not in closures and (table, key.parent.name) not in hanging:
                result |= set(connection.scalars(select(key.parent).where(key.parent.is_not(None)).distinct()))
    return result


def _is_not_in(ids: Collection[str], id_: str) -> bool:
    return id_ not in ids
