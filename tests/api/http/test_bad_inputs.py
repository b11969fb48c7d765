"""Every bad input of the table gets the answer that is right, soon, and nothing of the server's inside."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import uvicorn
from bad_inputs import ADDRESSES, HEAD, REQUESTS, Bad, Raw
from conftest import Databases
from raw_http import read_response, sent
from waiting import MAX_WAIT_SECONDS, wait_until

from app import server
from app.main import create_app
from app.server import BoundedHttpProtocol, uvicorn_options
from app.settings import Settings


@contextmanager
def listening(settings: Settings, keep: int | None = None) -> Iterator[int]:
    """A real server in a thread of its own, as `oxus serve` starts it; its port. Its sockets `keep` so many bytes."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if keep:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, keep)
    door.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, **uvicorn_options(settings)))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    wait_until(lambda: running.started or not thread.is_alive())
    assert thread.is_alive()
    try:
        yield door.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(MAX_WAIT_SECONDS)
        door.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def port(databases: Databases, pack_url: str) -> Iterator[int]:
    with listening(Settings(database_url=pack_url)) as found:
        yield found


def assert_refused_well(status: int, headers: dict[str, str], body: bytes) -> None:
    if status < 400:
        return
    # A program that reads ACLED's API looks for JSON, also when it is refused.
    media = "application/json" if b'"success": false' in body else "application/problem+json"
    assert headers["content-type"] == media
    assert json.loads(body)["status"] == status
    assert len(body) < 10_000


@pytest.mark.parametrize("bad", ADDRESSES, ids=[f"{at}-{bad.why}" for at, bad in enumerate(ADDRESSES)])
def test_an_address_of_the_table_is_answered_as_it_says(port: int, bad: Bad) -> None:
    status, headers, body = sent(port, f"GET {bad.address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert status in bad.right, body[:500]
    assert_refused_well(status, headers, body)
    if bad.parameter and status == 400:
        assert json.loads(body)["parameter"] == bad.parameter


@pytest.mark.parametrize("raw", REQUESTS, ids=[f"{at}-{raw.why}" for at, raw in enumerate(REQUESTS)])
def test_a_request_of_the_table_is_answered_as_it_says(port: int, raw: Raw) -> None:
    status, headers, body = sent(port, raw.sent)
    assert status in raw.right, body[:500]
    assert_refused_well(status, headers, body)


def test_no_two_rows_of_the_table_are_the_same() -> None:
    assert len({bad.address for bad in ADDRESSES}) == len(ADDRESSES)
    assert len({raw.sent for raw in REQUESTS}) == len(REQUESTS)


# --- clients that take their time ---


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, pack_url: str) -> Iterator[int]:
    """A server that waits less than a second for what others wait ten."""
    monkeypatch.setattr(server, "HEAD_TIMEOUT_SECONDS", 0.5)
    with listening(Settings(database_url=pack_url)) as found:
        yield found


@pytest.mark.parametrize("begun", [b"", b"GET", b"GET /v1/events HTTP/1.1\r\n", HEAD + b"X: 1\r\n", b"\r\n\r\n\r\n"])
def test_a_head_that_does_not_arrive_is_not_waited_for(hurried: int, begun: bytes) -> None:
    status, headers, body = sent(hurried, begun)
    assert status == 408
    assert headers["connection"] == "close"
    assert json.loads(body)["status"] == 408


def test_a_head_that_arrives_letter_by_letter_is_not_waited_for_either(hurried: int) -> None:
    with socket.create_connection(("127.0.0.1", hurried), timeout=MAX_WAIT_SECONDS) as connection:
        try:
            for letter in HEAD * 100:
                connection.sendall(bytes([letter]))
                time.sleep(0.02)
            pytest.fail("all of it was taken")
        except (BrokenPipeError, ConnectionResetError):
            pass


def test_a_head_in_pieces_is_read_if_it_comes_in_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_SECONDS", MAX_WAIT_SECONDS)
    with socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) as connection:
        for at in range(0, len(HEAD), 9):
            connection.sendall(HEAD[at : at + 9])
            time.sleep(0.01)
        connection.sendall(b"\r\n")
        assert read_response(connection)[0] == 200
        monkeypatch.setattr(server, "HEAD_TIMEOUT_SECONDS", 0.2)
        connection.sendall(HEAD)  # the time of the next one begins with its first piece
        status, _, body = read_response(connection)
        assert (status, json.loads(body)["title"]) == (408, "Request Timeout")


