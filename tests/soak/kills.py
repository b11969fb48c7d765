"""Loads and imports killed without warning at random moments, half of the rounds each."""

from collections.abc import Iterator
from pathlib import Path

from faults.kills import imports, rounds, seed_loads

from .environment import Environment, Line
from .servers import database_of

ROUNDS = 100
LEAST_ROUNDS = 6
"""Rounds of each half in a small share of the work, so that some of them are killed on their way."""
ROWS_TIMES = 50
"""Copies of the eight made-up rows: an import lasts about as long as a load of the article's pack."""


def run(environment: Environment) -> Iterator[Line]:
    """Check the database after every round; the first failure ends the run."""
    number = int(environment.amount(ROUNDS / 2, LEAST_ROUNDS))
    with database_of(environment) as url:
        for what, steps in (
            ("seed load", seed_loads(url, _folder(environment, "seeds"))),
            ("import", imports(url, _folder(environment, "files"), ROWS_TIMES)),
        ):
            tally = rounds(url, steps, number, environment.seed)
            killed = tally.old + tally.new
            yield environment.line(
                f"{what}, killed at random",
                f"{tally.rounds} rounds: {killed} killed, {tally.old} left the old content, {tally.new} the new; "
                f"{tally.finished} were done before",
                "never anything between, clean, feed right",
                killed > 0,
            )


def _folder(environment: Environment, name: str) -> Path:
    folder = environment.folder / name
    folder.mkdir(exist_ok=True)
    return folder
