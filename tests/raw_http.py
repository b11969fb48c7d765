"""Requests as bytes, responses as bytes, and words that no response may hold."""

import socket
from contextlib import suppress

from waiting import MAX_WAIT_SECONDS

from app.settings import PROJECT_ROOT


def read_response(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body of the next answer; the body may end with the connection."""
    with connection.makefile("rb") as stream:
        line = stream.readline()
        assert line.startswith(b"HTTP/1.1 "), line
        headers = dict[str, str]()
        while (header := stream.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(": ")
            headers[name] = value
        return int(line.split()[1]), headers, stream.read(int(headers.get("content-length", "0")))


def sent(port: int, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the answer to bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=MAX_WAIT_SECONDS) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was read
            connection.sendall(raw)
        return read_response(connection)


LEAKS = (
    "select ",
    "traceback",
    "sqlite",
    "psycopg",
    "postgres",
    ".py",
    str(PROJECT_ROOT).lower(),
    "/site-packages",
    ".db",
)


def leaks(text: str) -> list[str]:
    return [leak for leak in LEAKS if leak in text.lower()]


INSIDE = "SELECT secret FROM claim -- /srv/oxus/app/query/pages.py line 7"
