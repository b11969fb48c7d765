"""Catalogue of all entities that a draft may refer to: those of the packs at hand and those loaded before."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice

from app.ingest.packs.drafts import (
    ActorDraft,
    ClaimDraft,
    EventDraft,
    FigureDraft,
    IdentifiedDraft,
    LocationDraft,
    PackContent,
    PackDraft,
    SourceDraft,
)
from app.ingest.packs.limits import MAX_ANCESTORS
from app.ingest.packs.suggestions import Suggestions
from app.models.entity_types import CLAIMS, ENTITY_TYPES
from app.rules.dates import event_date
from app.rules.facts import Claim
from app.rules.figures import BoundsTuple, read_number
from app.rules.status import origin
from app.timespan import DateRange
from app.vocab import RelationType

Parents = Mapping[str, set[str]]
"""Ids of what an entity lies in, or is part of, without steps between."""
IDENTIFIED = tuple(entity.name for entity in ENTITY_TYPES.values() if entity is not CLAIMS)
"""The entity types whose drafts have an id of their own."""


@dataclass
class DraftCatalogue:
    """All drafts by id. The first draft of an id counts; a check reports a second one.

    Properties are worked out once, at their first use: nothing is added after it.
    """

    sources: dict[str, SourceDraft] = field(default_factory=dict)
    actors: dict[str, ActorDraft] = field(default_factory=dict)
    locations: dict[str, LocationDraft] = field(default_factory=dict)
    events: dict[str, EventDraft] = field(default_factory=dict)
    claims: dict[str, list[ClaimDraft]] = field(default_factory=lambda: defaultdict(list))
    """By id of the event."""
    packs: dict[str, PackDraft] = field(default_factory=dict)
    """By id, which is the folder that the file of a draft begins with."""
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    """(resource, id) of drafts that could not be read; a reference to one is no problem of its own."""
    _event_days: dict[str, DateRange] = field(default_factory=dict)

    def add(self, content: PackContent) -> None:
        """Add the drafts of a pack."""
        for resource in IDENTIFIED:
            drafts = self.identified(resource)
            for draft in content.identified(resource):
                drafts.setdefault(draft.id, draft)
        self.packs[content.pack.id] = content.pack
        for claim in content.claims:
            self.claims[claim.event].append(claim)
        self.unreadable |= content.unreadable

    def ids(self, resource: str) -> Iterable[str]:
        """Return the ids of a resource."""
        if resource == CLAIMS.name:
            return [claim.full_id for claims in self.claims.values() for claim in claims]
        return self.identified(resource)

    def identified(self, resource: str) -> dict[str, IdentifiedDraft]:
        """Return the drafts of a resource by id; of any but claims, which are kept by their events."""
        drafts: dict[str, IdentifiedDraft] = getattr(self, resource)
        return drafts

    def path(self, location: str) -> list[str]:
        """Return the ids from the outermost place down to this one; stop at an unknown parent and at a cycle."""
        path: dict[str, None] = {}
        at: str | None = location
        while at is not None and at in self.locations and at not in path and len(path) <= MAX_ANCESTORS:
            path[at] = None
            at = self.locations[at].parent
        return [*reversed(path)]

    def country(self, location: str) -> str | None:
        """Return the ISO code of the country that a place lies in."""
        return next((code for at in self.path(location) if (code := self.locations[at].country)), None)

    @cached_property
    def claim_times(self) -> Counter[str]:
        """Number of claims by id."""
        return Counter(self.ids(CLAIMS.name))

    @cached_property
    def code_owners(self) -> dict[tuple[str, str | None, str], list[str]]:
        """Sorted ids of places by scheme, version and code."""
        owners: dict[tuple[str, str | None, str], set[str]] = defaultdict(set)
        for location in self.locations.values():
            for code in location.codes:
                owners[code.scheme, code.version, code.code].add(location.id)
        return {key: sorted(ids) for key, ids in owners.items()}

    @cached_property
    def parents(self) -> Parents:
        """The place that each place lies in."""
        return {location.id: {location.parent} for location in self.locations.values() if location.parent}

    @cached_property
    def enclosing(self) -> Parents:
        """The places that each place lies in, or that take it in."""
        enclosing = {id_: set(parents) for id_, parents in self.parents.items()}
        for location in self.locations.values():
            for covered in location.covers:
                enclosing.setdefault(covered, set()).add(location.id)
        return enclosing

    @cached_property
    def wholes(self) -> Parents:
        """The event that each event is part of."""
        return {event.id: {event.part_of} for event in self.events.values() if event.part_of}

    @cached_property
    def sides(self) -> Parents:
        """The actors that each actor is part of."""
        return {
            actor.id: {relation.actor for relation in actor.relations if relation.type == RelationType.PART_OF}
            for actor in self.actors.values()
        }

    @cached_property
    def organisations(self) -> Parents:
        """The organisation of each source."""
        return {source.id: {source.organisation} for source in self.sources.values() if source.organisation}

    @cached_property
    def suggestions(self) -> Suggestions:
        """The ids spelt like an unknown one."""
        return Suggestions({resource: self.identified(resource) for resource in IDENTIFIED})

    def event_days(self, event: str) -> DateRange:
        """Return the days of an event as its claims give them."""
        if event not in self._event_days:
            claims = [self.claim_of(claim) for claim in self.claims.get(event, ())]
            self._event_days[event] = event_date(claims)[0]
        return self._event_days[event]

    def _organisation(self, source: str) -> tuple[str | None, str] | None:
        draft = self.sources.get(source)
        return (draft.organisation, draft.kind) if draft else None

    def claim_of(self, claim: ClaimDraft) -> Claim:
        """Return a claim as the rules on dates and status take it, without its figures."""
        pack = self.packs[claim.file.partition("/")[0]]
        chain = self.chain(claim, pack)
        return Claim(
            id=claim.full_id,
            document=chain[-1],
            origin=origin(chain[0], self._organisation),
            stance=claim.stance,
            modality=claim.modality,
            reported_on=self.reported_on(claim, pack),
            date=claim.date.interval,
            precision=claim.date.precision,
            is_narration=not claim.via,
        )

    def chain(self, claim: ClaimDraft, pack: PackDraft) -> list[str]:
        """Return the attribution of a claim: nearest the fact first, its document last."""
        document = claim.document or pack.document or ""
        draft = self.sources.get(document)
        narrator = (draft.organisation if draft else None) or document
        return [*(claim.via or (narrator,)), *([document] if narrator != document or claim.via else [])]

    def reported_on(self, claim: ClaimDraft, pack: PackDraft) -> date:
        """Return the day on which the first hop said it: as coded, else the publication day of the document."""
        if claim.reported_on:
            return claim.reported_on
        document = self.sources.get(claim.document or pack.document or "")
        if document is None or document.published_on is None:
            return date.max  # a check reports it
        return document.published_on


def figure_bounds(figure: FigureDraft) -> BoundsTuple:
    """Return the bounds as coded, else as the conversion table reads the printed number."""
    if any(bound is not None for bound in (figure.low, figure.best, figure.high)):
        return figure.low, figure.best, figure.high
    return read_number(figure.printed) or (None, None, None)


def ancestors(id_: str, parents: Parents) -> set[str]:
    """Return everything that an entity lies in, at any depth: itself too in a circle, and at most MAX_ANCESTORS + 1."""
    found: set[str] = set()
    pending = list(islice(parents.get(id_, ()), MAX_ANCESTORS + 1))
    while pending and len(found) <= MAX_ANCESTORS:
        at = pending.pop()
        if at not in found:
            found.add(at)
            pending.extend(islice(parents.get(at, ()), MAX_ANCESTORS + 1))
    return found
