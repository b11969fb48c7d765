"""Which events are shown, and the filters that SQL can judge as well as a finished row can."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from app import models, vocab
from app.models.base import END_OF_TIME, table_of
from app.query.acled.crosswalk import NON_VIOLENT, event_type
from app.query.acled.filters import COMPARED, Filter
from app.query.acled.rows import country_cells, type_cells

view = table_of(models.EventView)
change = table_of(models.ControlChange)
event = table_of(models.Event)
location = table_of(models.Location)
within = table_of(models.LocationAncestor)
given = table_of(models.AcledEvent)
"""What was imported from ACLED, with its own cells."""

Test = ColumnElement[bool]
CURRENT = view.c.known_until == END_OF_TIME
HAS_COUNTRY = or_(view.c.country.is_not(None), view.c.event_pk.in_(select(given.c.event_pk)))
"""ACLED has seas in that column, too, and a few countries that have no code."""
HAS_DATE = view.c.sort_date > date.min
_POINTED = select(within.c.location_id).join(location, location.c.id == within.c.ancestor_id)
HAS_POINT = or_(
    view.c.latitude.is_not(None),
    view.c.location_id.in_(_POINTED.where(location.c.latitude.is_not(None), location.c.longitude.is_not(None))),
)
SHOWN = (CURRENT, HAS_COUNTRY, HAS_DATE, HAS_POINT)
"""Events that can be shown: ACLED has no row without a country, a date or a point, and its clients rely on that."""


@dataclass(frozen=True)
class Known:
    """What conditions are made from beside the filter."""

    connection: Connection
    stamps: Mapping[int, int]
    """By revision, when it was made (Unix seconds)."""
    imported: bool
    """Whether any event was imported from ACLED."""


Maker = Callable[[Filter, Known], Test | None]


def compared(column: ColumnElement[Any], asked: Filter) -> Test | None:
    """The column against values of its own type; None where the printed text is searched."""
    if asked.finds:
        return None
    if asked.compares == "BETWEEN":
        return column.between(*asked.values)
    return or_(*(COMPARED[asked.compares](column, value) for value in asked.values))


def _day(asked: Filter, _known: Known) -> Test | None:
    return compared(view.c.sort_date, asked)


def _year(asked: Filter, _known: Known) -> Test | None:
    """A year is the days from its first to its last."""
    if asked.finds:
        return None
    day, years = view.c.sort_date, asked.values
    starts, ends = [date(year, 1, 1) for year in years], [date(year, 12, 31) for year in years]
    spans: dict[str, Callable[[], Test]] = {
        "=": lambda: or_(*(day.between(*span) for span in zip(starts, ends, strict=True))),
        "BETWEEN": lambda: day.between(starts[0], ends[1]),
        ">": lambda: day > ends[0],
        ">=": lambda: day >= starts[0],
        "<": lambda: day < starts[0],
        "<=": lambda: day <= ends[0],
    }
    return spans[asked.compares]()


def _fatalities(asked: Filter, _known: Known) -> Test | None:
    return compared(func.coalesce(view.c.deaths_best, view.c.deaths_low, 0), asked)


def _country(asked: Filter, known: Known) -> Test | None:
    """Countries are few: the filter is put to what each of them prints."""
    codes = known.connection.scalars(select(location.c.country).where(location.c.country.is_not(None)).distinct())
    return view.c.country.in_([code for code in codes if asked.meets(country_cells(code)[asked.column])])


def _type(asked: Filter, _known: Known) -> Test | None:
    """So are categories; a control change is one thing or another by its means."""
    handover = view.c.event_pk.in_(select(change.c.event_pk).where(change.c.means.in_(NON_VIOLENT)))
    tests: list[Test] = []
    for category in vocab.CATEGORY.codes:
        met = [asked.meets(type_cells(category, event_type(category, given))[asked.column]) for given in (False, True)]
        if any(met):
            test: Test = view.c.category == category
            tests.append(test if all(met) else and_(test, handover if met[1] else ~handover))
    return or_(false(), *tests)


def _moment(asked: Filter, known: Known) -> Test | None:
    """Revisions that the filter takes, as runs: times go up with their numbers."""
    met = sorted(number for number, stamp in known.stamps.items() if asked.meets(str(stamp)))
    runs: list[list[int]] = []
    for number in met:
        if runs and number - runs[-1][1] == 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    changed: Select[Any] = select(event.c.pk).where(
        or_(false(), *(event.c.revision.between(run[0], run[1]) for run in runs))
    )
    return view.c.event_pk.in_(changed)


EXACT: dict[str, Maker] = {
    "event_date": _day,
    "year": _year,
    "fatalities": _fatalities,
    "iso": _country,
    "region": _country,
    "country": _country,
    "disorder_type": _type,
    "event_type": _type,
    "civilian_targeting": _type,
    "timestamp": _moment,
}
