"""Days as SQLite's tree of points holds them: as years in numbers of 32 bits, which are never later than the day."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.db.spatial_index import UNBOUNDED_YEAR, day_from_years

COUNTED = "INSERT INTO point VALUES (1, 0, 0, 0, 0, (julianday(:day) - 2451544.5) / 365.25, 9999)"


@given(st.dates())
def test_a_begin_that_the_tree_gives_back_is_its_day_or_the_one_before(day: date) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE point USING rtree(pk, west, east, south, north, since, until)")
        connection.execute(COUNTED, {"day": day.isoformat()})
        found = day_from_years(connection.execute("SELECT since FROM point").fetchone()[0])
    assert found in (day, max(day, date.min + timedelta(1)) - timedelta(1))


def test_the_first_day_there_is_has_none_before_it_and_an_unknown_begin_is_no_day() -> None:
    assert day_from_years(-1998.97) == date.min
    assert day_from_years(-UNBOUNDED_YEAR) is None
