"""Which events are shown, and the filters that SQL can judge as well as a finished row can."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from app import models, vocab
from app.db.indexes import END_OF_TIME
from app.models.base import table_of
from app.query.compat.acled.crosswalk import NON_VIOLENT_MEANS, event_type
from app.query.compat.acled.filters import COMPARISONS, Filter
from app.query.compat.acled.rows import country_cells, type_cells

view = table_of(models.EventVersion)
change = table_of(models.ControlChange)
event = table_of(models.Event)
location = table_of(models.Location)
location_ancestor = table_of(models.LocationAncestor)
acled_event = table_of(models.AcledEvent)
"""What was imported from ACLED, with its own cells."""

BoolClause = ColumnElement[bool]
CURRENT = view.c.known_until == END_OF_TIME
HAS_COUNTRY = or_(view.c.country.is_not(None), view.c.event_pk.in_(select(acled_event.c.event_pk)))
"""ACLED has seas in that column, too, and a few countries that have no code."""
HAS_DATE = view.c.sort_date > date.min
_LOCATIONS_WITH_POINT = select(location_ancestor.c.location_id).join(
    location, location.c.id == location_ancestor.c.ancestor_id
)
HAS_POINT = or_(
    view.c.latitude.is_not(None),
    view.c.location_id.in_(
        _LOCATIONS_WITH_POINT.where(location.c.latitude.is_not(None), location.c.longitude.is_not(None))
    ),
)
VISIBLE = (CURRENT, HAS_COUNTRY, HAS_DATE, HAS_POINT)
"""Events that can be shown: ACLED has no row without a country, a date or a point, and its clients rely on that."""


@dataclass(frozen=True)
class FilterContext:
    """What conditions are made from beside the filter."""

    connection: Connection
    revision_timestamps: Mapping[int, int]
    """By revision, when it was made (Unix seconds)."""
    imported: bool
    """Whether any event was imported from ACLED."""


FilterFactory = Callable[[Filter, FilterContext], BoolClause | None]


def comparison(column: ColumnElement[Any], filter_: Filter) -> BoolClause | None:
    """The column against values of its own type; None where the printed text is searched."""
    if filter_.is_text_search:
        return None
    if filter_.operator == "BETWEEN":
        return column.between(*filter_.values)
    return or_(*(COMPARISONS[filter_.operator](column, value) for value in filter_.values))


def _event_date(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    return comparison(view.c.sort_date, filter_)


def _year(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """A year is the days from its first to its last."""
    if filter_.is_text_search:
        return None
    day, years = view.c.sort_date, filter_.values
    starts, ends = [date(year, 1, 1) for year in years], [date(year, 12, 31) for year in years]
    spans: dict[str, Callable[[], BoolClause]] = {
        "=": lambda: or_(*(day.between(*span) for span in zip(starts, ends, strict=True))),
        "BETWEEN": lambda: day.between(starts[0], ends[1]),
        ">": lambda: day > ends[0],
        ">=": lambda: day >= starts[0],
        "<": lambda: day < starts[0],
        "<=": lambda: day <= ends[0],
    }
    return spans[filter_.operator]()


def _fatalities(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    return comparison(func.coalesce(view.c.deaths_best, view.c.deaths_low, 0), filter_)


def _country(filter_: Filter, context: FilterContext) -> BoolClause | None:
    """Countries are few: the filter is put to what each of them prints."""
    codes = context.connection.scalars(select(location.c.country).where(location.c.country.is_not(None)).distinct())
    return view.c.country.in_([code for code in codes if filter_.matches(country_cells(code)[filter_.column])])


def _event_type(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """So are categories; a control change is one thing or another by its means."""
    handover = view.c.event_pk.in_(select(change.c.event_pk).where(change.c.means.in_(NON_VIOLENT_MEANS)))
    clauses: list[BoolClause] = []
    for category in vocab.EventCategory:
        matching = [
            filter_.matches(type_cells(category, event_type(category, handed_over))[filter_.column])
            for handed_over in (False, True)
        ]
        if any(matching):
            clause: BoolClause = view.c.category == category
            clauses.append(clause if all(matching) else and_(clause, handover if matching[1] else ~handover))
    return or_(false(), *clauses)


def _timestamp(filter_: Filter, context: FilterContext) -> BoolClause | None:
    """Revisions that the filter takes, as runs: times go up with their numbers."""
    revisions = sorted(number for number, stamp in context.revision_timestamps.items() if filter_.matches(str(stamp)))
    runs: list[list[int]] = []
    for number in revisions:
        if runs and number - runs[-1][1] == 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    changed: Select[Any] = select(event.c.pk).where(
        or_(false(), *(event.c.revision.between(run[0], run[1]) for run in runs))
    )
    return view.c.event_pk.in_(changed)


EXACT_FILTERS: dict[str, FilterFactory] = {
    "event_date": _event_date,
    "year": _year,
    "fatalities": _fatalities,
    "iso": _country,
    "region": _country,
    "country": _country,
    "disorder_type": _event_type,
    "event_type": _event_type,
    "civilian_targeting": _event_type,
    "timestamp": _timestamp,
}
