"""Suggest known ids for an unknown one."""

from bisect import bisect
from collections.abc import Collection, Mapping

from app.ingest.packs.limits import MAX_SUGGESTED
from app.names import closest_matches

NEIGHBOURS = 8
"""Ids on each side, in alphabetical order from the front and from the back, with which an unknown id is compared."""


class Suggestions:
    """Known ids spelt like unknown ones, looked up once for each of the first MAX_SUGGESTED unknown ids.

    Only ids with a beginning or an end alike are compared, because a comparison takes the square of the length.
    """

    def __init__(self, ids: Mapping[str, Collection[str]]) -> None:
        self._ids = ids
        self._orders: dict[str, tuple[list[str], list[str]]] = {}
        self._found: dict[tuple[str, str], list[str]] = {}

    def near(self, resource: str, unknown: str) -> list[str]:
        """Return up to three ids of a resource, best first."""
        key = (resource, unknown)
        if key not in self._found and len(self._found) < MAX_SUGGESTED:
            self._found[key] = closest_matches(unknown, self._neighbours(resource, unknown))
        return self._found.get(key, [])

    def _neighbours(self, resource: str, unknown: str) -> list[str]:
        if resource not in self._orders:
            ids = self._ids[resource]
            self._orders[resource] = sorted(ids), sorted(id_[::-1] for id_ in ids)
        forwards, backwards = self._orders[resource]
        return [*_around(forwards, unknown), *(id_[::-1] for id_ in _around(backwards, unknown[::-1]))]


def _around(ordered: list[str], text: str) -> list[str]:
    at = bisect(ordered, text)
    return ordered[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS]
