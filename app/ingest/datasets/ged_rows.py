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
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_json

from app import models
from app.countries import BY_GWNO
from app.formats.base import dumps
from app.ingest.datasets.ged import AT, GedRecord
from app.ingest.datasets.ged_references import MOST_TEXT, Named, References, slug
from app.ingest.datasets.ged_sources import GedSource, first_hop
from app.ingest.records import Children, Record, joined_text
from app.names import key
from app.rules.facts import ClaimFact, FigureFact
from app.schemas.claims import FigureRow
from app.timespan import Interval

DATASET = Named("ucdp-ged", "UCDP Georeferenced Event Dataset")
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

    def _sides(self, cell: Mapping[str, Any]) -> list[tuple[Named, str]]:
        violence = cell["type_of_violence"]
        roles = ("initiator", "target") if violence == 3 else ("participant", "participant")
        found = []
        for side, states, role in zip(("side_a", "side_b"), ("gwnoa", "gwnob"), roles, strict=True):
            name, state = cell[side], BY_GWNO.get(cell[states]) if isinstance(cell[states], int) else None
            if side == "side_b" and violence == 3:
                kind = "civilians"
            else:  # what else it is depends on the record, and may not depend on which is read first
                kind = "government" if cell[states] is not None else "other"
            found.append((self.actor("ucdp-actor", cell[f"{side}_new_id"], name, kind, state), role))
        found.append((self.actor("ucdp-dyad", cell["dyad_new_id"], cell["dyad_name"], "other"), "participant"))
        return list(dict.fromkeys(found))

    def _event(self, record: GedRecord, cell: Mapping[str, Any], place: Named) -> Named:
        id_ = f"{DATASET.id}:{record.id}"
        violence = cell["type_of_violence"]
        sides = self._sides(cell)
        where = cell["where_coordinates"] or place.name
        against = "against" if violence == 3 else "and"
        title = f"{cell['side_a']} {against} {cell['side_b']}: {where}"[:MOST_TEXT]
        within = ", ".join(dict.fromkeys(part for part in (cell["adm_2"], cell["adm_1"], cell["country"]) if part))
        summary = f"{VIOLENCE[violence]} in {cell['conflict_name']}: {cell['where_description'] or where}, {within}."
        precision = PLACED[cell["where_prec"]]
        category = "violence_against_civilians" if violence == 3 else "clash"
        row = {  # in the order of EventCoded
            "id": id_,
            "category": category,
            "title": title,
            "summary": summary,
            "location": place.row,
            "location_precision": precision,
            "actors": [ref.row | {"role": role} for ref, role in sides],
            "control_change": None,
            "movement": None,
            "part_of": None,
        }
        columns = {
            "category": category,
            "title": title,
            "title_key": key(title),
            "location_id": place.id,
            "location_precision": precision,
            "part_of_id": None,
        }
        children: Children = {
            models.EventActor: [{"actor_id": ref.id, "role": role} for ref, role in sides],
            models.EventPlace: [{"location_id": place.id}],
            models.GedEvent: [_as_given(record, cell)],
        }
        self.batch.events[id_] = Record(id_, to_json(row).decode(), columns, children)
        return Named(id_, title)

    def _claims(self, record: GedRecord, cell: Mapping[str, Any], event: Named, place: Named) -> Iterator[Record]:
        first = first_hop(cell["source_original"])
        hop = [self.source(f"ucdp-original:{slug(first)}", first, "unattributed")] if first else []
        reported = [source.published_on or record.latest for source in record.sources]
        about = About(record, event, place, cell["where_coordinates"])
        yield about.claim(
            0,
            [DATASET],
            max(reported, default=record.latest),
            locator=f"record {record.id}",
            summary=_estimate(cell),
            modality="fact",
            stated=False,
            printed=None if first else cell["source_original"],
            figures=_deaths(cell, record.latest),
            note=None if record.sources else UNDATED,
        )
        for at, source in enumerate(record.sources, 1):
            name = source.office
            office = [self.source(f"ucdp-source:{slug(name)}", name, "outlet")] if name else []
            yield about.claim(
                at,
                [*hop, *office, DATASET],
                reported[at - 1],
                locator=f"record {record.id}, source {at}",
                summary=_named(source),
                modality="reported",
                stated=source.published_on is not None,
                printed=source.text.strip() or None,
                figures=[],
                note=None if source.published_on else UNDATED,
            )


