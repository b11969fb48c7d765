"""Points, boxes and distances: exact refusals, known distances, and boxes that never lose a point."""

from math import acos, asin, atan2, cos, degrees, pi, radians, sin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.geo import (
    EARTH_RADIUS_KM,
    INTERNAL_DECIMALS,
    BBox,
    Point,
    bounding_box,
    distance_km,
    parse_bbox,
    parse_numbers,
    parse_point,
)

quick = settings(max_examples=200)

HALF_ROUND_KM = pi * EARTH_RADIUS_KM
longitudes = st.floats(-180, 180) | st.sampled_from([-180.0, -179.99, 0.0, 67.5269, 179.99, 180.0])
latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, -89.99, 0.0, 37.13249, 89.99, 90.0])
points = st.builds(Point, longitudes, latitudes)
radii_km = st.floats(0.001, HALF_ROUND_KM) | st.floats(0.001, 500)


def holds(box: BBox, point: Point) -> bool:
    """Whether the point lies in the box, read as the contract has it: west > east crosses the antimeridian."""
    if not box.south <= point.latitude <= box.north:
        return False
    if box.west <= box.east:
        return box.west <= point.longitude <= box.east
    return point.longitude >= box.west or point.longitude <= box.east


def travelled(start: Point, bearing: float, km: float) -> Point:
    """Where one arrives on a great circle."""
    angle, latitude, longitude = km / EARTH_RADIUS_KM, radians(start.latitude), radians(start.longitude)
    sine = sin(latitude) * cos(angle) + cos(latitude) * sin(angle) * cos(bearing)
    there = asin(max(-1.0, min(1.0, sine)))
    east = atan2(sin(bearing) * sin(angle) * cos(latitude), cos(angle) - sin(latitude) * sine)
    turned = (degrees(longitude + east) + 540) % 360 - 180
    return Point(max(-180.0, min(180.0, turned)), max(-90.0, min(90.0, degrees(there))))


def apart(a: Point, b: Point) -> float:
    return distance_km(a.longitude, a.latitude, b.longitude, b.latitude)


# --- reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("66.6,36.4,68.2,37.5", BBox(66.6, 36.4, 68.2, 37.5)),
        ("-180,-90,180,90", BBox(-180, -90, 180, 90)),
        ("170,-10,-170,10", BBox(170, -10, -170, 10)),
        ("67,37,67,37", BBox(67, 37, 67, 37)),
        ("+1,2.50,3e0,4.", BBox(1, 2.5, 3, 4)),
        ("1,2,-500,3,4,8000", BBox(1, 2, 3, 4)),  # with heights, as OGC API - Features allows
    ],
)
def test_a_box_is_west_south_east_north(text: str, expected: BBox) -> None:
    assert parse_bbox(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected 4 numbers separated by commas"),
        ("1,2,3", "expected 4 numbers separated by commas"),
        ("1,2,3,4,5", "expected 4 numbers separated by commas"),
        ("1,2,3,4,5,6,7", "expected 4 numbers separated by commas"),
        ("1;2;3;4", "expected 4 numbers separated by commas"),
        ("1,2,,4", "expected 4 numbers separated by commas"),
        ("west,2,3,4", "expected 4 numbers separated by commas"),
        ("0x1,2,3,4", "expected 4 numbers separated by commas"),
        ("nan,2,3,4", "every number must be finite"),
        ("1,2,inf,4", "every number must be finite"),
        ("1,2,-Infinity,4", "every number must be finite"),
        ("1e999,2,3,4", "every number must be finite"),
        ("181,0,1,1", "longitudes lie between -180 and 180"),
        ("0,0,-180.001,1", "longitudes lie between -180 and 180"),
        ("0,-90.001,1,1", "latitudes lie between -90 and 90"),
        ("0,0,1,137", "latitudes lie between -90 and 90"),
        ("0,10,1,5", "south lies north of north; the order is west,south,east,north"),
    ],
)
def test_what_is_no_box_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_bbox(text)


@pytest.mark.parametrize("text", ["1_0,2", "٦٧,37", "６７,37"])
def test_numbers_are_written_in_plain_digits(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_point(text)


def test_a_point_is_longitude_first() -> None:
    assert parse_point("67.5269,37.13249") == Point(longitude=67.5269, latitude=37.13249)
    assert parse_point("-180,-90") == Point(-180, -90)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("67.5", "expected 2 numbers separated by commas"),
        ("67.5 37.1", "expected 2 numbers separated by commas"),
        ("180.5,37.1", "the longitude comes first and lies between -180 and 180"),
        ("37.1,167.5", "the latitude comes second and lies between -90 and 90"),
        ("nan,nan", "every number must be finite"),
    ],
)
def test_what_is_no_point_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_point(text)


@quick
@given(st.text(max_size=30) | st.text(alphabet="0123456789.,-+eEnaif _", max_size=30))
def test_any_text_is_a_box_on_the_globe_or_a_value_error(text: str) -> None:
    try:
        box = parse_bbox(text)
    except ValueError:
        return
    assert -90 <= box.south <= box.north <= 90
    assert -180 <= min(box.west, box.east) <= max(box.west, box.east) <= 180


@quick
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_numbers_survive_being_written_and_read(numbers: list[float]) -> None:
    assert parse_numbers(",".join(map(repr, numbers)), len(numbers)) == [round(n, INTERNAL_DECIMALS) for n in numbers]


# --- distance ----------------------------------------------------------------------------------------------------


