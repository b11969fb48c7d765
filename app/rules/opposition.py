"""Sides that oppose each other, and how many of them are listed pair by pair."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from app.vocab import ContradictionKind

MAX_PAIRED = 20
"""Members of a group up to which each pair is listed by itself; a larger group is one entry that names all of them.

Pairs grow with the square of what is told, so that without a bound a few thousand claims would make millions.
"""


@dataclass(frozen=True)
class Side:
    """Claims that agree, and what they say: a date, a number, a holder, or that it happened or not."""

    claims: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true: the kind, the events they are about, and the sides that oppose each other."""

    kind: ContradictionKind
    events: tuple[str, ...]
    sides: tuple[Side, ...]


def merge_sides(sides: Iterable[Side]) -> tuple[Side, ...]:
    """Join the sides that say the same, in the order in which each is said first."""
    claims: dict[str, set[str]] = defaultdict(set)
    for side in sides:
        claims[side.says].update(side.claims)
    return tuple(Side(tuple(sorted(ids)), says) for says, ids in claims.items())
