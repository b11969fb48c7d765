"""Readers on many connections while loads go on, with checks of each answer, its time and the server's memory.

The readers are a few lines over asyncio, which cost the shared machine less than a library. Each connection waits
between its questions, so the rate is bounded, and times are the server's instead of those of a queue of readers.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles

from waiting import MAX_WAIT_SECONDS

from app.settings import PROJECT_ROOT

PLACES = ("balkh", "kaldar", "takhar", "kunduz", "badakhshan", "afghanistan", "tajikistan")
ASKED = (
    "/v1/events?limit={number}",
    "/v1/events?place={place}&limit={number}&count=exact",
    "/v1/events?q=soldiers&datetime=2021-06-{day}/2021-07-05",
    "/v1/events?bbox=66,36,69,38&limit={number}",
    "/v1/events/flight-to-tajikistan-2021",
    "/v1/claims?limit={number}&sort=-date",
    "/v1/control?as_of=2021-06-{day}&kind=district",
    "/v1/movements/totals?to=tajikistan&datetime=../2021-06-{day}",
    "/v1/contradictions?limit={number}",
    "/v1/stats?group_by=category&datetime=2021-06-{day}/..",
    "/v1/search?q=Hairatan&limit={number}",
    "/v1/resolve?q=Hairaton",
    "/v1/changes?since=0&limit={number}",
    "/v1/packs",
    "/ogc/collections/events/items?limit={number}",
    "/compat/ucdp/api/gedevents/25.1?pagesize={number}",
    "/readyz",
)
EXPORTED = ("/v1/events?limit=all&f=ndjson", "/v1/claims?limit=all&f=csv", "/v1/events?limit=all&f=geojson")
PAUSE_SECONDS = 1.0
"""Pause between two loads."""
EXPORTERS = 2
"""Connections that export; a server refuses more than OXUS_MAX_CONCURRENT_EXPORTS at a time."""
RECONNECT_SECONDS = 1.0
"""Pause after a connection broke."""


@dataclass
class Found:
    """Answers, faults, loads and memory of one run.

    `times` holds milliseconds by template of the question; `memory_mb` the server's memory every half second.
    """

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    loads: int = 0
    revisions: set[int] = field(default_factory=set)
    memory_mb: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> list[float]:
        """Times of all answers."""
        return [time for times in self.times.values() for time in times]

    @property
    def median(self) -> float:
        return median(self.milliseconds)

    @property
    def p99(self) -> float:
        return p99(self.milliseconds)

    @property
    def summary(self) -> str:
        """Median, 99th percentile and worst time of an answer, in words."""
        return f"median {self.median:.0f} ms, p99 {self.p99:.0f} ms, worst {max(self.milliseconds):.0f} ms"

    @property
    def growth_mb(self) -> float:
        """Growth of the server's memory from the second quarter, when its caches are full, to the last."""
        quarter = len(self.memory_mb) // 4
        return median(self.memory_mb[-quarter:]) - median(self.memory_mb[quarter : 2 * quarter])


def p99(milliseconds: Sequence[float]) -> float:
    """Return the 99th percentile; of one value the value."""
    return quantiles(milliseconds, n=100, method="inclusive")[98] if len(milliseconds) > 1 else milliseconds[0]


