"""Map ACLED to rows: an event per row, a claim per source that it names, and one of the dataset itself.

- The event: `acled:<event_id_cnty>`. Its category is in `codes`, its dates are in `cells`. Title and summary
  are made of the cells; `notes`, which are ACLED's own text, stay in the cells alone.
- Actors: `acled-actor:<name>`; their kind follows from inter1 and inter2. In violence against civilians those who
  attack initiate and civilians or protesters are the target; else both sides take part. Associated actors are allies.
- Changes of control: see `_control_sides`.
- Places: the point as given, inside admin3, admin2, admin1 and the country. A row that has the same code already (a
  country's ISO code, an actor's name in the scheme `acled-actor`) is that row.
- Claims: `<event>:0` is the dataset's own, with the fatalities; `<event>:<n>` is the n-th name in `source`. ACLED does
  not say when a source said it: the last day of the event stands in.
"""

from collections.abc import Iterator, Mapping

from app.codebooks.acled import ACLED_COLUMNS, Inter, SubEventType
from app.ingest.acled_cells import NO_CELLS, imported_row
from app.ingest.datasets.acled.cells import split_names
from app.ingest.datasets.acled.codes import (
    ACTOR_KIND_BY_INTER,
    ACTOR_KIND_PRECEDENCE,
    MEANS_BY_SUB_EVENT_TYPE,
    UNARMED_INTERS,
    category_of,
)
from app.ingest.datasets.acled.reader import AcledRecord
from app.ingest.datasets.core.dataset_events import (
    UNDATED_REPORT_NOTE,
    DatasetClaim,
    DatasetControlChange,
    DatasetEvent,
    Deaths,
    status_of,
)
from app.ingest.datasets.core.entities import EntityRef
from app.ingest.datasets.core.named_actors import NamedActorRowBuilder
from app.ingest.datasets.core.places import CountryCell, PlaceScheme, build_place
from app.ingest.datasets.core.spellings import MAX_TEXT_CHARS, slug

ID, NAME = "acled", "Armed Conflict Location & Event Data"
MAX_SUMMARY_CHARS = 2000
"""Length to which a summary is cut; names in it may be of any length."""
PLACES = PlaceScheme(
    prefix="acled",
    units=(("admin1", "province"), ("admin2", "district"), ("admin3", "region")),
    name_column="location",
    location_precisions={1: "exact", 2: "near", 3: "province"},
    point_kinds={1: "exact", 2: "approximate", 3: "approximate"},
    area_precisions=(3,),
)
"""Mapping of geo_precision: a town; near one, or a small part of a region; a larger region.

2 and 3 print the point of a town, a capital or a landmark that stands in.
"""
UNNAMED_SOURCES = ("undisclosed source", "unknown source", "unspecified source")
"""Cells of `source` where ACLED does not say who; such a source is nobody's independent word."""
GAIN_BY_ORDER_NOTE = "Which side gained is taken from the order of the actors."

Cells = Mapping[str, str | None]
Side = tuple[EntityRef | None, Inter]
"""Actor of one side, if there is one, and its kind."""


class AcledRowBuilder(NamedActorRowBuilder):
    """Row builder of ACLED."""

    actor_scheme = "acled-actor"
    kind_precedence = ACTOR_KIND_PRECEDENCE

    def add(self, record: AcledRecord) -> None:
        """Add the rows of one record to the batch."""
        cell: Cells = dict(zip(ACLED_COLUMNS, record.cells, strict=True))
        document = self.source(ID, NAME, "dataset")
        place = build_place(self, PLACES, cell, _country(record, cell), record.geo_precision, record.point)
        sides = self._side(record, cell, 0), self._side(record, cell, 1)
        has_actor2 = sides[1][0] is not None
        category = category_of(record.event_type, record.sub_event_type, record.inters, has_actor2=has_actor2)
        change, note = _control_change(record, *sides) if category == "control_change" else (None, None)
        if category == "control_change" and not change:
            category = "other"  # nobody gained or lost the territory
        actors = self._roles(cell, category, sides)
        if change:
            actors += [(ref, role) for ref, role in ((change.gained, "gains"), (change.lost, "loses")) if ref]
        event = _event(record, cell, category, place, list(dict.fromkeys(actors)), document)
        event.change = change
        claims = list(self._claims(record, event, note))
        self.write(event, claims, "acled_event", self._raw_columns(cell, event, status_of(claims)))

    def _raw_columns(self, cell: Cells, event: DatasetEvent, status: str) -> tuple[object, ...]:
        """Return the columns of `acled_event` without its first."""
        place = event.place.cells if event.place else NO_CELLS
        return imported_row(0, event.id, cell, place, status, self.acled.changed_at)[1:]

    def _side(self, record: AcledRecord, cell: Cells, number: int) -> Side:
        name = " ".join((cell[("actor1", "actor2")[number]] or "").split())
        inter = record.inters[number]
        return (self.named_actor(name, ACTOR_KIND_BY_INTER[inter]) if name else None), inter

    def _roles(self, cell: Cells, category: str, sides: tuple[Side, Side]) -> list[tuple[EntityRef, str]]:
        roles = ["participant", "participant"]
        if category == "violence_against_civilians":
            roles = ["initiator", "target"]
            if sides[0][1] in UNARMED_INTERS and sides[1][1] not in UNARMED_INTERS:
                roles.reverse()
        result = [(ref, role) for (ref, _), role in zip(sides, roles, strict=True) if ref]
        for name in ("assoc_actor_1", "assoc_actor_2"):
            result += [(self.named_actor(one, "other"), "ally") for one in split_names(cell[name] or "")]
        return result

    def _claims(self, record: AcledRecord, event: DatasetEvent, note: str | None) -> Iterator[DatasetClaim]:
        count = record.fatalities
        yield DatasetClaim(
            number=0,
            chain=[event.document],
            reported_on=event.latest,
            reported_on_stated=False,
            modality="fact",
            locator=f"event {record.id}",
            summary=_estimate_summary(count),
            note=f"{UNDATED_REPORT_NOTE} {note}" if note else UNDATED_REPORT_NOTE,
            deaths=None if count is None else Deaths(count, count, count),
        )
        for number, name in enumerate(record.sources, 1):
            kind = "unattributed" if name.casefold() in UNNAMED_SOURCES else "outlet"
            source = self.source(f"acled-source:{slug(name)}", name, kind)
            yield DatasetClaim(
                number=number,
                chain=[source, event.document],
                reported_on=event.latest,
                reported_on_stated=False,
                modality="reported",
                locator=f"event {record.id}, source {number}",
                summary="Named by ACLED as a source.",
                note=UNDATED_REPORT_NOTE,
                # Sources belong to no organisation; those without a name are no origins: see `app.rules.status.origin`.
                origin=None if source.name.casefold() in UNNAMED_SOURCES else source,
            )


