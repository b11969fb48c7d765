"""Counts by cell: they add up to what the list of events finds, and every event lies in its cell."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import AppClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, literal, select

from app.query.analyses.density import MAX_ZOOM, Grid, cell_number
from query.analyses.event_filters import FILTERS

GetOk = Callable[..., Any]
quick = settings(max_examples=200, database=None, deadline=None)


def cell_of(zoom: int, longitude: float, latitude: float) -> str:
    """Where a point belongs, in plain arithmetic written apart from the product."""
    size = 45 / 2**zoom
    column = min(int((longitude // size) + 4 * 2**zoom), 8 * 2**zoom - 1)
    row = min(int((latitude // size) + 2 * 2**zoom), 4 * 2**zoom - 1)
    return f"{zoom}/{column}/{row}"


def all_cells(client: AppClient, **query: Any) -> list[dict[str, Any]]:
    """All cells of an answer, page by page."""
    answer = client.get("/v1/density", params=query)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["items"]
    while following := answer.json()["next"]:
        answer = client.get(following)
        rows += answer.json()["items"]
    return rows


def points(client: AppClient, **filters: Any) -> list[list[float]]:
    """The points of the events that lie somewhere."""
    features = client.get("/v1/events", params={"f": "geojson", "limit": 1000, **filters}).json()["features"]
    return [feature["geometry"]["coordinates"] for feature in features if feature["geometry"]]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: ",".join(filters) or "everything")
@pytest.mark.parametrize("zoom", [0, 6, MAX_ZOOM])
def test_the_counts_are_those_of_the_located_events_that_match(
    client: AppClient, filters: dict[str, Any], zoom: int
) -> None:
    expected = Counter(cell_of(zoom, *point) for point in points(client, **filters))
    assert expected
    assert {row["id"]: row["count"] for row in all_cells(client, zoom=zoom, **filters)} == expected


def test_cells_tell_their_bounds_and_the_mean_of_their_events(client: AppClient) -> None:
    placed = points(client)
    for row in all_cells(client, zoom=4):
        inside = [p for p in placed if row["west"] <= p[0] < row["east"] and row["south"] <= p[1] < row["north"]]
        assert len(inside) == row["count"]
        assert row["east"] - row["west"] == row["north"] - row["south"] == 45 / 2**4
        assert row["longitude"] == pytest.approx(sum(p[0] for p in inside) / len(inside), abs=1e-5)
        assert row["latitude"] == pytest.approx(sum(p[1] for p in inside) / len(inside), abs=1e-5)
        assert row["point_kind"] == "approximate"


def test_what_lies_nowhere_is_counted_beside_the_cells(get_ok: GetOk) -> None:
    everything = get_ok("/v1/events", limit=1, count="exact")["matched"]
    found = get_ok("/v1/density", zoom=3)
    assert found["omitted"] == {"unlocated": everything - sum(row["count"] for row in found["items"])}
    assert found["omitted"]["unlocated"] > 0
    boxed = get_ok("/v1/density", zoom=3, bbox="66,36,69,38", datetime="2021-06-29")
    listed = get_ok("/v1/events", bbox="66,36,69,38", datetime="2021-06-29")
    assert boxed["omitted"] == listed["omitted"]


def test_pages_follow_each_other_through_every_cell_once(client: AppClient) -> None:
    whole = all_cells(client, zoom=9)
    assert len({row["id"] for row in whole}) == len(whole) > 20
    assert all_cells(client, zoom=9, limit=3) == whole
    assert client.get("/v1/density?zoom=9&count=exact&limit=3").json()["matched"] == len(whole)
    numbers = [tuple(map(int, row["id"].split("/"))) for row in whole]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "zoom"),
        ({"zoom": 23}, "zoom"),
        ({"zoom": -1}, "zoom"),
        ({"zoom": "6.5"}, "zoom"),
        ({"zoom": 6, "sort": "count"}, "sort"),
        ({"zoom": 6, "place": "Kalder"}, "place"),
    ],
)
def test_what_is_not_understood_is_refused(get_problem: GetOk, query: dict[str, Any], parameter: str) -> None:
    assert get_problem("/v1/density", **query)["parameter"] == parameter


def test_a_cursor_of_another_grid_is_refused(client: AppClient, get_problem: GetOk) -> None:
    following = client.get("/v1/density?zoom=9&limit=1").json()["next"]
    cursor = following.partition("cursor=")[2]
    assert get_problem("/v1/density", zoom=8, cursor=cursor)["parameter"] == "cursor"


EDGES = [
    -180.0,
    -179.9999999,
    -135.0,
    -1e-12,
    0.0,
    1e-12,
    44.99999999999999,
    45.0,
    134.99999999999997,
    179.9999999,
    180.0,
]


SOME = random.Random(20210705)  # noqa: S311 - repeatable, not secret
LONGITUDES = [*EDGES, *(SOME.uniform(-180, 180) for _ in range(100)), *(float(n) for n in range(-180, 181, 15))]
LATITUDES = [value / 2 for value in LONGITUDES]


@pytest.mark.parametrize("zoom", [0, 1, 5, 13, MAX_ZOOM])
def test_databases_count_as_plain_arithmetic_does_up_to_the_antimeridian_and_the_poles(
    connection: Connection, zoom: int
) -> None:
    grid = Grid(zoom)
    columns = [cell_number(literal(value), grid.size, grid.columns) for value in LONGITUDES]
    rows = [cell_number(literal(value), grid.size, grid.columns // 2) for value in LATITUDES]
    found = zip(connection.execute(select(*columns)).one(), connection.execute(select(*rows)).one(), strict=True)
    cells = [f"{zoom}/{column}/{row}" for column, row in found]
    assert cells == [cell_of(zoom, *point) for point in zip(LONGITUDES, LATITUDES, strict=True)]


@quick
@given(
    st.integers(0, MAX_ZOOM),
    st.floats(-180, 180) | st.sampled_from(EDGES),
    st.floats(-90, 90) | st.sampled_from([edge / 2 for edge in EDGES]),
)
def test_a_point_lies_in_the_bounds_of_its_cell(zoom: int, longitude: float, latitude: float) -> None:
    grid = Grid(zoom)
    column, row = grid.parse_id(cell_of(zoom, longitude, latitude))
    west, south, east, north = grid.bounds(column, row)
    assert west <= longitude < east or longitude == east == 180
    assert south <= latitude < north or latitude == north == 90
