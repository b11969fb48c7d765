"""Keep the rows in ACLED's shape equal to the events, claims, actors and places that they are derived from."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, or_, select

from app import models
from app.db.bulk import insert_tuples
from app.db.indexes import END_OF_TIME
from app.ingest.acled_cells import (
    COLUMNS,
    NO_CELLS,
    EventCells,
    PlaceCells,
    Row,
    completed_row,
    derived_row,
    geo_precision,
    tags_cell,
    type_cells,
)
from app.ingest.acled_sides import OUTLET_KINDS, Acting, ActorRelations, SideCells, join_names, side_cells
from app.models.base import table_of
from app.query.compat.acled.crosswalk import INTER_OF
from app.query.compat.acled.fetch import SERVED_STATUSES, revision_timestamps

EVENTS_PER_BATCH = 500


def events_to_refresh(connection: Connection, revision: int, up_to_pk: int | None = None) -> set[int]:
    """Find events whose cells a revision may have changed, up to a pk: by themselves or by what they refer to."""
    event, claim, hop = table_of(models.Event), table_of(models.Claim), table_of(models.ClaimHop)
    within, acting, belongs = (
        table_of(model) for model in (models.LocationAncestor, models.EventActor, models.ActorAncestor)
    )

    def changed(model: Any) -> Select[Any]:
        owner = table_of(model)
        return select(owner.c.id).where(owner.c.revision == revision, owner.c.added_in < revision)

    pks: tuple[tuple[Any, Select[Any]], ...] = (
        (event.c.pk, select(event.c.pk).where(event.c.revision == revision)),
        (claim.c.event_pk, select(claim.c.event_pk).where(claim.c.revision == revision)),
        (
            event.c.pk,
            select(event.c.pk)
            .join(within, within.c.location_id == event.c.location_id)
            .where(within.c.ancestor_id.in_(changed(models.Location))),
        ),
        (
            acting.c.event_pk,
            select(acting.c.event_pk)
            .join(belongs, belongs.c.actor_id == acting.c.actor_id)
            .where(belongs.c.ancestor_id.in_(changed(models.Actor))),
        ),
        (
            claim.c.event_pk,
            select(claim.c.event_pk)
            .join(hop, hop.c.claim_pk == claim.c.pk)
            .where(hop.c.source_id.in_(changed(models.Source))),
        ),
    )
    result: set[int] = set()
    for pk, statement in pks:
        result |= set(connection.scalars(statement if up_to_pk is None else statement.where(pk <= up_to_pk)))
    return result


def refresh_acled_rows(connection: Connection, event_pks: Iterable[int]) -> None:
    """Write the rows of these events where they differ from what is stored."""
    wanted = sorted(event_pks)
    timestamps = revision_timestamps(connection)
    for start in range(0, len(wanted), EVENTS_PER_BATCH):
        _refresh_batch(connection, wanted[start : start + EVENTS_PER_BATCH], timestamps)


def _refresh_batch(connection: Connection, batch: Collection[int], timestamps: Mapping[int, int]) -> None:
    table = table_of(models.AcledEvent)
    stored = {
        row[0]: tuple([value.isoformat() if isinstance(value, date) else value for value in row])
        for row in connection.execute(select(table).where(table.c.event_pk.in_(batch)))
    }
    rows: dict[int, Row] = {}
    for pk, cells in _load_cells(connection, batch, timestamps).items():
        row = stored.get(pk)
        if row and row[-1] is not None:
            rows[pk] = completed_row(row, cells)
        elif cells.country is not None:
            rows[pk] = derived_row(pk, cells)
    changed = [pk for pk in batch if rows.get(pk) != stored.get(pk)]
    connection.execute(delete(table).where(table.c.event_pk.in_(changed)))
    insert_tuples(connection, table.name, COLUMNS, [rows[pk] for pk in changed if pk in rows])


@dataclass(frozen=True)
class _References:
    """Entities that the events of a batch refer to."""

    inter_of: Mapping[str, str]
    relations: ActorRelations
    locations: Mapping[str, Any]
    sources: Mapping[int, list[str]]
    served: Collection[str]
    """Those of the events that others are part of which are served, or part of one that is."""
    timestamps: Mapping[int, int]


def _load_cells(connection: Connection, batch: Collection[int], timestamps: Mapping[int, int]) -> dict[int, EventCells]:
    """Load events as they are known now, as far as ACLED's shape tells of them."""
    version = table_of(models.EventVersion)
    columns = ("event_pk", "row", "country", "location_id", "sort_date", "earliest", "latest")
    found = connection.execute(
        select(*(version.c[name] for name in columns)).where(
            version.c.event_pk.in_(batch), version.c.known_until == END_OF_TIME
        )
    ).mappings()
    events = [(event, json.loads(event["row"])) for event in found]
    actor_ids = {actor["id"] for _, row in events for actor in row["actors"]}
    references = _References(
        _load_inters(connection, actor_ids),
        ActorRelations.load(connection, actor_ids),
        _load_locations(connection, {event["location_id"] for event, _ in events if event["location_id"]}),
        _load_sources(connection, batch),
        _load_served_wholes(connection, {row["part_of"]["id"] for _, row in events if row["part_of"]}),
        timestamps,
    )
    return {event["event_pk"]: _event_cells(event, row, references) for event, row in events}


