"""The least rate counts the time of sending alone, over all that was sent."""

import asyncio
from typing import Any

import pytest
from anyio import CancelScope
from starlette.types import Message

from app.api.http import least_rate
from app.api.http.least_rate import with_least_rate


def test_a_client_may_take_a_minute_and_the_time_of_the_least_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, now, allowed = least_rate.MIN_EXPORT_BYTES_PER_SECOND, 0.0, []

    def limit(seconds: float) -> CancelScope:
        allowed.append(seconds)
        return CancelScope()

    monkeypatch.setattr(least_rate, "monotonic", lambda: now)
    monkeypatch.setattr(least_rate, "move_on_after", limit)

    async def scenario() -> None:
        nonlocal now
        takes = iter([0.0, 50.0, 5.0, 0.0])

        async def send(_message: Message) -> None:
            nonlocal now
            now += next(takes)

        wrapped: Any = with_least_rate(send)
        await wrapped({"type": "http.response.start"})
        for size in (10 * rate, rate, 0):
            await wrapped({"type": "http.response.body", "body": b"x" * size})
            now += 1000  # the database takes its time, which is not the client's

    asyncio.run(scenario())
    assert allowed == [60, 60 + 10, 60 + 11 - 50, 60 + 11 - 55]
