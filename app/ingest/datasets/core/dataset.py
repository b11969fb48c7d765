"""Description of a published dataset, from which the importer works."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from app.ingest.datasets.core.event_rows import RowBuilder
from app.ingest.datasets.core.files import CsvTable


@dataclass(frozen=True)
class Dataset:
    """A published dataset. It is sent to the reading process, so its functions and classes must be importable."""

    id: str
    """Id of the dataset, and of the source that is the document of its claims."""
    name: str
    licence: str
    citation: str
    coverage_note: str
    """Sources that the dataset rests on: `coverage.sources_searched` of its pack."""
    read: Callable[[CsvTable], Iterator[Any]]
    """Yields every row of an open table, as a DatasetRecord or as Rejected."""
    row_builder: type[RowBuilder]
    """Maps records to rows."""
    raw_table: type[SQLModel]
    """Table of the rows as published; its first column is `event_pk`, its last the cells."""
    event_id: Callable[[Any], str]
    """Returns the id of the event for an id in a file. Raises ValueError for what is no id."""
    version: Callable[[Sequence[Path]], str | None]
    """Returns the version in the names of files, if there is one."""
    id_prefix: str
    """First part of the ids of its actors and locations."""
    warnings_file: str
    """Example of a warning, for the summary line of an import."""
    id_column: str = "id"
    """Column with the id of a row."""
    has_timestamps: bool = False
    """True if records and the raw table have a `timestamp` of the last change, so that the newer of two counts."""
    names_actors: bool = False
    """True if its actors have names and no numbers, so that a later import must find the actors of earlier ones."""
