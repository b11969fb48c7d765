"""Records that a reader takes out of a file: readable rows, rejected rows, and warnings about odd rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

MAX_REPORTED_CHARS = 300
"""Length to which ids and values are cut in reports."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Reason for which a row is not imported; a row has one for each fault. `field` is "" for the row as a whole."""

    line: int
    id: str
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """Inconsistency in a row that is imported nevertheless."""

    field: str
    value: str
    reason: str


class DatasetRecord(Protocol):
    """One event as a row of a file gives it."""

    @property
    def line(self) -> int:
        """Line on which the row starts, counted from 1."""

    @property
    def id(self) -> int | str:
        """Id in the dataset's own numbering."""

    @property
    def warnings(self) -> Sequence[RowWarning]:
        """Inconsistencies that do not keep the row from being imported."""


def first_report_day(date_of_event: date, reported_on: date | None) -> date | None:
    """Return the day of a report, or None if it is unknown or precedes the event.

    Nobody reports an event before it happens, so such a day is an error of the file.
    """
    return None if reported_on is None or reported_on < date_of_event else reported_on


class StoredActorKind(NamedTuple):
    """Kind of a stored actor of a dataset whose actors have names and no numbers."""

    kind: str
    is_minimum: bool
    """False for the dataset's own actors in a full snapshot, where its files alone count."""
