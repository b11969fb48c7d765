"""Conditions: what each parameter means, in SQL that both databases read alike."""

from collections.abc import Callable
from datetime import date
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, not_, or_, select

from app import models
from app.db.text_search import matches
from app.errors import InvalidParameterError
from app.geo import Box, Point, box_around, parse_box, parse_point
from app.models.base import END_OF_TIME, table_of
from app.names import LONGEST_WORD, fold, nearest
from app.query.params import Asked, Condition
from app.timespan import Interval, parse_interval

view = table_of(models.EventView)
claim = table_of(models.Claim)
location = table_of(models.Location)
within = table_of(models.LocationAncestor)
belongs = table_of(models.ActorAncestor)
LARGEST_RADIUS_KM = 20_038.0  # half the circumference of the Earth


def any_of(column: str) -> Condition:
    """The column is one of the values."""
    return lambda values, asked: asked.rows.c[column].in_(values)


def column_of(table: Table, column: str) -> Condition:
    """A column of a table that the rows are joined with is one of the values."""
    return lambda values, asked: table.c[column].in_(values)


def at_least(column: str) -> Condition:
    """The column is not below the value; null is not a number."""
    return lambda value, asked: asked.rows.c[column] >= value


def deaths(compare: Callable[[Any, int], ColumnElement[bool]]) -> Condition:
    """Best, else low, against a bound; unknown deaths match neither way."""
    return lambda value, asked: compare(func.coalesce(asked.rows.c.deaths_best, asked.rows.c.deaths_low), value)


def known_on(day: date | None) -> ColumnElement[bool]:
    """The one view of each event that was known on a day, or is known now."""
    if day is None or day == END_OF_TIME:
        return view.c.known_until == END_OF_TIME
    return and_(view.c.known_from <= day, view.c.known_until > day)


def known_views(asked: Asked) -> ColumnElement[bool]:
    """The one view of each event that was known on the day asked for, or is known now."""
    return known_on(asked.get("known_by"))


def known_claims(asked: Asked) -> ColumnElement[bool] | None:
    """The claims that had been made by the day asked for."""
    day: date | None = asked.get("known_by")
    return None if day is None else claim.c.reported_on <= day


def read_days(text: str) -> Interval:
    """A day or an interval; see `timespan.parse_interval`."""
    return parse_interval(text)


def in_time(wanted: Interval, asked: Asked) -> ColumnElement[bool] | None:
    """The row's dates overlap the window, or lie wholly inside it if `date_match=certain`."""
    if not wanted.dated:
        return None
    rows, certain = asked.rows.c, asked.get("date_match") == "certain"
    parts = [rows.sort_date > date.min]  # an undated row cannot be judged
    if wanted.latest is not None:
        last = rows.latest <= wanted.latest
        parts.append(last if certain else or_(rows.earliest.is_(None), rows.earliest <= wanted.latest))
    if wanted.earliest is not None:
        first = rows.earliest >= wanted.earliest
        parts.append(first if certain else or_(rows.latest.is_(None), rows.latest >= wanted.earliest))
    return and_(*parts)


def undated(asked: Asked) -> ColumnElement[bool]:
    """Rows without any date."""
    return asked.rows.c.sort_date == date.min


def reported(wanted: Interval, asked: Asked) -> ColumnElement[bool] | None:
    """The claim was reported within the window."""
    column = asked.rows.c.reported_on
    bounds = [column >= wanted.earliest if wanted.earliest else None]
    bounds += [column <= wanted.latest if wanted.latest else None]
    known = [bound for bound in bounds if bound is not None]
    return and_(*known) if known else None


def read_box(text: str) -> Box:
    """A box; see `geo.parse_box`."""
    return parse_box(text)


def in_box(box: Box, asked: Asked) -> ColumnElement[bool]:
    """The row's point lies in the box; west > east crosses the antimeridian."""
    latitude, longitude = _coordinates(asked)
    inside = and_(longitude >= box.west, longitude <= box.east)
    if box.west > box.east:
        inside = or_(longitude >= box.west, longitude <= box.east)
    return and_(latitude >= box.south, latitude <= box.north, inside)


