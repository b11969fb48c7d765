"""Checks of events: parts of a category, and cycles."""

from collections.abc import Iterator

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue, ancestors
from app.ingest.packs.drafts import EventDraft, PackContent
from app.ingest.packs.limits import MAX_ANCESTORS
from app.vocab import EventCategory


def category_parts(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that an event has claims and the parts of its category, and no role twice."""
    for event in content.events:
        if not catalogue.claims.get(event.id) and ("events", event.id) not in catalogue.unreadable:
            yield Problem(event.file, event.id, "claim", "", "an event needs at least one claim")
        yield from _parts(event)
        seen = set()
        for actor in event.actors:
            if (actor.actor, actor.role) in seen:
                yield Problem(event.file, event.id, "actors", actor.actor, f"given twice as {actor.role}")
            seen.add((actor.actor, actor.role))


def _parts(event: EventDraft) -> Iterator[Problem]:
    where = (event.file, event.id)
    if event.category == EventCategory.CONTROL_CHANGE and event.control_change is None:
        yield Problem(*where, "control_change", event.category, "a change of control needs its table")
    if event.category != EventCategory.CONTROL_CHANGE and event.control_change:
        yield Problem(*where, "category", event.category, "an event with control_change has that category")
    if event.category == EventCategory.MOVEMENT and event.movement is None:
        yield Problem(*where, "movement", event.category, "a movement needs its table")
    if change := event.control_change:
        if not (change.gained_by or change.lost_by):
            yield Problem(*where, "control_change", "", "someone gains the place, or loses it")
        if not event.location:
            yield Problem(*where, "location", "", "a change of control has a place")
    if (movement := event.movement) and not (movement.from_ or movement.to):
        yield Problem(*where, "movement", "", "a movement comes from somewhere or leads somewhere")


def part_of_cycles(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that no event is part of itself or of too many."""
    for event in content.events:
        where, found = (event.file, event.id, "part_of", str(event.part_of)), ancestors(event.id, catalogue.wholes)
        if event.id in found:
            yield Problem(*where, "is part of itself")
        elif len(found) > MAX_ANCESTORS:
            yield Problem(*where, f"is part of more than {MAX_ANCESTORS} events")
