"""Concurrent calls share one run, and no result is older than its call."""

import asyncio
from functools import partial
from threading import Event

from waiting import MAX_WAIT_SECONDS

from app.api.middleware.single_flight import SingleFlight


def test_concurrent_callers_share_a_run_and_later_ones_get_the_next() -> None:
    began, go_on = [Event() for _ in range(3)], [Event() for _ in range(3)]
    runs = running = 0

    def call() -> int:
        nonlocal runs, running
        at, runs, running = runs, runs + 1, running + 1
        assert running == 1, "one at a time"
        began[at].set()
        assert go_on[at].wait(MAX_WAIT_SECONDS)
        running -= 1
        return at

    async def callers() -> tuple[list[object], list[object]]:
        shared = SingleFlight(partial(asyncio.to_thread, call))
        first = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.to_thread(began[0].wait, MAX_WAIT_SECONDS)
        during = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.sleep(0)  # each of them asks
        first.pop().cancel()  # a cancelled caller cancels nothing for the others
        go_on[0].set()
        await asyncio.to_thread(began[1].wait, MAX_WAIT_SECONDS)
        go_on[1].set()
        return await asyncio.gather(*first), await asyncio.gather(*during)

    found, later = asyncio.run(callers())
    assert (set(found), set(later), runs) == ({0}, {1}, 2)


def test_an_error_reaches_those_who_waited_and_the_next_run_is_another() -> None:
    runs = iter([OSError("away"), "back"])

    def call() -> str:
        found = next(runs)
        if isinstance(found, OSError):
            raise found
        return found

    async def callers() -> list[object]:
        shared = SingleFlight(partial(asyncio.to_thread, call))
        failed = await asyncio.gather(shared.run(), shared.run(), return_exceptions=True)
        return [*map(type, failed), await shared.run()]

    assert asyncio.run(callers()) == [OSError, OSError, "back"]
