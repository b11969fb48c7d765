"""Coalesce concurrent calls of one function."""

from asyncio import Task, create_task, shield, wait
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Make at most one call at a time, shared by everybody who waits.

    Callers that arrive while a call runs share the next one, so each result was computed after its caller asked.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._running: Task[T] | None = None
        self._next: Task[T] | None = None

    async def run(self) -> T:
        """Return the result of a call that starts after this one. Raises the call's own error."""
        if self._next is None:
            self._next = create_task(self._after(self._running))
        return await shield(self._next)  # a cancelled caller must not cancel the call of the others

    async def _after(self, running: Task[T] | None) -> T:
        if running is not None and not running.done():
            await wait((running,))
        self._running, self._next = self._next, None
        return await self._call()
