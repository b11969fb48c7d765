"""What a long run has at hand, and what it tells."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Line:
    """One line of the table: what was tried, what came of it, what is aimed at, and whether it was met."""

    run: str
    database: str
    what: str
    found: str
    aim: str
    met: bool
    seconds: float = 0.0
    """Since the line before, filled in where the run is started."""
    detail: Any = None
    """What JSON holds beside the line."""


@dataclass(frozen=True)
class Environment:
    """A folder of the run's own, the kind of database (`sqlite`, `postgresql`), how much to do, and where to tell."""

    run: str
    folder: Path
    database: str
    share: float
    """Of the full amount of work: 1 is what the README tells of, less is for trying the run itself."""
    seed: int
    said: Callable[[str], None]

    def amount(self, full: float, least: float = 1) -> float:
        """So many rounds, seconds or examples of the full amount as this run does."""
        return max(least, full * self.share)

    def line(self, what: str, found: str, aim: str, met: bool, detail: Any = None) -> Line:
        """A line of this run about this kind of database."""
        return Line(self.run, self.database, what, found, aim, met, detail=detail)
