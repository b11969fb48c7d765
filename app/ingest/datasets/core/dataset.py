"""What an import must know of a published dataset, beside its files: the one thing that a new importer writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from app.ingest.datasets.core.event_rows import RowBuilder
from app.ingest.datasets.core.files import CsvTable


@dataclass(frozen=True)
class Dataset:
    """A published dataset. Everything in it can be sent to another process: functions and classes by their names."""

    id: str
    """Of the dataset, and of the source that its claims have as their document."""
    name: str
    licence: str
    citation: str
    coverage_note: str
    """What the dataset rests on: `coverage.sources_searched` of its pack."""
    read: Callable[[CsvTable], Iterator[Any]]
    """Every row of an open table, as a DatasetRecord or as the reasons (Rejected) why it is none."""
    row_builder: type[RowBuilder]
    """What turns records into rows."""
    raw_table: type[SQLModel]
    """The table that keeps a row as it was given; its first column is `event_pk`, its last the cells."""
    event_id: Callable[[Any], str]
    """The id of the event that an id in a file stands for. Raises ValueError for what is no id."""
    version: Callable[[Sequence[Path]], str | None]
    """The version that the names of files tell."""
    id_prefix: str
    """What the ids of the actors and places that it makes begin with."""
    warnings_file: str
    """An example of what is odd about a row that is kept."""
    id_column: str = "id"
    """The column with the id of a row."""
    has_timestamps: bool = False
    """Whether records, and the table of cells, have a `timestamp` of the last change: the newer of two counts."""
    names_actors: bool = False
    """Whether its actors have names and no numbers: what imports before made of a name is taken up."""
