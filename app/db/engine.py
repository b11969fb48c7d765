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

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from app.db.state import one_snapshot
from app.errors import SchemaError, UnavailableError
from app.geo import distance_km

BUSY_SECONDS = 30.0
BUSY_READER_SECONDS = 2.0
"""Readers wait for nobody but a process that keeps an embedded database all to itself."""
WRITE_LOCK = 0x0C505  # any number, the same for every Oxus writer on one PostgreSQL database
MUCH_CACHE = 48 << 20
"""Bytes that a long write keeps of an embedded database: enough for the unique indexes of a million claims, into which
every id falls at a place of its own."""
MAPPED = 1 << 40
"""Bytes of an embedded database that readers see as memory (SQLite stops at 2 GB): to have the system copy each page
costs more than what is done with it."""
TIMEOUT = "oxus.timeout"
"""Under which a connection remembers the limit that it was given, so that it need not be told each time."""
IF_A_SERVER_IS_GONE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""After how many seconds (the last: milliseconds) a silent server is given up; a URL may say otherwise."""
WRITERS = {"target_session_attrs": "read-write", "load_balance_hosts": "disable"}
NEWEST_READERS = {"target_session_attrs": "primary", "load_balance_hosts": "disable"}
PLANNING = "-c parallel_setup_cost=20000 -c jit=off"
"""How PostgreSQL plans for readers, unless the URL says otherwise: without helpers and compilers where to start these
takes longer than most answers."""
RECONNECT_SECONDS = 600
"""Readers go back to a server that was away after at most this long."""
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
            address,
            uri=True,
            timeout=BUSY_READER_SECONDS if read_only else BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        connection.create_function("great_circle_km", 4, distance_km, deterministic=True)
        return connection

    # The pool has to be named: for a URL without a file it would be one connection for all.
    # The connection that was used last knows most (see `state.kept`), and has seen most of the file.
    engine = create_engine(
        "sqlite://", creator=connect, pool_size=8, max_overflow=32, poolclass=QueuePool, pool_use_lifo=True
    )
    # The driver opens no transaction by itself (isolation_level=None); a writer takes its lock at once, so that
    # two writers wait for each other instead of failing half-way.
    engine.dialect.statement_compiler = _Compiler
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _postgresql_engine(url: str, read_only: bool, newest: bool) -> Engine:
    if find_spec("psycopg") is None:
        raise SchemaError("PostgreSQL needs the extra: pip install -c requirements.lock -e '.[postgresql]'")
    given = IF_A_SERVER_IS_GONE | _read_by_libpq(url)
    if not read_only:
        return create_engine("postgresql+psycopg://", connect_args=given | WRITERS)
    given["options"] = f"{PLANNING} {given.get('options', '')} -c default_transaction_read_only=on"
    return create_engine(
        "postgresql+psycopg://",
        isolation_level="REPEATABLE READ",
        pool_size=8,
        max_overflow=32,
        pool_pre_ping=True,
        pool_recycle=RECONNECT_SECONDS,
        connect_args=given | (NEWEST_READERS if newest else {}),
    )


def _read_by_libpq(url: str) -> dict[str, Any]:
    """What a URL asks for, as PostgreSQL's own library reads it: it may name several servers, each with its port.

    Raises SchemaError, without the URL, which may hold a password.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return conninfo_to_dict(url)
    except ProgrammingError:
        raise SchemaError(
            "the database URL is not as PostgreSQL wants it; see https://www.postgresql.org/docs/current/libpq-connect.html"
        ) from None


def make_engine(url: str, *, read_only: bool, newest: bool = False) -> Engine:
    """An engine for the database that the URL names. Nothing is opened yet.

    Where the URL names several servers, readers go where it says (`target_session_attrs`, `load_balance_hosts`), and
    writers to the one that takes writes, as do readers who must see the `newest` state.
    """
    path = sqlite_path(url)
    return _sqlite_engine(path, read_only) if path else _postgresql_engine(url, read_only, newest)


def is_embedded(engine: Engine) -> bool:
    """Whether the database runs in this process."""
    return engine.dialect.name == "sqlite"


@contextmanager
def reading(engine: Engine, seconds: float, *, everything: bool = False) -> Iterator[Connection]:
    """A connection that sees one snapshot, for at most `seconds`.

    Who reads `everything` once has an embedded database read for it, since what is seen as memory stays there.

    Raises UnavailableError when the time is over or the database cannot be reached, SchemaError when it holds
    no Oxus tables.
    """
    try:
        with (
            engine.connect() as connection,
            connection.begin(),
            _limited(connection, seconds),
            _unmapped(connection, everything),
            one_snapshot(connection),
        ):
            yield connection
    except PoolTimeout as error:
        raise UnavailableError("all connections to the database are in use; ask again later") from error
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        raise _translated(error) from error


@contextmanager
def _unmapped(connection: Connection, everything: bool) -> Iterator[None]:
    if not everything or not is_embedded(connection.engine):
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA mmap_size = 0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA mmap_size = {MAPPED}")


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


TOO_LONG = "the query took longer than it may; ask for less"
TAKES_NO_WRITES = "the database takes no writes (a standby, or set to read only); name the primary in its URL, too"
NO_ROOM = "there is no room left on the disk for the database"
UNREACHABLE = "the database cannot be reached or is busy"
LOCKED = "the database is locked by another process"
UNAVAILABLE = {
    "interrupted": TOO_LONG,
    "statement timeout": TOO_LONG,
    "session is read-only": TAKES_NO_WRITES,
    "hot standby mode": TAKES_NO_WRITES,
    "unable to open": "the database file cannot be opened: it is not there, or may not be read",
    "locked": LOCKED,
    "busy": LOCKED,
    "readonly": "the database file may only be read, or the folder it is in",
    "disk i/o": "the disk failed to read or write the database file, or is full",
    "disk is full": NO_ROOM,
    "no space left": NO_ROOM,
}
"""What passes by itself, or when whoever runs the machine has seen to it: a part of the driver's message, and ours."""


def _translated(error: Exception) -> Exception:
    """What went wrong, in words that hold no SQL and no path; the error itself if it is a fault of ours."""
    original = error.orig if isinstance(error, DBAPIError) else error
    message = str(original).lower()
    kinds = {kind.__name__ for kind in type(original).__mro__}
    if "no such savepoint" in message and original and isinstance(original.__context__, DBAPIError):
        return _translated(original.__context__)  # a full disk ends the transaction before we do
    if "no such table" in message or "UndefinedTable" in kinds:
        return SchemaError("the database holds no Oxus tables; run `oxus db upgrade`")
    if "malformed" in message or "not a database" in message:
        return SchemaError("the database file is damaged or no database; restore a backup")
    if "OperationalError" not in kinds:
        return error
    for part, ours in UNAVAILABLE.items():
        if part in message:
            return UnavailableError(ours)
    return error if isinstance(original, sqlite3.Error) else UnavailableError(UNREACHABLE)


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
    except IntegrityError:
        raise
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
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
