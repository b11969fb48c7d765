"""Who is on which side of an event: ACLED's two actors, and those that are with one of them.

To stand beside an actor in ACLED's columns says that the two are associated. So everyone else is put beside the one
to whom a coded relation ties it (part_of, allied_with, commands), else where its role belongs; who merely takes part,
and is tied to neither, is in neither column.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of

FIRST_ROLES = ("initiator", "gains", "mover", "speaker", "participant")
SECOND_ROLES = ("loses", "mover", "host", "gains", "participant")
"""Roles of the two actors, the likeliest first; a target is always the second."""
SIDE_OF_ROLE = {"initiator": 1, "gains": 1, "speaker": 1, "ally": 1, "target": 2, "loses": 2, "host": 2, "mover": 2}
"""On which side a role belongs, where no relation says otherwise."""
ASSOCIATING_RELATIONS = ("allied_with", "commands")

Actors = Sequence[Mapping[str, Any]]
AreAssociated = Callable[[str, str], bool]
Spans = dict[str, list[tuple[str, date, date]]]


@dataclass(frozen=True)
class Sides:
    """The ids of the actors on both sides; None where nobody is known to act, or to be acted upon."""

    first: str | None = None
    second: str | None = None
    assoc_actor_1: tuple[str, ...] = ()
    assoc_actor_2: tuple[str, ...] = ()


def split_sides(actors: Actors, associated: AreAssociated) -> Sides:
    """Sort the actors of an event; `associated` says whether two of them belong together."""
    ids = list(dict.fromkeys(actor["id"] for actor in actors))
    first = _first_with_role(actors, FIRST_ROLES, lambda id_: True)
    second = _first_with_role(actors, ("target",), lambda id_: id_ != first)
    second = second or _first_with_role(
        actors, SECOND_ROLES, lambda id_: id_ != first and not (first and associated(first, id_))
    )
    others = {
        id_: _associated_side(id_, actors, first, second, associated) for id_ in ids if id_ not in (first, second)
    }
    return Sides(
        first,
        second,
        tuple(id_ for id_, side in others.items() if side == 1),
        tuple(id_ for id_, side in others.items() if side == 2),
    )


def _first_with_role(actors: Actors, roles: Sequence[str], allowed: Callable[[str], bool]) -> str | None:
    candidates = (actor["id"] for role in roles for actor in actors if actor["role"] == role and allowed(actor["id"]))
    return next(candidates, None)


def _associated_side(
    id_: str, actors: Actors, first: str | None, second: str | None, associated: AreAssociated
) -> int | None:
    """On which side an actor is; None where nothing tells."""
    if first is None or second is None:
        return 1 if first else 2
    with_first, with_second = associated(first, id_), associated(second, id_)
    if with_first != with_second:
        return 1 if with_first else 2
    roles = (actor["role"] for actor in actors if actor["id"] == id_)
    return next((SIDE_OF_ROLE[role] for role in roles if role in SIDE_OF_ROLE), None)


@dataclass
class ActorRelations:
    """What ties actors together, and when: what each belongs to, and whom each is allied with or commands."""

    memberships: Spans = field(default_factory=dict)
    alliances: Spans = field(default_factory=dict)

    @classmethod
    def load(cls, connection: Connection, actors: Collection[str]) -> "ActorRelations":
        """The relations of these actors, and of what they belong to."""
        actor_ancestor, relation = table_of(models.ActorAncestor), table_of(models.ActorRelation)
        memberships: Spans = defaultdict(list)
        for id_, *span in connection.execute(
            select(
                actor_ancestor.c.actor_id,
                actor_ancestor.c.ancestor_id,
                actor_ancestor.c.starts_on,
                actor_ancestor.c.ends_on,
            ).where(actor_ancestor.c.actor_id.in_(actors))
        ):
            memberships[id_].append((span[0], span[1], span[2]))
        alliances: Spans = defaultdict(list)
        group_ids = {outer for spans in memberships.values() for outer, _, _ in spans}
        for id_, other, start, end in connection.execute(
            select(relation.c.actor_id, relation.c.other_id, relation.c.starts_on, relation.c.ends_on).where(
                relation.c.type.in_(ASSOCIATING_RELATIONS), relation.c.actor_id.in_(group_ids)
            )
        ):
            alliances[id_].append((other, start or date.min, end or date.max))
        return cls(memberships, alliances)

    def associated(self, one: str, other: str, day: date) -> bool:
        """Whether two actors belonged together on a day: to one whole, or to wholes that are tied."""
        ours, theirs = self._groups(one, day), self._groups(other, day)
        return bool(ours & theirs) or bool(self._allies(ours, day) & theirs) or bool(self._allies(theirs, day) & ours)

    def _groups(self, id_: str, day: date) -> set[str]:
        return {id_, *_active_on(self.memberships.get(id_, ()), day)}

    def _allies(self, ids: set[str], day: date) -> set[str]:
        return {friend for id_ in ids for friend in _active_on(self.alliances.get(id_, ()), day)}


def _active_on(spans: Sequence[tuple[str, date, date]], day: date) -> set[str]:
    return {id_ for id_, start, end in spans if start <= day <= end}
