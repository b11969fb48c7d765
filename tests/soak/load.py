"""Readers on 64 connections for ten minutes, while a pack and a made-up dataset are loaded again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faults.kills import imports, seed_loads
from faults.load import EXPORTED, Found, read_while_loading

from .environment import Environment, Line
from .servers import Server, database_of, oxus_serving

SECONDS = 600
CONNECTIONS = 64
RATE = 40.0
"""Largest number of questions in a second: two cores answer these beside loads and readers without a queue."""
CACHE_MB = 16
"""Size of the response cache: less than by default, so that it is full long before the end."""
MAX_GROWTH_MB = 16.0
ROWS_TIMES = 100


@dataclass(frozen=True)
class Load:
    """Loads into a database, and readers of a server over it; two of the readers ask for `exported`."""

    database: str
    environment: Environment
    exported: Sequence[str] = EXPORTED

    def read(self, server: Server, seconds: float) -> Found:
        """Read for so many seconds while loads go on."""
        folder = self.environment.folder
        pairs = zip(seed_loads(self.database, folder), imports(self.database, folder, ROWS_TIMES), strict=True)
        return read_while_loading(
            server.port,
            server.process.pid,
            [step for pair in pairs for step in pair],
            seconds=seconds,
            connections=CONNECTIONS,
            rate=RATE,
            seed=self.environment.seed,
            exported=self.exported,
        )


def run(environment: Environment) -> Iterator[Line]:
    """Measure one server of one process."""
    with (
        database_of(environment) as url,
        oxus_serving(url, environment.folder / "server.log", OXUS_CACHE_MB=str(CACHE_MB)) as server,
    ):
        found = Load(url, environment).read(server, environment.amount(SECONDS))
    yield environment.line(
        f"{len(found.milliseconds)} answers on {CONNECTIONS} connections during {found.loads} loads",
        f"{len(found.faults)} faults; {dict(sorted(found.statuses.items()))}; {len(found.revisions)} revisions seen",
        "no fault",
        not found.faults and found.loads > 1,
        found.faults[:100],
    )
    yield environment.line("time for an answer", found.summary, "told", True)
    yield environment.line(
        "memory of the server",
        f"{found.memory_mb[-1]:.0f} MB at the end, {found.growth_mb:+.1f} MB from second to last quarter",
        f"at most {MAX_GROWTH_MB:g} MB more",
        found.growth_mb <= MAX_GROWTH_MB,
        found.memory_mb[::20],
    )