@dataclass
class Reader:
    """One connection that asks one of `asked` at a time, at most `rate` times in a second, and checks every answer.

    Limits per client count it by its `address`.
    `known` holds the ETag and the body's digest of each question in each revision, as any connection saw them first.
    """

    port: int
    rate: float
    found: Found
    known: dict[tuple[str, int], tuple[str, str]]
    random: random.Random
    asked: Sequence[str] = ASKED
    address: str = "127.0.0.1"
    newest: int = 0
    etags: dict[str, str] = field(default_factory=dict)

    async def until(self, over: Callable[[], bool]) -> None:
        """Ask until it is over. A connection that breaks is a fault, and is opened again."""
        await asyncio.sleep(self.random.uniform(0, 1 / self.rate))
        while not over():
            try:
                await self._on_one_connection(over)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self.found.faults.append(f"the connection broke: {error!r}")
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _on_one_connection(self, over: Callable[[], bool]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0))
        try:
            while not over():
                began = time.monotonic()
                await asyncio.wait_for(self._ask(reader, writer), MAX_WAIT_SECONDS)
                await asyncio.sleep(max(0.0, began + 1 / self.rate - time.monotonic()))
        finally:
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        draw = self.random
        template = draw.choice(self.asked)
        path = template.format(number=draw.randint(1, 100), place=draw.choice(PLACES), day=draw.randint(10, 30))
        has = self.etags.get(path) if draw.random() < 0.5 else None
        condition = f"If-None-Match: {has}\r\n" if has else ""
        began = time.monotonic()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{condition}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        status = int(head[0].split()[1])
        body = b"" if status == 304 else await _body(reader, headers)
        self.found.times[template].append((time.monotonic() - began) * 1000)
        self.found.statuses[status] += 1
        if fault := self._fault(path, status, headers, body, has):
            self.found.faults.append(f"{path}: {status}: {fault}")

    def _fault(self, path: str, status: int, headers: dict[str, str], body: bytes, has: str | None) -> str:
        """Return the fault of an answer; empty if there is none."""
        etag = headers.get("etag", "")
        if status == 304:
            return "" if has == etag else "a 304 of another ETag"
        if status != 200:
            return body[:200].decode("utf-8", "replace")
        revision = int(headers["oxus-revision"])
        kept = self.known.setdefault((path, revision), (etag, sha256(body).hexdigest()))
        if kept != (etag, sha256(body).hexdigest()):
            return f"another answer of revision {revision} than before"
        if revision < self.newest:
            return f"revision {revision} after {self.newest}"
        self.newest, self.etags[path] = revision, etag
        self.found.revisions.add(revision)
        if "json" in headers["content-type"] and "ndjson" not in headers["content-type"]:
            told = json.loads(body)
            whole = "returned" in told or path == "/readyz"  # else it may be a row, which tells when it changed itself
            if whole and told["revision"] != revision:
                return "a body of another revision than its header"
            return ""
        lines = body.splitlines()
        if "ndjson" in headers["content-type"]:
            json.loads(lines[-1])
        return "" if len(lines) > 1 else "nothing was exported"


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def _loads(steps: Sequence[Sequence[str]], found: Found, over: Callable[[], bool]) -> None:
    """Run one load after another, each in a process of its own."""
    while not over():
        step = steps[found.loads % len(steps)]
        command = [sys.executable, "-m", "app.cli", *step]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            found.faults.append(f"a load failed: {said.decode()[-300:]}")
            return
        found.loads += 1
        await asyncio.sleep(PAUSE_SECONDS)


async def _memory(pid: int, found: Found, over: Callable[[], bool]) -> None:
    while not over():
        found.memory_mb.append(sum(map(_own_mb, _family(pid))))
        await asyncio.sleep(0.5)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _own_mb(pid: int) -> float:
    """Return the memory that a process has for itself.

    Pages of a mapped database file are the system's, which takes them back when it wants; each connection that reads
    one would count it again.
    """
    resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * 4096 / 2**20


def read_while_loading(
    port: int,
    pid: int,
    steps: Sequence[Sequence[str]],
    *,
    seconds: float,
    connections: int,
    rate: float,
    seed: int,
    exported: Sequence[str] = EXPORTED,
) -> Found:
    """Ask a server at most `rate` questions in a second, over all connections, while the steps are loaded in turn.

    EXPORTERS of the connections ask for `exported`. Ends after `seconds`, once two loads are done or a fault was found.
    """
    found = Found()

    async def everything() -> None:
        end = time.monotonic() + seconds

        def over() -> bool:
            return time.monotonic() > end and (found.loads > 1 or bool(found.faults))

        known: dict[tuple[str, int], tuple[str, str]] = {}
        readers = [
            Reader(port, rate / connections, found, known, random.Random(seed + number), asked, f"127.0.1.{number + 1}")  # noqa: S311
            for number, asked in enumerate([exported] * EXPORTERS + [ASKED] * (connections - EXPORTERS))
        ]
        await asyncio.gather(
            *(reader.until(over) for reader in readers), _loads(steps, found, over), _memory(pid, found, over)
        )

    asyncio.run(everything())
    return found
