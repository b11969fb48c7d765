"""Threads that prepare responses, shared fairly among clients."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from anyio import CapacityLimiter, fail_after

from app.errors import UnavailableError


class Lane:
    """Threads for one kind of work. One client holds all but one at most, so that its queue is no queue for others."""

    def __init__(self, threads: int, queue_timeout_seconds: float) -> None:
        self.threads_per_client = threads - 1
        self._threads = CapacityLimiter(threads)
        self._queue_timeout_seconds = queue_timeout_seconds
        self._shares: dict[str, CapacityLimiter] = {}
        self._users: Counter[str] = Counter()

    @property
    def busy_threads(self) -> int:
        """Number of threads that are held."""
        return self._threads.borrowed_tokens

    @property
    def clients(self) -> int:
        """Number of clients that hold a thread or wait for one."""
        return len(self._shares)

    @asynccontextmanager
    async def thread_for(self, client: str) -> AsyncIterator[None]:
        """Hold a thread. Raises UnavailableError when none is free for the client within the queue timeout."""
        share = self._shares.setdefault(client, CapacityLimiter(self.threads_per_client))
        self._users[client] += 1
        borrower = object()
        async with AsyncExitStack() as stack:
            stack.callback(self._forget, client)
            try:
                with fail_after(self._queue_timeout_seconds):
                    for limiter in (share, self._threads):  # who waits for the own share holds up nobody else
                        await limiter.acquire_on_behalf_of(borrower)
                        stack.callback(limiter.release_on_behalf_of, borrower)
            except TimeoutError:
                raise UnavailableError("too many questions are being answered; ask again later") from None
            yield

    def _forget(self, client: str) -> None:
        self._users[client] -= 1
        if not self._users[client]:
            del self._users[client], self._shares[client]
