"""Predicates on space: boxes and circles around a row's point."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from sqlalchemy import ColumnElement, Table, and_, func, or_, select

from app import models
from app.db.spatial_index import KEY_COLUMNS, NO_DAY_CONSTRAINT, TEMPORAL_TABLES, BoxBounds, keys_in_boxes, point_in
from app.errors import InvalidParameterError
from app.geo import BBox, Point, bounding_box
from app.models.base import table_of
from app.query.params.param import ListQuery
from app.query.predicates.forms import SemiJoin
from app.query.predicates.time import day_constraint

location = table_of(models.Location)
MAX_RADIUS_KM = 20_038.0
"""Half the circumference of the Earth: a larger circle holds every point."""


def split_at_antimeridian(box: BBox, _query: ListQuery | None = None) -> list[BBox]:
    """Return the box, in two parts where it crosses the antimeridian."""
    if box.west <= box.east:
        return [box]
    return [BBox(box.west, box.south, 180.0, box.north), BBox(-180.0, box.south, box.east, box.north)]


def box_bounds(boxes: Sequence[BBox]) -> list[BoxBounds]:
    """Return the bounds of boxes as the spatial index takes them."""
    return [(box.west, box.south, box.east, box.north) for box in boxes]


def within_boxes(boxes: list[BBox], query: ListQuery) -> SemiJoin:
    """Match rows whose point lies in one of the boxes, borders included."""
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
    other = located.alias()  # the list already joins its rows with the locations themselves
    return SemiJoin(query.table.c.location_id, select(other.c.id).where(other.c.pk.in_(subquery)), or_(*contains_point))


def parse_radius(text: str) -> float:
    """Parse a radius in kilometres. Raises ValueError unless it is above 0 and at most `MAX_RADIUS_KM`."""
    try:
        radius = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        raise ValueError("not a number") from None
    if not isfinite(radius) or not 0 < radius <= MAX_RADIUS_KM:
        raise ValueError(f"not above 0 and up to {MAX_RADIUS_KM:.0f} km")
    return radius


@dataclass(frozen=True)
class Circle:
    """A circle on the sphere, with boxes that contain it: two where it crosses the antimeridian."""

    centre: Point
    radius_km: float
    boxes: list[BBox]


def resolve_circle(point: Point, query: ListQuery) -> Circle:
    """Combine `near` with `radius_km`. Raises InvalidParameterError if the radius is missing."""
    radius = query.get("radius_km")
    if radius is None:
        raise InvalidParameterError("near", f"{point.longitude},{point.latitude}", "needs radius_km beside it")
    return Circle(point, radius, split_at_antimeridian(bounding_box(point, radius)))


def within_circle(circle: Circle, query: ListQuery) -> SemiJoin:
    """Match rows whose point lies within the radius, by great-circle distance."""
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


def has_no_point(query: ListQuery) -> ColumnElement[bool]:
    """Match rows without coordinates."""
    located = _located_table(query)
    if located is query.table:
        return located.c.latitude.is_(None)
    other = located.alias()  # the list already joins its rows with the locations themselves
    without_point = select(other.c.id).where(other.c.latitude.is_(None))
    return or_(query.table.c.location_id.is_(None), query.table.c.location_id.in_(without_point))


def _located_table(query: ListQuery) -> Table:
    """Return the table that holds the point of a row: its own, or `location`."""
    return query.table if "latitude" in query.table.c else location


def _point_columns(query: ListQuery) -> tuple[ColumnElement[float], ColumnElement[float]]:
    columns = _located_table(query).c
    return columns.latitude, columns.longitude
