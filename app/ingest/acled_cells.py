"""Cells of an event in ACLED's shape, as its row in `acled_event`.

Clients count on it that no cell is null. What ACLED's columns ask and no claim tells is an empty text, or 0 deaths.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from app.codebooks.acled import CIVILIAN_TARGETING, DISORDER_TYPES, EventType
from app.codebooks.countries import BY_ISO3, NO_NUMERIC_CODE
from app.formats.base import dumps
from app.ingest.acled_sides import SideCells
from app.ingest.short_texts import cache_short
from app.models.base import table_of
from app.models.datasets import AcledEvent
from app.query.compat.acled.crosswalk import GEO_PRECISION_OF, event_types
from app.query.compat.acled.filters import fold_case, lower_ascii

COLUMNS = tuple(column.name for column in table_of(AcledEvent).columns)
"""The columns of a row, in their order."""
TEXT_COLUMNS = (
    *("disorder_type", "event_type", "sub_event_type", "civilian_targeting"),
    *("actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction"),
    *("region", "country", "admin1", "admin2", "admin3", "location", "source", "source_scale", "notes", "tags"),
)
"""Columns with text that is searched without case and may hold letters beyond ASCII, in the order of the table."""
INTEGER_COLUMNS = ("year", "time_precision", "iso", "geo_precision", "fatalities", "timestamp")
OPTIONAL_COLUMNS = ("iso", "latitude", "longitude", "fatalities", "timestamp")
"""Columns that an imported row may leave empty; they are derived then."""
COARSE_PRECISION = "3"
MAX_DAYS_OF_PRECISION_2 = 7
POINT_COLUMNS = ("latitude", "longitude", "latitude_degrees", "longitude_degrees")

Row = tuple[str | int | float | None, ...]
"""A row of `acled_event` in the order of COLUMNS; days are texts."""


class TypeCells(NamedTuple):
    """The cells that follow from the category and its details."""

    disorder_type: str
    event_type: str
    sub_event_type: str
    civilian_targeting: str


class PlaceCells(NamedTuple):
    """Names of a place's administrative units, and the point of the place or of the nearest one around it."""

    admin1: str = ""
    admin2: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def inner(self, kind: str, name: str, latitude: float | None, longitude: float | None) -> "PlaceCells":
        """Derive the cells of a place that lies in this one."""
        if latitude is None:
            latitude, longitude = self.latitude, self.longitude
        admin1 = name if kind == "province" else self.admin1
        admin2 = name if kind == "district" else self.admin2
        return PlaceCells(admin1, admin2, latitude, longitude)


NO_CELLS = PlaceCells()


class EventCells(NamedTuple):
    """An event as far as ACLED's shape tells of it. Days are texts (YYYY-MM-DD)."""

    id: str
    sort_date: str
    earliest: str | None
    latest: str | None
    types: TypeCells
    sides: SideCells
    country: str | None
    """ISO 3166-1 alpha-3, or a code that no scheme knows; None of a sea."""
    location: str
    place: PlaceCells
    geo_precision: int
    source: str
    notes: str
    fatalities: int
    tags: str
    status: str
    is_repeated: bool
    """True if the event is part of another that is served itself."""
    changed_at: int


@cache
def type_cells(
    category: str, means: str | None = None, gainer_inter: str | None = None, population: str | None = None
) -> TypeCells:
    """Derive the types of an event; see `event_types`."""
    event_type, sub = event_types(category, means, gainer_inter, population)
    targeting = CIVILIAN_TARGETING if category == "violence_against_civilians" else ""
    return TypeCells(DISORDER_TYPES[EventType(event_type)] if event_type else "", event_type, sub, targeting)


@cache
def country_cells(iso3: str | None) -> tuple[int, str, str]:
    """Return iso, region and country. A code that no scheme knows stands for itself."""
    known = BY_ISO3.get(iso3 or "")
    return (known.numeric, known.acled_region, known.acled_name) if known else (NO_NUMERIC_CODE, "", iso3 or "")


def geo_precision(location_precision: str | None, *, has_own_point: bool) -> int:
    """Return ACLED's geo_precision: 3 where the point is that of a unit around the place."""
    return int(GEO_PRECISION_OF[location_precision] if has_own_point and location_precision else COARSE_PRECISION)


def time_precision(earliest: str | None, latest: str | None) -> int:
    """Return ACLED's time_precision: 1 for a day, 2 for up to seven days, else 3."""
    if earliest is None or latest is None:
        return 3
    if earliest == latest:
        return 1
    days = (date.fromisoformat(latest) - date.fromisoformat(earliest)).days + 1
    return 2 if days <= MAX_DAYS_OF_PRECISION_2 else 3


