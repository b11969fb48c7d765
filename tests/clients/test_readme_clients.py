"""What the README shows of programs that people already have is run, and prints what is printed there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.settings import PROJECT_ROOT
from clients.conftest import HANG_SECONDS, ONLY_HERE, Server, started

WRITTEN = "http://127.0.0.1:8000"
RECIPES = (PROJECT_ROOT / "tests" / "clients" / "README.md").read_text("utf-8")
FENCED = re.compile(r"^```(sh|python|r)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
PROGRAMS = ("curl", "jq", "ogrinfo", "ogr2ogr", "openapi-python-client")
INSTALL = "tests/clients/install"
ELSEWHERE = {
    "acled": ("OXUS_ACLED_PYTHON", "acled"),
    "oxus_client": ("OXUS_OPENAPI_CLIENT", "openapi-python-client"),
}
"""Modules in environments of their own: the variables that name these, and a program beside their interpreter."""

MADE = ("events.parquet", "oxus_client")
"""What one block makes and the next one reads."""


@dataclass(frozen=True)
class Block:
    """A block of code, its language, and what the README says that it prints."""

    language: str
    code: str
    printed: str

    def __str__(self) -> str:
        first = next(line for line in self.code.splitlines() if line.strip("# "))
        return f"{self.language}: {first[:60]}"


BLOCKS = [Block(*found) for found in FENCED.findall(RECIPES)]


@dataclass(frozen=True)
class Desk:
    """Where the blocks are run, one after the other: a folder, a server, and the command `oxus` over its database."""

    folder: Path
    server: Server
    env: dict[str, str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of one's own, for what is shown imports a file."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv", folder / "GEDEvent_v25_1.csv")
    (folder / "bin").mkdir()
    command = folder / "bin" / "oxus"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{PROJECT_ROOT}" exec "{sys.executable}" -m app.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    generator = os.environ.get("OXUS_OPENAPI_CLIENT")
    paths = [str(command.parent), os.environ["PATH"], *([str(Path(generator).parent)] if generator else [])]
    with started(folder / "server") as server:
        own = {"PATH": os.pathsep.join(paths), "OXUS_DATABASE_URL": str(server.database), "NO_COLOR": "1"}
        yield Desk(folder, server, os.environ | ONLY_HERE | own)


def skip(name: str, by: str) -> None:
    pytest.skip(f"{name} is not installed, which the README shows ({by})")


def interpreter(block: Block, desk: Desk) -> list[str]:
    """What runs a block. Skips when a program or a library is not installed."""
    return {"sh": shell, "r": r, "python": python}[block.language](block.code, desk)


def shell(code: str, desk: Desk) -> list[str]:
    for name in PROGRAMS:
        shown = re.search(rf"(?:^|[|(]\s*){name} ", code, re.MULTILINE)
        if shown and not shutil.which(name, path=desk.env["PATH"]):
            skip(name, INSTALL)
    return ["bash", "-euo", "pipefail", "-c"]


def r(code: str, _desk: Desk) -> list[str]:
    rscript = shutil.which("Rscript")
    for package in sorted(set(re.findall(r"(\w+)::", code))):
        line = [rscript or "Rscript", "-e", f"library({package})"]
        if rscript is None or subprocess.run(line, check=False, capture_output=True).returncode:
            skip(f"R with {package}", INSTALL)
    return [rscript or "Rscript", "-e"]


def python(code: str, _desk: Desk) -> list[str]:
    modules = re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE)
    for module, (variable, program) in ELSEWHERE.items():
        if module in modules:
            found = os.environ.get(variable) or shutil.which(program)
            if not found:
                skip(module, f"{INSTALL} sets {variable}")
            return [str(Path(found or "").parent / "python"), "-W", "ignore", "-c"]
    for module in modules:
        if find_spec(module) is None:
            skip(module, "tests/clients/gis.txt")
    return [sys.executable, "-c"]


def test_the_section_is_found_with_its_programs() -> None:
    assert RECIPES.count("```") == 2 * (len(BLOCKS) + sum(bool(block.printed) for block in BLOCKS))
    shown = "".join(block.code for block in BLOCKS)
    for name in ("curl", "jq", "pandas", "geopandas", "duckdb", "ogrinfo", "httr", "/compat/acled", "/compat/ucdp"):
        assert name in shown
    assert RECIPES.count(WRITTEN) >= 8


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_prints_what_is_printed_under_it(desk: Desk, block: Block) -> None:
    for name in MADE:
        if block.language == "python" and name in block.code and not (desk.folder / name).exists():
            pytest.skip(f"{name} is not there: the block that makes it was not run")
    line = [*interpreter(block, desk), block.code.replace(WRITTEN, desk.server.url)]
    ended = subprocess.run(
        line, cwd=desk.folder, env=desk.env, capture_output=True, text=True, check=False, timeout=HANG_SECONDS
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = ended.stdout.replace(desk.server.url, WRITTEN)
    assert lines(told) == lines(block.printed)


def lines(text: str) -> list[str]:
    """Without what nobody sees: spaces at the end of lines, and empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]
