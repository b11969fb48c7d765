"""A server as a user starts it, what is asked of it, and the programs that ask."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from urllib.request import urlopen

import pytest
from waiting import MAX_WAIT_SECONDS, wait_until

from app.settings import PROJECT_ROOT

LAST = "/healthz"
"""Asked by nobody but those who wait for the log."""
HANG_SECONDS = 10 * MAX_WAIT_SECONDS
"""Limit of a program with all its work, R and QGIS among them."""
ONLY_HERE = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@dataclass(frozen=True)
class Server:
    """`oxus serve` over the packs that ship with Oxus: its address, its database, and its log."""

    url: str
    database: Path
    log: Path

    @property
    def ogc(self) -> str:
        """Where its features are."""
        return f"{self.url}/ogc"

    def content(self, path: str) -> bytes:
        """What is answered to a path."""
        with urlopen(f"{self.url}{path}") as answer:  # noqa: S310 - the scheme is http
            return bytes(answer.read())

    def json(self, path: str) -> Any:
        """The same, read as JSON."""
        return json.loads(self.content(path))

    @contextmanager
    def watched(self) -> Iterator[list[str]]:
        """What was asked for in the meantime: paths with queries, decoded, once the block is left."""
        start, asked = self._written(), list[str]()
        yield asked
        end = self._written()
        for line in self.log.read_bytes()[start:end].decode().splitlines():
            told = json.loads(line) if line.startswith("{") and line.endswith("}") else {"path": LAST}
            if told["path"] != LAST and told["method"] == "GET":
                asked.append(unquote(f"{told['path']}?{told['query']}" if told["query"] else told["path"]))

    def _written(self) -> int:
        """Where the log ends once all stands in it that was asked so far: a line may come after its answer."""
        start = self.log.stat().st_size
        self.content(LAST)

        def written() -> int:
            log = self.log.read_bytes()
            return len(log) if LAST.encode() in log[start:] and log.endswith(b"\n") else 0

        return wait_until(written)


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Server]:
    """A server on a free port of this machine, in a process of its own, over a database that is new or lies there."""
    folder.mkdir(exist_ok=True)
    log, database = folder / "log.txt", folder / "oxus.db"
    line = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--database", str(database), *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OXUS_")}
    kept["OXUS_ACCESS_LOG"] = "true"  # tells what a client asked for
    with log.open("wb") as out:
        process = subprocess.Popen(line, cwd=PROJECT_ROOT, stdout=out, stderr=out, env=kept)
        try:
            yield Server(_address(process, log), database, log)
        finally:
            process.terminate()
            process.wait(MAX_WAIT_SECONDS)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that all tests ask which only read."""
    with started(tmp_path_factory.mktemp("server")) as server:
        yield server


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    def announced() -> str:
        assert process.poll() is None, log.read_text("utf-8")
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text("utf-8"))
        return found[1] if found else ""

    return wait_until(announced)


def program(name: str, package: str) -> str:
    """The path of a program. Skips when it is not installed."""
    if (path := shutil.which(name)) is None:
        pytest.skip(f"{name} is not installed (apt-get install {package})")
    return path


def chosen(variable: str, name: str, package: str) -> str:
    """The path of a program that an environment variable names, or that is on the PATH. Skips when there is none."""
    path = os.environ.get(variable) or shutil.which(name)
    if path is None:
        pytest.skip(f"{package} is not installed (tests/clients/install sets {variable})")
    assert Path(path).exists(), f"{variable} names {path}, which is not there"
    return path


def run(line: list[str], *, env: Mapping[str, str] | None = None, **how: Any) -> "subprocess.CompletedProcess[str]":
    """What a program said; asserts that it did what it was told."""
    given = os.environ | ONLY_HERE | dict(env or {})
    ended = subprocess.run(line, env=given, capture_output=True, text=True, check=False, timeout=HANG_SECONDS, **how)
    assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"
    return ended


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was not tried, and why, whatever the run was asked to print."""
    reasons = {str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT TRIED: {reason.removeprefix('Skipped: ')}", yellow=True)
