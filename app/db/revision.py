"""The state of the database that a reader sees, and what was worked out of it."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

MAX_ENTRIES = 20_000  # entries; beyond that the memory starts again
STATE_KEY = "oxus.state"
LOOKUP_TIMEOUT_SECONDS = 1.0
"""For how long a look at the state may keep a request waiting; then the request is worked out, and not remembered."""
EMPTY_DATABASE = (0, None)


@dataclass
class ConnectionRevision:
    """What a connection knows of the newest revision that it saw, and of the moment when that was made.

    `version` is what SQLite counts up whenever another connection commits. `verified` says whether the revision was
    looked up in the present transaction.
    """

    version: int = -1
    revision: int = -1
    made_at: str = ""
    verified: bool = False
    values: dict[Any, Any] = field(default_factory=dict)


@contextmanager
def snapshot_scope(connection: Connection) -> Iterator[None]:
    """For a reader: what is kept in here belongs to the one state that its transaction sees."""
    state = connection.info.setdefault(STATE_KEY, ConnectionRevision())
    state.verified = False
    try:
        yield
    finally:
        state.verified = False


def current_revision(connection: Connection) -> int:
    """The state of the database; 0 before anything was loaded."""
    return _refresh(connection).revision


def revision_token(connection: Connection) -> str:
    """The revision and when it was made: databases of one mark hold the same.

    The number alone is given twice when a backup is restored, or a standby promoted that missed the last load.
    """
    state = _refresh(connection)
    return f"{state.revision} {state.made_at}"


def revision_cache(connection: Connection) -> dict[Any, Any]:
    """What was worked out of the present state; to be filled. A writer's is always empty, as its state changes."""
    state = _refresh(connection)
    if len(state.values) > MAX_ENTRIES:
        state.values.clear()
    return state.values


def _refresh(connection: Connection) -> ConnectionRevision:
    state: ConnectionRevision | None = connection.info.get(STATE_KEY)
    if state is None:
        revision, made_at = _newest_revision(connection)
        return ConnectionRevision(revision=revision, made_at=made_at)
    if not state.verified:
        version = _data_version(connection)
        if version is None or version != state.version:
            revision, made_at = _newest_revision(connection)
            if (revision, made_at) != (state.revision, state.made_at):
                state.values = {}
            state.version, state.revision, state.made_at = version or -1, revision, made_at
        state.verified = True
    return state


def _data_version(connection: Connection) -> int | None:
    """SQLite's count of commits by others, which costs no query; None where there is no such thing."""
    if connection.dialect.name != "sqlite":
        return None
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


NEWEST_REVISION = "SELECT id, made_at FROM revision ORDER BY id DESC LIMIT 1"


def _newest_revision(connection: Connection) -> tuple[int, str]:
    rows = connection.execute(text(NEWEST_REVISION)).first()
    return (int(rows[0]), str(rows[1])) if rows else (0, "")


class ChangeDetector:
    """Tells cheaply whether the database is the same as before.

    SQLite tells at once whether anybody committed; PostgreSQL is asked for its newest revision, at most every
    `seconds`, which may take its time (`remote`). What cannot be reached is not asked again for a moment, so that
    nobody queues.
    """

    def __init__(self, engine: Engine, seconds: float) -> None:
        self._engine = engine
        self._ttl_seconds = seconds
        self.remote = engine.dialect.name != "sqlite"
        self._lock = Lock()
        self._raw: Any = None
        self._query = NEWEST_REVISION if self.remote else "PRAGMA data_version"
        self._queried_at = -inf
        self._failed_at = -inf
        self._last_version: Hashable = None

    def version(self) -> Hashable:
        """Equal for as long as the database is the same; None while it cannot be known."""
        if self.remote and monotonic() - self._queried_at < self._ttl_seconds:
            return self._last_version
        if not self._lock.acquire(timeout=LOOKUP_TIMEOUT_SECONDS):
            return None
        try:
            return None if monotonic() - self._failed_at < LOOKUP_TIMEOUT_SECONDS else self._query_version()
        finally:
            self._lock.release()

    def matches_revision(self, version: Hashable, revision: bytes | None) -> bool:
        """Whether an answer of this revision was made in a state that was told.

        An embedded database has one state for all. Of several servers, this may ask one and the answer come from
        another, which is behind or ahead.
        """
        if not self.remote:
            return True
        return isinstance(version, tuple) and revision == str(version[0]).encode()

    def _query_version(self) -> Hashable:
        try:
            driver = self._open_connection()
            self._last_version = driver.execute(self._query).fetchone() or EMPTY_DATABASE
        except (DBAPIError, PoolTimeoutError, self._engine.dialect.loaded_dbapi.Error):
            self.close()
            self._failed_at = monotonic()
        self._queried_at = monotonic()
        return self._last_version

    def _open_connection(self) -> Any:
        """The connection that is asked; it waits for nobody who has locked everything."""
        if self._raw is None:
            self._raw = self._engine.raw_connection()
            self._raw.detach()
            if self.remote:
                self._raw.dbapi_connection.autocommit = True
                self._raw.dbapi_connection.execute(f"SET statement_timeout = {int(LOOKUP_TIMEOUT_SECONDS * 1000)}")
        return self._raw.dbapi_connection

    def close(self) -> None:
        """Give back the connection; the next question opens another one."""
        with suppress(DBAPIError, self._engine.dialect.loaded_dbapi.Error):
            if self._raw is not None:
                self._raw.close()
        self._raw, self._last_version = None, None
