"""SIGTERM: requests that run are finished, new ones are refused, and what never ends is broken off after a while."""

import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Databases, engine_for
from sqlalchemy import text
from waiting import MAX_WAIT_SECONDS, wait_until

from faults import fetch, served

STOP_SECONDS = 5
QUERY = "/v1/events?limit=all&f=ndjson"


@pytest.fixture
def huge_url(databases: Databases) -> str:
    """Rows of which no socket holds more than a part."""
    url = databases.loaded()
    longer = "UPDATE event_version SET row = substr(row, 1, length(row) - 1) || :more"
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        connection.execute(text(longer), {"more": f',"more":"{"x" * 150_000}"}}'})
    return url


def start_export(port: int) -> socket.socket:
    """A connection with an export on its way, of which only little fits into what lies between."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(MAX_WAIT_SECONDS)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {QUERY} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def rest(connection: socket.socket) -> bytes:
    """What still comes, until the server closes."""
    found = bytearray()
    try:
        while part := connection.recv(1 << 20):
            found += part
    except ConnectionResetError:
        """The server is gone."""
    return bytes(found)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_is_told_to_stop_finishes_what_it_can_and_breaks_off_the_rest(
    databases: Databases,
    huge_url: str,
    tmp_path: Path,
    workers: int,
) -> None:
    if workers > 1 and databases.kind == "postgresql":
        pytest.skip("processes end the same way on either database: tried on SQLite")
    settings = os.environ | {"OXUS_SHUTDOWN_TIMEOUT_SECONDS": str(STOP_SECONDS)}
    with served(huge_url, tmp_path / "log", "--workers", str(workers), env=settings) as server:
        port = urlsplit(server.address).port
        assert port
        whole = fetch(server.address, QUERY).body
        with start_export(port) as slow, start_export(port) as never:
            server.process.send_signal(signal.SIGTERM)
            if (
                workers == 1
            ):  # of several, it is the first process that listens: who comes now waits, and is then refused
                wait_until(lambda: not listens(port))
            wait_until(lambda: "Shutting down" in server.log.read_text())
            told = rest(slow)
            assert told.endswith(b"\r\n0\r\n\r\n"), "the export was broken off"
            assert told.count(b'\n{"id":') + told.count(b'\r\n{"id":') >= whole.count(b"\n") - 1
            assert server.process.wait(MAX_WAIT_SECONDS) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
            assert not listens(port)
            assert not rest(never).endswith(b"\r\n0\r\n\r\n"), "nobody read this to its end"
    assert "Traceback" not in server.log.read_text()
