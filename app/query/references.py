"""Conditions on what a row refers to: places, actors, sources and events, given by name."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, or_, select

from app import models
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.query.conditions import NOW, known_claims, view
from app.query.params import Among, Asked, Condition, Meaning
from app.query.resolve import ACTORS, LOCATIONS, SOURCES, Names, merged_into, nearest_ids, resolve

claim = table_of(models.Claim)
within = table_of(models.LocationAncestor)
belongs = table_of(models.ActorAncestor)


def inside(places: list[str]) -> Select[Any]:
    """The ids of these places and of everything in them."""
    return select(within.c.location_id).where(within.c.ancestor_id.in_(places))


def _resolved(names: Names, parameter: str) -> Meaning:
    return lambda values, asked: resolve(asked.connection, names, parameter, values)


def places(parameter: str) -> Meaning:
    """The ids of the places that the values name."""
    return _resolved(LOCATIONS, parameter)


def sources(parameter: str) -> Meaning:
    """The ids of the sources that the values name."""
    return _resolved(SOURCES, parameter)


def named_actors(parameter: str) -> Meaning:
    """The ids of the actors that the values name."""
    return _resolved(ACTORS, parameter)


@dataclass(frozen=True)
class Members:
    """Actors, what is part of them, and what was part of them for a time."""

    always: list[str]
    dated: list[tuple[str, date, date]]


def actors(parameter: str) -> Meaning:
    """The actors that the values name, and what is or was part of them."""

    def meaning(values: list[str], asked: Asked) -> Members:
        ids = resolve(asked.connection, ACTORS, parameter, values)
        found = asked.connection.execute(
            select(belongs.c.actor_id, belongs.c.starts_on, belongs.c.ends_on).where(belongs.c.ancestor_id.in_(ids))
        ).all()
        always = sorted({id_ for id_, start, end in found if (start, end) == (date.min, date.max)})
        dated = sorted({(id_, start, end) for id_, start, end in found if id_ not in always})
        return Members(always, dated)

    return meaning


def event_place(values: list[str], asked: Asked) -> Among:
    """The event touches the place or something in it: its own location, or from, to, via of its movement."""
    touches, column = table_of(models.EventPlace), asked.rows.c.event_pk
    chosen = select(touches.c.event_pk).join(within, within.c.location_id == touches.c.location_id)
    around = exists().where(within.c.ancestor_id.in_(values), within.c.location_id == touches.c.location_id)
    each = exists().where(touches.c.event_pk == column, around.correlate(touches))
    return Among(column, chosen.where(within.c.ancestor_id.in_(values)), each=each.correlate(asked.rows))


def placed_in(table: Table | None, column: str) -> Condition:
    """The column names one of the places or something in it."""
    return lambda values, asked: Among((asked.rows if table is None else table).c[column], inside(values))


def _then(member: tuple[str, date, date], asked: Asked) -> ColumnElement[bool]:
    """The row lies in the time in which an actor was part of another."""
    _, start, end = member
    rows = asked.rows.c
    return and_(or_(rows.latest.is_(None), rows.latest >= start), or_(rows.earliest.is_(None), rows.earliest <= end))


def event_actor(members: Members, asked: Asked) -> Among:
    """The actor, or what was part of it at the time, takes part; in one of the roles asked for, if any."""
    part = table_of(models.EventActor)
    roles = asked.get("actor_role")

    def takes_part(ids: list[str]) -> Select[Any]:
        chosen = select(part.c.event_pk).where(part.c.actor_id.in_(ids))
        return chosen.where(part.c.role.in_(roles)) if roles else chosen

    column = asked.rows.c.event_pk
    if not members.dated:
        return Among(column, takes_part(members.always))
    parts = [and_(column.in_(takes_part([member[0]])), _then(member, asked)) for member in members.dated]
    everyone = takes_part(members.always + [member[0] for member in members.dated])
    return Among(column, everyone, or_(column.in_(takes_part(members.always)), *parts))


def event_role(values: list[str], asked: Asked) -> Among | None:
    """Somebody takes part in one of these roles; with `actor`, that actor does."""
    if asked.get("actor"):
        return None
    part = table_of(models.EventActor)
    return Among(asked.rows.c.event_pk, select(part.c.event_pk).where(part.c.role.in_(values)))


def side(table: Table, column: str) -> Condition:
    """The side named in the column is the actor or was part of it at the time."""

    def condition(members: Members, asked: Asked) -> ColumnElement[bool]:
        named_side = table.c[column]
        parts = [and_(named_side == member[0], _then(member, asked)) for member in members.dated]
        return or_(named_side.in_(members.always), *parts)

    return condition


def event_source(values: list[str], asked: Asked) -> Among:
    """A claim in view came from the source, went through it, or stands in it."""
    hop, column = table_of(models.ClaimHop), asked.rows.c.event_pk
    saying = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(values))
    through = exists().where(hop.c.claim_pk == claim.c.pk, hop.c.source_id.in_(values))
    each = exists().where(claim.c.event_pk == column, through.correlate(claim))
    if (known := known_claims(asked)) is not None:
        saying, each = saying.where(known), each.where(known)
    return Among(column, saying, each=each.correlate(asked.rows))


def claim_source(values: list[str], asked: Asked) -> Among:
    """The claim came from the source, went through it, or stands in it."""
    hop = table_of(models.ClaimHop)
    return Among(claim.c.pk, select(hop.c.claim_pk).where(hop.c.source_id.in_(values)))


def part_of_actor(values: list[str], asked: Asked) -> Among:
    """The actor, or what is part of it."""
    return Among(asked.rows.c.id, select(belongs.c.actor_id).where(belongs.c.ancestor_id.in_(values)))


def named(column: str) -> Condition:
    """The column is one of the rows that the values name."""
    return lambda values, asked: asked.rows.c[column].in_(values)


def category_of_event(values: list[str], asked: Asked) -> Among:
    """The event that the claim is about has one of these categories; they are coded, and so the same on every day."""
    chosen = select(view.c.event_pk).where(NOW, view.c.category.in_(values))
    return Among(asked.rows.c.event_pk, chosen)


def events(values: list[str], asked: Asked) -> list[str]:
    """The ids of the events that the values name. Raises InvalidParameterError."""
    event = table_of(models.Event)
    values = [merged_into(asked.connection, "events", value.lower()) or value.lower() for value in values]
    ids = set(asked.connection.scalars(select(event.c.id).where(event.c.id.in_(values))))
    for value in values:
        if value not in ids:
            near_ids = nearest_ids(asked.connection, event, value)
            raise InvalidParameterError("event", value, "no such id in events", near_ids)
    return values


def known_event(values: list[str], asked: Asked) -> Among:
    """The claim is about one of these events."""
    event = table_of(models.Event)
    return Among(claim.c.event_pk, select(event.c.pk).where(event.c.id.in_(values)))
