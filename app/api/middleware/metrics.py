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
from app.api.middleware.guards import request_path
from app.api.middleware.head_options import ASGIApp, Receive, Scope, Send
from app.resources import COMPUTED_LISTS, STORED_LISTS

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, of the histogram."""
STATUSES = ("2xx", "3xx", "4xx", "5xx")
LISTS = sorted(
    {name.partition("/")[0] for name in (*STORED_LISTS, *COMPUTED_LISTS)} | {"density", "resolve", "vocabularies"}
)
ENDPOINT_GROUPS = (*LISTS, "ogc", "ucdp", "acled", "probes", "pages", "other")
"""What was asked: few words, whatever is sent."""
_GROUP_BY_ROOT = {"ogc": "ogc", "healthz": "probes", "readyz": "probes", "metrics": "probes"}
_OFFSETS = {part: len(STATUSES) * at for at, part in enumerate(ENDPOINT_GROUPS)}
_SECONDS = len(STATUSES) * len(ENDPOINT_GROUPS)  # the histogram: one number for each bound, and one for all beyond
_MICROSECONDS, _BYTES, _RUNNING = range(_SECONDS + len(BUCKETS) + 1, _SECONDS + len(BUCKETS) + 4)
_COUNTERS = _RUNNING + 1
SLOT_BYTES = -(-_COUNTERS * 8 // mmap.PAGESIZE) * mmap.PAGESIZE
SPARE_SLOTS = 4  # parts beside those of the processes, for one that begins before another has ended


def endpoint_group(path: str) -> str:
    """Which part of the API a path belongs to."""
    first, _, remainder = path[1:].partition("/")
    second = remainder.partition("/")[0]
    if first == "v1":
        return second if second in _OFFSETS and second in LISTS else "other"
    if first == "compat":
        return second if second in ("ucdp", "acled") else "other"
    return _GROUP_BY_ROOT.get(first, "pages" if first in ("", "docs", "openapi.json") else "other")


class SharedCounters:
    """The numbers of this process, and the sums over all. Raises OSError when the file cannot be opened."""

    def __init__(self, path: str = "") -> None:
        self._file = os.open(path, os.O_RDWR) if path else -1
        size = os.fstat(self._file).st_size if path else SLOT_BYTES
        self._shared = memoryview(mmap.mmap(self._file, size)).cast("q")
        start = self._claim_slot(size) // 8
        self.slot = self._shared[start : start + _COUNTERS]
        self.slot[_RUNNING] = 0  # of whoever had this part before, nothing runs any more

    def _claim_slot(self, size: int) -> int:
        """Where a part begins that no living process has; the lock on it ends with this process."""
        for start in range(0, size if self._file >= 0 else 0, SLOT_BYTES):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, SLOT_BYTES, start)
            except OSError:
                continue
            return start
        return 0  # all are taken: two that count in one part lose a few, which is better than not to answer

    def sums(self) -> list[int]:
        """Each number, over all processes."""
        step = SLOT_BYTES // 8
        starts = range(0, len(self._shared), step)
        return [sum(self._shared[start + at] for start in starts) for at in range(_COUNTERS)]


def shared_file_content(processes: int) -> bytes:
    """The content of a file that so many processes count in."""
    return bytes(SLOT_BYTES * (processes + SPARE_SLOTS))


class MetricsMiddleware:
    """Counts each request when its answer is sent."""

    def __init__(self, app: ASGIApp, counters: SharedCounters) -> None:
        self.app = app
        self._counters = counters.slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        counters, began, status, size = self._counters, time.perf_counter(), 500, 0

        async def send_wrapper(message: Scope) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        counters[_RUNNING] += 1
        try:
            await self.app(scope, receive, send_wrapper)
        finally:
            seconds = time.perf_counter() - began
            counters[_RUNNING] -= 1
            counters[_OFFSETS[endpoint_group(request_path(scope))] + status // 100 - 2] += 1
            counters[_SECONDS + bisect_left(BUCKETS, seconds)] += 1
            counters[_MICROSECONDS] += int(seconds * 1e6)
            counters[_BYTES] += size


def exposition(numbers: Sequence[int]) -> Iterator[str]:
    """The numbers, as Prometheus reads them."""
    yield from _metric_header("oxus_info", "gauge", "The software.")
    yield f'oxus_info{{version="{__version__}"}} 1\n'
    yield from _metric_header("oxus_requests_total", "counter", "Requests answered, by part of the API and status.")
    for group, offset in _OFFSETS.items():
        for at, status in enumerate(STATUSES):
            if numbers[offset + at]:
                yield f'oxus_requests_total{{part="{group}",status="{status}"}} {numbers[offset + at]}\n'
    yield from _metric_header("oxus_request_seconds", "histogram", "From a request to the end of its answer.")
    cumulative = 0
    for at, bound in enumerate((*BUCKETS, "+Inf")):
        cumulative += numbers[_SECONDS + at]
        yield f'oxus_request_seconds_bucket{{le="{bound}"}} {cumulative}\n'
    yield f"oxus_request_seconds_sum {numbers[_MICROSECONDS] / 1e6:.6f}\n"
    yield f"oxus_request_seconds_count {cumulative}\n"
    yield from _metric_header("oxus_response_bytes_total", "counter", "Bytes of answers, without their headers.")
    yield f"oxus_response_bytes_total {numbers[_BYTES]}\n"
    yield from _metric_header("oxus_requests_running", "gauge", "Requests that are being answered.")
    yield f"oxus_requests_running {numbers[_RUNNING]}\n"


def _metric_header(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield f"# HELP {name} {help_text}\n"
    yield f"# TYPE {name} {kind}\n"