def test_others_are_answered_while_a_hundred_clients_dawdle(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_SECONDS", MAX_WAIT_SECONDS)
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) for _ in range(100)]
    try:
        for connection in waiting:
            connection.sendall(HEAD)
        assert sent(port, HEAD + b"\r\n")[0] == 200
        for connection in waiting[::10]:
            connection.sendall(b"\r\n")
            assert read_response(connection)[0] == 200
    finally:
        for connection in waiting:
            connection.close()


def test_a_body_is_refused_before_it_comes_and_its_connection_ends(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        status, headers, _ = read_response(connection)
        assert (status, headers["connection"]) == (413, "close")
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_requests_one_after_the_other_on_one_connection_are_all_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) as connection:
        connection.sendall((HEAD + b"\r\n") * 3 + b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b""
        while more := connection.recv(65536):
            got += more
    assert got.count(b"HTTP/1.1 200 OK") == 3
    assert got.count(b"HTTP/1.1 404 Not Found") == 1


def test_what_follows_a_request_and_is_none_ends_the_connection_and_nothing_else(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) as connection:
        connection.sendall(HEAD + b"\r\n" + b"\x00junk\r\n\r\n")
        got = b""
        while more := connection.recv(65536):
            got += more
    assert b"the request is not valid HTTP" in got
    assert sent(port, HEAD + b"\r\n")[0] == 200


def test_a_client_that_does_not_fetch_its_answer_is_let_go(monkeypatch: pytest.MonkeyPatch, pack_url: str) -> None:
    monkeypatch.setattr(server, "WRITE_STALL_TIMEOUT_SECONDS", 0.2)
    lost = threading.Event()
    heard = BoundedHttpProtocol.connection_lost

    def heard_of(self: Any, exc: Exception | None) -> None:
        heard(self, exc)
        lost.set()

    monkeypatch.setattr(BoundedHttpProtocol, "connection_lost", heard_of)
    # The machine keeps little for either side, so that most of the answer waits in the server.
    with listening(Settings(database_url=pack_url), keep=4096) as port, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /v1/claims?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert lost.wait(MAX_WAIT_SECONDS)


def test_a_client_with_too_many_connections_is_refused_and_a_trusted_proxy_never(pack_url: str) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    def status(connection: socket.socket) -> int:
        connection.settimeout(MAX_WAIT_SECONDS)
        connection.sendall(request)
        return int(connection.recv(20).split()[1])

    def connected(port: int) -> socket.socket:
        return stack.enter_context(socket.create_connection(("127.0.0.1", port), MAX_WAIT_SECONDS))

    bounded = {"database_url": pack_url, "max_connections_per_client": 3}
    with ExitStack() as stack, listening(Settings(**bounded, trusted_proxies="192.0.2.0/24")) as port:
        held = [connected(port) for _ in range(3)]
        assert [status(connection) for connection in held] == [200, 200, 200]
        refused, headers, body = read_response(connected(port))
        assert (refused, headers["connection"]) == (503, "close")
        assert json.loads(body)["detail"] == "more than 3 connections at a time"
        held[0].close()
        wait_until(lambda: sum(server.OPEN_CONNECTIONS.values()) == 2)
        assert status(connected(port)) == 200
        stack.close()
        wait_until(lambda: not server.OPEN_CONNECTIONS)
    with ExitStack() as stack, listening(Settings(**bounded, trusted_proxies="proxy, 127.0.0.0/8")) as port:
        assert [status(connected(port)) for _ in range(6)] == [200] * 6
        stack.close()


def test_a_client_that_fetches_slowly_gets_all_of_its_answer(monkeypatch: pytest.MonkeyPatch, pack_url: str) -> None:
    timers: list[tuple[BoundedHttpProtocol, int]] = []
    monkeypatch.setattr(BoundedHttpProtocol, "_start_stall_timer", lambda self, size: timers.append((self, size)))
    got = b""
    with listening(Settings(database_url=pack_url), keep=4096) as port, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(MAX_WAIT_SECONDS)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /v1/claims?limit=1000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        wait_until(lambda: timers)
        for timeout in range(1, 5):  # the test lets time pass, so that a busy machine cannot
            protocol, before = timers[-1]
            while protocol.transport.get_write_buffer_size() >= before:
                got += connection.recv(4096)
            protocol.loop.call_soon_threadsafe(protocol._check_stall, before)
            wait_until(lambda timeout=timeout: len(timers) > timeout)
        while more := connection.recv(4096):
            got += more
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert len(body) > 50_000
