"""Concurrent calls share one run, and no result is older than its call."""

import asyncio
from threading import Event

from app.api.middleware.single_flight import SingleFlight


def test_concurrent_callers_share_a_run_and_later_ones_get_the_next() -> None:
    began, go_on = [Event() for _ in range(3)], [Event() for _ in range(3)]
    runs = 0

    def call() -> int:
        nonlocal runs
        at, runs = runs, runs + 1
        began[at].set()
        assert go_on[at].wait(10)
        return at

    async def callers() -> tuple[list[object], list[object]]:
        shared = SingleFlight(call)
        first = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.to_thread(began[0].wait, 10)
        during = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.sleep(0.01)
        assert not began[1].is_set(), "one at a time"
        first.pop().cancel()  # a cancelled caller cancels nothing for the others
        go_on[0].set()
        await asyncio.to_thread(began[1].wait, 10)
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
        shared = SingleFlight(call)
        failed = await asyncio.gather(shared.run(), shared.run(), return_exceptions=True)
        return [*map(type, failed), await shared.run()]

    assert asyncio.run(callers()) == [OSError, OSError, "back"]
