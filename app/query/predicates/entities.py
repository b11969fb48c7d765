"""Conditions on what a row refers to: places, actors, sources and events, given by name."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, or_, select

from app import models
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.query.params.param import ListQuery, PredicateFactory, Resolver
from app.query.params.resolve import ACTORS, LOCATIONS, SOURCES, NameTables, closest_ids, merged_into, resolve_ids
from app.query.predicates.conditions import IS_CURRENT, claims_known_by, view
from app.query.predicates.forms import SemiJoin

claim = table_of(models.Claim)
within = table_of(models.LocationAncestor)
belongs = table_of(models.ActorAncestor)


def locations_inside(places: list[str]) -> Select[Any]:
    """The ids of these places and of everything in them."""
    return select(within.c.location_id).where(within.c.ancestor_id.in_(places))


def _name_resolver(names: NameTables, parameter: str) -> Resolver:
    return lambda values, query: resolve_ids(query.connection, names, parameter, values)


def resolve_locations(parameter: str) -> Resolver:
    """The ids of the places that the values name."""
    return _name_resolver(LOCATIONS, parameter)


def resolve_sources(parameter: str) -> Resolver:
    """The ids of the sources that the values name."""
    return _name_resolver(SOURCES, parameter)


def resolve_named_actors(parameter: str) -> Resolver:
    """The ids of the actors that the values name."""
    return _name_resolver(ACTORS, parameter)


@dataclass(frozen=True)
class ActorMembership:
    """Actors, what is part of them, and what was part of them for a time."""

    permanent: list[str]
    temporary: list[tuple[str, date, date]]


def resolve_members(parameter: str) -> Resolver:
    """The actors that the values name, and what is or was part of them."""

    def resolver(values: list[str], query: ListQuery) -> ActorMembership:
        ids = resolve_ids(query.connection, ACTORS, parameter, values)
        rows = query.connection.execute(
            select(belongs.c.actor_id, belongs.c.starts_on, belongs.c.ends_on).where(belongs.c.ancestor_id.in_(ids))
        ).all()
        always = sorted({id_ for id_, start, end in rows if (start, end) == (date.min, date.max)})
        dated = sorted({(id_, start, end) for id_, start, end in rows if id_ not in always})
        return ActorMembership(always, dated)

    return resolver


def event_at_location(values: list[str], query: ListQuery) -> SemiJoin:
    """The event touches the place or something in it: its own location, or from, to, via of its movement."""
    touches, column = table_of(models.EventLocation), query.table.c.event_pk
    subquery = select(touches.c.event_pk).join(within, within.c.location_id == touches.c.location_id)
    correlated = exists().where(within.c.ancestor_id.in_(values), within.c.location_id == touches.c.location_id)
    each = exists().where(touches.c.event_pk == column, correlated.correlate(touches))
    return SemiJoin(column, subquery.where(within.c.ancestor_id.in_(values)), correlated=each.correlate(query.table))


def column_in_location(table: Table | None, column: str) -> PredicateFactory:
    """The column names one of the places or something in it."""
    return lambda values, query: SemiJoin((query.table if table is None else table).c[column], locations_inside(values))


def _during_membership(member: tuple[str, date, date], query: ListQuery) -> ColumnElement[bool]:
    """The row lies in the time in which an actor was part of another."""
    _, start, end = member
    rows = query.table.c
    return and_(or_(rows.latest.is_(None), rows.latest >= start), or_(rows.earliest.is_(None), rows.earliest <= end))


def event_has_actor(members: ActorMembership, query: ListQuery) -> SemiJoin:
    """The actor, or what was part of it at the time, takes part; in one of the roles asked for, if any."""
    event_actor_table = table_of(models.EventActor)
    roles = query.get("actor_role")

    def participating(ids: list[str]) -> Select[Any]:
        subquery = select(event_actor_table.c.event_pk).where(event_actor_table.c.actor_id.in_(ids))
        return subquery.where(event_actor_table.c.role.in_(roles)) if roles else subquery

    column = query.table.c.event_pk
    if not members.temporary:
        return SemiJoin(column, participating(members.permanent))
    parts = [
        and_(column.in_(participating([member[0]])), _during_membership(member, query)) for member in members.temporary
    ]
    everyone = participating(members.permanent + [member[0] for member in members.temporary])
    return SemiJoin(column, everyone, or_(column.in_(participating(members.permanent)), *parts))


def event_has_role(values: list[str], query: ListQuery) -> SemiJoin | None:
    """Somebody takes part in one of these roles; with `actor`, that actor does."""
    if query.get("actor"):
        return None
    event_actor_table = table_of(models.EventActor)
    return SemiJoin(
        query.table.c.event_pk, select(event_actor_table.c.event_pk).where(event_actor_table.c.role.in_(values))
    )


def control_side(table: Table, column: str) -> PredicateFactory:
    """The side named in the column is the actor or was part of it at the time."""

    def factory(members: ActorMembership, query: ListQuery) -> ColumnElement[bool]:
        named_side = table.c[column]
        parts = [and_(named_side == member[0], _during_membership(member, query)) for member in members.temporary]
        return or_(named_side.in_(members.permanent), *parts)

    return factory


def event_from_source(values: list[str], query: ListQuery) -> SemiJoin:
    """A claim in view came from the source, went through it, or stands in it."""
    hop, column = table_of(models.ClaimHop), query.table.c.event_pk
    saying = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(values))
    through = exists().where(hop.c.claim_pk == claim.c.pk, hop.c.source_id.in_(values))
    each = exists().where(claim.c.event_pk == column, through.correlate(claim))
    if (known := claims_known_by(query)) is not None:
        saying, each = saying.where(known), each.where(known)
    return SemiJoin(column, saying, correlated=each.correlate(query.table))


def claim_from_source(values: list[str], query: ListQuery) -> SemiJoin:
    """The claim came from the source, went through it, or stands in it."""
    hop = table_of(models.ClaimHop)
    return SemiJoin(claim.c.pk, select(hop.c.claim_pk).where(hop.c.source_id.in_(values)))


def within_actor(values: list[str], query: ListQuery) -> SemiJoin:
    """The actor, or what is part of it."""
    return SemiJoin(query.table.c.id, select(belongs.c.actor_id).where(belongs.c.ancestor_id.in_(values)))


def in_ids(column: str) -> PredicateFactory:
    """The column is one of the rows that the values name."""
    return lambda values, query: query.table.c[column].in_(values)


def event_in_category(values: list[str], query: ListQuery) -> SemiJoin:
    """The event that the claim is about has one of these categories; they are coded, and so the same on every day."""
    subquery = select(view.c.event_pk).where(IS_CURRENT, view.c.category.in_(values))
    return SemiJoin(query.table.c.event_pk, subquery)


def resolve_events(values: list[str], query: ListQuery) -> list[str]:
    """The ids of the events that the values name. Raises InvalidParameterError."""
    event = table_of(models.Event)
    values = [merged_into(query.connection, "events", value.lower()) or value.lower() for value in values]
    ids = set(query.connection.scalars(select(event.c.id).where(event.c.id.in_(values))))
    for value in values:
        if value not in ids:
            near_ids = closest_ids(query.connection, event, value)
            raise InvalidParameterError("event", value, "no such id in events", near_ids)
    return values


def claim_on_event(values: list[str], query: ListQuery) -> SemiJoin:
    """The claim is about one of these events."""
    event = table_of(models.Event)
    return SemiJoin(claim.c.event_pk, select(event.c.pk).where(event.c.id.in_(values)))
