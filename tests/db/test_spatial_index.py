"""Days as SQLite's tree of points holds them: as years in numbers of 32 bits, which are never later than the day."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from conftest import Databases, engine_for
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.db.engine import write_transaction
from app.db.spatial_index import UNBOUNDED_YEAR, day_from_years, deferred_spatial_index

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


def test_a_deferred_index_is_the_same_again_with_all_rows_of_the_table(databases: Databases) -> None:
    url = databases.loaded()
    listed = text("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    days = "round(since, 2), round(until, 2)"
    points = {
        "event_version": text(f"SELECT pk, west, {days} FROM event_version_point ORDER BY pk"),  # noqa: S608
        "location": text("SELECT pk, west FROM location_point ORDER BY pk"),
    }
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL keeps its indexes")
        before = connection.execute(listed).all()
        rows = {name: connection.execute(statement).all() for name, statement in points.items()}
        with deferred_spatial_index(connection, points):
            assert "event_version_point" not in [row.name for row in connection.execute(listed)]
        assert connection.execute(listed).all() == before
        assert {name: connection.execute(statement).all() for name, statement in points.items()} == rows
