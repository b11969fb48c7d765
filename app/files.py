"""Files that are written whole or not at all, and files that are replaced while they are open."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from io import BufferedWriter, RawIOBase
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time
from typing import BinaryIO

from app.errors import OutputError

PRIVATE_MODE = 0o600
"""Mode of files that only their owner may read."""
PARTIAL_SUFFIX = ".partial"
"""End of the name of a file that is not complete."""
STALE_SECONDS = 2 * 3600.0
"""Age of the last write after which nobody writes to a partial file any more: no command reads for that long."""


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the file that has this name now; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@dataclass(frozen=True)
class OpenFile:
    """A file that is about to be opened, remembered so that its replacement is noticed."""

    path: Path
    identity: tuple[int, int] | None

    @classmethod
    def at(cls, path: Path) -> "OpenFile":
        """Remember the file of this name. Call it before opening, so that a replacement in between is noticed."""
        return cls(path, _identity(path))

    @property
    def is_replaced(self) -> bool:
        """Return whether another file has the name by now, or none.

        As long as the old file is open, no new one can get its inode.
        """
        return _identity(self.path) != self.identity


@contextmanager
def atomic_write(out: str, *, private: bool = False) -> Iterator[BinaryIO]:
    """Yield a file that replaces `out` once the block ends without an error; `-` is standard output.

    A file that is replaced keeps its mode, and its owner where that is allowed; a new one follows the umask, or is
    `private`. A pipe or device is written directly. Raises OutputError when the file cannot be written.
    """
    try:
        if out == "-":
            yield from _standard_output()
            return
        path = resolve(out)  # the target of a symbolic link is replaced, not the link
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        with _partial_sibling(path, private) as new:
            yield new
    except BrokenPipeError:
        raise  # the reader has seen enough
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def _standard_output() -> Iterator[BinaryIO]:
    """Yield standard output, buffered also under PYTHONUNBUFFERED: raw files may write less than they are given."""
    binary = sys.stdout.buffer
    if not isinstance(binary, RawIOBase):
        yield binary
        binary.flush()
        return
    buffered = BufferedWriter(binary)
    try:
        yield buffered
        buffered.flush()
    finally:
        with suppress(OSError):
            buffered.detach()


def resolve(name: str) -> Path:
    """Return the path behind all symbolic links. Raises OutputError if there can be no such path."""
    try:
        path = Path(name).resolve()
        path.exists()
    except OSError as error:
        raise OutputError(f"{name} cannot be written: {error.strerror}") from None
    except RuntimeError:
        raise OutputError(f"{name} cannot be written: its symbolic links lead in a circle") from None
    except ValueError:
        raise OutputError(f"{name!r} cannot be written: it is no name of a file") from None
    return path


@contextmanager
def _partial_sibling(path: Path, private: bool) -> Iterator[BinaryIO]:
    """Yield a temporary file in the same folder; it gets the name of `path` at the end, or is deleted on an error."""
    _delete_stale_siblings(path)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL_SUFFIX, delete=False) as file:
        new = Path(file.name)
        try:
            yield file  # type: ignore[misc]
            file.flush()
            _keep_mode(path, new, private)
            os.fsync(file.fileno())
            new.replace(path)
            _fsync_directory(path.parent)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def _delete_stale_siblings(path: Path) -> None:
    """Delete what killed processes left behind."""
    for sibling in path.parent.glob(f".{escape(path.name)}.*{PARTIAL_SUFFIX}*"):
        with suppress(OSError):
            if sibling.stat().st_mtime < time() - STALE_SECONDS:
                sibling.unlink()


def _keep_mode(path: Path, new: Path, private: bool) -> None:
    """Give a temporary file the mode and owner of the file it replaces; temporary files are private."""
    try:
        old = path.stat()
    except FileNotFoundError:
        new.chmod(PRIVATE_MODE if private else 0o666 & ~_umask())
        return
    if hasattr(os, "chown"):
        with suppress(OSError):  # only root may give files away
            os.chown(new, old.st_uid, old.st_gid)
    new.chmod(stat.S_IMODE(old.st_mode))


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read, unless there is one of this name. Raises OutputError."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE_MODE))
    except OSError as error:
        raise OutputError(f"{path.name} cannot be written: {error.strerror}") from error


def _fsync_directory(folder: Path) -> None:
    """Make a new directory entry survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
