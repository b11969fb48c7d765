"""Read UCDP GED in any layout since 19.1: each row becomes a record, or the reasons against it.

Absent columns and empty cells are None; a cell of blanks alone is empty. Columns are found by name.

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

No layout writes NA, NULL or NaN for nothing: in a text they are that text, in a number they are refused. Sources are
parsed by `sources`.
"""

import re
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from app.codebooks.ucdp import DATE_PRECISION_DAYS, GED_COLUMNS, GED_LIMITS
from app.ingest.datasets.core.cells import DateParser, parse_int
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.reader import COORDINATE_LIMITS, Cell, Layout, Row, RowReader
from app.ingest.datasets.core.records import RowWarning
from app.ingest.datasets.ucdp_ged.sources import GedSource, days_listed, parse_sources

_GWNO_SEPARATOR = re.compile("[;,]")


def parse_count(text: str) -> int:
    """Parse a whole number, or -1 for one that is unknown. Raises ValueError for others."""
    return -1 if text.strip() in ("-1", "-1.0") else parse_int(text)


def parse_gwno_list(text: str) -> int | str:
    """Parse one Gleditsch-Ward number, or several as text with semicolons. Raises ValueError for others."""
    numbers = [parse_int(part) for part in _GWNO_SEPARATOR.split(text)]
    return numbers[0] if len(numbers) == 1 else ";".join(map(str, numbers))


MAX_COUNTRY_CHARS = 300
"""Longest name of a country, by which countries are cached."""
MAX_SOURCES = 1000
"""Most sources of a row, each of which becomes a claim; published rows have up to 38."""
LAYOUT = Layout(
    columns=GED_COLUMNS,
    id_column="id",
    optional_columns=(  # all but these 7 are in every layout since 19.1
        "relid", "code_status", "conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id",
        "where_description",
    ),
    extra_columns=("iso3", "start_year", "end_year"),  # of the copies on HDX; the years repeat other columns
    required_cells=(
        "id", "type_of_violence", "dyad_new_id", "dyad_name", "side_a_new_id", "side_a", "side_b_new_id", "side_b",
        "where_prec", "country", "date_prec", "date_start", "date_end",
    ),
    integer_columns=(
        "id", "year", "active_year", "type_of_violence", "conflict_dset_id", "conflict_new_id", "dyad_dset_id",
        "dyad_new_id", "side_a_dset_id", "side_a_new_id", "side_b_dset_id", "side_b_new_id", "number_of_sources",
        "where_prec", "priogrid_gid", "country_id", "event_clarity", "date_prec", "deaths_a", "deaths_b",
        "deaths_civilians", "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
    ),
    limits=GED_LIMITS | COORDINATE_LIMITS,
    integer_parsers={"number_of_sources": parse_count, "gwnoa": parse_gwno_list, "gwnob": parse_gwno_list},
    prose_columns=(
        "source_article", "source_office", "source_date", "source_headline", "source_original", "where_description",
    ),
    max_chars={"country": MAX_COUNTRY_CHARS},
)  # fmt: skip
DEATH_COLUMNS = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")
COORDINATE_TOLERANCE = 1e-5
"""Degrees, about a metre: rounding between the coordinates and geom_wkt is no disagreement."""


class GedRecord(NamedTuple):
    """One event. `cells` are the 49 of `GED_COLUMNS`, parsed; `iso3` is the country's code where the file has it."""

    line: int
    id: int
    cells: list[Cell]
    earliest: date
    latest: date
    sources: list[GedSource]
    warnings: list[RowWarning]
    iso3: str | None


_AT = LAYOUT.index
_ID, _START, _END = (_AT[name] for name in ("id", "date_start", "date_end"))
_pick_sources = itemgetter(*(_AT[f"source_{part}"] for part in ("article", "office", "date", "headline")))


class GedReader(RowReader[GedRecord]):
    """Reader of a file of UCDP GED."""

    layout = LAYOUT

    def __init__(self, table: CsvTable) -> None:
        super().__init__(table)
        self._dates = DateParser(table, ("date_start", "date_end"))

    def record(self, row: Row) -> GedRecord | None:
        """Return the record of a row, with its dates as texts among the cells; None if a date cannot be read."""
        earliest = row.parse("date_start", self._dates.parse)
        latest = row.parse("date_end", self._dates.parse)
        if earliest and latest and earliest > latest:
            row.errors.append(("date_end", f"is before date_start, {earliest}"))
        if row.errors or earliest is None or latest is None:
            return None
        cells = row.cells
        cells[_START], cells[_END] = earliest.isoformat(), latest.isoformat()
        sources = parse_sources(*_pick_sources(cells))
        if len(sources) > MAX_SOURCES:
            row.errors.append(("source_article", f"names more than {MAX_SOURCES} sources"))
            return None
        warnings = row.warnings + _warnings(row.texts, cells, earliest, latest, sources)
        return GedRecord(row.line, cells[_ID], cells, earliest, latest, sources, warnings, row.iso3 or None)


