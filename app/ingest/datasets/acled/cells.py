"""How the cells of ACLED are read, whichever layout or program wrote them.

| cells of                       | as printed                                          | as read and served again      |
|--------------------------------|-----------------------------------------------------|-------------------------------|
| event_date                     | `2021-07-04`, `04 July 2021`, `4-Jul-2021`,         | `2021-07-04`                  |
|                                | `05-Jul-21` (years 70-99 are of the last century);  |                               |
|                                | what `ged_cells` reads besides                      |                               |
| year, iso, codes of precision, | `4`, `4.0` (pandas)                                 | `4`                           |
| fatalities, timestamp          |                                                     |                               |
| latitude, longitude            | `37.1325`                                           | the same, without blanks      |
| inter1, inter2, interaction    | `Rebel group`; until 2024 `2`, and `12` for two     | the same                      |
| all other columns              | any text                                            | that text; CRLF in it as LF   |

Days are served as ACLED's API prints them, whatever a file prints: its clients read nothing else.
"""

import re
from datetime import date, timedelta

from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.ucdp_ged.cells import DateParser, parse_int

MONTH_ABBREVIATIONS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_IN_WORDS = re.compile(r"(\d{1,2})[- ]([a-z]{3,9})\.?[- ](\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_MIN_DATE, _MAX_DATE = date(1900, 1, 1), date(2100, 1, 1)
HALF_WEEK = timedelta(days=3)


class AcledDateParser:
    """Days as the file prints them; each spelling is read once."""

    def __init__(self, table: CsvTable) -> None:
        self._numeric = DateParser(table, ("event_date",))
        self._cache: dict[str, date] = {}

    def parse(self, text: str) -> date:
        """The day. Raises ValueError for what is no day, one of two, or of another age."""
        cached = self._cache.get(text)
        if cached is None:
            match = _IN_WORDS.fullmatch(text.strip())
            cached = _in_words(*match.groups()) if match else self._numeric.parse(text)[1]
            if not _MIN_DATE <= cached < _MAX_DATE:
                raise ValueError(f"lies before {_MIN_DATE.year} or after {_MAX_DATE.year - 1}")
            self._cache[text] = cached
        return cached


def _in_words(day: str, month: str, year: str) -> date:
    names = MONTH_NAMES if len(month) > 3 else MONTH_ABBREVIATIONS
    if month.lower() not in names:
        raise ValueError("names no month")
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
    try:
        return date(number, names.index(month.lower()) + 1, int(day))
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def date_range_of_precision(day: date, time_precision: int) -> tuple[date, date]:
    """The first and the last day on which it may have happened (ACLED Codebook, time precision).

    1: that day. 2: some time within a week or the like, of which event_date is the middle: three days before it to
    three days after it. 3: some time within a month, of which event_date is the middle, or the beginning or end if the
    source says so: the calendar month.
    """
    if time_precision == 1:
        return day, day
    if time_precision == 2:
        return day - HALF_WEEK, day + HALF_WEEK
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def normalise_number(text: str) -> str:
    """A number as it is served: without blanks and the `.0` of a trip through pandas; what is none as it is."""
    try:
        return str(parse_int(text))
    except ValueError:
        return text


def split_names(text: str) -> list[str]:
    """The names in a cell, between semicolons, each once."""
    return list(dict.fromkeys(name for part in text.split(";") if (name := " ".join(part.split()))))
