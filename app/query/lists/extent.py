"""Where and when all rows of a list lie."""

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
    """The smallest box around all points, None if there is none, and the days from the first to the last."""

    bbox: BBox | None
    days: DateRange


def extent(listing: ListDefinition, connection: Connection) -> Extent:
    """Where and when the rows of a list lie, as far as they tell."""
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
