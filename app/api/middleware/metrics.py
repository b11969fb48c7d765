"""Metrics of requests for Prometheus, over all worker processes of one server.

With one worker the numbers are in its memory. With several, prometheus-client's multiprocess mode keeps them in files
of a folder that the workers share, one set for each process.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import __version__
from app.api.http.scope import request_path
from app.resources import COMPUTED_LISTS, STORED_LISTS

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of durations, in seconds."""
LISTS = frozenset(
    {name.partition("/")[0] for name in (*STORED_LISTS, *COMPUTED_LISTS)} | {"density", "resolve", "vocabularies"}
)
ENDPOINT_GROUPS = LISTS | {"ogc", "ucdp", "acled", "probes", "pages", "other"}
"""Values of the label `part`: a fixed set, because each value of a label is a time series of its own."""
_GROUP_BY_ROOT = {
    "ogc": "ogc",
    "healthz": "probes",
    "readyz": "probes",
    "metrics": "probes",
    "": "pages",
    "docs": "pages",
    "openapi.json": "pages",
}


def endpoint_group(path: str) -> str:
    """Return the part of the API that a path belongs to, one of `ENDPOINT_GROUPS`."""
    root, _, remainder = path[1:].partition("/")
    second = remainder.partition("/")[0]
    if root == "v1":
        return second if second in LISTS else "other"
    if root == "compat":
        return second if second in ("ucdp", "acled") else "other"
    return _GROUP_BY_ROOT.get(root, "other")


class RequestMetrics:
    """Counters of this process, and their exposition over all processes that share a folder.

    `multiprocess_dir` is that folder, empty for a single process. Several processes need `PROMETHEUS_MULTIPROC_DIR`
    in their environment when they start, since prometheus-client reads it once, on import.
    """

    def __init__(self, multiprocess_dir: str = "") -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second time series for each counter, of when it began
        self._folder = Path(multiprocess_dir) if multiprocess_dir else None
        self._exposed = CollectorRegistry()
        if self._folder:
            MultiProcessCollector(self._exposed, multiprocess_dir)  # type: ignore[no-untyped-call]
        own = None if self._folder else self._exposed
        Info("oxus", "The software.", registry=self._exposed).info({"version": __version__})
        self.requests = Counter(
            "oxus_requests_total",
            "Requests answered, by part of the API and status.",
            ("part", "status"),
            registry=own,
        )
        self.seconds = Histogram(
            "oxus_request_seconds", "From a request to the end of its answer.", buckets=BUCKETS, registry=own
        )
        self.response_bytes = Counter(
            "oxus_response_bytes_total", "Bytes of answers, without their headers.", registry=own
        )
        self.running = Gauge(
            "oxus_requests_running", "Requests that are being answered.", multiprocess_mode="livesum", registry=own
        )

    def exposition(self) -> bytes:
        """Render the metrics of all processes in Prometheus's text format 0.0.4."""
        if self._folder:
            _forget_dead_processes(self._folder)
        return generate_latest(self._exposed)


def _forget_dead_processes(folder: Path) -> None:
    """Delete gauges of processes that have ended, which run no request any more; their counters stay in the sums."""
    for file in folder.glob("gauge_live*_*.db"):
        process_id = int(file.stem.rpartition("_")[2])
        if not _is_running(process_id):
            with suppress(FileNotFoundError):  # another worker may do the same at the same time
                mark_process_dead(process_id, str(folder))  # type: ignore[no-untyped-call]


def _is_running(process_id: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 would end the process
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class MetricsMiddleware:
    """Count each request when its response is complete: part of the API, status class, seconds, bytes."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, size, started_at = 500, 0, time.perf_counter()

        async def send_wrapper(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        self._metrics.running.inc()
        try:
            await self.app(scope, receive, send_wrapper)
        finally:
            self._metrics.running.dec()
            self._metrics.seconds.observe(time.perf_counter() - started_at)
            self._metrics.response_bytes.inc(size)
            self._metrics.requests.labels(endpoint_group(request_path(scope)), f"{status // 100}xx").inc()
