"""What one run of the benchmark has at hand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .arithmetic import Line
from .databases import Databases, Folder


@dataclass
class Environment:
    """The databases of one kind, how long and how often to measure, and where to say what is going on."""

    folder: Folder
    databases: Databases
    seconds: float
    rounds: int
    seed: int
    selected: Callable[[str], bool]
    """Whether a line of this name is to be measured."""
    said: Callable[[str], None]

    @property
    def log(self) -> Path:
        """Where servers write."""
        return self.folder.path / "servers.log"

    def line(self, name: str, what: str, oxus: str, compared: str, ratio: float | None, **more: object) -> Line:
        """A line about this kind of database."""
        return Line(name, what, oxus, compared, ratio, database=self.databases.kind, **more)  # type: ignore[arg-type]
