"""Read sessions, and the limits of requests that read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter, fail_after
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from app.db.engine import read_transaction
from app.db.revision import current_revision, revision_cache, revision_token
from app.errors import UnavailableError
from app.query.analyses.lookups import pack_rows
from app.schemas.reference import PackRow

T = TypeVar("T")

MAX_WORKER_THREADS = 32
"""Responses prepared in threads at a time. Fewer than a process has threads (40) and connections (40): exports and,
on SQLite, short requests on the event loop need some of each."""


@dataclass(frozen=True)
class ReadSession:
    """One consistent state of the database: a connection in a read transaction, its revision, and the loaded packs."""

    connection: Connection
    revision: int
    revision_token: str
    packs: Sequence[PackRow]

    def cached(self, name: str, compute: Callable[[], T]) -> T:
        """Return a value computed once per revision."""
        cache = revision_cache(self.connection)
        if name not in cache:
            cache[name] = compute()
        value: T = cache[name]
        return value


@dataclass
class ReadPool:
    """The engine that reads, and its limits.

    A response takes at most `timeout_seconds` to prepare, an export at most `export_timeout_seconds` to send. Long
    requests run in at most MAX_WORKER_THREADS threads; after `queue_timeout_seconds` without a free one the client
    gets a 503 instead of waiting for ever. At most `max_concurrent_exports` exports run at a time.
    """

    engine: Engine
    timeout_seconds: float
    export_timeout_seconds: float
    max_concurrent_exports: int
    queue_timeout_seconds: float
    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MAX_WORKER_THREADS))
    _running_exports: int = 0

    @contextmanager
    def session(self, *, full_scan: bool = False) -> Iterator[ReadSession]:
        """Open a read session; `full_scan` is for exports, which read whole tables and may take longer.

        Raises UnavailableError when the time is over or the database cannot be reached, SchemaError when it holds no
        Oxus tables.
        """
        seconds = self.export_timeout_seconds if full_scan else self.timeout_seconds
        with read_transaction(self.engine, seconds, full_scan=full_scan) as connection:
            cache = revision_cache(connection)
            if "packs" not in cache:
                cache["packs"] = [PackRow.model_validate_json(row) for row in pack_rows(connection)]
            yield ReadSession(connection, current_revision(connection), revision_token(connection), cache["packs"])

    async def run_in_thread(self, work: Callable[[], T]) -> T:
        """Run work in a thread. Raises UnavailableError when none is free for `queue_timeout_seconds`."""
        borrower = object()
        try:
            with fail_after(self.queue_timeout_seconds):
                await self._threads.acquire_on_behalf_of(borrower)
        except TimeoutError:
            raise UnavailableError("too many long questions are being answered; ask again later") from None
        try:
            return await run_in_threadpool(work)
        finally:
            self._threads.release_on_behalf_of(borrower)

    @contextmanager
    def export_slot(self) -> Iterator[None]:
        """Count an export as running. Raises UnavailableError when as many run as may."""
        limit = self.max_concurrent_exports
        if self._running_exports >= limit:
            raise UnavailableError(f"{limit} exports are running, which is as many as may; ask again later")
        self._running_exports += 1
        try:
            yield
        finally:
            self._running_exports -= 1
