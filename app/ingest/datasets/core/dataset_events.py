"""Events of a dataset with the claims about them, on their way from a record to rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.ingest.datasets.core.entities import EntityRef

UNDATED_REPORT_NOTE = "When it was said is not given: the last day of the event stands in."


class Deaths(NamedTuple):
    """Number of deaths in an event, civilians and fighters together; None is unknown."""

    low: int | None
    best: int | None
    high: int | None

    def published(self) -> "Deaths":
        """Return the bounds that `app.rules.published` derives from this one telling.

        Cells may be out of order: the bounds then take in every number given.
        """
        given = [number for number in self if number is not None]
        low = 0 if self.low is None else min(given)
        high = None if self.high is None else max(given)
        return Deaths(low, low if low == high else self.best, high)


class DatasetControlChange(NamedTuple):
    """Change of control over the place of an event."""

    gained: EntityRef | None
    lost: EntityRef | None
    extent: str
    means: str


@dataclass(slots=True)
class DatasetEvent:
    """Coded part of an event. Dates are texts, YYYY-MM-DD."""

    id: str
    category: str
    title: str
    summary: str
    place: EntityRef | None
    precision: str | None
    actors: list[tuple[EntityRef, str]]
    """Actors with their roles."""
    earliest: str
    latest: str
    document: EntityRef
    """Document of all its claims: the dataset."""
    printed_place: str | None
    change: DatasetControlChange | None = None
    """Change of control; its sides are among the actors, with the roles `gains` and `loses`."""

    @property
    def date_precision(self) -> str:
        """Precision of the date, as in `EventDateRow`."""
        return "day" if self.earliest == self.latest else "range"


class DatasetClaim(NamedTuple):
    """One claim about an event: the dataset's own estimate, or that of a source which the record names."""

    number: int
    """Last part of the id of the claim, `<event>:<number>`; 0 is the estimate."""
    chain: Sequence[EntityRef]
    """Chain of attribution, from the first hop to the dataset."""
    reported_on: str
    reported_on_stated: bool
    """True if the file gives the day of the report."""
    modality: str
    locator: str
    """Place of the record in the document."""
    summary: str
    note: str | None
    printed: str | None = None
    origin: EntityRef | None = None
    """Origin that counts as independent: see `app.rules.status.origin`. An estimate has none: it sums up others."""
    deaths: Deaths | None = None


def status_of(claims: Iterable[DatasetClaim]) -> str:
    """Return the status of an event from the claims on it, as `app.rules.status` derives it: nobody denies it."""
    return "corroborated" if len({claim.origin for claim in claims} - {None}) >= 2 else "reported"
