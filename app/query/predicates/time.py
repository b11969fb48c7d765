"""Conditions on time: when something was, when it was reported."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, literal_column, or_

from app.db.spatial_index import NO_DAY_CONSTRAINT, DayConstraint
from app.db.sql_functions import MAX_PRECISE_DAYS, ImpreciseDate
from app.query.params.param import ListQuery
from app.query.predicates.forms import DateOverlap
from app.timespan import DateRange, parse_date_range

NO_DATE_SORT_KEY: ColumnElement[date] = literal_column(f"'{date.min}'")
"""The day by which rows without any date are sorted."""


def parse_days(text: str) -> DateRange:
    """A day or an interval; see `timespan.parse_date_range`."""
    return parse_date_range(text)


@dataclass(frozen=True)
class Window:
    """The days that are asked for, and how far before them something that ends in them may have begun."""

    days: DateRange
    lookback_from: date | None


def resolve_window(days: DateRange, _query: ListQuery) -> Window | None:
    """The days that an interval asks for; None if it is open at both ends."""
    if not days.is_bounded:
        return None
    first = days.earliest
    return Window(days, first and max(first, date.min + timedelta(MAX_PRECISE_DAYS + 1)) - timedelta(MAX_PRECISE_DAYS))


def overlaps_window(window: Window, query: ListQuery) -> DateOverlap:
    """The row's dates overlap the window, or lie wholly inside it if `date_match=certain`."""
    days = window.days
    rows, certain = query.table.c, query.get("date_match") == "certain"
    fits = []
    if days.latest is not None:
        last = rows.latest <= days.latest
        fits.append(last if certain else or_(rows.earliest.is_(None), rows.earliest <= days.latest))
    if days.earliest is not None:
        first = rows.earliest >= days.earliest
        fits.append(first if certain else or_(rows.latest.is_(None), rows.latest >= days.earliest))
    exact = and_(rows.sort_date > NO_DATE_SORT_KEY, *fits)  # an undated row cannot be judged
    # What is certain to lie after a day has its earliest day after it, by which it is sorted.
    lower = days.earliest if certain else window.lookback_from
    bounds = [rows.sort_date > NO_DATE_SORT_KEY if lower is None else rows.sort_date >= lower]
    bounds += [] if days.latest is None else [rows.sort_date <= days.latest]
    near = and_(*fits, *bounds)
    if certain:
        return DateOverlap(exact, near)
    return DateOverlap(
        exact,
        near,
        undated_start=None
        if days.latest is None
        else and_(rows.earliest.is_(None), *fits, rows.sort_date > days.latest),
        long_running=None
        if lower is None
        else and_(ImpreciseDate(rows.earliest, rows.latest), exact, rows.sort_date < lower),
    )


def has_no_date(query: ListQuery) -> ColumnElement[bool]:
    """Rows without any date; that those are vague says by which index they are found."""
    rows = query.table.c
    return and_(rows.sort_date == NO_DATE_SORT_KEY, ImpreciseDate(rows.earliest, rows.latest))


def reported_within(days: DateRange, query: ListQuery) -> ColumnElement[bool] | None:
    """The claim was reported within the window."""
    column = query.table.c.reported_on
    bounds = [] if days.earliest is None else [column >= days.earliest]
    bounds += [] if days.latest is None else [column <= days.latest]
    return and_(*bounds) if bounds else None


def day_constraint(query: ListQuery) -> DayConstraint:
    """The days of which rows are wanted, as far as that is about what is known now."""
    if "known_by" in query.filters:
        return NO_DAY_CONSTRAINT
    window, nearby = query.get("datetime"), query.lookback_from
    days = window.days if isinstance(window, Window) else DateRange()
    return DayConstraint(days.earliest if nearby is None else nearby, days.latest)
