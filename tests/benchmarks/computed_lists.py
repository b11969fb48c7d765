"""Time and memory of every computed list over many rows of each kind, against half as many (README.md)."""

import argparse
import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from app.db.engine import make_engine, read_transaction
from app.db.migrate import upgrade
from app.query.analyses.totals import TOTALS_PARAMS, totals
from app.query.lists.request import parse_list_request
from app.resources import COMPUTED_LISTS, ComputedList, timeline_list
from tests.factories.scale import FIRST_DAY, HUB, KINDS, store

ROWS = {"changes of control at one place": 5000, "figures of one event": 2999}
"""Rows of kinds of which nobody has as many as of the others."""
WINDOW = f"{FIRST_DAY}/{FIRST_DAY.replace(year=FIRST_DAY.year + 2)}"
PAIRS: dict[str, list[tuple[str, str]]] = {
    "control": [("as_of", str(FIRST_DAY.replace(year=FIRST_DAY.year + 1)))],
    "control/summary": [("datetime", WINDOW)],
    "stats": [("group_by", "actor")],
    "density": [("zoom", "4")],
    "search": [("q", "event")],
    "resolve": [("q", "band of the hill 7")],
    "changes": [("since", "0")],
}
"""Parameters that a list needs."""
SECONDS = 3600.0


@dataclass(frozen=True)
class Measured:
    """A list that was asked for once: CPU seconds, those of asking again, and memory."""

    seconds: float
    again: float
    megabytes: float


def questions(limit: str) -> Iterator[tuple[str, Callable[[object], object]]]:
    """Yield each list, the totals and the timeline of the place that holds all, as functions of a connection."""
    for listing in (*COMPUTED_LISTS.values(), timeline_list(HUB)):
        yield listing.name, lambda connection, listing=listing: _rows(listing, connection, limit)
    request = parse_list_request([], TOTALS_PARAMS)
    yield "movements/totals", lambda connection: totals(connection, request, 1, []).model_dump_json()


def _rows(listing: ComputedList, connection: object, limit: str) -> int:
    pairs = [*PAIRS.get(listing.name, ()), *([("limit", limit)] if "limit" in listing.params else [])]
    page = listing.fetch(connection, listing.parse(pairs), with_points=False)  # type: ignore[arg-type]
    return sum(len(row) for batch in page.batches for row, _ in batch)


def measure(database: str, question: Callable[[object], object]) -> Measured:
    """Ask once with empty caches, once more, and with empty caches again for the memory."""

    def ask() -> float:
        start = time.process_time()
        with read_transaction(engine, SECONDS) as connection:
            question(connection)
        return time.process_time() - start

    engine = make_engine(database, read_only=True)
    seconds, again = ask(), ask()
    engine.dispose()
    gc.collect()
    engine = make_engine(database, read_only=True)
    tracemalloc.start()
    ask()
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    engine.dispose()
    return Measured(seconds, again, megabytes)


def main() -> None:
    """Make a database of each kind and size, measure, print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.computed_lists", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of each kind")
    parser.add_argument("--kind", default="", help="only kinds with these words")
    parser.add_argument("--only", default="", help="only lists with these words")
    parser.add_argument("--limit", default="100", help="rows of a page, or all")
    asked = parser.parse_args()
    table = Table("rows", "list", "CPU s", "again", "MB", "ratio of s", "ratio of MB", box=None)
    with TemporaryDirectory() as folder:
        for kind in (kind for kind in KINDS if asked.kind in kind):
            count = min(asked.rows, ROWS.get(kind, asked.rows))
            databases = [_made(Path(folder), kind, rows) for rows in (count // 2, count)]
            for name, question in questions(asked.limit):
                if asked.only in name:
                    half, whole = (measure(database, question) for database in databases)
                    table.add_row(
                        f"{count} {kind}",
                        name,
                        f"{whole.seconds:.2f}",
                        f"{whole.again:.2f}",
                        f"{whole.megabytes:.0f}",
                        f"{whole.seconds / half.seconds:.1f}",
                        f"{whole.megabytes / half.megabytes:.1f}",
                    )
    Console(width=150).print(table)


def _made(folder: Path, kind: str, rows: int) -> str:
    database = str(folder / f"{len(list(folder.iterdir()))}.db")
    upgrade(database)
    engine = make_engine(database, read_only=False)
    start = time.process_time()
    store(engine, KINDS[kind](rows))
    engine.dispose()
    Console(stderr=True).print(f"{rows} {kind}: stored in {time.process_time() - start:.0f} s")
    return database


if __name__ == "__main__":
    main()
