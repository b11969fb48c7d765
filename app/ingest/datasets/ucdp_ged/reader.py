"""UCDP GED, read from any layout published since 19.1: rows become typed records, or the reasons why they cannot.

Columns are found by name. How cells are read is in the table of `ged_cells`, how sources are in `ged_sources`.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.records import Rejected, RowWarning
from app.ingest.datasets.ucdp_ged.cells import DateParser, parse_count, parse_degrees, parse_gwno_list, parse_int
from app.ingest.datasets.ucdp_ged.sources import GedSource, days_listed, parse_sources
from app.models.datasets import GED_COLUMNS

COLUMNS = GED_COLUMNS
COLUMN_INDEX = {name: place for place, name in enumerate(COLUMNS)}
NOT_IN_19_1 = (
    "relid", "code_status", "conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "where_description"
)  # fmt: skip
NEEDED_COLUMNS = tuple(name for name in COLUMNS if name not in NOT_IN_19_1)
"""The 42 that every layout since 19.1 has; a file without one was cut, and reading it would empty what is known."""
EXTRA_COLUMNS = ("iso3", "start_year", "end_year")
"""What the copies on HDX add; all but iso3 repeats other columns and is not read."""
NEEDED_CELLS = (
    "id", "type_of_violence", "dyad_new_id", "dyad_name", "side_a_new_id", "side_a", "side_b_new_id", "side_b",
    "where_prec", "country", "date_prec", "date_start", "date_end",
)  # fmt: skip
INTEGER_COLUMNS = (
    "id", "year", "active_year", "type_of_violence", "conflict_dset_id", "conflict_new_id", "dyad_dset_id",
    "dyad_new_id", "side_a_dset_id", "side_a_new_id", "side_b_dset_id", "side_b_new_id", "number_of_sources",
    "where_prec", "priogrid_gid", "country_id", "event_clarity", "date_prec", "deaths_a", "deaths_b",
    "deaths_civilians", "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
DEATH_COLUMNS = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")
LIMITS = {
    "type_of_violence": (1, 3),
    "where_prec": (1, 7),
    "event_clarity": (1, 2),
    "date_prec": (1, 5),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
}
"""The lowest and highest value of a code or coordinate (GED Codebook 25.1)."""
DAYS_OF_PRECISION = {1: (1, 1), 2: (2, 6), 3: (7, 7), 4: (8, 31), 5: (32, 366)}
"""How many days from date_start to date_end each date_prec stands for (GED Codebook 25.1)."""
COORDINATE_TOLERANCE = 1e-5
"""Degrees, about a metre: rounding between the coordinates and geom_wkt is no disagreement."""


class GedRecord(NamedTuple):
    """One event. `cells` are the 49 of `COLUMNS`, typed; `iso3` is the country's code where the file has it."""

    line: int
    id: int
    cells: list[Any]
    earliest: date
    latest: date
    sources: list[GedSource]
    warnings: list[RowWarning]
    iso3: str | None


def records(path: Path) -> Iterator[GedRecord | Rejected]:
    """Every row of a file, in its order. Raises UnreadableFileError when the file cannot be read as GED."""
    with CsvTable(path) as table:
        yield from read(table)


def read(table: CsvTable) -> Iterator[GedRecord | Rejected]:
    """Every row of an open file; `table.consumed` tells how far it is. Refuses a file that lacks columns at once."""
    table.require_columns(NEEDED_COLUMNS)
    return _read(table, _RowReader(table))


def unknown_columns(table: CsvTable) -> list[str]:
    """Columns that no published layout has; nothing is read from them."""
    return [name for name in table.columns if name and name not in COLUMN_INDEX and name not in EXTRA_COLUMNS]


def _read(table: CsvTable, row: "_RowReader") -> Iterator[GedRecord | Rejected]:
    for line, cells, problem in table.rows():
        if problem is None:
            yield from row.read(line, cells)
        else:
            yield Rejected(line, row.id_of(cells), "", "", problem)


