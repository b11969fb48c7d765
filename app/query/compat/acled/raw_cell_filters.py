"""Filters on events that were imported from ACLED: they are put to the cells that ACLED itself gave them.

As in `narrowing`, a condition holds for every such event that meets its filter; where it is `exact`, for no other.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, false, func, or_, select, true

from app.query.compat.acled.exact_filters import BoolClause, FilterContext, acled_event, comparison, view
from app.query.compat.acled.filters import Filter

LITERAL_TEXT = re.compile(r"[ !#-\[\]-~]+")  # what JSON writes as it is, and both databases fold alike
MAX_DATE_SHIFT = timedelta(days=31)
"""No event lies earlier than this before the day that ACLED prints for it."""


@dataclass(frozen=True)
class RawFilter:
    """A condition on the cells as they were given, and whether nothing else meets it."""

    clause: BoolClause
    exact: bool


def _match_distinct(filter_: Filter, context: FilterContext) -> BoolClause | None:
    """A column with few different cells: the filter is put to each of them."""
    column = acled_event.c[filter_.column]
    cells = context.connection.scalars(select(column).where(column.is_not(None)).distinct())
    return or_(false(), column.in_([cell for cell in cells if filter_.matches(str(cell))]))


def _match_column(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    return comparison(acled_event.c[filter_.column], filter_)


EXACT_RAW_FILTERS: dict[str, Callable[[Filter, FilterContext], BoolClause | None]] = {
    **dict.fromkeys(("event_type", "sub_event_type", "inter1", "inter2", "iso", "region", "country"), _match_distinct),
    **dict.fromkeys(("event_date", "year", "fatalities", "timestamp"), _match_column),
}


def _anywhere_in_cells(filter_: Filter) -> BoolClause:
    """Whether the cells hold what is looked for, in whichever column; true where that cannot be told."""
    if not filter_.is_text_search or filter_.kind != "text":
        return true()
    folded = func.lower(acled_event.c.cells)
    clauses = [
        and_(
            true(), *(folded.contains(part, autoescape=True) for part in pattern.parts if LITERAL_TEXT.fullmatch(part))
        )
        for pattern in filter_.values
    ]
    return or_(*clauses)


def raw_filter(filter_: Filter, context: FilterContext) -> RawFilter:
    """What the filter asks of the cells as they were given."""
    factory = EXACT_RAW_FILTERS.get(filter_.column)
    clause = factory(filter_, context) if factory else None
    return RawFilter(_anywhere_in_cells(filter_), exact=False) if clause is None else RawFilter(clause, exact=True)


def combine(filter_: Filter, derived: BoolClause, context: FilterContext) -> tuple[BoolClause, bool]:
    """A condition on all events, and whether it is exact on imported ones, of one that holds for the others.

    A number that ACLED does not give is derived for imported events as for any other.
    """
    raw = raw_filter(filter_, context)
    column = acled_event.c.get(filter_.column, acled_event.c.event_pk)
    clause = or_(and_(column.is_(None), derived), and_(column.is_not(None), raw.clause))
    return (
        and_(clause, _near_days(filter_)) if filter_.column == "event_date" and not filter_.is_text_search else clause
    ), raw.exact


def _near_days(filter_: Filter) -> BoolClause:
    """Days by which an index leads to the events, the imported ones among them."""
    day = view.c.sort_date
    low, high = min(filter_.values), max(filter_.values)
    early: date = max(low, date.min + MAX_DATE_SHIFT) - MAX_DATE_SHIFT
    bounds = {"BETWEEN": (True, True), "=": (True, True), ">": (True, False), ">=": (True, False)}
    below, above = bounds.get(filter_.operator, (False, True))
    return and_(day >= early if below else true(), day <= high if above else true())
