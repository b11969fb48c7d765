"""Conditions on what a row refers to: places, actors, sources and events, given by name."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select

from app import models
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.query.conditions import known_claims
from app.query.params import Asked, Condition
from app.query.resolve import ACTORS, LOCATIONS, SOURCES, Names, merged_into, nearest_ids, resolve

claim = table_of(models.Claim)
within = table_of(models.LocationAncestor)
belongs = table_of(models.ActorAncestor)


def inside(places: list[str]) -> Select[Any]:
    """The ids of these places and of everything in them."""
    return select(within.c.location_id).where(within.c.ancestor_id.in_(places))


def _ids(values: list[str], asked: Asked, names: Names, parameter: str) -> list[str]:
    return resolve(asked.connection, names, parameter, values)


def event_place(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The event touches the place or something in it: its own location, or from, to, via of its movement."""
    touches = table_of(models.EventPlace)
    places = _ids(values, asked, LOCATIONS, "place")
    return asked.rows.c.event_pk.in_(select(touches.c.event_pk).where(touches.c.location_id.in_(inside(places))))


def placed_in(parameter: str, table: Table | None, column: str) -> Condition:
    """The column names the place or something in it."""

    def condition(values: list[str], asked: Asked) -> ColumnElement[bool]:
        rows = asked.rows if table is None else table
        return rows.c[column].in_(inside(_ids(values, asked, LOCATIONS, parameter)))

    return condition


def _members(actors: list[str], asked: Asked, holds: Callable[[list[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """`holds` for the actors and what is part of them, where dated only in the time in which it is."""
    found = asked.connection.execute(
        select(belongs.c.actor_id, belongs.c.starts_on, belongs.c.ends_on).where(belongs.c.ancestor_id.in_(actors))
    ).all()
    always = sorted({id_ for id_, start, end in found if (start, end) == (date.min, date.max)})
    rows = asked.rows.c
    parts = [
        and_(
            holds([id_]),
            or_(rows.latest.is_(None), rows.latest >= start),
            or_(rows.earliest.is_(None), rows.earliest <= end),
        )
        for id_, start, end in found
        if id_ not in always
    ]
    return or_(holds(always), *parts)


def event_actor(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The actor, or what was part of it at the time, takes part; in one of the roles asked for, if any."""
    part = table_of(models.EventActor)
    roles = asked.get("actor_role")

    def takes_part(actors: list[str]) -> ColumnElement[bool]:
        chosen = select(part.c.event_pk).where(part.c.actor_id.in_(actors))
        chosen = chosen.where(part.c.role.in_(roles)) if roles else chosen
        return asked.rows.c.event_pk.in_(chosen)

    return _members(_ids(values, asked, ACTORS, "actor"), asked, takes_part)


def event_role(values: list[str], asked: Asked) -> ColumnElement[bool] | None:
    """Somebody takes part in one of these roles; with `actor`, that actor does."""
    if asked.get("actor"):
        return None
    part = table_of(models.EventActor)
    return asked.rows.c.event_pk.in_(select(part.c.event_pk).where(part.c.role.in_(values)))


def side(parameter: str, table: Table, column: str) -> Condition:
    """The side named in the column is the actor or was part of it at the time."""

    def condition(values: list[str], asked: Asked) -> ColumnElement[bool]:
        actors = _ids(values, asked, ACTORS, parameter)
        return _members(actors, asked, lambda ids: table.c[column].in_(ids))

    return condition


def event_source(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """A claim in view came from the source, went through it, or stands in it."""
    hop = table_of(models.ClaimHop)
    sources = _ids(values, asked, SOURCES, "source")
    saying = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(sources))
    if (known := known_claims(asked)) is not None:
        saying = saying.where(known)
    return asked.rows.c.event_pk.in_(saying)


def claim_source(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The claim came from the source, went through it, or stands in it."""
    hop = table_of(models.ClaimHop)
    sources = _ids(values, asked, SOURCES, "source")
    return claim.c.pk.in_(select(hop.c.claim_pk).where(hop.c.source_id.in_(sources)))


def part_of_actor(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The actor, or what is part of it."""
    actors = _ids(values, asked, ACTORS, "actor")
    return asked.rows.c.id.in_(select(belongs.c.actor_id).where(belongs.c.ancestor_id.in_(actors)))


def named(parameter: str, names: Names, column: str) -> Condition:
    """The column is one of the rows that the values name."""
    return lambda values, asked: asked.rows.c[column].in_(_ids(values, asked, names, parameter))


def event_of_claim(column: str) -> Condition:
    """The event that the claim is about has one of these values."""
    event = table_of(models.Event)
    return lambda values, asked: claim.c.event_pk.in_(select(event.c.pk).where(event.c[column].in_(values)))


def known_event(values: list[str], asked: Asked) -> ColumnElement[bool]:
    """The claim is about one of these events."""
    event = table_of(models.Event)
    values = [merged_into(asked.connection, "events", value.lower()) or value.lower() for value in values]
    ids = set(asked.connection.scalars(select(event.c.id).where(event.c.id.in_(values))))
    for value in values:
        if value not in ids:
            near_ids = nearest_ids(asked.connection, event, value)
            raise InvalidParameterError("event", value, "no such id in events", near_ids)
    return claim.c.event_pk.in_(select(event.c.pk).where(event.c.id.in_(values)))
