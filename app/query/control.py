"""Control of places: on a day, through time, and summed up over a window."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, select

from app import models, vocab
from app.db.indexes import found_by
from app.geo import Spot
from app.models.base import table_of
from app.query import conditions as where
from app.query import references as refers
from app.query.computed import computed_params, page_of
from app.query.figures import figure_entries
from app.query.filters import ANY, KNOWN_BY, NAME, NAMES, TIME
from app.query.pages import Page
from app.query.params import Asked, Param, of_vocabulary, split
from app.query.resolve import ACTORS, LOCATIONS, resolve
from app.rules.control import Change, State, Tally, control_on, tallies, timeline
from app.schemas.analysis import ControlRow, FigureEntry, StretchRow, TallyRow
from app.schemas.base import Ref
from app.timespan import Interval, parse_day

REPORTED = {"districts_held": "district"}
"""Reported totals of held places: their measure, and the kind of place that it counts."""

PLACE = Param(
    "place",
    f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY}",
    "balkh",
    split,
    schema=NAMES,
)
KIND = of_vocabulary("kind", vocab.LOCATION_KIND, "district")
AS_OF = Param(
    "as_of", "The day asked for.", "2021-06-29", parse_day, schema={"type": "string", "format": "date"}, needed=True
)
HOLDER = Param(
    "holder",
    f"The side that holds the place. {NAME} Includes what is part of it. {ANY}",
    "taliban",
    split,
    schema=NAMES,
)
ACTOR = Param("actor", f"The side. {NAME} Includes what is part of it. {ANY}", "taliban", split, schema=NAMES)

CONTROL_PARAMS = computed_params((AS_OF, PLACE, KIND, HOLDER, KNOWN_BY), ControlRow)
TIMELINE_PARAMS = computed_params((KNOWN_BY,), StretchRow)
SUMMARY_PARAMS = computed_params(
    (replace(TIME[0], needed=True), TIME[1], PLACE, KIND, ACTOR, replace(KNOWN_BY, example="2021-07-05")), TallyRow
)


@dataclass(frozen=True)
class Place:
    """A place with the changes of control of exactly it, and the last day that their packs curated."""

    id: str
    name: str
    kind: str
    changes: list[Change]
    cut_off: date | None


class Names:
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

    def state(self, state: State) -> dict[str, Any]:
        """The fields of a state row."""
        return {
            "holder": self.actor(state.holder),
            "state": state.state,
            "candidates": [Ref(id=id_, name=self.actors[id_]) for id_ in state.candidates],
            "since": state.since,
            "change": Ref(id=state.change, name=self.titles[state.change]) if state.change else None,
            "basis": state.basis,
        }


def _places(
    connection: Connection, values: Mapping[str, Any], names: Names, only: Collection[str] | None = None
) -> tuple[list[Place], list[str]]:
    """The places with changes in view that the filters let through, and the ids asked for by name."""
    change, location = table_of(models.ControlChange), table_of(models.Location)
    view, event, pack = table_of(models.EventView), table_of(models.Event), table_of(models.Pack)
    asked_for = resolve(connection, LOCATIONS, "place", values.get("place", ())) if only is None else list(only)
    wanted = (
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
        .where(where.known_views(Asked(values, connection, view)))
        .where(view.c.event_pk.in_(select(change.c.event_pk)))  # says SQLite that changes are few among events
    )
    wanted = found_by(wanted, view, "ix_event_view_event_pk")
    if only is not None:
        wanted = wanted.where(change.c.location_id.in_(only))
    elif asked_for:
        wanted = wanted.where(change.c.location_id.in_(refers.inside(asked_for)))
    found: dict[str, list[Change]] = defaultdict(list)
    cut_offs: dict[str, list[date]] = defaultdict(list)
    for row in connection.execute(wanted):
        names.titles[row.id] = row.title
        when = Interval(row.earliest, row.latest)
        found[row.location_id].append(
            Change(row.id, row.gained_by_id, row.lost_by_id, row.extent, row.status, when, row.planned)
        )
        cut_offs[row.location_id] += [row.cut_off] if row.cut_off else []
    every = (change for changes in found.values() for change in changes)
    sides = {actor for change in every for actor in (change.gained_by, change.lost_by) if actor}
    names.add_actors(connection, sides)
    rows = connection.execute(
        select(location.c.id, location.c.name, location.c.kind).where(location.c.id.in_({*found, *asked_for}))
    )
    kinds = values.get("kind")
    places = [
        Place(row.id, row.name, row.kind, found[row.id], max(cut_offs[row.id], default=None))
        for row in rows
        if kinds is None or row.kind in kinds
    ]
    return places, asked_for


def _members(connection: Connection, parameter: str, values: Mapping[str, Any], day: date) -> set[str] | None:
    """The actors named and what is part of them on a day; None if the parameter was not given."""
    if parameter not in values:
        return None
    belongs = table_of(models.ActorAncestor)
    actors = resolve(connection, ACTORS, parameter, values[parameter])
    found = select(belongs.c.actor_id).where(
        belongs.c.ancestor_id.in_(actors), belongs.c.starts_on <= day, belongs.c.ends_on >= day
    )
    return set(connection.scalars(found))


def control(connection: Connection, values: Mapping[str, Any]) -> Page:
    """Who held what on `as_of`, by location; a place asked for by name is there even if nothing is known."""
    names, day = Names(), values["as_of"]
    places, _ = _places(connection, values, names)
    holders = _members(connection, "holder", values, day)
    rows: dict[str, BaseModel] = {}
    for place in places:
        state = control_on(place.changes, day, place.cut_off)
        if holders is None or state.holder in holders:
            location = Ref(id=place.id, name=place.name)
            rows[place.id] = ControlRow(location=location, **names.state(state))
    return page_of(rows, values, spots=spots_of(connection, rows))


def spots_of(connection: Connection, ids: Collection[str]) -> dict[str, Spot]:
    """Where these places lie; those without a point are left out."""
    location = table_of(models.Location)
    wanted = select(location.c.id, location.c.longitude, location.c.latitude, location.c.point_kind)
    found = connection.execute(wanted.where(location.c.id.in_(ids), location.c.longitude.is_not(None)))
    return {id_: Spot(*place) for id_, *place in found}


def control_of(connection: Connection, location: str, values: Mapping[str, Any]) -> Page:
    """The timeline of a place."""
    names = Names()
    places, _ = _places(connection, values, names, only=[location])
    stretches = timeline(places[0].changes, places[0].cut_off)
    rows = {
        f"{at:06}": StretchRow(from_=stretch.start, until=stretch.until, **names.state(stretch.state))
        for at, stretch in enumerate(stretches)  # keys sort as the stretches follow each other
    }
    return page_of(rows, values)


def summary(connection: Connection, values: Mapping[str, Any]) -> Page:
    """What each side gained and lost within the window, by kind of place, with the totals that are reported."""
    window: Interval = values["datetime"]
    names = Names()
    places, asked_for = _places(connection, values, names)
    certain = values.get("date_match") == "certain"
    sums: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for place in places:
        for actor, tally in tallies(place.changes, window, certain):
            sums[actor, place.kind] += tally
    figures = _reported(connection, values, window, asked_for)
    for side in figures:
        sums[side] += Tally()
    members = _members(connection, "actor", values, window.latest or date.max)
    rows = {
        f"{actor} {kind}": TallyRow(
            actor=Ref(id=actor, name=names.actors[actor]),
            kind=kind,
            **vars(tally),
            figures=figures.get((actor, kind), []),
        )
        for (actor, kind), tally in sums.items()
        if (members is None or actor in members) and kind in values.get("kind", vocab.LOCATION_KIND.codes)
    }
    undated = sum(not change.when.dated for place in places for change in place.changes)
    return page_of(rows, values, {"undated": undated} if window.dated else {"undated": 0})


def _reported(
    connection: Connection, values: Mapping[str, Any], window: Interval, places: list[str]
) -> dict[tuple[str, str], list[FigureEntry]]:
    """The totals of held places that claims give, by the side that gained and the kind of place counted."""
    change, claim, figure = table_of(models.ControlChange), table_of(models.Claim), table_of(models.Figure)
    wanted = (
        select(claim.c.row, figure.c.position, change.c.gained_by_id)
        .join(claim, claim.c.pk == figure.c.claim_pk)
        .join(change, change.c.event_pk == claim.c.event_pk)
        .where(figure.c.measure.in_(REPORTED), change.c.gained_by_id.is_not(None))
        .order_by(figure.c.id)
    )
    if places:
        wanted = wanted.where(change.c.location_id.in_(refers.inside(places)))
    if (known := where.known_claims(Asked(values, connection, claim))) is not None:
        wanted = wanted.where(known)
    found: dict[tuple[str, str], list[FigureEntry]] = defaultdict(list)
    for row, position, actor in connection.execute(wanted):
        entry = figure_entries(row)[position]
        as_of = entry.as_of or entry.reported_on
        if Interval(as_of, as_of).inside(window):
            found[actor, REPORTED[entry.measure]].append(entry)
    return found
