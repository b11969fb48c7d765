"""Load what is told of the control of places, each with the places inside it, and the names that rows refer to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypedDict, cast

from sqlalchemy import Connection, Select, select

from app import models, vocab
from app.db.indexes import use_index
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.analyses.stored_claims import batches_of
from app.query.params.param import FilterValues, ListQuery
from app.query.params.resolve import ACTORS, LOCATIONS, resolve_ids
from app.query.predicates.entities import locations_inside
from app.query.predicates.versions import claims_known_by, version_known_by
from app.rules.control import (
    ControlEvent,
    ControlState,
    Coverage,
    PlaceFacts,
)
from app.schemas.analysis import (
    InsideRow,
    OpenChangeRow,
    SinceRow,
)
from app.schemas.base import Ref
from app.timespan import DateRange, hull


class StateFields(TypedDict):
    """The fields that `ControlRow` and `ControlPeriodRow` share."""

    holder: Ref | None
    last_holder: Ref | None
    state: vocab.ControlCertainty
    candidates: list[Ref]
    since: SinceRow | None
    change: Ref | None
    open: list[OpenChangeRow]
    inside: list[InsideRow]
    basis: vocab.ControlBasis | None


@dataclass(frozen=True)
class Place:
    """A location with what is told of its control."""

    id: str
    name: str
    kind: str
    facts: PlaceFacts


class RefNames:
    """Names of actors and locations and titles of events, by id, for references."""

    def __init__(self) -> None:
        self.actors: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.locations: dict[str, str] = {}

    def load_actors(self, connection: Connection, ids: Collection[str]) -> None:
        """Load the names of actors."""
        actor = table_of(models.Actor)
        for some in batches_of(ids):
            self.actors |= dict(connection.execute(select(actor.c.id, actor.c.name).where(actor.c.id.in_(some))).all())

    def actor_ref(self, id_: str | None) -> Ref | None:
        """Return a reference to an actor; None if there is no id."""
        return None if id_ is None else Ref(id=id_, name=self.actors[id_])

    def event_ref(self, id_: str) -> Ref:
        """Return a reference to an event."""
        return Ref(id=id_, name=self.titles[id_])

    def state_fields(self, state: ControlState) -> StateFields:
        """Return the fields that show a state."""
        return {
            "holder": self.actor_ref(state.holder),
            "last_holder": self.actor_ref(state.last_holder),
            "state": state.state,
            "candidates": [Ref(id=id_, name=self.actors[id_]) for id_ in state.candidates],
            "since": _since_row(state.since),
            "change": self.event_ref(state.change) if state.change else None,
            "open": [
                OpenChangeRow(
                    change=self.event_ref(change.event),
                    extent=change.extent,
                    status=change.status,
                    date=SinceRow(earliest=change.dates.earliest, latest=change.dates.latest),
                )
                for change in state.opened
            ],
            "inside": [
                InsideRow(
                    location=Ref(id=inner.location, name=self.locations[inner.location]),
                    holder=Ref(id=inner.holder, name=self.actors[inner.holder]),
                )
                for inner in state.inside
            ],
            "basis": state.basis,
        }


def _since_row(since: DateRange | None) -> SinceRow | None:
    return None if since is None else SinceRow(earliest=since.earliest, latest=since.latest)


class ControlChangeRecord(Protocol):
    """A row of `_select_changes`."""

    event_pk: int
    location_id: str
    id: str
    title: str
    gained_by_id: str | None
    lost_by_id: str | None
    extent: str
    means: str
    status: str
    earliest: date | None
    latest: date | None
    precision: str
    planned: bool


def _select_changes(query: ListQuery) -> Select[Any]:
    """Select all changes of control in view, with their events."""
    change, event_version, event = (
        table_of(models.ControlChange),
        table_of(models.EventVersion),
        table_of(models.Event),
    )
    names = ("id", "status", "earliest", "latest", "precision", "planned")
    statement = (
        select(change, *(event_version.c[name] for name in names), event.c.title)
        .join(event_version, event_version.c.event_pk == change.c.event_pk)
        .join(event, event.c.pk == change.c.event_pk)
        .where(version_known_by(query))
        .where(event_version.c.event_pk.in_(select(change.c.event_pk)))  # tells SQLite how few of the events match
    )
    return use_index(statement, event_version, "ix_event_version_event_pk")


def load_places(
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
    query = ListQuery(filters, connection, table_of(models.EventVersion))
    statement = _select_changes(query)
    if named_ids:
        statement = statement.where(change.c.location_id.in_(locations_inside(list(named_ids))))
    rows: dict[str, list[ControlChangeRecord]] = defaultdict(list)
    for row in connection.execute(statement):
        check_deadline()
        names.titles[row.id] = row.title
        rows[row.location_id].append(cast(ControlChangeRecord, row))
    every = [row for changes in rows.values() for row in changes]
    names.load_actors(connection, {actor for row in every for actor in (row.gained_by_id, row.lost_by_id) if actor})
    location = table_of(models.Location)
    asked = select(location.c.id, location.c.name, location.c.kind)
    locations = [
        row
        for ids in batches_of(sorted({*rows, *named_ids}))
        for row in connection.execute(asked.where(location.c.id.in_(ids)))
    ]
    names.locations |= {id_: name for id_, name, _ in locations}
    facts = _PlaceFactsBuilder(query, rows)
    kinds = filters.get("kind")
    places = [
        Place(id_, name, kind, facts.of(id_))
        for id_, name, kind in locations
        if (kinds is None or kind in kinds) and (location_ids is None or id_ in location_ids)
    ]
    return places, named_ids


class _PlaceFactsBuilder:
    """Builds what is told of the control of places, each with the places inside it."""

    def __init__(self, query: ListQuery, rows: Mapping[str, Sequence[ControlChangeRecord]]) -> None:
        self.rows = rows
        event_pks = [row.event_pk for changes in rows.values() for row in changes]
        self.coverages = _coverages(query, event_pks)
        self.inner: dict[str, list[str]] = defaultdict(list)
        ancestor = table_of(models.LocationAncestor)
        pairs = select(ancestor.c.ancestor_id, ancestor.c.location_id).where(
            ancestor.c.ancestor_id != ancestor.c.location_id
        )
        for ids in batches_of(sorted(rows)):
            within = pairs.where(ancestor.c.location_id.in_(ids)).order_by(ancestor.c.location_id)
            for outer, location in query.connection.execute(within):
                self.inner[outer].append(location)
        self.built: dict[str, PlaceFacts] = {}

    def of(self, location: str) -> PlaceFacts:
        """Return a place with all that is told of its control, and of the control of places inside it."""
        # Places inside others have fewer inside them, so that none is built from one that is not there yet.
        for place in sorted((location, *self.inner[location]), key=lambda place: len(self.inner[place])):
            if place not in self.built:
                self.built[place] = self._build(place)
        return self.built[location]

    def _build(self, location: str) -> PlaceFacts:
        check_deadline()
        rows = self.rows.get(location, ())
        coverages = [coverage for row in rows for coverage in self.coverages[row.event_pk]]
        return PlaceFacts(
            location,
            tuple(_to_control_event(row) for row in rows),
            Coverage(
                hull([coverage.days for coverage in coverages]),
                max((coverage.cut_off for coverage in coverages if coverage.cut_off), default=None),
            ),
            tuple(self.built[inner] for inner in self.inner[location]),
        )


def _to_control_event(row: ControlChangeRecord) -> ControlEvent:
    return ControlEvent(
        event=row.id,
        gained_by=row.gained_by_id,
        lost_by=row.lost_by_id,
        extent=row.extent,
        means=row.means,
        status=row.status,
        dates=DateRange(row.earliest, row.latest),
        precision=row.precision,
        planned=row.planned,
    )


def _coverages(query: ListQuery, event_pks: Collection[int]) -> dict[int, list[Coverage]]:
    """Load the coverage of the packs whose claims in view tell of these events."""
    claim, pack = table_of(models.Claim), table_of(models.Pack)
    statement = (
        select(claim.c.event_pk, pack.c.covers_from, pack.c.covers_until, pack.c.cut_off)
        .join(pack, pack.c.id == claim.c.pack_id)
        .distinct()
    )
    if (known := claims_known_by(query)) is not None:
        statement = statement.where(known)
    found: dict[int, list[Coverage]] = defaultdict(list)
    for pks in batches_of(event_pks):
        for event_pk, first, last, cut_off in query.connection.execute(statement.where(claim.c.event_pk.in_(pks))):
            found[event_pk].append(Coverage(DateRange(first, last), cut_off))
    return found


def member_ids(connection: Connection, parameter: str, filters: FilterValues, day: date) -> set[str] | None:
    """Return the named actors and what is part of them on a day; None without the parameter."""
    if parameter not in filters:
        return None
    ancestor = table_of(models.ActorAncestor)
    actors = resolve_ids(connection, ACTORS, parameter, filters[parameter])
    statement = select(ancestor.c.actor_id).where(
        ancestor.c.ancestor_id.in_(actors), ancestor.c.starts_on <= day, ancestor.c.ends_on >= day
    )
    return set(connection.scalars(statement))
