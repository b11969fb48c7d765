"""Conditions: what each parameter means, in SQL that both databases read alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, literal_column, not_, or_, select

from app import models
from app.db.places import ANY_DAY, DATED, KEYS, Sides, in_boxes, point_in
from app.db.state import kept
from app.db.text_search import Words, matching_rows
from app.errors import InvalidParameterError
from app.geo import Box, Point, box_around, parse_box, parse_point
from app.models.base import END_OF_TIME, table_of
from app.models.claims import RARE
from app.names import LONGEST_WORD, fold, nearest
from app.query.params import Among, Asked, Condition, Meaning
from app.query.times import days_of

view = table_of(models.EventView)
claim = table_of(models.Claim)
location = table_of(models.Location)
within = table_of(models.LocationAncestor)
belongs = table_of(models.ActorAncestor)
LARGEST_RADIUS_KM = 20_038.0  # half the circumference of the Earth


def any_of(column: str) -> Condition:
    """The column is one of the values."""
    return lambda values, asked: asked.rows.c[column].in_(values)


RARE_CODES = {"stance": ("denies",), "modality": ("possible", "planned")}


def any_of_rare(column: str) -> Condition:
    """The same, where an index holds the rows with rare codes: the statement says that it is about these.

    The parameter is one of `pages.SHAPING`, since its values decide how the condition is written.
    """

    def condition(values: list[str], asked: Asked) -> ColumnElement[bool]:
        met = asked.rows.c[column].in_(values)
        return and_(literal_column(RARE[column]), met) if set(values) <= set(RARE_CODES[column]) else met

    return condition


def column_of(table: Table, column: str) -> Condition:
    """A column of a table that the rows are joined with is one of the values."""
    return lambda values, asked: table.c[column].in_(values)


def figure_with(column: str) -> Condition:
    """The figure that a row is joined with has one of the values."""
    figure = table_of(models.Figure)
    other = figure.alias()

    def condition(values: list[str], asked: Asked) -> Among:
        chosen = select(other.c.claim_pk).where(other.c[column].in_(values))
        return Among(asked.rows.c.pk, chosen, figure.c[column].in_(values))

    return condition


def at_least(column: str) -> Condition:
    """The column is not below the value; null is not a number."""
    return lambda value, asked: asked.rows.c[column] >= value


def deaths(compare: Callable[[Any, int], ColumnElement[bool]]) -> Condition:
    """Best, else low, against a bound; unknown deaths match neither way."""
    return lambda value, asked: compare(func.coalesce(asked.rows.c.deaths_best, asked.rows.c.deaths_low), value)


NOW = view.c.known_until == literal_column(f"'{END_OF_TIME}'")  # as it stands in the indexes of what is known now


def known_day(day: date, _asked: Asked) -> date | None:
    """The day on which something was known; the last day there is, is now."""
    return None if day == END_OF_TIME else day


def known_on(day: date | None) -> ColumnElement[bool]:
    """The one view of each event that was known on a day, or is known now."""
    if day is None or (isinstance(day, date) and day == END_OF_TIME):
        return NOW
    return and_(view.c.known_from <= day, view.c.known_until > day)


def known_views(asked: Asked) -> ColumnElement[bool]:
    """The one view of each event that was known on the day asked for, or is known now."""
    return known_on(asked.get("known_by"))


def known_claims(asked: Asked) -> ColumnElement[bool] | None:
    """The claims that had been made by the day asked for."""
    day: date | None = asked.get("known_by")
    return None if day is None else claim.c.reported_on <= day


def read_box(text: str) -> Box:
    """A box; see `geo.parse_box`."""
    return parse_box(text)


def boxes(box: Box, _asked: Asked | None = None) -> list[Box]:
    """The box, in two where it crosses the antimeridian."""
    if box.west <= box.east:
        return [box]
    return [Box(box.west, box.south, 180.0, box.north), Box(-180.0, box.south, box.east, box.north)]


def sides_of(parts: Sequence[Box]) -> list[Sides]:
    """Boxes as `places` takes them."""
    return [(part.west, part.south, part.east, part.north) for part in parts]


def in_box(parts: list[Box], asked: Asked) -> Among:
    """The row's point lies in the box."""
    places, (latitude, longitude) = _places(asked), _coordinates(asked)
    sides = sides_of(parts)
    inside = [
        and_(
            point_in(longitude, latitude, (west, south, east, north)),
            longitude >= west,
            longitude <= east,
            latitude >= south,
            latitude <= north,
        )
        for west, south, east, north in sides
    ]
    chosen = in_boxes(places.name, sides, days_of(asked) if places.name in DATED else ANY_DAY)
    if places is asked.rows:
        return Among(places.c[KEYS[places.name]], chosen, or_(*inside))
    other = places.alias()  # the rows are joined with the places themselves
    return Among(asked.rows.c.location_id, select(other.c.id).where(other.c.pk.in_(chosen)), or_(*inside))


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


