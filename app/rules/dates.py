"""Dates of events, derived from their claims, and the reading of printed dates."""

import re
from collections.abc import Collection
from datetime import date, timedelta

from app import vocab
from app.rules.facts import Claim
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
SATURDAY = 5


def event_date(claims: Collection[Claim]) -> tuple[DateRange, Precision]:
    """Derive the date of an event and its precision.

    The date is the intersection of the dates of all asserting claims. If that is empty, it is the smallest interval
    around all of them (and there is a date contradiction). Denials date an event only if nothing else is in view. The
    precision is `day` for one day, `span` if every dated claim says that it lasted throughout, else `range`.
    """
    relevant = [claim for claim in claims if claim.asserts] or list(claims)
    dated = [claim for claim in relevant if claim.date.is_bounded]
    if not dated:
        return DateRange(), Precision.UNKNOWN
    intervals = [claim.date for claim in dated]
    when = intersection(intervals) or hull(intervals)
    if not when.is_bounded:
        return when, Precision.UNKNOWN
    if when.days == 1:
        return when, Precision.DAY
    return when, Precision.SPAN if all(claim.precision == Precision.SPAN for claim in dated) else Precision.RANGE


def read_relative(printed: str, reported_on: date) -> DateRange | None:
    """Read a relative date such as "about a week ago" by `vocab.RELATIVE_DATES`; None if no phrase of it fits."""
    text = " ".join(printed.casefold().split())
    for entry in vocab.RELATIVE_DATES:
        if not re.search(rf"\b{entry.phrase}\b", text):
            continue
        if entry.earliest is None or entry.latest is None:
            saturday = reported_on - timedelta(days=(reported_on.weekday() - SATURDAY) % 7)
            return DateRange(saturday, saturday + timedelta(days=1))
        return DateRange(reported_on + timedelta(days=entry.earliest), reported_on + timedelta(days=entry.latest))
    return None


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
