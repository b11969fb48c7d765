"""A database file that may not be written, is not there, is locked, damaged, or on a disk that is full."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import text
from stored_state import newest

from app.backups import backup
from app.commands import check_database
from app.db import driver_errors
from app.db import engine as engines
from app.errors import UnavailableError
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import oxus, ran, served
from faults.clusters import Cluster, a_folder, primary
from faults.standby import retitled


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    """A database in a folder of its own."""
    folder = tmp_path / "database"
    folder.mkdir()
    return Path(Databases("sqlite", folder, None).loaded())


@pytest.fixture
def alone(embedded: Path) -> Path:
    """The same as `oxus backup` leaves it: one file, alone in its folder."""
    path = embedded.parent.with_name("alone") / "oxus.db"
    path.parent.mkdir()
    backup(Settings(database_url=str(embedded)), path)
    return path


def as_anybody() -> Sequence[str]:
    """What a command begins with so that permissions hold for it."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everything, and setpriv (util-linux), which takes that right away, is missing")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner")


@pytest.mark.parametrize("closed", ["the file", "the file and its folder"])
def test_what_may_only_be_read_is_served_and_refuses_to_be_loaded(alone: Path, tmp_path: Path, closed: str) -> None:
    before = alone.read_bytes()
    alone.chmod(0o444)
    if "folder" in closed:
        alone.parent.chmod(0o555)
    try:
        with served(str(alone), tmp_path / "log", wrap=as_anybody()) as server:
            assert server.fetch("/v1/events?limit=1").status == 200
        load = ("seed", "load", "--database", str(alone), "--seed", str(retitled(tmp_path / "seed", 1)))
        refused = ran(*load, wrap=as_anybody())
        assert refused == (1, "", "the database file may only be read, or the folder it is in\n")
    finally:
        alone.parent.chmod(0o755)
    assert alone.read_bytes() == before
    assert list(alone.parent.iterdir()) == [alone]


