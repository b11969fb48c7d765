"""Claims and figures as the rules take them, independent of database and format."""

from dataclasses import dataclass
from datetime import date

from app.timespan import DateRange
from app.vocab import Modality, Stance


@dataclass(frozen=True)
class Figure:
    """One number of a claim. `low`, `best` and `high` may each be unknown, which is None and never 0."""

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

    `origin` is the outermost organisation of the first hop, or the hop itself if it has none. Two people of one
    organisation thus have the same origin. None if the first hop is unattributed or a dataset.
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
        """True if the claim says that the event happened, may have happened or will."""
        return self.stance == Stance.ASSERTS

    @property
    def counts_as_report(self) -> bool:
        """True if the claim says, as fact or reported, that the event happened."""
        return self.asserts and self.modality in (Modality.FACT, Modality.REPORTED)
