"""What records of UCDP GED refer to: sources, actors and places, each made once for all records that share it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app import models
from app.countries import BY_GWNO, Country
from app.ingest.records import Children, Record, joined_text, name_rows
from app.names import fold
from app.schemas.base import CodeIn
from app.schemas.reference import ActorRow, LocationRow, SourceRow

ISO = "iso-3166-1-alpha-3"
POINTS = {1: "exact", 2: "approximate", 3: "centroid", 4: "centroid", 5: "approximate", 6: "centroid", 7: "approximate"}
"""point_kind by where_prec."""
EXACT = (1, 2)
"""where_prec of a populated place, or near one; all else is an area that a point stands for."""
LONGEST_SLUG = 80
MOST_TEXT = 300  # of a title or name; longer ones are cut, the cells keep them whole


def slug(text: str) -> str:
    """The text as part of an id; of a long one the beginning, and what tells it from others that begin so."""
    words = "-".join(fold(text).split())
    if len(words) <= LONGEST_SLUG and words:
        return words
    return f"{words[:LONGEST_SLUG] or 'unnamed'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Named:
    """A row that others refer to, and the reference as it is said."""

    id: str
    name: str
    row: dict[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", {"id": self.id, "name": self.name})


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


Codes = Mapping[tuple[str, str], Named]
"""Rows that are there already, by scheme and code."""


class References:
    """Makes the rows that records share; each is put into `batch` when it is first referred to.

    `actors` and `locations` are rows of curated packs: what has the code of one of them is that row. `stored` are rows
    that other imports made, with the parents of places: their spelling stays.
    """

    def __init__(self, actors: Codes, locations: Codes, stored: Iterable[tuple[Named, str | None]] = ()) -> None:
        self._known_actors = actors
        self._known_locations = locations
        self._refs: dict[str, Named] = {}
        self._parents: dict[str, str | None] = {}
        for ref, parent in stored:
            self._refs[ref.id], self._parents[ref.id] = ref, parent
        self.referred: set[str] = set()
        self.areas: set[str] = set()
        self.batch = Batch()

    def take(self) -> Batch:
        """What was added since the last time."""
        taken, self.batch = self.batch, Batch()
        return taken

    def settle(self) -> None:
        """Add what cannot be told before all records are read; of most datasets nothing."""

    def source(self, id_: str, name: str, kind: str) -> Named:
        """Who says something."""
        self.referred.add(id_)
        if id_ not in self._refs:
            self._refs[id_] = Named(id_, name[:MOST_TEXT])
            blank = dict.fromkeys(("organisation", "actor", "published_on", "author", "url", "language", "description"))
            row = SourceRow(id=id_, name=name[:MOST_TEXT], kind=kind, aliases=[], **blank)
            columns = {"name": row.name, "kind": kind, "organisation_id": None, "actor_id": None, "published_on": None}
            names: Children = {models.SourceName: name_rows(id_, row.name)}
            self.batch.sources[id_] = Record(id_, row.model_dump_json(), columns, names, joined_text(row.name))
        return self._refs[id_]

    def actor(self, scheme: str, number: int, name: str, kind: str, country: Country | None = None) -> Named:
        """Who does something, by the number that a scheme gives it."""
        name = name[:MOST_TEXT]
        code = (scheme, str(number))
        if code in self._known_actors:
            return self._known_actors[code]
        id_ = f"{scheme}:{number}"
        self.referred.add(id_)
        if id_ not in self._refs:
            self._refs[id_] = Named(id_, name)
            iso3 = country.iso3 if country else None
            codes = [CodeIn(scheme=scheme, version=None, code=code[1])]
            row = ActorRow(id=id_, name=name, kind=kind, country=iso3, aliases=[], codes=codes, relations=[])
            children: Children = {
                models.ActorName: name_rows(id_, name),
                models.ActorCode: [code.model_dump() for code in codes],
                models.ActorAncestor: [{"ancestor_id": id_, "starts_on": date.min, "ends_on": date.max}],
            }
            columns = {"name": name, "kind": kind, "country": iso3}
            self.batch.actors[id_] = Record(id_, row.model_dump_json(), columns, children, joined_text(name))
        return self._refs[id_]

    def place(self, cell: Mapping[str, Any]) -> Named:
        """The point as given, inside the units as given."""
        number = cell["country_id"]
        country = BY_GWNO.get(number)
        outer = self._country(number, country, cell["country"])
        stem = f"ucdp-place:{(country.iso3 if country else str(number or slug(cell['country']))).lower()}"
        at, units = outer, [outer.name]
        if cell["adm_1"]:
            stem = f"{stem}:{slug(cell['adm_1'])}"
            at = self._location(stem, cell["adm_1"], "province", country, at.id)
            units.append(cell["adm_1"])
        if cell["adm_2"]:
            stem = f"{stem}{'' if cell['adm_1'] else ':-'}:{slug(cell['adm_2'])}"
            at = self._location(stem, cell["adm_2"], "district", country, at.id)
            units.append(cell["adm_2"])
        latitude, longitude = cell["latitude"], cell["longitude"]
        if latitude is None:
            return at
        precision, name = cell["where_prec"], cell["where_coordinates"] or at.name
        id_ = f"{stem}:{slug(name)}@{latitude}_{longitude}:{precision}"
        if precision not in EXACT and name in units:  # the unit has this name; the point only stands for it
            name = f"{name} ({POINTS[precision]})"
        point = (latitude, longitude, POINTS[precision])
        return self._location(id_, name, "town" if precision in EXACT else "region", country, at.id, point)

    def _country(self, number: int | None, country: Country | None, name: str) -> Named:
        iso3 = country.iso3 if country else None
        shared = [(ISO, iso3 or ""), ("gwno", str(number))]
        found = next((self._known_locations[code] for code in shared if code in self._known_locations), None)
        if found:
            self._parents.setdefault(found.id, None)
        else:
            codes = [CodeIn(scheme=ISO, version=None, code=iso3)] if iso3 else []
            codes += [CodeIn(scheme="gwno", version=None, code=str(number))] if number is not None and not iso3 else []
            id_ = f"ucdp-country:{(iso3 or str(number or slug(name))).lower()}"
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
    ) -> Named:
        self.referred.add(id_)
        if id_ not in self._refs:
            self._refs[id_] = Named(id_, name[:MOST_TEXT])
            self._parents[id_] = parent
            path = self._path(id_)
            iso3 = country.iso3 if country else None
            given = dict(zip(("latitude", "longitude", "point_kind"), point, strict=True))
            row = LocationRow(
                id=id_,
                name=name[:MOST_TEXT],
                kind=kind,
                country=iso3,
                parent=parent,
                path=path,
                aliases=[],
                codes=codes or [],
                **given,
            )
            columns = {"name": row.name, "kind": kind, "country": iso3, "parent_id": parent, **given}
            children: Children = {
                models.LocationName: name_rows(id_, row.name),
                models.LocationCode: [code.model_dump() for code in codes or []],
                models.LocationAncestor: [{"ancestor_id": outer} for outer in path],
            }
            self.batch.locations[id_] = Record(id_, row.model_dump_json(), columns, children, joined_text(row.name))
        return self._refs[id_]

    def _path(self, id_: str) -> list[str]:
        parent = self._parents[id_]
        return [*(self._path(parent) if parent else []), id_]
