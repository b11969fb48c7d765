"""Read files into batches of rows, in this process or in a subprocess.

Reading and mapping need no database, so that a second core does them while this process writes. The subprocess ends
with this process, however that ends, because its pipe breaks. Ctrl-C is left to this process.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from app.errors import OxusError
from app.ingest.datasets.core.acled_row_builder import AcledContext, AcledRowBuilder
from app.ingest.datasets.core.batch import ImportContext, RowBatch
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.dedupe import Decision, KeepNewest, RejectDuplicates, StoredVersions
from app.ingest.datasets.core.entities import ExistingEntity, RefsByCode
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.records import MAX_REPORTED_CHARS, DatasetRecord, Rejected, StoredActorKind

EXISTING_PER_MESSAGE = 5000
MAX_BATCH_CHARS = 1 << 21
"""Characters of a file at which a batch is full before it has its records; 500 known rows have 400,000."""
MAX_BATCH_JSON_CHARS = 1 << 24
"""Characters of served JSON at which a batch is full; 500 known rows become 4 million."""
T = TypeVar("T")


@dataclass(frozen=True)
class ImportJob:
    """Files to read, with all that their rows depend on."""

    dataset: Dataset
    files: tuple[Path, ...]
    context: ImportContext
    actors: RefsByCode
    locations: RefsByCode
    batch_size: int
    """Number of records in a batch."""
    collect_references: bool
    """True if the last batch is to carry the ids of all entities that records refer to."""
    kinds: Mapping[str, StoredActorKind]
    """Kinds of stored actors, by id, of a dataset whose actors have names and no numbers."""
    acled: AcledContext
    """Context of rows in ACLED's shape, beside the records."""
    versions: StoredVersions | None = None
    """Versions of events, of a dataset whose rows have timestamps."""


class UnexpectedEndError(OxusError):
    """The subprocess ended before its work was done."""

    def __str__(self) -> str:
        return "the process that reads the files ended too early (out of memory?)"


class BatchReader:
    """Reader of the batches of one import."""

    def __init__(self, job: ImportJob, existing: Iterable[ExistingEntity]) -> None:
        self.job = job
        self.rows = job.dataset.row_builder(
            job.context, job.actors, job.locations, existing, collect_references=job.collect_references
        )
        self.rows.acled = AcledRowBuilder(job.acled, job.context.pack_id)
        self.rows.seed_actor_kinds(job.kinds)
        self.policy = RejectDuplicates() if job.versions is None else KeepNewest(job.dataset, job.versions)
        self.records_read = 0
        self._held = 0
        """Records and faults since the last batch."""
        self._chars_before = 0
        """Characters of the file in batches so far."""
        self._last_rejected: tuple[Path, int] | None = None

    def batches(self) -> Iterator[RowBatch]:
        """Yield a batch for each `batch_size` records, one at the end of each file, and last what all files decide."""
        before = 0
        for path in self.job.files:
            with CsvTable(path) as table:
                for record in self.job.dataset.read(table):
                    self._add(record, path)
                    if self._is_full(table):
                        yield self._take_batch(before + table.bytes_read)
                        self._chars_before = table.chars_read
                before += table.bytes_read
                self._chars_before = 0
            yield self._take_batch(before)
        yield from self._final_batches(before)
        if self.job.collect_references:
            yield RowBatch(rows=self.records_read, bytes_read=before, referenced=self.rows.referenced)

    def _final_batches(self, consumed: int) -> Iterator[RowBatch]:
        for records in chunked(self.policy.waiting.values(), self.job.batch_size):
            for record in records:
                self.rows.add(record)
                if self.rows.batch.chars >= MAX_BATCH_JSON_CHARS:
                    yield self._take_batch(consumed)
            yield self._take_batch(consumed)
        kinds = self.rows.resolve_actor_kinds()
        if kinds:
            batch = self._take_batch(consumed)
            batch.actor_kinds = kinds
            yield batch

    def _is_full(self, table: CsvTable) -> bool:
        """Return whether a batch holds enough records and faults, or few that are long."""
        return (
            self._held >= self.job.batch_size
            or self.rows.batch.chars >= MAX_BATCH_JSON_CHARS
            or table.chars_read - self._chars_before >= MAX_BATCH_CHARS
        )

    def _reject(self, row: Rejected, path: Path) -> None:
        self.rows.batch.rejected.append((str(path), row))
        if self._last_rejected != (path, row.line):  # the faults of a row follow each other
            self._last_rejected = path, row.line
            self.rows.batch.rejected_rows += 1

    def _add(self, record: DatasetRecord | Rejected, path: Path) -> None:
        """Add a record or a fault to the batch."""
        batch = self.rows.batch
        self._held += 1
        if isinstance(record, Rejected):
            self._reject(record, path)
            try:
                batch.retained_event_ids.add(self.job.dataset.event_id(record.id))
            except ValueError:
                batch.unreadable = True
            return
        decision = self.policy.decide(record)
        if isinstance(decision, Rejected):
            self._reject(decision, path)
            return
        self.records_read += 1
        batch.outdated_rows += decision is Decision.OUTDATED
        if decision is Decision.ACCEPT:
            self.rows.add(record)
        if decision in (Decision.ACCEPT, Decision.WAIT) and record.warnings:
            batch.warned_rows += 1
            batch.warnings += [
                (
                    str(path),
                    Rejected(record.line, str(record.id), odd.field, odd.value[:MAX_REPORTED_CHARS], odd.reason),
                )
                for odd in record.warnings
            ]

    def _take_batch(self, consumed: int) -> RowBatch:
        batch = self.rows.take()
        batch.rows, batch.bytes_read = self.records_read, consumed
        self._held = 0
        return batch


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


