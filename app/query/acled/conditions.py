"""Filters as conditions in SQL, where that is possible.

A condition holds for every event that meets its filter. Where it holds for no other it is exact, and the filter need
not be looked at again; else it only narrows down what is read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from app import models, vocab
from app.models.base import END_OF_TIME, table_of
from app.query.acled.crosswalk import CROSSWALK, NON_VIOLENT, event_type
from app.query.acled.filters import COMPARED, Filter
from app.query.acled.rows import country_cells, type_cells

view = table_of(models.EventView)
change = table_of(models.ControlChange)
event = table_of(models.Event)
location = table_of(models.Location)
within = table_of(models.LocationAncestor)

Test = ColumnElement[bool]
CURRENT = view.c.known_until == END_OF_TIME
HAS_COUNTRY = view.c.country.is_not(None)
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


def _compared(column: ColumnElement[Any], asked: Filter) -> Test | None:
    """The column against values of its own type; None where the printed text is searched."""
    if asked.finds:
        return None
    if asked.operator == "BETWEEN":
        return column.between(*asked.values)
    return or_(*(COMPARED_IN_SQL[asked.operator](column, value) for value in asked.values))


COMPARED_IN_SQL: dict[str, Callable[[Any, Any], Test]] = {
    "=": lambda column, value: column == value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
}
assert COMPARED_IN_SQL.keys() == COMPARED.keys()  # noqa: S101


def _day(asked: Filter, _known: Known) -> Test | None:
    return _compared(view.c.sort_date, asked)


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
    return spans[asked.operator]()


def _fatalities(asked: Filter, _known: Known) -> Test | None:
    return _compared(func.coalesce(view.c.deaths_best, view.c.deaths_low, 0), asked)


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
            means = [] if all(met) else [handover if met[1] else ~handover]
            tests.append(and_(view.c.category == category, *means))
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
    changed: Select[Any] = select(event.c.pk).where(or_(false(), *(event.c.revision.between(*run) for run in runs)))
    return view.c.event_pk.in_(changed)


def _sub_event_type(asked: Filter, _known: Known) -> Test | None:
    """The categories that may have such a counterpart."""
    may = [
        category
        for category, pairs in CROSSWALK.items()
        if any(asked.meets(sub) for _, sub in pairs) or (not pairs and asked.meets(""))
    ]
    return view.c.category.in_(may)


def _coordinate(asked: Filter, _known: Known) -> Test | None:
    """The place's own, if it has one; else that of what it lies in, which is looked up later."""
    column = view.c[asked.column]
    test = _compared(column, asked)
    return None if test is None else or_(column.is_(None), test)


def _id(asked: Filter, _known: Known) -> Test | None:
    """Ids in ASCII, which both databases fold alike; the scheme before an ACLED id is not printed."""
    if not asked.finds:
        return None
    folded = func.lower(view.c.id)
    tests = []
    for pattern in asked.values:
        if not all(part.isascii() for part in pattern.parts):
            return None
        if pattern.whole and len(pattern.parts) == 1:
            tests.append(folded.in_([pattern.parts[0], f"acled:{pattern.parts[0]}"]))
        else:
            tests.append(and_(*(folded.contains(part, autoescape=True) for part in pattern.parts if part)))
    return or_(*tests)


Maker = Callable[[Filter, Known], Test | None]
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
NARROWING: dict[str, Maker] = {
    "sub_event_type": _sub_event_type,
    "latitude": _coordinate,
    "longitude": _coordinate,
    "event_id_cnty": _id,
}


def in_sql(filters: Iterable[Filter], known: Known) -> tuple[list[Test], list[Filter]]:
    """The conditions, and the filters that must still be put to the finished rows."""
    tests: list[Test] = []
    rest: list[Filter] = []
    for asked in filters:
        make = EXACT.get(asked.column) or NARROWING.get(asked.column)
        test = make(asked, known) if make else None
        if test is not None:
            tests.append(test)
        if test is None or asked.column not in EXACT:
            rest.append(asked)
    return tests, rest
