"""Filters on events that were imported from ACLED: they are put to the cells that ACLED itself gave them.

As in `narrowing`, a condition holds for every such event that meets its filter; where it is `exact`, for no other.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, false, func, or_, select, true

from app.query.acled.conditions import Known, Test, compared, given, view
from app.query.acled.filters import Filter

PLAIN = re.compile(r"[ !#-\[\]-~]+")  # what JSON writes as it is, and both databases fold alike
MONTH = timedelta(days=31)
"""No event lies earlier than this before the day that ACLED prints for it."""


@dataclass(frozen=True)
class Own:
    """A condition on the cells as they were given, and whether nothing else meets it."""

    test: Test
    exact: bool


def _few(asked: Filter, known: Known) -> Test | None:
    """A column with few different cells: the filter is put to each of them."""
    column = given.c[asked.column]
    cells = known.connection.scalars(select(column).where(column.is_not(None)).distinct())
    return or_(false(), column.in_([cell for cell in cells if asked.meets(str(cell))]))


def _many(asked: Filter, _known: Known) -> Test | None:
    return compared(given.c[asked.column], asked)


EXACT: dict[str, Callable[[Filter, Known], Test | None]] = {
    **dict.fromkeys(("event_type", "sub_event_type", "inter1", "inter2", "iso", "region", "country"), _few),
    **dict.fromkeys(("event_date", "year", "fatalities", "timestamp"), _many),
}


def _somewhere(asked: Filter) -> Test:
    """Whether the cells hold what is looked for, in whichever column; true where that cannot be told."""
    if not asked.finds or asked.kind != "text":
        return true()
    folded = func.lower(given.c.cells)
    tests = [
        and_(true(), *(folded.contains(part, autoescape=True) for part in pattern.parts if PLAIN.fullmatch(part)))
        for pattern in asked.values
    ]
    return or_(*tests)


def own(asked: Filter, known: Known) -> Own:
    """What the filter asks of the cells as they were given."""
    make = EXACT.get(asked.column)
    test = make(asked, known) if make else None
    return Own(_somewhere(asked), exact=False) if test is None else Own(test, exact=True)


def either(asked: Filter, derived: Test, known: Known) -> tuple[Test, bool]:
    """A condition on all events, and whether it is exact on imported ones, of one that holds for the others.

    A number that ACLED does not give is derived for imported events as for any other.
    """
    told = own(asked, known)
    column = given.c.get(asked.column, given.c.event_pk)
    test = or_(and_(column.is_(None), derived), and_(column.is_not(None), told.test))
    return (and_(test, _about(asked)) if asked.column == "event_date" and not asked.finds else test), told.exact


def _about(asked: Filter) -> Test:
    """Days by which an index leads to the events, the imported ones among them."""
    day = view.c.sort_date
    low, high = min(asked.values), max(asked.values)
    early: date = max(low, date.min + MONTH) - MONTH
    bounds = {"BETWEEN": (True, True), "=": (True, True), ">": (True, False), ">=": (True, False)}
    below, above = bounds.get(asked.compares, (False, True))
    return and_(day >= early if below else true(), day <= high if above else true())
