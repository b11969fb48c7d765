"""What was answered is counted, by all processes of a server together; off by default."""

import multiprocessing
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from conftest import Databases
from fastapi.testclient import TestClient
from soak.servers import oxus_serving

from app.api.middleware import metrics
from app.api.middleware.metrics import (
    BUCKETS,
    ENDPOINT_GROUPS,
    SharedCounters,
    endpoint_group,
    exposition,
    shared_file_content,
)
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


def test_requests_are_counted_by_what_was_asked_and_what_came_of_it(metered_client: TestClient) -> None:
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
def test_whatever_is_asked_is_one_of_few_words(path: str, part: str) -> None:
    assert endpoint_group(path) == part
    assert part in ENDPOINT_GROUPS


def test_refusals_and_faults_are_counted(pack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_nothing_is_counted_unless_it_is_wanted(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_the_token_guards_what_was_counted(pack_url: str) -> None:
    with TestClient(create_app(Settings(database_url=pack_url, metrics=True, read_token="a" * 20))) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {'a' * 20}"}).status_code == 200


def _count(path: str, times: int) -> None:
    counts = SharedCounters(path)
    counts.slot[0] += times
    counts.slot[metrics._RUNNING] += 1


def test_processes_count_in_parts_of_their_own_and_go_on_where_others_ended(tmp_path: Path) -> None:
    file = tmp_path / "counts"
    file.write_bytes(shared_file_content(2))
    context = multiprocessing.get_context("spawn")
    ended = context.Process(target=_count, args=(str(file), 3))
    ended.start()
    ended.join(60)
    assert ended.exitcode == 0
    counts = SharedCounters(str(file))  # goes on with the part of the one that ended
    counts.slot[0] += 4
    assert (counts.slot[0], counts.slot[metrics._RUNNING]) == (7, 0)
    other = context.Process(target=_count, args=(str(file), 5))
    other.start()
    other.join(60)
    assert counts.slot[0] == 7
    assert counts.sums()[0] == 12
    assert len("".join(exposition(counts.sums()))) > 100


def test_all_workers_tell_the_same(tmp_path: Path) -> None:
    url = Databases("sqlite", tmp_path, None).loaded()
    with oxus_serving(url, tmp_path / "server.log", "--workers", "2", OXUS_METRICS="true") as server:
        for _ in range(40):
            with urlopen(f"{server.url}/v1/packs") as answer:  # noqa: S310 - the scheme is http
                assert answer.status == 200
        for _ in range(5):  # whichever process is asked
            with urlopen(f"{server.url}/metrics") as answer:  # noqa: S310 - the scheme is http
                found = read(answer.read().decode())
            assert found['oxus_requests_total{part="packs",status="2xx"}'] == 40
