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

MOST_KEPT = 20_000  # entries; beyond that the memory starts again
STATE = "oxus.state"
PATIENCE_SECONDS = 1.0
"""For how long a look at the state may keep a request waiting; then the request is worked out, and not remembered."""
NOTHING_YET = (0, None)


@dataclass
class _State:
    """What a connection knows of the newest revision that it saw, and of the moment when that was made.

    `version` is what SQLite counts up whenever another connection commits. `sure` says whether the revision was
    looked up in the present transaction.
    """

    version: int = -1
    revision: int = -1
    made_at: str = ""
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


def current_mark(connection: Connection) -> str:
    """The revision and when it was made: databases of one mark hold the same.

    The number alone is given twice when a backup is restored, or a standby promoted that missed the last load.
    """
    state = _seen(connection)
    return f"{state.revision} {state.made_at}"


def kept(connection: Connection) -> dict[Any, Any]:
    """What was worked out of the present state; to be filled. A writer's is always empty, as its state changes."""
    state = _seen(connection)
    if len(state.values) > MOST_KEPT:
        state.values.clear()
    return state.values


def _seen(connection: Connection) -> _State:
    state: _State | None = connection.info.get(STATE)
    if state is None:
        revision, made_at = _revision(connection)
        return _State(revision=revision, made_at=made_at)
    if not state.sure:
        version = _version(connection)
        if version is None or version != state.version:
            revision, made_at = _revision(connection)
            if (revision, made_at) != (state.revision, state.made_at):
                state.values = {}
            state.version, state.revision, state.made_at = version or -1, revision, made_at
        state.sure = True
    return state


def _version(connection: Connection) -> int | None:
    """SQLite's count of commits by others, which costs no query; None where there is no such thing."""
    if connection.dialect.name != "sqlite":
        return None
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


NEWEST = "SELECT id, made_at FROM revision ORDER BY id DESC LIMIT 1"


def _revision(connection: Connection) -> tuple[int, str]:
    found = connection.execute(text(NEWEST)).first()
    return (int(found[0]), str(found[1])) if found else (0, "")


class Watch:
    """Tells cheaply whether the database is the same as before.

    SQLite tells at once whether anybody committed; PostgreSQL is asked for its newest revision, at most every
    `seconds`, which may take its time (`remote`). What cannot be reached is not asked again for a moment, so that
    nobody queues.
    """

    def __init__(self, engine: Engine, seconds: float) -> None:
        self._engine = engine
        self._seconds = seconds
        self.remote = engine.dialect.name != "sqlite"
        self._one_at_a_time = Lock()
        self._raw: Any = None
        self._query = NEWEST if self.remote else "PRAGMA data_version"
        self._asked = -inf
        self._failed = -inf
        self._state: Hashable = None

    def state(self) -> Hashable:
        """Equal for as long as the database is the same; None while it cannot be known."""
        if self.remote and monotonic() - self._asked < self._seconds:
            return self._state
        if not self._one_at_a_time.acquire(timeout=PATIENCE_SECONDS):
            return None
        try:
            return None if monotonic() - self._failed < PATIENCE_SECONDS else self._looked_up()
        finally:
            self._one_at_a_time.release()

    def shows(self, state: Hashable, revision: bytes | None) -> bool:
        """Whether an answer of this revision was made in a state that was told.

        An embedded database has one state for all. Of several servers, this may ask one and the answer come from
        another, which is behind or ahead.
        """
        if not self.remote:
            return True
        return isinstance(state, tuple) and revision == str(state[0]).encode()

    def _looked_up(self) -> Hashable:
        try:
            driver = self._opened()
            self._state = driver.execute(self._query).fetchone() or NOTHING_YET
        except (DBAPIError, PoolTimeoutError, self._engine.dialect.loaded_dbapi.Error):
            self.close()
            self._failed = monotonic()
        self._asked = monotonic()
        return self._state

    def _opened(self) -> Any:
        """The connection that is asked; it waits for nobody who has locked everything."""
        if self._raw is None:
            self._raw = self._engine.raw_connection()
            self._raw.detach()
            if self.remote:
                self._raw.dbapi_connection.autocommit = True
                self._raw.dbapi_connection.execute(f"SET statement_timeout = {int(PATIENCE_SECONDS * 1000)}")
        return self._raw.dbapi_connection

    def close(self) -> None:
        """Give back the connection; the next question opens another one."""
        with suppress(DBAPIError, self._engine.dialect.loaded_dbapi.Error):
            if self._raw is not None:
                self._raw.close()
        self._raw, self._state = None, None
