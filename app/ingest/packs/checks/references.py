"""Checks of ids and references: unique, known, sorted; aliases and merges with a target."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from app.errors import Problem
from app.ingest.packs.catalogue import IDENTIFIED, DraftCatalogue, ancestors
from app.ingest.packs.drafts import PackContent
from app.ingest.packs.limits import MAX_ANCESTORS
from app.names import match_key
from app.vocab import DOCUMENT_KINDS

Reference = tuple[str, str, str, str, str]
"""File and id of the draft, field, resource referred to, id referred to."""


def unique_ids(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that an id stands for one entity, in this pack and beside all others."""
    for resource in IDENTIFIED:
        drafts = content.identified(resource)
        times = Counter(draft.id for draft in drafts)
        for draft in drafts:
            other = catalogue.identified(resource)[draft.id]
            if times[draft.id] > 1:
                yield Problem(draft.file, draft.id, "id", draft.id, f"given {times[draft.id]} times in {resource}")
            elif other.file.partition("/")[0] != draft.file.partition("/")[0]:
                yield Problem(draft.file, draft.id, "id", draft.id, f"stands in {other.file} too")
    times = catalogue.claim_times
    for claim in content.claims:
        if times[claim.full_id] > 1:
            reason = f"given {times[claim.full_id]} times in claims; give each an id of its own"
            yield Problem(claim.file, claim.full_id, "id", claim.full_id, reason)


def known_ids(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that every reference leads to an entity."""
    for file, owner, field, resource, id_ in _references(content):
        if id_ not in catalogue.identified(resource) and (resource, id_) not in catalogue.unreadable:
            near = catalogue.suggestions.near(resource, id_)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            yield Problem(file, owner, field, id_, f"no such id in {resource}{hint}")


def _references(content: PackContent) -> Iterator[Reference]:
    for references in (_reference_rows(content), _events(content), _claims(content)):
        for file, owner, field, resource, id_ in references:
            if id_ is not None:
                yield file, owner, field, resource, id_


def _reference_rows(content: PackContent) -> Iterator[tuple[str, str, str, str, str | None]]:
    pack = content.pack
    yield pack.file, pack.id, "document", "sources", pack.document
    for place in pack.coverage.area:
        yield pack.file, pack.id, "coverage.area", "locations", place
    for source in content.sources:
        yield source.file, source.id, "organisation", "sources", source.organisation
        yield source.file, source.id, "actor", "actors", source.actor
    for actor in content.actors:
        for relation in actor.relations:
            yield actor.file, actor.id, f"relations.{relation.type}", "actors", relation.actor
    for location in content.locations:
        yield location.file, location.id, "parent", "locations", location.parent
        for place in location.covers:
            yield location.file, location.id, "covers", "locations", place


def _events(content: PackContent) -> Iterator[tuple[str, str, str, str, str | None]]:
    for event in content.events:
        yield event.file, event.id, "location", "locations", event.location
        yield event.file, event.id, "part_of", "events", event.part_of
        for other in event.distinct_from:
            yield event.file, event.id, "distinct_from", "events", other
        for actor in event.actors:
            yield event.file, event.id, f"actors.{actor.role}", "actors", actor.actor
        if change := event.control_change:
            yield event.file, event.id, "control_change.gained_by", "actors", change.gained_by
            yield event.file, event.id, "control_change.lost_by", "actors", change.lost_by
        if movement := event.movement:
            for field, place in (("from", movement.from_), ("to", movement.to), ("via", movement.via)):
                yield event.file, event.id, f"movement.{field}", "locations", place
            yield event.file, event.id, "movement.mover", "actors", movement.mover


def _claims(content: PackContent) -> Iterator[tuple[str, str, str, str, str | None]]:
    for claim in content.claims:
        yield claim.file, claim.full_id, "event", "events", claim.event
        yield claim.file, claim.full_id, "document", "sources", claim.document
        yield claim.file, claim.full_id, "location", "locations", claim.location
        for hop in claim.via:
            yield claim.file, claim.full_id, "via", "sources", hop


def sorted_ids(content: PackContent, _catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that lists are sorted by id, so that a diff shows changes alone."""
    for drafts in (content.sources, content.actors, content.locations):
        for before, after in pairwise(drafts):
            if after.id < before.id:
                yield Problem(after.file, after.id, "id", after.id, f"not sorted: stands after {before.id}")


def aliases(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that an alias adds a spelling, and that `as_printed` names a document."""
    for draft in (*content.sources, *content.actors, *content.locations):
        seen: set[tuple[str, str | None]] = set()
        for alias in draft.aliases:
            if not match_key(alias.name):
                yield Problem(draft.file, draft.id, "aliases.name", alias.name, "holds no letter and no digit")
            if (alias.name, alias.as_printed) in seen:
                yield Problem(draft.file, draft.id, "aliases.name", alias.name, "given twice")
            seen.add((alias.name, alias.as_printed))
            if alias.as_printed is None:
                continue
            document = catalogue.sources.get(alias.as_printed)
            if ("sources", alias.as_printed) in catalogue.unreadable:
                continue
            if document is None or document.kind not in DOCUMENT_KINDS:
                reason = "names no document (a source of kind article or dataset)"
                yield Problem(draft.file, draft.id, "aliases.as_printed", alias.as_printed, reason)


def merges(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that a merged id is gone and leads to one that exists."""
    ids_by_resource = {name: set(catalogue.ids(name)) for name in {merge.resource for merge in content.merged}}
    for merge in content.merged:
        ids = ids_by_resource[merge.resource]
        if merge.old in ids:
            yield Problem(merge.file, merge.old, merge.resource, merge.old, "is still there, so it cannot be merged")
        if merge.new not in ids and (merge.resource, merge.new) not in catalogue.unreadable:
            yield Problem(merge.file, merge.old, merge.resource, merge.new, f"no such id in {merge.resource}")


def actor_cycles(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that no actor is part of itself or of too many, and that relations end after they start."""
    for actor in content.actors:
        where, found = (actor.file, actor.id), ancestors(actor.id, catalogue.sides)
        if actor.id in found:
            yield Problem(*where, "relations.part_of", actor.id, "is part of itself")
        elif len(found) > MAX_ANCESTORS:
            yield Problem(*where, "relations.part_of", actor.id, f"is part of more than {MAX_ANCESTORS} actors")
        for relation in actor.relations:
            if relation.from_ and relation.until and relation.until < relation.from_:
                value = f"{relation.from_}..{relation.until}"
                yield Problem(*where, "relations", value, "ends before it starts")


def organisations(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that no source belongs to too many organisations."""
    for source in content.sources:
        if len(ancestors(source.id, catalogue.organisations)) > MAX_ANCESTORS:
            reason = f"belongs to more than {MAX_ANCESTORS} organisations"
            yield Problem(source.file, source.id, "organisation", str(source.organisation), reason)
