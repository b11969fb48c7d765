"""Predicates on dates: when something happened, and when it was reported."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, literal_column, or_

from app.db.spatial_index import NO_DAY_CONSTRAINT, DayConstraint
from app.db.sql_functions import MAX_PRECISE_DAYS, ImpreciseDate
from app.query.params.param import ListQuery
from app.query.predicates.forms import DateOverlap
from app.timespan import DateRange
from app.vocab import Precision

NO_DATE_SORT_KEY: ColumnElement[date] = literal_column(f"'{date.min}'")
"""The `sort_date` of rows without any date. A literal, because partial indexes repeat it."""


@dataclass(frozen=True)
class Window:
    """The days asked for, and the first `sort_date` that a precisely dated row overlapping them can have."""

    days: DateRange
    lookback_from: date | None


def resolve_window(days: DateRange, _query: ListQuery) -> Window | None:
    """Return the window of an interval; None if it is open at both ends, as it then asks nothing of a row."""
    if not days.is_bounded:
        return None
    first = days.earliest
    return Window(days, first and max(first, date.min + timedelta(MAX_PRECISE_DAYS + 1)) - timedelta(MAX_PRECISE_DAYS))


def overlaps_window(window: Window | None, query: ListQuery) -> DateOverlap | None:
    """Match rows that possibly happened within the window, or certainly did if `date_match=certain`.

    Possibly: the dates overlap the window. Certainly: a moment lies wholly inside it, or a span touches it; of a span
    with an open end only the known day counts.
    """
    if window is None:
        return None
    days = window.days
    rows, certain = query.table.c, query.get("date_match") == "certain"
    overlaps = [_certainly_within(days, query)] if certain else _touches_days(days, query)
    full = and_(rows.sort_date > NO_DATE_SORT_KEY, *overlaps)  # an undated row cannot be judged
    lower = window.lookback_from
    bounds = [rows.sort_date > NO_DATE_SORT_KEY if lower is None else rows.sort_date >= lower]
    bounds += [] if days.latest is None else [rows.sort_date <= days.latest]
    in_window = and_(*overlaps, *bounds)
    return DateOverlap(
        full,
        in_window,
        undated_start=None  # what is certain of a row without a known start is its last day, by which it is sorted
        if certain or days.latest is None
        else and_(rows.earliest.is_(None), *overlaps, rows.sort_date > days.latest),
        long_running=None
        if lower is None
        else and_(ImpreciseDate(rows.earliest, rows.latest), full, rows.sort_date < lower),
    )


def _certainly_within(days: DateRange, query: ListQuery) -> ColumnElement[bool]:
    """Match rows that certainly happened on one of the days; see `app.rules.dates.is_certainly_within`."""
    rows = query.table.c
    # The precision is asked last, as indexes of dates do not hold it.
    touches = [] if days.latest is None else [func.coalesce(rows.earliest, rows.latest) <= days.latest]
    touches += [] if days.earliest is None else [func.coalesce(rows.latest, rows.earliest) >= days.earliest]
    return or_(and_(*_within_days(days, query)), and_(*touches, rows.precision == Precision.SPAN))


def _within_days(days: DateRange, query: ListQuery) -> list[ColumnElement[bool]]:
    """Return what holds of rows that lie wholly inside the days."""
    rows = query.table.c
    conditions = [] if days.latest is None else [rows.latest <= days.latest]
    return conditions + ([] if days.earliest is None else [rows.earliest >= days.earliest])


def _touches_days(days: DateRange, query: ListQuery) -> list[ColumnElement[bool]]:
    """Return what holds of rows that may lie on one of the days; a missing date is an open end."""
    rows = query.table.c
    conditions = [] if days.latest is None else [or_(rows.earliest.is_(None), rows.earliest <= days.latest)]
    return conditions + ([] if days.earliest is None else [or_(rows.latest.is_(None), rows.latest >= days.earliest)])


def has_no_date(query: ListQuery) -> ColumnElement[bool]:
    """Match rows without any date. Naming them imprecise lets SQLite use the index of imprecise dates."""
    rows = query.table.c
    return and_(rows.sort_date == NO_DATE_SORT_KEY, ImpreciseDate(rows.earliest, rows.latest))


def reported_within(days: DateRange, query: ListQuery) -> ColumnElement[bool] | None:
    """Match claims reported within the days; None if both ends are open."""
    column = query.table.c.reported_on
    bounds = [] if days.earliest is None else [column >= days.earliest]
    bounds += [] if days.latest is None else [column <= days.latest]
    return and_(*bounds) if bounds else None


def day_constraint(query: ListQuery) -> DayConstraint:
    """Return the days by which the spatial index can narrow a search; it knows the dates of current versions only."""
    if "known_by" in query.filters:
        return NO_DAY_CONSTRAINT
    window, nearby = query.get("datetime"), query.lookback_from
    days = window.days if isinstance(window, Window) else DateRange()
    return DayConstraint(days.earliest if nearby is None else nearby, days.latest)
