"""Control of places, on a day and through time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection, select

from app import models, vocab
from app.errors import InvalidParameterError
from app.geo import LocatedPoint
from app.models.base import table_of
from app.query.analyses.lookups import get_row
from app.query.analyses.stored_control import Place, RefNames, load_places, member_ids
from app.query.lists.computed import batched_rows, computed_list_params, page_from_rows, without_points
from app.query.lists.cursors import INVALID_CURSOR, write_cursor
from app.query.lists.page import Page, RowWithPoint
from app.query.lists.reference import LOCATIONS_LIST
from app.query.lists.request import ID_ORDER, ListRequest
from app.query.params.filters import ANY_VALUE_HELP, KNOWN_BY, NAME_HELP, NAMES_SCHEMA
from app.query.params.param import CursorValues, Param, code_param, integer_between, split_list
from app.rules.control import (
    DEFAULT_HORIZON_DAYS,
    ControlState,
    StatesOfDay,
    control_on,
)
from app.rules.timeline import count_periods, timeline
from app.schemas.analysis import (
    ControlPeriodRow,
    ControlRow,
)
from app.schemas.base import Ref
from app.timespan import parse_day

MAX_HORIZON_DAYS = 36_525
"""A hundred years."""
MAX_LISTED = 20_000
"""Open changes and places inside that one page of a timeline names: thousands may be open in each of its rows."""
PLACE = Param(
    "place",
    f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY_VALUE_HELP}",
    "balkh",
    split_list,
    schema=NAMES_SCHEMA,
)
KIND = code_param("kind", vocab.LocationKind, "district")
AS_OF = Param(
    "as_of", "The day asked for.", "2021-06-29", parse_day, schema={"type": "string", "format": "date"}, required=True
)
HOLDER = Param(
    "holder",
    f"The side that holds the place. {NAME_HELP} Includes what is part of it. {ANY_VALUE_HELP}",
    "taliban",
    split_list,
    schema=NAMES_SCHEMA,
)
LAST_HOLDER = replace(
    HOLDER,
    name="last_holder",
    description=f"The side that held the place last. {NAME_HELP} Includes what is part of it. {ANY_VALUE_HELP}",
)
STATE = code_param("state", vocab.ControlCertainty, "held")
HORIZON = Param(
    "horizon_days",
    "How many days before and after the coverage of the packs the last known state is carried on; "
    f"{DEFAULT_HORIZON_DAYS} by default.",
    "30",
    integer_between(0, MAX_HORIZON_DAYS),
    schema={"type": "integer", "minimum": 0, "maximum": MAX_HORIZON_DAYS, "default": DEFAULT_HORIZON_DAYS},
)

CONTROL_PARAMS = computed_list_params((AS_OF, PLACE, KIND, HOLDER, LAST_HOLDER, STATE, KNOWN_BY, HORIZON), ControlRow)
TIMELINE_PARAMS = computed_list_params((KNOWN_BY, HORIZON), ControlPeriodRow)


def control(connection: Connection, request: ListRequest) -> Page:
    """List who held what on `as_of`, by location.

    A place asked for by name is listed even if nothing is known of it on that day; others only with `state=unknown`.
    """
    filters, names, day = request.filters, RefNames(), request.filters["as_of"]
    places, named_ids = load_places(connection, filters, names)
    holders = member_ids(connection, "holder", filters, day)
    last_holders = member_ids(connection, "last_holder", filters, day)
    horizon_days, states = filters.get("horizon_days", DEFAULT_HORIZON_DAYS), StatesOfDay()
    rows: dict[str, tuple[Place, ControlState]] = {}
    for place in places:
        state = control_on(place.facts, day, horizon_days, states)
        is_shown = (
            (holders is None or state.holder in holders)
            and (last_holders is None or state.last_holder in last_holders)
            and state.state in filters.get("state", tuple(vocab.ControlCertainty))
        )
        is_known = state.state != vocab.ControlCertainty.UNKNOWN or "state" in filters or place.id in named_ids
        if is_shown and is_known:
            rows[place.id] = (place, state)

    def render(shown: Sequence[tuple[Place, ControlState]]) -> Iterator[ControlRow]:
        for place, state in shown:
            yield ControlRow(location=Ref(id=place.id, name=place.name), **names.state_fields(state))

    return page_from_rows(rows, request, render, points=partial(points_of, connection))


def timeline_of(location: str, connection: Connection, request: ListRequest) -> Page:
    """List the periods of control of one location. Raises NotFoundError, MovedError, InvalidParameterError.

    A page ends before its limit once its rows name MAX_LISTED open changes and places inside.
    """
    get_row(LOCATIONS_LIST, location, {}, connection)
    names = RefNames()
    places, _ = load_places(connection, request.filters, names, location_ids=[location])
    facts, horizon_days = places[0].facts, request.filters.get("horizon_days", DEFAULT_HORIZON_DAYS)
    first = 0 if request.cursor is None else _decode_position(request.cursor) + 1
    periods = timeline(facts, horizon_days, first)
    matched = count_periods(facts, horizon_days) if request.count else None
    rows = (
        ControlPeriodRow(from_=period.start, until=period.until, **names.state_fields(period.state))
        for period in periods
    )
    if request.limit is None:
        return Page(batched_rows(rows), matched=matched)
    shown: list[RowWithPoint] = []
    listed, has_more = 0, False
    for row in rows:
        has_more = len(shown) == request.limit or listed > MAX_LISTED
        if has_more:
            break
        shown += without_points([row])
        listed += len(row.open) + len(row.inside)
    # Padded with zeros, so that positions sort as texts.
    last = write_cursor(ID_ORDER, [f"{first + len(shown) - 1:06}"]) if has_more else None
    return Page([shown], next=last, matched=matched)


def _decode_position(cursor: CursorValues) -> int:
    position = str(cursor[0])
    if not (position.isascii() and position.isdigit() and len(position) < 10):
        raise InvalidParameterError("cursor", "...", INVALID_CURSOR)
    return int(position)


def points_of(connection: Connection, ids: Collection[str]) -> dict[str, LocatedPoint]:
    """Load the points of locations; those without coordinates are left out."""
    location = table_of(models.Location)
    statement = select(location.c.id, location.c.longitude, location.c.latitude, location.c.point_kind)
    rows = connection.execute(statement.where(location.c.id.in_(ids), location.c.longitude.is_not(None)))
    return {id_: LocatedPoint(*point) for id_, *point in rows}
