"""Errors of the drivers, in words that a user can act upon: no SQL and no path."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db.refusals import refusal_words
from app.errors import SchemaError, TooSlowError, UnavailableError

READ_ONLY = "the database takes no writes (a standby, or set to read only); name the primary in its URL, too"
DISK_FULL = "there is no room left on the disk for the database"
UNREACHABLE = "the database cannot be reached or is busy"
NO_CONNECTION_LEFT = "the database server has no connection left (max_connections); see app/deploy/README.md"
LOCKED = "the database is locked by another process"
TRANSIENT_ERRORS = {
    "session is read-only": READ_ONLY,
    "hot standby mode": READ_ONLY,
    "unable to open": "the database file cannot be opened: it is not there, or may not be read",
    "locked": LOCKED,
    "busy": LOCKED,
    "readonly": "the database file may only be read, or the folder it is in",
    "disk i/o": "the disk failed to read or write the database file, or is full",
    "disk is full": DISK_FULL,
    "no space left": DISK_FULL,
    "too many connections": NO_CONNECTION_LEFT,
    "too many clients": NO_CONNECTION_LEFT,
    "remaining connection slots": NO_CONNECTION_LEFT,
}
"""Messages of errors that pass by themselves or after an operator acts, by a part of the driver's message."""


def translate_error(error: Exception) -> Exception:
    """Return an error without SQL and paths for what a user can act upon; the error itself if it is a bug."""
    original = error.orig if isinstance(error, DBAPIError) else error
    message = str(original).lower()
    kinds = {kind.__name__ for kind in type(original).__mro__}
    if "no such savepoint" in message and original and isinstance(original.__context__, DBAPIError):
        return translate_error(original.__context__)  # a full disk ends the transaction before we do
    if "no such table" in message or "UndefinedTable" in kinds:
        return SchemaError("the database holds no Oxus tables; run `oxus db upgrade`")
    if "malformed" in message or "not a database" in message:
        return SchemaError("the database file is damaged or no database; restore a backup")
    # An error without a state was raised while connecting.
    refused = "InsufficientPrivilege" in kinds or getattr(original, "sqlstate", "") is None
    if refused and (words := refusal_words(message)):
        return UnavailableError(words)
    if "OperationalError" not in kinds:
        return error
    if "interrupted" in message or "statement timeout" in message:
        return TooSlowError()
    for part, ours in TRANSIENT_ERRORS.items():
        if part in message:
            return UnavailableError(ours)
    return error if isinstance(original, sqlite3.Error) else UnavailableError(UNREACHABLE)


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Raise the driver's errors as Oxus errors, whose messages hold no SQL and no path."""
    try:
        yield
    except PoolTimeout as error:
        raise UnavailableError("all connections to the database are in use; ask again later") from error
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        raise translate_error(error) from error
