"""Groups of things that are linked, directly or through others, and points that lie near each other."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import product
from math import cos, floor, radians, sin
from typing import Generic, TypeVar

from app.geo import EARTH_RADIUS_KM

T = TypeVar("T", bound=Hashable)
Cell = tuple[int, int, int]
"""A cube of space that holds a piece of the earth's surface."""
CELLS_APART = 2
"""Cells are half as wide as a distance: points in one are near, and those further apart than this are not."""

_STEPS = [step for step in product(range(-CELLS_APART, CELLS_APART + 1), repeat=3) if any(step)]


class Groups(Generic[T]):
    """Things in groups that grow when two of their members are linked (a union-find structure)."""

    def __init__(self) -> None:
        self._parents: dict[T, T] = {}

    def of(self, member: T) -> T:
        """Return the member that stands for the group of another."""
        root = member
        while (parent := self._parents.get(root, root)) != root:
            root = parent
        while (parent := self._parents.get(member, member)) != root:
            self._parents[member] = root
            member = parent
        return root

    def link(self, one: T, other: T) -> None:
        """Join the groups of two members."""
        self._parents[self.of(other)] = self.of(one)

    def split(self, members: Iterable[T]) -> Iterator[list[T]]:
        """Yield these members in their groups; those that nothing is linked to are left out."""
        groups: dict[T, list[T]] = defaultdict(list)
        for member in members:
            groups[self.of(member)].append(member)
        yield from (group for group in groups.values() if len(group) > 1)


def cell_of(point: tuple[float, float], km: float) -> Cell:
    """Return the cell of a point, given as longitude and latitude, for distances of so many kilometres.

    Cells are cubes in space, so that neither the poles nor the antimeridian are special.
    """
    longitude, latitude = map(radians, point)
    size = km / 2
    x, y, z = cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)
    return floor(x * EARTH_RADIUS_KM / size), floor(y * EARTH_RADIUS_KM / size), floor(z * EARTH_RADIUS_KM / size)


def cells_around(cell: Cell) -> Iterator[Cell]:
    """Yield the other cells in which points may lie near those of a cell."""
    x, y, z = cell
    for a, b, c in _STEPS:
        yield x + a, y + b, z + c
