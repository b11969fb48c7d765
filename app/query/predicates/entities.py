"""Predicates on the entities a row refers to: locations, actors, sources and events, given by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, exists, or_, select, union

from app import models
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.query.params.param import ListQuery
from app.query.params.resolve import ACTORS, LOCATIONS, SOURCES, NameTables, closest_ids, merged_into, resolve_ids
from app.query.predicates.forms import SemiJoin
from app.query.predicates.versions import IS_CURRENT, claim, claims_known_by, event_version

location_ancestor = table_of(models.LocationAncestor)
actor_ancestor = table_of(models.ActorAncestor)
NameResolver = Callable[[list[str], ListQuery], list[str]]
"""Replace names by ids. Raises InvalidParameterError for a name that no row or several rows have."""


def locations_inside(ids: list[str]) -> Select[str]:
    """Select the ids of these locations and of everything inside them."""
    return select(location_ancestor.c.location_id).where(location_ancestor.c.ancestor_id.in_(ids))


def _name_resolver(names: NameTables, parameter: str) -> NameResolver:
    return lambda values, query: resolve_ids(query.connection, names, parameter, values)


def resolve_locations(parameter: str) -> NameResolver:
    """Return a resolver of location names to ids."""
    return _name_resolver(LOCATIONS, parameter)


def resolve_sources(parameter: str) -> NameResolver:
    """Return a resolver of source names to the sources and all that belong to them: what they say it says."""

    def resolver(values: list[str], query: ListQuery) -> list[str]:
        source = table_of(models.Source)
        found = pending = set(resolve_ids(query.connection, SOURCES, parameter, values))
        while pending:
            members = select(source.c.id).where(source.c.organisation_id.in_(sorted(pending)))
            pending = set(query.connection.scalars(members)) - found
            found = found | pending
        return sorted(found)

    return resolver


def resolve_named_actors(parameter: str) -> NameResolver:
    """Return a resolver of actor names to the ids of these actors alone, without their members."""
    return _name_resolver(ACTORS, parameter)


TemporaryMember = tuple[str, date, date]


@dataclass(frozen=True)
class ActorMembership:
    """The named actors and their members.

    `permanent` holds the actors and what always belongs to them; `temporary` holds (id, first day, last day) of what
    belonged to them for a time.
    """

    permanent: list[str]
    temporary: list[TemporaryMember]


def resolve_members(parameter: str) -> Callable[[list[str], ListQuery], ActorMembership]:
    """Return a resolver of actor names to the actors and all that is or was part of them."""

    def resolver(values: list[str], query: ListQuery) -> ActorMembership:
        ids = resolve_ids(query.connection, ACTORS, parameter, values)
        rows = query.connection.execute(
            select(actor_ancestor.c.actor_id, actor_ancestor.c.starts_on, actor_ancestor.c.ends_on).where(
                actor_ancestor.c.ancestor_id.in_(ids)
            )
        ).all()
        always = sorted({id_ for id_, start, end in rows if (start, end) == (date.min, date.max)})
        dated = sorted({(id_, start, end) for id_, start, end in rows if id_ not in always})
        return ActorMembership(always, dated)

    return resolver


def event_at_location(values: list[str], query: ListQuery) -> SemiJoin:
    """Match events at a location or inside it: by their own location, or by from, to or via of their movement."""
    event_location, column = table_of(models.EventLocation), query.table.c.event_pk
    subquery = select(event_location.c.event_pk).join(
        location_ancestor, location_ancestor.c.location_id == event_location.c.location_id
    )
    correlated = exists().where(
        location_ancestor.c.ancestor_id.in_(values), location_ancestor.c.location_id == event_location.c.location_id
    )
    per_row = exists().where(event_location.c.event_pk == column, correlated.correlate(event_location))
    return SemiJoin(
        column, subquery.where(location_ancestor.c.ancestor_id.in_(values)), correlated=per_row.correlate(query.table)
    )


def column_in_location(table: Table | None, column: str) -> Callable[[list[str], ListQuery], SemiJoin]:
    """Match rows whose column names one of the locations or something inside it; None: a column of the list's table."""
    return lambda values, query: SemiJoin((query.table if table is None else table).c[column], locations_inside(values))


def claim_at_location(values: list[str], query: ListQuery) -> SemiJoin:
    """Match claims put at a location or inside it, and those on a movement from, to or through it."""
    movement, other = table_of(models.Movement), claim.alias()
    ends = or_(*(movement.c[end].in_(locations_inside(values)) for end in ("from_id", "to_id", "via_id")))
    movements = select(movement.c.event_pk).where(ends)

    def is_there(rows: FromClause) -> ColumnElement[bool]:
        return or_(rows.c.location_id.in_(locations_inside(values)), rows.c.event_pk.in_(movements))

    # A union, since PostgreSQL walks the whole table for an OR of two subqueries.
    there = union(
        select(other.c.pk).where(other.c.location_id.in_(locations_inside(values))),
        select(other.c.pk).where(other.c.event_pk.in_(movements)),
    ).subquery()
    return SemiJoin(claim.c.pk, select(there.c.pk), correlated=is_there(claim))


