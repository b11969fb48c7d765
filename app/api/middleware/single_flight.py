"""Looks at what is elsewhere, shared by all who wait for one."""

from asyncio import Task, create_task, shield, wait
from collections.abc import Callable, Hashable

from starlette.concurrency import run_in_threadpool


class SingleFlight:
    """One look at a time, in a thread. Whoever asks gets the result of a look that begins after the question.

    Those who ask while one goes on share the next one: many askers cost no more looks than one after the other.
    """

    def __init__(self, call: Callable[[], Hashable]) -> None:
        self._call = call
        self._running: Task[Hashable] | None = None
        self._next: Task[Hashable] | None = None

    async def run(self) -> Hashable:
        """What the next look gives."""
        if self._next is None:
            self._next = create_task(self._after(self._running))
        return await shield(self._next)  # others may wait for the same one

    async def _after(self, running: Task[Hashable] | None) -> Hashable:
        if running is not None and not running.done():
            await wait((running,))
        self._running, self._next = self._next, None
        return await run_in_threadpool(self._call)
