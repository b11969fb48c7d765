"""Read sessions, and the limits of requests that read.

A request is tried where it costs others least: on an embedded database on the event loop for INLINE_SECONDS, else in a
thread for SHORT_SECONDS, then in one of few threads for as long as a request may take. So long ones, however many, hold
up neither the event loop nor short ones.
"""

from asyncio import create_task, get_running_loop
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive

from app.api.http.lanes import Lane
from app.db.engine import is_embedded, read_transaction
from app.db.revision import current_revision, revision_cache, revision_token
from app.deadlines import WorkLimit, working_within
from app.errors import TooSlowError, UnavailableError
from app.query.analyses.lookups import pack_rows
from app.schemas.reference import PackRow

T = TypeVar("T")

INLINE_SECONDS = 0.02
"""Longest time of a request on the event loop, which answers nobody else meanwhile."""
SHORT_SECONDS = 0.25
"""Longest time of a request in a thread for short ones."""


@dataclass(frozen=True)
class ThreadLimits:
    """Numbers of threads that prepare responses at a time."""

    short: int
    long: int


EMBEDDED_THREADS = ThreadLimits(short=3, long=3)
"""Few, since each competes with the event loop for the interpreter: with 16, a probe waits for half a second."""
SERVER_THREADS = ThreadLimits(short=8, long=4)
"""Threads mostly wait for PostgreSQL. More long ones would take its processor from the short ones."""
AS_MANY_AS_MAY = "which is as many as may; ask again later"
GRACE_SECONDS = 1.0
"""Time beyond a limit after which a database that has not kept it counts as hung, and its connection is broken."""


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

    A response takes at most `timeout_seconds` to prepare, an export at most `export_timeout_seconds` to send. A request
    that finds no free thread for `queue_timeout_seconds` gets a 503 instead of waiting for ever. At most
    `max_concurrent_exports` exports run at a time, and `max_exports_per_client` of one client.
    """

    engine: Engine
    timeout_seconds: float
    export_timeout_seconds: float
    max_concurrent_exports: int
    max_exports_per_client: int
    queue_timeout_seconds: float
    _exports: Counter[str] = field(default_factory=Counter)
    _exports_lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.threads = EMBEDDED_THREADS if is_embedded(self.engine) else SERVER_THREADS
        self.short = Lane(self.threads.short, self.queue_timeout_seconds)
        self.long = Lane(self.threads.long, self.queue_timeout_seconds)

    @contextmanager
    def session(self, *, full_scan: bool = False) -> Iterator[ReadSession]:
        """Open a read session; `full_scan` is for exports, which read whole tables and may take longer.

        Raises TooSlowError when the time is over, UnavailableError if the database cannot be reached, SchemaError when
        it holds no Oxus tables.
        """
        seconds = self.export_timeout_seconds if full_scan else self.timeout_seconds
        with read_transaction(self.engine, seconds, full_scan=full_scan) as connection:
            cache = revision_cache(connection)
            if "packs" not in cache:
                cache["packs"] = [PackRow.model_validate_json(row) for row in pack_rows(connection)]
            yield ReadSession(connection, current_revision(connection), revision_token(connection), cache["packs"])

    async def run(self, work: Callable[[], T], client: str, receive: Receive, *, inline: bool) -> T:
        """Run work where it costs others least, and again where it may take longer.

        Raises TooSlowError after `timeout_seconds`, UnavailableError when no thread is free.
        """
        if inline and is_embedded(self.engine):
            with suppress(UnavailableError), working_within(WorkLimit(INLINE_SECONDS, may_wait=False)):
                return work()
        if self.timeout_seconds > SHORT_SECONDS:
            with suppress(TooSlowError):
                async with self.short.thread_for(client):
                    return await run_in_thread(work, WorkLimit(SHORT_SECONDS))
        async with self.long.thread_for(client):
            limit = WorkLimit(self.timeout_seconds)
            watcher = create_task(_end_when_gone(receive, limit))
            try:
                return await run_in_thread(work, limit)
            finally:
                watcher.cancel()

    @property
    def running_exports(self) -> int:
        """Number of exports that run."""
        return self._exports.total()

    @contextmanager
    def export_slot(self, client: str) -> Iterator[None]:
        """Count an export as running. Raises UnavailableError when as many run as may, of all or of this client."""
        with self._exports_lock:
            if self.running_exports >= self.max_concurrent_exports:
                raise UnavailableError(f"{self.running_exports} exports are running, {AS_MANY_AS_MAY}")
            if self._exports[client] >= self.max_exports_per_client:
                raise UnavailableError(f"{self._exports[client]} exports of this client are running, {AS_MANY_AS_MAY}")
            self._exports[client] += 1
        try:
            yield
        finally:
            with self._exports_lock:
                self._exports[client] -= 1
                if not self._exports[client]:
                    del self._exports[client]


async def run_in_thread(work: Callable[[], T], limit: WorkLimit, seconds: float | None = None) -> T:
    """Run work within a limit in a thread, and end it if its database keeps it waiting beyond `seconds`."""

    def run() -> T:
        with working_within(limit):
            return work()

    patience = limit.seconds_left + GRACE_SECONDS if seconds is None else seconds
    timer = get_running_loop().call_later(patience, limit.end)
    try:
        return await run_in_threadpool(run)
    finally:
        timer.cancel()


async def _end_when_gone(receive: Receive, limit: WorkLimit) -> None:
    """End work once its client has closed the connection."""
    message = await receive()
    if message["type"] == "http.request":  # a GET's, which is empty
        message = await receive()
    if message["type"] == "http.disconnect":
        limit.end()
