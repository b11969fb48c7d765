"""One line of JSON for each request, without secrets, under an id that the answer and the log of faults share."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from soak.servers import oxus_serving

from api.http.test_bad_inputs import sent
from api.middleware.test_guards import INSIDE
from app import main
from app.api.middleware import access_log
from app.api.middleware.access_log import PIPE_BYTES, AccessLogMiddleware, BufferedLineWriter, mask_query
from app.main import create_app
from app.settings import Settings

Told = list[dict[str, Any]]


def logged(app: FastAPI, tell: Callable[[str], None]) -> None:
    """Put the log where `create_app` puts it: outside of everything."""
    assert app.middleware_stack
    app.middleware_stack = AccessLogMiddleware(app.middleware_stack, tell)


@contextmanager
def telling(url: str) -> Iterator[tuple[TestClient, Told]]:
    """A client, and what is told of its requests."""
    app = create_app(Settings(database_url=url))
    told: Told = []
    logged(app, lambda line: told.append(json.loads(line)))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, told


@pytest.fixture(scope="module")
def logged_client(pack_url: str) -> Iterator[tuple[TestClient, Told]]:
    with telling(pack_url) as found:
        yield found


def test_a_line_tells_who_asked_what_and_what_came_of_it(logged_client: tuple[TestClient, Told]) -> None:
    client, told = logged_client
    response = client.get("/v1/events?place=balkh&limit=2")
    line = told[-1]
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
def test_refusals_are_told_too(logged_client: tuple[TestClient, Told], method: str, path: str, status: int) -> None:
    client, told = logged_client
    client.request(method, path)
    assert (told[-1]["method"], told[-1]["status"]) == (method, status)


def test_what_is_remembered_is_told_each_time_under_another_id(logged_client: tuple[TestClient, Told]) -> None:
    client, told = logged_client
    first, second = client.get("/v1/packs"), client.get("/v1/packs")
    assert first.content == second.content
    ids = [first.headers.get_list("x-request-id"), second.headers.get_list("x-request-id")]
    assert ids == [[told[-2]["id"]], [told[-1]["id"]]]
    assert ids[0] != ids[1]
    assert client.get("/v1/packs", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert (told[-1]["status"], told[-1]["bytes"]) == (304, 0)


@pytest.mark.parametrize("given", ["abc", "0af7651916cd43dd8448eb211c80319c", "Root=1-67891233-abcdef", "a" * 100])
def test_an_id_that_a_proxy_gave_is_kept(logged_client: tuple[TestClient, Told], given: str) -> None:
    client, told = logged_client
    assert client.get("/v1/packs", headers={"X-Request-ID": given}).headers["x-request-id"] == given
    assert told[-1]["id"] == given


@pytest.mark.parametrize("given", ["", "a" * 101, 'a"b', "a b", "a,b", "\\", "a\u00e9", "<script>", "{}"])
def test_an_id_that_is_none_is_replaced(logged_client: tuple[TestClient, Told], given: str) -> None:
    client, told = logged_client
    response = client.get("/v1/packs", headers={"X-Request-ID": given.encode("latin-1")})  # type: ignore[dict-item]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", response.headers["x-request-id"])
    assert told[-1]["id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("key=abc&limit=1", "key=***&limit=1"),
        ("limit=1&email=a%40b.example", "limit=1&email=***"),
        ("KEY=abc", "KEY=***"),
        ("%6bey=abc", "%6bey=***"),
        ("access_token=abc&access_key=def", "access_token=***&access_key=***"),
        ("key=a&key=b", "key=***&key=***"),
        ("key", "key***"),
        ("key=a=b", "key=***"),
        ("keys=1&monkey=2&q=key", "keys=1&monkey=2&q=key"),
        ("", ""),
    ],
)
def test_secrets_are_masked_however_their_names_are_written(query: str, shown: str) -> None:
    assert json.loads(mask_query(query.encode())) == shown


def test_what_is_long_is_cut(logged_client: tuple[TestClient, Told]) -> None:
    client, told = logged_client
    client.get("/" + "a" * 30_000 + "?q=" + "b" * 20_000)
    assert len(json.dumps(told[-1])) < 4500
    assert told[-1]["query"].endswith("...")


@pytest.mark.parametrize("path", ["/%0a%22%7b%7d", "/%00", "/%ED%A0%80", "/%E2%80%A8", "/\\", "/%7f"])
def test_whatever_is_asked_is_one_line_of_ascii(pack_url: str, path: str) -> None:
    lines: list[str] = []
    app = create_app(Settings(database_url=pack_url))
    logged(app, lines.append)
    with TestClient(app) as client:
        client.get(path + "?" + path)
    [line] = lines
    assert line.endswith("}\n")
    assert line.isascii()
    assert line[:-1].isprintable()
    assert json.loads(line)["status"] == 404


def failing(app: FastAPI) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError(INSIDE)


def test_a_fault_of_ours_is_logged_with_the_id_that_its_answer_names(
    pack_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(database_url=pack_url))
    told: Told = []
    failing(app)
    logged(app, lambda line: told.append(json.loads(line)))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/fails", headers={"X-Request-ID": "given-by-a-proxy"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "given-by-a-proxy"
    assert response.json()["request_id"] == "given-by-a-proxy"
    assert INSIDE not in response.text
    assert (told[-1]["id"], told[-1]["status"], told[-1]["error"]) == ("given-by-a-proxy", 500, "RuntimeError")
    with TestClient(app) as client, pytest.raises(RuntimeError) as raised:
        client.get("/fails", headers={"X-Request-ID": "again"})
    assert raised.value.__notes__ == ["request again: GET '/fails'"]


def test_a_fault_has_an_id_even_if_no_requests_are_logged(pack_url: str) -> None:
    app = create_app(Settings(database_url=pack_url))
    failing(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/fails")
        assert response.headers["x-request-id"] == response.json()["request_id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "x-request-id" not in client.get("/v1/packs").headers


def test_lines_of_one_moment_are_written_together_in_pieces_that_no_other_writer_cuts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon: list[Callable[[], None]] = []

    class Loop:
        def call_later(self, _seconds: float, work: Callable[[], None]) -> None:
            soon.append(work)

    monkeypatch.setattr(access_log, "get_running_loop", Loop)
    written: list[bytes] = []
    monkeypatch.setattr(os, "write", lambda _file, piece: written.append(piece))
    lines = BufferedLineWriter(9)
    for number in range(100):
        lines(f"{number:0>99}\n")
    assert (len(soon), written) == (1, [])
    soon[0]()
    assert b"".join(written) == b"".join(b"%099d\n" % number for number in range(100))
    assert [len(piece) for piece in written] == [4000, 4000, 2000]
    assert all(piece.endswith(b"\n") and len(piece) <= PIPE_BYTES for piece in written)
    lines("again\n")
    assert len(soon) == 2


def test_no_line_is_lost_when_the_server_ends(pack_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "FLUSH_INTERVAL_SECONDS", 1000.0)
    monkeypatch.setattr(main, "BufferedLineWriter", lambda _file: BufferedLineWriter(file.fileno()))
    with (tmp_path / "log").open("wb") as file:
        with TestClient(create_app(Settings(database_url=pack_url, access_log=True))) as client:
            client.get("/v1/packs")
            assert (tmp_path / "log").read_bytes() == b""
        assert json.loads((tmp_path / "log").read_bytes())["path"] == "/v1/packs"


def test_a_server_writes_one_line_for_each_request(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with oxus_serving(str(tmp_path / "oxus.db"), log, OXUS_ACCESS_LOG="true") as server:
        head = b"GET /v1/events?limit=1&key=s3cret HTTP/1.1\r\nHost: x\r\nX-Request-ID: mine-%d\r\n\r\n"
        found = [sent(server.port, head % number) for number in range(5)]
    assert [headers["x-request-id"] for _, headers, _ in found] == [f"mine-{number}" for number in range(5)]
    text = log.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["id"] for line in lines if line["path"] == "/v1/events"] == [f"mine-{number}" for number in range(5)]
    assert "s3cret" not in text
    assert '"GET ' not in text


def test_without_the_setting_nothing_is_written_and_nothing_is_wrapped(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with oxus_serving(str(tmp_path / "oxus.db"), log) as server:
        _, headers, _ = sent(server.port, b"GET /v1/packs HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "x-request-id" not in headers
    assert "/v1/packs" not in log.read_text("utf-8")
