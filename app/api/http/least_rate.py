"""The least rate at which a client has to read an export."""

from time import monotonic

from anyio import move_on_after
from starlette.types import Message, Send

from app.errors import UnavailableError

MIN_EXPORT_BYTES_PER_SECOND = 32 * 1024
SLOW_START_SECONDS = 60.0
"""Time that a client may lose before the least rate counts."""


def with_least_rate(send: Send) -> Send:
    """Wrap `send` to raise UnavailableError once a client has read slower than it must, over all that was sent."""
    size, seconds = 0, 0.0

    async def send_wrapper(message: Message) -> None:
        nonlocal size, seconds
        size += len(message.get("body", b""))
        began = monotonic()
        with move_on_after(SLOW_START_SECONDS + size / MIN_EXPORT_BYTES_PER_SECOND - seconds) as allowed:
            await send(message)
        seconds += monotonic() - began
        if allowed.cancelled_caught:
            raise UnavailableError(f"a client reads an export slower than {MIN_EXPORT_BYTES_PER_SECOND} bytes/s")

    return send_wrapper
