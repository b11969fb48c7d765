"""One keep-alive connection with as little of a client as can be, and wrk for rates."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

LUA = Path(__file__).parent / "paths.lua"
CONNECTIONS = 8
IDLE_SECONDS = 2  # servers hang up on those who are silent for longer than about five


@dataclass(frozen=True)
class Answered:
    """An answer: its status, headers by lower-case name, body, and how long it took to come in."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Connection:
    """A keep-alive connection to a server on this machine."""

    def __init__(self, port: int, seconds: float = 120) -> None:
        self.port, self.seconds = port, seconds
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used = perf_counter()

    def get(self, path: str, headers: str = "") -> Answered:
        """Ask, and take the whole answer."""
        asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{headers}\r\n".encode()
        if perf_counter() - self.used > IDLE_SECONDS:
            self.close()
            self._connect()
        start = perf_counter()
        self.socket.sendall(asked)
        taken = self._some(bytearray())
        while (end := taken.find(b"\r\n\r\n")) < 0:
            self._some(taken)
        status, given = _head(bytes(taken[:end]))
        del taken[: end + 4]
        if "content-length" in given:
            size = int(given["content-length"])
            while len(taken) < size:
                self._some(taken)
        elif given.get("transfer-encoding") == "chunked":
            while not taken.endswith(b"0\r\n\r\n"):
                self._some(taken)
            taken = bytearray(_joined(taken))
        self.used = perf_counter()
        return Answered(status, given, bytes(taken), self.used - start)

    def drained(self, path: str) -> tuple[int, int, float]:
        """Ask for something long and let it go by: its status, bytes on the wire, and seconds."""
        start = perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        buffer = bytearray(1 << 20)
        size, head = 0, b""
        while count := self.socket.recv_into(buffer):
            head = head or bytes(buffer[:12])
            tail = bytes(buffer[max(0, count - 5) : count])
            size += count
        whole = tail.endswith(b"0\r\n\r\n") or size < (1 << 16)
        return (int(head[9:12]) if whole else 0), size, perf_counter() - start

    def _some(self, taken: bytearray) -> bytearray:
        part = self.socket.recv(1 << 20)
        if not part:
            raise ConnectionError("the server closed the connection")
        taken += part
        return taken

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def _joined(chunked: bytearray) -> Iterator[int]:
    at = 0
    while True:
        end = chunked.index(b"\r\n", at)
        size = int(chunked[at:end], 16)
        if not size:
            return
        yield from chunked[end + 2 : end + 2 + size]
        at = end + 4 + size


@contextmanager
def connected(port: int) -> Iterator[Connection]:
    """A connection that is closed when done with."""
    connection = Connection(port)
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class Rate:
    """What wrk measured: answers a second, and what went wrong."""

    per_second: float
    requests: int
    bytes_each: float
    broken: int
    refused: int
    repeated: bool
    median_ms: float
    p95_ms: float

    @property
    def sound(self) -> bool:
        """Every answer was one, and no question was asked twice."""
        return not (self.broken or self.refused or self.repeated)


def have_wrk() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def rate(
    port: int,
    paths: Sequence[str],
    folder: Path,
    seconds: float,
    *,
    etag: str = "",
    repeats: bool = False,
    connections: int = CONNECTIONS,
) -> Rate:
    """Ask the paths one after the other over 8 connections for some seconds; `repeats` allows the same one again."""
    listed = folder / "paths.txt"
    listed.write_text("\n".join(paths) + "\n", "ascii")
    line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(LUA)]
    environment = {**os.environ, "BENCHMARK_PATHS": str(listed)}
    if etag:
        environment["BENCHMARK_ETAG"] = etag
    ended = subprocess.run(
        [*line, f"http://127.0.0.1:{port}"], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    if ended.returncode:
        raise RuntimeError(f"wrk ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    told = json.loads(next(text for text in ended.stdout.splitlines() if text.startswith("{")))
    return Rate(
        per_second=told["requests"] / (told["microseconds"] / 1e6),
        requests=told["requests"],
        bytes_each=told["bytes"] / max(1, told["requests"]),
        broken=told["broken"],
        refused=told["refused"],
        repeated=not repeats and told["requests"] > len(paths),
        median_ms=told["median_ms"],
        p95_ms=told["p95_ms"],
    )
