"""The revision of the database that a connection sees, and the cache of values computed from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from app.db.schema import check_version

NEWEST_REVISION = (
    "SELECT newest.id, newest.made_at, alembic_version.version_num FROM alembic_version "
    "LEFT JOIN (SELECT id, made_at FROM revision ORDER BY id DESC LIMIT 1) AS newest ON TRUE"
)
"""One statement for revision and schema. Every later schema must keep these three columns, so that a server that is too
old for it says so."""
MAX_ENTRIES = 10_000
"""Entries of a cache; beyond that it starts again. Keys that hold what clients sent are made by `short_key`."""
KEY_BYTES = 16
_STATE_KEY = "oxus.revision"
_CACHE_KEY = "oxus.revision_cache"

Cache = dict[Any, Any]


@dataclass
class _ConnectionRevision:
    """The newest revision that a connection has seen.

    `data_version` is SQLite's counter of commits by other connections. `verified` is true once the revision was looked
    up in the present transaction.
    """

    data_version: int = -1
    revision: int = -1
    made_at: str = ""
    verified: bool = False

    @property
    def token(self) -> str:
        return f"{self.revision} {self.made_at}"


@dataclass
class RevisionCache:
    """Values computed from one revision, shared by all connections of an engine.

    Threads may see two revisions at the same time, just after a load: the cache then belongs to whoever asked last,
    and the others compute again.
    """

    _entry: tuple[str, Cache] = field(default_factory=lambda: ("", {}))

    def values_of(self, token: str) -> Cache:
        """Return the values computed from the revision with this token; empty if it is another one than before."""
        cached_token, values = self._entry  # read and replaced in one step: other threads may replace it meanwhile
        if token != cached_token or len(values) > MAX_ENTRIES:
            values = {}
            self._entry = token, values
        return values


def attach_revision_cache(engine: Engine) -> None:
    """Give all connections of a reading engine one revision cache."""
    cache = RevisionCache()

    def share(_dbapi_connection: object, record: Any) -> None:
        record.info[_CACHE_KEY] = cache

    event.listen(engine, "connect", share)


def short_key(*parts: object) -> bytes:
    """Return a key of KEY_BYTES bytes for values of any size, by their `repr`, so that no cache keeps the values."""
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=KEY_BYTES).digest()


@contextmanager
def snapshot_scope(connection: Connection) -> Iterator[None]:
    """Look the revision up once in a read transaction, whose snapshot cannot change."""
    state = connection.info.setdefault(_STATE_KEY, _ConnectionRevision())
    state.verified = False
    try:
        yield
    finally:
        state.verified = False


def current_revision(connection: Connection) -> int:
    """Return the number of the newest revision; 0 before anything was loaded.

    Raises SchemaError, as every function here, once the database has another schema than this software.
    """
    return _refreshed(connection).revision


def revision_token(connection: Connection) -> str:
    """Return the newest revision with its time: databases with equal tokens hold the same.

    A number alone may be given twice, when a backup is restored or a standby is promoted that missed the last load.
    """
    return _refreshed(connection).token


def revision_cache(connection: Connection) -> Cache:
    """Return the cache of the current revision. Writers get an empty one, because their state changes under them."""
    cache: RevisionCache | None = connection.info.get(_CACHE_KEY)
    if cache is None or _STATE_KEY not in connection.info:
        return {}
    return cache.values_of(_refreshed(connection).token)


def _refreshed(connection: Connection) -> _ConnectionRevision:
    state: _ConnectionRevision | None = connection.info.get(_STATE_KEY)
    if state is None:
        revision, made_at = _newest_revision(connection)
        return _ConnectionRevision(revision=revision, made_at=made_at)
    if not state.verified:
        data_version = _data_version(connection)
        if data_version is None or data_version != state.data_version:
            state.revision, state.made_at = _newest_revision(connection)
            state.data_version = data_version or -1
        state.verified = True
    return state


def _data_version(connection: Connection) -> int | None:
    """Return SQLite's counter of commits by others, which needs no query; None on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return None
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def _newest_revision(connection: Connection) -> tuple[int, str]:
    row = connection.execute(text(NEWEST_REVISION)).first()
    check_version(row[2] if row else None)
    return (0, "") if row is None or row[0] is None else (int(row[0]), str(row[1]))
