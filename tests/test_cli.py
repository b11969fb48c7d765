"""The commands: what they say, and with which exit code."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PACK, Databases, engine_for
from sqlalchemy import select, text, update
from typer.testing import CliRunner, Result

from app import __version__, models
from app.cli import app as command
from app.db.engine import write_transaction
from app.db.schema import CURRENT_SCHEMA
from app.models.base import table_of
from app.settings import PROJECT_ROOT

ARTICLE = PROJECT_ROOT.parent / "shared" / "data" / "article.txt"
Oxus = Callable[..., Result]


@pytest.fixture
def oxus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Oxus:
    """Runs a command in an empty folder, with no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("OXUS_DATABASE_URL", "OXUS_SEED_DIR", "OXUS_QUERY_TIMEOUT_SECONDS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(command, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def url(databases: Databases) -> str:
    """A database of one's own with the article's pack."""
    return databases.loaded()


def test_the_version(oxus: Oxus) -> None:
    result = oxus("--version")
    assert (result.exit_code, result.stdout) == (0, f"oxus {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((), ["serve", "db", "seed", "status"]),
        (("db",), ["upgrade", "check"]),
        (("seed",), ["check", "load"]),
        (("serve", "--help"), ["--host", "--port", "--database", "--workers", "--seed"]),
        (("seed", "check", "--help"), ["--document", "pack"]),
        (("seed", "load", "--help"), ["--database", "pack"]),
    ],
)
def test_the_help_names_what_there_is(oxus: Oxus, arguments: tuple[str, ...], wanted: list[str]) -> None:
    shown = oxus(*arguments).output.lower()
    assert [word for word in wanted if word not in shown] == []


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("seed", "nonsense"), ("serve", "--port", "70000"), ("status", "--nonsense")]
)
def test_what_is_no_command_or_option_exits_2(oxus: Oxus, arguments: tuple[str, ...]) -> None:
    assert oxus(*arguments).exit_code == 2


# The database.


@pytest.mark.each_database
def test_upgrade_says_the_schema_and_may_be_repeated(oxus: Oxus, databases: Databases) -> None:
    url = databases.new()
    for _ in range(2):
        result = oxus("db", "upgrade", "--database", url)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"schema {CURRENT_SCHEMA}\n", "")


def test_the_default_database_is_a_file_here(oxus: Oxus, tmp_path: Path) -> None:
    assert oxus("db", "upgrade").exit_code == 0
    assert (tmp_path / "oxus.db").is_file()
    assert oxus("db", "check").stdout == "clean\n"


def test_the_environment_names_the_database_and_the_option_wins(
    oxus: Oxus, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OXUS_DATABASE_URL", databases.loaded())
    assert " ".join(oxus("status").stdout.split()).count("revision 1 ") == 1
    assert " ".join(oxus("status", "--database", databases.migrated()).stdout.split()).count("revision 0 ") == 1
    assert list(tmp_path.glob("oxus.db*")) == []


@pytest.mark.each_database
def test_a_sound_database_is_clean(oxus: Oxus, url: str) -> None:
    result = oxus("db", "check", "--database", url)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "clean\n", "")