def _during_membership(member: TemporaryMember, query: ListQuery) -> ColumnElement[bool]:
    """Match rows that may lie in the time in which an actor was part of another."""
    _, start, end = member
    rows = query.table.c
    return and_(or_(rows.latest.is_(None), rows.latest >= start), or_(rows.earliest.is_(None), rows.earliest <= end))


def event_has_actor(members: ActorMembership, query: ListQuery) -> SemiJoin:
    """Match events in which the actor or a member of that time takes part, in one of the roles of `actor_role`."""
    event_actor = table_of(models.EventActor)
    roles = query.get("actor_role")

    def participating(ids: list[str]) -> Select[int]:
        subquery = select(event_actor.c.event_pk).where(event_actor.c.actor_id.in_(ids))
        return subquery.where(event_actor.c.role.in_(roles)) if roles else subquery

    column = query.table.c.event_pk
    if not members.temporary:
        return SemiJoin(column, participating(members.permanent))
    parts = [
        and_(column.in_(participating([member[0]])), _during_membership(member, query)) for member in members.temporary
    ]
    everyone = participating(members.permanent + [member[0] for member in members.temporary])
    return SemiJoin(column, everyone, or_(column.in_(participating(members.permanent)), *parts))


def event_has_role(values: list[str], query: ListQuery) -> SemiJoin | None:
    """Match events in which somebody has one of these roles; None with `actor`, whose predicate judges the role."""
    if query.get("actor"):
        return None
    event_actor = table_of(models.EventActor)
    return SemiJoin(query.table.c.event_pk, select(event_actor.c.event_pk).where(event_actor.c.role.in_(values)))


def control_side(table: Table, column: str) -> Callable[[ActorMembership, ListQuery], ColumnElement[bool]]:
    """Match rows whose column names the actor or what was part of it at the time."""

    def factory(members: ActorMembership, query: ListQuery) -> ColumnElement[bool]:
        named_side = table.c[column]
        parts = [and_(named_side == member[0], _during_membership(member, query)) for member in members.temporary]
        return or_(named_side.in_(members.permanent), *parts)

    return factory


def event_from_source(values: list[str], query: ListQuery) -> SemiJoin:
    """Match events with a claim in view that came from the source, went through it, or stands in it."""
    hop, column = table_of(models.ClaimHop), query.table.c.event_pk
    subquery = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(values))
    through = exists().where(hop.c.claim_pk == claim.c.pk, hop.c.source_id.in_(values))
    per_row = exists().where(claim.c.event_pk == column, through.correlate(claim))
    if (known := claims_known_by(query)) is not None:
        subquery, per_row = subquery.where(known), per_row.where(known)
    return SemiJoin(column, subquery, correlated=per_row.correlate(query.table))


def resolve_documents(values: list[str], query: ListQuery) -> list[str]:
    """Return the ids of documents, without what belongs to them."""
    return resolve_ids(query.connection, SOURCES, "document", values)


def claim_in_document(values: list[str], query: ListQuery) -> ColumnElement[bool]:
    """Match claims that stand in one of these documents."""
    return query.table.c.document_id.in_(values)


def claim_from_source(values: list[str], query: ListQuery) -> SemiJoin:
    """Match claims that came from the source, went through it, or stand in it."""
    hop = table_of(models.ClaimHop)
    return SemiJoin(claim.c.pk, select(hop.c.claim_pk).where(hop.c.source_id.in_(values)))


def within_actor(values: list[str], query: ListQuery) -> SemiJoin:
    """Match the actors and what is part of them."""
    return SemiJoin(query.table.c.id, select(actor_ancestor.c.actor_id).where(actor_ancestor.c.ancestor_id.in_(values)))


def in_ids(column: str) -> Callable[[list[str], ListQuery], ColumnElement[bool]]:
    """Match rows whose column holds one of the ids."""
    return lambda values, query: query.table.c[column].in_(values)


def event_in_category(values: list[str], query: ListQuery) -> SemiJoin:
    """Match claims on events of these categories. Categories are coded, so the current version tells for every day."""
    subquery = select(event_version.c.event_pk).where(IS_CURRENT, event_version.c.category.in_(values))
    return SemiJoin(query.table.c.event_pk, subquery)


def resolve_events(values: list[str], query: ListQuery) -> list[str]:
    """Return the ids of events, following merges. Raises InvalidParameterError for an id that does not exist."""
    event = table_of(models.Event)
    values = [merged_into(query.connection, "events", value.lower()) or value.lower() for value in values]
    ids = set(query.connection.scalars(select(event.c.id).where(event.c.id.in_(values))))
    for value in values:
        if value not in ids:
            near_ids = closest_ids(query.connection, event, value)
            raise InvalidParameterError("event", value, "no such id in events", near_ids)
    return values


def claim_on_event(values: list[str], query: ListQuery) -> SemiJoin:
    """Match claims on one of these events."""
    event = table_of(models.Event)
    return SemiJoin(claim.c.event_pk, select(event.c.pk).where(event.c.id.in_(values)))
