"""Dates of events, derived from their claims, and the reading of printed dates."""

import re
from collections.abc import Callable, Collection
from datetime import date, timedelta

from app import vocab
from app.rules.facts import Claim
from app.rules.status import standing_claims
from app.timespan import DateRange, hull, intersection
from app.vocab import Precision

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_DAY = re.compile(rf"\b({'|'.join(MONTHS)})\s+(\d{{1,2}})\b(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})\s+({'|'.join(MONTHS)})\b(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SATURDAY = 5
WEEKDAY = "weekday"
"""Phrase of the table that stands for the name of any day of the week."""


def event_date(claims: Collection[Claim]) -> tuple[DateRange, Precision]:
    """Derive the date of an event and its precision.

    Claims as fact or reported give it; possible and planned ones only if there are no others, and denials only if
    nothing else is in view. Moments (precision `day` or `range`) are intersected; if they share no day, their hull is
    taken. Spans are united to their hull. Where there are both, the date is the hull of the spans, widened to moments
    that lie outside, and a span. The precision is otherwise `day` for one day, else `range`.
    """
    dated = [claim for claim in dating_claims(claims) if claim.date.is_bounded]
    spans = [claim.date for claim in dated if claim.precision == Precision.SPAN]
    moments = [claim.date for claim in dated if claim.precision != Precision.SPAN]
    when = intersection(moments) or hull(moments)
    if spans:
        throughout = hull(spans)
        when = hull([throughout, *(moment for moment in moments if not moment.overlaps(throughout))])
    if not when.is_bounded:
        return when, Precision.UNKNOWN
    if when.days == 1:
        return when, Precision.DAY
    return when, Precision.SPAN if spans else Precision.RANGE


def dating_claims(claims: Collection[Claim]) -> list[Claim]:
    """Return the claims that date an event: those that say most surely that it happened."""
    standing = standing_claims(claims)
    reports = [claim for claim in standing if claim.counts_as_report]
    return reports or [claim for claim in standing if claim.asserts] or standing


def edtf(when: DateRange, precision: Precision | str) -> str | None:
    """Write a date in the Extended Date/Time Format, level 2 (ISO 8601-2); None if it is unknown.

    A moment within a range is one of a set, `[2021-06-21..2021-06-28]`; a span is an interval, whose unknown end is
    empty, `/2021-07-05`.
    """
    if not when.is_bounded:
        return None
    if when.days == 1:
        return str(when)
    first, last = (day.isoformat() if day else "" for day in (when.earliest, when.latest))
    return f"{first}/{last}" if precision == Precision.SPAN else f"[{first}..{last}]"


def is_certainly_within(when: DateRange, precision: Precision | str, window: DateRange) -> bool:
    """Return whether an event certainly happened within the window.

    A moment does if its whole interval lies inside; a span does if it touches the window. Of a span with an open end
    only the known day counts.
    """
    if precision != Precision.SPAN:
        return when.is_bounded and when.is_within(window)
    first, last = when.earliest or when.latest, when.latest or when.earliest
    return first is not None and DateRange(first, last).overlaps(window)


def read_relative(printed: str, reported_on: date) -> DateRange | None:
    """Read a relative date such as "about a week ago" by `vocab.RELATIVE_DATES`; None if no phrase of it fits."""
    text = " ".join(printed.casefold().split())
    for entry in vocab.RELATIVE_DATES:
        rule = _RULES.get(entry.phrase)
        match = re.search(rf"\b(?:{'|'.join(WEEKDAYS) if entry.phrase == WEEKDAY else entry.phrase})\b", text)
        if match is None:
            continue
        if rule:
            return rule(match.group(), reported_on)
        if entry.earliest is not None and entry.latest is not None:
            return DateRange(reported_on + timedelta(days=entry.earliest), reported_on + timedelta(days=entry.latest))
    return None


def _weekend(_printed: str, reported_on: date) -> DateRange:
    saturday = reported_on - timedelta(days=(reported_on.weekday() - SATURDAY) % 7)
    return DateRange(saturday, saturday + timedelta(days=1))


def _earlier_this_week(_printed: str, reported_on: date) -> DateRange:
    return DateRange(reported_on - timedelta(days=reported_on.weekday()), reported_on)


def _weekday(printed: str, reported_on: date) -> DateRange:
    day = reported_on - timedelta(days=(reported_on.weekday() - WEEKDAYS.index(printed)) % 7)
    return DateRange(day, day)


_RULES: dict[str, Callable[[str, date], DateRange]] = {
    "weekend": _weekend,
    "earlier this week": _earlier_this_week,
    WEEKDAY: _weekday,
}
"""Rules of `vocab.RELATIVE_DATES` that are given in words, by phrase."""


def read_day(printed: str, year: int) -> DateRange | None:
    """Read a printed day such as "June 29"; `year` is taken if none is printed. None if the text prints no day."""
    if match := _MONTH_DAY.search(printed):
        month, day, own_year = match.groups()
    elif match := _DAY_MONTH.search(printed):
        day, month, own_year = match.groups()
    else:
        return None
    try:
        printed_day = date(int(own_year or year), MONTHS.index(month.casefold()) + 1, int(day))
    except ValueError:
        return None
    return DateRange(printed_day, printed_day)


def read_date(printed: str, reported_on: date) -> DateRange | None:
    """Read a printed date, absolute or relative; None if it cannot be read."""
    return read_day(printed, reported_on.year) or read_relative(printed, reported_on)