def _event_cells(event: RowMapping, row: dict[str, Any], references: _References) -> EventCells:
    change, movement, deaths = row["control_change"], row["movement"], row["deaths"] or {}
    gainer = change and change["gained_by"]
    here = references.locations.get(event["location_id"])
    counts = (count for count in (deaths.get("best"), deaths.get("low")) if count is not None)
    return EventCells(
        row["id"],
        event["sort_date"].isoformat(),
        event["earliest"] and event["earliest"].isoformat(),
        event["latest"] and event["latest"].isoformat(),
        type_cells(
            row["category"],
            change and change["means"],
            gainer and references.inter_of[gainer["id"]],
            movement and movement["population"],
        ),
        _sides(event, row, references),
        event["country"],
        here.name if here else "",
        _place_cells(event["location_id"], references.locations),
        geo_precision(row["location_precision"], has_own_point=here is not None and here.latitude is not None),
        join_names(references.sources.get(event["event_pk"], ())),
        row["summary"],
        next(counts, 0),  # ACLED prints 0 where nobody tells, and its clients need a number
        tags_cell(row["status"], row["packs"]),
        row["status"],
        bool(row["part_of"]) and row["part_of"]["id"] in references.served,
        references.timestamps[row["revision"]],
    )


def _sides(event: RowMapping, row: dict[str, Any], references: _References) -> SideCells:
    actors = [Acting(actor["id"], actor["name"], role) for actor in row["actors"] for role in actor["roles"]]
    day: date = event["sort_date"]
    return side_cells(actors, references.inter_of, lambda one, other: references.relations.associated(one, other, day))


def _place_cells(id_: str | None, locations: Mapping[str, Any]) -> PlaceCells:
    place = locations.get(id_) if id_ else None
    if place is None:
        return NO_CELLS
    return _place_cells(place.parent_id, locations).inner(place.kind, place.name, place.latitude, place.longitude)


def load_place_cells(connection: Connection, ids: Collection[str]) -> dict[str, PlaceCells]:
    """Load the cells that follow from these places and all that they lie in."""
    locations = _load_locations(connection, ids)
    return {id_: _place_cells(id_, locations) for id_ in ids}


def _load_inters(connection: Connection, actor_ids: Collection[str]) -> dict[str, str]:
    actor = table_of(models.Actor)
    kinds = connection.execute(select(actor.c.id, actor.c.kind).where(actor.c.id.in_(actor_ids)))
    return {id_: INTER_OF[kind] for id_, kind in kinds}


def _load_locations(connection: Connection, ids: Collection[str]) -> dict[str, Any]:
    """Load places and all that they lie in."""
    place, within = table_of(models.Location), table_of(models.LocationAncestor)
    columns = (place.c.id, place.c.kind, place.c.name, place.c.parent_id, place.c.latitude, place.c.longitude)
    above = select(within.c.ancestor_id).where(within.c.location_id.in_(ids))
    return {found.id: found for found in connection.execute(select(*columns).where(place.c.id.in_(above)))}


def _load_sources(connection: Connection, event_pks: Collection[int]) -> dict[int, list[str]]:
    """Load by event the names of first sources and of the outlets that passed them on; first reports first."""
    claim, hop, source = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
    rows = connection.execute(
        select(claim.c.event_pk, source.c.name)
        .join(hop, hop.c.claim_pk == claim.c.pk)
        .join(source, source.c.id == hop.c.source_id)
        .where(claim.c.event_pk.in_(event_pks))
        .where(or_(hop.c.position == 0, source.c.kind.in_(OUTLET_KINDS)))
        .order_by(claim.c.event_pk, claim.c.reported_on, claim.c.id, hop.c.position)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for event_pk, name in rows:
        names[event_pk].append(name)
    return names


def _load_served_wholes(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of these events that are served, complete and sure enough, or are part of such an event."""
    version, event = table_of(models.EventVersion), table_of(models.Event)
    columns = (version.c.id, version.c.status, version.c.country, version.c.location_id, event.c.part_of_id)
    known: dict[str, Any] = {}
    pending = set(ids)
    while pending:
        statement = select(*columns, version.c.sort_date).join(event, event.c.pk == version.c.event_pk)
        found = connection.execute(
            statement.where(version.c.id.in_(pending), version.c.known_until == END_OF_TIME)
        ).all()
        known |= {row.id: row for row in found}
        pending = {row.part_of_id for row in found if row.part_of_id} - known.keys()
    places = load_place_cells(connection, {row.location_id for row in known.values() if row.location_id})

    def is_served(id_: str | None) -> bool:
        row = known.get(id_) if id_ else None
        if row is None:
            return False
        has_point = row.location_id is not None and places[row.location_id].latitude is not None
        is_complete = row.country is not None and has_point and row.sort_date > date.min
        return (row.status in SERVED_STATUSES and is_complete) or is_served(row.part_of_id)

    return {id_ for id_ in ids if is_served(id_)}
