"""Control of places: on a day, through time, and summed up over a window."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, select

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
from app.query.predicates import conditions as where
from app.query.predicates import entities as refers
from app.rules.control import ControlEvent, ControlState, Tally, control_on, tallies, timeline
from app.schemas.analysis import ControlPeriodRow, ControlRow, FigureEntry, TallyRow
from app.schemas.base import Ref
from app.timespan import DateRange, parse_day

REPORTED_MEASURES = {vocab.Measure.DISTRICTS_HELD: vocab.LocationKind.DISTRICT}
"""Reported totals of held places: their measure, and the kind of place that it counts."""

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


@dataclass(frozen=True)
class Place:
    """A place with the changes of control of exactly it, and the last day that their packs curated."""

    id: str
    name: str
    kind: str
    changes: list[ControlEvent]
    cut_off: date | None


class RefNames:
    """Names of actors and events, for references."""

    def __init__(self) -> None:
        self.actors: dict[str, str] = {}
        self.titles: dict[str, str] = {}

    def add_actors(self, connection: Connection, ids: Collection[str]) -> None:
        """Look up the names of actors."""
        actor = table_of(models.Actor)
        self.actors |= dict(connection.execute(select(actor.c.id, actor.c.name).where(actor.c.id.in_(ids))).all())

    def actor(self, id_: str | None) -> Ref | None:
        """A reference to an actor."""
        return None if id_ is None else Ref(id=id_, name=self.actors[id_])

    def state(self, state: ControlState) -> dict[str, Any]:
        """The fields of a state row."""
        return {
            "holder": self.actor(state.holder),
            "state": state.state,
            "candidates": [Ref(id=id_, name=self.actors[id_]) for id_ in state.candidates],
            "since": state.since,
            "change": Ref(id=state.change, name=self.titles[state.change]) if state.change else None,
            "basis": state.basis,
        }


def _places_with_changes(
    connection: Connection, filters: FilterValues, names: RefNames, location_ids: Collection[str] | None = None
) -> tuple[list[Place], list[str]]:
    """The places with changes in view that the filters let through, and the ids asked for by name."""
    change, location = table_of(models.ControlChange), table_of(models.Location)
    view, event, pack = table_of(models.EventVersion), table_of(models.Event), table_of(models.Pack)
    asked_for = (
        resolve_ids(connection, LOCATIONS, "place", filters.get("place", ()))
        if location_ids is None
        else list(location_ids)
    )
    statement = (
        select(
            change,
            view.c.id,
            view.c.status,
            view.c.earliest,
            view.c.latest,
            view.c.planned,
            event.c.title,
            pack.c.cut_off,
        )
        .join(view, view.c.event_pk == change.c.event_pk)
        .join(event, event.c.pk == change.c.event_pk)
        .join(pack, pack.c.id == event.c.pack_id)
        .where(where.version_known_by(ListQuery(filters, connection, view)))
        .where(view.c.event_pk.in_(select(change.c.event_pk)))  # says SQLite that changes are few among events
    )
    statement = use_index(statement, view, "ix_event_version_event_pk")
    if location_ids is not None:
        statement = statement.where(change.c.location_id.in_(location_ids))
    elif asked_for:
        statement = statement.where(change.c.location_id.in_(refers.locations_inside(asked_for)))
    result: dict[str, list[ControlEvent]] = defaultdict(list)
    cut_offs: dict[str, list[date]] = defaultdict(list)
    for row in connection.execute(statement):
        names.titles[row.id] = row.title
        when = DateRange(row.earliest, row.latest)
        result[row.location_id].append(
            ControlEvent(row.id, row.gained_by_id, row.lost_by_id, row.extent, row.status, when, row.planned)
        )
        cut_offs[row.location_id] += [row.cut_off] if row.cut_off else []
    every = (change for changes in result.values() for change in changes)
    actor_ids = {actor for change in every for actor in (change.gained_by, change.lost_by) if actor}
    names.add_actors(connection, actor_ids)
    rows = connection.execute(
        select(location.c.id, location.c.name, location.c.kind).where(location.c.id.in_({*result, *asked_for}))
    )
    kinds = filters.get("kind")
    places = [
        Place(row.id, row.name, row.kind, result[row.id], max(cut_offs[row.id], default=None))
        for row in rows
        if kinds is None or row.kind in kinds
    ]
    return places, asked_for


def _member_ids(connection: Connection, parameter: str, filters: FilterValues, day: date) -> set[str] | None:
    """The actors named and what is part of them on a day; None if the parameter was not given."""
    if parameter not in filters:
        return None
    belongs = table_of(models.ActorAncestor)
    actors = resolve_ids(connection, ACTORS, parameter, filters[parameter])
    statement = select(belongs.c.actor_id).where(
        belongs.c.ancestor_id.in_(actors), belongs.c.starts_on <= day, belongs.c.ends_on >= day
    )
    return set(connection.scalars(statement))


def control(connection: Connection, request: ListRequest) -> Page:
    """Who held what on `as_of`, by location; a place asked for by name is there even if nothing is known."""
    names, day = RefNames(), request.filters["as_of"]
    places, _ = _places_with_changes(connection, request.filters, names)
    holders = _member_ids(connection, "holder", request.filters, day)
    rows: dict[str, BaseModel] = {}
    for place in places:
        state = control_on(place.changes, day, place.cut_off)
        if holders is None or state.holder in holders:
            location = Ref(id=place.id, name=place.name)
            rows[place.id] = ControlRow(location=location, **names.state(state))
    return page_from_rows(rows, request, points=points_of(connection, rows))


def points_of(connection: Connection, ids: Collection[str]) -> dict[str, LocatedPoint]:
    """Where these places lie; those without a point are left out."""
    location = table_of(models.Location)
    statement = select(location.c.id, location.c.longitude, location.c.latitude, location.c.point_kind)
    rows = connection.execute(statement.where(location.c.id.in_(ids), location.c.longitude.is_not(None)))
    return {id_: LocatedPoint(*place) for id_, *place in rows}


def timeline_of(location: str, connection: Connection, request: ListRequest) -> Page:
    """Return the timeline of a location. Raises NotFoundError, MovedError."""
    get_row(LOCATIONS_LIST, location, {}, connection)
    names = RefNames()
    places, _ = _places_with_changes(connection, request.filters, names, location_ids=[location])
    stretches = timeline(places[0].changes, places[0].cut_off)
    rows = {
        f"{at:06}": ControlPeriodRow(from_=stretch.start, until=stretch.until, **names.state(stretch.state))
        for at, stretch in enumerate(stretches)  # keys sort as the stretches follow each other
    }
    return page_from_rows(rows, request)


def summary(connection: Connection, request: ListRequest) -> Page:
    """What each side gained and lost within the window, by kind of place, with the totals that are reported."""
    filters = request.filters
    window: DateRange = filters["datetime"]
    names = RefNames()
    places, asked_for = _places_with_changes(connection, filters, names)
    certain = filters.get("date_match") == "certain"
    sums: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for place in places:
        for actor, tally in tallies(place.changes, window, certain):
            sums[actor, place.kind] += tally
    figures = _reported(connection, filters, window, asked_for)
    for side in figures:
        sums[side] += Tally()
    members = _member_ids(connection, "actor", filters, window.latest or date.max)
    rows = {
        f"{actor} {kind}": TallyRow(
            actor=Ref(id=actor, name=names.actors[actor]),
            kind=kind,
            **vars(tally),
            figures=figures.get((actor, kind), []),
        )
        for (actor, kind), tally in sums.items()
        if (members is None or actor in members) and kind in filters.get("kind", tuple(vocab.LocationKind))
    }
    undated = sum(not change.dates.is_bounded for place in places for change in place.changes)
    return page_from_rows(rows, request, {"undated": undated} if window.is_bounded else {"undated": 0})


def _reported(
    connection: Connection, filters: FilterValues, window: DateRange, places: list[str]
) -> dict[tuple[str, str], list[FigureEntry]]:
    """The totals of held places that claims give, by the side that gained and the kind of place counted."""
    change, claim, figure = table_of(models.ControlChange), table_of(models.Claim), table_of(models.Figure)
    statement = (
        select(claim.c.row, figure.c.position, change.c.gained_by_id)
        .join(claim, claim.c.pk == figure.c.claim_pk)
        .join(change, change.c.event_pk == claim.c.event_pk)
        .where(figure.c.measure.in_(REPORTED_MEASURES), change.c.gained_by_id.is_not(None))
        .order_by(figure.c.id)
    )
    if places:
        statement = statement.where(change.c.location_id.in_(refers.locations_inside(places)))
    if (known := where.claims_known_by(ListQuery(filters, connection, claim))) is not None:
        statement = statement.where(known)
    result: dict[tuple[str, str], list[FigureEntry]] = defaultdict(list)
    for row, position, actor in connection.execute(statement):
        entry = figure_entries(row)[position]
        as_of = entry.as_of or entry.reported_on
        if DateRange(as_of, as_of).is_within(window):
            result[actor, REPORTED_MEASURES[entry.measure]].append(entry)
    return result
