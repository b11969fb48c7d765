"""Parse cells that all datasets have in common: whole numbers, coordinates and dates.

Dates are read whichever program wrote them. A time other than midnight is refused, because it comes from a shift
between time zones that may have changed the day.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from app.geo import INTERNAL_DECIMALS
from app.ingest.datasets.core.files import CsvTable
from app.ingest.short_texts import MAX_CACHED_CHARS, cache_short

MAX_INT32 = 2**31 - 1
"""Largest value of an integer column in either database."""
MAX_CACHED_DAYS = 100_000
_NUMBER = re.compile(r"(-?)(\d+)(?:\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|-?\.\d+", re.ASCII)
_MIDNIGHT = r"(?:(?:[T ]|\s+)(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)(?:Z|[+-]00:?00)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE)
_TIMED = re.compile(r"[\d/.-]{8,10}[T ]\s*\d{1,2}:\d{2}.*", re.ASCII)


def parse_int(text: str) -> int:
    """Parse a whole number from 0, with or without the `.0` that pandas adds. Raises ValueError for others."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError("is not a whole number")
    digits = match[2].lstrip("0") or "0"
    if match[1] and digits != "0":
        raise ValueError("is negative")
    if len(digits) > 10 or int(digits) > MAX_INT32:
        raise ValueError(f"is larger than {MAX_INT32}")
    return int(digits)


@cache_short(1 << 14)
def parse_degrees(text: str) -> float:
    """Parse a coordinate in degrees. Raises ValueError for anything that is not a plain decimal number."""
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        raise ValueError("is not a number of degrees")
    return round(float(stripped), INTERNAL_DECIMALS) + 0.0  # -0.0 is 0.0


def calendar_day(year: int, month: int, day: int) -> date:
    """Return a date. Raises ValueError if the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def detect_day_first(table: CsvTable, columns: Sequence[str]) -> bool | None:
    """Detect whether dates with the year last start with the day; None if the file's dates do not tell, or disagree.

    Reads the whole file from its start, independently of other readers of it.
    """
    first = second = False
    with CsvTable(table.path) as again:
        pick = again.column_getter(columns)
        for _, cells, problem in again.rows():
            for text in pick(cells) if problem is None else ():
                match = _YEAR_LAST.fullmatch(text.strip())
                if match:
                    first = first or int(match[1]) > 12
                    second = second or int(match[3]) > 12
    return first if first != second else None


def remember_day(cache: dict[str, date], text: str, day: date) -> None:
    """Keep a parsed day by its text, unless that is long; a full cache is emptied, as no real file fills it."""
    if len(text) <= MAX_CACHED_CHARS:
        if len(cache) >= MAX_CACHED_DAYS:
            cache.clear()
        cache[text] = day


class DateParser:
    """Parser of numeric dates in one file. Each spelling is parsed once, as a file has few."""

    def __init__(self, table: CsvTable, columns: Sequence[str]) -> None:
        self._table = table
        self._columns = columns
        self._cache: dict[str, date] = {}

    @cached_property
    def _day_first(self) -> bool | None:
        return detect_day_first(self._table, self._columns)

    def parse(self, text: str) -> date:
        """Parse a date. Raises ValueError for what is no date, or an ambiguous one."""
        day = self._cache.get(text)
        if day is None:
            day = self._parse_uncached(text.strip())
            remember_day(self._cache, text, day)
        return day

    def _parse_uncached(self, text: str) -> date:
        match = _YEAR_FIRST.fullmatch(text)
        if match:
            return calendar_day(int(match[1]), int(match[3]), int(match[4]))
        match = _YEAR_LAST.fullmatch(text)
        if match:
            one, other = int(match[1]), int(match[3])
            if self._day_first is None and one != other:
                raise ValueError("day and month cannot be told apart: the file's dates leave their order open")
            day, month = (one, other) if self._day_first else (other, one)
            return calendar_day(int(match[4]), month, day)
        if _TIMED.fullmatch(text):
            raise ValueError("has a time of day other than midnight: a shift of time zone may have changed the day")
        raise ValueError("is not a date such as 2013-01-03")
