"""Reports (CSV) of an import: rows that were left out, and rows that were kept with a warning.

Rows are written to temporary files as they come, so that memory does not grow with them. `save` makes sure that the
files are on the disk before the import commits. They take their names after it, so a failed import leaves old reports.
"""

import csv
import io
import os
import stat
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

from app.errors import OutputError
from app.files import atomic_write
from app.formats.as_csv import escape_formula
from app.ingest.datasets.core.batch import RowBatch
from app.ingest.datasets.core.records import Rejected
from app.names import FORBIDDEN_IN_PROSE

REPORT_COLUMNS = ("file", "line", "id", "field", "value", "reason")
MAX_REPORT_ROWS = 1_000_000
"""Most rows of a report; its last line counts the others."""


class ReportPaths(NamedTuple):
    """Files that list rows that were left out, and rows that were kept with a warning."""

    rejected: Path
    warnings: Path


class Report:
    """A report that is made when its first row comes."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self.rows = 0
        """Rows that came, including those beyond `MAX_REPORT_ROWS`."""
        self._stack = stack
        self._file: BinaryIO | None = None

    def add(self, rows: Iterable[tuple[str, Rejected]]) -> None:
        """Write rows, each after its file. Raises OutputError when the report cannot be written."""
        for name, row in rows:
            if self._file is None:
                self._open()
            self.rows += 1
            if self.rows <= MAX_REPORT_ROWS:
                self._write((name, *astuple(row)))

    def _open(self) -> None:
        self._file = self._stack.enter_context(atomic_write(str(self.path)))
        text = io.TextIOWrapper(self._file, "utf-8", newline="", write_through=True)
        self._stack.callback(text.detach)  # else the file would be closed with it
        self._writer = csv.writer(text)
        self._write(REPORT_COLUMNS)

    def _write(self, cells: Iterable[object]) -> None:
        try:
            self._writer.writerow([escape_formula(_escaped(str(cell))) for cell in cells])
        except OSError as error:
            raise self._failure(error) from error

    def save(self) -> None:
        """Make sure that all rows are on the disk. Raises OutputError when they are not."""
        if self._file is None:
            return
        if self.rows > MAX_REPORT_ROWS:
            self._write(("", "", "", "", "", f"and {self.rows - MAX_REPORT_ROWS} more"))
        try:
            self._file.flush()
            status = os.fstat(self._file.fileno())
            if stat.S_ISREG(status.st_mode) and str(self.path) != "-":
                os.fsync(self._file.fileno())
                Path(self._file.name).stat()  # fails if somebody has removed the folder meanwhile
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path} cannot be written: {error.strerror}; nothing was imported")


class Reports:
    """Both reports of an import; a context that gives them their names at its end, or removes them on an error."""

    def __init__(self, paths: ReportPaths) -> None:
        self._stack = ExitStack()
        self.rejected = Report(paths.rejected, self._stack)
        self.warnings = Report(paths.warnings, self._stack)

    def add(self, batch: RowBatch) -> None:
        """Write what a batch reports."""
        self.rejected.add(batch.rejected)
        self.warnings.add(batch.warnings)

    def save(self) -> None:
        """Make sure that both are on the disk. Raises OutputError when they are not."""
        self.rejected.save()
        self.warnings.save()

    def __enter__(self) -> "Reports":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._stack.__exit__(kind, error, at)
        except Exception as failure:
            if error is None:
                raise OutputError(f"{failure}; the import itself is stored") from failure
            # Else the first error says why: a file that cannot be written cannot be closed either.


def _escaped(text: str) -> str:
    """Return a text in which characters that mislead a reader or a program are escaped."""
    if text.isprintable():
        return text
    return FORBIDDEN_IN_PROSE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
