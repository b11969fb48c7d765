"""One line of JSON for each request, without secrets, under an id that the answer and the log of faults share."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from raw_http import INSIDE, sent
from soak.servers import oxus_serving
from waiting import MAX_WAIT_SECONDS

from app.api.middleware import access_log
from app.api.middleware.access_log import LOGGER, JsonLineFormatter, write_access_log
from app.main import create_app
from app.settings import Settings


class Lines(list[str]):
    """Lines of the access log as they are formatted, without a thread between."""

    level = 0

    def handle(self, record: Any) -> None:
        self.append(JsonLineFormatter().format(record))

    @property
    def last(self) -> dict[str, Any]:
        entry: dict[str, Any] = json.loads(self[-1])
        return entry


@contextmanager
def logging_client(app: FastAPI) -> Iterator[tuple[TestClient, Lines]]:
    """A client, and the lines that its requests are logged with; outside of a lifespan nothing else writes them."""
    lines = Lines()
    LOGGER.addHandler(lines)  # type: ignore[arg-type]
    try:
        yield TestClient(app, raise_server_exceptions=False), lines
    finally:
        LOGGER.removeHandler(lines)  # type: ignore[arg-type]
        app.state.read_pool.engine.dispose()


def logging_app(url: str) -> FastAPI:
    return create_app(Settings(database_url=url, access_log=True))


@pytest.fixture(scope="module")
def logged(pack_url: str) -> Iterator[tuple[TestClient, Lines]]:
    with logging_client(logging_app(pack_url)) as client_and_lines:
        yield client_and_lines


def test_a_line_has_client_request_and_response_in_this_order(logged: tuple[TestClient, Lines]) -> None:
    client, lines = logged
    response = client.get("/v1/events?place=balkh&limit=2")
    line = lines.last
    assert list(line) == ["time", "id", "client", "method", "path", "query", "status", "bytes", "ms"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line.pop("ms") > 0
    assert line == {
        "id": response.headers["x-request-id"],
        "client": "testclient",
        "method": "GET",
        "path": "/v1/events",
        "query": "place=balkh&limit=2",
        "status": 200,
        "bytes": len(response.content),
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/events?limit=0", 400), ("GET", "/nothing", 404), ("POST", "/", 405), ("OPTIONS", "/", 204)],
)
def test_refused_requests_are_logged(logged: tuple[TestClient, Lines], method: str, path: str, status: int) -> None:
    client, lines = logged
    client.request(method, path)
    assert (lines.last["method"], lines.last["status"]) == (method, status)


def test_cached_responses_are_logged_each_under_an_id_of_its_own(logged: tuple[TestClient, Lines]) -> None:
    client, lines = logged
    first, second = client.get("/v1/packs"), client.get("/v1/packs")
    assert first.content == second.content
    ids = [first.headers.get_list("x-request-id"), second.headers.get_list("x-request-id")]
    assert ids == [[json.loads(line)["id"]] for line in lines[-2:]]
    assert ids[0] != ids[1]
    assert client.get("/v1/packs", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert (lines.last["status"], lines.last["bytes"]) == (304, 0)


@pytest.mark.parametrize("request_id", ["abc", "0af7651916cd43dd8448eb211c80319c", "Root=1-67891233-abcdef", "a" * 100])
def test_the_request_id_of_a_proxy_is_kept(logged: tuple[TestClient, Lines], request_id: str) -> None:
    client, lines = logged
    assert client.get("/v1/packs", headers={"X-Request-ID": request_id}).headers["x-request-id"] == request_id
    assert lines.last["id"] == request_id


@pytest.mark.parametrize("request_id", ["", "a" * 101, 'a"b', "a b", "a,b", "\\", "a\u00e9", "<script>", "{}"])
def test_a_malformed_request_id_is_replaced(logged: tuple[TestClient, Lines], request_id: str) -> None:
    client, lines = logged
    response = client.get("/v1/packs", headers={"X-Request-ID": request_id.encode("latin-1")})  # type: ignore[dict-item]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", response.headers["x-request-id"])
    assert lines.last["id"] == response.headers["x-request-id"]


def test_long_paths_and_queries_are_truncated(logged: tuple[TestClient, Lines]) -> None:
    client, lines = logged
    client.get("/" + "a" * 30_000 + "?q=" + "b" * 20_000)
    assert len(json.dumps(lines.last)) < 4500
    assert lines.last["query"].endswith("...")


def test_secrets_and_addresses_are_not_in_a_line(logged: tuple[TestClient, Lines]) -> None:
    client, lines = logged
    client.get("/v1/events/me@newsroom.example?X-Api-Key=s3cret&q=to+you%40newsroom.example")
    assert (lines.last["path"], lines.last["query"]) == ("/v1/events/***", "X-Api-Key=***&q=***")


@pytest.mark.parametrize("path", ["/%0a%22%7b%7d", "/%00", "/%ED%A0%80", "/%E2%80%A8", "/\\", "/%7f"])
def test_any_path_is_logged_as_one_line_of_ascii(pack_url: str, path: str) -> None:
    with logging_client(logging_app(pack_url)) as (client, lines):
        client.get(path + "?" + path)
    [line] = lines
    assert line.endswith("}")
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["status"] == 404


def failing(app: FastAPI) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError(INSIDE)


def test_an_unhandled_error_is_logged_under_the_id_in_its_response(
    pack_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = logging_app(pack_url)
    failing(app)
    with logging_client(app) as (client, lines):
        response = client.get("/fails", headers={"X-Request-ID": "given-by-a-proxy"})
    assert response.status_code == 500
    assert response.headers.get_list("x-request-id") == ["given-by-a-proxy"]
    assert lines.last["bytes"] == len(response.content)
    assert response.json()["request_id"] == "given-by-a-proxy"
    assert INSIDE not in response.text
    assert (lines.last["id"], lines.last["status"], lines.last["error"]) == ("given-by-a-proxy", 500, "RuntimeError")
    with TestClient(app) as client, pytest.raises(RuntimeError) as raised:
        client.get("/fails", headers={"X-Request-ID": "again"})
    assert raised.value.__notes__ == ["request again: GET '/fails'"]


def test_an_unhandled_error_has_an_id_without_an_access_log(pack_url: str) -> None:
    app = create_app(Settings(database_url=pack_url))
    failing(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/fails")
        assert response.headers["x-request-id"] == response.json()["request_id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "x-request-id" not in client.get("/v1/packs").headers


class SlowStream(io.StringIO):
    """A stream that blocks until `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = Event()

    def write(self, text: str) -> int:
        assert self.go_on.wait(MAX_WAIT_SECONDS)
        return super().write(text)


def test_a_slow_disk_holds_up_nobody_and_no_line_is_lost_when_the_server_ends(pack_url: str) -> None:
    stream = SlowStream()
    client = TestClient(logging_app(pack_url))
    with write_access_log(stream):
        for number in range(50):
            client.get(f"/v1/packs?limit={number + 1}")
        assert stream.getvalue() == ""
        stream.go_on.set()
    queries = [json.loads(line)["query"] for line in stream.getvalue().splitlines()]
    assert queries == [f"limit={number + 1}" for number in range(50)]


def test_no_more_lines_wait_for_a_reader_than_memory_has_room_for(
    monkeypatch: pytest.MonkeyPatch, pack_url: str
) -> None:
    monkeypatch.setattr(access_log, "MAX_WAITING_LINES", 10)
    stream = SlowStream()
    client = TestClient(logging_app(pack_url))
    with write_access_log(stream):
        for _ in range(50):
            client.get("/v1/packs")
        stream.go_on.set()
    assert len(stream.getvalue().splitlines()) in (10, 11)  # the writer may have taken one before the others came


def test_a_stream_that_cannot_be_written_stops_no_answer(pack_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    stream.close()
    client = TestClient(logging_app(pack_url))
    with write_access_log(stream):
        assert client.get("/v1/packs").status_code == 200
    assert capfd.readouterr() == ("", "")


def test_the_application_logs_to_standard_output_for_as_long_as_it_lives(
    pack_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with TestClient(logging_app(pack_url)) as client:
        client.get("/v1/packs")
    assert json.loads(capfd.readouterr().out)["path"] == "/v1/packs"
    assert not any(isinstance(handler, QueueHandler) for handler in LOGGER.handlers)


def test_a_server_writes_one_line_for_each_request(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with oxus_serving(str(tmp_path / "oxus.db"), log, OXUS_ACCESS_LOG="true") as server:
        head = b"GET /v1/events?limit=1&key=s3cret HTTP/1.1\r\nHost: x\r\nX-Request-ID: mine-%d\r\n\r\n"
        responses = [sent(server.port, head % number) for number in range(5)]
    assert [headers["x-request-id"] for _, headers, _ in responses] == [f"mine-{number}" for number in range(5)]
    text = log.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["id"] for line in lines if line["path"] == "/v1/events"] == [f"mine-{number}" for number in range(5)]
    assert "s3cret" not in text
    assert '"GET ' not in text


def test_without_the_setting_nothing_is_logged_and_no_id_is_added(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with oxus_serving(str(tmp_path / "oxus.db"), log) as server:
        _, headers, _ = sent(server.port, b"GET /v1/packs HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "x-request-id" not in headers
    assert "/v1/packs" not in log.read_text("utf-8")
