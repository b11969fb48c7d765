"""What commands take: importing, starting, and serving with more workers."""

import os
import time
from collections.abc import Iterator

from .arithmetic import Line, Target, middle, milliseconds
from .client import CONNECTIONS, Rate, rate
from .environment import Environment
from .paths import KINDS, Universe
from .processes import oxus_serving

STARTS = 5
ARTICLE, FULL = "article", "full"


def imports(environment: Environment) -> Iterator[Line]:
    """As measured when the database was made: `--fresh` makes it again."""
    if not environment.selected("import"):
        return
    told = environment.folder.kept.get("imports", {}).get(environment.databases.kind)
    if told is None:
        environment.said("this database was not made here: the import is not in the table (--fresh makes it)")
        return
    size = told["file_bytes"] / 1e6
    yield environment.line(
        "import",
        f"oxus import of {size:.0f} MB of csv (made {told['at']})",
        milliseconds(told["oxus_seconds"]),
        f"sqlite-utils insert: {milliseconds(told['sqlite_utils_seconds'])}",
        told["oxus_seconds"] / told["sqlite_utils_seconds"],
        target=Target(at_most=1),
        detail=told,
    )
    peak = told["oxus_peak_bytes"] / 1e6
    yield environment.line(
        "import/memory",
        "memory of the import and all its processes",
        f"{peak:.0f} MB",
        f"sqlite-utils: {told['sqlite_utils_peak_bytes'] / 1e6:.0f} MB",
        peak,
        target=Target(at_most=500, unit="MB"),
    )


def starts(environment: Environment) -> Iterator[Line]:
    """From the command to the first answer of /readyz, in turn; the first of each is not counted."""
    if not environment.selected("start"):
        return
    times: dict[str, list[float]] = {ARTICLE: [], FULL: []}
    for _ in range(STARTS + 1):
        for name, database in ((ARTICLE, environment.databases.article), (FULL, environment.databases.full)):
            with oxus_serving(database, environment.log) as server:
                times[name].append(server.started_in)
    full, article = middle(times[FULL][1:]), middle(times[ARTICLE][1:])
    yield environment.line(
        "start",
        "from `oxus serve` to the first answer of /readyz, all rows",
        milliseconds(full),
        f"the article alone: {milliseconds(article)}",
        full / article,
        target=Target(at_most=1.5),
        detail=times,
    )


def workers(environment: Environment) -> Iterator[Line]:
    """Pages never asked before, with 1, 2, ... workers; wrk takes its share of the cores."""
    if not environment.selected("workers"):
        return
    cores = os.cpu_count() or 1
    asked = Universe(environment.folder.path / "plain.db", environment.seed).draw(
        "page", int(environment.seconds * 12_000)
    )
    paths = [KINDS[0].oxus(one) for one in asked]
    cut = len(paths) * 9 // 10
    found: dict[int, list[Rate]] = {}
    for _ in range(environment.rounds):
        for count in range(1, cores + 1):
            environment.said(f"{environment.databases.kind}: {count} workers")
            with oxus_serving(environment.databases.full, environment.log, count) as server:
                time.sleep(2 if count > 1 else 0)  # the first worker answers before the last is ready
                connections = CONNECTIONS * cores
                rate(server.port, paths[cut:], environment.folder.path, 1, connections=connections)
                one = rate(
                    server.port, paths[:cut], environment.folder.path, environment.seconds, connections=connections
                )
                found.setdefault(count, []).append(one)
    single = middle([one.per_second for one in found[1]])
    for count in range(2, cores + 1):
        several = middle([one.per_second for one in found[count]])
        sound = all(one.sound for rates in (found[1], found[count]) for one in rates)
        yield environment.line(
            f"workers/{count}",
            f"pages with --workers {count}, wrk on the same {cores} cores",
            f"{several:.0f}/s",
            f"one worker: {single:.0f}/s",
            several / single if sound else None,
        )
