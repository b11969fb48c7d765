"""Checks of events: parts of a category, cycles, and the order of control changes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue, find_cycles
from app.ingest.packs.drafts import EventDraft, PackContent
from app.rules.dates import event_date
from app.rules.status import status
from app.timespan import DateRange
from app.vocab import EventCategory, EventStatus


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
        if not (change.location or event.location):
            yield Problem(*where, "control_change.location", "", "a change of control has a place")
    if (movement := event.movement) and not (movement.from_ or movement.to):
        yield Problem(*where, "movement", "", "a movement comes from somewhere or leads somewhere")


def part_of_cycles(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that no event is part of itself."""
    own = {event.id: event for event in content.events}
    parents = {event.id: [event.part_of] if event.part_of else [] for event in catalogue.events.values()}
    for id_ in find_cycles(parents):
        if id_ in own:
            yield Problem(own[id_].file, id_, "part_of", str(own[id_].part_of), "is part of itself")


def control_order(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that changes of one place have one order, by their earliest and by their latest day.

    Otherwise the holder of the place is undecidable: one change would both precede and follow the other. Denied
    changes are left out, as in the rule on control.
    """
    changes: dict[str, list[tuple[EventDraft, DateRange]]] = defaultdict(list)
    for event in catalogue.events.values():
        place = event.control_change and (event.control_change.location or event.location)
        facts = [catalogue.claim_of(claim, content.pack) for claim in catalogue.claims.get(event.id, [])]
        if place and facts and status(facts) != EventStatus.DENIED:
            changes[place].append((event, event_date(facts)[0]))
    own = {event.id for event in content.events}
    for place, pair_candidates in changes.items():
        for (one, first), (other, second) in combinations(pair_candidates, 2):
            if own.isdisjoint({one.id, other.id}) or _same_order(first, second):
                continue
            blamed, against = (one, other) if one.id in own else (other, one)
            reason = f"cannot be ordered against {against.id}: one starts earlier and ends later ({place})"
            value = f"{first.earliest}..{first.latest} and {second.earliest}..{second.latest}"
            yield Problem(blamed.file, blamed.id, "control_change", value, reason)


def _same_order(first: DateRange, second: DateRange) -> bool:
    starts = (first.earliest or date.min, second.earliest or date.min)
    ends = (first.latest or date.max, second.latest or date.max)
    return (starts[0] - starts[1]).days * (ends[0] - ends[1]).days >= 0
