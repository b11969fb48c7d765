"""Tellings of an event: the numbers that its claims tell, and the days that each counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from app.rules.dates import event_date
from app.rules.facts import Claim, Figure
from app.rules.status import standing_claims
from app.timespan import DateRange
from app.vocab import CountKind, Modality, Precision

FLOWS = (CountKind.INCREMENT, CountKind.CUMULATIVE)
"""Count kinds of numbers that happen over days; a stock or a capacity stands on a day."""


@dataclass(frozen=True)
class EventFacts:
    """An event with the claims on it that are in view, and the events that are part of it."""

    event: str
    status: str
    claims: tuple[Claim, ...]
    parts: tuple["EventFacts", ...] = ()

    @property
    def dates(self) -> DateRange:
        """Days of the event; see `event_date`."""
        return event_date(self.claims)[0]


@dataclass(frozen=True)
class Telling:
    """One number that a claim tells of an event, and the days that it counts."""

    claim: Claim
    figure: Figure
    days: DateRange

    @property
    def low(self) -> int | None:
        """Smallest number given; cells of datasets may be out of order."""
        return min(self._numbers, default=None) if self.figure.low is not None else None

    @property
    def high(self) -> int | None:
        """Largest number given; None if the telling sets no upper bound."""
        return max(self._numbers, default=None) if self.figure.high is not None else None

    @property
    def as_of(self) -> date:
        """Last day that it counts, else the day on which it was told."""
        return self.days.latest or self.claim.reported_on

    @property
    def _numbers(self) -> list[int]:
        figure = self.figure
        return [number for number in (figure.low, figure.best, figure.high) if number is not None]


def tellings_of(event: EventFacts, measure: str, count_kinds: Collection[str]) -> list[Telling]:
    """Return the tellings of an event itself: asserted figures of these kinds that are not planned.

    What is only possible is told only where nothing is told as fact or reported. Of one origin's tellings of the same
    days the latest said replaces the earlier ones; loose words replace no number.
    """
    dates = counted_dates(event, measure)
    flows = [
        Telling(claim, figure, _days(claim, figure, *dates))
        for claim in standing_claims(event.claims)
        if claim.asserts and claim.modality != Modality.PLANNED
        for figure in claim.figures
        if figure.measure == measure and figure.count_kind in count_kinds
    ]
    reported = [telling for telling in flows if telling.claim.counts_as_report] or flows
    return _without_replaced(reported)


def _without_replaced(tellings: Collection[Telling]) -> list[Telling]:
    """Return the tellings that none of the same origin and days replaces: said later, and as exact or more."""
    last_said: dict[tuple[str, DateRange, bool], date] = {}
    for telling in tellings:
        origin, said = telling.claim.origin, telling.claim.reported_on
        if origin is not None:
            for is_loose in (True, False) if not telling.figure.loose else (True,):
                key = (origin, telling.days, is_loose)
                last_said[key] = max(said, last_said.get(key, said))
    return [telling for telling in tellings if telling.claim.reported_on >= _last_said(last_said, telling)]


def _last_said(last_said: Mapping[tuple[str, DateRange, bool], date], telling: Telling) -> date:
    """Return the day on which the origin of a telling last said something that may replace it."""
    origin, said = telling.claim.origin, telling.claim.reported_on
    return said if origin is None else last_said.get((origin, telling.days, telling.figure.loose), said)


def counted_dates(event: EventFacts, measure: str) -> tuple[DateRange, Precision]:
    """Return the dates of an event and their precision, without what only loose words stretch or narrow.

    Once a number is told, words such as "hundreds" of another day make it no less exact.
    """
    told = [claim for claim in standing_claims(event.claims) if claim.asserts and _figures_of(claim, measure)]
    loose = {claim.id for claim in told if all(figure.loose for figure in _figures_of(claim, measure))}
    only_loose = len(loose) == len(told)
    return event_date([claim for claim in event.claims if only_loose or claim.id not in loose])


def _figures_of(claim: Claim, measure: str) -> list[Figure]:
    return [figure for figure in claim.figures if figure.measure == measure and figure.count_kind in FLOWS]


def _days(claim: Claim, figure: Figure, event_dates: DateRange, precision: Precision) -> DateRange:
    """Return the days that a figure counts, given those of its event.

    A running total counts from `since` to `as_of`, which are by default the ends of its claim's date. An increment of
    one moment counts the occasion, however its claim dates it; one of a stretch counts the dates of its claim. A claim
    without a date tells of the event's own days.
    """
    own = claim.date if claim.date.is_bounded else event_dates
    if figure.count_kind == CountKind.INCREMENT:
        is_stretch = Precision.SPAN in (claim.precision, precision)
        return own if is_stretch or not event_dates.is_bounded else event_dates
    last = figure.as_of or own.latest or claim.reported_on
    first = figure.since or own.earliest
    return DateRange(min(first, last) if first else None, last)
