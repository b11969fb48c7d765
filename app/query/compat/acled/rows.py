"""Rows of the shape, made of events: 31 cells, all of them text, none of them null.

An event that was imported from ACLED has its own: what was imported comes out again.

What is looked up is looked up for a batch at a time, and only if a column that was asked for needs it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from app import models
from app.codebooks.acled import ACLED_COLUMNS
from app.codebooks.countries import BY_ISO3, NO_NUMERIC_CODE
from app.models.base import table_of
from app.query.compat.acled.columns import EVENT_COLUMNS
from app.query.compat.acled.crosswalk import (
    CIVILIAN_TARGETING,
    DISORDER_TYPES,
    GEO_PRECISION_OF,
    INTER_OF,
    acled_types_of,
)
from app.query.compat.acled.filters import interaction
from app.query.compat.acled.sides import ActorRelations, Sides, split_sides
from app.timespan import DateRange

Cells = dict[str, str]
COARSE_GEO_PRECISION = "3"  # of ACLED's geo_precision and time_precision
OUTLET_KINDS = ("outlet", "agency")
EMPTY_ROW: dict[str, Any] = {"actors": []}
"""Stands for the row of an event of which ACLED itself tells every cell."""


def acled_id(id_: str) -> str:
    """The id as ACLED's clients know it: of an event that was imported from ACLED, ACLED's own."""
    return id_.removeprefix("acled:")


def join_names(names: Collection[str]) -> str:
    """Several names in one cell."""
    return "; ".join(dict.fromkeys(names))


def imported_cells(cells: str | None) -> Cells:
    """What ACLED itself says of an event that was imported from it: every cell but numbers that it does not give."""
    if cells is None:
        return {}
    return {name: cell for name, cell in zip(ACLED_COLUMNS, json.loads(cells), strict=True) if cell is not None}


class CellBuilder:
    """Some events, as they were found, and what their rows name."""

    def __init__(self, connection: Connection, events: Sequence[Any], revision_timestamps: Mapping[int, int]) -> None:
        self.connection = connection
        self.events = events
        self.revision_timestamps = revision_timestamps
        self.imported = [imported_cells(event.cells) for event in events]
        self.rows: list[dict[str, Any]] = [
            EMPTY_ROW if len(own) == len(ACLED_COLUMNS) else json.loads(event.row)
            for event, own in zip(events, self.imported, strict=True)
        ]

    def cells(self, columns: Collection[str]) -> list[Cells]:
        """The wanted cells of each event, in the order of the columns."""
        makers = [(set(names) & set(columns), make) for names, make in CELL_GROUPS]
        result = []
        for event, row, own in zip(self.events, self.rows, self.imported, strict=True):
            row_cells: Cells = {}
            for names, make in makers:
                if not names <= own.keys():
                    row_cells |= make(self, event, row)
            row_cells |= own
            result.append({name: row_cells[name] for name in EVENT_COLUMNS if name in columns})
        return result

    @cached_property
    def inter_of(self) -> dict[str, str]:
        """What kind of actor each one is, in ACLED's words."""
        actor = table_of(models.Actor)
        ids = {actor_["id"] for row in self.rows for actor_ in row["actors"]}
        kinds = self.connection.execute(select(actor.c.id, actor.c.kind).where(actor.c.id.in_(ids)))
        return {id_: INTER_OF[kind] for id_, kind in kinds}

    @cached_property
    def actor_relations(self) -> ActorRelations:
        """What ties the actors together."""
        return ActorRelations.load(self.connection, self.inter_of)

    @cached_property
    def locations(self) -> dict[str, Any]:
        """The places of the events, and all that these lie in."""
        place, location_ancestor = table_of(models.Location), table_of(models.LocationAncestor)
        ids = {event.location_id for event in self.events}
        above = select(location_ancestor.c.ancestor_id).where(location_ancestor.c.location_id.in_(ids))
        columns = (place.c.id, place.c.kind, place.c.name, place.c.parent_id, place.c.latitude, place.c.longitude)
        return {row_.id: row_ for row_ in self.connection.execute(select(*columns).where(place.c.id.in_(above)))}

    def location_path(self, id_: str | None) -> list[Any]:
        """A place and all that it lies in, from the inside out."""
        result = []
        while id_ is not None:
            result.append(self.locations[id_])
            id_ = result[-1].parent_id
        return result

    @cached_property
    def event_sources(self) -> dict[int, list[str]]:
        """By event, who said it first and the outlets that passed it on; first reports first."""
        claim, hop, source = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
        rows = self.connection.execute(
            select(claim.c.event_pk, source.c.name)
            .join(hop, hop.c.claim_pk == claim.c.pk)
            .join(source, source.c.id == hop.c.source_id)
            .where(claim.c.event_pk.in_([event.event_pk for event in self.events]))
            .where((hop.c.position == 0) | source.c.kind.in_(OUTLET_KINDS))
            .order_by(claim.c.event_pk, claim.c.reported_on, claim.c.id, hop.c.position)
        )
        names: dict[int, list[str]] = defaultdict(list)
        for event_pk, name in rows:
            names[event_pk].append(name)
        return names


