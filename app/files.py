"""Files that are written whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from app.errors import OutputError


@contextmanager
def atomic_write(out: str) -> Iterator[BinaryIO]:
    """Yield a file that replaces `out` once the block ends without an error; `-` is standard output.

    A pipe or device is written directly. Raises OutputError when the file cannot be written.
    """
    try:
        if out == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        path = Path(out).resolve()  # the target of a symbolic link is replaced, not the link
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        with _temporary_sibling(path) as new:
            yield new
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


@contextmanager
def _temporary_sibling(path: Path) -> Iterator[BinaryIO]:
    """Yield a temporary file in the same folder; it gets the name of `path` at the end, or is deleted on an error."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        new = Path(file.name)
        try:
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
            new.chmod(0o666 & ~_umask())  # temporary files are readable by their owner alone
            new.replace(path)
            _fsync_directory(path.parent)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


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
