"""Load stored claims, and events with their parts, in the form that the rules take."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, select

from app import models
from app.deadlines import check_deadline
from app.models.base import table_of
from app.rules.documents import DocumentFacts, one_id_per_document
from app.rules.facts import Claim, Figure
from app.rules.figures import is_loose
from app.rules.status import origin, status
from app.rules.tellings import EventFacts
from app.schemas.base import Ref
from app.schemas.claims import WHOLE_DOCUMENT, ClaimRow, FigureRow, printed_texts
from app.timespan import DateRange
from app.vocab import DOCUMENT_KINDS

KEYS_PER_STATEMENT = 10_000
"""Keys that one statement asks for; PostgreSQL takes 65,535 parameters, some builds of SQLite 32,766."""
T = TypeVar("T")


@dataclass(frozen=True)
class StoredClaim:
    """A claim on an event in the form that the rules take, the pack that it comes from, and its locator."""

    claim: Claim
    pack_id: str
    locator: str
    texts: tuple[str, ...] = ()
    """Summary and printed tokens, by which the event is found."""

    @property
    def ref(self) -> Ref:
        """Reference to the claim, named by its locator."""
        return Ref(id=self.claim.id, name=self.locator)


@dataclass
class StoredEvent:
    """An event with its stored claims, first reports first, and its parts."""

    id: str
    claims: list[StoredClaim] = field(default_factory=list)
    parts: list["StoredEvent"] = field(default_factory=list)

    def facts(self, known_by: date | None = None) -> EventFacts:
        """Return the event as the rules take it, with the claims known by a day; parts without any are left out."""
        check_deadline()
        claims = tuple(
            stored.claim for stored in self.claims if known_by is None or stored.claim.reported_on <= known_by
        )
        parts = (part.facts(known_by) for part in self.parts)
        return EventFacts(self.id, status(claims), claims, tuple(part for part in parts if part.claims))

    def all_claims(self) -> Iterator[StoredClaim]:
        """Yield the claims on the event and on its parts."""
        yield from self.claims
        for part in self.parts:
            yield from part.all_claims()

    def claim_refs(self) -> dict[str, Ref]:
        """Return a reference to each claim on the event and on its parts, by id."""
        return {stored.claim.id: stored.ref for stored in self.all_claims()}


def load_events(connection: Connection, event_pks: Collection[int]) -> dict[int, StoredEvent]:
    """Load events with their claims and all their parts, by event key."""
    event = table_of(models.Event)
    columns = select(event.c.pk, event.c.id, event.c.part_of_id)
    pks_by_id: dict[str, int] = {}
    wholes: dict[int, str | None] = {}
    rows = [row for pks in batches_of(event_pks) for row in connection.execute(columns.where(event.c.pk.in_(pks)))]
    while rows:
        pks_by_id |= {id_: pk for pk, id_, _ in rows}
        wholes |= {pk: part_of for pk, _, part_of in rows}
        whole_ids = batches_of([id_ for _, id_, _ in rows])
        found = (row for ids in whole_ids for row in connection.execute(columns.where(event.c.part_of_id.in_(ids))))
        rows = [row for row in found if row.pk not in wholes]
    claims = load_claims(connection, list(wholes))
    events = {pk: StoredEvent(id_, claims[pk]) for id_, pk in pks_by_id.items()}
    for pk, whole in wholes.items():
        if whole in pks_by_id:
            events[pks_by_id[whole]].parts.append(events[pk])
    return events


def load_wholes(connection: Connection) -> dict[str, str | None]:
    """Load which event each part belongs to."""
    event = table_of(models.Event)
    return dict(connection.execute(select(event.c.id, event.c.part_of_id).where(event.c.part_of_id.is_not(None))).all())


def load_claims(connection: Connection, event_pks: Collection[int]) -> dict[int, list[StoredClaim]]:
    """Load the claims of events by event key, first reports first."""
    claim = table_of(models.Claim)
    statement = select(claim.c.event_pk, claim.c.row, claim.c.pack_id).order_by(claim.c.reported_on, claim.c.id)
    rows = [
        (event_pk, _read_claim(row), pack)
        for pks in batches_of(event_pks)
        for event_pk, row, pack in connection.execute(statement.where(claim.c.event_pk.in_(pks)))
    ]
    sources = _Sources(connection, {id_ for _, row, _ in rows for id_ in (row.origin.id, row.document.id)})
    claims: dict[int, list[StoredClaim]] = defaultdict(list)
    for event_pk, row, pack_id in rows:
        claims[event_pk].append(StoredClaim(sources.claim(row), pack_id, row.locator or WHOLE_DOCUMENT, _texts(row)))
    return claims


def load_claim_refs(connection: Connection, ids: Collection[str]) -> dict[str, Ref]:
    """Load references to claims, named by their locators."""
    claim = table_of(models.Claim)
    return {
        id_: Ref(id=id_, name=json.loads(row)["locator"] or WHOLE_DOCUMENT)
        for some in batches_of(sorted(ids))
        for id_, row in connection.execute(select(claim.c.id, claim.c.row).where(claim.c.id.in_(some)))
    }


def load_titles(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Load the titles of events by id."""
    event = table_of(models.Event)
    titles: dict[str, str] = {}
    for some in batches_of(sorted(ids)):
        titles |= dict(connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(some))).all())
    return titles