def read_point(text: str) -> Point:
    """A point; see `geo.parse_point`."""
    return parse_point(text)


def read_radius(text: str) -> float:
    """Kilometres, more than none and no more than half around the Earth."""
    try:
        radius = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        raise ValueError("not a number") from None
    if not isfinite(radius) or not 0 < radius <= LARGEST_RADIUS_KM:
        raise ValueError(f"not above 0 and up to {LARGEST_RADIUS_KM:.0f} km")
    return radius


def near(point: Point, asked: Asked) -> ColumnElement[bool]:
    """The row's point lies within `radius_km` of the point, along a great circle."""
    radius = asked.get("radius_km")
    if radius is None:
        raise InvalidParameterError("near", f"{point.longitude},{point.latitude}", "needs radius_km beside it")
    latitude, longitude = _coordinates(asked)
    distance = func.great_circle_km(point.longitude, point.latitude, longitude, latitude)
    return and_(in_box(box_around(point, radius), asked), distance <= radius)


def needs(parameter: str, other: str) -> Condition:
    """No condition of its own: the parameter only says how another one is meant, which must be there."""

    def condition(value: Any, asked: Asked) -> None:
        if asked.get(other) is None:
            raise InvalidParameterError(parameter, str(value), f"says nothing without {other}; needs {other} beside it")

    return condition


def unlocated(asked: Asked) -> ColumnElement[bool]:
    """Rows without coordinates."""
    return _coordinates(asked)[0].is_(None)


def _coordinates(asked: Asked) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The columns that hold the point of a row: its own, or its location's."""
    columns = asked.rows.c if "latitude" in asked.rows.c else location.c
    return columns.latitude, columns.longitude


def read_country(text: str) -> list[str]:
    """ISO 3166-1 alpha-3 codes separated by commas."""
    values = [value.strip().upper() for value in text.split(",")]
    for value in values:
        if not (len(value) == 3 and value.isascii() and value.isalpha()):
            raise InvalidParameterError("country", value, "not an ISO 3166-1 alpha-3 code such as AFG")
    return values


def _known_codes(values: list[str], asked: Asked, column: ColumnElement[Any], reason: str) -> ColumnElement[bool]:
    """The column is one of the codes, each of which occurs at all."""
    for value in values:
        if asked.connection.scalar(select(column).where(column == value).limit(1)) is None:
            known = sorted(code for code in asked.connection.scalars(select(column).distinct()) if code)
            raise InvalidParameterError("country", value, reason, nearest(value, known))
    return column.in_(values)


def in_country(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The row lies in the country. A country without any place here is an error, not an empty answer."""
    known = _known_codes(values, asked, location.c.country, "no place in this database lies there")
    return asked.rows.c.country.in_(values) if "country" in asked.rows.c else known


def read_words(text: str) -> list[list[str]]:
    """Words and "quoted phrases", folded; there are no operators."""
    phrases: list[list[str]] = []
    for at, part in enumerate(text.split('"')):
        words = fold(part).split()
        if any(len(word.encode()) > LONGEST_WORD for word in words):
            raise ValueError(f"one of the words is longer than {LONGEST_WORD} bytes")
        phrases += [words] if at % 2 else [[word] for word in words]
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases:
        raise ValueError("holds no word")
    if sum(map(len, phrases)) > 50:
        raise ValueError("more than 50 words")
    return phrases


def full_text(index: str, key: str) -> Condition:
    """Every word and phrase occurs in the row's text."""
    return lambda phrases, asked: matches(asked.rows.c[key], index, phrases)


def yes_or_no(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("not true or false")
    return text == "true"


def is_so(table: Table, column: str) -> Condition:
    """The column is true, or is not."""
    return lambda value, asked: table.c[column] if value else not_(table.c[column])


def actor_country(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The actor belongs to the country. A country without any actor here is an error, not an empty answer."""
    column = asked.rows.c.country
    return _known_codes(values, asked, column, "no actor in this database belongs there")
