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
from datetime import date
from typing import Any

from app import models
from app.countries import BY_GWNO
from app.formats.base import dumps
from app.ingest.datasets.ged import AT, GedRecord
from app.ingest.datasets.ged_references import MOST_TEXT, References, slug
from app.ingest.datasets.ged_sources import GedSource, first_hop
from app.ingest.records import Children, Record, claim_text, sort_date
from app.names import key
from app.schemas.base import Ref, When
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import EventActorRow, EventCoded
from app.timespan import Interval

DATASET = Ref(id="ucdp-ged", name="UCDP Georeferenced Event Dataset")
PLACED = {1: "exact", 2: "near", 3: "district", 4: "province", 5: "area", 6: "country", 7: "international"}
"""location_precision by where_prec."""
VIOLENCE = {1: "State-based violence", 2: "Non-state violence", 3: "One-sided violence"}


class GedRows(References):
    """Turns the records of one import into rows."""

    def add(self, record: GedRecord) -> None:
        """Add the rows of one record."""
        cell = {name: record.cells[at] for name, at in AT.items()}
        self.source(DATASET.id, DATASET.name, "dataset")
        place = self.place(cell)
        event = self._event(record, cell, place)
        for claim in self._claims(record, cell, event, place):
            self.batch.claims[claim.id] = claim

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
            found.append((self.actor("ucdp-actor", cell[f"{side}_new_id"], name, kind, state), role))
        found.append((self.actor("ucdp-dyad", cell["dyad_new_id"], cell["dyad_name"], "other"), "participant"))
        return list(dict.fromkeys(found))

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
        hop = [self.source(f"ucdp-original:{slug(first)}", first, "unattributed")] if first else []
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
            office = [self.source(f"ucdp-source:{slug(name)}", name, "outlet")] if name else []
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
