"""A broken pack keeps nothing else from being loaded or served, and is never loaded in part."""

import shutil
from pathlib import Path

import pytest
from conftest import Databases, engine_for
from factories.packs import Look, War
from stored_state import load, newest, served
from typer.testing import CliRunner, Result

from app import commands
from app.cli import app as command
from app.commands import prepare
from app.db.engine import sqlite_path
from app.errors import BrokenPackError
from app.ingest.packs.load import PartialLoad, load_sound_packs
from app.settings import Settings

WAR, LOOK, ALONE = "eastern-war", "western-look", "alone"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with three packs: a war, a look at it that refers to it, and one that refers to nothing."""
    folder = tmp_path / "packs"
    War().write(folder)
    Look().write(folder)
    (folder / ALONE).mkdir()
    about = (folder / WAR / "pack.toml").read_text("utf-8")
    (folder / ALONE / "pack.toml").write_text(about.replace(WAR, ALONE).replace("gazette-1", "alone-1"), "utf-8")
    source = '[[source]]\nid = "alone-1"\nname = "Alone"\nkind = "article"\npublished_on = 2021-07-05\n'
    (folder / ALONE / "sources.toml").write_text(source, "utf-8")
    return folder


def half_edit(folder: Path, pack: str = WAR) -> None:
    """Leave a file of a pack in the middle of an edit, with another file changed already."""
    with (folder / pack / "sources.toml").open("a", encoding="utf-8") as file:
        file.write("[[source")
    about = folder / pack / "pack.toml"
    about.write_text(about.read_text("utf-8").replace('version = "1"', 'version = "2"'), "utf-8")


def load_sound(url: str, folder: Path) -> PartialLoad:
    with engine_for(url, read_only=False) as engine:
        return load_sound_packs(engine, folder)


def test_a_new_database_gets_the_packs_that_stand_without_the_broken_one(databases: Databases, packs: Path) -> None:
    half_edit(packs)
    url = databases.migrated()
    done = load_sound(url, packs)
    assert [loaded.pack for loaded in done.loaded] == [ALONE]
    assert sorted(done.left_out) == [WAR, LOOK]
    assert [problem.reason[:10] for problem in done.left_out[WAR]] == ["not TOML: "]
    assert {problem.reason.partition(";")[0] for problem in done.left_out[LOOK]} >= {"no such id in events"}
    assert (newest(url), list(served(url)["sources"])) == (1, ["alone-1"])


def test_a_database_keeps_what_it_holds_of_a_broken_pack_and_others_go_on(databases: Databases, packs: Path) -> None:
    url = databases.migrated()
    load(url, packs)
    before = served(url)
    half_edit(packs)
    Look(mill="Old Mill").write(packs)
    done = load_sound(url, packs)
    assert (list(done.left_out), newest(url)) == ([WAR], 2)
    after = served(url)
    assert after["locations"]["mill"]["name"] == "Old Mill"
    assert after["sources"] == before["sources"]
    assert [after["events"][id_] for id_ in ("ford-taken", "crossing")] == [
        before["events"][id_] for id_ in ("ford-taken", "crossing")
    ]
    War().write(packs)
    assert load_sound(url, packs).left_out == {}


def test_a_pack_that_would_take_away_what_another_refers_to_changes_nothing(databases: Databases, packs: Path) -> None:
    url = databases.migrated()
    load(url, packs)
    before = served(url)
    half_edit(packs, LOOK)
    War(loose_id="other").write(packs)
    path = packs / WAR / "events" / "all.toml"
    path.write_text(path.read_text("utf-8").replace('id = "ford-taken"', 'id = "ford-lost"'), "utf-8")
    done = load_sound(url, packs)
    assert done.loaded == []
    assert [problem.reason for problem in done.left_out[WAR]] == [
        "something that another pack refers to would be gone, or an id there twice"
    ]
    assert (served(url), newest(url)) == (before, 1)


def test_loading_and_checking_fail_as_a_whole(databases: Databases, packs: Path) -> None:
    url = databases.migrated()
    half_edit(packs)
    for arguments in (["load", "--database", url], ["check"]):
        result = CliRunner().invoke(command, ["seed", *arguments, "--seed", str(packs)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "nothing was loaded" in result.stderr
    assert newest(url) == 0


# `oxus serve`.


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, packs: Path) -> "Serve":
    """Run `oxus serve` up to where it listens."""
    return Serve(monkeypatch, tmp_path / "oxus.db", packs)


class Serve:
    """`oxus serve` on one embedded database, without listening; `served` counts how often it would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, database: Path, packs: Path) -> None:
        self.url, self.packs, self.served = str(database), packs, 0
        monkeypatch.setattr(commands, "run_server", self.listen)

    def listen(self, *_: object) -> None:
        self.served += 1

    def __call__(self) -> Result:
        return CliRunner().invoke(command, ["serve", "--database", self.url, "--seed", str(self.packs)])


def test_serving_says_loudly_what_it_did_not_load(serve: Serve) -> None:
    assert (serve().exit_code, serve.served) == (0, 1)
    half_edit(serve.packs)
    result = serve()
    assert (result.exit_code, serve.served) == (0, 2)
    told, problem = result.stderr.splitlines()
    assert told == (
        f"pack {WAR} was not loaded, because it has 1 problem(s); what the database held of it is served. "
        "Mend it, as `oxus seed check` tells, then run `oxus seed load`"
    )
    assert problem.startswith(f"not loaded: {WAR}/sources.toml: -: -: '': not TOML: ")
    assert newest(serve.url) == 1


def test_serving_a_new_database_leaves_a_broken_pack_out(serve: Serve) -> None:
    half_edit(serve.packs, LOOK)
    result = serve()
    assert (result.exit_code, serve.served) == (0, 1)
    assert "pack western-look was not loaded" in result.stderr
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [f"{ALONE} 1", f"{WAR} 1"]


def test_serving_a_new_database_without_a_sound_pack_is_refused(serve: Serve) -> None:
    for pack in (WAR, LOOK, ALONE):
        half_edit(serve.packs, pack)
    result = serve()
    assert (result.exit_code, result.stdout, serve.served) == (1, "", 0)
    assert result.stderr.splitlines()[-1] == "3 problem(s); nothing was loaded."


def test_serving_goes_on_without_a_folder_of_packs_if_there_is_content(serve: Serve) -> None:
    serve()
    shutil.rmtree(serve.packs)
    result = serve()
    assert (result.exit_code, serve.served) == (0, 2)
    assert result.stderr.splitlines() == [
        "no pack was loaded, and what the database holds is served",
        "not loaded: packs: -: seed: 'packs': no such folder",
    ]


def test_serving_a_new_database_without_a_folder_of_packs_is_refused(serve: Serve) -> None:
    shutil.rmtree(serve.packs)
    assert (serve().exit_code, serve.served) == (1, 0)


def test_lock_files_of_editors_change_nothing(serve: Serve) -> None:
    serve()
    (serve.packs / WAR / ".#sources.toml").symlink_to("somebody@somewhere.1")
    (serve.packs / WAR / "sources.toml~").write_text("[[source", "utf-8")
    result = serve()
    assert (result.exit_code, result.stdout, result.stderr, serve.served) == (0, "", "", 2)


def test_a_server_s_database_is_not_seeded(databases: Databases, packs: Path) -> None:
    if sqlite_path(databases.migrated()) is None:
        half_edit(packs)
        assert list(prepare(Settings(database_url=databases.migrated(), seed_dir=packs))) == []
    else:
        with pytest.raises(BrokenPackError):
            list(prepare(Settings(database_url=databases.migrated(), seed_dir=packs / "none")))