# --- cells -------------------------------------------------------------------------------------------------------

CellErrors = list[tuple[str, str]]
"""Fields of a row, each with what is wrong with it."""

_INTEGERS_AT = tuple(COLUMN_INDEX[name] for name in INTEGER_COLUMNS)
_INTEGER_PARSERS = tuple(
    {"number_of_sources": parse_count, "gwnoa": parse_gwno_list, "gwnob": parse_gwno_list}.get(name, parse_int)
    for name in INTEGER_COLUMNS
)
_LIMITED = tuple((COLUMN_INDEX[name], name, *limits) for name, limits in LIMITS.items())
_LATITUDE, _LONGITUDE = COLUMN_INDEX["latitude"], COLUMN_INDEX["longitude"]
_pick_whole = itemgetter(*_INTEGERS_AT)
_pick_needed = itemgetter(*(COLUMN_INDEX[name] for name in NEEDED_CELLS))


def _check_needed(cells: list[Any], errors: CellErrors) -> None:
    if None in _pick_needed(cells):
        errors.extend((name, "is missing") for name in NEEDED_CELLS if cells[COLUMN_INDEX[name]] is None)
    if (cells[_LATITUDE] is None) != (cells[_LONGITUDE] is None):
        missing = "latitude" if cells[_LATITUDE] is None else "longitude"
        errors.append((missing, "is missing, the other coordinate is not"))


def _read_integers(raw: tuple[str, ...], cells: list[Any], errors: CellErrors) -> None:
    """Put the whole numbers in their cells: without a look at each where all are short runs of digits, as mostly."""
    texts = _pick_whole(raw)
    joined = "".join(texts)
    if joined.isdecimal() and joined.isascii() and max(map(len, texts)) < 10:
        for at, text in zip(_INTEGERS_AT, texts):  # noqa: B905 - once for each row
            if text:
                cells[at] = int(text)
        return
    for at, text, read_one in zip(_INTEGERS_AT, texts, _INTEGER_PARSERS, strict=True):
        if cells[at] is not None:
            try:
                cells[at] = int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else read_one(text)
            except ValueError as error:
                errors.append((COLUMNS[at], str(error)))
                cells[at] = None


def _read_degrees(cells: list[Any], errors: CellErrors) -> None:
    for at in (_LATITUDE, _LONGITUDE):
        if cells[at] is not None:
            try:
                cells[at] = parse_degrees(cells[at])
            except ValueError as error:
                errors.append((COLUMNS[at], str(error)))
                cells[at] = None


def _check_limits(cells: list[Any], errors: CellErrors) -> None:
    for at, name, low, high in _LIMITED:
        number = cells[at]
        if number is not None and not low <= number <= high:
            errors.append((name, f"is not between {low} and {high}"))


# --- rows --------------------------------------------------------------------------------------------------------

_ID, _START, _END = (COLUMN_INDEX[name] for name in ("id", "date_start", "date_end"))
_pick_sources = itemgetter(*(COLUMN_INDEX[f"source_{part}"] for part in ("article", "office", "date", "headline")))


