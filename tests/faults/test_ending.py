"""How servers and commands end: running requests are finished first, and files that are not complete are deleted.

A worker ends with the process that started it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Databases, engine_for
from sqlalchemy import Engine, event, text
from stored_state import newest
from waiting import MAX_WAIT_SECONDS, wait_until

from app.commands import check_database
from app.db import backup as copying
from app.errors import UnavailableError
from app.exports import RowCounter
from app.processes import ENDING_SIGNALS, EndedBySignalError, signals_as_errors
from app.settings import PROJECT_ROOT, Settings
from faults import fetch, ran, served

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


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed in another way there")
def test_workers_end_when_the_process_that_started_them_is_killed(pack_url: str, tmp_path: Path) -> None:
    with served(pack_url, tmp_path / "log", "--workers", "2") as server:
        port = urlsplit(server.address).port
        assert port
        try:
            server.process.kill()
            server.process.wait()
            wait_until(lambda: not listens(port))  # the workers hold the socket, too
            wait_until(lambda: not group_lives(server.process.pid))
        finally:
            if group_lives(server.process.pid):
                os.killpg(server.process.pid, signal.SIGKILL)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# Commands.

MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty working directory."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def at_first_insert() -> Iterator[list[int]]:
    """Sends this process the signals of the list when the next row is written."""
    signals: list[int] = []

    def send(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT") and signals:
            signal.raise_signal(signals.pop())

    event.listen(Engine, "before_cursor_execute", send)
    yield signals
    event.remove(Engine, "before_cursor_execute", send)


def ended(number: int) -> tuple[int, str, str]:
    return 128 + number, "", f"interrupted by {signal.Signals(number).name}\n"


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_ends_a_load_or_import_with_a_word_and_changes_nothing(
    databases: Databases, at_first_insert: list[int], in_folder: Path, number: int
) -> None:
    url = databases.migrated()
    for command in (["seed", "load"], ["import", "ucdp-ged", str(MADE_UP)]):
        at_first_insert.append(number)
        assert ran(*command, "--database", url) == ended(number)
        assert at_first_insert == [], "the command wrote nothing"
        assert newest(url) == 0
    assert check_database(Settings(database_url=url)) == []
    assert list(in_folder.iterdir()) == []
    assert ran("seed", "load", "--database", url)[0] == 0


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_ends_a_backup_or_export_and_leaves_the_old_file_alone(
    tmp_path: Path, in_folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    url = Databases("sqlite", tmp_path, None).loaded()
    old = in_folder / "old"
    old.write_text("of yesterday")

    def raise_signal(*_: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr(copying, "_let_signals_in", raise_signal)
    monkeypatch.setattr(RowCounter, "count", raise_signal)
    for command in (["backup", "old"], ["export", "events", "--out", "old"]):
        assert ran(*command, "--database", url) == ended(number)
        assert ran(*command, "--database", url) == ended(number), "the handlers are those of before"
        assert [(path, path.read_text()) for path in in_folder.iterdir()] == [(old, "of yesterday")]


def test_a_signal_is_told_even_if_a_driver_makes_another_error_of_it() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            signal.raise_signal(signal.SIGINT)  # does not interrupt the cleaning
            raise UnavailableError from None

    with pytest.raises(EndedBySignalError, match="interrupted by SIGTERM"), signals_as_errors():
        work()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as with nohup
    try:
        with signals_as_errors():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("end", [*ENDING_SIGNALS, None])
def test_an_export_to_standard_output_ends_without_a_traceback(
    databases: Databases, huge_url: str, end: int | None, unbuffered: str
) -> None:
    if unbuffered and databases.kind == "postgresql":
        pytest.skip("rows are written the same way from either database: tried on SQLite")
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-m", "app.cli", "export", "events", "--out", "-", "--f", "ndjson", "--database"]
    with subprocess.Popen(
        [*command, huge_url], env=environment, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(5) == b'{"id"'
        if end is None:
            process.stdout.close()  # as `head` does
        else:
            process.send_signal(end)
        said = process.stderr.read().decode()
        if end is not None:
            process.stdout.close()
        process.wait(MAX_WAIT_SECONDS)
    assert (process.returncode, "", said) == (ended(end) if end is not None else (1, "", ""))
