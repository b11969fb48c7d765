"""Read ACLED, in the layout of today or of before 2023: each row becomes a record, or the reasons against it.

Columns are found by name; `cells` has the table of how cells are parsed. Columns that an old layout lacks are filled
from the others: disorder_type and civilian_targeting follow from the types and sides as the codebook has it; tags are
empty.
"""

import re
from datetime import date
from typing import NamedTuple

from app.codebooks.acled import (
    ACLED_COLUMNS,
    LIMITS,
    EventType,
    Inter,
    SubEventType,
    civilian_targeting,
    disorder_type,
)
from app.codebooks.countries import BY_ISO3, COUNTRIES, NO_NUMERIC_CODE, Country
from app.ingest.datasets.acled.cells import AcledDateParser, date_range_of_precision, normalise_number, split_names
from app.ingest.datasets.acled.codes import parse_event_type, parse_inter, parse_sub_event_type
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.reader import COORDINATE_LIMITS, Layout, Row, RowReader
from app.ingest.datasets.core.records import RowWarning
from app.names import match_key

MAX_INDEXED_CHARS = 300
"""Longest cell by which rows are looked up, in characters: an index holds it whole."""
MAX_NAMES = 1000
"""Most names in a cell that lists sources or associated actors."""
LAYOUT = Layout(
    columns=ACLED_COLUMNS,
    id_column="event_id_cnty",
    optional_columns=("disorder_type", "civilian_targeting", "tags"),  # since 2023
    extra_columns=(  # of the layout before 2023, or added by the API on request
        "data_id", "event_id_no_cnty", "iso3", "population_1km", "population_2km", "population_5km", "population_best",
    ),
    required_cells=("event_id_cnty", "event_date", "time_precision", "event_type", "geo_precision"),
    integer_columns=("year", "time_precision", "iso", "geo_precision", "fatalities", "timestamp"),
    limits=LIMITS | COORDINATE_LIMITS,
    prose_columns=("notes",),
    max_chars=dict.fromkeys(
        ("event_id_cnty", "event_type", "sub_event_type", "inter1", "inter2", "region", "country"), MAX_INDEXED_CHARS
    ),
)  # fmt: skip
INTER_COLUMNS = ("inter1", "inter2", "interaction")
_ID = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*", re.ASCII)
_BY_NUMBER = {country.numeric: country for country in COUNTRIES if country.numeric != NO_NUMERIC_CODE}
_BY_NAME = {match_key(name): country for country in reversed(COUNTRIES) for name in (country.acled_name, country.name)}


class AcledRecord(NamedTuple):
    """One event. `cells` are the 31 of `ACLED_COLUMNS` as they are served; None is a number that the row does not give.

    `inters` are the kinds of actor1 and actor2, NONE where nobody acts or the code is unknown. `sub_event_type` is None
    if the event type has none of that name; its cell stays as printed.
    """

    line: int
    id: str
    cells: tuple[str | None, ...]
    event_date: date
    earliest: date
    latest: date
    event_type: EventType
    sub_event_type: SubEventType | None
    inters: tuple[Inter, Inter]
    country: Country | None
    geo_precision: int
    point: tuple[float, float] | None
    fatalities: int | None
    timestamp: int | None
    sources: list[str]
    warnings: list[RowWarning]


class _Codes(NamedTuple):
    """Codes of a row that several of its cells and warnings depend on."""

    event_date: date
    event_type: EventType
    sub_event_type: SubEventType | None
    inters: tuple[Inter, Inter]
    country: Country | None


def parse_event_id(text: str) -> str:
    """Parse the id of an event. Raises ValueError for what cannot be one."""
    if not _ID.fullmatch(text.strip()):
        raise ValueError("is not made of letters and digits")
    return text.strip()


