"""Run long tests on each kind of database, print one table of results, and write JSON."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .environment import Environment, Line

HOME = Path(__file__).resolve().parent.parent.parent
RUNS = {
    "parsers": "all parsers of texts and files, given random ones",
    "hostile": "every operation of the description, asked by schemathesis",
    "kills": "loads and imports killed at random moments",
    "failover": "a primary of PostgreSQL that dies, and its standby",
    "load": "readers on 64 connections during repeated loads",
    "attacked": "the same readers of a larger database, alone and beside attackers",
}
"""Modules beside this one, each with a `run(environment)` that yields lines, and their subject."""
sys.path.insert(0, str(HOME / "tests"))  # where pytest finds the short forms, of which runs are made
KINDS = ("sqlite", "postgresql")
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def said(text: str) -> None:
    """Write a line of progress to standard error."""
    err.print(f"[{datetime.now(tz=UTC):%H:%M:%S}] {text}", markup=False)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    runs = "; ".join(f"{name}: {what}" for name, what in RUNS.items())
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"all of them if none is named. {runs}")
    parser.add_argument("--work", type=Path, required=True, help="folder for databases and logs")
    parser.add_argument("--database", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--share", type=float, default=1.0, help="share of the full work, to try the runs themselves")
    parser.add_argument("--seed", type=int, default=20_260_705, help="seed of all random numbers")
    parser.add_argument("--json", type=Path, help="file for all results")
    asked = parser.parse_args(given)
    if unknown := set(asked.runs) - set(RUNS):
        parser.error(f"there is no run {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    return asked


def lines_of(environment: Environment) -> Iterator[Line]:
    """Yield the lines of one run. An error becomes a line too, and the other runs go on."""
    began = time.monotonic()
    try:
        run: Callable[[Environment], Iterator[Line]] = import_module(f".{environment.run}", __package__).run
        for line in run(environment):
            line.seconds, began = time.monotonic() - began, time.monotonic()
            yield line
    except Exception as error:  # shown in the table, whatever it is
        said(traceback.format_exc())
        line = environment.line("the run itself", f"broke off: {str(error)[:200]}", "to its end", False)
        line.seconds = time.monotonic() - began
        yield line


def shown(lines: list[Line]) -> Table:
    """Render results as a table."""
    table = Table("run", "database", "what", "found", "aim", "", "time", box=None, padding=(0, 1))
    for line in lines:
        verdict = "met" if line.met else "MISSED"
        table.add_row(line.run, line.database, line.what, line.found, line.aim, verdict, f"{line.seconds:.0f} s")
    return table


def machine() -> dict[str, Any]:
    """Describe the machine and the versions of a run."""
    told = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HOME, capture_output=True, text=True, check=False
    )
    return {
        "cpu": next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "unknown"),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "python": platform.python_version(),
        "oxus": version("oxus"),
        "commit": commit.stdout.strip(),
    }


def main() -> int:
    """Run. Returns 0 when every aim is met, 1 when one is missed."""
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are ended however this ends
    began, at, lines = datetime.now(tz=UTC), machine(), list[Line]()
    for name in asked.runs or RUNS:
        for kind in KINDS if asked.database == "both" else (asked.database,):
            folder = asked.work.absolute() / name / kind
            folder.mkdir(parents=True, exist_ok=True)
            said(f"{name}, {kind}")
            for line in lines_of(Environment(name, folder, kind, asked.share, asked.seed, said)):
                lines.append(line)
                said(f"{line.what}: {line.found} (aim: {line.aim})")
                if asked.json:
                    told = {"date": began.isoformat(timespec="seconds"), "share": asked.share, "seed": asked.seed}
                    found = told | {"machine": at, "lines": [asdict(one) for one in lines]}
                    asked.json.write_text(json.dumps(found, indent=1, default=str), "utf-8")
    out.print(f"{at['cpu']}, {at['cores']} cores, {began:%Y-%m-%d}, share {asked.share:g}", markup=False)
    out.print(shown(lines))
    return 0 if lines and all(line.met for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
