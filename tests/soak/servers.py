"""Databases and servers of long runs, made and started as users do, and ended by their process id."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from waiting import MAX_WAIT_SECONDS, start_postgresql, wait_until

from .environment import Environment

HOME = Path(__file__).resolve().parent.parent.parent
OXUS = str(Path(sys.executable).parent / "oxus")


@dataclass
class Server:
    """Server under test: its URL, port and process."""

    url: str
    port: int
    process: "subprocess.Popen[bytes]"


def environment(**more: str) -> dict[str, str]:
    """Return the environment variables without settings of Oxus, except those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OXUS_")}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | more


def oxus(*arguments: str, **settings: str) -> str:
    """Run a command and return its output. Raises RuntimeError when it fails."""
    line = [OXUS, *arguments]
    ended = subprocess.run(line, cwd=HOME, env=environment(**settings), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(line)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


@contextmanager
def database_of(environment: Environment) -> Iterator[str]:
    """Make a database of the run's kind with the packs that ship with Oxus, and yield its URL."""
    if environment.database == "sqlite":
        path = environment.folder / "oxus.db"
        for old in environment.folder.glob("oxus.db*"):
            old.unlink()
        yield _loaded(str(path))
        return
    data = environment.folder / "postgresql"
    shutil.rmtree(data, ignore_errors=True)
    server = start_postgresql(data)
    try:
        yield _loaded(server.get_uri("postgres"))
    finally:
        server.cleanup()


def _loaded(database: str) -> str:
    oxus("db", "upgrade", "--database", database)
    oxus("seed", "load", "--database", database)
    return database


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def oxus_serving(database: str, log: Path, *options: str, **settings: str) -> Iterator[Server]:
    """Start `oxus serve` over a database and yield it once it answers. Raises RuntimeError if it ends before."""
    port = free_port()
    line = [OXUS, "serve", "--port", str(port), "--database", database, *options]
    with log.open("ab") as out:
        process = subprocess.Popen(line, cwd=HOME, env=environment(**settings), stdout=out, stderr=out)
    try:
        server = Server(f"http://127.0.0.1:{port}", port, process)
        _wait(server, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(MAX_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(MAX_WAIT_SECONDS)


def _wait(server: Server, log: Path) -> None:
    def answers() -> bool:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended; its log:\n{log.read_text('utf-8', 'replace')[-3000:]}")
        try:
            with urlopen(f"{server.url}/healthz", timeout=MAX_WAIT_SECONDS) as answer:  # noqa: S310 - the scheme is http
                return bool(answer.status == 200)
        except OSError:
            return False

    wait_until(answers)
