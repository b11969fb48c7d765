"""What the rules need to know of a claim; nothing here knows a database or a format."""

from dataclasses import dataclass
from datetime import date

from app.timespan import DateRange
from app.vocab import Modality, Stance


@dataclass(frozen=True)
class Figure:
    """One number of a claim. `low`, `best` and `high` may each be unknown (None, never 0)."""

    measure: str
    count_kind: str
    low: int | None = None
    best: int | None = None
    high: int | None = None
    of: int | None = None
    as_of: date | None = None
    printed: str | None = None


@dataclass(frozen=True)
class Claim:
    """One claim on an event.

    `origin` is the organisation of the first hop (the hop itself if it has none), so that two people of one
    organisation have the same origin; None when the first hop is unattributed.
    """

    id: str
    document: str
    origin: str | None
    stance: str
    modality: str
    reported_on: date
    date: DateRange
    precision: str
    figures: tuple[Figure, ...] = ()
    printed_date: str | None = None

    @property
    def asserts(self) -> bool:
        """Whether the claim says that the event happened, may have or will."""
        return self.stance == Stance.ASSERTS

    @property
    def counts_as_report(self) -> bool:
        """Whether the claim says, as fact or hearsay, that the event happened."""
        return self.asserts and self.modality in (Modality.FACT, Modality.REPORTED)
