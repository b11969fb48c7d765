"""Open csv, csv.gz and csv.zst files as lines of text. The first bytes tell the compression, never the name."""

import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Protocol

from app.errors import OxusError

CHUNK_BYTES = 1 << 16
ZSTD_FEED_BYTES = 512
"""Bytes that a zstd decompressor gets at a time. A block of 4 may grow to 128 kB, so these become 16 MB at most."""
MAX_ZSTD_WINDOW = 1 << 27
"""Largest window of a zstd frame in bytes, which the decompressor keeps in memory: that of `zstd --long`."""
INSTALL_ZSTD = "compressed with zstd; to read it: pip install -c requirements.lock -e '.[import]'"
CUT_OFF = "the compressed data ends too early: the file is cut off"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
UNSUPPORTED_MAGIC = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: take the CSV file out of it first",
    b"BZh": "compressed with bzip2; csv, csv.gz and csv.zst are read",
    b"\xfd7zXZ": "compressed with xz; csv, csv.gz and csv.zst are read",
    b"\xff\xfe": "UTF-16: save it as UTF-8 first",
    b"\xfe\xff": "UTF-16: save it as UTF-8 first",
}


@dataclass
class UnreadableFileError(OxusError):
    """A file cannot be read as a table, wholly or from a line on."""

    file: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}" if self.line is None else f"{self.file}: line {self.line}: {self.reason}"


def check_regular_file(path: Path) -> None:
    """Raise UnreadableFileError for what is no file on a disk, such as a folder or a pipe, and what is not there."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise UnreadableFileError(
            path.name, "links to a file that is not there" if path.is_symlink() else reason
        ) from None
    if stat.S_ISDIR(mode):
        raise UnreadableFileError(path.name, "Is a directory")
    if not stat.S_ISREG(mode):
        raise UnreadableFileError(path.name, "a pipe or device, which cannot be read twice: store it as a file first")


@contextmanager
def _report_errors(file: str) -> Iterator[None]:
    """Raise UnreadableFileError where compressed data is damaged or cut off, or the file cannot be read."""
    try:
        yield
    except EOFError:
        raise UnreadableFileError(file, CUT_OFF) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        # The first member has its magic number, as `_decompress` saw: one without it follows.
        raise _damaged(file, error, follows_data="Not a gzipped file" in str(error)) from None
    except OSError as error:
        raise UnreadableFileError(file, error.strerror or "cannot be read") from None


def open_text(raw: io.FileIO, file: str) -> io.TextIOWrapper:
    """Open a file as text, uncompressed and without a byte order mark; `file` is its name in errors.

    Bytes that are not UTF-8 come as surrogates (`surrogateescape`), so that they spoil their own row alone. Raises
    UnreadableFileError for other formats.
    """
    with _report_errors(file):
        stream = _decompress(io.BufferedReader(raw, CHUNK_BYTES), file)
        head = stream.peek(1)
        _check_magic(head, file)
        if b"\0" in head.partition(b"\n")[0]:
            raise UnreadableFileError(file, "not a text file: its first line has NUL bytes")
        return io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="\n")


def text_lines(text: io.TextIOWrapper, file: str, max_chars: int) -> Iterator[str]:
    """Yield the lines of a file, each with its LF; of a longer line parts of `max_chars` characters.

    Raises UnreadableFileError where the file breaks off.
    """
    with _report_errors(file):
        yield from iter(partial(text.readline, max_chars), "")


def _check_magic(head: bytes, file: str) -> None:
    for magic, reason in UNSUPPORTED_MAGIC.items():
        if head.startswith(magic):
            raise UnreadableFileError(file, reason)


def _decompress(packed: io.BufferedReader, file: str) -> gzip.GzipFile | io.BufferedReader:
    head = packed.peek(1)
    _check_magic(head, file)
    if head.startswith(GZIP):
        return gzip.GzipFile(fileobj=packed)
    if head.startswith(ZSTD):
        return io.BufferedReader(_ZstdStream(packed, file), CHUNK_BYTES)
    return packed


def _damaged(file: str, error: Exception, *, follows_data: bool) -> UnreadableFileError:
    if "too much memory" in str(error):
        return UnreadableFileError(
            file, "compressed with too large a window: compress it again, with --long=27 at most"
        )
    what = "something that is not compressed follows the data" if follows_data else "the compressed data is broken"
    return UnreadableFileError(file, f"{what} ({error})")


class _Frame(Protocol):
    """Decompressor of one frame, as zstandard's `decompressobj` returns it."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes) -> bytes:
        """Decompress the next bytes."""


class _ZstdStream(io.RawIOBase):
    """Stream of a zstd file: any number of frames, then zeros as padding.

    zstandard's own `stream_reader` takes a file that is cut off for one that ends, and would import half of it.
    """

    def __init__(self, packed: io.BufferedReader, file: str) -> None:
        try:
            zstandard = import_module("zstandard")
        except ImportError:
            raise UnreadableFileError(file, INSTALL_ZSTD) from None
        self._new_frame = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW).decompressobj
        self._packed = packed
        self._file = file
        self._frame: _Frame | None = self._new_frame()
        self._unused = b""
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            packed = self._unused or self._packed.read1(ZSTD_FEED_BYTES)
            self._unused = b""
            if not packed and self._frame:
                raise EOFError
            if not packed:
                return 0
            if self._frame or packed.strip(b"\0"):
                self._rest = memoryview(self._decompress_frame(packed))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _decompress_frame(self, packed: bytes) -> bytes:
        follows_data = self._frame is None
        frame = self._frame = self._frame or self._new_frame()
        try:
            data = frame.decompress(packed)
        except Exception as error:  # zstandard.ZstdError, which has no name here until the package is installed
            raise _damaged(self._file, error, follows_data=follows_data) from None
        if frame.eof:
            self._unused, self._frame = frame.unused_data, None
        return data