def _date_cells(_builder: CellBuilder, event: Any, _row: Any) -> Cells:
    days = DateRange(event.earliest, event.latest).days
    precision = "1" if days == 1 else "2" if days is not None and days <= 7 else COARSE_GEO_PRECISION
    day = event.sort_date
    return {"event_date": day.isoformat(), "year": str(day.year), "time_precision": precision}


def country_cells(iso3: str) -> Cells:
    """What ACLED says of a country. A code that no scheme knows stands for itself."""
    country = BY_ISO3.get(iso3)
    if country is None:
        return {"iso": str(NO_NUMERIC_CODE), "region": "", "country": iso3}
    return {"iso": str(country.numeric), "region": country.acled_region, "country": country.acled_name}


def _location_cells(builder: CellBuilder, event: Any, row: Any) -> Cells:
    path = builder.location_path(event.location_id)
    kinds = {place.kind: place.name for place in reversed(path)}  # the innermost of a kind
    point = next(place for place in path if place.latitude is not None)
    precise = point is path[0] and row["location_precision"]
    return country_cells(event.country) | {
        "admin1": kinds.get("province", ""),
        "admin2": kinds.get("district", ""),
        "admin3": "",
        "location": path[0].name,
        "latitude": str(point.latitude),
        "longitude": str(point.longitude),
        "geo_precision": GEO_PRECISION_OF[row["location_precision"]] if precise else COARSE_GEO_PRECISION,
    }


def type_cells(category: str, event_type: str) -> Cells:
    """What follows from the category and the event type."""
    return {
        "disorder_type": DISORDER_TYPES.get(event_type, ""),
        "event_type": event_type,
        "civilian_targeting": CIVILIAN_TARGETING.get(category, ""),
    }


def _type_cells(builder: CellBuilder, _event: Any, row: Any) -> Cells:
    event_type, sub = acled_types_of(row, builder.inter_of)
    return type_cells(row["category"], event_type) | {"sub_event_type": sub}


def _actor_cells(builder: CellBuilder, event: Any, row: Any) -> Cells:
    actors = row["actors"]
    names = {actor["id"]: actor["name"] for actor in actors}
    split: Sides = split_sides(
        actors, lambda one, other: builder.actor_relations.associated(one, other, event.sort_date)
    )
    kinds = [builder.inter_of[id_] if id_ else "" for id_ in (split.first, split.second)]
    # "Rebel group only" would be wrong of rebels and someone of whose kind ACLED knows nothing.
    are_known = all(kind or not id_ for kind, id_ in zip(kinds, (split.first, split.second), strict=True))
    return {
        "actor1": names.get(split.first, ""),
        "assoc_actor_1": join_names([names[id_] for id_ in split.assoc_actor_1]),
        "inter1": kinds[0],
        "actor2": names.get(split.second, ""),
        "assoc_actor_2": join_names([names[id_] for id_ in split.assoc_actor_2]),
        "inter2": kinds[1],
        "interaction": interaction(*kinds) if are_known else "",
    }


def _source_cells(builder: CellBuilder, event: Any, _row: Any) -> Cells:
    return {"source": join_names(builder.event_sources[event.event_pk]), "source_scale": ""}


def _other_cells(builder: CellBuilder, _event: Any, row: Any) -> Cells:
    deaths = row["deaths"] or {"best": None, "low": None}
    counts = (count for count in (deaths["best"], deaths["low"]) if count is not None)
    return {
        "event_id_cnty": acled_id(row["id"]),
        "notes": row["summary"],
        "fatalities": str(next(counts, 0)),  # ACLED prints 0 where nobody tells, and its clients need a number
        "tags": "; ".join([f"status={row['status']}", *(f"pack={pack}" for pack in row["packs"])]),
        "timestamp": str(builder.revision_timestamps[row["revision"]]),
    }


CELL_GROUPS: tuple[tuple[tuple[str, ...], Callable[[CellBuilder, Any, Any], Cells]], ...] = (
    (("event_date", "year", "time_precision"), _date_cells),
    (("disorder_type", "event_type", "sub_event_type", "civilian_targeting"), _type_cells),
    (
        ("actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction"),
        _actor_cells,
    ),
    (
        (
            *("iso", "region", "country", "admin1", "admin2", "admin3"),
            *("location", "latitude", "longitude", "geo_precision"),
        ),
        _location_cells,
    ),
    (("source", "source_scale"), _source_cells),
    (("event_id_cnty", "notes", "fatalities", "tags", "timestamp"), _other_cells),
)
"""Which cells are made together."""
