"""The house: who may import whom, and words that belong in one place only."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from app.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
LAYERS = [
    {"cli", "main", "backups", "exports", "commands", "server"},
    {"api", "ingest"},
    {"resources"},
    {"query", "schemas", "formats", "rules"},
    {"models"},
    {"db"},
    {"settings"},
    {"codebooks", "deadlines", "errors", "files", "vocab", "geo", "malloc", "processes", "timespan", "names"},
]
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
SIBLINGS_ALLOWED = {
    ("cli", "commands"),  # the commands call what does their work
    ("cli", "backups"),  # the same
    ("cli", "exports"),  # the same
    ("exports", "commands"),  # all commands open databases in one way
    ("backups", "commands"),  # all commands open databases in one way
    ("commands", "main"),  # `serve` starts the application
    ("commands", "server"),  # and tells how to listen
    ("query", "formats"),  # which formats the parameter f may name
    ("query", "schemas"),  # which fields a row has, for fields=
    ("query", "rules"),  # answers that rules derive from stored claims
}
FILES = sorted(path for path in APP.rglob("*.py"))


def unit(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def units_imported(path: Path) -> set[str]:
    found = {name.split(".")[1] for name in imports(path) if name.startswith("app.")}
    return {name for name in found if name in LEVEL and name != unit(path)}


def wrong_imports(path: Path) -> set[str]:
    if path == APP / "__init__.py":
        return set()
    here = LEVEL[unit(path)]
    return {
        other
        for other in units_imported(path)
        if LEVEL[other] < here or (LEVEL[other] == here < 7 and (unit(path), other) not in SIBLINGS_ALLOWED)
    }


def test_imports_point_down_only() -> None:
    assert {path: wrong for path in FILES if (wrong := wrong_imports(path))} == {}


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("HTTPException", {"api/http/problems.py"}),
        ("os.environ", {"settings.py"}),
        ("getenv", set()),
        (".commit(", set()),
        ("print(", {"cli.py"}),
    ],
)
def test_some_words_stand_in_one_place(word: str, allowed: set[str]) -> None:
    found = {path.relative_to(APP).as_posix() for path in FILES if word in path.read_text()}
    assert found == allowed or (word == "print(" and found <= allowed)


def test_fastapi_is_known_to_the_api_alone() -> None:
    knowing = {unit(path) for path in FILES if any(name.startswith("fastapi") for name in imports(path))}
    assert knowing == {"api", "main"}


def test_dialects_are_named_in_db_alone() -> None:
    naming = {
        unit(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in ("sqlite", "postgresql")
    }
    assert naming == {"db", "settings"}, "settings refuses URLs of other databases; nobody else need know"


def test_tables_are_defined_in_models_alone() -> None:
    defining = {
        unit(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword) and node.arg == "table" and isinstance(node.value, ast.Constant)
    }
    assert defining == {"models"}


def test_files_stay_small_enough_to_read() -> None:
    long = {
        path.relative_to(APP).as_posix(): lines
        for path in FILES
        if (lines := len(path.read_text().splitlines())) > 340
        and path.name not in ("vocab.py", "countries.py")  # one long table each
    }
    assert not long


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(APP.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in FILES}


def test_modules_import_in_no_cycle() -> None:
    """Include imports under TYPE_CHECKING, because a reader who follows them walks in a circle, too."""
    graph = {name: MODULES.keys() & set(imports(path)) - {name} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_test_module_imports_another_one() -> None:
    tests = PROJECT_ROOT / "tests"
    wrong = {
        path.relative_to(tests).as_posix(): sorted(names)
        for path in tests.rglob("*.py")
        if (names := {name for name in imports(path) if re.search(r"(^|\.)test_\w+$", name)})
    }
    assert not wrong, "what tests share stands in tests/factories and its neighbours"
