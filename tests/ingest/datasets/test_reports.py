"""Reports of imports: on the disk before the import commits, so that what failed changed nothing."""

import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from stored_state import clean, holds, newest

from app.commands import import_files
from app.errors import OutputError
from app.ingest.datasets.core import reports, run
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.core.reports import ReportPaths, Reports
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import RECORDS, Write, rec
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import write as write

BAD = (*RECORDS, rec("x"), rec(900, low="9"))
"""Records of which one is rejected and one is odd."""


@pytest.fixture
def paths(tmp_path: Path) -> ReportPaths:
    folder = tmp_path / "reports"
    folder.mkdir()
    return ReportPaths(folder / "rejected.csv", folder / "odd.csv")


def imported(url: str, paths: ReportPaths, *files: Path) -> list[str]:
    return list(import_files(Settings(database_url=url), "ucdp-ged", files, None, paths, lambda *_: None))


def fails_to_write(_path: ReportPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullWriter:
        def writerow(self, _cells: Any) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(csv, "writer", lambda _file: FullWriter())


def fails_to_flush(_path: ReportPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reports.os, "fsync", fsync)


def is_removed(paths: ReportPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removes the folder while rows are written."""
    added = Reports.add

    def add(self: Reports, batch: Any) -> None:
        added(self, batch)
        for file in paths.rejected.parent.iterdir():
            file.unlink()
        if paths.rejected.parent.exists():
            paths.rejected.parent.rmdir()

    monkeypatch.setattr(Reports, "add", add)


@pytest.mark.each_database
@pytest.mark.parametrize("fault", [fails_to_write, fails_to_flush, is_removed])
def test_a_report_that_fails_leaves_the_database_as_it_was(
    empty_url: str, paths: ReportPaths, write: Write, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    first, second = write(rec(1)), write(*BAD)
    imported(empty_url, paths, first)
    before, revision = holds(empty_url), newest(empty_url)
    fault(paths, monkeypatch)
    with pytest.raises(OutputError, match=r"\.csv cannot be written: .*; nothing was imported"):
        imported(empty_url, paths, second)
    monkeypatch.undo()
    assert (holds(empty_url), newest(empty_url)) == (before, revision)
    assert clean(empty_url)
    assert not paths.rejected.parent.exists() or list(paths.rejected.parent.iterdir()) == []


@pytest.mark.parametrize("device", ["/dev/full"])
def test_a_full_device_is_told(empty_url: str, paths: ReportPaths, write: Write, device: str) -> None:
    with pytest.raises(
        OutputError, match=r"^/dev/full cannot be written: No space left on device; nothing was imported"
    ):
        imported(empty_url, paths._replace(rejected=Path(device)), write(*BAD))
    assert newest(empty_url) == 0


@pytest.mark.each_database
def test_an_import_that_fails_leaves_the_reports_of_the_last_one(
    empty_url: str, paths: ReportPaths, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(*BAD)
    imported(empty_url, paths, first)
    before = [path.read_bytes() for path in paths]
    assert all(before)

    @contextmanager
    def failing(engine: Engine, **settings: Any) -> Iterator[Connection]:
        with transaction(engine, **settings) as connection:
            yield connection
            raise RuntimeError("the commit fails")

    transaction = run.write_transaction
    monkeypatch.setattr(run, "write_transaction", failing)
    with pytest.raises(RuntimeError):
        imported(empty_url, paths, write(rec("y"), rec(901, low="9")))
    assert [path.read_bytes() for path in paths] == before
    assert sorted(path.name for path in paths.rejected.parent.iterdir()) == ["odd.csv", "rejected.csv"]
    assert newest(empty_url) == 1


def test_a_report_that_cannot_take_its_name_says_that_the_import_is_stored(
    empty_url: str, paths: ReportPaths, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Reports.save

    def save(self: Reports) -> None:
        saved(self)
        paths.rejected.mkdir()

    monkeypatch.setattr(Reports, "save", save)
    with pytest.raises(OutputError, match=r"rejected\.csv cannot be written: .*; the import itself is stored"):
        imported(empty_url, paths, write(*BAD))
    assert newest(empty_url) == 1


def test_reports_over_files_to_import_or_over_each_other_are_refused(
    empty_url: str, paths: ReportPaths, write: Write
) -> None:
    path = write(*BAD)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="it is a file to import"):
        imported(empty_url, paths._replace(warnings=path), path)
    with pytest.raises(OutputError, match="name two files"):
        imported(empty_url, paths._replace(warnings=paths.rejected), path)
    assert (path.read_bytes(), newest(empty_url)) == (before, 0)


def test_a_report_holds_so_many_rows_and_counts_the_others(
    empty_url: str, paths: ReportPaths, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MAX_REPORT_ROWS", 3)
    lines = imported(empty_url, paths, write(rec(1), *[rec(f"x{number}") for number in range(10)]))
    rows = list(csv.reader(io.StringIO(paths.rejected.read_text("utf-8"))))
    assert [row[2] for row in rows] == ["id", "x0", "x1", "x2", ""]
    assert rows[-1] == ["", "", "", "", "", "and 7 more"]
    assert lines[-1].startswith("10 rows were left out; ")


def test_a_result_holds_so_many_faults_and_the_report_all(
    empty_url: str, paths: ReportPaths, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MAX_KEPT_FAULTS", 5)
    imported(empty_url, paths, write(rec(1), *[rec(f"x{number}") for number in range(10)]))
    assert len(paths.rejected.read_text("utf-8").splitlines()) == 11


def test_characters_that_mislead_are_escaped_in_reports(paths: ReportPaths) -> None:
    with Reports(paths) as written:
        written.rejected.add(
            [(os.fsdecode(b"na\xefve.csv"), Rejected(2, "1\u202e", "side_a", "a\x1b[2J\nb", "is odd"))]
        )
        written.save()
    (_, row) = csv.reader(io.StringIO(paths.rejected.read_text("utf-8"), newline=""))
    assert row == ["na\\udcefve.csv", "2", "1\\u202e", "side_a", "a\\u001b[2J\nb", "is odd"]
