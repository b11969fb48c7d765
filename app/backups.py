"""Backup and restore of an embedded database; PostgreSQL brings programs of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from app.commands import database_file, open_current_schema, open_database
from app.db.backup import copy_to, exclusive_access, is_in_use
from app.db.engine import sqlite_path
from app.db.revision import current_revision
from app.db.schema import integrity_errors, needs_upgrade, stored_schema
from app.errors import OutputError, SchemaError
from app.files import atomic_write, resolve
from app.settings import Settings


def backup(settings: Settings, out: Path) -> str:
    """Copy an embedded database at one moment into a file, and return a summary. Servers and loads go on meanwhile.

    An existing file is replaced once the copy is complete. Raises OutputError for PostgreSQL, for the database's own
    file and for one in use; SchemaError.
    """
    live = sqlite_path(settings.database_url)
    if live is None:
        raise OutputError(
            f"PostgreSQL is copied by its own program: pg_dump --format=custom --file {out} DATABASE_URL; "
            "app/deploy/README.md says how to restore it"
        )
    path = resolve(str(out))
    if path.exists() and (not path.is_file() or (live.exists() and path.samefile(live))):
        raise OutputError(f"{out} cannot be written: it is the database itself, or no file")
    if is_in_use(path):
        raise OutputError(f"{out} cannot be written: it is a database in use; name another file")
    with (
        open_current_schema(settings) as connection,
        atomic_write(str(out), private=bool(settings.read_token)) as file,
    ):
        copy_to(connection, Path(file.name), "DELETE")
        return f"revision {current_revision(connection)}, {os.fstat(file.fileno()).st_size} bytes, in {out}"


def restore(settings: Settings, file: Path) -> str:
    """Replace an embedded database, if there is one, by a backup that was checked, and return a summary.

    A backup of an older schema is migrated by the next `oxus serve` or `oxus db upgrade`. Raises OutputError for
    PostgreSQL, and if the database is open in another process; SchemaError if the backup cannot be used. The database
    is unchanged then.
    """
    live = database_file(settings)
    if live is None:
        raise OutputError(
            "PostgreSQL is restored by its own program, into a new database: pg_restore --no-owner --exit-on-error "
            f"--single-transaction --dbname DATABASE_URL {file}"
        )
    path = resolve(str(live))
    if not file.is_file() or (path.exists() and path.samefile(file)):
        raise OutputError(f"{file} cannot be restored: it is the database itself, or no file")
    with _checked_backup(settings, file) as connection, exclusive_access(path):
        with atomic_write(str(live), private=bool(settings.read_token)) as new:
            copy_to(connection, Path(new.name), "WAL")
        return f"schema {stored_schema(connection)}, {path.stat().st_size} bytes, restored to {live}"


@contextmanager
def _checked_backup(settings: Settings, file: Path) -> Iterator[Connection]:
    """Yield a read connection to a backup. Raises SchemaError if it is damaged, or of a schema that is not known."""
    source = settings.model_copy(update={"database_url": str(file.absolute())})
    try:
        with open_database(source) as connection:
            if needs_upgrade(connection) and stored_schema(connection) is None:
                raise SchemaError("it is empty")
            if faults := integrity_errors(connection):
                raise SchemaError(f"it is damaged: {faults[0].splitlines()[-1]}")
            yield connection
    except SchemaError as error:
        raise SchemaError(f"{file.name} cannot be restored: {error}") from error
