"""Engines for reading and for writing, and their limits.

Readers cannot write: on SQLite the file is opened read-only, on PostgreSQL every
transaction is read-only. A reader sees one snapshot from its first statement to its last.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from app.db.driver_errors import translate_error, translated_errors
from app.db.refusals import NO_UTF8
from app.db.revision import attach_revision_cache, snapshot_scope
from app.db.server_transaction import BEGIN_KEY, server_transaction
from app.deadlines import WorkLimit, current_limit
from app.errors import SchemaError
from app.files import OpenFile
from app.geo import distance_km

LOCK_TIMEOUT_SECONDS = 30.0
READER_LOCK_TIMEOUT_SECONDS = 2.0
"""Readers wait only for a process that holds an exclusive lock on an embedded database."""
WRITE_LOCK_ID = 0x0C505  # any number, the same for every Oxus writer on one PostgreSQL database
BULK_CACHE_BYTES = 48 << 20
"""Page cache of a bulk write: enough for the unique indexes of a million claims, in which ids fall at random places."""
MMAP_BYTES = 1 << 40
"""Bytes of an embedded database that readers map into memory, to save a copy of each page (SQLite: 2 GB at most)."""
OPEN_FILE_KEY = "oxus.file"
"""Key in `Connection.info` of an embedded database's file, as it was when the connection was opened."""
KEEPALIVE_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""libpq's limits for a silent server, in seconds (the last in milliseconds); a URL may override them."""
WRITER_OPTIONS = {"target_session_attrs": "read-write", "load_balance_hosts": "disable"}
PRIMARY_READER_OPTIONS = {"target_session_attrs": "primary", "load_balance_hosts": "disable"}
PLANNER_SETTINGS = {"parallel_setup_cost": "20000", "jit": "off"}
"""Planner settings of readers on PostgreSQL; the `options` of a URL may override them. Starting parallel workers or the
compiler takes longer than most answers."""
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""First statement of a reader on PostgreSQL. Start-up options would not do: a pooler may drop them without a word."""
POOLED_CONNECTIONS = 8
MAX_EXTRA_CONNECTIONS = 40
"""Connections of readers beyond those kept open: there are fewer threads than connections, so none waits for one."""
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
    file = path.absolute()
    address = f"file:{quote(str(file))}?mode={mode}"

    def connect(entry: ConnectionPoolEntry) -> sqlite3.Connection:
        entry.info[OPEN_FILE_KEY] = OpenFile.at(file)
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=0 if read_only else LOCK_TIMEOUT_SECONDS,  # readers: see `_embedded_transaction`
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
        "sqlite://",
        creator=connect,
        pool_size=POOLED_CONNECTIONS,
        max_overflow=MAX_EXTRA_CONNECTIONS,
        poolclass=QueuePool,
        pool_use_lifo=True,
    )
    # The driver opens no transaction by itself (isolation_level=None). A writer takes its lock at once, so that two
    # writers wait for each other instead of failing half-way.
    engine.dialect.statement_compiler = _IndexHintCompiler
    event.listen(engine, "checkout", _reconnect_if_replaced)
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _reconnect_if_replaced(_dbapi_connection: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Have the pool open a connection anew once another file has the name of the database, as after a restore."""
    if entry.info[OPEN_FILE_KEY].is_replaced:
        raise DisconnectionError


def _postgresql_engine(url: str, read_only: bool, require_primary: bool) -> Engine:
    if find_spec("psycopg") is None:
        raise SchemaError("PostgreSQL needs the extra: pip install -c requirements.lock -e '.[postgresql]'")
    connect_args = KEEPALIVE_OPTIONS | _parse_with_libpq(url) | {"client_encoding": "UTF8"}
    engine = _postgresql_pool(connect_args, read_only, require_primary)
    event.listen(engine, "connect", _refuse_other_encodings, insert=True)
    return engine


def _refuse_other_encodings(connection: Any, _entry: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in ("UTF8", None):
        raise SchemaError(NO_UTF8.format(encoding))


def _postgresql_pool(connect_args: dict[str, Any], read_only: bool, require_primary: bool) -> Engine:
    if not read_only:
        return create_engine("postgresql+psycopg://", connect_args=connect_args | WRITER_OPTIONS)
    engine = create_engine(
        "postgresql+psycopg://",
        isolation_level="AUTOCOMMIT",  # `_server_transaction` begins with one statement of its own
        pool_size=POOLED_CONNECTIONS,
        max_overflow=MAX_EXTRA_CONNECTIONS,
        pool_recycle=RECONNECT_SECONDS,
        connect_args=connect_args | (PRIMARY_READER_OPTIONS if require_primary else {}),
    )
    overridden = str(connect_args.get("options", ""))
    begin = "; ".join(
        [BEGIN_READING]
        + [f"SET LOCAL {name} = {value}" for name, value in PLANNER_SETTINGS.items() if name not in overridden]
    )
    event.listen(engine, "connect", lambda _raw, record: record.info.update({BEGIN_KEY: begin}))
    return engine


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
    """Open a connection that sees one snapshot, for at most `seconds` or the limit of the work that is being done.

    `full_scan` reads an embedded database without mapping it, so that an export does not fill the process with pages.
    Raises TooSlowError when the time is over, UnavailableError if the database cannot be reached, SchemaError when it
    holds no Oxus tables.
    """
    limit = current_limit() or WorkLimit(seconds)
    with (
        translated_errors(engine),
        _embedded_transaction(engine, limit, full_scan)
        if is_embedded(engine)
        else server_transaction(engine, limit) as connection,
        snapshot_scope(connection),
    ):
        yield connection


@contextmanager
def _embedded_transaction(engine: Engine, limit: WorkLimit, full_scan: bool) -> Iterator[Connection]:
    with engine.connect() as connection, ExitStack() as stack:
        raw: Any = connection.connection.dbapi_connection

        def set_until_end(pragma: str, value: float, value_after: float) -> None:
            raw.execute(f"PRAGMA {pragma} = {value}")
            stack.callback(raw.execute, f"PRAGMA {pragma} = {value_after}")

        if limit.may_wait:
            set_until_end("busy_timeout", READER_LOCK_TIMEOUT_SECONDS * 1000, 0)
        stack.enter_context(connection.begin())
        if full_scan:
            set_until_end("mmap_size", 0, MMAP_BYTES)
        raw.set_progress_handler(limit.is_over, STEPS_BETWEEN_CHECKS)
        stack.callback(raw.set_progress_handler, None, 0)
        yield connection


def verify_read_only(engine: Engine) -> None:
    """Try to write as a reader. Raises SchemaError if that succeeds, as it must not, whatever lies in between."""
    with read_transaction(engine, READER_LOCK_TIMEOUT_SECONDS) as connection:
        try:
            connection.exec_driver_sql("DELETE FROM revision WHERE id < 0")
        except DBAPIError:
            return
    raise SchemaError("readers of this database can write, although each of their transactions is read-only")


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
