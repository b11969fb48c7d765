"""ACLED as rows of Oxus: one event per row, one claim per source that it names, one of the dataset itself.

- The event: `acled:<event_id_cnty>`. Its category is in `acled_codes`, its days are in `acled_cells`. Title and summary
  are made of the cells; `notes`, which are ACLED's own text, stay in the cells alone.
- Actors: `acled-actor:<name>`; what they are follows from inter1 and inter2. In violence against civilians those who
  attack initiate and civilians or protesters are the target; else both sides take part. Associated actors are allies.
- Changes of control: see `_gain`.
- Places: the point as given, inside admin3, admin2, admin1 and the country. A row that has the same code already (a
  country's ISO code, an actor's name in the scheme `acled-actor`) is that row.
- Claims: `<event>:0` is the dataset's own, with the fatalities; `<event>:<n>` is the n-th name in `source`. ACLED does
  not say when a source said it: the last day of the event stands in.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from pydantic_core import to_json

from app import models
from app.countries import Country
from app.formats.base import dumps
from app.ingest.datasets.acled import COLUMNS, AcledRecord
from app.ingest.datasets.acled_cells import several
from app.ingest.datasets.acled_claims import DATASET, claims
from app.ingest.datasets.acled_codes import (
    KIND_OF,
    OVERTAKEN,
    REGAINED,
    STATE,
    UNARMED,
    category_of,
    stronger,
)
from app.ingest.datasets.ged_references import ISO, MOST_TEXT, Codes, Named, References, slug
from app.ingest.records import Children, Record, joined_text, name_rows
from app.names import key
from app.schemas.base import CodeIn
from app.schemas.reference import ActorRow

SCHEME = "acled-actor"
MOST_SUMMARY = 2000  # characters; names may be of any length
PLACED = {1: "exact", 2: "near", 3: "province"}
"""location_precision by geo_precision: a town; near one, or a small part of a region; a larger region."""
POINTS = {1: "exact", 2: "approximate", 3: "approximate"}
"""point_kind by geo_precision: 2 and 3 print the point of a town, a capital or a landmark that stands in."""
UNITS = (("admin1", "province"), ("admin2", "district"), ("admin3", "region"))
MEANS = {REGAINED: "recaptured", OVERTAKEN: "captured"}
"""How a place changed hands; of a non-violent transfer ACLED does not say whether it was agreed upon."""
BY_ORDER = "Which side gained is taken from the order of the actors."

Cells = Mapping[str, str | None]
Side = tuple[Named | None, str]
"""An actor and its kind in ACLED's words."""


