"""The least that an ASGI app can do: send bytes that are there already."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCHMARK_BODY"]).read_bytes() if "BENCHMARK_BODY" in os.environ else b"{}"
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def app(scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
    """`/body` sends the bytes of a file, `/bytes/N` so many of them, anything else an empty 304."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    body, status = (BODY, 200) if path == "/body" else (b"", 304)
    if path.startswith("/bytes/"):
        body, status = b" " * int(path.removeprefix("/bytes/")), 200
    headers = [(b"etag", b'"raw"')]
    if status == 200:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
