"""Derive the ancestor tables: every location and actor with itself and everything that it belongs to."""

from collections import defaultdict
from collections.abc import Set
from datetime import date

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import SQLModel

from app import models
from app.models.base import table_of
from app.vocab import RelationType

Membership = tuple[str, str, date, date]
"""Ancestor, actor, first and last day on which the actor belongs to the ancestor."""


def update_ancestors(connection: Connection) -> None:
    """Make both ancestor tables equal to what follows from parents and relations."""
    _store_closure(connection, models.LocationAncestor, _location_ancestors(connection))
    _store_closure(connection, models.ActorAncestor, _actor_ancestors(connection))


def _store_closure(connection: Connection, model: type[SQLModel], rows: Set[tuple[object, ...]]) -> None:
    """Make a derived table equal to `rows`; only rows that differ are touched."""
    table = table_of(model)
    columns = [column for column in table.columns if column.name != "pk"]
    stored = {tuple(row) for row in connection.execute(select(*columns))}
    for lost in stored - rows:
        connection.execute(delete(table).where(*(column == value for column, value in zip(columns, lost, strict=True))))
    if new := sorted(rows - stored):
        names = [column.name for column in columns]
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in new])


def _location_ancestors(connection: Connection) -> set[tuple[str, str]]:
    """Return (ancestor, location) for every location: itself, what it lies in, and what takes one of these in."""
    table, cover = table_of(models.Location), table_of(models.LocationCover)
    outer: dict[str, list[str]] = defaultdict(list)
    ids = []
    for id_, parent in connection.execute(select(table.c.id, table.c.parent_id)):
        ids.append(id_)
        outer[id_] += [parent] if parent else []
    for location, covered in connection.execute(select(cover.c.location_id, cover.c.covered_id)):
        outer[covered].append(location)
    pairs: set[tuple[str, str]] = set()
    for id_ in ids:
        pending = [id_]
        while pending:
            at = pending.pop()
            if (at, id_) not in pairs:
                pairs.add((at, id_))
                pending += outer[at]  # one that is gone is refused when the load commits
    return pairs


def _actor_ancestors(connection: Connection) -> set[Membership]:
    """Return every actor with itself and what it belongs to along `part_of`.

    A chain holds on the days on which each of its links does; a chain that never held whole is left out.
    """
    actor, relation = table_of(models.Actor), table_of(models.ActorRelation)
    wholes: dict[str, list[tuple[str, date, date]]] = {}
    part_of = select(relation.c.actor_id, relation.c.other_id, relation.c.starts_on, relation.c.ends_on).where(
        relation.c.type == RelationType.PART_OF
    )
    for part, whole, starts_on, ends_on in connection.execute(part_of):
        wholes.setdefault(part, []).append((whole, starts_on or date.min, ends_on or date.max))
    result: set[Membership] = set()
    for id_ in connection.scalars(select(actor.c.id)):
        pending = [(id_, date.min, date.max)]
        while pending:
            at, first, last = pending.pop()
            if (at, id_, first, last) in result:
                continue
            result.add((at, id_, first, last))
            for whole, starts_on, ends_on in wholes.get(at, ()):
                if max(first, starts_on) <= min(last, ends_on):
                    pending.append((whole, max(first, starts_on), min(last, ends_on)))
    return result
