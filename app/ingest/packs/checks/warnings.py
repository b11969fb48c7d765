"""Warnings about a pack: what is probably wrong, but may be meant so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import EventDraft, LocationDraft, NamedDraft, PackContent, SourceDraft
from app.ingest.packs.limits import MAX_PROBLEMS
from app.ingest.packs.problems import listed_others
from app.names import match_key
from app.rules.documents import DocumentFacts, one_id_per_document
from app.rules.duplicates import OccasionFacts, possible_duplicates
from app.rules.same_entities import EntityFacts, possible_same_entities
from app.rules.wholes import wholes_of
from app.vocab import DOCUMENT_KINDS, ActorRole, PointKind


def pack_warnings(content: PackContent, catalogue: DraftCatalogue) -> list[Problem]:
    """Return every warning about a pack beside all others, sorted by file and id; at most MAX_PROBLEMS of a kind."""
    found = (parts_outside_their_whole, documents_under_two_ids, duplicate_events, duplicate_entities)
    return sorted({warning for warn in found for warning in islice(warn(content, catalogue), MAX_PROBLEMS)})


def parts_outside_their_whole(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield parts of events that share no day with the event that they are part of."""
    for event in content.events:
        whole = catalogue.events.get(event.part_of or "")
        if whole is None:
            continue
        own, outer = catalogue.event_days(event.id), catalogue.event_days(whole.id)
        if own.is_bounded and outer.is_bounded and not own.overlaps(outer):
            reason = f"lies on {own}, outside the event that it is part of, {outer}"
            yield Problem(event.file, event.id, "part_of", whole.id, reason)


def documents_under_two_ids(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield documents that stand under another id too: they count as one."""
    documents = [source for source in catalogue.sources.values() if source.kind in DOCUMENT_KINDS]
    ids = one_id_per_document(_document_facts(source) for source in documents)
    own = {source.id for source in content.sources}
    same: dict[str, list[str]] = defaultdict(list)
    for id_ in sorted(ids):
        same[ids[id_]].append(id_)
    for source in documents:
        others = listed_others(same[ids[source.id]], source.id)
        if source.id in own and others:
            reason = f"is the same document as {others}: one url, or one title of an outlet on a day"
            yield Problem(source.file, source.id, "url", source.url or source.name, reason)


def duplicate_events(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield events that may be one with an event of another pack."""
    own = {event.id: event for event in content.events}
    wholes = {event.id: event.part_of for event in catalogue.events.values()}
    occasions = [facts for event in catalogue.events.values() if (facts := _occasion(event, catalogue, wholes))]
    for occasions_alike in possible_duplicates(occasions):
        packs = {one.pack: one for one in reversed(occasions_alike)}
        for one in occasions_alike:
            if event := own.get(one.event):
                other, more = next(packs[pack] for pack in packs if pack != one.pack), len(occasions_alike) - 2
                others = f"{other.event} of {other.pack}" + (f", or one of {more} more" if more else "")
                reason = f"may be {others}; say so with a claim on it, or with distinct_from"
                yield Problem(event.file, event.id, "event", str(one.dates), reason)


def duplicate_entities(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield places, actors and sources that may be one."""
    for resource in ("locations", "actors", "sources"):
        own = {draft.id: draft for draft in content.identified(resource)}
        drafts = [draft for draft in catalogue.identified(resource).values() if isinstance(draft, NamedDraft)]
        for alike, reason in possible_same_entities(_entity(draft) for draft in drafts):
            for first in alike:
                if draft := own.get(first.id):
                    second = next(like for like in alike if like is not first)
                    yield Problem(draft.file, draft.id, resource, second.id, f"may be the same: {reason}")


def _document_facts(source: SourceDraft) -> DocumentFacts:
    return DocumentFacts(source.id, source.name, source.url, source.organisation, source.published_on)


def _occasion(event: EventDraft, catalogue: DraftCatalogue, wholes: Mapping[str, str | None]) -> OccasionFacts | None:
    place = catalogue.locations.get(event.location or "")
    if place is None:
        return None
    change = event.control_change
    attackers = {actor.actor for actor in event.actors if actor.role == ActorRole.INITIATOR.value}
    attackers |= {change.gained_by} if change and change.gained_by else set()
    point = None if place.longitude is None or place.latitude is None else (place.longitude, place.latitude)
    return OccasionFacts(
        event=event.id,
        pack=event.file.partition("/")[0],
        category=event.category,
        location=place.id,
        location_kind=place.kind,
        point=point,
        dates=catalogue.event_days(event.id),
        actors=frozenset({actor.actor for actor in event.actors} | attackers),
        attackers=frozenset(attackers),
        claims=(),
        distinct_from=frozenset(event.distinct_from),
        wholes=frozenset(wholes_of(event.id, wholes)),
    )


def _entity(draft: NamedDraft) -> EntityFacts:
    names = {match_key(name) for name in (draft.name, *(alias.name for alias in draft.aliases))}
    point = None
    if isinstance(draft, LocationDraft) and draft.point_kind == PointKind.EXACT:
        point = None if draft.longitude is None or draft.latitude is None else (draft.longitude, draft.latitude)
    # Documents of one url have a warning of their own.
    url = draft.url if isinstance(draft, SourceDraft) and draft.kind not in DOCUMENT_KINDS else None
    return EntityFacts(draft.id, str(getattr(draft, "kind", "")), frozenset(names), point, url)
