"""Wholes of an event: the events that it is part of."""

from collections.abc import Iterator, Mapping


def wholes_of(event: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the events that an event is part of, the nearest first; a circle ends.

    `parents` maps an event to the one that it is part of.
    """
    seen = {event}
    at = parents.get(event)
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)
