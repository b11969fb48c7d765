"""Assign the actors of an event to ACLED's two sides.

In ACLED's columns an associated actor acts together with the main actor of its side. Every further actor therefore
joins the main actor to whom a coded relation ties it (part_of, allied_with, commands), else the side of its role. Who
merely takes part, and is tied to neither, is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.query.compat.acled.crosswalk import interaction

FIRST_ROLES = ("initiator", "gains", "mover", "speaker", "participant")
SECOND_ROLES = ("loses", "mover", "host", "gains", "participant")
"""Roles of the two main actors, the likeliest first; a target is always the second."""
SIDE_OF_ROLE = {"initiator": 1, "gains": 1, "speaker": 1, "ally": 1, "target": 2, "loses": 2, "host": 2, "mover": 2}
"""Side of a role where no relation decides."""
OUTLET_KINDS = ("outlet", "agency")
"""Kinds of sources that are named beside the first one of a claim, because they passed it on."""
ASSOCIATING_RELATIONS = ("allied_with", "commands")

AreAssociated = Callable[[str, str], bool]
"""Tells by their ids whether two actors belong together."""
Spans = dict[str, list[tuple[str, date, date]]]
"""By actor: other actors, each with the first and last day on which the relation holds."""


class Acting(NamedTuple):
    """One actor of an event in one role."""

    id: str
    name: str
    role: str


class SideCells(NamedTuple):
    """The cells that ACLED prints of actors."""

    actor1: str = ""
    assoc_actor_1: str = ""
    inter1: str = ""
    actor2: str = ""
    assoc_actor_2: str = ""
    inter2: str = ""
    interaction: str = ""


@dataclass(frozen=True)
class Sides:
    """The ids of the actors on both sides; None where no main actor is known."""

    first: str | None = None
    second: str | None = None
    assoc_actor_1: tuple[str, ...] = ()
    assoc_actor_2: tuple[str, ...] = ()


def side_cells(actors: Sequence[Acting], inter_of: Mapping[str, str], associated: AreAssociated) -> SideCells:
    """Fill the cells of both sides; `inter_of` gives the kind of each actor in ACLED's words, by id."""
    sides = split_sides(actors, associated)
    names = {actor.id: actor.name for actor in actors}
    first, second = (inter_of[id_] if id_ else "" for id_ in (sides.first, sides.second))
    # "Rebel group only" would be wrong of rebels and someone of whose kind ACLED knows nothing.
    complete = bool(first or not sides.first) and bool(second or not sides.second)
    return SideCells(
        names[sides.first] if sides.first else "",
        join_names([names[id_] for id_ in sides.assoc_actor_1]),
        first,
        names[sides.second] if sides.second else "",
        join_names([names[id_] for id_ in sides.assoc_actor_2]),
        second,
        interaction(first, second) if complete else "",
    )


def join_names(names: Collection[str]) -> str:
    """Join several names in one cell, each once."""
    return "; ".join(dict.fromkeys(names))


def split_sides(actors: Sequence[Acting], associated: AreAssociated) -> Sides:
    """Sort the actors of an event onto the two sides."""
    ids = list(dict.fromkeys(actor.id for actor in actors))
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


def _first_with_role(actors: Sequence[Acting], roles: Sequence[str], allowed: Callable[[str], bool]) -> str | None:
    matching = (actor.id for role in roles for actor in actors if actor.role == role and allowed(actor.id))
    return next(matching, None)


def _associated_side(
    id_: str, actors: Sequence[Acting], first: str | None, second: str | None, associated: AreAssociated
) -> int | None:
    """Return the side of a further actor, 1 or 2; None where nothing decides."""
    if first is None or second is None:
        return 1 if first else 2
    with_first, with_second = associated(first, id_), associated(second, id_)
    if with_first != with_second:
        return 1 if with_first else 2
    roles = (actor.role for actor in actors if actor.id == id_)
    return next((SIDE_OF_ROLE[role] for role in roles if role in SIDE_OF_ROLE), None)


@dataclass
class ActorRelations:
    """The dated relations between actors: memberships, and alliances or commands."""

    memberships: Spans = field(default_factory=dict)
    alliances: Spans = field(default_factory=dict)

    @classmethod
    def load(cls, connection: Connection, actors: Collection[str] | None = None) -> "ActorRelations":
        """Load the relations of these actors and of what they belong to; of all actors by default."""
        belongs, relation = table_of(models.ActorAncestor), table_of(models.ActorRelation)
        member = select(belongs.c.actor_id, belongs.c.ancestor_id, belongs.c.starts_on, belongs.c.ends_on)
        member = member.where(belongs.c.ancestor_id != belongs.c.actor_id)
        allied = select(relation.c.actor_id, relation.c.other_id, relation.c.starts_on, relation.c.ends_on)
        allied = allied.where(relation.c.type.in_(ASSOCIATING_RELATIONS))
        if actors is not None:
            member = member.where(belongs.c.actor_id.in_(actors))
        memberships: Spans = defaultdict(list)
        for id_, group, start, end in connection.execute(member):
            memberships[id_].append((group, start, end))
        if actors is not None:
            groups = {*actors, *(group for spans in memberships.values() for group, _, _ in spans)}
            allied = allied.where(relation.c.actor_id.in_(groups))
        alliances: Spans = defaultdict(list)
        for id_, other, start, end in connection.execute(allied):
            alliances[id_].append((other, start or date.min, end or date.max))
        return cls(dict(memberships), dict(alliances))

    def has(self, id_: str) -> bool:
        """Return whether an actor belongs to another, or is allied with one."""
        return id_ in self.memberships or id_ in self.alliances

    def associated(self, one: str, other: str, day: date) -> bool:
        """Return whether two actors belonged together on a day: to one group, or to groups that are tied."""
        ours, theirs = self._groups(one, day), self._groups(other, day)
        return bool(ours & theirs) or bool(self._allies(ours, day) & theirs) or bool(self._allies(theirs, day) & ours)

    def _groups(self, id_: str, day: date) -> set[str]:
        return {id_, *_active_on(self.memberships.get(id_, ()), day)}

    def _allies(self, ids: set[str], day: date) -> set[str]:
        return {ally for id_ in ids for ally in _active_on(self.alliances.get(id_, ()), day)}


def _active_on(spans: Sequence[tuple[str, date, date]], day: date) -> set[str]:
    return {id_ for id_, start, end in spans if start <= day <= end}
