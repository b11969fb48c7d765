"""Tables in files: csv, csv.gz and csv.zst, row by row, each with the line on which it starts.

What a file is follows from its first bytes, never from its name. Columns are found by name, never by place.
Only one batch of rows is in memory at a time.
"""

import csv
import io
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from app.errors import OxusError

CHUNK_BYTES = 1 << 16
ROWS_PER_PARSE = 256
"""Rows that are parsed under one setting of the csv module's global limit, see `_Parser.batch`."""
MAX_CELL_CHARS = 1 << 24
"""In characters; a quote that is never closed must not swallow a file of any size."""
INSTALL_ZSTD = "compressed with zstd; to read it: pip install -c requirements.lock -e '.[import]'"
GZIP, ZSTD, BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
UNSUPPORTED_MAGIC = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: take the CSV file out of it first",
    b"BZh": "compressed with bzip2; csv, csv.gz and csv.zst are read",
    b"\xfd7zXZ": "compressed with xz; csv, csv.gz and csv.zst are read",
    b"\xff\xfe": "UTF-16: save it as UTF-8 first",
    b"\xfe\xff": "UTF-16: save it as UTF-8 first",
}
_HXL_TAG = re.compile(r"\s*#[a-z]", re.IGNORECASE | re.ASCII)
_UNNAMED = re.compile(r"unnamed: \d+", re.ASCII)

CsvRow = tuple[int, list[str], str | None]
"""The line on which a row starts, its cells, and what is wrong with it as a row; None when nothing is."""


@dataclass
class UnreadableFileError(OxusError):
    """A file cannot be read as a table, wholly or from a line on."""

    file: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}" if self.line is None else f"{self.file}: line {self.line}: {self.reason}"


# --- bytes -------------------------------------------------------------------------------------------------------


def _zstd_decompressor() -> Any:
    return import_module("zstandard").ZstdDecompressor().decompressobj()


def _gzip_decompressor() -> Any:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _decompress(chunks: Iterable[bytes], start: Callable[[], Any], file: str) -> Iterator[bytes]:
    """What compressed chunks hold: any number of members or frames, zeros as padding after the last."""
    unit, done = None, False
    for chunk in chunks:
        packed = chunk
        while packed and not (done and unit is None and not packed.strip(b"\0")):
            unit = unit or start()
            try:
                data = unit.decompress(packed)
            except Exception as error:  # zlib.error or ZstdError, which cannot be named unless it is installed
                after = "something that is not compressed follows the data" if done else "the compressed data is broken"
                raise UnreadableFileError(file, f"{after} ({error})") from None
            if data:
                yield data
            packed = b""
            if unit.eof:
                packed, unit, done = unit.unused_data, None, True
    if unit is not None:
        raise UnreadableFileError(file, "the compressed data ends too early: the file is cut off")


class _ByteStream(io.RawIOBase):
    """Chunks of bytes as a stream, of which io.BufferedReader makes lines."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _check_magic(head: bytes, file: str) -> None:
    for magic, reason in UNSUPPORTED_MAGIC.items():
        if head.startswith(magic):
            raise UnreadableFileError(file, reason)


def _open_stream(raw: BinaryIO, file: str) -> Iterable[bytes]:
    """The lines of a file, uncompressed and without a byte order mark."""
    chunks = iter(lambda: raw.read(CHUNK_BYTES), b"")
    head = next(chunks, b"")
    _check_magic(head, file)
    packed = _chain(head, chunks)
    if head.startswith(GZIP):
        packed = _decompress(packed, _gzip_decompressor, file)
    elif head.startswith(ZSTD):
        try:
            import_module("zstandard")
        except ImportError:
            raise UnreadableFileError(file, INSTALL_ZSTD) from None
        packed = _decompress(packed, _zstd_decompressor, file)
    stream = io.BufferedReader(_ByteStream(packed), CHUNK_BYTES)
    head = stream.peek(len(BOM))
    _check_magic(head, file)
    if b"\0" in head.partition(b"\n")[0]:
        raise UnreadableFileError(file, "not a text file: its first line has NUL bytes")
    if head.startswith(BOM):
        stream.read(len(BOM))
    return stream


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


# --- rows --------------------------------------------------------------------------------------------------------


class _Parser:
    """Rows of cells from lines of bytes; what is wrong with a line spoils its row and no other."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self._line_error: str | None = None
        self._reader = csv.reader(self._lines(), strict=True)

    def _lines(self) -> Iterator[str]:
        """The lines as text, all ending in LF alone, so that a cell is the same in LF and CRLF copies of a file."""
        for number, line in enumerate(self._stream, 1):
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                text = line.decode(errors="replace")
                self._line_error = f"byte {error.start + 1} of line {number} is not UTF-8"
            if "\0" in text:
                self._line_error = f"line {number} has a NUL byte"
            yield text[:-2] + "\n" if text.endswith("\r\n") else text

    def batch(self, size: int) -> tuple[list[CsvRow], UnreadableFileError | None]:
        """At most `size` rows, fewer only at the end, and why the file breaks off after them if it does.

        The csv module has one limit on the length of a cell for the whole process. It is another one only while
        a batch is parsed, so that nobody else's limit changes between two rows of ours.
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
    """Whether a row holds HXL tags: every cell that is not empty is one, and there are at least three.

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
    pandas writes). `bytes_read` of `size` bytes of the file, as it lies on the disk, were read: for a progress bar.
    Raises UnreadableFileError, as do its methods.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        try:
            self._raw = path.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableFileError(self.name, error.strerror or "cannot be opened") from None
        try:
            self.size = os.fstat(self._raw.fileno()).st_size
            self._parser = _Parser(self._lines())
            self.columns = self._header()
        except BaseException:
            self.close()
            raise

    def _lines(self) -> Iterator[bytes]:
        try:
            yield from _open_stream(self._raw, self.name)
        except OSError as error:
            raise UnreadableFileError(self.name, error.strerror or "cannot be read") from None

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
        """How many bytes of the file were read so far."""
        return self._raw.tell()

    def require_columns(self, names: Sequence[str]) -> None:
        """Refuse the file when it lacks one of these columns."""
        missing = [name for name in names if name not in self.columns]
        if len(missing) == len(names):
            raise UnreadableFileError(self.name, "has no header: its first line names none of the columns")
        if missing:
            raise UnreadableFileError(self.name, f"lacks columns: {', '.join(missing)}")

    def column_getter(self, names: Sequence[str]) -> Callable[[list[str]], tuple[str, ...]]:
        """What takes the cells of these columns out of a row, in this order; "" where the file lacks a column."""
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
        """Every row after the header, without an HXL tag row and without rows that hold nothing at all.

        A row that does not have one cell for each column is given with its problem; so is one with bytes that are
        no text. Raises UnreadableFileError, with the line, where the file breaks off.
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
        self._raw.close()

    def __enter__(self) -> "CsvTable":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
