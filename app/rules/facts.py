"""Claims and figures as the rules take them, independent of database and format."""

from dataclasses import dataclass
from datetime import date

from app.timespan import DateRange
from app.vocab import Modality, Stance


@dataclass(frozen=True)
class Figure:
    """One number of a claim. `low`, `best` and `high` may each be unknown, which is None and never 0.

    `since` and `as_of` are the first and last day that a cumulative figure counts, as the coder gives them. `loose`
    marks words without a number, such as "hundreds".
    """

    measure: str
    count_kind: str
    low: int | None = None
    best: int | None = None
    high: int | None = None
    of: int | None = None
    since: date | None = None
    as_of: date | None = None
    printed: str | None = None
    loose: bool = False


@dataclass(frozen=True)
class Claim:
    """One claim on an event.

    `document` and `origin` are those that count as one: a document that stands under two ids has one here, and an
    origin is the outermost organisation of the first hop. `origin` is None if the first hop is unattributed or a
    dataset. `is_narration` marks what a document tells on its own account.
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
    printed_dates: tuple[str, ...] = ()
    is_narration: bool = False

    @property
    def asserts(self) -> bool:
        """True if the claim says that the event happened, may have happened or will."""
        return self.stance == Stance.ASSERTS

    @property
    def counts_as_report(self) -> bool:
        """True if the claim says, as fact or reported, that the event happened."""
        return self.asserts and self.modality in (Modality.FACT, Modality.REPORTED)
