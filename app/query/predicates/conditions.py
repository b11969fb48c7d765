"""Conditions: what each parameter means, in SQL that both databases read alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, literal_column, not_, or_, select

from app import models
from app.db.indexes import END_OF_TIME
from app.db.revision import revision_cache
from app.db.spatial_index import KEY_COLUMNS, NO_DAY_CONSTRAINT, TEMPORAL_TABLES, BoxBounds, keys_in_boxes, point_in
from app.db.text_index import TextQuery, matching_rows
from app.errors import InvalidParameterError
from app.geo import BBox, Point, bounding_box, parse_bbox, parse_point
from app.models.base import table_of
from app.models.claims import RARE_CODE_CONDITIONS
from app.names import MAX_TOKEN_BYTES, closest_matches, fold
from app.query.params.param import ListQuery, PredicateFactory, Resolver
from app.query.predicates.forms import SemiJoin
from app.query.predicates.time import day_constraint
from app.vocab import Modality, Stance

view = table_of(models.EventVersion)
claim = table_of(models.Claim)
location = table_of(models.Location)
location_ancestor = table_of(models.LocationAncestor)
actor_ancestor = table_of(models.ActorAncestor)
MAX_RADIUS_KM = 20_038.0  # half the circumference of the Earth


def in_column(column: str) -> PredicateFactory:
    """The column is one of the values."""
    return lambda values, query: query.table.c[column].in_(values)


RARE_CODES: dict[str, tuple[str, ...]] = {
    "stance": (Stance.DENIES,),
    "modality": (Modality.POSSIBLE, Modality.PLANNED),
}


def in_rare_codes(column: str) -> PredicateFactory:
    """The same, where an index holds the rows with rare codes: the statement says that it is about these.

    The parameter is one of `pages.SHAPING`, since its values decide how the condition is written.
    """

    def factory(values: list[str], query: ListQuery) -> ColumnElement[bool]:
        in_codes = query.table.c[column].in_(values)
        return (
            and_(literal_column(RARE_CODE_CONDITIONS[column]), in_codes)
            if set(values) <= set(RARE_CODES[column])
            else in_codes
        )

    return factory


def in_joined_column(table: Table, column: str) -> PredicateFactory:
    """A column of a table that the rows are joined with is one of the values."""
    return lambda values, query: table.c[column].in_(values)


def figure_in_column(column: str) -> PredicateFactory:
    """The figure that a row is joined with has one of the values."""
    figure = table_of(models.Figure)
    other = figure.alias()

    def factory(values: list[str], query: ListQuery) -> SemiJoin:
        subquery = select(other.c.claim_pk).where(other.c[column].in_(values))
        return SemiJoin(query.table.c.pk, subquery, figure.c[column].in_(values))

    return factory


def at_least(column: str) -> PredicateFactory:
    """The column is not below the value; null is not a number."""
    return lambda value, query: query.table.c[column] >= value


def compare_deaths(compare: Callable[[Any, int], ColumnElement[bool]]) -> PredicateFactory:
    """Best, else low, against a bound; unknown deaths match neither way."""
    return lambda value, query: compare(func.coalesce(query.table.c.deaths_best, query.table.c.deaths_low), value)


IS_CURRENT = view.c.known_until == literal_column(
    f"'{END_OF_TIME}'"
)  # as it stands in the indexes of what is known now


def normalise_known_by(day: date, _query: ListQuery) -> date | None:
    """The day on which something was known; the last day there is, is now."""
    return None if day == END_OF_TIME else day


def version_on(day: date | None) -> ColumnElement[bool]:
    """The one view of each event that was known on a day, or is known now."""
    if day is None or (isinstance(day, date) and day == END_OF_TIME):
        return IS_CURRENT
    return and_(view.c.known_from <= day, view.c.known_until > day)


def version_known_by(query: ListQuery) -> ColumnElement[bool]:
    """The one view of each event that was known on the day asked for, or is known now."""
    return version_on(query.get("known_by"))


def claims_known_by(query: ListQuery) -> ColumnElement[bool] | None:
    """The claims that had been made by the day asked for."""
    day: date | None = query.get("known_by")
    return None if day is None else claim.c.reported_on <= day


def parse_box(text: str) -> BBox:
    """A box; see `geo.parse_bbox`."""
    return parse_bbox(text)


def split_at_antimeridian(box: BBox, _query: ListQuery | None = None) -> list[BBox]:
    """The box, in two where it crosses the antimeridian."""
    if box.west <= box.east:
        return [box]
    return [BBox(box.west, box.south, 180.0, box.north), BBox(-180.0, box.south, box.east, box.north)]


def box_bounds(parts: Sequence[BBox]) -> list[BoxBounds]:
    """Boxes as `places` takes them."""
    return [(part.west, part.south, part.east, part.north) for part in parts]


def within_boxes(boxes: list[BBox], query: ListQuery) -> SemiJoin:
    """The row's point lies in the box."""
    located, (latitude, longitude) = _located_table(query), _point_columns(query)
    bounds = box_bounds(boxes)
    contains_point = [
        and_(
            point_in(longitude, latitude, (west, south, east, north)),
            longitude >= west,
            longitude <= east,
            latitude >= south,
            latitude <= north,
        )
        for west, south, east, north in bounds
    ]
    subquery = keys_in_boxes(
        located.name, bounds, day_constraint(query) if located.name in TEMPORAL_TABLES else NO_DAY_CONSTRAINT
    )
    if located is query.table:
        return SemiJoin(located.c[KEY_COLUMNS[located.name]], subquery, or_(*contains_point))
    other = located.alias()  # the rows are joined with the places themselves
    return SemiJoin(query.table.c.location_id, select(other.c.id).where(other.c.pk.in_(subquery)), or_(*contains_point))


