"""Choose between rows of one event: refuse the second, or keep the newest where rows have a timestamp.

A first pass over the files finds the events with several rows, so that all others need not wait for the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from app import models
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError
from app.ingest.datasets.core.records import Rejected
from app.models.base import table_of

IDS_PER_QUERY = 5000
MAX_WAITING_CHARS = 1 << 29
"""Characters of the rows that may wait in memory for a newer version."""


class StoredVersions(NamedTuple):
    """Versions of events that are known before the import, by the ids of events."""

    repeated: frozenset[str]
    """Events with more than one row in the files."""
    timestamps: Mapping[str, int]
    """Unix seconds of the last change of stored events."""


def load_versions(
    connection: Connection, dataset: Dataset, pack_id: str, files: Sequence[Path], *, full_snapshot: bool
) -> StoredVersions:
    """Find repeated events in the files, and the timestamps of stored ones.

    With `full_snapshot` the files replace the dataset, and stored timestamps do not count.
    """
    event, raw = table_of(models.Event), table_of(dataset.raw_table)
    statement = select(event.c.id, raw.c.timestamp).join(raw, raw.c.event_pk == event.c.pk)
    statement = statement.where(event.c.pack_id == pack_id, raw.c.timestamp.is_not(None))
    seen: set[str] = set()
    repeated: set[str] = set()
    stamps: dict[str, int] = {}
    event_ids = _ids(dataset, files)
    while ids := list(islice(event_ids, IDS_PER_QUERY)):
        for id_ in ids:
            (repeated if id_ in seen else seen).add(id_)
        if not full_snapshot:
            stamps.update(connection.execute(statement.where(event.c.id.in_(ids))).all())
    return StoredVersions(frozenset(repeated), stamps)


def _ids(dataset: Dataset, files: Sequence[Path]) -> Iterator[str]:
    for path in files:
        with CsvTable(path) as table:
            pick = table.column_getter((dataset.id_column,))
            for _, cells, problem in table.rows():
                if problem is None:
                    try:
                        yield dataset.event_id(pick(cells)[0])
                    except ValueError:
                        continue


class Decision(Enum):
    """Fate of a readable record."""

    ACCEPT = auto()
    """Store it."""
    WAIT = auto()
    """Keep it until the end: a newer version may follow."""
    OUTDATED = auto()
    """Pass over it: a newer version exists."""
    UNCHANGED = auto()
    """Pass over it: an equal row came before."""


class RejectDuplicates:
    """Policy that accepts one record of each id and rejects a second one."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self.waiting: dict[str, Any] = {}

    def decide(self, record: Any) -> Decision | Rejected:
        """Return the fate of a record, or the reason against it."""
        if record.id in self._seen:
            id_text = str(record.id)
            return Rejected(record.line, id_text, "id", id_text, "was there before")
        self._seen.add(record.id)
        return Decision.ACCEPT


class KeepNewest:
    """Policy that accepts the newest record of each event; events with several rows are `waiting` until the end."""

    def __init__(self, dataset: Dataset, versions: StoredVersions) -> None:
        self._dataset = dataset
        self._versions = versions
        self.waiting: dict[str, Any] = {}
        self._waiting_chars = 0

    def decide(self, record: Any) -> Decision | Rejected:
        """Return the fate of a record, or the reason against it."""
        id_, stamp = self._dataset.event_id(record.id), record.timestamp or 0
        if stamp < self._versions.timestamps.get(id_, 0):
            return Decision.OUTDATED
        if id_ not in self._versions.repeated:
            return Decision.ACCEPT
        before = self.waiting.get(id_)
        if before is None or stamp > (before.timestamp or 0):
            self.waiting[id_] = record
            self._waiting_chars += sum([len(cell) for cell in record.cells if cell])
            if self._waiting_chars > MAX_WAITING_CHARS:
                reason = "too many events have several rows: import the files one after the other"
                raise UnreadableFileError(self._dataset.id, reason)
            return Decision.WAIT
        if stamp < (before.timestamp or 0):
            return Decision.OUTDATED
        if record.cells == before.cells:
            return Decision.UNCHANGED
        timestamp_text, reason = str(record.timestamp or ""), "was there before with this timestamp and other cells"
        return Rejected(record.line, str(record.id), "timestamp", timestamp_text, reason)
