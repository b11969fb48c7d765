"""Online backup of an embedded database, and exclusive access to one that is about to be replaced."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import Connection

from app.db.schema import OXUS_TABLES
from app.errors import OutputError, SchemaError

PAGES_PER_STEP = 4096
"""Pages of 4 kB, so 16 MB: the copy can be interrupted between two steps."""
COMPANIONS = ("-wal", "-shm", "-journal")
"""Ends of the names of files that SQLite keeps beside a database, and would apply to any other file of its name."""


def is_in_use(path: Path) -> bool:
    """Return whether a file is a database that is open, or that was left with a journal not yet applied."""
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def copy_to(connection: Connection, path: Path, journal_mode: Literal["DELETE", "WAL"]) -> None:
    """Copy what the connection's transaction sees, page by page, into a file that is one database by itself.

    A file with journal mode DELETE can be read from a folder that is read-only; servers that load need WAL.

    Because the transaction is open, no writer makes the copy start again, and none has to wait. The copy is then
    checked page by page, so that it can be restored. Raises SchemaError if anything is damaged, OutputError if there
    is no room.
    """
    raw: Any = connection.connection.dbapi_connection
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        copy.execute("PRAGMA journal_mode = OFF")  # the copy is synced as a whole, and deleted if it fails
        raw.backup(copy, pages=PAGES_PER_STEP, progress=_let_signals_in)
        copy.execute(f"PRAGMA journal_mode = {journal_mode}")
        faults = [str(row[0]) for row in copy.execute("PRAGMA quick_check") if row[0] != "ok"]
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error):
            raise OutputError(f"{path.name} cannot be written: {error}") from error
        faults = [str(error)]
    finally:
        copy.close()
    if faults:
        raise SchemaError("the database is damaged and was not copied; `oxus db check` tells more")


def _let_signals_in(*_: int) -> None:
    """Return to the interpreter, which runs the handlers of signals between two of its own instructions."""


@contextmanager
def exclusive_access(path: Path) -> Iterator[None]:
    """Keep everybody else out of an embedded database that is replaced in the block.

    Its write-ahead log is written into it first and deleted, because SQLite would apply a log that is left to the new
    file. If the process is killed before the replacement, the old database is whole. A damaged one loses its log.
    Raises OutputError if it is open elsewhere, is not Oxus's, or may not be written.
    """
    with ExitStack() as stack:
        if path.exists():
            lock = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=0, isolation_level=None)
            stack.callback(lock.close)
            _lock_whole(lock, path)
        try:
            for end in COMPANIONS:
                path.with_name(path.name + end).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path.name} cannot be replaced: {error.strerror}") from error
        yield


def _lock_whole(lock: sqlite3.Connection, path: Path) -> None:
    try:
        lock.execute("PRAGMA locking_mode = EXCLUSIVE")
        lock.execute("PRAGMA journal_mode = DELETE")  # fails while anybody else has a database with a log open
        lock.execute("BEGIN EXCLUSIVE")
        tables = {str(name) for (name,) in lock.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise OutputError(f"{path.name} is open in another process; stop its servers and loads first") from None
        raise OutputError(f"{path.name} cannot be replaced: {error}") from error
    except sqlite3.DatabaseError:
        return  # It is damaged or no database: nobody can be using it.
    if tables - {"alembic_version"} and not tables >= OXUS_TABLES:
        raise OutputError(f"{path.name} holds tables that are not Oxus's; name another one")
