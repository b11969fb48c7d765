"""Derive versions of events from their claims, one for each day on which more became known."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from app import models
from app.db.bulk import insert_rows
from app.db.text_index import SEPARATOR, write_texts
from app.ingest.row_records import sort_date
from app.ingest.served_json import (
    any_json,
    corroboration_json,
    event_date_json,
    event_json,
    list_json,
    movement_json,
    published_json,
    ref_json,
)
from app.models.base import table_of
from app.query.analyses.stored_claims import StoredEvent, load_events
from app.rules.contradictions import event_contradictions
from app.rules.dates import edtf, event_date
from app.rules.knowledge import known_periods
from app.rules.published import Published, published_figures
from app.rules.status import Corroboration, corroboration
from app.rules.tellings import EventFacts
from app.schemas.events import EventLocationRow
from app.schemas.reference import LocationRow
from app.timespan import DateRange
from app.vocab import Measure, Modality

EVENTS_PER_BATCH = 500


@dataclass(frozen=True)
class CodedEvent:
    """Coded part of an event, with its pack and its place."""

    pk: int
    row: dict[str, Any]
    """Stored JSON, a `CodedEventRow`."""
    pack_id: str
    revision: int
    location: LocationRow | None


@dataclass(frozen=True)
class _Derived:
    """Values that the rules derive from the claims of one version."""

    facts: EventFacts
    when: DateRange
    precision: str
    corroboration: Corroboration
    figures: list[Published]

    def figure(self, measure: Measure) -> Published | None:
        """Return the published figure of a measure."""
        return next((figure for figure in self.figures if figure.measure == measure), None)


def _derive_event(facts: EventFacts) -> _Derived:
    when, precision = event_date(facts.claims)
    return _Derived(facts, when, precision, corroboration(facts.claims), published_figures(facts))


class EventDerivation:
    """Derive the versions of one event from its claims and those on its parts."""

    def __init__(self, coded: CodedEvent, stored: StoredEvent, parent_known_from: date | None) -> None:
        """Take an event; `parent_known_from` is the day on which the event that it is part of was first reported."""
        self.coded, self.stored, self.parent_known_from = coded, stored, parent_known_from
        self.claim_refs = stored.claim_refs()
        self.packs = {claim.claim.id: claim.pack_id for claim in stored.claims}

    def versions(self, revision: int, origin_names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the versions as columns of `EventVersion`, one for each day on which more became known."""
        days = [claim.claim.reported_on for part in self.stored.parts for claim in part.all_claims()]
        days += [self.parent_known_from] if self.parent_known_from else []
        for known_from, known_until in known_periods([claim.claim for claim in self.stored.claims], days):
            derived = _derive_event(self.stored.facts(known_from))
            has_parent = self.parent_known_from is not None and self.parent_known_from <= known_from
            yield self._columns(derived) | {
                "known_from": known_from,
                "known_until": known_until,
                "row": self._json(derived, has_parent, revision, origin_names),
            }

    def _columns(self, derived: _Derived) -> dict[str, Any]:
        coded, facts, deaths = self.coded, derived.facts, derived.figure(Measure.DEATHS)
        place = coded.location
        asserting = [claim for claim in facts.claims if claim.asserts]
        return {
            "event_pk": coded.pk,
            "id": coded.row["id"],
            "earliest": derived.when.earliest,
            "latest": derived.when.latest,
            "sort_date": sort_date(derived.when),
            "precision": derived.precision,
            "status": facts.status,
            "origins": len(derived.corroboration.origins),
            "planned": bool(asserting) and all(claim.modality == Modality.PLANNED for claim in asserting),
            "contradictory": any(True for _ in event_contradictions(facts)),
            "deaths_low": deaths and deaths.low,
            "deaths_best": deaths and deaths.best,
            "deaths_high": deaths and deaths.high,
            "category": coded.row["category"],
            "location_id": place and place.id,
            "country": place and place.country,
            "latitude": place and place.latitude,
            "longitude": place and place.longitude,
        }

    def _json(self, derived: _Derived, has_parent: bool, revision: int, origin_names: Mapping[str, str]) -> str:
        """Return the row of one version as JSON (`EventRow`)."""
        known, when, facts = self.coded.row, derived.when, derived.facts
        deaths, movement = derived.figure(Measure.DEATHS), known["movement"]
        packs = {self.coded.pack_id, *(self.packs[claim.id] for claim in facts.claims)}
        return event_json(
            id=known["id"],
            category=known["category"],
            title=known["title"],
            summary=known["summary"],
            date=event_date_json(
                earliest=when.earliest,
                latest=when.latest,
                precision=derived.precision,
                printed=any_json(list(dict.fromkeys(day for claim in facts.claims for day in claim.printed_dates))),
                edtf=edtf(when, derived.precision),
            ),
            location=event_place_json(self.coded.location),
            location_precision=known["location_precision"],
            actors=any_json(known["actors"]),
            status=facts.status,
            corroboration=_corroboration_json(derived.corroboration, origin_names),
            deaths=self._figure_json(deaths),
            control_change=any_json(known["control_change"]),
            movement=self._movement_json(movement, derived) if movement else "null",
            figures=list_json(self._figure_json(figure) for figure in derived.figures),
            part_of=any_json(known["part_of"]) if has_parent else "null",
            packs=any_json(sorted(packs)),
            revision=revision,
        )

    def _movement_json(self, movement: dict[str, Any], derived: _Derived) -> str:
        """Return the movement with its published count as JSON."""
        coded = {f"{name}_" if name == "from" else name: value for name, value in movement.items() if name != "count"}
        references = {
            name: any_json(value) for name, value in coded.items() if value is None or isinstance(value, dict)
        }
        count = self._figure_json(derived.figure(Measure.PERSONS_MOVED))
        return movement_json(**(coded | references), count=count)

    def _figure_json(self, figure: Published | None) -> str:
        if figure is None:
            return "null"
        claims = list_json(any_json(self.claim_refs[id_].model_dump()) for id_ in figure.claims)
        return published_json(**(vars(figure) | {"claims": claims}))


