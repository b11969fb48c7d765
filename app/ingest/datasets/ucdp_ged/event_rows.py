"""UCDP GED as rows of Oxus: one event per record, one claim per source that it names, one of the dataset itself.

- The event: `ucdp-ged:<id>`; violence_against_civilians for type_of_violence 3, else clash; date_start to date_end.
- Actors: `ucdp-actor:<side_new_id>`, and the pair as `ucdp-dyad:<dyad_new_id>`. In one-sided violence (type 3) side A
  initiates and side B is the target; else both take part.
- Places: the point as given, inside adm_2, adm_1 and the country. A row that has the same code already (a country's
  ISO code, an actor's UCDP number) is that row.
- Claims: `<event>:0` is the dataset's own estimate of deaths, which rests on all that it names. `<event>:<n>` is the
  n-th source of source_article: a single source_original is its first hop, then the office, then the dataset. A source
  without a date counts as saying it on the last day of the event; so does one with a date before the event's first.

where_prec, date_prec and the sides are those of the GED Codebook 25.1.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from app.codebooks.countries import BY_GWNO
from app.ingest.datasets.core.entities import MAX_TEXT_CHARS, EntityRef, slug
from app.ingest.datasets.core.event_rows import DatasetClaim, DatasetEvent, Deaths
from app.ingest.datasets.core.records import first_report_day
from app.ingest.datasets.ucdp_ged.entities import GedLocations
from app.ingest.datasets.ucdp_ged.reader import COLUMNS, GedRecord
from app.ingest.datasets.ucdp_ged.sources import GedSource, first_hop
from app.query.compat.ucdp import encode_cells

ID, NAME = "ucdp-ged", "UCDP Georeferenced Event Dataset"
LOCATION_PRECISIONS = {1: "exact", 2: "near", 3: "district", 4: "province", 5: "area", 6: "country", 7: "international"}
"""location_precision by where_prec."""
VIOLENCE_TYPES = {1: "State-based violence", 2: "Non-state violence", 3: "One-sided violence"}
UNDATED_REPORT_NOTE = "When it was said is not given: the last day of the event stands in."
REPORT_BEFORE_EVENT_NOTE = (
    "It is dated before the event, so when it was said is not known: the last day of the event stands in."
)


class GedRowBuilder(GedLocations):
    """Turns the records of one import into rows."""

    def add(self, record: GedRecord) -> None:
        """Add the rows of one record."""
        cell = dict(zip(COLUMNS, record.cells, strict=True))
        document = self.source(ID, NAME, "dataset")
        place = self.place(cell)
        event = self._event(record, cell, place, document)
        self.write(event, list(self._claims_of(record, cell, event)), "ged_event", _raw_columns(record, cell))

    def _actors(self, cell: Mapping[str, Any]) -> list[tuple[EntityRef, str]]:
        violence = cell["type_of_violence"]
        roles = ("initiator", "target") if violence == 3 else ("participant", "participant")
        result = []
        for side, states, role in zip(("side_a", "side_b"), ("gwnoa", "gwnob"), roles, strict=True):
            name, state = cell[side], BY_GWNO.get(cell[states]) if isinstance(cell[states], int) else None
            if side == "side_b" and violence == 3:
                kind = "civilians"
            else:  # what else it is depends on the record, and may not depend on which is read first
                kind = "government" if cell[states] is not None else "other"
            result.append((self.actor("ucdp-actor", cell[f"{side}_new_id"], name, kind, state), role))
        result.append((self.actor("ucdp-dyad", cell["dyad_new_id"], cell["dyad_name"], "other"), "participant"))
        return list(dict.fromkeys(result))

    def _event(self, record: GedRecord, cell: Mapping[str, Any], place: EntityRef, document: EntityRef) -> DatasetEvent:
        violence, where = cell["type_of_violence"], cell["where_coordinates"] or place.name
        against = "against" if violence == 3 else "and"
        within = ", ".join(dict.fromkeys(part for part in (cell["adm_2"], cell["adm_1"], cell["country"]) if part))
        return DatasetEvent(
            id=f"{ID}:{record.id}",
            category="violence_against_civilians" if violence == 3 else "clash",
            title=f"{cell['side_a']} {against} {cell['side_b']}: {where}"[:MAX_TEXT_CHARS],
            summary=f"{VIOLENCE_TYPES[violence]} in {cell['conflict_name']}: "
            f"{cell['where_description'] or where}, {within}.",
            place=place,
            precision=LOCATION_PRECISIONS[cell["where_prec"]],
            actors=self._actors(cell),
            earliest=record.earliest.isoformat(),
            latest=record.latest.isoformat(),
            document=document,
            printed_place=cell["where_coordinates"],
        )

    def _claims_of(self, record: GedRecord, cell: Mapping[str, Any], event: DatasetEvent) -> Iterator[DatasetClaim]:
        first = first_hop(cell["source_original"])
        hop = [self.source(f"ucdp-original:{slug(first)}", first, "unattributed")] if first else []
        dated = [first_report_day(record.earliest, source.published_on) for source in record.sources]
        reported = [day.isoformat() if day else event.latest for day in dated]
        deaths = Deaths(cell["low"], cell["best"], cell["high"])
        yield DatasetClaim(
            0,
            [event.document],
            max(reported, default=event.latest),
            reported_on_stated=False,
            modality="fact",
            locator=f"record {record.id}",
            summary=_estimate(deaths),
            printed=None if first else cell["source_original"],
            note=None if record.sources else UNDATED_REPORT_NOTE,
            origin=None,  # a dataset sums up what others said
            deaths=None if deaths == (None, None, None) else deaths,
        )
        for at, (source, day) in enumerate(zip(record.sources, dated, strict=True), 1):
            office = (
                [self.source(f"ucdp-source:{slug(source.office)}", source.office, "outlet")] if source.office else []
            )
            yield DatasetClaim(
                at,
                [*hop, *office, event.document],
                reported[at - 1],
                reported_on_stated=day is not None,
                modality="reported",
                locator=f"record {record.id}, source {at}",
                summary=_source_name(source),
                printed=source.text.strip() or None,
                note=None if day else _undated_note(source.published_on),
                # Offices belong to no organisation, and first hops are not named: see `rules.status.origin`.
                origin=office[0].id if office and not hop else None,
            )


def _undated_note(day: date | None) -> str:
    return REPORT_BEFORE_EVENT_NOTE if day else UNDATED_REPORT_NOTE


def _estimate(deaths: Deaths) -> str:
    number = "an unknown number of" if deaths.best is None else f"{deaths.best}"
    return f"UCDP estimates {number} deaths, from {deaths.low} to {deaths.high}, over all sources that it names."


def _source_name(source: GedSource) -> str:
    return f"Named by UCDP as a source: {source.headline}" if source.headline else "Named by UCDP as a source."


def _raw_columns(record: GedRecord, cell: Mapping[str, Any]) -> tuple[Any, ...]:
    """The columns of `ged_event` but its first."""
    return (
        record.id,
        cell["type_of_violence"],
        cell["country_id"],
        cell["dyad_new_id"],
        cell["side_a_new_id"],
        cell["side_b_new_id"],
        record.latest.isoformat(),
        cell["latitude"],
        cell["longitude"],
        encode_cells(record.cells),
    )
