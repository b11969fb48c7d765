"""Online backup of an embedded database: one consistent copy while others read and write."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app.errors import OutputError, SchemaError

PAGES_PER_STEP = 4096
"""Pages of 4 kB, so 16 MB: the copy can be interrupted between two steps."""


def is_in_use(path: Path) -> bool:
    """Return whether a file is a database that is open, or that was left with a journal not yet applied."""
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def copy_to(connection: Connection, path: Path) -> None:
    """Copy what the connection's transaction sees, page by page, into a file that is one database by itself.

    Because the transaction is open, no writer makes the copy start again, and none has to wait. The copy is then
    checked page by page, so that it can be restored. Raises SchemaError if anything is damaged, OutputError if there
    is no room.
    """
    raw: Any = connection.connection.dbapi_connection
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        raw.backup(copy, pages=PAGES_PER_STEP)
        copy.execute("PRAGMA journal_mode = DELETE")  # needs no files beside it, nor a writable folder
        faults = [str(row[0]) for row in copy.execute("PRAGMA quick_check") if row[0] != "ok"]
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error):
            raise OutputError(f"{path.name} cannot be written: {error}") from error
        faults = [str(error)]
    finally:
        copy.close()
    if faults:
        raise SchemaError("the database is damaged and was not copied; `oxus db check` tells more")
