"""ACLED as rows of Oxus: one event per row, one claim per source that it names, one of the dataset itself.

- The event: `acled:<event_id_cnty>`. Its category is in `acled_codes`, its days are in `acled_cells`. Title and summary
  are made of the cells; `notes`, which are ACLED's own text, stay in the cells alone.
- Actors: `acled-actor:<name>`; what they are follows from inter1 and inter2. In violence against civilians those who
  attack initiate and civilians or protesters are the target; else both sides take part. Associated actors are allies.
- Changes of control: see `_control_gain`.
- Places: the point as given, inside admin3, admin2, admin1 and the country. A row that has the same code already (a
  country's ISO code, an actor's name in the scheme `acled-actor`) is that row.
- Claims: `<event>:0` is the dataset's own, with the fatalities; `<event>:<n>` is the n-th name in `source`. ACLED does
  not say when a source said it: the last day of the event stands in.
"""

from collections.abc import Mapping
from typing import Any

from app.codebooks.countries import Country
from app.ingest.acled_cells import NO_CELLS, imported_row
from app.ingest.datasets.acled.cells import split_names
from app.ingest.datasets.acled.claims import claims
from app.ingest.datasets.acled.codes import (
    ACTOR_KIND_BY_INTER,
    OVERTAKEN,
    REGAINED,
    STATE_FORCES,
    UNARMED_INTERS,
    category_of,
    dominant_kind,
)
from app.ingest.datasets.acled.reader import COLUMNS, AcledRecord
from app.ingest.datasets.core.batch import ACLED_TABLE
from app.ingest.datasets.core.entities import ISO, MAX_TEXT_CHARS, EntityRef, slug
from app.ingest.datasets.core.event_rows import DatasetControlChange, DatasetEvent, RowBuilder
from app.ingest.datasets.core.records import StoredActorKind

ID, NAME = "acled", "Armed Conflict Location & Event Data"
SCHEME = "acled-actor"
MAX_SUMMARY_CHARS = 2000  # characters; names may be of any length
LOCATION_PRECISIONS = {1: "exact", 2: "near", 3: "province"}
"""location_precision by geo_precision: a town; near one, or a small part of a region; a larger region."""
POINT_KINDS = {1: "exact", 2: "approximate", 3: "approximate"}
"""point_kind by geo_precision: 2 and 3 print the point of a town, a capital or a landmark that stands in."""
ADMIN_UNITS = (("admin1", "province"), ("admin2", "district"), ("admin3", "region"))
MEANS_BY_SUB_EVENT_TYPE = {REGAINED: "recaptured", OVERTAKEN: "captured"}
"""How a place changed hands; of a non-violent transfer ACLED does not say whether it was agreed upon."""
GAIN_BY_ORDER_NOTE = "Which side gained is taken from the order of the actors."

Cells = Mapping[str, str | None]
ActingActor = tuple[EntityRef | None, str]
"""An actor and its kind in ACLED's words."""


