"""Limits on the work for one request, kept by databases and by computation in Python."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic

from app.errors import TooSlowError


class WorkLimit:
    """The deadline of one piece of work, and a way for others to end it before.

    `end` may be called from any thread: at the next check the work raises TooSlowError. Work that waits for a server
    checks nothing, so it registers a function that breaks its wait. Work that holds up others must not wait for a lock
    (`may_wait`).
    """

    def __init__(self, seconds: float, *, may_wait: bool = True) -> None:
        self.may_wait = may_wait
        self.is_ended = False
        self._deadline = monotonic() + seconds
        self._lock = Lock()
        self._break_waits: list[Callable[[], None]] = []

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._deadline - monotonic()

    def is_over(self) -> bool:
        """Return whether the work has to stop."""
        return self.is_ended or monotonic() > self._deadline

    def end(self) -> None:
        """End the work, whatever it is waiting for."""
        self.is_ended = True
        with self._lock:  # nobody leaves a `breaking` block, and gives a connection to others, meanwhile
            for break_wait in self._break_waits:
                break_wait()

    @contextmanager
    def breaking(self, break_wait: Callable[[], None]) -> Iterator[None]:
        """Call `break_wait` if the work is ended during the block."""
        with self._lock:
            self._break_waits.append(break_wait)
        try:
            yield
        finally:
            with self._lock:
                self._break_waits.remove(break_wait)


_limit: ContextVar[WorkLimit | None] = ContextVar("limit", default=None)


def current_limit() -> WorkLimit | None:
    """Return the limit of the work that is being done; commands have none."""
    return _limit.get()


@contextmanager
def working_within(limit: WorkLimit) -> Iterator[None]:
    """Make `limit` the limit of the work in the block."""
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Limit the work in the block to so many seconds from now."""
    with working_within(WorkLimit(seconds)):
        yield


def check_deadline() -> None:
    """Raise TooSlowError once the work has to stop. Loops in Python over stored rows call it at each turn."""
    limit = _limit.get()
    if limit is not None and limit.is_over():
        raise TooSlowError
