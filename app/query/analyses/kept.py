"""Results that depend on the revision and `known_by` alone, computed once and kept for the pages that follow."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, TypeVar

from cachetools import LRUCache
from sqlalchemy import Connection

from app.db.revision import revision_cache
from app.deadlines import check_deadline

MAX_KEPT_IDS = 100_000
"""Ids in all results that are kept, some 100 bytes each; a result with more is computed each time."""
LEAST_WEIGHT = 100
"""Weight of the smallest result, so that results without ids are bounded too."""
SECONDS_BETWEEN_LOOKS = 0.1
_STORE_KEY = "kept results"


class Weighted(Protocol):
    """A result that can be kept: how many ids it holds."""

    @property
    def weight(self) -> int: ...


T = TypeVar("T", bound=Weighted)


@dataclass
class _Turn:
    """Whose turn it is to compute a result, and how many wait for it or have it."""

    lock: Lock = field(default_factory=Lock)
    users: int = 0


@dataclass
class _Store:
    """Results of one revision, those asked for last, and who is computing one."""

    results: LRUCache[Hashable, Weighted] = field(
        default_factory=lambda: LRUCache(MAX_KEPT_IDS, getsizeof=lambda result: result.weight + LEAST_WEIGHT)
    )
    lock: Lock = field(default_factory=Lock)
    turns: dict[Hashable, _Turn] = field(default_factory=dict)

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[None]:
        """Wait until nobody else computes the result of a key. Raises UnavailableError at the deadline."""
        with self.lock:
            turn = self.turns.setdefault(key, _Turn())
            turn.users += 1
        try:
            while not turn.lock.acquire(timeout=SECONDS_BETWEEN_LOOKS):
                check_deadline()
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self.lock:
                turn.users -= 1
                if not turn.users:
                    del self.turns[key]


def keep_for_revision(connection: Connection, key: Hashable, compute: Callable[[], T]) -> T:
    """Return a result computed once per revision; whoever asks for it meanwhile waits, until the deadline.

    Raises UnavailableError at the deadline.
    """
    store: _Store = revision_cache(connection).setdefault(_STORE_KEY, _Store())
    with store.turn(key):
        with store.lock:
            kept = store.results.get(key)
        if kept is not None:
            return kept  # type: ignore[return-value]  # one key, one type
        result = compute()
        with store.lock:
            if result.weight + LEAST_WEIGHT <= store.results.maxsize:
                store.results[key] = result
        return result