class AcledRowBuilder(RowBuilder):
    """Turns the records of one import into rows."""

    def __init__(self, *there: Any, collect: bool) -> None:
        super().__init__(*there, collect_references=collect)
        self._curated_kinds = {slug(code): ref for (scheme, code), ref in self.known_actors.items() if scheme == SCHEME}
        self._written_kinds: dict[str, str] = {}
        self._printed_kinds: dict[str, str] = {}

    def seed_actor_kinds(self, kinds: Mapping[str, StoredActorKind]) -> None:
        """What an actor is that is stored counts beside what records tell it to be, if it stays."""
        self._written_kinds = {id_: kind for id_, (kind, _) in kinds.items()}
        self._printed_kinds = {id_: kind for id_, (kind, stays) in kinds.items() if stays}

    def resolve_actor_kinds(self) -> dict[str, str]:
        """Actors of which one record told something stronger than the first."""
        return {id_: kind for id_, kind in self._printed_kinds.items() if self._written_kinds[id_] != kind}

    def add(self, record: AcledRecord) -> None:
        """Add the rows of one record."""
        cell: Cells = dict(zip(COLUMNS, record.cells, strict=True))
        document = self.source(ID, NAME, "dataset")
        at = self._point(record, cell)
        sides = tuple(self._acting(cell[f"actor{n}"], record.inters[n - 1]) for n in (1, 2))
        category = category_of(record.event_type, record.sub_event_type, record.inters, sides[1][0] is not None)
        change, note = _control_change(record, *sides) if category == "control_change" else (None, None)
        if category == "control_change" and not change:
            category = "other"  # territory that nobody gained or lost is no change of control
        roles = self._roles(cell, category, sides)
        if change:
            roles += [(ref, role) for ref, role in ((change.gained, "gains"), (change.lost, "loses")) if ref]
        event = _event(record, cell, category, at, list(dict.fromkeys(roles)), document)
        event.change = change
        self.write(
            event,
            list(claims(record, document, note, self.source)),
            ACLED_TABLE,
            self._raw_columns(record, cell, event),
        )

    def _raw_columns(self, record: AcledRecord, cell: Cells, event: DatasetEvent) -> tuple[object, ...]:
        """Return the columns of `acled_event` but its first."""
        place = event.place.cells if event.place else NO_CELLS
        return imported_row(0, event.id, event.earliest, cell, place, self.acled.changed_at)[1:]

    # --- actors --------------------------------------------------------------------------------------------------

    def _acting(self, name: str | None, side: str) -> ActingActor:
        name = " ".join((name or "").split())
        return (self._actor(name, ACTOR_KIND_BY_INTER[side]), side) if name else (None, side)

    def _actor(self, name: str, kind: str) -> EntityRef:
        """An actor by its name; what it is does not depend on which row is read first: see `resolve_actor_kinds`."""
        words = slug(name)
        if words in self._curated_kinds:
            return self._curated_kinds[words]
        id_ = f"{SCHEME}:{words}"
        self._printed_kinds[id_] = dominant_kind(self._printed_kinds.get(id_, kind), kind)
        return self.actor(SCHEME, words, name, self._written_kinds.setdefault(id_, kind), code=name[:MAX_TEXT_CHARS])

    def _roles(self, cell: Cells, category: str, sides: tuple[ActingActor, ...]) -> list[tuple[EntityRef, str]]:
        roles = ["participant", "participant"]
        if category == "violence_against_civilians":
            roles = ["initiator", "target"]
            if sides[0][1] in UNARMED_INTERS and sides[1][1] not in UNARMED_INTERS:
                roles.reverse()
        result = [(ref, role) for (ref, _), role in zip(sides, roles, strict=True) if ref]
        for name in ("assoc_actor_1", "assoc_actor_2"):
            result += [(self._actor(one, "other"), "ally") for one in split_names(cell[name] or "")]
        return result

    # --- places --------------------------------------------------------------------------------------------------

    def _point(self, record: AcledRecord, cell: Cells) -> EntityRef:
        """The point as given, inside the units as given."""
        country = record.country
        at = outer = self._country(country, cell["country"] or "")
        stem = f"acled-place:{country.iso3.lower() if country else slug(cell['country'] or '')}"
        gap = ""
        for column, kind in ADMIN_UNITS:
            name = cell[column]
            if name:
                stem, gap = f"{stem}{gap}:{slug(name)}", ""
                at = self.location(stem, name, kind, country, at)
            else:
                gap += ":-"
        if record.point is None:
            return at
        latitude, longitude = record.point
        precision, name = record.geo_precision, cell["location"] or at.name
        id_ = f"{stem}:{slug(name)}@{latitude}_{longitude}:{precision}"
        if precision == 3 and name in (outer.name, *(cell[column] for column, _ in ADMIN_UNITS)):
            # The unit has this name; the point only stands for it.
            name = f"{name[:MAX_TEXT_CHARS]} ({POINT_KINDS[precision]})"
        point = (latitude, longitude, POINT_KINDS[precision])
        return self.point(id_, name, "region" if precision == 3 else "town", country, at, point)

    def _country(self, country: Country | None, name: str) -> EntityRef:
        found = self.known_locations.get((ISO, country.iso3)) if country else None
        if found:
            return found
        codes = [(ISO, country.iso3)] if country else []
        id_ = f"acled-country:{country.iso3.lower() if country else slug(name)}"
        kind = "country" if country else "region"  # ACLED also has seas in this column
        return self.location(id_, country.name if country else name, kind, country, None, codes)


