"""Extent of a list in space and time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func

from app.geo import BBox
from app.query.lists.definition import ListDefinition
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.timespan import DateRange


@dataclass(frozen=True)
class Extent:
    """The smallest box around all points (None without points), and the first and last day of all rows."""

    bbox: BBox | None
    days: DateRange


def extent(listing: ListDefinition, connection: Connection) -> Extent:
    """Compute the extent of all rows of a list that have coordinates or dates."""
    query, rows = listing.resolve(ListRequest({}), connection), listing.table.c
    space: list[Any] = [None] * 4
    if listing.point_columns:
        longitude, latitude, _ = listing.point_columns
        bounds = (func.min(longitude), func.min(latitude), func.max(longitude), func.max(latitude))
        space = list(connection.execute(select_matching(listing, query, *bounds)).one())
    time: list[Any] = [None] * 2
    if "earliest" in rows:
        first = func.min(func.coalesce(rows.earliest, rows.latest))
        last = func.max(func.coalesce(rows.latest, rows.earliest))
        time = list(connection.execute(select_matching(listing, query, first, last)).one())
    return Extent(None if space[0] is None else BBox(*space), DateRange(*time))
