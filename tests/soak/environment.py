"""The environment of a long run, and the lines of its results."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Line:
    """One line of results: the attempt, its outcome, the aim, and whether it was met."""

    run: str
    database: str
    what: str
    found: str
    aim: str
    met: bool
    seconds: float = 0.0
    """Seconds since the line before; set by the command."""
    detail: Any = None
    """Further results, for JSON only."""


@dataclass(frozen=True)
class Environment:
    """One run: its own folder, the kind of database (`sqlite`, `postgresql`), its share of work, and its log."""

    run: str
    folder: Path
    database: str
    share: float
    """Share of the full work; less than 1 is for trying the run itself."""
    seed: int
    said: Callable[[str], None]

    def amount(self, full: float, least: float = 1) -> float:
        """Return this run's share of a full number of rounds, seconds or examples, and `least` at least."""
        return max(least, full * self.share)

    def line(self, what: str, found: str, aim: str, met: bool, detail: Any = None) -> Line:
        """Make a line of this run."""
        return Line(self.run, self.database, what, found, aim, met, detail=detail)
