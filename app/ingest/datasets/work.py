"""Reading files into batches of rows, in this process or in one of its own.

What needs no database is done beside the process that writes, so that two cores work at the same time. The other
process ends with this one, however this one ends: what it writes to is gone then. It leaves Ctrl-C to this one.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from app.errors import OxusError
from app.ingest.datasets.batch import Batch, Ids
from app.ingest.datasets.dataset import Dataset, DatasetRecord, Rejected
from app.ingest.datasets.files import Table
from app.ingest.datasets.newest import Newest, Once, Verdict, Versions
from app.ingest.datasets.references import Codes, Stored
from app.ingest.datasets.rows import Kind

STORED_AT_A_TIME = 5000
Item = TypeVar("Item")


@dataclass(frozen=True)
class Work:
    """What is to be read, and all that must be known for it."""

    dataset: Dataset
    files: tuple[Path, ...]
    ids: Ids
    actors: Codes
    locations: Codes
    at_a_time: int
    """Records in a batch."""
    collect: bool
    """Whether it is wanted at the end what all records refer to."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """What stored actors are, of a dataset whose actors have names."""
    versions: Versions | None = None
    """What is known ahead, of a dataset whose rows tell when they were last changed."""


class UnexpectedEndError(OxusError):
    """The other process is gone before its work was done."""

    def __str__(self) -> str:
        return "the process that reads the files ended too early (out of memory?)"


class Reading:
    """The batches of one import."""

    def __init__(self, work: Work, stored: Iterable[Stored]) -> None:
        self.work = work
        self.rows = work.dataset.rows(work.ids, work.actors, work.locations, stored, collect=work.collect)
        self.rows.remember(work.kinds)
        self.choice = Once() if work.versions is None else Newest(work.dataset, work.versions)
        self.read = 0

    def batches(self) -> Iterator[Batch]:
        """One for every so many records, one at the end of each file, and one for what only the end tells."""
        before = 0
        for path in self.work.files:
            with Table(path) as table:
                for record in self.work.dataset.read(table):
                    if self._add(record, path) and self.read % self.work.at_a_time == 0:
                        yield self._taken(before + table.consumed)
                before += table.consumed
            yield self._taken(before)
        yield from self._last(before)
        if self.work.collect:
            yield Batch(rows=self.read, consumed=before, referred=self.rows.referred)

    def _last(self, consumed: int) -> Iterator[Batch]:
        for records in chunks(self.choice.waiting.values(), self.work.at_a_time):
            for record in records:
                self.rows.add(record)
            yield self._taken(consumed)
        kinds = self.rows.settle()
        if kinds:
            batch = self._taken(consumed)
            batch.kinds = kinds
            yield batch

    def _add(self, record: DatasetRecord | Rejected, path: Path) -> bool:
        """Whether the record is one of those that are kept."""
        batch = self.rows.batch
        if isinstance(record, Rejected):
            batch.rejected.append((str(path), record))
            try:
                batch.kept.add(self.work.dataset.event_id(record.id))
            except ValueError:
                batch.unreadable = True
            return False
        found = self.choice.look(record)
        if isinstance(found, Rejected):
            batch.rejected.append((str(path), found))
            return False
        self.read += 1
        batch.older += found is Verdict.OLDER
        if found is Verdict.NOW:
            self.rows.add(record)
        if found in (Verdict.NOW, Verdict.LATER) and record.warnings:
            batch.warned += 1
            batch.odd += [
                (str(path), Rejected(record.line, str(record.id), odd.field, odd.value, odd.reason))
                for odd in record.warnings
            ]
        return True

    def _taken(self, consumed: int) -> Batch:
        batch = self.rows.take()
        batch.rows, batch.consumed = self.read, consumed
        return batch


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items, so many at a time."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


# --- in a process of its own -------------------------------------------------------------------------------------


@contextmanager
def beside(work: Work, stored: Iterable[Stored]) -> Iterator[Iterator[Batch]]:
    """The batches, made by another process while this one writes those before."""
    code = "import sys; sys.path[:] = sys.argv[1:]; from app.ingest.datasets.work import main; main()"
    process = subprocess.Popen(  # noqa: S603 - this interpreter, with nothing from outside
        [sys.executable, "-c", code, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    collecting = gc.isenabled()
    gc.disable()  # batches hold no cycles, and to look for some in millions of tuples takes a tenth of the time
    try:
        with process:
            try:
                to, back = process.stdin, process.stdout
                if to and back:  # both are pipes, as said above
                    _send_all(to, work, stored)
                    yield _received(back)
            finally:
                process.kill()
    finally:
        if collecting:
            gc.enable()


def _send_all(pipe: IO[bytes], work: Work, stored: Iterable[Stored]) -> None:
    try:
        _send(pipe, work)
        for chunk in chunks(stored, STORED_AT_A_TIME):
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
    return pickle.loads(packed)  # noqa: S301 - from a process that this one has started, or that has started this one


def _received(pipe: IO[bytes]) -> Iterator[Batch]:
    """The batches that come through the pipe, up to None; an error that comes instead is raised."""
    while (found := _receive(pipe)) is not None:
        if isinstance(found, BaseException):
            raise found
        yield found
        del found  # so that no two are held at a time


def main() -> None:
    """The other process: takes its work from standard input, puts batches into standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may come between the batches
    work = _receive(sys.stdin.buffer)
    gc.disable()
    try:
        try:
            for batch in Reading(work, _stored(sys.stdin.buffer)).batches():
                _send(pipe, batch)
                del batch  # so that no two are held at a time
            _send(pipe, None)
        except BrokenPipeError:
            raise
        except Exception as error:  # whatever it is, it is raised where the import was asked for
            _send(pipe, error)
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more


def _stored(pipe: IO[bytes]) -> Iterator[Stored]:
    while chunk := _receive(pipe):
        yield from chunk
