"""Read tables from csv, csv.gz and csv.zst files, row by row, each row with the line on which it starts.

Columns are found by name, never by position. Only one batch of rows is in memory at a time. Each bound below is many
times what published files hold: the longest row known has 7,751 characters, the longest cell 3,764.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from app.ingest.datasets.core.streams import UnreadableFileError as UnreadableFileError
from app.ingest.datasets.core.streams import check_regular_file, open_text, text_lines

ROWS_PER_PARSE = 256
"""Rows that are parsed under one setting of the csv module's global limit, see `_Parser.batch`."""
MAX_CELL_CHARS = 1 << 18
"""Longest cell in characters; a quote that is never closed must not swallow a file of any size."""
MAX_ROW_CHARS = 1 << 20
"""Longest row, and longest line, in characters. Parsing of a batch also ends once it has read so many."""
MAX_COLUMNS = 1000
MAX_ROWS = 5_000_000
"""Most rows of a file: ids of all are kept in memory. UCDP GED has 385,000 rows, all of ACLED fewer than 3 million."""
MAX_EXPANSION = 200
"""Most characters that a byte of a compressed file may become; published files have 5 to 16."""
MIN_EXPANDED_CHARS = 16 << 20
"""Characters up to which a file may be compressed to any degree."""
_HXL_TAG = re.compile(r"\s*#[a-z]", re.IGNORECASE | re.ASCII)
_UNNAMED = re.compile(r"unnamed: \d+", re.ASCII)
_ROW_TOO_LONG = "row too long"

CsvRow = tuple[int, list[str], str | None]
"""Line on which a row starts, its cells, and the fault of the row as a whole; None if there is none."""


class _Batch(NamedTuple):
    """Rows of a file, and what follows them."""

    rows: list[CsvRow]
    failure: UnreadableFileError | None = None
    """Error at which the file breaks off."""
    is_last: bool = False


class _Parser:
    """Parser of rows of cells from lines of text. A faulty line spoils its row and no other."""

    def __init__(self, stream: Iterator[str], file: str) -> None:
        self._stream = stream
        self._file = file
        self._line_error: str | None = None
        self._line = 0
        self._row_chars = 0
        self.chars_read = 0
        """Characters of all lines read so far, without those of a row that is not yet complete."""
        self._reader = csv.reader(self, strict=True)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line, which ends in LF alone, so that a cell is the same in LF and CRLF copies of a file."""
        line = next(self._stream)
        self._line += 1
        size = len(line)
        self._row_chars += size
        if self._row_chars > MAX_ROW_CHARS:
            if size > MAX_ROW_CHARS:
                raise UnreadableFileError(self._file, f"is longer than {MAX_ROW_CHARS} characters", self._line)
            raise csv.Error(_ROW_TOO_LONG)
        if not line.isascii() and (fault := _first_bad_byte(line)) is not None:
            line = line.encode(errors="surrogateescape").decode(errors="replace")
            self._line_error = f"byte {fault + 1} of line {self._line} is not UTF-8"
        if "\0" in line:
            self._line_error = f"line {self._line} has a NUL byte"
        return line[:-2] + "\n" if line.endswith("\r\n") else line

    def batch(self, size: int) -> _Batch:
        """Return at most `size` rows, fewer at the end or where they are long.

        The csv module has one limit on the length of a cell for the whole process. This one holds only while a batch
        is parsed, so that others who parse in between keep theirs.
        """
        rows: list[CsvRow] = []
        limit = csv.field_size_limit(MAX_CELL_CHARS)
        full_at = self.chars_read + MAX_ROW_CHARS
        try:
            while len(rows) < size and self.chars_read < full_at:
                start = self._line + 1
                try:
                    cells = next(self._reader)
                    if cells:
                        rows.append((start, cells, self._line_error))
                except csv.Error as error:
                    rows.append((start, [], _malformed(error)))
                self._line_error = None
                self.chars_read += self._row_chars
                self._row_chars = 0
        except StopIteration:
            return _Batch(rows, is_last=True)
        except UnreadableFileError as error:
            line = error.line or (self._line + 1 if self._line else None)
            return _Batch(rows, UnreadableFileError(error.file, error.reason, line))
        finally:
            csv.field_size_limit(limit)
        return _Batch(rows)


def _first_bad_byte(line: str) -> int | None:
    """Return the position of the first byte that is not UTF-8, in a line decoded with `surrogateescape`."""
    try:
        line.encode()
    except UnicodeEncodeError as error:
        return len(line[: error.start].encode())
    return None


def _malformed(error: csv.Error) -> str:
    text = str(error)
    if text == _ROW_TOO_LONG:
        return f"the row is longer than {MAX_ROW_CHARS} characters: a quote may never be closed"
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
        check_regular_file(path)
        try:
            self._raw = path.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableFileError(self.name, error.strerror or "cannot be opened") from None
        try:
            self.size = os.fstat(self._raw.fileno()).st_size
            self._text = open_text(self._raw, self.name)
            self._parser = _Parser(text_lines(self._text, self.name, MAX_ROW_CHARS + 1), self.name)
            self.columns = self._header()
        except BaseException:
            self.close()
            raise

    def _header(self) -> list[str]:
        batch = self._parser.batch(1)
        if batch.failure:
            raise batch.failure
        if not batch.rows:
            raise UnreadableFileError(self.name, "is empty: there is no header")
        line, cells, problem = batch.rows[0]
        if problem:
            raise UnreadableFileError(self.name, f"the header cannot be read: {problem}", line)
        if len(cells) > MAX_COLUMNS:
            raise UnreadableFileError(
                self.name, f"the header has {len(cells)} columns, and {MAX_COLUMNS} are read", line
            )
        columns = [_column_name(cell) for cell in cells]
        if len(columns) == 1 and re.search(r"[;\t|]", columns[0]):
            raise UnreadableFileError(self.name, "the header has one column: cells are separated by commas", line)
        return columns

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it lies on the disk, that were read so far: for a progress bar."""
        return self._raw.tell()

    @property
    def chars_read(self) -> int:
        """Characters of all rows parsed so far."""
        return self._parser.chars_read

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
        UnreadableFileError, with the line, where the file breaks off or a line is too long, and for a file of too
        many rows or one that is compressed beyond any real table.
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
        count = 0
        while True:
            batch = self._parser.batch(ROWS_PER_PARSE)
            count += len(batch.rows)
            yield from batch.rows
            if batch.failure:
                raise batch.failure
            if batch.is_last:
                return
            if count > MAX_ROWS:
                raise UnreadableFileError(self.name, f"has more than {MAX_ROWS} rows: import it in parts")
            if self.chars_read > max(MIN_EXPANDED_CHARS, MAX_EXPANSION * self.bytes_read):
                reason = f"grows to more than {MAX_EXPANSION} times its size when it is unpacked: no such table is read"
                raise UnreadableFileError(self.name, reason)

    def close(self) -> None:
        """Close the file."""
        if self._text:
            self._text.close()
        self._raw.close()

    def __enter__(self) -> "CsvTable":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