class AcledReader(RowReader[AcledRecord]):
    """Reader of a file of ACLED."""

    layout = LAYOUT

    def __init__(self, table: CsvTable) -> None:
        super().__init__(table)
        self._dates = AcledDateParser(table)

    def record(self, row: Row) -> AcledRecord | None:
        """Return the record of a row; None if its id, date or event type cannot be read."""
        id_ = row.parse("event_id_cnty", parse_event_id)
        day = row.parse("event_date", self._dates.parse)
        event_type = row.parse("event_type", parse_event_type)
        country = _find_country(row.cell("iso"), row.iso3, row.text("country"))
        if country is None and not row.text("country"):
            row.errors.append(("country", "is missing, and neither iso nor iso3 names one"))
        for name in ("source", "assoc_actor_1", "assoc_actor_2"):
            if row.text(name).count(";") >= MAX_NAMES:
                row.errors.append((name, f"has more than {MAX_NAMES} names"))
        if row.errors or id_ is None or day is None or event_type is None:
            return None
        earliest, latest = date_range_of_precision(day, row.cell("time_precision"))
        codes = _Codes(
            day,
            event_type,
            parse_sub_event_type(event_type, row.text("sub_event_type")),
            (parse_inter(row.text("inter1")) or Inter.NONE, parse_inter(row.text("inter2")) or Inter.NONE),
            country,
        )
        latitude, longitude = row.cell("latitude"), row.cell("longitude")
        return AcledRecord(
            line=row.line,
            id=id_,
            cells=self._served_cells(row, id_, codes),
            earliest=earliest,
            latest=latest,
            geo_precision=row.cell("geo_precision"),
            point=None if latitude is None else (latitude, longitude),
            fatalities=row.cell("fatalities"),
            timestamp=row.cell("timestamp"),
            sources=split_names(row.text("source")),
            warnings=row.warnings + _warnings(row, codes, self.missing_columns),
            **codes._asdict(),
        )

    def _served_cells(self, row: Row, id_: str, codes: _Codes) -> tuple[str | None, ...]:
        """Return the cells as they are served: numbers and dates in one spelling, all others as printed."""
        printed = {name: row.text(name) for name in ACLED_COLUMNS}
        served: dict[str, str | None] = {**printed, "event_id_cnty": id_, "event_date": codes.event_date.isoformat()}
        served |= {name: normalise_number(printed[name]) or None for name in LAYOUT.integer_columns}
        served |= {name: printed[name].strip() or None for name in ("latitude", "longitude")}
        served |= {name: normalise_number(printed[name]) for name in INTER_COLUMNS}
        served["year"] = served["year"] or str(codes.event_date.year)
        if codes.country:
            served["iso"] = served["iso"] or str(codes.country.numeric)
            served["country"] = printed["country"] or codes.country.acled_name
        if "disorder_type" in self.missing_columns:
            served["disorder_type"] = disorder_type(codes.event_type, codes.sub_event_type)
        if "civilian_targeting" in self.missing_columns:
            served["civilian_targeting"] = civilian_targeting(codes.event_type, codes.sub_event_type, codes.inters)
        return tuple(served.values())


def _find_country(iso: int | None, iso3: str, name: str) -> Country | None:
    """Find the country by its number, else its letters, else its name; None for seas and unknown names."""
    return _BY_NUMBER.get(iso or NO_NUMERIC_CODE) or BY_ISO3.get(iso3.strip().upper()) or _BY_NAME.get(match_key(name))


# --- warnings ----------------------------------------------------------------------------------------------------


def _warnings(row: Row, codes: _Codes, missing_columns: list[str]) -> list[RowWarning]:
    """Return what in a row contradicts itself, is unknown or is missing."""
    day, country = codes.event_date, codes.country
    warnings = [
        RowWarning(name, "", "is missing")
        for name in ("actor1", "location", "source", "timestamp")
        if not row.text(name)
    ]
    _warn_types(row, codes, missing_columns, warnings)
    warnings += [
        RowWarning(name, row.text(name), "is none of ACLED's kinds of actors")
        for name in ("inter1", "inter2")
        if parse_inter(row.text(name)) is None
    ]
    if row.cell("year") not in (None, day.year):
        warnings.append(RowWarning("year", row.text("year"), f"is not the year of event_date, {day}"))
    if row.cell("fatalities") is None:
        warnings.append(RowWarning("fatalities", "", "is missing: the number is unknown"))
    if row.cell("latitude") is None:
        warnings.append(RowWarning("latitude", "", "is missing, and so is longitude: the event has no point"))
    if country is None:
        warnings.append(RowWarning("iso", row.text("iso"), "names no country, and neither does country"))
    elif (named := _BY_NAME.get(match_key(row.text("country")))) and named.acled_name != country.acled_name:
        reason = f"is not the country of iso or iso3, {country.name}"
        warnings.append(RowWarning("country", row.text("country"), reason))
    return warnings


def _warn_types(row: Row, codes: _Codes, missing_columns: list[str], warnings: list[RowWarning]) -> None:
    sub, printed = codes.sub_event_type, row.text("disorder_type")
    if sub is None:
        reason = f"is no sub-event type of {codes.event_type}"
        warnings.append(RowWarning("sub_event_type", row.text("sub_event_type"), reason))
        return
    expected = disorder_type(codes.event_type, sub)
    if "disorder_type" not in missing_columns and printed.strip() != expected:
        warnings.append(RowWarning("disorder_type", printed, f"goes with other types; these have {expected}"))
