"""Ten minutes of readers on 64 connections, while a pack and a made-up dataset are loaded again and again."""

from collections.abc import Iterator

from faults.kills import imports, seed_loads
from faults.load import read_while_loading

from .environment import Environment, Line
from .servers import database_of, oxus_serving

SECONDS = 600
CONNECTIONS = 64
RATE = 40.0
"""Questions in a second, at most: what two cores answer without a queue, beside the loads and these readers."""
CACHE_MB = 16
"""Less than by default, so that the memory for answers is full long before the end."""
MOST_GROWTH_MB = 16.0
ROWS_TIMES = 100


def run(environment: Environment) -> Iterator[Line]:
    """One server, one process."""
    with (
        database_of(environment) as url,
        oxus_serving(url, environment.folder / "server.log", OXUS_CACHE_MB=str(CACHE_MB)) as server,
    ):
        pairs = zip(seed_loads(url, environment.folder), imports(url, environment.folder, ROWS_TIMES), strict=True)
        found = read_while_loading(
            server.port,
            server.process.pid,
            [step for pair in pairs for step in pair],
            seconds=environment.amount(SECONDS),
            connections=CONNECTIONS,
            rate=RATE,
            seed=environment.seed,
        )
    answers = len(found.milliseconds)
    yield environment.line(
        f"{answers} answers on {CONNECTIONS} connections during {found.loads} loads",
        f"{len(found.faults)} faults; {dict(sorted(found.statuses.items()))}; {len(found.revisions)} revisions seen",
        "no fault",
        not found.faults and found.loads > 1,
        found.faults[:100],
    )
    yield environment.line(
        "time for an answer",
        f"median {found.median:.0f} ms, p99 {found.p99:.0f} ms, worst {max(found.milliseconds):.0f} ms",
        "told",
        True,
    )
    yield environment.line(
        "memory of the server",
        f"{found.memory_mb[-1]:.0f} MB at the end, {found.growth_mb:+.1f} MB from second to last quarter",
        f"at most {MOST_GROWTH_MB:g} MB more",
        found.growth_mb <= MOST_GROWTH_MB,
        found.memory_mb[::20],
    )
