"""What the README claims is run: every curl of its tour gives the answer that is printed under it."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from asgi_client import AppClient
from conftest import Databases
from factories.acled import acled_bytes
from readme_commands import README, TOUR, path_of
from typer.testing import CliRunner

from app.cli import app as commands
from app.settings import PROJECT_ROOT, Settings

DEPLOY = (PROJECT_ROOT / "app" / "deploy" / "README.md").read_text()
READMES = sorted(path for path in PROJECT_ROOT.rglob("README.md") if not {".venv", "node_modules"} & set(path.parts))


def test_the_tour_is_found() -> None:
    assert len(TOUR) >= 5


@pytest.mark.parametrize(("command", "printed"), TOUR, ids=[path_of(command) for command, _ in TOUR])
def test_the_tour_prints_real_answers(client: AppClient, command: str, printed: str) -> None:
    answer = client.get(path_of(command))
    assert answer.status_code == json.loads(printed).get("status", 200)
    assert json.loads(printed) == answer.json()


def test_every_curl_of_the_readme_has_its_answer() -> None:
    assert README.count("```sh\ncurl ") == len(TOUR)


ASKING = README.partition("## Asking")[2].partition("\n## ")[0]


@pytest.mark.parametrize("query", re.findall(r"`([a-z_]+=[^`]+)`", ASKING))
def test_every_way_of_asking_finds_something(client: AppClient, query: str) -> None:
    answer = client.get(f"/v1/events?{query}")
    assert answer.status_code == 200
    assert answer.json()["returned"] > 0


def test_the_commands_listed_are_the_commands_there_are() -> None:
    listed = set(re.findall(r"^oxus (\w+(?: (?:upgrade|check|load|ucdp-ged|acled))?)", README, re.MULTILINE))
    groups = {group.name: group.typer_instance for group in commands.registered_groups}
    there = {command.callback.__name__ for command in commands.registered_commands if command.callback}
    there |= {f"{name} {command.name}" for name, group in groups.items() for command in group.registered_commands}  # type: ignore[union-attr]
    assert listed | {"db check"} == there


def test_every_setting_is_explained() -> None:
    explained = set(re.findall(r"`OXUS_([A-Z_]+)`", DEPLOY))
    assert {name.upper() for name in Settings.model_fields} == explained


RUN = re.findall(
    r"^oxus ((?:export|import) [^\n]+)$", "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)), re.M
)


def test_exports_and_imports_are_shown() -> None:
    assert [line.split()[0] for line in RUN] == ["export", "export", "import", "import"]


@pytest.mark.parametrize("line", RUN)
def test_exports_and_imports_run_as_they_are_shown(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    shutil.copy(PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv", tmp_path / "GEDEvent_v25_1.csv")
    (tmp_path / "2021-01-01-2021-12-31-Afghanistan.csv").write_bytes(acled_bytes({"event_id_cnty": "XMP1"}))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(commands, [*shlex.split(line), "--database", databases.loaded()])
    assert result.exit_code == 0, result.output
    if "--out" in line:
        assert Path(line.split()[-1]).stat().st_size > 1000
    else:
        assert re.search(rf"{line.split()[1]}: \d+ rows read: revision 2: .*events added", result.output)


def test_files_and_links_of_every_readme_exist() -> None:
    missing = []
    for readme in READMES:
        text = readme.read_text("utf-8")
        paths = [PROJECT_ROOT / path for path in re.findall(r"(?:app|tests|seed)/[\w/]+\.(?:py|md)", text)]
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        paths += [readme.parent / link for link in links if not link.startswith("/")]
        missing += [f"{readme.relative_to(PROJECT_ROOT)}: {path}" for path in paths if not path.exists()]
    assert not missing


def test_the_front_page_stays_a_front_page() -> None:
    assert len(README.splitlines()) <= 240