# --- events ------------------------------------------------------------------------------------------------------


def _event(
    record: AcledRecord,
    cell: Cells,
    category: str,
    at: EntityRef,
    actors: list[tuple[EntityRef, str]],
    document: EntityRef,
) -> DatasetEvent:
    title, summary = _title_and_summary(record, cell, at)
    return DatasetEvent(
        id=f"{ID}:{record.id}",
        category=category,
        title=title,
        summary=summary,
        place=at,
        precision=LOCATION_PRECISIONS[record.geo_precision] if record.point else None,
        actors=actors,
        earliest=record.earliest.isoformat(),
        latest=record.latest.isoformat(),
        document=document,
        printed_place=(cell["location"] or "")[:MAX_TEXT_CHARS] or None,
    )


def _control_change(
    record: AcledRecord, one: ActingActor, other: ActingActor
) -> tuple[DatasetControlChange | None, str | None]:
    """The change of control, if somebody gained or lost; where only an area is known, of a part of it. And its note."""
    gained, lost, note = _control_gain(record, one, other)
    if not (gained or lost):
        return None, None
    extent = "full" if record.geo_precision == 1 and record.point else "partial"
    return DatasetControlChange(
        gained, lost, extent, MEANS_BY_SUB_EVENT_TYPE.get(record.sub_event_type or "", "unknown")
    ), note


def _control_gain(
    record: AcledRecord, one: ActingActor, other: ActingActor
) -> tuple[EntityRef | None, EntityRef | None, str | None]:
    """Who gained and who lost a place, and a note where that is not said in so many words.

    A government regains territory: of the two sides the forces of the state, if just one of them is that, gain it. A
    non-state actor overtakes it: the forces of the state lose it. Where the kinds do not tell them apart, and in a
    non-violent transfer, actor1 gains and actor2, if there is one, loses.
    """
    first_is_state = one[1] == STATE_FORCES
    if record.sub_event_type in MEANS_BY_SUB_EVENT_TYPE and first_is_state != (other[1] == STATE_FORCES):
        gained, lost = (one, other) if first_is_state == (record.sub_event_type == REGAINED) else (other, one)
        return gained[0], lost[0], None
    if one[0] is None:
        return other[0], None, GAIN_BY_ORDER_NOTE
    return (
        one[0],
        other[0],
        GAIN_BY_ORDER_NOTE if other[0] or record.sub_event_type in MEANS_BY_SUB_EVENT_TYPE else None,
    )


def _title_and_summary(record: AcledRecord, cell: Cells, at: EntityRef) -> tuple[str, str]:
    """A title and a summary, made of the cells."""
    what = record.sub_event_type or cell["sub_event_type"] or record.event_type
    named = [" ".join(name.split()) for n in (1, 2) if (name := cell[f"actor{n}"])]
    with_ = [name for n in (1, 2) for name in split_names(cell[f"assoc_actor_{n}"] or "")]
    who = " and ".join(dict.fromkeys(named)) or "nobody named"
    where = cell["location"] or at.name
    units = (cell["admin3"], cell["admin2"], cell["admin1"], cell["country"])
    within = ", ".join(dict.fromkeys(unit for unit in (where, *units) if unit))
    beside = f" (with {', '.join(with_)})" if with_ else ""
    title = f"{what}, {who}: {where}"
    summary = f"{record.event_type}, {what}: {who}{beside}; {within}."
    return title[:MAX_TEXT_CHARS], summary[:MAX_SUMMARY_CHARS]
