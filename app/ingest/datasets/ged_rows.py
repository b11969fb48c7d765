"""UCDP GED as rows of Oxus: one event per record, one claim per source that it names, one of the dataset itself.

- The event: `ucdp-ged:<id>`; violence_against_civilians for type_of_violence 3, else clash; date_start to date_end.
- Actors: `ucdp-actor:<side_new_id>`, and the pair as `ucdp-dyad:<dyad_new_id>`. In one-sided violence (type 3) side A
  initiates and side B is the target; else both take part.
- Places: the point as given, inside adm_2, adm_1 and the country. A row that has the same code already (a country's
  ISO code, an actor's UCDP number) is that row.
- Claims: `<event>:0` is the dataset's own estimate of deaths, which rests on all that it names. `<event>:<n>` is the
  n-th source of source_article: a single source_original is its first hop, then the office, then the dataset. A source
  without a date counts as saying it on the last day of the event.

where_prec, date_prec and the sides are those of the GED Codebook 25.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app import models
from app.countries import BY_GWNO, Country
from app.formats.base import dumps
from app.ingest.datasets.ged import AT, GedRecord
from app.ingest.datasets.ged_sources import GedSource, first_hop
from app.ingest.records import Children, Record, claim_text, joined_text, name_rows, sort_date
from app.names import fold, key
from app.schemas.base import CodeIn, Ref, When
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import EventActorRow, EventCoded
from app.schemas.reference import ActorRow, LocationRow, SourceRow
from app.timespan import Interval

DATASET = Ref(id="ucdp-ged", name="UCDP Georeferenced Event Dataset")
ISO = "iso-3166-1-alpha-3"
PLACED = {1: "exact", 2: "near", 3: "district", 4: "province", 5: "area", 6: "country", 7: "international"}
"""location_precision by where_prec."""
POINTS = {1: "exact", 2: "approximate", 3: "centroid", 4: "centroid", 5: "approximate", 6: "centroid", 7: "approximate"}
"""point_kind by where_prec."""
KINDS = {1: "town", 2: "town", 3: "district", 4: "province", 5: "region", 6: "region", 7: "region"}
"""The kind of the place named in where_coordinates, by where_prec."""
VIOLENCE = {1: "State-based violence", 2: "Non-state violence", 3: "One-sided violence"}
MOST_TEXT = 300  # of a title or name; longer ones are cut, the cells keep them whole


def _slug(text: str) -> str:
    return "-".join(fold(text).split())[:80] or "unnamed"


@dataclass
class Batch:
    """What a number of records come to, by resource and id."""

    sources: dict[str, Record] = field(default_factory=dict)
    actors: dict[str, Record] = field(default_factory=dict)
    locations: dict[str, Record] = field(default_factory=dict)
    events: dict[str, Record] = field(default_factory=dict)
    claims: dict[str, Record] = field(default_factory=dict)

    def of(self, resource: str) -> dict[str, Record]:
        """The records of one resource."""
        found: dict[str, Record] = getattr(self, resource)
        return found


Codes = Mapping[tuple[str, str], Ref]
"""Rows that are there already, by scheme and code."""


class GedRows:
    """Turns the records of one import into rows; what several records share is made once."""

    def __init__(self, actors: Codes, locations: Codes) -> None:
        self._known_actors = actors
        self._known_locations = locations
        self._refs: dict[str, Ref] = {}
        self._paths: dict[str, list[str]] = {}
        self.areas: set[str] = set()
        self.batch = Batch()

    def take(self) -> Batch:
        """What was added since the last time."""
        taken, self.batch = self.batch, Batch()
        return taken

    def add(self, record: GedRecord) -> None:
        """Add the rows of one record."""
        cell = {name: record.cells[at] for name, at in AT.items()}
        if DATASET.id not in self._refs:
            self._source(DATASET.id, DATASET.name, "dataset")
        place = self._place(cell)
        event = self._event(record, cell, place)
        for claim in self._claims(record, cell, event, place):
            self.batch.claims[claim.id] = claim

    # --- what is referred to ---

    def _source(self, id_: str, name: str, kind: str) -> Ref:
        if id_ not in self._refs:
            self._refs[id_] = Ref(id=id_, name=name[:MOST_TEXT])
            blank = dict.fromkeys(("organisation", "actor", "published_on", "author", "url", "language", "description"))
            row = SourceRow(id=id_, name=name[:MOST_TEXT], kind=kind, aliases=[], **blank)
            columns = {"name": row.name, "kind": kind, "organisation_id": None, "actor_id": None, "published_on": None}
            names: Children = {models.SourceName: name_rows(id_, row.name)}
            self.batch.sources[id_] = Record(id_, row, columns, names, joined_text(row.name))
        return self._refs[id_]

    def _actor(self, scheme: str, number: int, name: str, kind: str, country: Country | None = None) -> Ref:
        code = (scheme, str(number))
        if code in self._known_actors:
            return self._known_actors[code]
        id_ = f"{scheme}:{number}"
        if id_ not in self._refs:
            self._refs[id_] = Ref(id=id_, name=name)
            iso3 = country.iso3 if country else None
            codes = [CodeIn(scheme=scheme, version=None, code=code[1])]
            row = ActorRow(id=id_, name=name, kind=kind, country=iso3, aliases=[], codes=codes, relations=[])
            children: Children = {
                models.ActorName: name_rows(id_, name),
                models.ActorCode: [code.model_dump() for code in codes],
                models.ActorAncestor: [{"ancestor_id": id_, "starts_on": date.min, "ends_on": date.max}],
            }
            columns = {"name": name, "kind": kind, "country": iso3}
            self.batch.actors[id_] = Record(id_, row, columns, children, joined_text(name))
        return self._refs[id_]

    def _sides(self, cell: Mapping[str, Any]) -> list[tuple[Ref, str]]:
        violence = cell["type_of_violence"]
        roles = ("initiator", "target") if violence == 3 else ("participant", "participant")
        found = []
        for side, states, role in zip(("side_a", "side_b"), ("gwnoa", "gwnob"), roles, strict=True):
            name, state = cell[side], BY_GWNO.get(cell[states]) if isinstance(cell[states], int) else None
            if side == "side_b" and violence == 3:
                kind = "civilians"
            elif cell[states] is not None:
                kind = "government"
            else:
                kind = "rebel_group" if violence == 1 else "other"
            found.append((self._actor("ucdp-actor", cell[f"{side}_new_id"], name, kind, state), role))
        found.append((self._actor("ucdp-dyad", cell["dyad_new_id"], cell["dyad_name"], "other"), "participant"))
        return list(dict.fromkeys(found))

    # --- places ---

    def _place(self, cell: Mapping[str, Any]) -> Ref:
        """The point as given, inside the units as given."""
        number = cell["country_id"]
        country = BY_GWNO.get(number)
        outer = self._country(number, country, cell["country"])
        at = outer
        for kind, name in (("province", cell["adm_1"]), ("district", cell["adm_2"])):
            if name:
                stem = at.id if at is not outer else f"ucdp-place:{country.iso3.lower() if country else number}"
                at = self._location(f"{stem}:{_slug(name)}", name, kind, country, at.id)
        latitude, longitude = cell["latitude"], cell["longitude"]
        if latitude is None:
            return at
        name = cell["where_coordinates"] or at.name
        stem = at.id if at is not outer else f"ucdp-place:{country.iso3.lower() if country else number}"
        precision = cell["where_prec"]
        id_ = f"{stem}:{_slug(name)}@{latitude}_{longitude}:{precision}"
        point = (latitude, longitude, POINTS[precision])
        return self._location(id_, name, KINDS[precision], country, at.id, point)

    def _country(self, number: int | None, country: Country | None, name: str) -> Ref:
        iso3 = country.iso3 if country else None
        if (ISO, iso3 or "") in self._known_locations:
            found = self._known_locations[ISO, iso3 or ""]
            self._paths.setdefault(found.id, [found.id])
        else:
            codes = [CodeIn(scheme=ISO, version=None, code=iso3)] if iso3 else []
            codes += [CodeIn(scheme="gwno", version=None, code=str(number))] if number is not None and not iso3 else []
            id_ = f"ucdp-country:{(iso3 or str(number or _slug(name))).lower()}"
            found = self._location(id_, country.name if country else name, "country", country, None, codes=codes)
        self.areas.add(found.id)
        return found

    def _location(
        self,
        id_: str,
        name: str,
        kind: str,
        country: Country | None,
        parent: str | None,
        point: tuple[float | None, float | None, str | None] = (None, None, None),
        codes: list[CodeIn] | None = None,
    ) -> Ref:
        if id_ not in self._refs:
            self._refs[id_] = Ref(id=id_, name=name[:MOST_TEXT])
            self._paths[id_] = [*(self._paths[parent] if parent else []), id_]
            iso3 = country.iso3 if country else None
            given = dict(zip(("latitude", "longitude", "point_kind"), point, strict=True))
            row = LocationRow(
                id=id_,
                name=name[:MOST_TEXT],
                kind=kind,
                country=iso3,
                parent=parent,
                path=self._paths[id_],
                aliases=[],
                codes=codes or [],
                **given,
            )
            columns = {"name": row.name, "kind": kind, "country": iso3, "parent_id": parent, **given}
            children: Children = {
                models.LocationName: name_rows(id_, row.name),
                models.LocationCode: [code.model_dump() for code in codes or []],
                models.LocationAncestor: [{"ancestor_id": outer} for outer in self._paths[id_]],
            }
            self.batch.locations[id_] = Record(id_, row, columns, children, joined_text(row.name))
        return self._refs[id_]

    # --- the event and its claims ---

    def _event(self, record: GedRecord, cell: Mapping[str, Any], place: Ref) -> Ref:
        id_ = f"{DATASET.id}:{record.id}"
        violence = cell["type_of_violence"]
        sides = self._sides(cell)
        where = cell["where_coordinates"] or place.name
        against = "against" if violence == 3 else "and"
        title = f"{cell['side_a']} {against} {cell['side_b']}: {where}"[:MOST_TEXT]
        within = ", ".join(dict.fromkeys(part for part in (cell["adm_2"], cell["adm_1"], cell["country"]) if part))
        summary = f"{VIOLENCE[violence]} in {cell['conflict_name']}: {cell['where_description'] or where}, {within}."
        row = EventCoded(
            id=id_,
            category="violence_against_civilians" if violence == 3 else "clash",
            title=title,
            summary=summary,
            location=place,
            location_precision=PLACED[cell["where_prec"]],
            actors=[EventActorRow(id=ref.id, name=ref.name, role=role) for ref, role in sides],
            control_change=None,
            movement=None,
            part_of=None,
        )
        columns = {
            "category": row.category,
            "title": title,
            "title_key": key(title),
            "location_id": place.id,
            "location_precision": row.location_precision,
            "part_of_id": None,
        }
        children: Children = {
            models.EventActor: [{"actor_id": ref.id, "role": role} for ref, role in sides],
            models.EventPlace: [{"location_id": place.id}],
            models.GedEvent: [_as_given(record, cell)],
        }
        self.batch.events[id_] = Record(id_, row, columns, children)
        return Ref(id=id_, name=title)

    def _claims(self, record: GedRecord, cell: Mapping[str, Any], event: Ref, place: Ref) -> Iterator[Record]:
        when = When(earliest=record.earliest, latest=record.latest, precision=_precision(record))
        first = first_hop(cell["source_original"])
        hop = [self._source(f"ucdp-original:{_slug(first)}", first, "unattributed")] if first else []
        reported = [source.published_on or record.latest for source in record.sources]
        common = {"event": event, "document": DATASET, "stance": "asserts", "date": when, "location": place}
        printed = dict.fromkeys(PrintedRow.model_fields) | {"place": cell["where_coordinates"]}
        several = None if first else cell["source_original"]
        yield _claim(
            f"{event.id}:0",
            [DATASET],
            max(reported, default=record.latest),
            locator=f"record {record.id}",
            summary=_estimate(cell),
            modality="fact",
            reported_basis="document",
            printed=PrintedRow(**printed | {"other": several}),
            figures=_deaths(cell, record.latest),
            note=None if record.sources else UNDATED,
            **common,
        )
        for at, source in enumerate(record.sources, 1):
            name = source.office
            office = [self._source(f"ucdp-source:{_slug(name)}", name, "outlet")] if name else []
            yield _claim(
                f"{event.id}:{at}",
                [*hop, *office, DATASET],
                reported[at - 1],
                locator=f"record {record.id}, source {at}",
                summary=_named(source),
                modality="reported",
                reported_basis="stated" if source.published_on else "document",
                printed=PrintedRow(**printed | {"other": source.text.strip() or None}),
                figures=[],
                note=None if source.published_on else UNDATED,
                **common,
            )


UNDATED = "When it was said is not given: the last day of the event stands in."


def _precision(record: GedRecord) -> str:
    return "day" if record.earliest == record.latest else "range"


def _estimate(cell: Mapping[str, Any]) -> str:
    best, low, high = cell["best"], cell["low"], cell["high"]
    number = "an unknown number of" if best is None else f"{best}"
    return f"UCDP estimates {number} deaths, from {low} to {high}, over all sources that it names."


def _named(source: GedSource) -> str:
    return f"Named by UCDP as a source: {source.headline}" if source.headline else "Named by UCDP as a source."


def _deaths(cell: Mapping[str, Any], as_of: date) -> list[FigureRow]:
    low, best, high = cell["low"], cell["best"], cell["high"]
    if low is None and best is None and high is None:
        return []
    figure = {"measure": "deaths", "of": None, "count_kind": "cumulative", "as_of": as_of, "printed": None}
    return [FigureRow(low=low, best=best, high=high, **figure)]


def _claim(id_: str, chain: list[Ref], reported_on: date, **fields: Any) -> Record:
    row = ClaimRow(id=id_, attribution=chain, origin=chain[0], reported_on=reported_on, **fields)
    when = Interval(row.date.earliest, row.date.latest)
    columns = {
        "event_id": row.event.id,
        "document_id": row.document.id,
        "origin_id": row.origin.id,
        "stance": row.stance,
        "modality": row.modality,
        "reported_on": reported_on,
        "reported_basis": row.reported_basis,
        "earliest": when.earliest,
        "latest": when.latest,
        "sort_date": sort_date(when),
        "precision": row.date.precision,
        "location_id": row.location.id if row.location else None,
    }
    children: Children = {
        models.ClaimHop: [{"position": at, "source_id": hop.id} for at, hop in enumerate(chain)],
        models.Figure: [
            figure.model_dump() | {"position": at, "id": f"{id_}-f{at + 1}", "as_given": True}
            for at, figure in enumerate(row.figures)
        ],
    }
    return Record(id_, row, columns, children, claim_text(row))


def _as_given(record: GedRecord, cell: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `ged_event`."""
    return {
        "number": record.id,
        "type_of_violence": cell["type_of_violence"],
        "country_id": cell["country_id"],
        "dyad_id": cell["dyad_new_id"],
        "side_a_id": cell["side_a_new_id"],
        "side_b_id": cell["side_b_new_id"],
        "ends_on": record.latest,
        "latitude": cell["latitude"],
        "longitude": cell["longitude"],
        "cells": dumps(record.cells),
    }