def test_a_file_that_is_not_there_or_a_folder_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.db", tmp_path / "folder"
    folder.mkdir()
    for path, reason in (
        (missing, "there is no database file missing.db; `oxus serve` or `oxus db upgrade` makes one\n"),
        (folder, "folder is no file; name a database file\n"),
    ):
        for command in (["status"], ["seed", "load"], ["db", "check"], ["backup", str(tmp_path / "copy.db")]):
            assert ran(*command, "--database", str(path)) == (1, "", reason)
    assert ran("serve", "--database", str(folder), "--port", "0")[0] == 1
    with TestClient(create_app(Settings(database_url=str(missing)))) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert sorted(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []


@pytest.mark.smoke
@pytest.mark.parametrize("cache_mb", [0, 64])
def test_another_file_of_the_name_is_served_from_the_next_request_on(tmp_path: Path, cache_mb: int) -> None:
    databases = Databases("sqlite", tmp_path, None)
    path = Path(databases.loaded())
    with TestClient(create_app(Settings(database_url=str(path), cache_mb=cache_mb))) as client:

        def revisions() -> list[str]:
            answers = [client.get(asked) for asked in ("/v1/events?limit=1", "/v1/packs", "/readyz")]
            assert {answer.status_code for answer in answers} == {200}
            return [answer.headers["oxus-revision"] for answer in answers * 2]

        for kind, revision in (("loaded", "1"), ("migrated", "0")) * 3:
            other = databases.loaded() if kind == "loaded" else databases.migrated()
            shutil.move(other, path)
            assert set(revisions()) == {revision}
        path.rename(tmp_path / "away.db")
        gone = client.get("/v1/events?limit=1")
        assert (gone.status_code, gone.json()["detail"]) == (503, driver_errors.TRANSIENT_ERRORS["unable to open"])
        (tmp_path / "away.db").rename(path)
        assert set(revisions()) == {"0"}


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
if sys.argv[2] == "for itself":
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("UPDATE revision SET summary = summary")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(path: Path, how: str) -> Iterator[None]:
    """Another process holds the lock of writers, or everything."""
    command = [sys.executable, "-c", LOCKER, str(path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield
        process.stdin.close()


@pytest.mark.parametrize("how", ["for writing", "for itself"])
def test_a_lock_of_another_process_stops_writers_and_only_then_readers_when_it_is_a_lock_of_all(
    embedded: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(engines, "LOCK_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(engines, "READER_LOCK_TIMEOUT_SECONDS", 0.1)
    path = alone if how == "for itself" else embedded  # without a log beside it, who writes keeps readers out
    with TestClient(create_app(Settings(database_url=str(path)))) as client:
        with locked(path, how):
            answer = client.get("/v1/events?limit=1")
            if how == "for itself":
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert answer.json()["detail"] == "the database is locked by another process"
            else:
                assert answer.status_code == 200
            with (
                engine_for(str(path), read_only=False) as engine,
                pytest.raises(UnavailableError, match="locked by another process"),
            ):
                load_packs(engine, retitled(tmp_path / "seed", 1))
        assert client.get("/v1/events?limit=2").status_code == 200
    assert newest(str(path)) == 1


def header(file: bytes) -> bytes:
    return b"\x00" * 100 + file[100:]


def middle(file: bytes) -> bytes:
    """All pages but the first few, which hold the schema and the first rows."""
    return file[: len(file) // 4 // 4096 * 4096] + os.urandom(len(file) // 2) + file[len(file) * 3 // 4 :]


def half(file: bytes) -> bytes:
    return file[: len(file) // 2]


def nonsense(file: bytes) -> bytes:
    return os.urandom(len(file))


@pytest.mark.parametrize("spoil", [header, middle, half, nonsense])
def test_a_damaged_file_is_refused_in_words_and_left_as_it_is(
    alone: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    alone.write_bytes(spoil(alone.read_bytes()))
    before = alone.read_bytes()
    code, said, refused = ran("db", "check", "--database", str(alone))
    assert (code, said) == (1, "")
    assert "damaged" in refused
    assert ran("backup", str(tmp_path / "copy.db"), "--database", str(alone))[0] == 1
    with TestClient(create_app(Settings(database_url=str(alone))), raise_server_exceptions=False) as client:
        answers = [client.get(f"/v1/{path}?limit=1000") for path in ("events", "claims", "locations", "sources")]
    broken = [answer for answer in answers if answer.status_code != 200]
    assert broken
    for answer in broken:
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.json()["detail"] == "the database file is damaged or no database; restore a backup"
    if spoil in (header, nonsense):
        for command in (["serve", "--port", "0"], ["seed", "load"], ["db", "upgrade"], ["status"]):
            code, _, refused = ran(*command, "--database", str(alone))
            assert (code, refused) == (1, "the database file is damaged or no database; restore a backup\n")
    assert alone.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


def test_a_partial_file_of_a_killed_process_is_deleted_by_the_next_run(alone: Path, tmp_path: Path) -> None:
    stale, fresh = tmp_path / ".copy.db.k1ll3d.partial", tmp_path / ".copy.db.running.partial"
    others = tmp_path / ".other.db.k1ll3d.partial"
    for path in (stale, fresh, others):
        path.touch()
    for path in (stale, others):
        os.utime(path, (0, 0))
    assert ran("backup", str(tmp_path / "copy.db"), "--database", str(alone))[0] == 0
    assert {path for path in tmp_path.iterdir() if path.is_file()} == {tmp_path / "copy.db", fresh, others}


def test_status_says_what_is_wrong_with_a_database(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "READER_LOCK_TIMEOUT_SECONDS", 0.1)

    def status(path: Path) -> str:
        code, said, told = ran("status", "--database", str(path))
        assert (code, said, len(told.splitlines())) == (1, "", 1)
        return told

    with locked(alone, "for itself"):
        assert status(alone) == "the database is locked by another process\n"
    assert ran("status", "--database", str(alone))[0] == 0
    for words, statement in (
        ("schema 9999, newer than", "UPDATE alembic_version SET version_num = '9999'"),
        ("not Oxus's", "CREATE TABLE invoice (id)"),
    ):
        path = tmp_path / "wrong.db"
        if "UPDATE" in statement:
            shutil.copy(alone, path)
        with engine_for(str(path), read_only=False) as engine, engine.begin() as connection:
            connection.execute(text(statement))
        assert words in status(path)
        path.unlink()
    path.write_bytes(last_pages(alone.read_bytes()))
    assert "the database file is damaged" in status(path)


def last_pages(file: bytes) -> bytes:
    """Pages that no count of rows looks at."""
    return file[: -20 * 4096] + b"\xff" * 20 * 4096


def test_links_that_lead_nowhere_and_names_that_can_be_none_are_told_in_one_line(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dangling").symlink_to("nowhere/file")
    Path("loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    for name in ("dangling", "loop", "x" * 300, f"{alone}/below"):
        for command in (
            *(["status"], ["db", "upgrade"], ["db", "check"], ["seed", "load"], ["serve", "--port", "0"]),
            *(["backup", "copy.db"], ["restore", str(alone)], ["export", "events", "--out", "rows.csv"]),
        ):
            assert_one_line(ran(*command, "--database", name))
        for command in (
            *(["backup", name], ["restore", name], ["export", "events", "--out", name]),
            *(["seed", "load", "--seed", name], ["seed", "load", "--seed", str(tmp_path / name)]),
        ):
            assert_one_line(ran(*command, "--database", str(alone)))
    assert sorted(tmp_path.rglob("*")) == before


def assert_one_line(ended: tuple[int, str, str]) -> None:
    code, said, told = ended
    assert (code, said) == (1, "")
    assert len(told.removesuffix("1 problem(s); nothing was loaded.\n").splitlines()) == 1


def test_on_a_disk_that_is_read_only_every_command_that_writes_says_so(embedded: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16_000) as disk:
        path = disk / "oxus.db"
        backup(Settings(database_url=str(embedded)), path)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)  # noqa: S607
        assert ran("status", "--database", str(path))[0] == 0
        new = ["--database", str(disk / "new.db")]
        old = ["--database", str(path)]
        for command in (
            *(["db", "upgrade", *new], ["serve", "--port", "0", *new], ["restore", str(embedded), *new]),
            *(["restore", str(embedded), *old], ["backup", str(disk / "copy.db"), *old]),
            *(["export", "events", "--out", str(disk / "rows.csv"), *old], ["db", "check", *old]),
            ["seed", "load", "--seed", str(retitled(tmp_path / "seed", 1)), *old],
        ):
            assert_one_line(ran(*command))
        assert list(disk.iterdir()) == [path]


FULL = (
    "there is no room left on the disk for the database\n",
    "the disk failed to read or write the database file, or is full\n",
)


@contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[Path]:
    """A disk of that size, in memory."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k,mode=777", "tmpfs", str(folder)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if not mounted or mounted.returncode:
        pytest.skip("a disk that is full needs a small one, which only root may mount (and not in every container)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


def fill(disk: Path) -> Path:
    """Take all that is left of a disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                """More."""
        except OSError:
            """Nothing is left."""
    return filler


def test_a_full_disk_leaves_the_old_content_while_it_is_served_and_the_load_runs_once_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 16_000) as disk:
        path = Path(Databases("sqlite", disk, None).migrated())
        with TestClient(create_app(Settings(database_url=str(path)))) as client:
            assert client.get("/v1/events").json()["items"] == []
            filler = fill(disk)
            code, said, refused = ran("seed", "load", "--database", str(path))
            assert (code, said) == (1, "")
            assert refused in FULL
            copied = ran("backup", str(disk / "copy.db"), "--database", str(path))
            assert copied[:2] == (1, "")
            assert "cannot be written: " in copied[2]
            assert not list(disk.glob(".copy*"))
            assert client.get("/v1/events?limit=2").json() | {"next": None} == client.get("/v1/events").json()
            filler.unlink()
            assert check_database(Settings(database_url=str(path))) == []
            assert ran("seed", "load", "--database", str(path))[0] == 0
            assert client.get("/v1/events").json()["returned"] > 80
        assert check_database(Settings(database_url=str(path))) == []


def test_a_limit_of_size_stops_a_load_like_a_full_disk(tmp_path: Path) -> None:
    path = Path(Databases("sqlite", tmp_path, None).migrated())
    limit = (path.stat().st_size + 4096) // 1024  # kilobytes of any one file
    code, said, refused = ran(
        "seed", "load", "--database", str(path), wrap=("bash", "-c", f'ulimit -f {limit}; exec "$@"', "limited")
    )
    assert (code, said) == (1, "")
    assert refused in FULL
    assert check_database(Settings(database_url=str(path))) == []
    assert newest(str(path)) == 0
    assert ran("seed", "load", "--database", str(path))[0] == 0


def test_a_full_disk_of_postgresql_leaves_the_old_content_too(tmp_path: Path) -> None:
    with a_folder() as folder, small_disk(folder / "disk", 30_000) as disk:
        server = primary(folder / "primary")
        try:
            _loaded_on(server, disk)
        finally:
            server.stop()


def _loaded_on(server: Cluster, disk: Path) -> None:
    space = disk / "space"
    space.mkdir()
    os.chown(space, server.data.stat().st_uid, -1)
    server.ask(f"CREATE TABLESPACE small LOCATION '{space}'")
    server.ask("CREATE DATABASE oxus TABLESPACE small")
    url = server.url()
    assert oxus("db", "upgrade", "--database", url).returncode == 0
    filler = fill(disk)
    refused = oxus("seed", "load", "--database", url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "there is no room left on the disk for the database\n"
    assert newest(url) == 0
    assert check_database(Settings(database_url=url)) == []
    filler.unlink()
    assert oxus("seed", "load", "--database", url).returncode == 0
    with engine_for(url, read_only=True) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM event")) > 80