UNDATED = "When it was said is not given: the last day of the event stands in."


def _estimate(cell: Mapping[str, Any]) -> str:
    best, low, high = cell["best"], cell["low"], cell["high"]
    number = "an unknown number of" if best is None else f"{best}"
    return f"UCDP estimates {number} deaths, from {low} to {high}, over all sources that it names."


def _named(source: GedSource) -> str:
    return f"Named by UCDP as a source: {source.headline}" if source.headline else "Named by UCDP as a source."


def _deaths(cell: Mapping[str, Any], as_of: date) -> list[FigureFact]:
    low, best, high = cell["low"], cell["best"], cell["high"]
    if low is None and best is None and high is None:
        return []
    return [FigureFact("deaths", "cumulative", low, best, high, as_of=as_of)]


@dataclass(frozen=True, slots=True)
class About:
    """What the claims of one record share."""

    record: GedRecord
    event: Named
    place: Named
    printed_place: str | None

    def claim(
        self,
        number: int,
        chain: list[Named],
        reported_on: date,
        *,
        locator: str,
        summary: str,
        modality: str,
        stated: bool,
        printed: str | None,
        figures: list[FigureFact],
        note: str | None,
    ) -> Record:
        """One claim: its row, its columns, what hangs on it, and what the rules see of it."""
        id_, first, last = f"{self.event.id}:{number}", self.record.earliest, self.record.latest
        basis = "stated" if stated else "document"
        precision = "day" if first == last else "range"
        said = [{name: getattr(figure, name) for name in FigureRow.model_fields} for figure in figures]
        row = {  # in the order of ClaimRow
            "id": id_,
            "event": self.event.row,
            "document": DATASET.row,
            "locator": locator,
            "summary": summary,
            "stance": "asserts",
            "modality": modality,
            "attribution": [hop.row for hop in chain],
            "origin": chain[0].row,
            "reported_on": reported_on,
            "reported_basis": basis,
            "date": {"earliest": first, "latest": last, "precision": precision},
            "location": self.place.row,
            "printed": {"date": None, "place": self.printed_place, "quantity": None, "name": None, "other": printed},
            "figures": said,
            "note": note,
        }
        columns = {
            "event_id": self.event.id,
            "stance": "asserts",
            "modality": modality,
            "reported_on": reported_on,
            "reported_basis": basis,
            "earliest": first,
            "latest": last,
            "sort_date": first,
            "precision": precision,
            "location_id": self.place.id,
        }
        children: Children = {
            models.ClaimHop: [{"position": at, "source_id": hop.id} for at, hop in enumerate(chain)],
            models.Figure: [
                figure | {"position": at, "id": f"{id_}-f{at + 1}", "as_given": True} for at, figure in enumerate(said)
            ],
        }
        text = joined_text(self.event.name, summary, *(hop.name for hop in chain), self.place.name)
        # Offices and the dataset belong to no organisation, and first hops are not named: see `rules.status.origin`.
        origin = chain[0].id if chain[0].id.startswith("ucdp-source:") else None
        fact = ClaimFact(
            id=id_,
            document=DATASET.id,
            origin=origin,
            stance="asserts",
            modality=modality,
            reported_on=reported_on,
            date=Interval(first, last),
            precision=precision,
            figures=tuple(figures),
        )
        return Record(id_, to_json(row).decode(), columns, children, text, fact)


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
