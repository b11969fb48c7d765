"""Control of places: on a day, through time, and as gains and losses within a window."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypedDict, cast

from pydantic import BaseModel
from sqlalchemy import Connection, Select, select

from app import models, vocab
from app.db.indexes import use_index
from app.geo import LocatedPoint
from app.models.base import table_of
from app.query.analyses.lookups import get_row
from app.query.lists.computed import computed_list_params, page_from_rows
from app.query.lists.figures import figure_entries
from app.query.lists.page import Page
from app.query.lists.reference import LOCATIONS_LIST
from app.query.lists.request import ListRequest
from app.query.params.filters import ANY_VALUE_HELP, KNOWN_BY, NAME_HELP, NAMES_SCHEMA, TIME
from app.query.params.param import FilterValues, ListQuery, Param, code_param, split_list
from app.query.params.resolve import ACTORS, LOCATIONS, resolve_ids
from app.query.predicates.entities import locations_inside
from app.query.predicates.versions import claims_known_by, version_known_by
from app.rules.control import ControlEvent, ControlState, Tally, control_on, tallies, timeline
from app.schemas.analysis import ControlPeriodRow, ControlRow, FigureEntry, TallyRow
from app.schemas.base import Ref
from app.timespan import DateRange, parse_day

REPORTED_MEASURES = {vocab.Measure.DISTRICTS_HELD: vocab.LocationKind.DISTRICT}
"""Measures of figures that total held places, with the kind of place that each counts."""

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
ACTOR = Param(
    "actor",
    f"The side. {NAME_HELP} Includes what is part of it. {ANY_VALUE_HELP}",
    "taliban",
    split_list,
    schema=NAMES_SCHEMA,
)

CONTROL_PARAMS = computed_list_params((AS_OF, PLACE, KIND, HOLDER, KNOWN_BY), ControlRow)
TIMELINE_PARAMS = computed_list_params((KNOWN_BY,), ControlPeriodRow)
SUMMARY_PARAMS = computed_list_params(
    (replace(TIME[0], required=True), TIME[1], PLACE, KIND, ACTOR, replace(KNOWN_BY, example="2021-07-05")), TallyRow
)


class StateFields(TypedDict):
    """The fields that `ControlRow` and `ControlPeriodRow` share."""

    holder: Ref | None
    state: vocab.ControlCertainty
    candidates: list[Ref]
    since: date | None
    change: Ref | None
    basis: vocab.ControlBasis | None


@dataclass(frozen=True)
class Place:
    """A location with the changes of control of exactly it, and the last day that their packs curated."""

    id: str
    name: str
    kind: str
    changes: list[ControlEvent]
    cut_off: date | None


class RefNames:
    """Names of actors and titles of events, by id, for references."""

    def __init__(self) -> None:
        self.actors: dict[str, str] = {}
        self.titles: dict[str, str] = {}

    def load_actors(self, connection: Connection, ids: Collection[str]) -> None:
        """Load the names of actors."""
        actor = table_of(models.Actor)
        self.actors |= dict(connection.execute(select(actor.c.id, actor.c.name).where(actor.c.id.in_(ids))).all())

    def actor_ref(self, id_: str) -> Ref:
        """Return a reference to an actor."""
        return Ref(id=id_, name=self.actors[id_])

    def state_fields(self, state: ControlState) -> StateFields:
        """Return the fields that show a state."""
        return {
            "holder": None if state.holder is None else self.actor_ref(state.holder),
            "state": state.state,
            "candidates": [self.actor_ref(id_) for id_ in state.candidates],
            "since": state.since,
            "change": Ref(id=state.change, name=self.titles[state.change]) if state.change else None,
            "basis": state.basis,
        }


class ControlChangeRecord(Protocol):
    """A row of `_select_changes`."""

    location_id: str
    id: str
    title: str
    gained_by_id: str | None
    lost_by_id: str | None
    extent: str
    status: str
    earliest: date | None
    latest: date | None
    planned: bool
    cut_off: date | None


def _select_changes(query: ListQuery) -> Select[Any]:
    """Select all changes of control in view, with their events and the cut-off dates of their packs."""
    change, event_version = table_of(models.ControlChange), table_of(models.EventVersion)
    event, pack = table_of(models.Event), table_of(models.Pack)
    columns = [event_version.c[name] for name in ("id", "status", "earliest", "latest", "planned")]
    statement = (
        select(change, *columns, event.c.title, pack.c.cut_off)
        .join(event_version, event_version.c.event_pk == change.c.event_pk)
        .join(event, event.c.pk == change.c.event_pk)
        .join(pack, pack.c.id == event.c.pack_id)
        .where(version_known_by(query))
        .where(event_version.c.event_pk.in_(select(change.c.event_pk)))  # tells SQLite how few of the events match
    )
    return use_index(statement, event_version, "ix_event_version_event_pk")


def _load_places(
    connection: Connection, filters: FilterValues, names: RefNames, location_ids: Sequence[str] | None = None
) -> tuple[list[Place], Sequence[str]]:
    """Load the places with changes in view that match the filters, and the ids asked for by name.

    A place asked for is there even without any change. `location_ids` replaces the filter `place`, and then means
    exactly these locations. The names that rows refer to are added to `names`.
    """
    change = table_of(models.ControlChange)
    named_ids = (
        resolve_ids(connection, LOCATIONS, "place", filters.get("place", ())) if location_ids is None else location_ids
    )
    statement = _select_changes(ListQuery(filters, connection, table_of(models.EventVersion)))
    if location_ids is not None:
        statement = statement.where(change.c.location_id.in_(location_ids))
    elif named_ids:
        statement = statement.where(change.c.location_id.in_(locations_inside(list(named_ids))))
    rows: dict[str, list[ControlChangeRecord]] = defaultdict(list)
    for row in connection.execute(statement):
        names.titles[row.id] = row.title
        rows[row.location_id].append(cast(ControlChangeRecord, row))
    every = (row for changes in rows.values() for row in changes)
    names.load_actors(connection, {actor for row in every for actor in (row.gained_by_id, row.lost_by_id) if actor})
    location = table_of(models.Location)
    locations = connection.execute(
        select(location.c.id, location.c.name, location.c.kind).where(location.c.id.in_({*rows, *named_ids}))
    )
    kinds = filters.get("kind")
    places = [_to_place(id_, name, kind, rows[id_]) for id_, name, kind in locations if kinds is None or kind in kinds]
    return places, named_ids


def _to_place(id_: str, name: str, kind: str, rows: Sequence[ControlChangeRecord]) -> Place:
    changes = [
        ControlEvent(
            row.id,
            row.gained_by_id,
            row.lost_by_id,
            row.extent,
            row.status,
            DateRange(row.earliest, row.latest),
            row.planned,
        )
        for row in rows
    ]
    return Place(id_, name, kind, changes, max((row.cut_off for row in rows if row.cut_off), default=None))


def _member_ids(connection: Connection, parameter: str, filters: FilterValues, day: date) -> set[str] | None:
    """Return the named actors and what is part of them on a day; None without the parameter."""
    if parameter not in filters:
        return None
    ancestor = table_of(models.ActorAncestor)
    actors = resolve_ids(connection, ACTORS, parameter, filters[parameter])
    statement = select(ancestor.c.actor_id).where(
        ancestor.c.ancestor_id.in_(actors), ancestor.c.starts_on <= day, ancestor.c.ends_on >= day
    )
    return set(connection.scalars(statement))


def control(connection: Connection, request: ListRequest) -> Page:
    """List who held what on `as_of`, by location. A place asked for by name is listed even if nothing is known."""
    names, day = RefNames(), request.filters["as_of"]
    places, _ = _load_places(connection, request.filters, names)
    holders = _member_ids(connection, "holder", request.filters, day)
    rows: dict[str, BaseModel] = {}
    for place in places:
        state = control_on(place.changes, day, place.cut_off)
        if holders is None or state.holder in holders:
            location = Ref(id=place.id, name=place.name)
            rows[place.id] = ControlRow(location=location, **names.state_fields(state))
    return page_from_rows(rows, request, points=points_of(connection, rows))


def points_of(connection: Connection, ids: Collection[str]) -> dict[str, LocatedPoint]:
    """Load the points of locations; those without coordinates are left out."""
    location = table_of(models.Location)
    statement = select(location.c.id, location.c.longitude, location.c.latitude, location.c.point_kind)
    rows = connection.execute(statement.where(location.c.id.in_(ids), location.c.longitude.is_not(None)))
    return {id_: LocatedPoint(*point) for id_, *point in rows}


def timeline_of(location: str, connection: Connection, request: ListRequest) -> Page:
    """List the periods of control of one location. Raises NotFoundError, MovedError."""
    get_row(LOCATIONS_LIST, location, {}, connection)
    names = RefNames()
    places, _ = _load_places(connection, request.filters, names, location_ids=[location])
    periods = timeline(places[0].changes, places[0].cut_off)
    rows = {
        f"{at:06}": ControlPeriodRow(from_=period.start, until=period.until, **names.state_fields(period.state))
        for at, period in enumerate(periods)  # zero-padded, so that keys sort in this order
    }
    return page_from_rows(rows, request)


def summary(connection: Connection, request: ListRequest) -> Page:
    """List what each side gained and lost within the window, by kind of place, with reported totals of held places."""
    filters = request.filters
    window: DateRange = filters["datetime"]
    names = RefNames()
    places, named_ids = _load_places(connection, filters, names)
    certain = filters.get("date_match") == "certain"
    sums: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for place in places:
        for actor, tally in tallies(place.changes, window, certain):
            sums[actor, place.kind] += tally
    figures = _reported_totals(connection, filters, window, named_ids)
    for side in figures:
        sums[side] += Tally()
    members = _member_ids(connection, "actor", filters, window.latest or date.max)
    rows = {
        f"{actor} {kind}": TallyRow(
            actor=names.actor_ref(actor),
            kind=kind,
            **vars(tally),
            figures=figures.get((actor, kind), []),
        )
        for (actor, kind), tally in sums.items()
        if (members is None or actor in members) and kind in filters.get("kind", tuple(vocab.LocationKind))
    }
    undated = sum(not change.dates.is_bounded for place in places for change in place.changes)
    return page_from_rows(rows, request, {"undated": undated} if window.is_bounded else {"undated": 0})


def _reported_totals(
    connection: Connection, filters: FilterValues, window: DateRange, location_ids: Sequence[str]
) -> dict[tuple[str, str], list[FigureEntry]]:
    """Return the figures that total held places, by the side that gained and the kind of place counted."""
    change, claim, figure = table_of(models.ControlChange), table_of(models.Claim), table_of(models.Figure)
    statement = (
        select(claim.c.row, figure.c.position, change.c.gained_by_id)
        .join(claim, claim.c.pk == figure.c.claim_pk)
        .join(change, change.c.event_pk == claim.c.event_pk)
        .where(figure.c.measure.in_(REPORTED_MEASURES), change.c.gained_by_id.is_not(None))
        .order_by(figure.c.id)
    )
    if location_ids:
        statement = statement.where(change.c.location_id.in_(locations_inside(list(location_ids))))
    if (known := claims_known_by(ListQuery(filters, connection, claim))) is not None:
        statement = statement.where(known)
    result: dict[tuple[str, str], list[FigureEntry]] = defaultdict(list)
    for row, position, actor in connection.execute(statement):
        entry = figure_entries(row)[position]
        as_of = entry.as_of or entry.reported_on
        if DateRange(as_of, as_of).is_within(window):
            result[actor, REPORTED_MEASURES[entry.measure]].append(entry)
    return result
