"""The state of the database that a reader sees, and what was worked out of it."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

MOST_KEPT = 20_000  # entries; beyond that the memory starts again
STATE = "oxus.state"


@dataclass
class _State:
    """What a connection knows of the newest revision that it saw.

    `version` is what SQLite counts up whenever another connection commits. `sure` says whether the revision was
    looked up in the present transaction.
    """

    version: int = -1
    revision: int = -1
    sure: bool = False
    values: dict[Any, Any] = field(default_factory=dict)


@contextmanager
def one_snapshot(connection: Connection) -> Iterator[None]:
    """For a reader: what is kept in here belongs to the one state that its transaction sees."""
    state = connection.info.setdefault(STATE, _State())
    state.sure = False
    try:
        yield
    finally:
        state.sure = False


def current_revision(connection: Connection) -> int:
    """The state of the database; 0 before anything was loaded."""
    return _seen(connection).revision


def kept(connection: Connection) -> dict[Any, Any]:
    """What was worked out of the present state; to be filled. A writer's is always empty, as its state changes."""
    state = _seen(connection)
    if len(state.values) > MOST_KEPT:
        state.values.clear()
    return state.values


def _seen(connection: Connection) -> _State:
    state: _State | None = connection.info.get(STATE)
    if state is None:
        return _State(revision=_revision(connection))
    if not state.sure:
        version = _version(connection)
        if version is None or version != state.version:
            revision = _revision(connection)
            if revision != state.revision:
                state.values = {}
            state.version, state.revision = version or -1, revision
        state.sure = True
    return state


def _version(connection: Connection) -> int | None:
    """SQLite's count of commits by others, which costs no query; None where there is no such thing."""
    if connection.dialect.name != "sqlite":
        return None
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def _revision(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT max(id) FROM revision")) or 0)


class Watch:
    """Tells cheaply whether the database is the same as before.

    SQLite tells at once whether anybody committed; PostgreSQL is asked for its revision, at most every `seconds`, which
    may take its time (`remote`).
    """

    def __init__(self, engine: Engine, seconds: float) -> None:
        self._engine = engine
        self._seconds = seconds
        self.remote = engine.dialect.name != "sqlite"
        self._one_at_a_time = Lock()
        self._raw: Any = None
        self._query = "SELECT max(id) FROM revision" if self.remote else "PRAGMA data_version"
        self._asked = -1.0
        self._state: Hashable = None

    def state(self) -> Hashable:
        """Equal for as long as the database is the same; None while it cannot be reached."""
        if self.remote and self._asked >= 0 and monotonic() - self._asked < self._seconds:
            return self._state
        with self._one_at_a_time:
            return self._looked_up()

    def _looked_up(self) -> Hashable:
        try:
            if self._raw is None:
                self._raw = self._engine.raw_connection()
                self._raw.detach()
            driver: Any = self._raw.dbapi_connection
            self._state = driver.execute(self._query).fetchone()[0]
            if self.remote:
                driver.rollback()
        except (DBAPIError, self._engine.dialect.loaded_dbapi.Error):
            self.close()
        self._asked = monotonic()
        return self._state

    def close(self) -> None:
        """Give back the connection; the next question opens another one."""
        with suppress(DBAPIError, self._engine.dialect.loaded_dbapi.Error):
            if self._raw is not None:
                self._raw.close()
        self._raw, self._state = None, None