# --- in a process of its own -------------------------------------------------------------------------------------


@contextmanager
def in_subprocess(job: ImportJob, existing: Iterable[ExistingEntity]) -> Iterator[Iterator[RowBatch]]:
    """Yield the batches of a subprocess, which reads on while this process writes."""
    code = "import sys; sys.path[:] = sys.argv[1:]; from app.ingest.datasets.core.subprocess_reader import main; main()"
    process = subprocess.Popen(  # noqa: S603 - this interpreter, with nothing from outside
        [sys.executable, "-c", code, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    collecting = gc.isenabled()
    gc.disable()  # batches hold no cycles; to look for some in millions of tuples takes a tenth of the time
    try:
        with process:
            try:
                to, back = process.stdin, process.stdout
                if to and back:  # for mypy: both are pipes
                    _send_job(to, job, existing)
                    yield _receive_batches(back)
            finally:
                process.kill()
    finally:
        if collecting:
            gc.enable()


def _send_job(pipe: IO[bytes], job: ImportJob, existing: Iterable[ExistingEntity]) -> None:
    try:
        _send(pipe, job)
        for chunk in chunked(existing, EXISTING_PER_MESSAGE):
            _send(pipe, chunk)
        _send(pipe, [])
    except BrokenPipeError:
        raise UnexpectedEndError from None


def _send(pipe: IO[bytes], value: object) -> None:
    packed = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(packed).to_bytes(8))
    pipe.write(packed)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    size = int.from_bytes(pipe.read(8))
    packed = pipe.read(size)
    if not packed or len(packed) < size:
        raise UnexpectedEndError
    return pickle.loads(packed)  # noqa: S301 - from the parent process or the subprocess


def _receive_batches(pipe: IO[bytes]) -> Iterator[RowBatch]:
    """Yield the batches that come through the pipe, up to None; raise an error that comes instead."""
    while (message := _receive(pipe)) is not None:
        if isinstance(message, BaseException):
            raise message
        yield message
        del message  # so that no two batches are in memory


def main() -> None:
    """Run the subprocess: take the job from standard input, write batches to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints goes to standard error
    work = _receive(sys.stdin.buffer)
    gc.disable()
    try:
        try:
            for batch in BatchReader(work, _receive_existing(sys.stdin.buffer)).batches():
                _send(pipe, batch)
                del batch  # so that no two batches are in memory
            _send(pipe, None)
        except BrokenPipeError:
            raise
        except Exception as error:  # raised again in the parent process
            _send(pipe, error)
    except BrokenPipeError:
        os._exit(1)  # the parent process has ended


def _receive_existing(pipe: IO[bytes]) -> Iterator[ExistingEntity]:
    while chunk := _receive(pipe):
        yield from chunk
