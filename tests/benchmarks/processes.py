"""Servers and commands as processes of their own: started, watched and ended by their ids."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

HOME = Path(__file__).resolve().parent.parent.parent
OXUS = str(Path(sys.executable).parent / "oxus")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and everything that it started, as far as it runs."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:  # it ended meanwhile
                continue
    return found


def resident_bytes(pid: int) -> int:
    """The memory that a process and its children hold, pages that they share counted for each of them."""
    pages = 0
    for member in family(pid):
        try:
            pages += int(Path(f"/proc/{member}/statm").read_text().split()[1])
        except (OSError, IndexError):  # it ended meanwhile
            continue
    return pages * PAGE_BYTES


@dataclass
class Peak:
    """The largest memory seen while a process was watched."""

    bytes: int = 0


@contextmanager
def watched(pid: int, every_seconds: float = 0.02) -> Iterator[Peak]:
    """Watch the memory of a process and its children."""
    peak, ended = Peak(), Event()

    def watch() -> None:
        while True:
            peak.bytes = max(peak.bytes, resident_bytes(pid))
            if ended.wait(every_seconds):
                return

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


@dataclass(frozen=True)
class Ran:
    """A command that ended: how long it took, how much memory it and its children held, what it said."""

    seconds: float
    peak_bytes: int
    said: str


def run(line: Sequence[str], **environment: str) -> Ran:
    """Run a command to its end. Raises RuntimeError, with what it said, when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        line, cwd=HOME, env=_environment(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with watched(process.pid, 0.05) as peak:
        said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(line)} ended with {process.returncode}:\n{said[-4000:]}")
    return Ran(time.perf_counter() - start, peak.bytes, said)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OXUS_", "DATASETTE_"))}
    return kept | {"NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "ignore"} | dict(more)


@dataclass
class Server:
    """A server under test."""

    name: str
    port: int
    pid: int
    started_in: float = 0.0


@contextmanager
def serving(name: str, line: Sequence[str], ready: str, log: Path, **environment: str) -> Iterator[Server]:
    """Start a server (`{port}` stands for its port), wait until `ready` is answered, end it by its id."""
    port = free_port()
    with log.open("ab") as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            [part.format(port=port) for part in line],
            cwd=HOME,
            env=_environment(environment),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            _wait(process, port, ready, log)
            yield Server(name, port, process.pid, time.perf_counter() - start)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(port, path):
            return
        time.sleep(0.002)
    raise RuntimeError(f"the server does not answer {path}; its log:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def answers(port: int, path: str) -> bool:
    """Whether a server answers a path with 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as asked:
            asked.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return asked.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def oxus_serving(database: str, log: Path, workers: int = 1) -> AbstractContextManager[Server]:
    """`oxus serve` over a database, as a user starts it."""
    line = [OXUS, "serve", "--port", "{port}", "--database", database, "--workers", str(workers)]
    return serving("oxus", line, "/readyz", log)


def app_serving(app: str, ready: str, log: Path, **environment: str) -> AbstractContextManager[Server]:
    """An app of this folder under one uvicorn worker, without a log of accesses: its quickest ordinary setting."""
    name = app.partition(":")[0]
    line = [sys.executable, "-m", "uvicorn", f"tests.benchmarks.{app}", "--port", "{port}", "--no-access-log"]
    return serving(name, line, ready, log, **environment)