@dataclass(frozen=True)
class Disc:
    """All points within `radius_km` of a point, and boxes that hold them."""

    centre: Point
    radius_km: float
    boxes: list[Box]


def disc(point: Point, asked: Asked) -> Disc:
    """The point with `radius_km` around it. Raises InvalidParameterError without that."""
    radius = asked.get("radius_km")
    if radius is None:
        raise InvalidParameterError("near", f"{point.longitude},{point.latitude}", "needs radius_km beside it")
    return Disc(point, radius, boxes(box_around(point, radius), asked))


def near(wanted: Disc, asked: Asked) -> Among:
    """The row's point lies within `radius_km` of the point, along a great circle."""
    latitude, longitude = _coordinates(asked)
    centre = wanted.centre
    distance = func.great_circle_km(centre.longitude, centre.latitude, longitude, latitude)
    around = in_box(wanted.boxes, asked)
    exact = distance <= wanted.radius_km
    return Among(around.column, around.chosen, exact if around.exact is None else and_(around.exact, exact))


def needs(parameter: str, other: str) -> Meaning:
    """The value itself, which only says how another parameter is meant: that one must be there."""

    def meaning(value: Any, asked: Asked) -> Any:
        if asked.get(other) is None:
            raise InvalidParameterError(parameter, str(value), f"says nothing without {other}; needs {other} beside it")
        return value

    return meaning


def unlocated(asked: Asked) -> ColumnElement[bool]:
    """Rows without coordinates."""
    places = _places(asked)
    if places is asked.rows:
        return places.c.latitude.is_(None)
    other = places.alias()  # the rows are joined with the places themselves
    nowhere = select(other.c.id).where(other.c.latitude.is_(None))
    return or_(asked.rows.c.location_id.is_(None), asked.rows.c.location_id.in_(nowhere))


def _places(asked: Asked) -> Table:
    """The table that holds the point of a row: its own, or its location's."""
    return asked.rows if "latitude" in asked.rows.c else location


def _coordinates(asked: Asked) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    columns = _places(asked).c
    return columns.latitude, columns.longitude


def read_country(text: str) -> list[str]:
    """ISO 3166-1 alpha-3 codes separated by commas."""
    values = [value.strip().upper() for value in text.split(",")]
    for value in values:
        if not (len(value) == 3 and value.isascii() and value.isalpha()):
            raise InvalidParameterError("country", value, "not an ISO 3166-1 alpha-3 code such as AFG")
    return values


def _known_codes(values: list[str], asked: Asked, column: ColumnElement[Any], reason: str) -> list[str]:
    """The codes, each of which occurs at all."""
    memory, table = kept(asked.connection), column.table.name
    for value in values:
        key = ("country", table, value)
        if key not in memory:
            there = asked.connection.scalar(select(column).where(column == value).limit(1))
            if there is None:
                known = sorted(code for code in asked.connection.scalars(select(column).distinct()) if code)
                raise InvalidParameterError("country", value, reason, nearest(value, known))
            memory[key] = True
    return values


def country_of_places(values: list[str], asked: Asked) -> list[str]:
    """The countries. One without any place here is an error, not an empty answer."""
    return _known_codes(values, asked, location.c.country, "no place in this database lies there")


def in_country(values: list[str], asked: Asked) -> ColumnElement[bool] | Among:
    """The row lies in the country."""
    if "country" in asked.rows.c:
        return asked.rows.c.country.in_(values)
    other = location.alias()  # the rows are joined with the places themselves
    chosen = select(other.c.id).where(other.c.country.in_(values))
    return Among(asked.rows.c.location_id, chosen, location.c.country.in_(values))


def read_words(text: str) -> Words:
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
    return Words(phrases)


def full_text(index: str, key: str) -> Condition:
    """Every word and phrase occurs in the row's text."""
    return lambda phrases, asked: Among(asked.rows.c[key], matching_rows(index, phrases), asking=170.0)


def yes_or_no(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("not true or false")
    return text == "true"


def is_so(table: Table, column: str) -> Condition:
    """The column is true, or is not."""
    return lambda value, asked: table.c[column] if value else not_(table.c[column])


def country_of_actors(values: list[str], asked: Asked) -> list[str]:
    """The countries. One without any actor here is an error, not an empty answer."""
    return _known_codes(values, asked, asked.rows.c.country, "no actor in this database belongs there")
