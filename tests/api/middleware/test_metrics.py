"""Metrics of requests, summed over all processes of a server; off by default."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from conftest import Databases
from fastapi.testclient import TestClient
from soak.servers import oxus_serving
from waiting import MAX_WAIT_SECONDS

from app import __version__
from app.api.middleware import metrics
from app.api.middleware.metrics import BUCKETS, ENDPOINT_GROUPS, RequestMetrics, endpoint_group
from app.main import create_app
from app.settings import Settings

LINE = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+)')


def read(text: str) -> dict[str, float]:
    """The values of an exposition by name and labels; asserts that each line is as Prometheus reads it."""
    assert text.endswith("\n")
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    samples = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    assert len({name for name, _, _ in samples}) == len(samples)
    return {name: float(value) for name, _, value in samples}


@pytest.fixture
def metered_client(pack_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=pack_url, metrics=True)), raise_server_exceptions=False) as client:
        yield client


def test_requests_are_counted_by_endpoint_group_and_status(metered_client: TestClient) -> None:
    paths = ["/v1/events", "/v1/events", "/v1/events/nothing", "/v1/control/summary?datetime=2021-07-01", "/", "/ogc"]
    size = sum(len(metered_client.get(path).content) for path in paths)
    etag = metered_client.get("/v1/packs").headers["etag"]
    size += len(metered_client.get("/v1/packs").content)
    metered_client.get("/v1/packs", headers={"If-None-Match": etag})
    response = metered_client.get("/metrics")
    assert response.headers["content-type"] == metrics.MEDIA_TYPE
    found = read(response.text)
    assert {name: value for name, value in found.items() if name.startswith("oxus_requests_total")} == {
        'oxus_requests_total{part="control",status="2xx"}': 1,
        'oxus_requests_total{part="events",status="2xx"}': 2,
        'oxus_requests_total{part="events",status="4xx"}': 1,
        'oxus_requests_total{part="packs",status="2xx"}': 2,
        'oxus_requests_total{part="packs",status="3xx"}': 1,
        'oxus_requests_total{part="ogc",status="2xx"}': 1,
        'oxus_requests_total{part="pages",status="2xx"}': 1,
    }
    assert found["oxus_request_seconds_count"] == found['oxus_request_seconds_bucket{le="+Inf"}'] == 9
    assert found["oxus_response_bytes_total"] == size + len(metered_client.get("/v1/packs").content)
    assert found["oxus_requests_running"] == 1  # this one
    buckets = [found[f'oxus_request_seconds_bucket{{le="{bound}"}}'] for bound in BUCKETS]
    assert buckets == sorted(buckets)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/v1/events", "events"),
        ("/v1/events/x/claims", "events"),
        ("/v1/control/summary", "control"),
        ("/v1/nothing", "other"),
        ("/v1", "other"),
        ("/v1/ogc", "other"),
        ("/compat/acled/api/acled/read", "acled"),
        ("/compat/nothing", "other"),
        ("/healthz", "probes"),
        ("/docs", "pages"),
        ("/", "pages"),
        ("", "pages"),
        ("//", "pages"),
        ("/static-offline-docs/x.js", "other"),
        ('/"} 1\n', "other"),
    ],
)
def test_any_path_belongs_to_one_of_few_groups(path: str, part: str) -> None:
    assert endpoint_group(path) == part
    assert part in ENDPOINT_GROUPS


def test_refused_and_failed_requests_are_counted(pack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(database_url=pack_url, metrics=True))

    @app.get("/v1/changes")
    def broken() -> None:
        raise RuntimeError

    app.router.routes.insert(0, app.router.routes.pop())
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/v1/changes").status_code == 500
        assert client.get("/v1/events", headers={"Host": "["}).status_code == 400
        found = read(client.get("/metrics").text)
    assert found['oxus_requests_total{part="changes",status="5xx"}'] == 1
    assert found['oxus_requests_total{part="events",status="4xx"}'] == 1


def test_there_is_no_metrics_endpoint_by_default(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_the_metrics_endpoint_requires_the_token(pack_url: str) -> None:
    with TestClient(create_app(Settings(database_url=pack_url, metrics=True, read_token="a" * 20))) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {'a' * 20}"}).status_code == 200


COUNTING = """
import sys
from app.api.middleware.metrics import RequestMetrics

metrics = RequestMetrics(sys.argv[1])
metrics.requests.labels("events", "2xx").inc(int(sys.argv[2]))
metrics.running.inc()
print(metrics.exposition().decode(), flush=True)
sys.stdin.read()
"""


@contextmanager
def counting(folder: Path, times: int) -> Iterator[dict[str, float]]:
    """A process that has counted so many requests and runs one; its metrics."""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING, str(folder), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin
        assert process.stdout
        lines = []
        for line in process.stdout:
            if line == "\n":
                break
            lines.append(line)
        yield read("".join(lines))
        process.stdin.close()
        assert process.wait(MAX_WAIT_SECONDS) == 0


def test_processes_are_added_up_and_counters_outlive_those_that_ended(tmp_path: Path) -> None:
    with counting(tmp_path, 3) as alone:
        assert alone['oxus_requests_total{part="events",status="2xx"}'] == 3
        assert alone["oxus_requests_running"] == 1
        with counting(tmp_path, 5) as both:
            assert both['oxus_requests_total{part="events",status="2xx"}'] == 8
            assert both["oxus_requests_running"] == 2
    with counting(tmp_path, 4) as later:
        assert later['oxus_requests_total{part="events",status="2xx"}'] == 12
        assert later["oxus_requests_running"] == 1
        assert later[f'oxus_info{{version="{__version__}"}}'] == 1
        assert len(list(tmp_path.glob("gauge_*"))) == 1


def test_metrics_of_two_applications_in_one_process_are_apart() -> None:
    first, second = RequestMetrics(), RequestMetrics()
    first.requests.labels("events", "2xx").inc()
    assert b'part="events"' in first.exposition()
    assert b'part="events"' not in second.exposition()


@pytest.mark.slow
def test_all_workers_expose_the_same_sums(tmp_path: Path) -> None:
    url = Databases("sqlite", tmp_path, None).loaded()
    with oxus_serving(url, tmp_path / "server.log", "--workers", "2", OXUS_METRICS="true") as server:
        for _ in range(40):
            with urlopen(f"{server.url}/v1/packs") as answer:  # noqa: S310 - the scheme is http
                assert answer.status == 200
        for _ in range(5):  # whichever process is asked
            with urlopen(f"{server.url}/metrics") as answer:  # noqa: S310 - the scheme is http
                found = read(answer.read().decode())
            assert found['oxus_requests_total{part="packs",status="2xx"}'] == 40