class AcledRows(References):
    """Turns the records of one import into rows.

    `kinds` are those of actors that are stored already; those of `anew` count no more once all records are read.
    """

    def __init__(
        self,
        actors: Codes,
        locations: Codes,
        stored: Iterable[tuple[Named, str | None]] = (),
        kinds: Mapping[str, str] | None = None,
        anew: Collection[str] = (),
    ) -> None:
        super().__init__(actors, locations, stored)
        self._curated = {slug(code): ref for (scheme, code), ref in actors.items() if scheme == SCHEME}
        self._held = dict(kinds or {})
        self._told = {id_: kind for id_, kind in self._held.items() if id_ not in anew}

    def add(self, record: AcledRecord) -> None:
        """Add the rows of one record."""
        cell: Cells = dict(zip(COLUMNS, record.cells, strict=True))
        self.source(DATASET.id, DATASET.name, "dataset")
        at = self._spot(record, cell)
        sides = tuple(self._acting(cell[f"actor{n}"], record.sides[n - 1]) for n in (1, 2))
        category = category_of(record.event_type, record.sub_event_type, record.sides, sides[1][0] is not None)
        gained, lost, note = _gain(record, *sides) if category == "control_change" else (None, None, None)
        if category == "control_change" and not (gained or lost):
            category = "other"  # territory that nobody gained or lost is no change of control
        change = _change(record, at, gained, lost) if category == "control_change" else None
        roles = self._roles(cell, category, sides)
        roles += [(ref, role) for ref, role in ((gained, "gains"), (lost, "loses")) if ref]
        event = self._event(record, cell, category, at, list(dict.fromkeys(roles)), change)
        for claim in claims(record, event, at, note, self.source):
            self.batch.claims[claim.id] = claim

    # --- actors --------------------------------------------------------------------------------------------------

    def _acting(self, name: str | None, side: str) -> Side:
        name = " ".join((name or "").split())
        return (self._actor(name, KIND_OF[side]), side) if name else (None, side)

    def _actor(self, name: str, kind: str) -> Named:
        """An actor by its name; what it is does not depend on which row is read first."""
        words = slug(name)
        if words in self._curated:
            return self._curated[words]
        id_ = f"{SCHEME}:{words}"
        self.referred.add(id_)
        first = id_ not in self._refs
        ref = self._refs.setdefault(id_, Named(id_, name[:MOST_TEXT]))
        told = self._told[id_] = stronger(self._told.get(id_, kind), kind)
        shown = stronger(self._held.get(id_, told), told)
        if first or shown != self._held[id_]:
            self._held[id_] = shown
            self.batch.actors[id_] = _actor_record(ref, shown)
        return ref

    def settle(self) -> None:
        """Add the actors that no record told to be what they were told to be before."""
        for id_, kind in self._told.items():
            if self._held[id_] != kind:
                self._held[id_] = kind
                self.batch.actors[id_] = _actor_record(self._refs[id_], kind)

    def _roles(self, cell: Cells, category: str, sides: tuple[Side, ...]) -> list[tuple[Named, str]]:
        roles = ["participant", "participant"]
        if category == "violence_against_civilians":
            roles = ["initiator", "target"]
            if sides[0][1] in UNARMED and sides[1][1] not in UNARMED:
                roles.reverse()
        found = [(ref, role) for (ref, _), role in zip(sides, roles, strict=True) if ref]
        for name in ("assoc_actor_1", "assoc_actor_2"):
            found += [(self._actor(one, "other"), "ally") for one in several(cell[name] or "")]
        return found

    # --- places --------------------------------------------------------------------------------------------------

    def _spot(self, record: AcledRecord, cell: Cells) -> Named:
        """The point as given, inside the units as given."""
        country = record.country
        at = self._nation(country, cell["country"] or "")
        stem = f"acled-place:{country.iso3.lower() if country else slug(cell['country'] or '')}"
        names, gap = [at.name], ""
        for column, kind in UNITS:
            name = cell[column]
            if name:
                stem, gap = f"{stem}{gap}:{slug(name)}", ""
                at = self._location(stem, name, kind, country, at.id)
                names.append(name)
            else:
                gap += ":-"
        if record.point is None:
            return at
        latitude, longitude = record.point
        precision, name = record.geo_precision, cell["location"] or at.name
        id_ = f"{stem}:{slug(name)}@{latitude}_{longitude}:{precision}"
        if precision == 3 and name in names:  # the unit has this name; the point only stands for it
            name = f"{name[:MOST_TEXT]} ({POINTS[precision]})"
        point = (latitude, longitude, POINTS[precision])
        return self._location(id_, name, "region" if precision == 3 else "town", country, at.id, point)

    def _nation(self, country: Country | None, name: str) -> Named:
        found = self._known_locations.get((ISO, country.iso3)) if country else None
        if found:
            self._parents.setdefault(found.id, None)
        else:
            codes = [CodeIn(scheme=ISO, version=None, code=country.iso3)] if country else []
            id_ = f"acled-country:{country.iso3.lower() if country else slug(name)}"
            kind = "country" if country else "region"  # ACLED also has seas in this column
            found = self._location(id_, country.name if country else name, kind, country, None, codes=codes)
        self.areas.add(found.id)
        return found

    # --- events --------------------------------------------------------------------------------------------------

    def _event(
        self,
        record: AcledRecord,
        cell: Cells,
        category: str,
        at: Named,
        roles: list[tuple[Named, str]],
        change: dict[str, Any] | None,
    ) -> Named:
        id_ = f"{DATASET.id}:{record.id}"
        title, summary = _told(record, cell, at)
        precision = PLACED[record.geo_precision] if record.point else None
        row = {  # in the order of EventCoded
            "id": id_,
            "category": category,
            "title": title,
            "summary": summary,
            "location": at.row,
            "location_precision": precision,
            "actors": [ref.row | {"role": role} for ref, role in roles],
            "control_change": change,
            "movement": None,
            "part_of": None,
        }
        columns = {
            "category": category,
            "title": title,
            "title_key": key(title),
            "location_id": at.id,
            "location_precision": precision,
            "part_of_id": None,
        }
        children: Children = {
            models.EventActor: [{"actor_id": ref.id, "role": role} for ref, role in roles],
            models.EventPlace: [{"location_id": at.id}],
            models.ControlChange: [_flat(change)] if change else [],
            models.AcledEvent: [_as_given(record, cell)],
        }
        self.batch.events[id_] = Record(id_, to_json(row).decode(), columns, children)
        return Named(id_, title)


