"""Looks are shared, and none of them began before it was asked for."""

import asyncio
from threading import Event

from app.api.middleware.single_flight import SingleFlight


def test_all_who_ask_at_once_share_a_look_and_who_asks_during_one_gets_the_next() -> None:
    began, go_on = [Event() for _ in range(3)], [Event() for _ in range(3)]
    looks = 0

    def look() -> int:
        nonlocal looks
        at, looks = looks, looks + 1
        began[at].set()
        assert go_on[at].wait(10)
        return at

    async def asking() -> tuple[list[object], list[object]]:
        shared = SingleFlight(look)
        first = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.to_thread(began[0].wait, 10)
        during = [asyncio.create_task(shared.run()) for _ in range(20)]
        await asyncio.sleep(0.01)
        assert not began[1].is_set(), "one at a time"
        first.pop().cancel()  # who goes away takes the look from nobody
        go_on[0].set()
        await asyncio.to_thread(began[1].wait, 10)
        go_on[1].set()
        return await asyncio.gather(*first), await asyncio.gather(*during)

    found, later = asyncio.run(asking())
    assert (set(found), set(later), looks) == ({0}, {1}, 2)


def test_a_look_that_fails_fails_for_those_who_waited_and_the_next_one_is_another() -> None:
    looks = iter([OSError("away"), "back"])

    def look() -> str:
        found = next(looks)
        if isinstance(found, OSError):
            raise found
        return found

    async def asking() -> list[object]:
        shared = SingleFlight(look)
        failed = await asyncio.gather(shared.run(), shared.run(), return_exceptions=True)
        return [*map(type, failed), await shared.run()]

    assert asyncio.run(asking()) == [OSError, OSError, "back"]
