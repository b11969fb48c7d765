"""Where and when all rows of a list lie."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func

from app.geo import Box
from app.query.listing import Listing
from app.query.pages import matching
from app.timespan import Interval


@dataclass(frozen=True)
class Extent:
    """The smallest box around all points, None if there is none, and the days from the first to the last."""

    box: Box | None
    days: Interval


def extent(listing: Listing, connection: Connection) -> Extent:
    """Where and when the rows of a list lie, as far as they tell."""
    asked, rows = listing.asked({}, connection), listing.rows.c
    space: list[Any] = [None] * 4
    if listing.spot:
        longitude, latitude, _ = listing.spot
        bounds = (func.min(longitude), func.min(latitude), func.max(longitude), func.max(latitude))
        space = list(connection.execute(matching(listing, asked, *bounds)).one())
    time: list[Any] = [None] * 2
    if "earliest" in rows:
        first = func.min(func.coalesce(rows.earliest, rows.latest))
        last = func.max(func.coalesce(rows.latest, rows.earliest))
        time = list(connection.execute(matching(listing, asked, first, last)).one())
    return Extent(None if space[0] is None else Box(*space), Interval(*time))