def _actor_record(ref: Named, kind: str) -> Record:
    code = CodeIn(scheme=SCHEME, version=None, code=ref.name)
    row = ActorRow(id=ref.id, name=ref.name, kind=kind, country=None, aliases=[], codes=[code], relations=[])
    children: Children = {
        models.ActorName: name_rows(ref.id, ref.name),
        models.ActorCode: [code.model_dump()],
        models.ActorAncestor: [{"ancestor_id": ref.id, "starts_on": date.min, "ends_on": date.max}],
    }
    columns = {"name": ref.name, "kind": kind, "country": None}
    return Record(ref.id, row.model_dump_json(), columns, children, joined_text(ref.name))


def _gain(record: AcledRecord, one: Side, other: Side) -> tuple[Named | None, Named | None, str | None]:
    """Who gained and who lost a place, and a note where that is not said in so many words.

    A government regains territory: of the two sides the forces of the state, if just one of them is that, gain it. A
    non-state actor overtakes it: the forces of the state lose it. Where the kinds do not tell them apart, and in a
    non-violent transfer, actor1 gains and actor2, if there is one, loses.
    """
    first_is_state = one[1] == STATE
    if record.sub_event_type in MEANS and first_is_state != (other[1] == STATE):
        gained, lost = (one, other) if first_is_state == (record.sub_event_type == REGAINED) else (other, one)
        return gained[0], lost[0], None
    if one[0] is None:
        return other[0], None, BY_ORDER
    return one[0], other[0], BY_ORDER if other[0] or record.sub_event_type in MEANS else None


def _change(record: AcledRecord, at: Named, gained: Named | None, lost: Named | None) -> dict[str, Any]:
    """The change of control, in the order of ControlChangeRow; where only an area is known, of a part of it."""
    return {
        "location": at.row,
        "gained_by": gained.row if gained else None,
        "lost_by": lost.row if lost else None,
        "extent": "full" if record.geo_precision == 1 and record.point else "partial",
        "means": MEANS.get(record.sub_event_type or "", "unknown"),
    }


def _flat(change: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `control_change`."""
    refs = {f"{name}_id": change[name] and change[name]["id"] for name in ("location", "gained_by", "lost_by")}
    return refs | {"extent": change["extent"], "means": change["means"]}


def _told(record: AcledRecord, cell: Cells, at: Named) -> tuple[str, str]:
    """A title and a summary, made of the cells."""
    what = record.sub_event_type or cell["sub_event_type"] or record.event_type
    named = [" ".join(name.split()) for n in (1, 2) if (name := cell[f"actor{n}"])]
    with_ = [name for n in (1, 2) for name in several(cell[f"assoc_actor_{n}"] or "")]
    who = " and ".join(dict.fromkeys(named)) or "nobody named"
    where = cell["location"] or at.name
    units = (cell["admin3"], cell["admin2"], cell["admin1"], cell["country"])
    within = ", ".join(dict.fromkeys(unit for unit in (where, *units) if unit))
    beside = f" (with {', '.join(with_)})" if with_ else ""
    title = f"{what}, {who}: {where}"
    summary = f"{record.event_type}, {what}: {who}{beside}; {within}."
    return title[:MOST_TEXT], summary[:MOST_SUMMARY]


def _as_given(record: AcledRecord, cell: Cells) -> dict[str, Any]:
    """The columns of `acled_event`."""
    iso, year = cell["iso"], cell["year"]
    return {
        "event_id_cnty": record.id,
        "event_date": record.event_date,
        "year": int(year) if year else record.event_date.year,
        "event_type": cell["event_type"],
        "sub_event_type": cell["sub_event_type"],
        "inter1": cell["inter1"],
        "inter2": cell["inter2"],
        "iso": int(iso) if iso else None,
        "region": cell["region"],
        "country": cell["country"],
        "fatalities": record.fatalities,
        "timestamp": record.timestamp,
        "cells": dumps(list(record.cells)),
    }
