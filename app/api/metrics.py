"""What was answered, counted for Prometheus: `/metrics`, in its text form, over all processes of one server.

Each process counts in a part of its own of one file in memory, so that counting needs no lock and whoever is asked can
add up all parts. A process that takes the place of one that ended goes on with its part: counters never fall.
"""

import fcntl
import mmap
import os
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from app import __version__
from app.api.guards import path_of
from app.api.methods import ASGI, Receive, Scope, Send
from app.resources import ANALYSES, RESOURCES

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, of the histogram."""
STATUSES = ("2xx", "3xx", "4xx", "5xx")
LISTS = sorted({name.partition("/")[0] for name in (*RESOURCES, *ANALYSES)} | {"density", "resolve", "vocabularies"})
PARTS = (*LISTS, "ogc", "ucdp", "acled", "probes", "pages", "other")
"""What was asked: few words, whatever is sent."""
_ROOTS = {"ogc": "ogc", "healthz": "probes", "readyz": "probes", "metrics": "probes"}
_PLACES = {part: len(STATUSES) * at for at, part in enumerate(PARTS)}
_SECONDS = len(STATUSES) * len(PARTS)  # the histogram: one number for each bound, and one for all beyond
_MICROSECONDS, _BYTES, _RUNNING = range(_SECONDS + len(BOUNDS) + 1, _SECONDS + len(BOUNDS) + 4)
_NUMBERS = _RUNNING + 1
PART_BYTES = -(-_NUMBERS * 8 // mmap.PAGESIZE) * mmap.PAGESIZE
SPARE = 4  # parts beside those of the processes, for one that begins before another has ended


def part_of(path: str) -> str:
    """Which part of the API a path belongs to."""
    first, _, rest = path[1:].partition("/")
    second = rest.partition("/")[0]
    if first == "v1":
        return second if second in _PLACES and second in LISTS else "other"
    if first == "compat":
        return second if second in ("ucdp", "acled") else "other"
    return _ROOTS.get(first, "pages" if first in ("", "docs", "openapi.json") else "other")


class Counts:
    """The numbers of this process, and the sums over all. Raises OSError when the file cannot be opened."""

    def __init__(self, path: str = "") -> None:
        self._file = os.open(path, os.O_RDWR) if path else -1
        size = os.fstat(self._file).st_size if path else PART_BYTES
        self._all = memoryview(mmap.mmap(self._file, size)).cast("q")
        start = self._free(size) // 8
        self.own = self._all[start : start + _NUMBERS]
        self.own[_RUNNING] = 0  # of whoever had this part before, nothing runs any more

    def _free(self, size: int) -> int:
        """Where a part begins that no living process has; the lock on it ends with this process."""
        for start in range(0, size if self._file >= 0 else 0, PART_BYTES):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, PART_BYTES, start)
            except OSError:
                continue
            return start
        return 0  # all are taken: two that count in one part lose a few, which is better than not to answer

    def sums(self) -> list[int]:
        """Each number, over all processes."""
        step = PART_BYTES // 8
        starts = range(0, len(self._all), step)
        return [sum(self._all[start + at] for start in starts) for at in range(_NUMBERS)]


def make_file(processes: int) -> bytes:
    """The content of a file that so many processes count in."""
    return bytes(PART_BYTES * (processes + SPARE))


class Metrics:
    """Counts each request when its answer is sent."""

    def __init__(self, app: ASGI, counts: Counts) -> None:
        self.app = app
        self._own = counts.own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own, began, status, size = self._own, time.perf_counter(), 500, 0

        async def heard(message: Scope) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        own[_RUNNING] += 1
        try:
            await self.app(scope, receive, heard)
        finally:
            seconds = time.perf_counter() - began
            own[_RUNNING] -= 1
            own[_PLACES[part_of(path_of(scope))] + status // 100 - 2] += 1
            own[_SECONDS + bisect_left(BOUNDS, seconds)] += 1
            own[_MICROSECONDS] += int(seconds * 1e6)
            own[_BYTES] += size


def exposition(numbers: Sequence[int]) -> Iterator[str]:
    """The numbers, as Prometheus reads them."""
    yield from _family("oxus_info", "gauge", "The software.")
    yield f'oxus_info{{version="{__version__}"}} 1\n'
    yield from _family("oxus_requests_total", "counter", "Requests answered, by part of the API and status.")
    for part, place in _PLACES.items():
        for at, status in enumerate(STATUSES):
            if numbers[place + at]:
                yield f'oxus_requests_total{{part="{part}",status="{status}"}} {numbers[place + at]}\n'
    yield from _family("oxus_request_seconds", "histogram", "From a request to the end of its answer.")
    below = 0
    for at, bound in enumerate((*BOUNDS, "+Inf")):
        below += numbers[_SECONDS + at]
        yield f'oxus_request_seconds_bucket{{le="{bound}"}} {below}\n'
    yield f"oxus_request_seconds_sum {numbers[_MICROSECONDS] / 1e6:.6f}\n"
    yield f"oxus_request_seconds_count {below}\n"
    yield from _family("oxus_response_bytes_total", "counter", "Bytes of answers, without their headers.")
    yield f"oxus_response_bytes_total {numbers[_BYTES]}\n"
    yield from _family("oxus_requests_running", "gauge", "Requests that are being answered.")
    yield f"oxus_requests_running {numbers[_RUNNING]}\n"


def _family(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}\n"
    yield f"# TYPE {name} {kind}\n"