@pytest.mark.each_database
def test_an_event_that_does_not_follow_from_its_claims_is_a_fault(oxus: Oxus, url: str) -> None:
    view = table_of(models.EventVersion)
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(update(view).where(view.c.id == "flight-to-tajikistan-2021").values(status="denied"))
    for _ in range(2):  # looking repairs nothing
        result = oxus("db", "check", "--database", url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "event flight-to-tajikistan-2021 does not follow from its claims\n"
    with engine_for(url, read_only=True) as engine, engine.connect() as connection:
        wanted = select(view.c.status).where(view.c.id == "flight-to-tajikistan-2021")
        assert set(connection.scalars(wanted)) == {"denied"}


@pytest.mark.each_database
def test_a_stray_column_is_a_fault(oxus: Oxus, url: str) -> None:
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(text("ALTER TABLE pack ADD COLUMN stray INTEGER"))
    result = oxus("db", "check", "--database", url)
    assert result.exit_code == 1
    assert result.stderr.startswith("schema: ")
    assert "stray" in result.stderr


def test_a_row_without_the_row_it_refers_to_is_a_fault(oxus: Oxus, tmp_path: Path) -> None:
    path = str(tmp_path / "oxus.db")
    assert oxus("db", "upgrade").exit_code == 0
    assert oxus("seed", "load").exit_code == 0
    with engine_for(path, read_only=False) as engine, engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("UPDATE claim_hop SET source_id = 'nobody' WHERE claim_pk = 1 AND position = 0")
        connection.exec_driver_sql("UPDATE source_name SET owner_id = 'nobody' WHERE pk = 1")
    result = oxus("db", "check")
    assert result.exit_code == 1
    assert "claim_hop row refers to a source that is not there" in result.stderr.splitlines()
    assert re.search(r"source_name row \d+ refers to a source that is not there", result.stderr)


@pytest.mark.each_database
@pytest.mark.parametrize(
    "arguments",
    [("db", "check"), ("status",), ("seed", "load")],
    ids=["db check", "status", "seed load"],
)
def test_a_database_that_is_not_there_or_empty_exits_1_with_a_sentence(
    oxus: Oxus, databases: Databases, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for url in (databases.new(), str(tmp_path / "nowhere" / "missing.db")):
        result = oxus(*arguments, "--database", url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert len(result.stderr.splitlines()) == 1
        assert str(tmp_path) not in result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("db", "upgrade"), ("db", "check"), ("seed", "check"), ("seed", "load"), ("serve", "--port", "0")],
    ids=" ".join,
)
@pytest.mark.parametrize("wrong", ["mysql://root@127.0.0.1/oxus", "http://127.0.0.1", "sqlite:///:memory:", ""])
def test_a_wrong_database_in_the_environment_exits_2(
    oxus: Oxus, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], wrong: str
) -> None:
    monkeypatch.setenv("OXUS_DATABASE_URL", wrong)
    result = oxus(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "wrong setting OXUS_DATABASE_URL: " in result.stderr


@pytest.mark.parametrize(
    "arguments", [("status",), ("db", "upgrade"), ("db", "check"), ("seed", "load"), ("serve",)], ids=" ".join
)
def test_a_server_that_cannot_be_reached_exits_1_with_a_sentence(
    oxus: Oxus, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = oxus(*arguments, "--database", f"postgresql://nobody@/oxus?host={tmp_path}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "the database cannot be reached or is busy\n"


@pytest.mark.parametrize(
    "rest",
    [
        *("%zz@127.0.0.1/x", "user :secret-word@127.0.0.1/x", "u:secret-word@[::1/x", "u:secret-%00word@127.0.0.1/x"),
        *("u:secret-word@127.0.0.1:99999/x", "u:secret-word@127.0.0.1:abc/x", "u:secret-word@127.0.0.1:1/x"),
        *("u:secret-word@127.0.0.1:1/x?nonsense=1", "u:secret-word@127.0.0.1:1/x?sslmode=nonsense"),
        *("u:secret-word@127.0.0.1:1/x?connect_timeout=abc", "u:secret-word@/x?host=127.0.0.1&port=1,2"),
        *("u:secret-word@127.0.0.1:1/x?service=nowhere", "u:secret-word@127.0.0.1:1/x?target_session_attrs=nonsense"),
    ],
)
@pytest.mark.parametrize("arguments", [("status",), ("db", "upgrade")], ids=" ".join)
def test_an_odd_url_exits_1_with_a_sentence_and_without_its_password(
    oxus: Oxus, arguments: tuple[str, ...], rest: str
) -> None:
    result = oxus(*arguments, "--database", f"postgresql://{rest}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert "secret-" not in result.stderr


@pytest.mark.each_database
def test_status_tells_what_is_in_the_database(oxus: Oxus, url: str, databases: Databases) -> None:
    result = oxus("status", "--database", url)
    assert result.exit_code == 0
    told = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    values = {name: value.strip() for name, value in told}
    assert values["oxus"] == __version__
    assert values["database"] == f"{databases.kind}, schema {CURRENT_SCHEMA}"
    assert values["revision"] == "1"
    assert re.fullmatch(rf"{PACK} \S+, up to 2021-07-05", values["pack"])
    for model in (models.Event, models.Claim, models.Source, models.Actor, models.Location):
        table = table_of(model)
        with engine_for(url, read_only=True) as engine, engine.connect() as connection:
            assert values[f"{table.name}s"] == str(len(connection.execute(select(table.c.pk)).all()))


# Packs.


@pytest.mark.each_database
def test_loading_says_what_changed_and_then_that_nothing_did(oxus: Oxus, databases: Databases) -> None:
    url = databases.migrated()
    result = oxus("seed", "load", "--database", url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(
        rf"{PACK} \S+: revision 1: \d+ sources added, \d+ actors added, \d+ locations added, "
        r"\d+ events added, \d+ claims added\n",
        result.stdout,
    )
    result = oxus("seed", "load", "--database", url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(rf"{PACK} \S+: nothing changed\n", result.stdout)


def test_loading_says_what_an_edit_changed(oxus: Oxus, url: str, seed_dir: Path) -> None:
    path = seed_dir / PACK / "events" / "flight-to-tajikistan.toml"
    edited = path.read_text(encoding="utf-8").replace("A further 94 soldiers", "Another 94 soldiers")
    path.write_text(edited, encoding="utf-8")
    result = oxus("seed", "load", PACK, "--database", url, "--seed", str(seed_dir))
    assert result.exit_code == 0
    assert result.stdout.endswith(": revision 2: 1 events updated, 1 claims updated\n")


def test_checking_says_how_much_was_checked(oxus: Oxus, tmp_path: Path) -> None:
    result = oxus("seed", "check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(rf"{PACK} \S+: \d+ events, \d+ claims, no problem\n", result.stdout)
    assert oxus("seed", "check", PACK).stdout == result.stdout
    assert list(tmp_path.iterdir()) == []


def test_checking_an_unknown_pack_names_those_that_are_here(oxus: Oxus) -> None:
    oxus("db", "upgrade")
    for verb in ("check", "load"):
        result = oxus("seed", verb, "northern")
        assert (result.exit_code, result.stdout) == (1, "")
        first, last = result.stderr.splitlines()
        assert first == f"seed: -: pack: 'northern': no such pack; packs here: {PACK}"
        assert last == "1 problem(s); nothing was loaded."


def test_a_broken_pack_exits_1_with_a_line_for_each_problem(oxus: Oxus, seed_dir: Path) -> None:
    path = seed_dir / PACK / "events" / "uzbekistan.toml"
    edited = path.read_text(encoding="utf-8").replace("\ndate = 2021-06-28", "\ndate = 2021-06-27", 1)
    path.write_text(edited + '\n[[claim]]\nevent = "x y"\n', encoding="utf-8")
    result = oxus("seed", "check", "--seed", str(seed_dir))
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    file = f"{PACK}/events/uzbekistan.toml"
    assert lines[:-1] == sorted(lines[:-1])
    assert lines[-1] == f"{len(lines) - 1} problem(s); nothing was loaded."
    assert f"{file}: x y: modality: '': is needed" in lines
    assert f"{file}: x y: summary: '': is needed" in lines
    assert [
        line for line in lines if line.startswith(f"{file}: uzbek-spokesman-statement-2021-06-28-p30: date: ")
    ] != []


def article() -> Path:
    """The article, which is no part of the repository."""
    if not ARTICLE.exists():
        pytest.skip("the article is not at hand: ../shared/data/article.txt is missing")
    return ARTICLE


def test_checking_proves_the_document(oxus: Oxus) -> None:
    result = oxus("seed", "check", PACK, "--document", str(article()))
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"no problem, 3\d\d printed tokens found in article\.txt\n$", result.stdout)


def test_checking_notices_one_number_changed_in_the_document(oxus: Oxus, tmp_path: Path) -> None:
    changed = tmp_path / "changed.txt"
    changed.write_text(article().read_text(encoding="utf-8").replace("545", "554"), encoding="utf-8")
    result = oxus("seed", "check", PACK, "--document", str(changed))
    assert (result.exit_code, result.stdout) == (1, "")
    where = f"{PACK}/events/flight-to-tajikistan.toml: flight-to-tajikistan-2021-p25: "
    lines = result.stderr.splitlines()
    assert f"{where}printed.quantity: '545': is not printed in paragraph 25" in [
        line.replace(": quantity:", ": printed.quantity:") for line in lines
    ]
    assert lines[-1] == "2 problem(s); nothing was loaded."


def test_a_document_that_is_not_there_exits_1(oxus: Oxus) -> None:
    result = oxus("seed", "check", "--document", "nowhere.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("nowhere.txt: -: document: '': No such file or directory\n")


# Serving.


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts `oxus serve` on a free port in an empty folder; the process and its address."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", "0", *arguments],
            cwd=PROJECT_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stderr
        told = []
        for line in process.stderr:
            told.append(line)
            if address := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                return process, address[1]
        raise AssertionError("".join(told))

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_serving_makes_migrates_and_seeds_an_embedded_database(
    started: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    path = tmp_path / "new.db"
    process, address = started("--database", str(path))
    with urllib.request.urlopen(f"{address}/v1/control-changes?place=balkh&limit=1000") as answer:  # noqa: S310
        assert answer.status == 200
        body = json.load(answer)
    assert (body["revision"], body["packs"]) == (1, [PACK])
    assert "kaldar-recaptured-2021-06-29" in [row["id"] for row in body["items"]]
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode in (0, -signal.SIGINT)
    assert path.is_file()


@pytest.mark.each_database
def test_serving_a_server_s_database_that_is_not_ready_is_refused(oxus: Oxus, databases: Databases) -> None:
    if databases.kind == "sqlite":
        result = oxus("serve", "--database", "nowhere/oxus.db")
        assert result.stderr == "there is no folder for the database file oxus.db\n"
    else:
        result = oxus("serve", "--database", databases.new())
        assert result.stderr == "the database is empty; run `oxus db upgrade` first\n"
    assert (result.exit_code, result.stdout) == (1, "")
