"""Warnings about a pack: what is probably wrong, but may be meant so."""

from collections.abc import Iterator, Mapping

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import EventDraft, LocationDraft, NamedDraft, PackContent, SourceDraft
from app.names import match_key
from app.rules.dates import event_date
from app.rules.documents import DocumentFacts, one_id_per_document
from app.rules.duplicates import EntityFacts, OccasionFacts, possible_duplicates, possible_same_entities
from app.rules.wholes import wholes_of
from app.timespan import DateRange
from app.vocab import DOCUMENT_KINDS, ActorRole, PointKind


def pack_warnings(content: PackContent, catalogue: DraftCatalogue) -> list[Problem]:
    """Return every warning about a pack beside all others, sorted by file and id."""
    found = (parts_outside_their_whole, documents_under_two_ids, duplicate_events, duplicate_entities)
    return sorted({warning for warn in found for warning in warn(content, catalogue)})


def parts_outside_their_whole(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield parts of events that share no day with the event that they are part of."""
    for event in content.events:
        whole = catalogue.events.get(event.part_of or "")
        if whole is None:
            continue
        own, outer = _dates(event, catalogue), _dates(whole, catalogue)
        if own.is_bounded and outer.is_bounded and not own.overlaps(outer):
            reason = f"lies on {own}, outside the event that it is part of, {outer}"
            yield Problem(event.file, event.id, "part_of", whole.id, reason)


def documents_under_two_ids(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield documents that stand under another id too: they count as one."""
    documents = [source for source in catalogue.sources.values() if source.kind in DOCUMENT_KINDS]
    ids = one_id_per_document(_document_facts(source) for source in documents)
    own = {source.id for source in content.sources}
    for source in documents:
        same = [other.id for other in documents if other.id != source.id and ids[other.id] == ids[source.id]]
        if source.id in own and same:
            reason = f"is the same document as {', '.join(sorted(same))}: one url, or one title of an outlet on a day"
            yield Problem(source.file, source.id, "url", source.url or source.name, reason)


def duplicate_events(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield events that may be one with an event of another pack."""
    own = {event.id: event for event in content.events}
    wholes = {event.id: event.part_of for event in catalogue.events.values()}
    occasions = [facts for event in catalogue.events.values() if (facts := _occasion(event, catalogue, wholes))]
    for pair in possible_duplicates(occasions):
        for one, other in (pair, pair[::-1]):
            if event := own.get(one.event):
                reason = f"may be {other.event} of {other.pack}; say so with a claim on it, or with distinct_from"
                yield Problem(event.file, event.id, "event", str(one.dates), reason)


def duplicate_entities(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield places, actors and sources that may be one."""
    for resource in ("locations", "actors", "sources"):
        own = {draft.id: draft for draft in content.identified(resource)}
        drafts = [draft for draft in catalogue.identified(resource).values() if isinstance(draft, NamedDraft)]
        for one, other, reason in possible_same_entities([_entity(draft) for draft in drafts]):
            for first, second in ((one, other), (other, one)):
                if draft := own.get(first.id):
                    yield Problem(draft.file, draft.id, resource, second.id, f"may be the same: {reason}")


def _dates(event: EventDraft, catalogue: DraftCatalogue) -> DateRange:
    return event_date([catalogue.claim_of(claim) for claim in catalogue.claims.get(event.id, ())])[0]


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
        dates=_dates(event, catalogue),
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
