"""Engines for reading and for writing, and the limits that each is held to.

Readers cannot write, whatever they are asked: on SQLite the file is opened read-only, on PostgreSQL every
transaction is read-only. A reader sees one snapshot from its first statement to its last.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from app.db.state import one_snapshot
from app.errors import SchemaError, UnavailableError
from app.geo import distance_km

BUSY_SECONDS = 30.0
WRITE_LOCK = 0x0C505  # any number, the same for every Oxus writer on one PostgreSQL database
MUCH_CACHE = 48 << 20
"""Bytes that a long write keeps of an embedded database: enough for the unique indexes of a million claims, into which
every id falls at a place of its own."""
MAPPED = 1 << 40
"""Bytes of an embedded database that readers see as memory (SQLite stops at 2 GB): to have the system copy each page
costs more than what is done with it."""
TIMEOUT = "oxus.timeout"
"""Under which a connection remembers the limit that it was given, so that it need not be told each time."""
STEPS_BETWEEN_CHECKS = 20_000  # of SQLite's virtual machine: a few milliseconds


def sqlite_path(url: str) -> Path | None:
    """The file of an embedded database; None when the URL names a server."""
    if "://" not in url:
        return Path(url)
    if not url.startswith("sqlite"):
        return None
    return Path(url.partition("://")[2].removeprefix("/"))


class _Compiler(SQLiteCompiler):
    """Says after a table which index to use, where a statement was given that hint."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """The hint as it is."""
        return text


def _sqlite_engine(path: Path, read_only: bool) -> Engine:
    mode = "ro" if read_only else "rwc"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        connection.create_function("great_circle_km", 4, distance_km, deterministic=True)
        return connection

    # The pool has to be named: for a URL without a file it would be one connection for all.
    engine = create_engine("sqlite://", creator=connect, pool_size=8, max_overflow=32, poolclass=QueuePool)
    # The driver opens no transaction by itself (isolation_level=None); a writer takes its lock at once, so that
    # two writers wait for each other instead of failing half-way.
    engine.dialect.statement_compiler = _Compiler
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _postgresql_engine(url: str, read_only: bool) -> Engine:
    address = make_url(url).set(drivername="postgresql+psycopg")
    if find_spec("psycopg") is None:
        raise SchemaError("PostgreSQL needs the extra: pip install -c requirements.lock -e '.[postgresql]'")
    if read_only:
        return create_engine(
            address,
            isolation_level="REPEATABLE READ",
            pool_size=8,
            max_overflow=32,
            pool_pre_ping=True,
            connect_args={"options": "-c default_transaction_read_only=on"},
        )
    return create_engine(address)


def make_engine(url: str, *, read_only: bool) -> Engine:
    """An engine for the database that the URL names. Nothing is opened yet."""
    path = sqlite_path(url)
    return _sqlite_engine(path, read_only) if path else _postgresql_engine(url, read_only)


def is_embedded(engine: Engine) -> bool:
    """Whether the database runs in this process."""
    return engine.dialect.name == "sqlite"


@contextmanager
def reading(engine: Engine, seconds: float) -> Iterator[Connection]:
    """A connection that sees one snapshot, for at most `seconds`.

    Raises UnavailableError when the time is over or the database cannot be reached, SchemaError when it holds
    no Oxus tables.
    """
    try:
        with (
            engine.connect() as connection,
            connection.begin(),
            _limited(connection, seconds),
            one_snapshot(connection),
        ):
            yield connection
    except DBAPIError as error:
        raise _translated(error) from error


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        milliseconds = max(1, int(seconds * 1000))
        if connection.info.get(TIMEOUT) != milliseconds:
            connection.execute(text(f"SET statement_timeout = {milliseconds}"))
        connection.info.pop(TIMEOUT, None)  # what is rolled back is set no more
        yield
        connection.info[TIMEOUT] = milliseconds
        return
    raw: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


_UNAVAILABLE = ("unable to open", "locked", "busy", "disk i/o", "readonly", "disk is full")


def _translated(error: DBAPIError) -> Exception:
    """What went wrong, in words that hold no SQL and no path; the error itself if it is a fault of ours."""
    message = str(error.orig).lower()
    if "interrupted" in message or "statement timeout" in message:
        return UnavailableError("the query took longer than it may; ask for less")
    if "no such table" in message or type(error.orig).__name__ == "UndefinedTable":
        return SchemaError("the database holds no Oxus tables; run `oxus db upgrade`")
    if "malformed" in message or "not a database" in message:
        return SchemaError("the database file is damaged or no database; restore a backup")
    embedded = isinstance(error.orig, sqlite3.Error)
    if isinstance(error, OperationalError) and (not embedded or any(part in message for part in _UNAVAILABLE)):
        return UnavailableError("the database cannot be reached or is busy")
    return error


@contextmanager
def writing(engine: Engine, *, much: bool = False, trusted: bool = False) -> Iterator[Connection]:
    """A connection in one transaction that no other writer shares: all of it is kept, or nothing.

    For `much` the embedded database takes more memory. If `trusted`, it does not look for what foreign keys refer to:
    for those who know that they write nothing that hangs in the air, or look for it themselves.
    """
    try:
        with engine.connect() as connection:
            if is_embedded(engine) and (much or trusted):
                _unlike_others(connection, much, trusted)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"))
                yield connection
            if is_embedded(engine) and much:
                _tidied_up(connection)
    except OperationalError as error:
        raise _translated(error) from error


def _tidied_up(connection: Connection) -> None:
    """The log of a long write is as large as what it wrote; it is emptied at once, unless somebody still reads it."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA busy_timeout = 0")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _unlike_others(connection: Connection, much: bool, trusted: bool) -> None:
    """Settings of an embedded database that hold for this connection, which nobody gets after its close."""
    connection.detach()
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA foreign_keys = {'OFF' if trusted else 'ON'}")
    if much:
        raw.execute(f"PRAGMA cache_size = -{MUCH_CACHE >> 10}")
        raw.execute("PRAGMA threads = 2")  # indexes are sorted on the core that reading files has left


def prepare_for_writing(engine: Engine) -> None:
    """Once per embedded database: readers go on while a writer writes (write-ahead log)."""
    if is_embedded(engine):
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
