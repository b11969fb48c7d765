"""Ordinary readers during loads, first alone, then beside attackers of the same server."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from factories.acled import acled_bytes
from faults.kills import MADE_UP
from faults.load import EXPORTED, Found, p99

from ..benchmarks.data import DATA, choose_rows
from .attackers import Outcome
from .environment import Environment, Line
from .load import CACHE_MB, CONNECTIONS, SECONDS, Load
from .servers import HOME, database_of, oxus, oxus_serving

EVENTS = 38_500
"""A tenth of UCDP GED."""
CONTROL_CHANGES = 2_000
MAX_RATIO = 5.0
MAX_GROWTH_MB = 64.0
RECENT = "datetime=2021-01-01/.."
"""Filter of ordinary exports: all of the article, a hundredth of the rest."""


@contextmanager
def attacking(port: int, seed: int) -> Iterator[dict[str, Outcome]]:
    """Attack during the block. The outcomes are there after it. Raises RuntimeError if the attackers failed."""
    line = [sys.executable, "-m", "tests.soak.attackers", str(port), str(seed)]
    outcomes: dict[str, Outcome] = {}
    attackers = subprocess.Popen(line, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield outcomes
    finally:
        told, _ = attackers.communicate()
    if attackers.returncode:
        raise RuntimeError(f"the attackers ended with {attackers.returncode}")
    outcomes.update(json.loads(told))


def fill(database: str, folder: Path) -> None:
    """Import EVENTS of UCDP GED, drawn from the shared file or made up, and CONTROL_CHANGES in ACLED's shape."""
    ged, acled = folder / "ged.csv", folder / "acled.csv"
    if DATA.exists():
        choose_rows(DATA, EVENTS, ged)
    else:
        write_made_up(ged, EVENTS)
    acled.write_bytes(acled_bytes(*map(control_change, range(CONTROL_CHANGES))))
    for shape, file in (("ucdp-ged", ged), ("acled", acled)):
        reports = ["--rejected", str(folder / "rejected.csv"), "--odd", str(folder / "odd.csv")]
        oxus("import", shape, str(file), *reports, "--database", database)


def write_made_up(out: Path, number: int) -> None:
    """Write so many rows in UCDP's shape, made of the made-up file's."""
    names, *rows = csv.reader(io.StringIO(MADE_UP.read_text("utf-8"), newline=""))
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for at in range(number):
            writer.writerow([str(900_000_000 + at), *rows[at % len(rows)][1:]])


def control_change(number: int) -> dict[str, str]:
    """Make a row in ACLED's shape: half of them about one place, the others about two hundred."""
    day = date(2015, 1, 1) + timedelta(days=number * 7 % 2000)
    place = number % 200 if number % 2 else 0
    gains = ("Non-state actor overtakes territory", "Government regains territory")[number // 2 % 2]
    return {
        "event_id_cnty": f"XMP{number + 1}",
        "event_date": day.isoformat(),
        "year": str(day.year),
        "sub_event_type": gains,
        "location": f"Village {place}",
        "latitude": f"{36 + place / 1000:.3f}",
        "fatalities": "0",
    }


def run(environment: Environment) -> Iterator[Line]:
    """Measure both on one server, one after the other, for the same time."""
    with database_of(environment) as url:
        fill(url, environment.folder)
        yield environment.line(
            "the database", f"{EVENTS} events and {CONTROL_CHANGES} changes of control imported", "told", True
        )
        with oxus_serving(url, environment.folder / "server.log", OXUS_CACHE_MB=str(CACHE_MB)) as server:
            load = Load(url, environment, tuple(f"{path}&{RECENT}" for path in EXPORTED))
            seconds = environment.amount(SECONDS)
            alone, alone_log_mb = load.read(server, seconds), log_mb(environment)
            yield _answers(environment, "alone", alone)
            with attacking(server.port, environment.seed) as outcomes:
                attacked, attacked_log_mb = load.read(server, seconds), log_mb(environment)
            yield _answers(environment, "beside attackers", attacked)
    yield _times(environment, Comparison(alone, attacked))
    yield _memory(environment, Comparison(alone, attacked))
    if environment.database == "sqlite":
        found = f"alone: {alone_log_mb:.0f} MB at the end; attacked: {attacked_log_mb:.0f} MB"
        yield environment.line("write-ahead log of the database", found, "told", True)
    for name, outcome in outcomes.items():
        told = ", ".join(f"{word}: {number}" for word, number in sorted(outcome["outcomes"].items()))
        yield environment.line(
            f"attack {name}", f"{told or 'no answer yet'}; median {outcome['median']:.2f} s", "told", True, outcome
        )


def log_mb(environment: Environment) -> float:
    """Return the size of an embedded database's write-ahead log, which grows while old snapshots are read."""
    return sum(path.stat().st_size for path in environment.folder.glob("oxus.db-wal")) / 2**20


@dataclass(frozen=True)
class Comparison:
    """Both measurements."""

    alone: Found
    attacked: Found

    @property
    def ratio(self) -> float:
        """Ratio of the 99th percentiles."""
        return self.attacked.p99 / self.alone.p99

    @property
    def median_ratio(self) -> float:
        """Ratio of the medians."""
        return self.attacked.median / self.alone.median

    @property
    def by_question(self) -> dict[str, dict[str, float]]:
        """99th percentiles of each question in milliseconds, the largest ratio first."""
        both = {
            question: {"alone": round(p99(self.alone.times[question]), 1), "attacked": round(p99(times), 1)}
            for question, times in self.attacked.times.items()
            if self.alone.times.get(question)
        }
        return dict(sorted(both.items(), key=lambda item: -item[1]["attacked"] / item[1]["alone"]))


def _answers(environment: Environment, when: str, found: Found) -> Line:
    return environment.line(
        f"{len(found.milliseconds)} answers {when} on {CONNECTIONS} connections during {found.loads} loads",
        f"{len(found.faults)} faults; {dict(sorted(found.statuses.items()))}; {len(found.revisions)} revisions seen",
        "no fault",
        not found.faults and found.loads > 1,
        Counter(found.faults).most_common(),
    )


def _times(environment: Environment, both: Comparison) -> Line:
    return environment.line(
        "time for an ordinary answer",
        f"alone: {both.alone.summary}; attacked: {both.attacked.summary}; "
        f"ratio of medians {both.median_ratio:.1f}, of p99 {both.ratio:.1f}",
        f"p99 under {MAX_RATIO:g} times",
        both.ratio < MAX_RATIO,
        both.by_question,
    )


def _memory(environment: Environment, both: Comparison) -> Line:
    growth = both.attacked.growth_mb
    return environment.line(
        "memory of the server",
        f"alone: {both.alone.memory_mb[-1]:.0f} MB at the end, at most {max(both.alone.memory_mb):.0f} MB; attacked: "
        f"{both.attacked.memory_mb[-1]:.0f} MB, at most {max(both.attacked.memory_mb):.0f} MB, "
        f"{growth:+.1f} MB from second to last quarter",
        f"at most {MAX_GROWTH_MB:g} MB more",
        growth <= MAX_GROWTH_MB,
        {"alone": both.alone.memory_mb[::20], "attacked": both.attacked.memory_mb[::20]},
    )
