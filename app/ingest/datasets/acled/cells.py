"""Parse cells of ACLED, whichever layout or program wrote them.

| cells of                       | as printed                                          | as read and served again      |
|--------------------------------|-----------------------------------------------------|-------------------------------|
| event_date                     | `2021-07-04`, `04 July 2021`, `4-Jul-2021`,         | `2021-07-04`                  |
|                                | `05-Jul-21` (years 70-99 are of the last century);  |                               |
|                                | and as in UCDP GED: see `ucdp_ged.reader`           |                               |
| year, iso, codes of precision, | `4`, `4.0` (pandas)                                 | `4`                           |
| fatalities, timestamp          |                                                     |                               |
| latitude, longitude            | `37.1325`                                           | the same, without blanks      |
| inter1, inter2, interaction    | `Rebel group`; until 2024 `2`, and `12` for two     | the same                      |
| all other columns              | any text                                            | that text; CRLF in it as LF   |

Dates are served as ACLED's API prints them, whatever a file prints, because its clients read nothing else.
"""

import re
from datetime import date, timedelta

from app.ingest.datasets.core.cells import DateParser, calendar_day, parse_int, remember_day
from app.ingest.datasets.core.files import CsvTable

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WITH_MONTH_NAME = re.compile(r"(\d{1,2})[- ]([a-z]{3,9})\.?[- ](\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_MIN_DATE, _MAX_DATE = date(1900, 1, 1), date(2100, 1, 1)
HALF_WEEK = timedelta(days=3)


class AcledDateParser:
    """Parser of dates in one file, with the month as a number or in letters. Each spelling is parsed once."""

    def __init__(self, table: CsvTable) -> None:
        self._numeric = DateParser(table, ("event_date",))
        self._cache: dict[str, date] = {}

    def parse(self, text: str) -> date:
        """Parse a date. Raises ValueError for what is no date, an ambiguous one, or one before 1900 or after 2099."""
        day = self._cache.get(text)
        if day is None:
            match = _WITH_MONTH_NAME.fullmatch(text.strip())
            day = _parse_with_month_name(*match.groups()) if match else self._numeric.parse(text)
            if not _MIN_DATE <= day < _MAX_DATE:
                raise ValueError(f"lies before {_MIN_DATE.year} or after {_MAX_DATE.year - 1}")
            remember_day(self._cache, text, day)
        return day


def _parse_with_month_name(day: str, month: str, year: str) -> date:
    names = FULL_MONTHS if len(month) > 3 else MONTHS
    if month.lower() not in names:
        raise ValueError("names no month")
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
    return calendar_day(number, names.index(month.lower()) + 1, int(day))


def date_range_of_precision(day: date, time_precision: int) -> tuple[date, date]:
    """Return the first and the last day on which an event may have happened (ACLED Codebook, time precision).

    1: event_date alone. 2: some time within a week, of which event_date is the middle: three days before it to three
    days after it. 3: some time within a month, of which event_date is the middle, or the beginning or end if the source
    says so: the calendar month.
    """
    if time_precision == 1:
        return day, day
    if time_precision == 2:
        return day - HALF_WEEK, day + HALF_WEEK
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def normalise_number(text: str) -> str:
    """Return a whole number without blanks and without the `.0` that pandas adds; other texts stay as they are."""
    try:
        return str(parse_int(text))
    except ValueError:
        return text


def split_names(text: str) -> list[str]:
    """Split a cell at its semicolons into names, each once."""
    return list(dict.fromkeys(name for part in text.split(";") if (name := " ".join(part.split()))))