def event_place_json(place: LocationRow | None) -> str:
    """Return the place of an event as JSON (`EventLocationRow`)."""
    if place is None:
        return "null"
    return EventLocationRow(**{name: getattr(place, name) for name in EventLocationRow.model_fields}).model_dump_json()


def _corroboration_json(rests_on: Corroboration, origin_names: Mapping[str, str]) -> str:
    origins = list_json(ref_json(id=id_, name=origin_names[id_]) for id_ in rests_on.origins)
    return corroboration_json(**(vars(rests_on) | {"origins": origins}))


def derive(connection: Connection, event_pks: Iterable[int], revision: int) -> set[str]:
    """Derive the versions of these events anew; return the ids of events whose versions changed."""
    changed: set[str] = set()
    pks = sorted(set(event_pks))
    for start in range(0, len(pks), EVENTS_PER_BATCH):
        changed |= _derive_batch(connection, pks[start : start + EVENTS_PER_BATCH], revision)
    return changed


def _derive_batch(connection: Connection, batch: list[int], revision: int) -> set[str]:
    view, event = table_of(models.EventVersion), table_of(models.Event)
    events = _load_coded(connection, batch)
    stored_events = load_events(connection, batch)
    origins = {claim.claim.origin for pk in batch for claim in stored_events[pk].claims if claim.claim.origin}
    origin_names = _source_names(connection, origins)
    parents = _first_reported(connection, [coded.row["part_of"]["id"] for coded in events if coded.row["part_of"]])
    stored: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for version in connection.execute(
        select(view).where(view.c.event_pk.in_(batch)).order_by(view.c.event_pk, view.c.known_from)
    ).mappings():
        stored[version["event_pk"]].append({name: value for name, value in version.items() if name != "pk"})
    stale: list[CodedEvent] = []
    new: list[dict[str, Any]] = []
    for coded in events:
        parent = coded.row["part_of"]
        derivation = EventDerivation(coded, stored_events[coded.pk], parents.get(parent["id"]) if parent else None)
        versions = list(derivation.versions(coded.revision, origin_names))
        if versions != stored[coded.pk]:
            stale.append(coded)
            new += versions if coded.revision == revision else derivation.versions(revision, origin_names)
    if stale:
        pks = [coded.pk for coded in stale]
        connection.execute(delete(view).where(view.c.event_pk.in_(pks)))
        connection.execute(update(event).where(event.c.pk.in_(pks)).values(revision=revision))
    insert_rows(connection, view, new)
    texts = _search_texts(connection, events, stored_events)
    for has_columns in (True, False):
        write_texts(
            connection, "event", [text for text in texts if (text[0] in stored) == has_columns], replace=has_columns
        )
    return {coded.row["id"] for coded in stale}


def _load_coded(connection: Connection, batch: list[int]) -> list[CodedEvent]:
    event, location = table_of(models.Event), table_of(models.Location)
    rows = connection.execute(
        select(
            event.c.pk,
            event.c.row,
            event.c.pack_id,
            event.c.revision,
            location.c.row.label("location"),
        )
        .outerjoin(location, location.c.id == event.c.location_id)
        .where(event.c.pk.in_(batch))
        .order_by(event.c.pk)
    )
    return [
        CodedEvent(
            pk, json.loads(row), pack, revision, None if place is None else LocationRow.model_validate_json(place)
        )
        for pk, row, pack, revision, place in rows
    ]


def _source_names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    source = table_of(models.Source)
    return dict(connection.execute(select(source.c.id, source.c.name).where(source.c.id.in_(sorted(ids)))).all())


def _first_reported(connection: Connection, ids: list[str]) -> dict[str, date]:
    """Return the day on which each event was first reported."""
    claim, event = table_of(models.Claim), table_of(models.Event)
    first = (
        select(event.c.id, func.min(claim.c.reported_on))
        .join(claim, claim.c.event_pk == event.c.pk)
        .where(event.c.id.in_(ids))
        .group_by(event.c.id)
    )
    return dict(connection.execute(first).all())


def _search_texts(
    connection: Connection, events: list[CodedEvent], stored: Mapping[int, StoredEvent]
) -> list[tuple[int, str]]:
    """Return the indexed text of events.

    It holds the title, the summary, all names of actors and locations, sorted, and what the claims say and print.
    """
    names: dict[int, set[str]] = {coded.pk: set() for coded in events}
    links = (
        (models.EventActor, "actor_id", models.ActorName),
        (models.EventLocation, "location_id", models.LocationName),
    )
    for link_model, column, name_model in links:
        link, name = table_of(link_model), table_of(name_model)
        for event_pk, spelling in connection.execute(
            select(link.c.event_pk, name.c.name)
            .join(name, name.c.owner_id == link.c[column])
            .where(link.c.event_pk.in_(names), name.c.kind != "id")
        ):
            names[event_pk].add(spelling)
    return [
        (
            coded.pk,
            SEPARATOR.join(
                dict.fromkeys(
                    [
                        coded.row["title"],
                        coded.row["summary"],
                        *sorted(names[coded.pk]),
                        *(text for claim in stored[coded.pk].claims for text in claim.texts),
                    ]
                )
            ),
        )
        for coded in events
    ]
