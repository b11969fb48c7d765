"""Points, boxes and distances on the WGS 84 sphere. Standard library only."""

from dataclasses import dataclass
from math import asin, cos, degrees, isfinite, pi, radians, sin, sqrt

INTERNAL_DECIMALS = 12
"""Decimals of a degree that input keeps; finer numbers make trigonometric functions of databases underflow."""
DISPLAY_DECIMALS = 6
"""Decimals of a computed degree: a tenth of a metre."""
EARTH_RADIUS_KM = 6371.0088  # mean radius (IUGG)


def parse_numbers(text: str, count: int) -> list[float]:
    """Parse `count` finite numbers separated by commas. Raises ValueError otherwise."""
    parts = text.split(",")
    if len(parts) != count:
        raise ValueError(f"expected {count} numbers separated by commas")
    try:
        numbers = [float(part) if part.isascii() and "_" not in part else float("nan") for part in parts]
    except ValueError:
        raise ValueError(f"expected {count} numbers separated by commas") from None
    if not all(isfinite(number) for number in numbers):
        raise ValueError("every number must be finite")
    return [round(number, INTERNAL_DECIMALS) for number in numbers]


@dataclass(frozen=True)
class BBox:
    """A bounding box in degrees; west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


def parse_bbox(text: str) -> BBox:
    """Parse `w,s,e,n` in degrees. Of six numbers the third and sixth are heights, which are ignored (OGC 17-069r4).

    Raises ValueError for anything that is not a box on the globe.
    """
    numbers = parse_numbers(text, 6 if text.count(",") == 5 else 4)
    box = BBox(*(numbers[:2] + numbers[3:5] if len(numbers) == 6 else numbers))
    if not all(-180 <= lon <= 180 for lon in (box.west, box.east)):
        raise ValueError("longitudes lie between -180 and 180")
    if not all(-90 <= lat <= 90 for lat in (box.south, box.north)):
        raise ValueError("latitudes lie between -90 and 90")
    if box.south > box.north:
        raise ValueError("south lies north of north; the order is west,south,east,north")
    return box


@dataclass(frozen=True)
class Point:
    """A point: longitude and latitude in degrees, in the axis order of CRS84."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class LocatedPoint:
    """The point of a row: that of its location, and how it stands for it (exact, centroid, approximate)."""

    longitude: float
    latitude: float
    point_kind: str | None


def parse_point(text: str) -> Point:
    """Parse `lon,lat` in degrees. Raises ValueError for anything that is not a point on the globe."""
    point = Point(*parse_numbers(text, 2))
    if not -180 <= point.longitude <= 180:
        raise ValueError("the longitude comes first and lies between -180 and 180")
    if not -90 <= point.latitude <= 90:
        raise ValueError("the latitude comes second and lies between -90 and 90")
    return point


def distance_km(a_lon: float, a_lat: float, b_lon: float, b_lat: float) -> float:
    """Compute the great-circle distance in kilometres (haversine formula)."""
    a, b = radians(a_lat), radians(b_lat)
    haversine = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(b_lon - a_lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(haversine)))


def bounding_box(point: Point, radius_km: float) -> BBox:
    """Compute a box that holds every point within `radius_km`; rounded up, so that no point is missed."""
    angle = radius_km / EARTH_RADIUS_KM * 1.000001
    reach = degrees(angle)
    south, north = max(-90.0, point.latitude - reach), min(90.0, point.latitude + reach)
    if south <= -90 or north >= 90 or angle >= pi / 2:
        return BBox(-180.0, south, 180.0, north)
    width = degrees(asin(min(1.0, sin(angle) / cos(radians(point.latitude)))))
    west, east = point.longitude - width, point.longitude + width
    return BBox(west + 360 if west < -180 else west, south, east - 360 if east > 180 else east, north)