def parse_point_param(text: str) -> Point:
    """A point; see `geo.parse_point`."""
    return parse_point(text)


def parse_radius(text: str) -> float:
    """Kilometres, more than none and no more than half around the Earth."""
    try:
        radius = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        raise ValueError("not a number") from None
    if not isfinite(radius) or not 0 < radius <= MAX_RADIUS_KM:
        raise ValueError(f"not above 0 and up to {MAX_RADIUS_KM:.0f} km")
    return radius


@dataclass(frozen=True)
class Circle:
    """All points within `radius_km` of a point, and boxes that hold them."""

    centre: Point
    radius_km: float
    boxes: list[BBox]


def resolve_circle(point: Point, query: ListQuery) -> Circle:
    """The point with `radius_km` around it. Raises InvalidParameterError without that."""
    radius = query.get("radius_km")
    if radius is None:
        raise InvalidParameterError("near", f"{point.longitude},{point.latitude}", "needs radius_km beside it")
    return Circle(point, radius, split_at_antimeridian(bounding_box(point, radius), query))


def within_circle(circle: Circle, query: ListQuery) -> SemiJoin:
    """The row's point lies within `radius_km` of the point, along a great circle."""
    latitude, longitude = _point_columns(query)
    centre = circle.centre
    distance = func.great_circle_km(centre.longitude, centre.latitude, longitude, latitude)
    within_box = within_boxes(circle.boxes, query)
    exact = distance <= circle.radius_km
    return SemiJoin(
        within_box.column,
        within_box.subquery,
        exact if within_box.equivalent is None else and_(within_box.equivalent, exact),
    )


def requires_param(parameter: str, other: str) -> Resolver:
    """The value itself, which only says how another parameter is meant: that one must be there."""

    def resolver(value: Any, query: ListQuery) -> Any:
        if query.get(other) is None:
            raise InvalidParameterError(parameter, str(value), f"says nothing without {other}; needs {other} beside it")
        return value

    return resolver


def has_no_point(query: ListQuery) -> ColumnElement[bool]:
    """Rows without coordinates."""
    places = _located_table(query)
    if places is query.table:
        return places.c.latitude.is_(None)
    other = places.alias()  # the rows are joined with the places themselves
    nowhere = select(other.c.id).where(other.c.latitude.is_(None))
    return or_(query.table.c.location_id.is_(None), query.table.c.location_id.in_(nowhere))


def _located_table(query: ListQuery) -> Table:
    """The table that holds the point of a row: its own, or its location's."""
    return query.table if "latitude" in query.table.c else location


def _point_columns(query: ListQuery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    columns = _located_table(query).c
    return columns.latitude, columns.longitude


def parse_countries(text: str) -> list[str]:
    """ISO 3166-1 alpha-3 codes separated by commas."""
    values = [value.strip().upper() for value in text.split(",")]
    for value in values:
        if not (len(value) == 3 and value.isascii() and value.isalpha()):
            raise InvalidParameterError("country", value, "not an ISO 3166-1 alpha-3 code such as AFG")
    return values


def _check_codes_exist(values: list[str], query: ListQuery, column: ColumnElement[Any], reason: str) -> list[str]:
    """The codes, each of which occurs at all."""
    cache, table = revision_cache(query.connection), column.table.name
    for value in values:
        key = ("country", table, value)
        if key not in cache:
            present = query.connection.scalar(select(column).where(column == value).limit(1))
            if present is None:
                choices = sorted(code for code in query.connection.scalars(select(column).distinct()) if code)
                raise InvalidParameterError("country", value, reason, closest_matches(value, choices))
            cache[key] = True
    return values


def check_location_countries(values: list[str], query: ListQuery) -> list[str]:
    """The countries. One without any place here is an error, not an empty answer."""
    return _check_codes_exist(values, query, location.c.country, "no place in this database lies there")


def located_in_country(values: list[str], query: ListQuery) -> ColumnElement[bool] | SemiJoin:
    """The row lies in the country."""
    if "country" in query.table.c:
        return query.table.c.country.in_(values)
    other = location.alias()  # the rows are joined with the places themselves
    subquery = select(other.c.id).where(other.c.country.in_(values))
    return SemiJoin(query.table.c.location_id, subquery, location.c.country.in_(values))


def parse_text_query(text: str) -> TextQuery:
    """Words and "quoted phrases", folded; there are no operators."""
    phrases: list[list[str]] = []
    for at, part in enumerate(text.split('"')):
        words = fold(part).split()
        if any(len(word.encode()) > MAX_TOKEN_BYTES for word in words):
            raise ValueError(f"one of the words is longer than {MAX_TOKEN_BYTES} bytes")
        phrases += [words] if at % 2 else [[word] for word in words]
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases:
        raise ValueError("holds no word")
    if sum(map(len, phrases)) > 50:
        raise ValueError("more than 50 words")
    return TextQuery(phrases)


def matches_text(index: str, key: str) -> PredicateFactory:
    """Every word and phrase occurs in the row's text."""
    return lambda phrases, query: SemiJoin(query.table.c[key], matching_rows(index, phrases), probe_cost=170.0)


def parse_boolean(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("not true or false")
    return text == "true"


def boolean_column(table: Table, column: str) -> PredicateFactory:
    """The column is true, or is not."""
    return lambda value, query: table.c[column] if value else not_(table.c[column])


def check_actor_countries(values: list[str], query: ListQuery) -> list[str]:
    """The countries. One without any actor here is an error, not an empty answer."""
    return _check_codes_exist(values, query, query.table.c.country, "no actor in this database belongs there")
