"""Map UCDP GED to rows: an event per record, a claim per source that it names, and one of the dataset itself.

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
from functools import lru_cache

from app.codebooks.countries import BY_GWNO
from app.codebooks.ucdp import GED_COLUMNS, ONE_SIDED, VIOLENCE_TYPES
from app.ingest.datasets.core.dataset_events import UNDATED_REPORT_NOTE, DatasetClaim, DatasetEvent, Deaths
from app.ingest.datasets.core.entities import EntityRef
from app.ingest.datasets.core.event_rows import RowBuilder
from app.ingest.datasets.core.places import CountryCell, PlaceScheme, build_place
from app.ingest.datasets.core.reader import Cell
from app.ingest.datasets.core.records import first_report_day
from app.ingest.datasets.core.spellings import MAX_TEXT_CHARS, slug
from app.ingest.datasets.ucdp_ged.reader import GedRecord
from app.ingest.datasets.ucdp_ged.sources import first_hop
from app.query.compat.ucdp import encode_cells

ID, NAME = "ucdp-ged", "UCDP Georeferenced Event Dataset"
PLACES = PlaceScheme(
    prefix="ucdp",
    units=(("adm_1", "province"), ("adm_2", "district")),
    name_column="where_coordinates",
    location_precisions={
        1: "exact",
        2: "near",
        3: "district",
        4: "province",
        5: "area",
        6: "country",
        7: "international",
    },
    point_kinds={
        1: "exact",
        2: "approximate",
        3: "centroid",
        4: "centroid",
        5: "approximate",
        6: "centroid",
        7: "approximate",
    },
    area_precisions=(3, 4, 5, 6, 7),
)
"""Mapping of where_prec."""
REPORT_BEFORE_EVENT_NOTE = (
    "It is dated before the event, so when it was said is not known: the last day of the event stands in."
)

Cells = Mapping[str, Cell]


class GedRowBuilder(RowBuilder):
    """Row builder of UCDP GED."""

    def add(self, record: GedRecord) -> None:
        """Add the rows of one record to the batch."""
        cell: Cells = dict(zip(GED_COLUMNS, record.cells, strict=True))
        document = self.source(ID, NAME, "dataset")
        latitude, longitude = cell["latitude"], cell["longitude"]
        point = None if latitude is None else (latitude, longitude)
        area = _country(cell["country"], cell["country_id"])
        place = build_place(self, PLACES, cell, area, cell["where_prec"], point)
        event = _event(record, cell, place, self._actors(cell), document)
        self.write(event, list(self._claims(record, cell, event)), "ged_event", _raw_columns(record, cell))

    def _actors(self, cell: Cells) -> list[tuple[EntityRef, str]]:
        one_sided = cell["type_of_violence"] == ONE_SIDED
        roles = ("initiator", "target") if one_sided else ("participant", "participant")
        result = []
        for side, states, role in zip(("side_a", "side_b"), ("gwnoa", "gwnob"), roles, strict=True):
            number = cell[states]
            state = BY_GWNO.get(number) if isinstance(number, int) else None
            kind = "other" if number is None else "government"  # a finer one would depend on the order of records
            if side == "side_b" and one_sided:
                kind = "civilians"
            result.append((self.actor("ucdp-actor", cell[f"{side}_new_id"], cell[side], kind, state), role))
        result.append((self.actor("ucdp-dyad", cell["dyad_new_id"], cell["dyad_name"], "other"), "participant"))
        return list(dict.fromkeys(result))

    def _claims(self, record: GedRecord, cell: Cells, event: DatasetEvent) -> Iterator[DatasetClaim]:
        first = first_hop(cell["source_original"])
        hop = [self.source(f"ucdp-original:{slug(first)}", first, "unattributed")] if first else []
        days = [first_report_day(record.earliest, source.published_on) for source in record.sources]
        reported = [day.isoformat() if day else event.latest for day in days]
        deaths = Deaths(cell["low"], cell["best"], cell["high"])
        yield DatasetClaim(
            number=0,
            chain=[event.document],
            reported_on=max(reported, default=event.latest),
            reported_on_stated=False,
            modality="fact",
            locator=f"record {record.id}",
            summary=_estimate_summary(deaths),
            note=None if record.sources else UNDATED_REPORT_NOTE,
            printed=None if first else cell["source_original"],
            deaths=None if deaths == (None, None, None) else deaths,
        )
        for number, (source, day) in enumerate(zip(record.sources, days, strict=True), 1):
            name = source.office
            office = [self.source(f"ucdp-source:{slug(name)}", name, "outlet")] if name else []
            yield DatasetClaim(
                number=number,
                chain=[*hop, *office, event.document],
                reported_on=reported[number - 1],
                reported_on_stated=day is not None,
                modality="reported",
                locator=f"record {record.id}, source {number}",
                summary=_source_summary(source.headline),
                note=None if day else _undated_note(source.published_on),
                printed=source.text.strip() or None,
                # Offices belong to no organisation, and first hops are not named: see `app.rules.status.origin`.
                origin=office[0] if office and not hop else None,
            )


@lru_cache(1 << 12)
def _country(name: str, number: int | None) -> CountryCell:
    if number is None:
        return CountryCell(name, None)
    return CountryCell(name, BY_GWNO.get(number), ("gwno", str(number)))


def _event(
    record: GedRecord, cell: Cells, place: EntityRef, actors: list[tuple[EntityRef, str]], document: EntityRef
) -> DatasetEvent:
    violence, where = cell["type_of_violence"], cell["where_coordinates"] or place.name
    against = "against" if violence == ONE_SIDED else "and"
    within = ", ".join(dict.fromkeys(part for part in (cell["adm_2"], cell["adm_1"], cell["country"]) if part))
    return DatasetEvent(
        id=f"{ID}:{record.id}",
        category="violence_against_civilians" if violence == ONE_SIDED else "clash",
        title=f"{cell['side_a']} {against} {cell['side_b']}: {where}"[:MAX_TEXT_CHARS],
        summary=f"{VIOLENCE_TYPES[violence]} in {cell['conflict_name']}: "
        f"{cell['where_description'] or where}, {within}.",
        place=place,
        precision=PLACES.location_precisions[cell["where_prec"]],
        actors=actors,
        earliest=cell["date_start"],
        latest=cell["date_end"],
        document=document,
        printed_place=cell["where_coordinates"],
    )


def _undated_note(printed_day: date | None) -> str:
    return REPORT_BEFORE_EVENT_NOTE if printed_day else UNDATED_REPORT_NOTE


def _estimate_summary(deaths: Deaths) -> str:
    number = "an unknown number of" if deaths.best is None else f"{deaths.best}"
    return f"UCDP estimates {number} deaths, from {deaths.low} to {deaths.high}, over all sources that it names."


def _source_summary(headline: str | None) -> str:
    return f"Named by UCDP as a source: {headline}" if headline else "Named by UCDP as a source."


def _raw_columns(record: GedRecord, cell: Cells) -> tuple[object, ...]:
    """Return the columns of `ged_event` without its first."""
    return (
        record.id,
        cell["type_of_violence"],
        cell["country_id"],
        cell["dyad_new_id"],
        cell["side_a_new_id"],
        cell["side_b_new_id"],
        cell["date_end"],
        cell["latitude"],
        cell["longitude"],
        encode_cells(record.cells),
    )