def test_a_degree_of_the_equator_is_as_long_as_the_mean_radius_makes_it() -> None:
    assert distance_km(0, 0, 1, 0) == pytest.approx(2 * pi * 6371.0088 / 360, rel=1e-12)
    assert distance_km(0, 0, 1, 0) == pytest.approx(111.195, abs=0.001)


def test_pole_to_pole_and_opposite_points_are_half_around_the_earth() -> None:
    assert distance_km(0, 90, 123, -90) == pytest.approx(HALF_ROUND_KM)
    assert distance_km(0, 0, 180, 0) == pytest.approx(HALF_ROUND_KM)
    assert distance_km(67, 37, -113, -37) == pytest.approx(HALF_ROUND_KM)


def test_the_antimeridian_is_no_obstacle() -> None:
    assert distance_km(179.5, 0, -179.5, 0) == pytest.approx(111.195, abs=0.001)
    assert distance_km(180, 37, -180, 37) == pytest.approx(0, abs=1e-6)


def test_every_longitude_is_the_same_pole() -> None:
    assert distance_km(12, 90, -150, 90) == pytest.approx(0, abs=1e-6)


def test_places_of_the_pack_lie_as_far_apart_as_on_the_map() -> None:
    termez, sherkhan_bandar, bagram = Point(67.278, 37.224), Point(68.602, 37.188), Point(69.265, 34.941)
    assert apart(termez, sherkhan_bandar) == pytest.approx(117.3, abs=0.1)
    assert apart(termez, bagram) == pytest.approx(310.3, abs=0.1)


@quick
@given(points, points)
def test_distance_is_symmetric_and_never_more_than_half_around(a: Point, b: Point) -> None:
    assert apart(a, b) == pytest.approx(apart(b, a), rel=1e-12, abs=1e-9)
    assert 0 <= apart(a, b) <= HALF_ROUND_KM


@quick
@given(points)
def test_every_point_is_at_no_distance_from_itself(point: Point) -> None:
    assert apart(point, point) == 0


@quick
@given(points, points, points)
def test_a_detour_is_never_shorter(a: Point, b: Point, c: Point) -> None:
    assert apart(a, c) <= apart(a, b) + apart(b, c) + 0.01  # near opposite points the sine is flat


@quick
@given(points, points)
def test_distance_agrees_with_the_law_of_cosines(a: Point, b: Point) -> None:
    one, two = radians(a.latitude), radians(b.latitude)
    turn = radians(b.longitude - a.longitude)
    cosine = sin(one) * sin(two) + cos(one) * cos(two) * cos(turn)
    assert apart(a, b) == pytest.approx(EARTH_RADIUS_KM * acos(max(-1.0, min(1.0, cosine))), abs=0.5)


# --- boxes around a point ----------------------------------------------------------------------------------------


def test_a_box_around_a_place_in_the_north_is_wider_than_high() -> None:
    box = bounding_box(Point(67.5269, 37.13249), 50)
    assert (box.west, box.south, box.east, box.north) == pytest.approx(
        (66.96292, 36.68283, 68.09088, 37.58215), abs=1e-4
    )


def test_a_box_across_the_antimeridian_has_its_west_east_of_its_east() -> None:
    east_of_it, west_of_it = bounding_box(Point(179.9, 0), 50), bounding_box(Point(-179.9, 0), 50)
    assert (east_of_it.west, east_of_it.east) == pytest.approx((179.45034, -179.65034), abs=1e-4)
    assert (west_of_it.west, west_of_it.east) == pytest.approx((179.65034, -179.45034), abs=1e-4)


@pytest.mark.parametrize("latitude", [89.9, 90, -89.9, -90])
def test_a_box_that_touches_a_pole_goes_all_around(latitude: float) -> None:
    box = bounding_box(Point(67, latitude), 50)
    assert (box.west, box.east) == (-180, 180)
    assert (box.north == 90, box.south == -90) == (latitude > 0, latitude < 0)


def test_a_box_of_a_quarter_round_is_the_globe() -> None:
    assert bounding_box(Point(0, 0), 10_008) == BBox(-180, -90, 180, 90)


def test_a_small_box_is_not_the_globe() -> None:
    box = bounding_box(Point(67.5, 37.1), 10)
    assert 0.2 < box.east - box.west < 0.3
    assert 0.17 < box.north - box.south < 0.19


@quick
@given(points, radii_km, st.floats(0, 2 * pi), st.floats(0, 1) | st.just(1.0))
@example(Point(0.0, 90.0), 100.0, 1.0, 1.0)
@example(Point(0.0, -90.0), 100.0, 1.0, 1.0)
@example(Point(180.0, 0.0), 1.0, pi / 2, 0.9)
@example(Point(-180.0, 0.0), 1.0, 3 * pi / 2, 0.9)
@example(Point(67.0, 89.0), 111.0, pi / 2, 1.0)
def test_the_box_holds_every_point_within_the_radius(centre: Point, radius: float, bearing: float, part: float) -> None:
    reached = travelled(centre, bearing, radius * part)
    box = bounding_box(centre, radius)
    assert holds(box, centre)
    assert holds(box, reached) or apart(centre, reached) > radius


@quick
@given(points, points, radii_km)
def test_the_box_holds_any_point_that_is_near_enough(centre: Point, other: Point, radius: float) -> None:
    assert holds(bounding_box(centre, radius), other) or apart(centre, other) > radius


@quick
@given(points, radii_km)
def test_the_box_is_a_box_on_the_globe(centre: Point, radius: float) -> None:
    box = bounding_box(centre, radius)
    assert -90 <= box.south <= box.north <= 90
    assert -180 <= min(box.west, box.east) <= max(box.west, box.east) <= 180
