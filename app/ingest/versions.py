"""Derive versions of events from their claims, one for each day on which more became known."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from app import models
from app.db.bulk import insert_rows
from app.db.text_index import SEPARATOR, write_texts
from app.ingest.records import sort_date
from app.ingest.served_json import (
    any_json,
    bounds_json,
    corroboration_json,
    event_date_json,
    event_json,
    figure_json,
    list_json,
)
from app.models.base import table_of
from app.query.analyses.stored_claims import StoredClaim, load_claims
from app.rules.contradictions import event_contradictions
from app.rules.dates import event_date
from app.rules.facts import Claim, Figure
from app.rules.figures import Published, published
from app.rules.knowledge import versions_by_report_date
from app.rules.status import Corroboration, corroboration, status
from app.schemas.claims import FigureRow
from app.schemas.events import CountRow, MovementRow
from app.timespan import DateRange

EVENTS_PER_BATCH = 500


@dataclass(frozen=True)
class CodedEvent:
    """Coded part of an event, with the columns that its versions repeat."""

    pk: int
    row: dict[str, Any]
    """Stored JSON, a `CodedEventRow`."""
    pack_id: str
    revision: int
    location_id: str | None
    country: str | None
    latitude: float | None
    longitude: float | None


class _Derived(NamedTuple):
    """Values that the rules derive from the claims of one version."""

    when: DateRange
    precision: str
    status: str
    corroboration: Corroboration
    deaths: Published | None


def _derive_event(facts: list[Claim]) -> _Derived:
    when, precision = event_date(facts)
    return _Derived(when, precision, status(facts), corroboration(facts), published(facts, "deaths"))


def event_versions(
    coded: CodedEvent, claims: list[StoredClaim], parent_known_from: date | None, revision: int
) -> Iterator[dict[str, Any]]:
    """Yield the versions of an event, as columns of `EventVersion`, one for each day on which more became known.

    `parent_known_from` is the day on which the event that it is part of was first reported.
    """
    packs = {claim.claim.id: claim.pack_id for claim in claims}
    also = [parent_known_from] if parent_known_from else []
    for known_from, known_until, facts in versions_by_report_date([claim.claim for claim in claims], also):
        derived = _derive_event(facts)
        when, deaths = derived.when, derived.deaths
        has_parent = parent_known_from is not None and parent_known_from <= known_from
        row = _event_json(coded, facts, derived, has_parent, {packs[fact.id] for fact in facts}, revision)
        yield {
            "event_pk": coded.pk,
            "id": coded.row["id"],
            "known_from": known_from,
            "known_until": known_until,
            "earliest": when.earliest,
            "latest": when.latest,
            "sort_date": sort_date(when),
            "precision": derived.precision,
            "status": derived.status,
            "origins": derived.corroboration.origins,
            "planned": bool(derived.corroboration.asserting)
            and all(f.modality == "planned" for f in facts if f.asserts),
            "contradictory": any(True for _ in event_contradictions(coded.row["id"], facts)),
            "deaths_low": deaths and deaths.low,
            "deaths_best": deaths and deaths.best,
            "deaths_high": deaths and deaths.high,
            "category": coded.row["category"],
            "location_id": coded.location_id,
            "country": coded.country,
            "latitude": coded.latitude,
            "longitude": coded.longitude,
            "row": row,
        }


def _event_json(
    coded: CodedEvent, facts: list[Claim], derived: _Derived, has_parent: bool, packs: set[str], revision: int
) -> str:
    """Return the row of one version as JSON (`EventRow`)."""
    known, when, deaths = coded.row, derived.when, derived.deaths
    return event_json(
        id=known["id"],
        category=known["category"],
        title=known["title"],
        summary=known["summary"],
        date=event_date_json(
            earliest=when.earliest, latest=when.latest, precision=derived.precision, printed=_printed_dates(facts)
        ),
        location=any_json(known["location"]),
        location_precision=known["location_precision"],
        actors=any_json(known["actors"]),
        status=derived.status,
        corroboration=corroboration_json(**vars(derived.corroboration)),
        deaths=bounds_json(low=deaths.low, best=deaths.best, high=deaths.high) if deaths else "null",
        control_change=any_json(known["control_change"]),
        movement=_movement_json(coded, facts),
        figures=list_json(_figure_json(figure) for fact in facts for figure in fact.figures),
        part_of=known["part_of"] if has_parent else None,
        packs=any_json(sorted({coded.pack_id, *packs})),
        revision=revision,
    )


def _movement_json(coded: CodedEvent, facts: list[Claim]) -> str:
    """Return the movement with its published count as JSON."""
    movement: dict[str, Any] | None = coded.row["movement"]
    if movement is None:
        return "null"
    count = published(facts, "persons_moved")
    row = count and CountRow(**{name: getattr(count, name) for name in CountRow.model_fields})
    return MovementRow.model_validate(movement | {"count": row}).model_dump_json()


def _figure_json(figure: Figure) -> str:
    return figure_json(**{name: getattr(figure, name) for name in FigureRow.model_fields})


def _printed_dates(claims: list[Claim]) -> str | None:
    """Return the dates as the claims print them, each once."""
    return "; ".join(dict.fromkeys(claim.printed_date for claim in claims if claim.printed_date)) or None


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
    claims = load_claims(connection, batch)
    parents = _first_reported(connection, [coded.row["part_of"] for coded in events if coded.row["part_of"]])
    stored: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for version in connection.execute(
        select(view).where(view.c.event_pk.in_(batch)).order_by(view.c.event_pk, view.c.known_from)
    ).mappings():
        stored[version["event_pk"]].append({name: value for name, value in version.items() if name != "pk"})
    stale: list[CodedEvent] = []
    new: list[dict[str, Any]] = []
    for coded in events:
        parent_known_from = parents.get(coded.row["part_of"] or "")
        versions = list(event_versions(coded, claims[coded.pk], parent_known_from, coded.revision))
        if versions != stored[coded.pk]:
            stale.append(coded)
            new += (
                versions
                if coded.revision == revision
                else event_versions(coded, claims[coded.pk], parent_known_from, revision)
            )
    if stale:
        pks = [coded.pk for coded in stale]
        connection.execute(delete(view).where(view.c.event_pk.in_(pks)))
        connection.execute(update(event).where(event.c.pk.in_(pks)).values(revision=revision))
    insert_rows(connection, view, new)
    texts = _search_texts(connection, events)
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
            event.c.location_id,
            location.c.country,
            location.c.latitude,
            location.c.longitude,
        )
        .outerjoin(location, location.c.id == event.c.location_id)
        .where(event.c.pk.in_(batch))
        .order_by(event.c.pk)
    )
    return [CodedEvent(pk, json.loads(row), *columns) for pk, row, *columns in rows]


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


def _search_texts(connection: Connection, events: list[CodedEvent]) -> list[tuple[int, str]]:
    """Return the indexed text of events: title, summary, and all names of their actors and locations, sorted."""
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
        (coded.pk, SEPARATOR.join(dict.fromkeys([coded.row["title"], coded.row["summary"], *sorted(names[coded.pk])])))
        for coded in events
    ]
