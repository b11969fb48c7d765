"""Engines for reading and for writing, and their limits.

Readers cannot write: on SQLite the file is opened read-only, on PostgreSQL every
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

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from app.db.revision import attach_revision_cache, snapshot_scope
from app.errors import SchemaError, UnavailableError
from app.geo import distance_km

LOCK_TIMEOUT_SECONDS = 30.0
READER_LOCK_TIMEOUT_SECONDS = 2.0
"""Readers wait only for a process that holds an exclusive lock on an embedded database."""
WRITE_LOCK_ID = 0x0C505  # any number, the same for every Oxus writer on one PostgreSQL database
BULK_CACHE_BYTES = 48 << 20
"""Page cache of a bulk write: enough for the unique indexes of a million claims, in which ids fall at random places."""
MMAP_BYTES = 1 << 40
"""Bytes of an embedded database that readers map into memory, to save a copy of each page (SQLite: 2 GB at most)."""
TIMEOUT_KEY = "oxus.timeout"
"""Key in `Connection.info` of the statement timeout that is set, so that it is set only when it changes."""
KEEPALIVE_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""libpq's limits for a silent server, in seconds (the last in milliseconds); a URL may override them."""
WRITER_OPTIONS = {"target_session_attrs": "read-write", "load_balance_hosts": "disable"}
PRIMARY_READER_OPTIONS = {"target_session_attrs": "primary", "load_balance_hosts": "disable"}
READER_PLANNER_OPTIONS = "-c parallel_setup_cost=20000 -c jit=off"
"""Planner settings of readers on PostgreSQL; a URL may override them. Starting parallel workers or the compiler takes
longer than most answers."""
RECONNECT_SECONDS = 600
"""Maximum age of a reader's connection, so that readers return to a server that was away."""
STEPS_BETWEEN_CHECKS = 20_000  # of SQLite's virtual machine: a few milliseconds


def sqlite_path(url: str) -> Path | None:
    """Return the file of an embedded database; None if the URL names a server."""
    if "://" not in url:
        return Path(url)
    if not url.startswith("sqlite"):
        return None
    return Path(url.partition("://")[2].removeprefix("/"))


class _IndexHintCompiler(SQLiteCompiler):
    """SQLite compiler that renders index hints after the table."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """Return the hint unchanged."""
        return text


def _sqlite_engine(path: Path, read_only: bool) -> Engine:
    mode = "ro" if read_only else "rwc"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=READER_LOCK_TIMEOUT_SECONDS if read_only else LOCK_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
        connection.create_function("great_circle_km", 4, distance_km, deterministic=True)
        return connection

    # The default pool of a URL without a file is one connection for all threads.
    # Last in, first out: the connection used last has most of the file in its page cache.
    engine = create_engine(
        "sqlite://", creator=connect, pool_size=8, max_overflow=32, poolclass=QueuePool, pool_use_lifo=True
    )
    # The driver opens no transaction by itself (isolation_level=None). A writer takes its lock at once, so that two
    # writers wait for each other instead of failing half-way.
    engine.dialect.statement_compiler = _IndexHintCompiler
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _postgresql_engine(url: str, read_only: bool, require_primary: bool) -> Engine:
    if find_spec("psycopg") is None:
        raise SchemaError("PostgreSQL needs the extra: pip install -c requirements.lock -e '.[postgresql]'")
    connect_args = KEEPALIVE_OPTIONS | _parse_with_libpq(url)
    if not read_only:
        return create_engine("postgresql+psycopg://", connect_args=connect_args | WRITER_OPTIONS)
    connect_args["options"] = (
        f"{READER_PLANNER_OPTIONS} {connect_args.get('options', '')} -c default_transaction_read_only=on"
    )
    return create_engine(
        "postgresql+psycopg://",
        isolation_level="REPEATABLE READ",
        pool_size=8,
        max_overflow=32,
        pool_pre_ping=True,
        pool_recycle=RECONNECT_SECONDS,
        connect_args=connect_args | (PRIMARY_READER_OPTIONS if require_primary else {}),
    )


def _parse_with_libpq(url: str) -> dict[str, Any]:
    """Parse a URL with libpq, which allows several servers, each with its port.

    Raises SchemaError without the URL, which may hold a password.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return conninfo_to_dict(url)
    except ProgrammingError:
        raise SchemaError(
            "the database URL is not as PostgreSQL wants it; see https://www.postgresql.org/docs/current/libpq-connect.html"
        ) from None


