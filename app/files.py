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
    """A file that takes the place of `out` once it is whole; what is no plain file, such as a pipe, is written to.

    Raises OutputError when it cannot be written.
    """
    try:
        if out == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        path = Path(out).resolve()  # a link stays a link
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
    """A new file next to `path` that is given its name at the end; it is gone if anything fails."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        new = Path(file.name)
        try:
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
            new.chmod(0o666 & ~_umask())
            new.replace(path)
            _fsync_directory(path.parent)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def _fsync_directory(folder: Path) -> None:
    """Make a new name in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """What a new file of this process may not be; temporary files are made for nobody else to read."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