class _RowReader:
    """Reads the rows of one file."""

    def __init__(self, table: CsvTable) -> None:
        self._get_cells = table.column_getter(COLUMNS)
        self._date_parser = DateParser(table)
        self._id_at = table.columns.index("id")
        self._iso3_at = table.columns.index("iso3") if "iso3" in table.columns else None

    def id_of(self, cells: list[str]) -> str:
        """The id as printed, also of a row with too few cells."""
        return cells[self._id_at] if len(cells) > self._id_at else ""

    def read(self, line: int, row: list[str]) -> Iterable[GedRecord | Rejected]:
        """One record, or a rejection for each thing wrong with the row."""
        raw = self._get_cells(row)
        cells: list[Any] = [None if not text or text.isspace() else text for text in raw]
        wrong: CellErrors = []
        _check_needed(cells, wrong)
        _read_integers(raw, cells, wrong)
        _read_degrees(cells, wrong)
        _check_limits(cells, wrong)
        earliest, latest = self._read_day(_START, cells, wrong), self._read_day(_END, cells, wrong)
        if earliest and latest and earliest > latest:
            wrong.append(("date_end", f"is before date_start, {earliest}"))
        if wrong or earliest is None or latest is None:
            wrong.sort(key=lambda found: COLUMN_INDEX[found[0]])
            return [Rejected(line, raw[_ID], name, raw[COLUMN_INDEX[name]], reason) for name, reason in wrong]
        sources = parse_sources(*_pick_sources(cells))
        warnings = _warnings(raw, cells, earliest, latest, sources)
        iso3 = row[self._iso3_at] if self._iso3_at is not None else None
        return (GedRecord(line, cells[_ID], cells, earliest, latest, sources, warnings, iso3 or None),)

    def _read_day(self, at: int, cells: list[Any], errors: CellErrors) -> date | None:
        if cells[at] is None:
            return None
        try:
            cells[at], day = self._date_parser.parse(cells[at])
        except ValueError as error:
            errors.append((COLUMNS[at], str(error)))
            return None
        return day


# --- warnings ----------------------------------------------------------------------------------------------------

_YEAR, _COUNT, _SOURCE_DAYS = (COLUMN_INDEX[name] for name in ("year", "number_of_sources", "source_date"))
_GEOMETRY, _DATE_PREC = COLUMN_INDEX["geom_wkt"], COLUMN_INDEX["date_prec"]
_pick_deaths = itemgetter(*(COLUMN_INDEX[name] for name in DEATH_COLUMNS))
_pick_totals = itemgetter(*(COLUMN_INDEX[name] for name in ("low", "best", "high")))
_POINT = re.compile(r"POINT ?\((-?\d+(?:\.\d*)?) (-?\d+(?:\.\d*)?)\)", re.ASCII | re.IGNORECASE)


def _warnings(
    raw: tuple[str, ...], cells: list[Any], earliest: date, latest: date, sources: list[GedSource]
) -> list[RowWarning]:
    warnings: list[RowWarning] = []
    _warn_deaths(cells, warnings)
    _warn_days(cells, earliest, latest, warnings)
    _warn_place(raw, cells, warnings)
    _warn_sources(cells, sources, earliest, warnings)
    return warnings


def _warn_deaths(cells: list[Any], warnings: list[RowWarning]) -> None:
    deaths = _pick_deaths(cells)
    low, best, high = _pick_totals(cells)
    if None in deaths or low is None or best is None or high is None:
        empty = [name for name in (*DEATH_COLUMNS, "low", "best", "high") if cells[COLUMN_INDEX[name]] is None]
        warnings.extend(RowWarning(name, "", "is missing: the number is unknown") for name in empty)
        return
    if not low <= best <= high:
        warnings.append(RowWarning("best", str(best), f"is not between low, {low}, and high, {high}"))
    if best != sum(deaths):
        warnings.append(RowWarning("best", str(best), f"is not the sum of the four counts of deaths, {sum(deaths)}"))


def _warn_days(cells: list[Any], earliest: date, latest: date, warnings: list[RowWarning]) -> None:
    precision, year = cells[_DATE_PREC], cells[_YEAR]
    days = (latest - earliest).days + 1
    fewest, longest = DAYS_OF_PRECISION[precision]
    if not fewest <= days <= longest:
        expected = f"{fewest} to {longest} days" if fewest != longest else f"{fewest} day{'s' * (fewest > 1)}"
        warnings.append(RowWarning("date_prec", str(precision), f"means {expected}, the dates cover {days}"))
    if year is not None and not earliest.year <= year <= latest.year:
        warnings.append(RowWarning("year", str(year), f"is no year of the dates, {earliest} to {latest}"))


def _warn_place(raw: tuple[str, ...], cells: list[Any], warnings: list[RowWarning]) -> None:
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


def _warn_sources(cells: list[Any], sources: list[GedSource], earliest: date, warnings: list[RowWarning]) -> None:
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