def batches_of(keys: Collection[T]) -> Iterator[list[T]]:
    """Yield keys in lists that a statement may hold as parameters, as long as there is time."""
    remaining = iter(keys)
    while batch := list(islice(remaining, KEYS_PER_STATEMENT)):
        check_deadline()
        yield batch


def _read_claim(row: str) -> ClaimRow:
    check_deadline()
    return ClaimRow.model_validate_json(row)


class _Sources:
    """Sources of claims: their organisations and kinds, and which documents are one."""

    def __init__(self, connection: Connection, ids: Collection[str]) -> None:
        """Load these sources and all organisations that they belong to."""
        source = table_of(models.Source)
        columns = (source.c.id, source.c.organisation_id, source.c.kind, source.c.name, source.c.published_on)
        self.organisations: dict[str, tuple[str | None, str]] = {}
        documents: list[DocumentFacts] = []
        pending = set(ids)
        while pending:
            asked = select(*columns, source.c.row)
            rows = [
                row for some in batches_of(pending) for row in connection.execute(asked.where(source.c.id.in_(some)))
            ]
            self.organisations |= {row.id: (row.organisation_id, row.kind) for row in rows}
            documents += [
                DocumentFacts(row.id, row.name, json.loads(row.row)["url"], row.organisation_id, row.published_on)
                for row in rows
                if row.kind in DOCUMENT_KINDS
            ]
            pending = {outer for outer, _ in self.organisations.values() if outer} - self.organisations.keys()
            pending -= {row.id for row in rows}
        self.documents = one_id_per_document(documents)

    def claim(self, row: ClaimRow) -> Claim:
        """Return a stored claim as the rules take it."""
        # A source may be missing while a pack is loaded; the load is refused when it commits.
        first_hop, document = row.origin.id, row.document.id
        outlet = self.organisations.get(document, (None, ""))[0]
        return Claim(
            id=row.id,
            document=self.documents.get(document, document),
            origin=origin(first_hop, self.organisations.get),
            stance=row.stance,
            modality=row.modality,
            reported_on=row.reported_on,
            date=DateRange(row.date.earliest, row.date.latest),
            precision=row.date.precision,
            figures=tuple(_to_figure(figure) for figure in row.figures),
            printed_dates=tuple(row.printed.date),
            is_narration=first_hop in (document, outlet),
        )


def _texts(row: ClaimRow) -> tuple[str, ...]:
    return (row.summary, *printed_texts(row.printed, row.paragraph))


def _to_figure(row: FigureRow) -> Figure:
    return Figure(**row.model_dump(), loose=row.printed is not None and is_loose(row.printed))
