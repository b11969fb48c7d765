"""Events derived from claims: the views that a reader sees, one for each day on which more became known."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, delete, func, select, update

from app import models
from app.db.bulk import insert_rows
from app.db.text_index import SEPARATOR, write_texts
from app.ingest.records import sort_date
from app.models.base import table_of
from app.query.analyses.stored_claims import StoredClaim, load_claims
from app.rules.contradictions import event_contradictions
from app.rules.dates import event_date
from app.rules.facts import Claim, Figure
from app.rules.figures import published
from app.rules.knowledge import versions_by_report_date
from app.rules.status import corroboration, status
from app.schemas.claims import FigureRow

EVENTS_PER_BATCH = 500


@dataclass(frozen=True)
class CodedEvent:
    """An event as coded, with what else its views need to know."""

    pk: int
    row: dict[str, Any]
    """As stored: `CodedEventRow`."""
    pack_id: str
    revision: int
    location_id: str | None
    country: str | None
    latitude: float | None
    longitude: float | None


def event_versions(
    coded: CodedEvent, claims: list[StoredClaim], parent_known_from: date | None, revision: int
) -> Iterator[dict[str, Any]]:
    """The views of an event. `parent_known_from` is the day on which the event it is part of became known."""
    packs = {claim.claim.id: claim.pack_id for claim in claims}
    also = [parent_known_from] if parent_known_from else []
    for known_from, known_until, facts in versions_by_report_date([claim.claim for claim in claims], also):
        dates, precision = event_date(facts)
        deaths = published(facts, "deaths")
        has_parent = parent_known_from is not None and parent_known_from <= known_from
        event_row = coded.row
        attested = corroboration(facts)
        row = {  # in the order of EventRow
            "id": event_row["id"],
            "category": event_row["category"],
            "title": event_row["title"],
            "summary": event_row["summary"],
            "date": {
                "earliest": dates.earliest,
                "latest": dates.latest,
                "precision": precision,
                "printed": _printed_dates(facts),
            },
            "location": event_row["location"],
            "location_precision": event_row["location_precision"],
            "actors": event_row["actors"],
            "status": status(facts),
            "corroboration": vars(attested),
            "deaths": deaths and {"low": deaths.low, "best": deaths.best, "high": deaths.high},
            "control_change": event_row["control_change"],
            "movement": _movement_with_count(coded, facts),
            "figures": [_figure_row(figure) for fact in facts for figure in fact.figures],
            "part_of": event_row["part_of"] if has_parent else None,
            "packs": sorted({coded.pack_id, *(packs[fact.id] for fact in facts)}),
            "revision": revision,
        }
        yield {
            "event_pk": coded.pk,
            "id": event_row["id"],
            "known_from": known_from,
            "known_until": known_until,
            "earliest": dates.earliest,
            "latest": dates.latest,
            "sort_date": sort_date(dates),
            "precision": precision,
            "status": row["status"],
            "origins": attested.origins,
            "planned": bool(attested.asserting) and all(f.modality == "planned" for f in facts if f.asserts),
            "contradictory": any(True for _ in event_contradictions(event_row["id"], facts)),
            "deaths_low": deaths and deaths.low,
            "deaths_best": deaths and deaths.best,
            "deaths_high": deaths and deaths.high,
            "category": event_row["category"],
            "location_id": coded.location_id,
            "country": coded.country,
            "latitude": coded.latitude,
            "longitude": coded.longitude,
            "row": to_json(row).decode(),
        }


def _movement_with_count(coded: CodedEvent, claims: list[Claim]) -> dict[str, Any] | None:
    """The movement with its published count."""
    movement: dict[str, Any] | None = coded.row["movement"]
    if movement is None:
        return None
    count = published(claims, "persons_moved")
    fields = ("low", "best", "high", "count_kind", "claim")
    return movement | {"count": count and {name: getattr(count, name) for name in fields}}


def _figure_row(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in FigureRow.model_fields}


def _printed_dates(claims: list[Claim]) -> str | None:
    """The dates that the claims print, each once."""
    return "; ".join(dict.fromkeys(claim.printed_date for claim in claims if claim.printed_date)) or None


def derive(connection: Connection, event_pks: Iterable[int], revision: int) -> set[str]:
    """Make the views of these events follow from their claims; the ids of those that changed."""
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
    """The day on which each event was first reported."""
    claim, event = table_of(models.Claim), table_of(models.Event)
    first = (
        select(event.c.id, func.min(claim.c.reported_on))
        .join(claim, claim.c.event_pk == event.c.pk)
        .where(event.c.id.in_(ids))
        .group_by(event.c.id)
    )
    return dict(connection.execute(first).all())


def _search_texts(connection: Connection, events: list[CodedEvent]) -> list[tuple[int, str]]:
    """What full text finds events by: title, summary, and all names of their actors and places, sorted."""
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
