"""Loads and imports that are killed at any moment, again and again, on one database; what is looked at after each."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from conftest import SEED, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import text
from stored_state import holds, newest
from waiting import wait_until

from app.commands import check_database
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings
from faults.standby import retitled

RUNNER = """
# For each line [seconds, arguments] on standard input: run `oxus` with the arguments in a process of its own, kill that
# without warning after so many seconds if it still runs, and print how it ended and after how many seconds.
import json, os, signal, sys, time
import app.commands, app.db.migrate, app.main
from app import cli

for line in sys.stdin:
    seconds, arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            cli.main(arguments)
        except SystemExit as end:
            os._exit(3 if end.code else 0)
        os._exit(4)
    began = time.monotonic()
    while True:
        left = began + seconds - time.monotonic()
        done, ended = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            _, ended = os.waitpid(child, 0)
            break
        time.sleep(min(left, 0.002))
    print(json.dumps([os.waitstatus_to_exitcode(ended), time.monotonic() - began]), flush=True)
"""
KILLED = -9
PATIENT = 120.0
MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"
RESOURCES = ("sources", "actors", "locations", "events", "claims")


class Runner:
    """Runs `oxus` and kills it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, seconds: float, arguments: Sequence[str]) -> tuple[int, float]:
        """How a command ended that was given so many seconds to live, and after how many."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([seconds, list(arguments)]) + "\n")
        self.process.stdin.flush()
        code, lasted = json.loads(self.process.stdout.readline())
        return int(code), float(lasted)


@contextmanager
def runner() -> Iterator[Runner]:
    command = [sys.executable, "-c", RUNNER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
    ) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()


def lists(client: TestClient) -> dict[tuple[str, str], Any]:
    """Every row of every list."""
    found = {}
    for resource in RESOURCES:
        url: str | None = f"/v1/{resource}?limit=1000"
        while url:
            page = client.get(url)
            assert page.status_code == 200, page.text
            found |= {(resource, row["id"]): row for row in page.json()["items"]}
            url = page.json()["next"]
    return found


@dataclass
class Feed:
    """A copy of all rows that is kept by the feed of changes alone."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    revision: int = 0

    def follow(self, client: TestClient) -> None:
        """Take in what has changed since."""
        url: str | None = f"/v1/changes?since={self.revision}&limit=1000"
        while url:
            page = client.get(url)
            assert page.status_code == 200, page.text
            for item in page.json()["items"]:
                key = item["resource"], item["id"]
                if item["action"] == "removed":
                    self.rows.pop(key, None)
                elif item["resource"] in RESOURCES:
                    self.rows[key] = item["row"]
            self.revision = page.json()["revision"]
            url = page.json()["next"]


def settled(url: str) -> bool:
    """Whether the server has noticed that the one that wrote is dead: what it was told before, it still does."""
    with engine_for(url, read_only=True) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return True
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return connection.scalar(text(f"{others} AND state <> 'idle'")) == 0


@dataclass
class Tally:
    """What became of the rounds: killed ones that left the old content or the new, and those that got to their end."""

    old: int = 0
    new: int = 0
    finished: int = 0

    @property
    def rounds(self) -> int:
        return self.old + self.new + self.finished


def rounds(url: str, steps: Sequence[Sequence[str]], number: int, seed: int) -> Tally:
    """Run one step after another, each killed at a random moment of the time it takes, and look at what is there.

    Every step must change the content that the one before leaves, so that old and new can be told apart. What is looked
    at: the content is the old or the new one in every row, `oxus db check` finds nothing, the revision fits, and a copy
    that is kept by the feed of changes equals the lists.
    """
    chosen = random.Random(seed)  # noqa: S311 - the same moments on every run, as far as the machine allows
    tally, feed = Tally(), Feed()
    with runner() as run, TestClient(create_app(Settings(database_url=url, query_timeout_seconds=PATIENT))) as client:
        contents, lasts = [], []
        for step in steps:
            code, lasted = run(PATIENT, step)
            assert code == 0, step
            contents.append(holds(url))
            lasts.append(lasted)
        assert all(content != contents[at - 1] for at, content in enumerate(contents))
        at, revision = len(steps) - 1, newest(url)
        for _ in range(number):
            following = (at + 1) % len(steps)
            code, lasted = run(chosen.uniform(0, 1.2 * lasts[following]), steps[following])
            assert code in (0, KILLED)
            wait_until(lambda: settled(url))
            content = holds(url)
            assert content in (contents[at], contents[following]), "neither the old content nor the new one"
            done = content == contents[following]
            assert done or code == KILLED
            assert newest(url) == revision + done
            assert check_database(Settings(database_url=url)) == []
            feed.follow(client)
            assert feed.rows == lists(client)
            if code == 0:
                lasts[following] = lasted  # the first one may have been slower
                tally.finished += 1
            else:
                tally.new, tally.old = tally.new + done, tally.old + (not done)
            if done:
                at, revision = following, revision + 1
    return tally


def seed_loads(url: str, folder: Path) -> list[list[str]]:
    """Two loads of the article's pack that undo each other."""
    steps = []
    for number in (1, 2):
        packs = retitled(folder / f"seed-{number}", number)
        steps.append(["seed", "load", "--database", url, "--seed", str(packs)])
    return steps


def imports(url: str, folder: Path, times: int) -> list[list[str]]:
    """Two imports of UCDP's shape that undo each other: made-up rows, `times` over, and half of them."""
    with MADE_UP.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    numbers = count(1)
    every = [row | {"id": str(int(row["id"]) + 1000 * next(numbers))} for _ in range(times) for row in rows]
    steps = []
    for name, kept in (("half", every[::2]), ("all", every)):
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(kept)
        reports = ["--rejected", str(folder / "rejected.csv"), "--odd", str(folder / "odd.csv")]
        steps.append(["import", "ucdp-ged", str(path), "--snapshot", "made-up", *reports, "--database", url])
    return steps


def loaded(url: str) -> str:
    """A migrated database, with the article's pack."""
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, SEED)
    return url
