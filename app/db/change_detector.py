"""Detect cheaply whether a database changed, without opening a transaction."""

from collections.abc import Hashable
from contextlib import nullcontext, suppress
from math import inf
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.db.engine import OPEN_FILE_KEY
from app.db.revision import NEWEST_REVISION
from app.db.server_transaction import shutdown_of
from app.deadlines import WorkLimit, current_limit

LOOKUP_TIMEOUT_SECONDS = 1.0
"""Longest time that a request waits for a lookup; after it, the response is prepared anew and not cached."""


class ChangeDetector:
    """Return a version that stays equal while the database is unchanged.

    SQLite counts the commits of other connections to one file; another file of that name is another version.
    PostgreSQL is asked for its newest revision and its schema, at most every `ttl_seconds`, which may take time
    (`remote`). After a failure no lookup is tried for LOOKUP_TIMEOUT_SECONDS, so that requests do not queue for a
    database that is away.
    """

    def __init__(self, engine: Engine, ttl_seconds: float) -> None:
        self._engine = engine
        self._ttl_seconds = ttl_seconds
        self.remote = engine.dialect.name != "sqlite"
        self._lock = Lock()
        self._raw: Any = None
        self._connections = 0
        self._query = NEWEST_REVISION if self.remote else "PRAGMA data_version"
        self._queried_at = -inf
        self._failed_at = -inf
        self._last_version: Hashable = None

    def version(self) -> Hashable:
        """Return the version of the database; None while it cannot be determined."""
        if self.remote and monotonic() - self._queried_at < self._ttl_seconds:
            return self._last_version
        if not self._lock.acquire(timeout=LOOKUP_TIMEOUT_SECONDS):
            return None
        try:
            return None if monotonic() - self._failed_at < LOOKUP_TIMEOUT_SECONDS else self._query_version()
        finally:
            self._lock.release()

    def matches_revision(self, version: Hashable, revision: bytes | None) -> bool:
        """Return whether a response of this revision was made from the database at this version.

        An embedded database has one state for all connections. Of several servers, this one may ask one and the
        response come from another, which is behind or ahead.
        """
        if not self.remote:
            return True
        return isinstance(version, tuple) and revision == str(version[0] or 0).encode()

    def _query_version(self) -> Hashable:
        limit = current_limit() or WorkLimit(LOOKUP_TIMEOUT_SECONDS)
        try:
            driver = self._open_connection()
            with limit.breaking(shutdown_of(driver)) if self.remote else nullcontext():
                row = driver.execute(self._query).fetchone()
            self._last_version = row if self.remote else (self._connections, *row)
        except (DBAPIError, PoolTimeoutError, self._engine.dialect.loaded_dbapi.Error):
            self.close()
            self._failed_at = monotonic()
        self._queried_at = monotonic()
        return self._last_version

    def _open_connection(self) -> Any:
        """Return the detector's own connection, opened when first needed; its queries have a short timeout.

        An embedded database is opened again when its file was replaced.
        """
        if self._raw is not None and not self.remote and self._raw.info[OPEN_FILE_KEY].is_replaced:
            self.close()
        if self._raw is None:
            self._raw = self._engine.raw_connection()
            self._raw.detach()
            self._connections += 1
            if self.remote:
                self._raw.dbapi_connection.autocommit = True
                self._raw.dbapi_connection.execute(f"SET statement_timeout = {int(LOOKUP_TIMEOUT_SECONDS * 1000)}")
        return self._raw.dbapi_connection

    def close(self) -> None:
        """Close the connection, which may be broken; the next lookup opens another one."""
        if self._raw is not None:
            with suppress(self._engine.dialect.loaded_dbapi.Error):
                self._raw.dbapi_connection.close()
            self._raw.invalidate()  # the pool has nothing to reset
        self._raw, self._last_version = None, None
