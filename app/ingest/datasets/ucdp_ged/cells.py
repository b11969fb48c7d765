"""How the cells of UCDP GED are read, whichever program wrote them: numbers, coordinates and days.

Absent columns and empty cells are None; a cell of blanks alone is empty.

| cells of             | as printed                                 | as read                                         |
|----------------------|--------------------------------------------|-------------------------------------------------|
| ids, codes, numbers  | `15960`, ` 15960 `, `15960.0` (pandas)     | int, up to 2147483647                           |
| number_of_sources    | `-1`                                       | -1: unknown, and no warning                     |
| gwnoa, gwnob         | `369`, `369.0`; `2;200`, `2, 200.0`        | int; several as text `2;200`                    |
| latitude, longitude  | `48.0`, `-3.705`                           | float, rounded to 12 decimals                   |
| date_start, date_end | `2013-01-03`, `2013-01-03 00:00:00.000`,   | text `2013-01-03`                               |
|                      | `2013-01-03T00:00:00Z`, `2013/1/3`         |                                                 |
|                      | `3/1/2013`, `03.01.2013 00:00`,            | the same, if some date in the file has a day    |
|                      | `1/3/2013 12:00:00 AM`                     | above 12 and so tells the order of all of them  |
| all other columns    | any text                                   | that text, every blank of it; CRLF in it as LF  |

No layout writes NA, NULL or NaN for nothing: in a text they are that text, in a number they are refused. A time other
than midnight is refused, because it comes from a shift between time zones that may have changed the day.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from app.geo import INTERNAL_DECIMALS
from app.ingest.datasets.core.files import CsvTable

MAX_INT32 = 2**31 - 1
"""What both databases hold in an integer column."""
_NUMBER = re.compile(r"(-?)(\d+)(?:\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|-?\.\d+", re.ASCII)
_GWNO_SEPARATOR = re.compile("[;,]")


def parse_int(text: str) -> int:
    """A whole number from 0, with or without the `.0` of a trip through pandas. Raises ValueError for others."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError("is not a whole number")
    digits = match[2].lstrip("0") or "0"
    if match[1] and digits != "0":
        raise ValueError("is negative")
    if len(digits) > 10 or int(digits) > MAX_INT32:
        raise ValueError(f"is larger than {MAX_INT32}")
    return int(digits)


def parse_count(text: str) -> int:
    """A whole number, or -1 for one that is not known. Raises ValueError for others."""
    return -1 if text.strip() in ("-1", "-1.0") else parse_int(text)


def parse_gwno_list(text: str) -> int | str:
    """One Gleditsch and Ward number, or several as text with semicolons between. Raises ValueError for others."""
    numbers = [parse_int(part) for part in _GWNO_SEPARATOR.split(text)]
    return numbers[0] if len(numbers) == 1 else ";".join(map(str, numbers))


def parse_degrees(text: str) -> float:
    """A coordinate. Raises ValueError for anything that is not a plain decimal number."""
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        raise ValueError("is not a number of degrees")
    return round(float(stripped), INTERNAL_DECIMALS) + 0.0  # -0.0 is 0.0


# --- days --------------------------------------------------------------------------------------------------------

_MIDNIGHT = r"(?:(?:[T ]|\s+)(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)(?:Z|[+-]00:?00)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE)
_TIMED = re.compile(r"[\d/.-]{8,10}[T ]\s*\d{1,2}:\d{2}.*", re.ASCII)


DATE_COLUMNS = ("date_start", "date_end")


def detect_day_first(table: CsvTable, columns: Sequence[str] = DATE_COLUMNS) -> bool | None:
    """Whether dates with the year last have the day first; None when the file's dates do not tell, or disagree.

    Reads the whole file, from its start, beside whatever else is reading it.
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


def _calendar_day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("is no day of the calendar") from None


class DateParser:
    """Days as the file prints them; each spelling is read once, as a file has few."""

    def __init__(self, table: CsvTable, columns: Sequence[str] = DATE_COLUMNS) -> None:
        self._table = table
        self._columns = columns
        self._cache: dict[str, tuple[str, date]] = {}

    @cached_property
    def _day_first(self) -> bool | None:
        return detect_day_first(self._table, self._columns)

    def parse(self, text: str) -> tuple[str, date]:
        """The day, also as `YYYY-MM-DD`. Raises ValueError for what is no day, or one of two."""
        cached = self._cache.get(text)
        if cached is None:
            day = self._parse_uncached(text.strip())
            cached = self._cache[text] = day.isoformat(), day
        return cached

    def _parse_uncached(self, text: str) -> date:
        match = _YEAR_FIRST.fullmatch(text)
        if match:
            return _calendar_day(match[1], match[3], match[4])
        match = _YEAR_LAST.fullmatch(text)
        if match:
            one, other = match[1], match[3]
            if self._day_first is None and int(one) != int(other):
                raise ValueError("day and month cannot be told apart: the file's dates leave their order open")
            return _calendar_day(match[4], other, one) if self._day_first else _calendar_day(match[4], one, other)
        if _TIMED.fullmatch(text):
            raise ValueError("has a time of day other than midnight: a shift of time zone may have changed the day")
        raise ValueError("is not a date such as 2013-01-03")
