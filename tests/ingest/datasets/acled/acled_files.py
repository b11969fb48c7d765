"""Made-up files of ACLED, read row by row."""

from pathlib import Path

from app.codebooks.acled import ACLED_COLUMNS
from app.ingest.datasets.acled.reader import AcledReader, AcledRecord
from app.ingest.datasets.core.records import Rejected


def one(path: Path) -> AcledRecord:
    [record] = AcledReader.records(path)
    assert isinstance(record, AcledRecord), record
    return record


def refused(path: Path) -> list[tuple[str, str, str]]:
    """Field, value and reason of every rejection."""
    found = list(AcledReader.records(path))
    assert all(isinstance(row, Rejected) for row in found), found
    return [(row.field, row.value, row.reason) for row in found if isinstance(row, Rejected)]


def cells_of(record: AcledRecord) -> dict[str, str | None]:
    return dict(zip(ACLED_COLUMNS, record.cells, strict=True))
