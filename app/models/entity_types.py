"""One table of the five kinds of entity: what readers, writers and the feed of changes need to know of each.

Sources, actors, locations, events and claims have ids, belong to packs, are served as rows and indexed for full text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select
from sqlmodel import SQLModel

from app.models.actors import Actor, ActorAncestor, ActorCode, ActorName, ActorRelation
from app.models.base import CodeColumns, NameColumns, ServedRow, table_of
from app.models.claims import Claim, ClaimHop, Figure
from app.models.datasets import AcledEvent, GedEvent
from app.models.events import ControlChange, Event, EventActor, EventDistinction, EventLocation, EventVersion, Movement
from app.models.locations import Location, LocationAncestor, LocationCode, LocationCover, LocationName
from app.models.sources import Source, SourceName


@dataclass(frozen=True)
class Reference:
    """Reference from rows of one entity type to rows of another, whose names they repeat.

    `paths` lead to the `{id, name}` objects in a served row. `owners` selects the pks of the rows that refer, and
    `target_id` is the column beside it with the id that they refer to.
    """

    target: str
    paths: tuple[str, ...]
    owners: Select[Any]
    target_id: ColumnElement[str]


@dataclass(frozen=True)
class EntityType:
    """One kind of entity: its tables, and how its rows depend on each other and on rows of other kinds.

    `name` is the plural: URL segment, key of merges and tombstones, file of a pack. `children` are tables whose rows
    are written and deleted with an entity, each with the column that names the owner. `label` and `kind` are the
    columns that a search shows; claims are found by their events and have none.
    """

    name: str
    model: type[ServedRow]
    children: Mapping[type[SQLModel], str]
    references: tuple[Reference, ...] = ()
    names: type[NameColumns] | None = None
    codes: type[CodeColumns] | None = None
    versions: type[SQLModel] | None = None
    """The table of derived versions, whose rows go with an entity that is removed; they are served in its place."""
    label: str | None = "name"
    kind: str | None = "kind"
    is_owned_by_id: bool = field(default=True, kw_only=True)
    """True if children name their owner by its id; false if by its pk."""

    @cached_property
    def table(self) -> Table:
        """The table of the entities."""
        return table_of(self.model)

    @property
    def singular(self) -> str:
        """The name of one entity, which is the name of its table."""
        return self.table.name


def _references_of_sources() -> tuple[Reference, ...]:
    source = table_of(Source)
    return (
        Reference("sources", ("organisation",), select(source.c.pk), source.c.organisation_id),
        Reference("actors", ("actor",), select(source.c.pk), source.c.actor_id),
    )


def _references_of_actors() -> tuple[Reference, ...]:
    actor, relation = table_of(Actor), table_of(ActorRelation)
    owners = select(actor.c.pk).join(relation, relation.c.actor_id == actor.c.id)
    return (Reference("actors", ("relations.actor",), owners, relation.c.other_id),)


def _references_of_events() -> tuple[Reference, ...]:
    """Every place of a control change or movement is a location of its event, and every side is one of its actors."""
    location, actor = table_of(EventLocation), table_of(EventActor)
    places = ("location", "movement.from", "movement.to", "movement.via")
    actors = ("actors", "control_change.gained_by", "control_change.lost_by", "movement.mover")
    event = table_of(Event)
    return (
        Reference("locations", places, select(location.c.event_pk), location.c.location_id),
        Reference("actors", actors, select(actor.c.event_pk), actor.c.actor_id),
        Reference(
            "events", ("part_of",), select(event.c.pk).where(event.c.part_of_id.is_not(None)), event.c.part_of_id
        ),
    )


def _references_of_locations() -> tuple[Reference, ...]:
    """Every unit that a place lies in is one of its ancestors, and so is its parent."""
    place, ancestor, cover = table_of(Location), table_of(LocationAncestor), table_of(LocationCover)
    inside = select(place.c.pk).join(ancestor, ancestor.c.location_id == place.c.id)
    covering = select(place.c.pk).join(cover, cover.c.location_id == place.c.id)
    return (
        Reference("locations", ("parent", "admin1", "admin2"), inside, ancestor.c.ancestor_id),
        Reference("locations", ("covers",), covering, cover.c.covered_id),
    )


def _references_of_claims() -> tuple[Reference, ...]:
    claim, event, hop = table_of(Claim), table_of(Event), table_of(ClaimHop)
    about = select(claim.c.pk).join(event, event.c.pk == claim.c.event_pk)
    return (
        Reference("events", ("event",), about, event.c.id),
        Reference("sources", ("document", "attribution", "origin"), select(hop.c.claim_pk), hop.c.source_id),
        Reference("locations", ("location",), select(claim.c.pk), claim.c.location_id),
    )


SOURCES = EntityType("sources", Source, {SourceName: "owner_id"}, _references_of_sources(), SourceName)
ACTORS = EntityType(
    "actors",
    Actor,
    {ActorName: "owner_id", ActorCode: "owner_id", ActorRelation: "actor_id", ActorAncestor: "actor_id"},
    _references_of_actors(),
    ActorName,
    ActorCode,
)
LOCATIONS = EntityType(
    "locations",
    Location,
    {LocationName: "owner_id", LocationCode: "owner_id", LocationCover: "location_id", LocationAncestor: "location_id"},
    _references_of_locations(),
    LocationName,
    LocationCode,
)
EVENTS = EntityType(
    "events",
    Event,
    dict.fromkeys(
        (EventActor, EventLocation, EventDistinction, ControlChange, Movement, GedEvent, AcledEvent), "event_pk"
    ),
    _references_of_events(),
    versions=EventVersion,
    label="title",
    kind="category",
    is_owned_by_id=False,
)
CLAIMS = EntityType(
    "claims",
    Claim,
    {ClaimHop: "claim_pk", Figure: "claim_pk"},
    _references_of_claims(),
    label=None,
    kind=None,
    is_owned_by_id=False,
)

ENTITY_TYPES = {entity.name: entity for entity in (SOURCES, ACTORS, LOCATIONS, EVENTS, CLAIMS)}
"""All kinds by name, in the order in which a load writes them."""
REFERENCE_TYPES = tuple(entity for entity in ENTITY_TYPES.values() if entity.names)
"""The kinds that are found by names and that events and claims refer to."""
