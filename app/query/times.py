"""Conditions on time: when something was, when it was reported."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, literal_column, or_

from app.db.functions import LONG_DAYS, Vague
from app.db.places import ANY_DAY, Days
from app.query.params import Asked, During
from app.timespan import Interval, parse_interval

UNDATED: ColumnElement[date] = literal_column(f"'{date.min}'")
"""The day by which rows without any date are sorted."""


NEARBY = "nearby"
"""Stands for a parameter where rows are looked for no further back than a day, the rest being looked for otherwise."""


def read_days(text: str) -> Interval:
    """A day or an interval; see `timespan.parse_interval`."""
    return parse_interval(text)


@dataclass(frozen=True)
class Window:
    """The days that are asked for, and how far before them something that ends in them may have begun."""

    days: Interval
    reach: date | None


def window(wanted: Interval, _asked: Asked) -> Window | None:
    """The days that an interval asks for; None if it is open at both ends."""
    if not wanted.dated:
        return None
    first = wanted.earliest
    return Window(wanted, first and max(first, date.min + timedelta(LONG_DAYS + 1)) - timedelta(LONG_DAYS))


def in_time(wanted: Window, asked: Asked) -> During:
    """The row's dates overlap the window, or lie wholly inside it if `date_match=certain`."""
    days = wanted.days
    rows, certain = asked.rows.c, asked.get("date_match") == "certain"
    fits = []
    if days.latest is not None:
        last = rows.latest <= days.latest
        fits.append(last if certain else or_(rows.earliest.is_(None), rows.earliest <= days.latest))
    if days.earliest is not None:
        first = rows.earliest >= days.earliest
        fits.append(first if certain else or_(rows.latest.is_(None), rows.latest >= days.earliest))
    exact = and_(rows.sort_date > UNDATED, *fits)  # an undated row cannot be judged
    # What is certain to lie after a day has its earliest day after it, by which it is sorted.
    lower = days.earliest if certain else wanted.reach
    bounds = [rows.sort_date > UNDATED if lower is None else rows.sort_date >= lower]
    bounds += [] if days.latest is None else [rows.sort_date <= days.latest]
    near = and_(*fits, *bounds)
    if certain:
        return During(exact, near)
    return During(
        exact,
        near,
        above=None if days.latest is None else and_(rows.earliest.is_(None), *fits, rows.sort_date > days.latest),
        below=None if lower is None else and_(Vague(rows.earliest, rows.latest), exact, rows.sort_date < lower),
    )


def undated(asked: Asked) -> ColumnElement[bool]:
    """Rows without any date; that those are vague says by which index they are found."""
    rows = asked.rows.c
    return and_(rows.sort_date == UNDATED, Vague(rows.earliest, rows.latest))


def reported(wanted: Interval, asked: Asked) -> ColumnElement[bool] | None:
    """The claim was reported within the window."""
    column = asked.rows.c.reported_on
    bounds = [] if wanted.earliest is None else [column >= wanted.earliest]
    bounds += [] if wanted.latest is None else [column <= wanted.latest]
    return and_(*bounds) if bounds else None


def days_of(asked: Asked) -> Days:
    """The days of which rows are wanted, as far as that is about what is known now."""
    if "known_by" in asked.values:
        return ANY_DAY
    wanted, nearby = asked.get("datetime"), asked.get(NEARBY)
    days = wanted.days if isinstance(wanted, Window) else Interval()
    return Days(days.earliest if nearby is None else nearby, days.latest)