@lru_cache(1 << 12)
def middle_day(earliest: str | None, latest: str | None) -> str | None:
    """Return the middle of the days on which an event may have happened, or the one end that is known.

    ACLED codes an event of unknown day to the middle of its week or month, and says so by time_precision.
    """
    if earliest is None or latest is None or earliest == latest:
        return earliest or latest
    first = date.fromisoformat(earliest)
    return (first + (date.fromisoformat(latest) - first) // 2).isoformat()


def tags_cell(status: str, packs: Sequence[str]) -> str:
    """Join the status of an event and its packs in one cell."""
    return "; ".join([f"status={status}", *(f"pack={pack}" for pack in packs)])


def derived_row(event_pk: int, event: EventCells) -> Row:
    """Build the row of an event that is not from ACLED."""
    day = middle_day(event.earliest, event.latest)
    place = event.place
    acting = (*event.types, *event.sides)
    iso, *nation = country_cells(event.country)
    names = (place.admin1, place.admin2, "", event.location)
    said = (event.source, "", event.notes)
    return (
        event_pk, event.id, day or event.sort_date, day, int(day[:4]) if day else None,
        time_precision(event.earliest, event.latest), *acting, iso, *nation, *names,
        *_point(place), event.geo_precision, *said, event.fatalities, event.tags,
        event.status, event.is_repeated, None, event.changed_at,
        folded_cells((*acting, *nation, *names, *said, event.tags)), None, None,
    )  # fmt: skip


def _point(place: PlaceCells) -> tuple[str | None, str | None, float | None, float | None]:
    """Return both coordinates as text and as numbers."""
    if place.latitude is None or place.longitude is None:
        return None, None, None, None
    return str(place.latitude), str(place.longitude), place.latitude, place.longitude


def folded_cells(texts: Sequence[str]) -> str | None:
    """Fold the cells that SQL's lower() does not, as JSON by column; `texts` are those of TEXT_COLUMNS."""
    if "".join(texts).isascii():
        return None
    folded = {
        name: fold_case(text)
        for name, text in zip(TEXT_COLUMNS, texts, strict=True)
        if not text.isascii() and _has_case_beyond_ascii(text)
    }
    return dumps(folded) if folded else None


@cache_short(1 << 12)
def _has_case_beyond_ascii(text: str) -> bool:
    """Return whether SQL's lower() leaves another text than folding does."""
    return fold_case(text) != lower_ascii(text)


def imported_row(
    event_pk: int, id_: str, given: Mapping[str, str | None], place: PlaceCells, status: str, changed_at: int
) -> Row:
    """Build the row of an event from ACLED's own cells; `place` stands in for a point that is not given."""
    omitted = [name for name in OPTIONAL_COLUMNS if given[name] is None]
    latitude, longitude = given["latitude"], given["longitude"]
    point = (
        _point(place)
        if latitude is None or longitude is None
        else (latitude, longitude, float(latitude), float(longitude))
    )
    cells: dict[str, str | int | float | None] = dict(given)
    cells |= {name: None if (cell := given[name]) is None else int(cell) for name in INTEGER_COLUMNS}
    cells |= {"iso": cells["iso"] or NO_NUMERIC_CODE, "fatalities": cells["fatalities"] or 0}
    cells |= dict(zip(POINT_COLUMNS, point, strict=True))
    cells |= {
        "event_pk": event_pk,
        "id": id_,
        "sort_date": given["event_date"],
        "status": status,
        "is_repeated": False,
        "changed_at": changed_at,
        "folded": folded_cells([given[name] or "" for name in TEXT_COLUMNS]),
        "omitted": ",".join(omitted),
        "digest": hashlib.blake2b(dumps(list(given.values())).encode(), digest_size=16).hexdigest(),
    }
    return tuple([cells[name] for name in COLUMNS])


def completed_row(row: Row, event: EventCells) -> Row:
    """Derive anew what an imported row left empty, and what it holds of the event itself."""
    cells = dict(zip(COLUMNS, row, strict=True))
    omitted = str(cells["omitted"])
    cells |= {"id": event.id, "changed_at": event.changed_at}
    cells |= {"status": event.status, "is_repeated": event.is_repeated}
    if "fatalities" in omitted:
        cells["fatalities"] = event.fatalities
    if "latitude" in omitted or "longitude" in omitted:
        cells |= dict(zip(POINT_COLUMNS, _point(event.place), strict=True))
    return tuple(cells.values())
