"""Read tables from csv, csv.gz and csv.zst files, row by row, each row with the line on which it starts.

Columns are found by name, never by position. Only one batch of rows is in memory at a time.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from types import TracebackType

from app.ingest.datasets.core.streams import UnreadableFileError as UnreadableFileError
from app.ingest.datasets.core.streams import open_text, text_lines

ROWS_PER_PARSE = 256
"""Rows that are parsed under one setting of the csv module's global limit, see `_Parser.batch`."""
MAX_CELL_CHARS = 1 << 24
"""Longest cell in characters; a quote that is never closed must not swallow a file of any size."""
_HXL_TAG = re.compile(r"\s*#[a-z]", re.IGNORECASE | re.ASCII)
_UNNAMED = re.compile(r"unnamed: \d+", re.ASCII)

CsvRow = tuple[int, list[str], str | None]
"""Line on which a row starts, its cells, and the fault of the row as a whole; None if there is none."""


class _Parser:
    """Parser of rows of cells from lines of text. A faulty line spoils its row and no other."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = stream
        self._line_error: str | None = None
        self._reader = csv.reader(self._lines(), strict=True)

    def _lines(self) -> Iterator[str]:
        """Yield the lines, all ending in LF alone, so that a cell is the same in LF and CRLF copies of a file."""
        for number, line in enumerate(self._stream, 1):
            text = line
            if not line.isascii() and (fault := _first_bad_byte(line)) is not None:
                text = line.encode(errors="surrogateescape").decode(errors="replace")
                self._line_error = f"byte {fault + 1} of line {number} is not UTF-8"
            if "\0" in text:
                self._line_error = f"line {number} has a NUL byte"
            yield text[:-2] + "\n" if text.endswith("\r\n") else text

    def batch(self, size: int) -> tuple[list[CsvRow], UnreadableFileError | None]:
        """Return at most `size` rows, fewer only at the end, and the error at which the file breaks off after them.

        The csv module has one limit on the length of a cell for the whole process. This one holds only while a batch
        is parsed, so that others who parse in between keep theirs.
        """
        rows: list[CsvRow] = []
        limit = csv.field_size_limit(MAX_CELL_CHARS)
        try:
            while len(rows) < size:
                start = self._reader.line_num + 1
                try:
                    cells = next(self._reader)
                except csv.Error as error:
                    self._line_error = None
                    rows.append((start, [], _malformed(error)))
                    continue
                if cells:
                    rows.append((start, cells, self._line_error))
                self._line_error = None
        except StopIteration:
            pass
        except UnreadableFileError as error:
            line = self._reader.line_num
            return rows, UnreadableFileError(error.file, error.reason, line + 1 if line else None)
        finally:
            csv.field_size_limit(limit)
        return rows, None


def _first_bad_byte(line: str) -> int | None:
    """Return the position of the first byte that is not UTF-8, in a line decoded with `surrogateescape`."""
    try:
        line.encode()
    except UnicodeEncodeError as error:
        return len(line[: error.start].encode())
    return None


def _malformed(error: csv.Error) -> str:
    text = str(error)
    if "new-line character" in text:
        return "a carriage return stands outside quotes: lines end in LF or CRLF"
    if "unexpected end" in text:
        return "the file ends inside quotes"
    if "field limit" in text:
        return f"a cell is longer than {MAX_CELL_CHARS} characters: a quote may never be closed"
    return f"is not well-formed CSV: {text}"


def is_hxl_tag_row(cells: Sequence[str]) -> bool:
    """Return whether a row holds HXL tags: at least three cells are filled, and each of them is a tag.

    A cell of a real row may start with '#', but never all of them do.
    """
    filled = [cell for cell in cells if cell and not cell.isspace()]
    return len(filled) >= 3 and all(_HXL_TAG.match(cell) for cell in filled)


def _column_name(cell: str) -> str:
    name = cell.strip().lower()
    return "" if _UNNAMED.fullmatch(name) else name


class CsvTable:
    """A csv, csv.gz or csv.zst file with a header; close it, or use it in a `with`.

    `columns` are the names in the header, trimmed and in lower case, "" for a column without one (the index that
    pandas writes). `size` is that of the file on the disk, in bytes. Raises UnreadableFileError, as do its methods.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._text: io.TextIOWrapper | None = None
        try:
            self._raw = path.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableFileError(self.name, error.strerror or "cannot be opened") from None
        try:
            self.size = os.fstat(self._raw.fileno()).st_size
            self._text = open_text(self._raw, self.name)
            self._parser = _Parser(text_lines(self._text, self.name))
            self.columns = self._header()
        except BaseException:
            self.close()
            raise

    def _header(self) -> list[str]:
        rows, failure = self._parser.batch(1)
        if failure:
            raise failure
        if not rows:
            raise UnreadableFileError(self.name, "is empty: there is no header")
        line, cells, problem = rows[0]
        if problem:
            raise UnreadableFileError(self.name, f"the header cannot be read: {problem}", line)
        columns = [_column_name(cell) for cell in cells]
        if len(columns) == 1 and re.search(r"[;\t|]", columns[0]):
            raise UnreadableFileError(self.name, "the header has one column: cells are separated by commas", line)
        return columns

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it lies on the disk, that were read so far: for a progress bar."""
        return self._raw.tell()

    def require_columns(self, names: Sequence[str]) -> None:
        """Raise UnreadableFileError if the file lacks one of these columns."""
        missing = [name for name in names if name not in self.columns]
        if len(missing) == len(names):
            raise UnreadableFileError(self.name, "has no header: its first line names none of the columns")
        if missing:
            raise UnreadableFileError(self.name, f"lacks columns: {', '.join(missing)}")

    def column_getter(self, names: Sequence[str]) -> Callable[[list[str]], tuple[str, ...]]:
        """Return a function that picks the cells of these columns, in this order; "" where the file lacks a column."""
        twice = [name for name in names if self.columns.count(name) > 1]
        if twice:
            raise UnreadableFileError(self.name, f"the header names a column twice: {', '.join(twice)}")
        width = len(self.columns)
        places = [self.columns.index(name) if name in self.columns else width for name in names]
        if len(places) < 2:  # itemgetter of one place gives a cell, not a tuple
            return lambda cells: tuple([*cells, ""][place] for place in places)
        pick = itemgetter(*places)
        return (lambda cells: pick([*cells, ""])) if width in places else pick

    def rows(self) -> Iterator[CsvRow]:
        """Yield every row after the header, but for an HXL tag row and empty lines.

        A row with too few or too many cells, or with bytes that are not UTF-8, comes with its fault. Raises
        UnreadableFileError, with the line, where the file breaks off.
        """
        width = len(self.columns)
        first = True
        for row in self._batches():
            line, cells, problem = row
            if first:
                first = False
                if problem is None and is_hxl_tag_row(cells):
                    continue
            if problem is None and len(cells) != width:
                row = line, cells, f"has {len(cells)} cells, the header has {width}"
            yield row

    def _batches(self) -> Iterator[CsvRow]:
        rows, failure = self._parser.batch(ROWS_PER_PARSE)
        while rows:
            yield from rows
            if failure:
                break
            rows, failure = self._parser.batch(ROWS_PER_PARSE)
        if failure:
            raise failure

    def close(self) -> None:
        """Close the file."""
        if self._text:
            self._text.close()
        self._raw.close()

    def __enter__(self) -> "CsvTable":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