def _country(record: AcledRecord, cell: Cells) -> CountryCell:
    """Return the country; where there is none, the name is that of a sea."""
    return CountryCell(cell["country"] or "", record.country, kind="country" if record.country else "region")


def _event(
    record: AcledRecord,
    cell: Cells,
    category: str,
    place: EntityRef,
    actors: list[tuple[EntityRef, str]],
    document: EntityRef,
) -> DatasetEvent:
    title, summary = _title_and_summary(record, cell, place)
    return DatasetEvent(
        id=f"{ID}:{record.id}",
        category=category,
        title=title,
        summary=summary,
        place=place,
        precision=PLACES.location_precisions[record.geo_precision] if record.point else None,
        actors=actors,
        earliest=record.earliest.isoformat(),
        latest=record.latest.isoformat(),
        document=document,
        printed_place=(cell["location"] or "")[:MAX_TEXT_CHARS] or None,
    )


def _control_change(record: AcledRecord, one: Side, other: Side) -> tuple[DatasetControlChange | None, str | None]:
    """Return the change of control, if somebody gained or lost, and its note; of an area it is a partial one."""
    gained, lost, note = _control_sides(record, one, other)
    if not (gained or lost):
        return None, None
    extent = "full" if record.geo_precision == 1 and record.point else "partial"
    means = MEANS_BY_SUB_EVENT_TYPE.get(record.sub_event_type, "unknown")
    return DatasetControlChange(gained, lost, extent, means), note


def _control_sides(
    record: AcledRecord, one: Side, other: Side
) -> tuple[EntityRef | None, EntityRef | None, str | None]:
    """Return who gained and who lost a place, and a note where ACLED does not say so.

    A government regains territory: of the two sides the forces of the state, if just one of them is that, gain it. A
    non-state actor overtakes it: the forces of the state lose it. Where the kinds do not tell them apart, and in a
    non-violent transfer, actor1 gains and actor2, if there is one, loses.
    """
    first_is_state = one[1] == Inter.STATE_FORCES
    by_force = record.sub_event_type in MEANS_BY_SUB_EVENT_TYPE
    if by_force and first_is_state != (other[1] == Inter.STATE_FORCES):
        regained = record.sub_event_type == SubEventType.GOVERNMENT_REGAINS
        gained, lost = (one, other) if first_is_state == regained else (other, one)
        return gained[0], lost[0], None
    if one[0] is None:
        return other[0], None, GAIN_BY_ORDER_NOTE
    return one[0], other[0], GAIN_BY_ORDER_NOTE if other[0] or by_force else None


def _title_and_summary(record: AcledRecord, cell: Cells, place: EntityRef) -> tuple[str, str]:
    """Compose title and summary from the cells."""
    what = record.sub_event_type or cell["sub_event_type"] or record.event_type
    named = [" ".join(name.split()) for n in (1, 2) if (name := cell[f"actor{n}"])]
    allies = [name for n in (1, 2) for name in split_names(cell[f"assoc_actor_{n}"] or "")]
    who = " and ".join(dict.fromkeys(named)) or "nobody named"
    where = cell["location"] or place.name
    units = (cell["admin3"], cell["admin2"], cell["admin1"], cell["country"])
    within = ", ".join(dict.fromkeys(unit for unit in (where, *units) if unit))
    beside = f" (with {', '.join(allies)})" if allies else ""
    title = f"{what}, {who}: {where}"
    summary = f"{record.event_type}, {what}: {who}{beside}; {within}."
    return title[:MAX_TEXT_CHARS], summary[:MAX_SUMMARY_CHARS]


def _estimate_summary(fatalities: int | None) -> str:
    if fatalities is None:
        return "ACLED gives no number of deaths."
    if fatalities == 0:
        return "ACLED records no deaths: none, or none reported."
    return f"ACLED records {fatalities} reported death{'s' * (fatalities != 1)}."
