"""`oxus backup`: a copy of one moment while others read and write, and what is restored from it."""

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SEED, Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import text
from stored_state import newest
from waiting import MAX_WAIT_SECONDS

from app.commands import backup, check_database
from app.db import backup as copying
from app.db.engine import write_transaction
from app.errors import OutputError, SchemaError
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import oxus
from faults.clusters import binaries
from faults.standby import retitled

ASKED = [
    "/v1/events?limit=1000",
    "/v1/claims?limit=1000",
    "/v1/changes?since=0&limit=1000",
    "/v1/search?q=Hairaton",
    "/v1/events?bbox=66,36,69,38",
    "/ogc/collections/events/items?limit=10",
]


@pytest.fixture
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(Databases("sqlite", tmp_path_factory.mktemp("embedded"), None).loaded())


def answers_of(url: object) -> list[tuple[str, str, bytes]]:
    """Revision, ETag and body of every question."""
    with TestClient(create_app(Settings(database_url=str(url)))) as client:
        answers = [client.get(path) for path in ASKED]
    assert [answer.status_code for answer in answers] == [200] * len(ASKED)
    return [(answer.headers["oxus-revision"], answer.headers["etag"], answer.content) for answer in answers]


def test_a_restored_copy_answers_with_the_same_bytes_and_takes_the_next_load(embedded: Path, tmp_path: Path) -> None:
    with engine_for(str(embedded), read_only=False) as engine:
        load_packs(engine, retitled(tmp_path / "seed", 1))
    copy = tmp_path / "copy.db"
    done = oxus("backup", str(copy), "--database", str(embedded))
    assert (done.stdout, done.returncode) == (f"revision 2, {copy.stat().st_size} bytes, in {copy}\n", 0)
    before = answers_of(embedded)
    assert {revision for revision, _, _ in before} == {"2"}

    for path in embedded.parent.glob(f"{embedded.name}*"):
        path.unlink()
    shutil.move(copy, embedded)
    assert answers_of(embedded) == before
    assert oxus("db", "check", "--database", str(embedded)).stdout == "clean\n"
    with engine_for(str(embedded), read_only=False) as engine:
        load_packs(engine, retitled(tmp_path / "seed", 2))
    assert newest(str(embedded)) == 3


def test_a_number_given_twice_after_a_restore_is_no_unchanged_answer(embedded: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored.db"
    backup(Settings(database_url=str(embedded)), restored)
    for number, path in enumerate((embedded, restored)):
        with engine_for(str(path), read_only=False) as engine:
            load_packs(engine, retitled(tmp_path / "seed", number))
    lost, again = answers_of(embedded), answers_of(restored)
    for (revision, etag, _), (same, other, _) in zip(lost, again, strict=True):
        assert revision == same
        assert etag != other


def test_a_copy_made_while_somebody_writes_is_what_was_there_before(
    embedded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGES_PER_STEP", 1)
    before = answers_of(embedded)
    copy = tmp_path / "copy.db"
    started, enough = threading.Event(), threading.Event()
    loads = 0

    def keep_loading() -> None:
        nonlocal loads
        with engine_for(str(embedded), read_only=False) as engine:
            while not enough.is_set():
                load_packs(engine, retitled(tmp_path / "seed", loads + 1))
                loads += 1
                started.set()

    with engine_for(str(embedded), read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(text("DELETE FROM claim_hop"))
        backup(Settings(database_url=str(embedded)), copy)
        connection.rollback()
    assert answers_of(copy) == before
    loader = threading.Thread(target=keep_loading)
    loader.start()
    try:
        assert started.wait(MAX_WAIT_SECONDS)
        said = {backup(Settings(database_url=str(embedded)), copy).split(",")[0] for _ in range(3)}
    finally:
        enough.set()
        loader.join()
    assert said <= {f"revision {number}" for number in range(2, loads + 2)}
    assert check_database(Settings(database_url=str(copy))) == []
    assert f"revision {newest(str(copy))}" in said


def test_the_copy_is_one_file_that_needs_no_other(embedded: Path, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    backup(Settings(database_url=str(embedded)), folder / "copy.db")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o666 & ~_umask()
    with sqlite3.connect(folder / "copy.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_a_copy_that_fails_leaves_the_old_one_whole(
    embedded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"the copy of yesterday")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.commands.copy_to", broken)
    with pytest.raises(OutputError, match="No space left"):
        backup(Settings(database_url=str(embedded)), copy)
    monkeypatch.undo()
    shutil.copy(embedded, tmp_path / "damaged.db")
    with (tmp_path / "damaged.db").open("r+b") as file:
        file.seek(embedded.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 8192)
    with pytest.raises(SchemaError, match="damaged"):
        backup(Settings(database_url=str(tmp_path / "damaged.db")), copy)
    assert copy.read_bytes() == b"the copy of yesterday"
    assert not list(tmp_path.glob(".copy*"))


def test_the_database_itself_is_never_written_over(embedded: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(embedded)
    before = embedded.read_bytes()
    for out in (embedded, link):
        with pytest.raises(OutputError, match="the database itself"):
            backup(Settings(database_url=str(embedded)), out)
    with pytest.raises(OutputError, match="or no file"):
        backup(Settings(database_url=str(embedded)), tmp_path)
    other = tmp_path / "other.db"
    other.with_name("other.db-wal").touch()
    with pytest.raises(OutputError, match="a database in use"):
        backup(Settings(database_url=str(embedded)), other)
    assert embedded.read_bytes() == before


@pytest.fixture
def served_by_postgresql(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    return Databases("postgresql", tmp_path_factory.mktemp("server"), postgresql)


def test_postgresql_is_copied_by_pg_dump_and_restored_by_pg_restore(
    served_by_postgresql: Databases, tmp_path: Path
) -> None:
    url, again = served_by_postgresql.loaded(), served_by_postgresql.new()
    dump = tmp_path / "oxus.dump"
    refused = oxus("backup", str(dump), "--database", url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"pg_dump --format=custom --file {dump} DATABASE_URL" in refused.stderr
    before = answers_of(url)
    for program, *arguments in (
        ("pg_dump", "--format=custom", "--file", str(dump), url),
        ("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname", again, str(dump)),
    ):
        done = subprocess.run([binaries() / program, *arguments], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert answers_of(again) == before
    assert check_database(Settings(database_url=again)) == []
    with engine_for(again, read_only=False) as engine:
        load_packs(engine, retitled(tmp_path / "seed", 1))
        assert load_packs(engine, SEED)[0].revision == 3
