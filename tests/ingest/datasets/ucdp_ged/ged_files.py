"""Made-up files of UCDP GED, read row by row."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from app.ingest.datasets.core.files import UnreadableFileError
from app.ingest.datasets.ucdp_ged.reader import LAYOUT, GedReader, GedRecord

quick = settings(max_examples=60)


@pytest.fixture
def zstandard() -> ModuleType:
    reason = "NOT RUN: zstandard is missing; it comes with the extra `import`"
    module: ModuleType = pytest.importorskip("zstandard", reason=reason)
    return module


def one(path: Path) -> GedRecord:
    [record] = GedReader.records(path)
    assert isinstance(record, GedRecord), record
    return record


def cells_of(record: GedRecord, *names: str) -> list[Any]:
    return [record.cells[LAYOUT.index[name]] for name in names]


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFileError) as refused:
        list(GedReader.records(path))
    return str(refused.value)
