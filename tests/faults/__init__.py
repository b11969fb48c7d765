"""What happens when things break: processes that are killed, disks that are full, servers that go away."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from typer.testing import CliRunner
from waiting import MAX_WAIT_SECONDS, wait_until

from app.cli import app as command_of_oxus
from app.settings import PROJECT_ROOT

_open = build_opener(ProxyHandler({})).open  # loopback is never behind a proxy


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def fetch(address: str, path: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """An answer, whatever its status; OSError if there is none."""
    try:
        with _open(Request(address + path, headers=dict(headers or {})), timeout=MAX_WAIT_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


@dataclass
class Served:
    """A running `oxus serve`: its process, its address, and the file of what it says."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def fetch(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return fetch(self.address, path, headers)


@contextmanager
def served(
    url: str, log: Path, *arguments: str, ready: int = 200, wrap: Sequence[str] = (), **process: Any
) -> Iterator[Served]:
    """`oxus serve` as users start it, on a free port, once it answers; killed at the end if it is still there."""
    command = [*wrap, sys.executable, "-m", "app.cli", "serve", "--port", "0", "--database", url, *arguments]
    with log.open("wb") as file:
        server = subprocess.Popen(
            command, cwd=PROJECT_ROOT, stdout=file, stderr=file, start_new_session=True, **process
        )
    try:

        def started() -> str:
            assert server.poll() is None, log.read_text()
            found = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())
            return found[1] if found else ""

        address = wait_until(started)
        wait_until(lambda: _status(address) == ready)
        yield Served(server, address, log)
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGKILL)
        server.wait()


def _status(address: str) -> int:
    try:
        return fetch(address, "/readyz").status
    except OSError:
        return 0


def oxus(*arguments: str, **process: Any) -> subprocess.CompletedProcess[str]:
    """A command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=MAX_WAIT_SECONDS * 2,
        **process,
    )


def ran(*arguments: str, wrap: Sequence[str] = ()) -> tuple[int, str, str]:
    """How a command ended, and what it said; in this process, unless something has to come before it."""
    if wrap:
        command = [*wrap, sys.executable, "-m", "app.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
        return done.returncode, done.stdout, done.stderr
    result = CliRunner().invoke(command_of_oxus, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