# --- warnings ----------------------------------------------------------------------------------------------------

_YEAR, _COUNT, _SOURCE_DAYS = (_AT[name] for name in ("year", "number_of_sources", "source_date"))
_LATITUDE, _LONGITUDE = _AT["latitude"], _AT["longitude"]
_GEOMETRY, _DATE_PREC = _AT["geom_wkt"], _AT["date_prec"]
_pick_deaths = itemgetter(*(_AT[name] for name in DEATH_COLUMNS))
_pick_totals = itemgetter(*(_AT[name] for name in ("low", "best", "high")))
_POINT = re.compile(r"POINT ?\((-?\d+(?:\.\d*)?) (-?\d+(?:\.\d*)?)\)", re.ASCII | re.IGNORECASE)


def _warnings(
    raw: tuple[str, ...], cells: list[Cell], earliest: date, latest: date, sources: list[GedSource]
) -> list[RowWarning]:
    """Return what in a row contradicts itself or is unknown."""
    warnings: list[RowWarning] = []
    _warn_deaths(cells, warnings)
    _warn_days(cells, earliest, latest, warnings)
    _warn_place(raw, cells, warnings)
    _warn_sources(cells, sources, earliest, warnings)
    return warnings


def _warn_deaths(cells: list[Cell], warnings: list[RowWarning]) -> None:
    deaths = _pick_deaths(cells)
    low, best, high = _pick_totals(cells)
    if None in deaths or low is None or best is None or high is None:
        empty = [name for name in (*DEATH_COLUMNS, "low", "best", "high") if cells[_AT[name]] is None]
        warnings.extend(RowWarning(name, "", "is missing: the number is unknown") for name in empty)
        return
    if not low <= best <= high:
        warnings.append(RowWarning("best", str(best), f"is not between low, {low}, and high, {high}"))
    if best != sum(deaths):
        warnings.append(RowWarning("best", str(best), f"is not the sum of the four counts of deaths, {sum(deaths)}"))


def _warn_days(cells: list[Cell], earliest: date, latest: date, warnings: list[RowWarning]) -> None:
    precision, year = cells[_DATE_PREC], cells[_YEAR]
    days = (latest - earliest).days + 1
    fewest, longest = DATE_PRECISION_DAYS[precision]
    if not fewest <= days <= longest:
        expected = f"{fewest} to {longest} days" if fewest != longest else f"{fewest} day{'s' * (fewest > 1)}"
        warnings.append(RowWarning("date_prec", str(precision), f"means {expected}, the dates cover {days}"))
    if year is not None and not earliest.year <= year <= latest.year:
        warnings.append(RowWarning("year", str(year), f"is no year of the dates, {earliest} to {latest}"))


def _warn_place(raw: tuple[str, ...], cells: list[Cell], warnings: list[RowWarning]) -> None:
    longitude, latitude, geometry = cells[_LONGITUDE], cells[_LATITUDE], cells[_GEOMETRY]
    if longitude is None:
        warnings.append(RowWarning("latitude", "", "is missing, and so is longitude: the event has no point"))
    elif geometry is not None and geometry != f"POINT ({raw[_LONGITUDE]} {raw[_LATITUDE]})":
        match = _POINT.fullmatch(geometry)
        if not match:
            warnings.append(RowWarning("geom_wkt", geometry, "is no point"))
        elif (
            abs(float(match[1]) - longitude) > COORDINATE_TOLERANCE
            or abs(float(match[2]) - latitude) > COORDINATE_TOLERANCE
        ):
            warnings.append(RowWarning("geom_wkt", geometry, f"is another point than {longitude} {latitude}"))


def _warn_sources(cells: list[Cell], sources: list[GedSource], earliest: date, warnings: list[RowWarning]) -> None:
    count, days = cells[_COUNT], cells[_SOURCE_DAYS]
    if count is not None and count > 0 and count != len(sources):
        warnings.append(RowWarning("number_of_sources", str(count), f"source_article holds {len(sources)}"))
    if days is not None and days_listed(days) != [source.published_on for source in sources]:
        warnings.append(RowWarning("source_date", days, "lists other days than source_article"))
    early = [str(source.published_on) for source in sources if source.published_on and source.published_on < earliest]
    if early:
        warnings.append(
            RowWarning("source_article", "; ".join(early), f"is before the event, {earliest}: not believed")
        )