def make_engine(url: str, *, read_only: bool, require_primary: bool = False) -> Engine:
    """Make an engine for the database that the URL names; nothing is opened yet.

    Where the URL names several servers, readers go where it says (`target_session_attrs`, `load_balance_hosts`), and
    writers to the one that takes writes, as do readers who must see the `require_primary` state.
    """
    path = sqlite_path(url)
    engine = _sqlite_engine(path, read_only) if path else _postgresql_engine(url, read_only, require_primary)
    if read_only:
        attach_revision_cache(engine)
    return engine


def is_embedded(engine: Engine) -> bool:
    """Return whether the database runs in this process."""
    return engine.dialect.name == "sqlite"


@contextmanager
def read_transaction(engine: Engine, seconds: float, *, full_scan: bool = False) -> Iterator[Connection]:
    """Open a connection that sees one snapshot, for at most `seconds`.

    `full_scan` reads an embedded database without mapping it, so that an export does not fill the process with pages.
    Raises UnavailableError when the time is over or the database cannot be reached, SchemaError when it holds no Oxus
    tables.
    """
    with (
        translated_errors(engine),
        engine.connect() as connection,
        connection.begin(),
        _statement_timeout(connection, seconds),
        _without_mmap(connection, full_scan),
        snapshot_scope(connection),
    ):
        yield connection


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Raise the driver's errors as Oxus errors, whose messages hold no SQL and no path."""
    try:
        yield
    except PoolTimeout as error:
        raise UnavailableError("all connections to the database are in use; ask again later") from error
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        raise translate_error(error) from error


@contextmanager
def _without_mmap(connection: Connection, full_scan: bool) -> Iterator[None]:
    if not full_scan or not is_embedded(connection.engine):
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA mmap_size = 0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")


@contextmanager
def _statement_timeout(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        milliseconds = max(1, int(seconds * 1000))
        if connection.info.get(TIMEOUT_KEY) != milliseconds:
            connection.execute(text(f"SET statement_timeout = {milliseconds}"))
        connection.info.pop(TIMEOUT_KEY, None)  # what is rolled back is set no more
        yield
        connection.info[TIMEOUT_KEY] = milliseconds
        return
    raw: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


QUERY_TIMEOUT = "the query took longer than it may; ask for less"
READ_ONLY = "the database takes no writes (a standby, or set to read only); name the primary in its URL, too"
DISK_FULL = "there is no room left on the disk for the database"
UNREACHABLE = "the database cannot be reached or is busy"
LOCKED = "the database is locked by another process"
TRANSIENT_ERRORS = {
    "interrupted": QUERY_TIMEOUT,
    "statement timeout": QUERY_TIMEOUT,
    "session is read-only": READ_ONLY,
    "hot standby mode": READ_ONLY,
    "unable to open": "the database file cannot be opened: it is not there, or may not be read",
    "locked": LOCKED,
    "busy": LOCKED,
    "readonly": "the database file may only be read, or the folder it is in",
    "disk i/o": "the disk failed to read or write the database file, or is full",
    "disk is full": DISK_FULL,
    "no space left": DISK_FULL,
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
    if "OperationalError" not in kinds:
        return error
    for part, ours in TRANSIENT_ERRORS.items():
        if part in message:
            return UnavailableError(ours)
    return error if isinstance(original, sqlite3.Error) else UnavailableError(UNREACHABLE)


@contextmanager
def write_transaction(engine: Engine, *, bulk: bool = False, skip_foreign_keys: bool = False) -> Iterator[Connection]:
    """Open a transaction that excludes other writers; commit on exit, roll back on an error.

    `bulk` gives an embedded database more memory. `skip_foreign_keys` turns its foreign key checks off, for callers
    whose references are known to hold, or who check them themselves.
    """
    try:
        with engine.connect() as connection:
            if is_embedded(engine) and (bulk or skip_foreign_keys):
                _configure_bulk_connection(connection, bulk, skip_foreign_keys)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITE_LOCK_ID})"))
                yield connection
            if is_embedded(engine) and bulk:
                _truncate_wal(connection)
    except IntegrityError:
        raise
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        raise translate_error(error) from error


def _truncate_wal(connection: Connection) -> None:
    """Empty the write-ahead log, which a bulk write has made large, unless a reader still needs it."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA busy_timeout = 0")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _configure_bulk_connection(connection: Connection, bulk: bool, skip_foreign_keys: bool) -> None:
    """Detach the connection from the pool and apply bulk settings to it alone."""
    connection.detach()
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA foreign_keys = {'OFF' if skip_foreign_keys else 'ON'}")
    if bulk:
        raw.execute(f"PRAGMA cache_size = -{BULK_CACHE_BYTES >> 10}")
        raw.execute("PRAGMA threads = 2")  # indexes are sorted on the core that reading files has left


def prepare_for_writing(engine: Engine) -> None:
    """Switch an embedded database to write-ahead logging, so that readers go on while a writer writes."""
    if is_embedded(engine):
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
