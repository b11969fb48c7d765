"""`oxus backup` and `oxus restore`: a copy of one moment while others read and write, and what is restored from it."""

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

from app.backups import backup
from app.commands import check_database
from app.db import backup as copying
from app.db.engine import write_transaction
from app.db.schema import CURRENT_SCHEMA
from app.errors import OutputError, SchemaError
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import oxus, ran, served
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

    with engine_for(str(embedded), read_only=False) as engine:
        load_packs(engine, retitled(tmp_path / "seed", 5))
    done = oxus("restore", str(copy), "--database", str(embedded))
    told = f"schema {CURRENT_SCHEMA}, {copy.stat().st_size} bytes, restored to {embedded}\n"
    assert (done.stdout, done.stderr, done.returncode) == (told, "", 0)
    assert list(embedded.parent.glob(f"{embedded.name}-*")) == []
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

    monkeypatch.setattr("app.backups.copy_to", broken)
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


# Restoring.


@pytest.fixture
def copy(embedded: Path, tmp_path: Path) -> Path:
    """A backup, after which the database has gone on to revision 2."""
    path = tmp_path / "copy.db"
    backup(Settings(database_url=str(embedded)), path)
    with engine_for(str(embedded), read_only=False) as engine:
        load_packs(engine, retitled(tmp_path / "seed", 1))
    return path


def test_a_database_that_a_server_or_a_load_has_open_is_not_replaced(
    embedded: Path, copy: Path, tmp_path: Path
) -> None:
    refused = f"{embedded.name} is open in another process; stop its servers and loads first\n"
    command = ("restore", str(copy), "--database", str(embedded))
    with served(str(embedded), tmp_path / "log") as server:
        assert ran(*command) == (1, "", refused)
        assert server.fetch("/v1/packs").headers["oxus-revision"] == "3", "it loaded the packs that it ships with"
    with engine_for(str(embedded), read_only=False) as engine, write_transaction(engine):
        assert ran(*command) == (1, "", refused)
    assert newest(str(embedded)) == 3
    assert embedded.with_name(embedded.name + "-wal").exists(), "the server was killed"
    assert ran(*command)[0] == 0
    assert list(embedded.parent.glob(f"{embedded.name}-*")) == []
    assert newest(str(embedded)) == 1


@pytest.mark.parametrize("target", ["missing", "damaged"])
def test_a_log_that_another_database_left_is_never_applied_to_what_is_restored(
    embedded: Path, copy: Path, tmp_path: Path, target: str
) -> None:
    path = tmp_path / "target.db"
    before = answers_of(copy)
    if target == "damaged":
        path.write_bytes(os.urandom(8192))
    with engine_for(str(embedded), read_only=False) as engine, engine.connect() as connection:
        connection.exec_driver_sql("UPDATE event_version SET row = 'of another database'")
        connection.commit()
        for end in ("-wal", "-shm"):
            shutil.copy(embedded.with_name(embedded.name + end), path.with_name(path.name + end))
    assert path.with_name("target.db-wal").stat().st_size > 0
    assert ran("restore", str(copy), "--database", str(path))[0] == 0
    assert answers_of(path) == before
    assert check_database(Settings(database_url=str(path))) == []


def test_a_restore_that_ends_early_leaves_the_old_database_whole(
    embedded: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers_of(embedded)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.backups.copy_to", full)
    refused = f"{embedded} cannot be written: No space left on device\n"
    assert ran("restore", str(copy), "--database", str(embedded)) == (1, "", refused)
    assert answers_of(embedded) == before
    assert list(embedded.parent.glob(".*partial*")) == []


def test_only_a_sound_database_of_a_known_schema_is_restored(embedded: Path, copy: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.db" for name in ("damaged", "newer", "foreign", "empty", "text", "missing")}
    for name in ("damaged", "newer"):
        shutil.copy(copy, files[name])
    with files["damaged"].open("r+b") as file:
        file.seek(copy.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 8192)
    changes = (("newer", "UPDATE alembic_version SET version_num = '9999'"), ("foreign", "CREATE TABLE invoice (id)"))
    for name, statement in changes:
        connection = sqlite3.connect(files[name])
        connection.execute(statement)
        connection.commit()
        connection.close()
    files["empty"].touch()
    files["text"].write_text("Someone's notes. " * 300)
    reasons = {
        "damaged": "damaged",
        "newer": "schema 9999, newer than",
        "foreign": "not Oxus's",
        "empty": "empty",
        "text": "damaged or no database",
        "missing": "no file",
    }
    before = answers_of(embedded)
    for name, file in files.items():
        code, said, refused = ran("restore", str(file), "--database", str(embedded))
        assert (code, said, len(refused.splitlines())) == (1, "", 1)
        assert reasons[name] in refused
    for file in (embedded, tmp_path):
        assert "the database itself, or no file" in ran("restore", str(file), "--database", str(embedded))[2]
    assert "not Oxus's" in ran("restore", str(copy), "--database", str(files["foreign"]))[2]
    assert answers_of(embedded) == before


# Modes.


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_replaced_keeps_its_mode_and_owner(embedded: Path, copy: Path, tmp_path: Path) -> None:
    for wanted in (0o600, 0o640, 0o664):
        embedded.chmod(wanted)
        copy.chmod(wanted)
        if os.geteuid() == 0:
            os.chown(copy, 12345, 12345)
        assert ran("restore", str(copy), "--database", str(embedded))[0] == 0
        assert ran("backup", str(copy), "--database", str(embedded))[0] == 0
        assert (mode(embedded), mode(copy)) == (wanted, wanted)
        assert os.geteuid() != 0 or copy.stat().st_uid == 12345
    rows = tmp_path / "rows.csv"
    rows.touch(0o600)
    rows.chmod(0o600)
    assert ran("export", "actors", "--out", str(rows), "--database", str(embedded))[0] == 0
    assert mode(rows) == 0o600


def test_with_a_read_token_new_databases_and_backups_are_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OXUS_READ_TOKEN", "a-token-that-is-long-enough")
    path, copy, again = (tmp_path / name for name in ("oxus.db", "copy.db", "again.db"))
    assert ran("db", "upgrade", "--database", str(path))[0] == 0
    with engine_for(str(path), read_only=False) as engine, write_transaction(engine):
        assert {mode(file) for file in tmp_path.glob("oxus.db*")} == {0o600}
    assert ran("backup", str(copy), "--database", str(path))[0] == 0
    assert ran("restore", str(copy), "--database", str(again))[0] == 0
    assert (mode(path), mode(copy), mode(again)) == (0o600, 0o600, 0o600)


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
    refused = oxus("restore", str(dump), "--database", url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"--single-transaction --dbname DATABASE_URL {dump}" in refused.stderr
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
