"""ACLED, read from its export or API of today or in the layout before 2023: rows become typed records, or the reasons
why they cannot.

Columns are found by name. How cells are read is in the table of `acled_cells`, the code lists are in `acled_codes`.
Columns that an old layout lacks are filled from the others: disorder_type and civilian_targeting follow from the types
and sides as the codebook has it; tags are empty.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.codebooks.countries import BY_ISO3, COUNTRIES, NO_NUMERIC_CODE, Country
from app.ingest.datasets.acled.cells import AcledDateParser, date_range_of_precision, normalise_number, split_names
from app.ingest.datasets.acled.codes import EVENT_TYPES, civilian_targeting, disorder_type, parse_inter, sub_event_type
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.records import Rejected, RowWarning
from app.ingest.datasets.ucdp_ged.cells import parse_degrees, parse_int
from app.models.datasets import ACLED_COLUMNS
from app.names import match_key

COLUMNS = ACLED_COLUMNS
SINCE_2023 = ("disorder_type", "civilian_targeting", "tags")
NEEDED_COLUMNS = tuple(name for name in COLUMNS if name not in SINCE_2023)
"""The 28 that both layouts have; a file without one was cut, and reading it would empty what is known."""
EXTRA_COLUMNS = (
    "data_id", "event_id_no_cnty", "iso3", "population_1km", "population_2km", "population_5km", "population_best"
)  # fmt: skip
"""Of the layout before 2023, or added by the API when asked to; all but iso3 is not read."""
NEEDED_CELLS = ("event_id_cnty", "event_date", "time_precision", "event_type", "geo_precision")
LIMITS = {"time_precision": (1, 3), "geo_precision": (1, 3), "latitude": (-90, 90), "longitude": (-180, 180)}
"""The lowest and highest value (ACLED Codebook)."""
INTEGER_COLUMNS = ("year", "time_precision", "iso", "geo_precision", "fatalities", "timestamp")
NUMERIC_COLUMNS = (*INTEGER_COLUMNS, "latitude", "longitude")
INTER_COLUMNS = ("inter1", "inter2", "interaction")
INDEXED_CELLS = ("event_id_cnty", "event_type", "sub_event_type", "inter1", "inter2", "region", "country")
MAX_INDEXED_CHARS = 300
"""In characters, of a cell by which rows are looked up: an index holds it whole."""
_ID = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*", re.ASCII)
_BY_NUMBER = {country.numeric: country for country in COUNTRIES if country.numeric != NO_NUMERIC_CODE}
_BY_NAME = {match_key(name): country for country in reversed(COUNTRIES) for name in (country.acled_name, country.name)}

CellErrors = list[tuple[str, str]]
"""Fields of a row, each with what is wrong with it."""


class AcledRecord(NamedTuple):
    """One event. `cells` are the 31 of `COLUMNS` as they are served; None is a number that the row does not give.

    `inters` are the kinds of actor1 and actor2 in ACLED's words, "" where nobody acts or the code is no code.
    `sub_event_type` is None if the event type has none of that name; the cell keeps what it is called.
    """

    line: int
    id: str
    cells: tuple[str | None, ...]
    event_date: date
    earliest: date
    latest: date
    event_type: str
    sub_event_type: str | None
    inters: tuple[str, str]
    country: Country | None
    geo_precision: int
    point: tuple[float, float] | None
    fatalities: int | None
    timestamp: int | None
    sources: list[str]
    warnings: list[RowWarning]


def event_id(text: str) -> str:
    """The id of an event as ACLED prints it. Raises ValueError for what cannot be one."""
    if not _ID.fullmatch(text.strip()):
        raise ValueError("is not made of letters and digits")
    return text.strip()


def records(path: Path) -> Iterator[AcledRecord | Rejected]:
    """Every row of a file, in its order. Raises UnreadableFileError when the file cannot be read as ACLED."""
    with CsvTable(path) as table:
        yield from read(table)


def read(table: CsvTable) -> Iterator[AcledRecord | Rejected]:
    """Every row of an open file; `table.consumed` tells how far it is. Refuses a file that lacks columns at once."""
    table.require_columns(NEEDED_COLUMNS)
    return _read(table, _RowReader(table))


def unknown_columns(table: CsvTable) -> list[str]:
    """Columns that neither layout has; nothing is read from them."""
    return [name for name in table.columns if name and name not in COLUMNS and name not in EXTRA_COLUMNS]


def _read(table: CsvTable, row: "_RowReader") -> Iterator[AcledRecord | Rejected]:
    for line, cells, problem in table.rows():
        if problem is None:
            yield from row.read(line, cells)
        else:
            yield Rejected(line, row.id_of(cells), "", "", problem)


class _RowReader:
    """Reads the rows of one file."""

    def __init__(self, table: CsvTable) -> None:
        self._get_cells = table.column_getter(COLUMNS)
        self._date_parser = AcledDateParser(table)
        self._missing_columns = [name for name in SINCE_2023 if name not in table.columns]
        self._id_at = table.columns.index("event_id_cnty")
        self._iso3_at = table.columns.index("iso3") if "iso3" in table.columns else None

    def id_of(self, cells: list[str]) -> str:
        """The id as printed, also of a row with too few cells."""
        return cells[self._id_at] if len(cells) > self._id_at else ""

    def read(self, line: int, row: list[str]) -> Iterable[AcledRecord | Rejected]:
        """One record, or a rejection for each thing wrong with the row."""
        cells = dict(zip(COLUMNS, ("" if text.isspace() else text for text in self._get_cells(row)), strict=True))
        wrong: CellErrors = [(name, "is missing") for name in NEEDED_CELLS if not cells[name]]
        wrong += [
            (name, f"is longer than {MAX_INDEXED_CHARS} characters") for name in INDEXED_CELLS if _is_long(cells[name])
        ]
        whole_of, point = _read_numbers(cells, wrong)
        id_, day = self._read_id(cells, wrong), self._read_day(cells, wrong)
        event_type = EVENT_TYPES.get(cells["event_type"].strip().casefold())
        if cells["event_type"] and event_type is None:
            wrong.append(("event_type", "is none of the six event types that ACLED has had since 2019"))
        iso3 = row[self._iso3_at] if self._iso3_at is not None else ""
        country = _country(whole_of.get("iso"), iso3, cells["country"])
        if country is None and not cells["country"]:
            wrong.append(("country", "is missing, and neither iso nor iso3 names one"))
        if wrong or day is None or event_type is None:
            order = COLUMNS.index
            return [
                Rejected(
                    line, cells["event_id_cnty"][:MAX_INDEXED_CHARS], name, cells[name][:MAX_INDEXED_CHARS], reason
                )
                for name, reason in sorted(wrong, key=lambda found: order(found[0]))
            ]
        earliest, latest = date_range_of_precision(day, whole_of["time_precision"])
        sub = sub_event_type(event_type, cells["sub_event_type"])
        sides = (parse_inter(cells["inter1"]) or "", parse_inter(cells["inter2"]) or "")
        warnings = _warnings(cells, day, event_type, country, whole_of, self._missing_columns)
        record = AcledRecord(
            line=line,
            id=id_,
            cells=self._cells(cells, id_, day, event_type, sub, sides, country),
            event_date=day,
            earliest=earliest,
            latest=latest,
            event_type=event_type,
            sub_event_type=sub,
            inters=sides,
            country=country,
            geo_precision=whole_of["geo_precision"],
            point=point,
            fatalities=whole_of.get("fatalities"),
            timestamp=whole_of.get("timestamp"),
            sources=split_names(cells["source"]),
            warnings=warnings,
        )
        return (record,)

    def _read_id(self, cells: dict[str, str], errors: CellErrors) -> str:
        try:
            return event_id(cells["event_id_cnty"]) if cells["event_id_cnty"] else ""
        except ValueError as error:
            errors.append(("event_id_cnty", str(error)))
            return ""

    def _read_day(self, cells: dict[str, str], errors: CellErrors) -> date | None:
        if not cells["event_date"]:
            return None
        try:
            return self._date_parser.parse(cells["event_date"])
        except ValueError as error:
            errors.append(("event_date", str(error)))
            return None

    def _cells(
        self,
        cells: dict[str, str],
        id_: str,
        day: date,
        event_type: str,
        sub: str | None,
        sides: tuple[str, str],
        country: Country | None,
    ) -> tuple[str | None, ...]:
        """The cells as they are served: numbers and days in one spelling, all others as they are printed."""
        told: dict[str, str | None] = {**cells, "event_id_cnty": id_, "event_date": day.isoformat()}
        told |= {name: normalise_number(cells[name]) or None for name in INTEGER_COLUMNS}
        told |= {name: cells[name].strip() or None for name in ("latitude", "longitude")}
        told |= {name: normalise_number(cells[name]) for name in INTER_COLUMNS}
        told["year"] = told["year"] or str(day.year)
        if country:
            told["iso"] = told["iso"] or str(country.numeric)
            told["country"] = cells["country"] or country.acled_name
        if "disorder_type" in self._missing_columns:
            told["disorder_type"] = disorder_type(event_type, sub)
        if "civilian_targeting" in self._missing_columns:
            told["civilian_targeting"] = civilian_targeting(event_type, sub, sides)
        return tuple(told.values())


def _is_long(text: str) -> bool:
    return len(text) > MAX_INDEXED_CHARS


def _read_numbers(cells: dict[str, str], errors: CellErrors) -> tuple[dict[str, int], tuple[float, float] | None]:
    """The whole numbers that there are, and the point if there is one."""
    numbers: dict[str, float] = {}
    for name in NUMERIC_COLUMNS:
        if cells[name]:
            try:
                number = parse_int(cells[name]) if name in INTEGER_COLUMNS else parse_degrees(cells[name])
            except ValueError as error:
                errors.append((name, str(error)))
                continue
            low, high = LIMITS.get(name, (0, number))
            if not low <= number <= high:
                errors.append((name, f"is not between {low} and {high}"))
            numbers[name] = number
    for name, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if cells[other] and not cells[name]:
            errors.append((name, "is missing, the other coordinate is not"))
    point = (numbers["latitude"], numbers["longitude"]) if {"latitude", "longitude"} <= numbers.keys() else None
    return {name: int(numbers[name]) for name in INTEGER_COLUMNS if name in numbers}, point


def _country(iso: int | None, iso3: str, name: str) -> Country | None:
    """The country by its number, else its letters, else its name; None for the seas, and for what nobody knows."""
    return _BY_NUMBER.get(iso or NO_NUMERIC_CODE) or BY_ISO3.get(iso3.strip().upper()) or _BY_NAME.get(match_key(name))


# --- warnings ----------------------------------------------------------------------------------------------------


def _warnings(
    cells: dict[str, str],
    day: date,
    event_type: str,
    country: Country | None,
    whole_of: dict[str, int],
    missing_columns: list[str],
) -> list[RowWarning]:
    warnings = [
        RowWarning(name, "", "is missing") for name in ("actor1", "location", "source", "timestamp") if not cells[name]
    ]
    _warn_types(cells, event_type, missing_columns, warnings)
    warnings += [
        RowWarning(name, cells[name], "is none of ACLED's kinds of actors")
        for name in ("inter1", "inter2")
        if parse_inter(cells[name]) is None
    ]
    if whole_of.get("year", day.year) != day.year:
        warnings.append(RowWarning("year", cells["year"], f"is not the year of event_date, {day}"))
    if "fatalities" not in whole_of:
        warnings.append(RowWarning("fatalities", "", "is missing: the number is unknown"))
    if not cells["latitude"]:
        warnings.append(RowWarning("latitude", "", "is missing, and so is longitude: the event has no point"))
    if country is None:
        warnings.append(RowWarning("iso", cells["iso"], "names no country, and neither does country"))
    elif (named := _BY_NAME.get(match_key(cells["country"]))) and named.acled_name != country.acled_name:
        warnings.append(RowWarning("country", cells["country"], f"is not the country of iso or iso3, {country.name}"))
    return warnings


def _warn_types(cells: dict[str, str], event_type: str, missing_columns: list[str], warnings: list[RowWarning]) -> None:
    sub = sub_event_type(event_type, cells["sub_event_type"])
    if sub is None:
        warnings.append(RowWarning("sub_event_type", cells["sub_event_type"], f"is no sub-event type of {event_type}"))
    elif "disorder_type" not in missing_columns and cells["disorder_type"].strip() != disorder_type(event_type, sub):
        expected = disorder_type(event_type, sub)
        warnings.append(
            RowWarning("disorder_type", cells["disorder_type"], f"goes with other types; these have {expected}")
        )
