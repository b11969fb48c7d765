"""What an import must know of a published dataset, beside its files: the one thing that a new importer writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlmodel import SQLModel

from app.ingest.datasets.files import Table

if TYPE_CHECKING:
    from app.ingest.datasets.rows import DatasetRows


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a row is not read; a row has one for each thing wrong with it. `field` is "" for the row as a whole."""

    line: int
    id: str
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What is odd about a row that is kept."""

    field: str
    value: str
    reason: str


class DatasetRecord(Protocol):
    """One event as a file tells it."""

    @property
    def line(self) -> int:
        """The line on which its row starts."""

    @property
    def id(self) -> Any:
        """The id that the file gives it, however the file spells it."""

    @property
    def warnings(self) -> Sequence[Warned]:
        """What is odd about it."""


@dataclass(frozen=True)
class Dataset:
    """A published dataset. Everything in it can be sent to another process: functions and classes by their names."""

    id: str
    """Of the dataset, and of the source that its claims have as their document."""
    name: str
    licence: str
    citation: str
    searched: str
    """What the dataset rests on: `coverage.sources_searched` of its pack."""
    read: Callable[[Table], Iterator[Any]]
    """Every row of an open table, as a DatasetRecord or as the reasons (Rejected) why it is none."""
    rows: "type[DatasetRows]"
    """What turns records into rows."""
    cells: type[SQLModel]
    """The table that keeps a row as it was given; its first column is `event_pk`, its last the cells."""
    event_id: Callable[[Any], str]
    """The id of the event that an id in a file stands for. Raises ValueError for what is no id."""
    version: Callable[[Sequence[Path]], str | None]
    """The version that the names of files tell."""
    own: str
    """What the ids of the actors and places that it makes begin with."""
    odd: str
    """An example of what is odd about a row that is kept."""
    id_column: str = "id"
    """The column with the id of a row."""
    stamped: bool = False
    """Whether records, and the table of cells, have a `timestamp` of the last change: the newer of two counts."""
    names_actors: bool = False
    """Whether its actors have names and no numbers: what imports before made of a name is taken up."""


def first_day(date_of_event: date, told: date | None) -> date | None:
    """The day on which a source told of an event, if it can be that day: nobody reports what has yet to happen."""
    return None if told is None or told < date_of_event else told
