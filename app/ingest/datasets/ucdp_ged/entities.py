"""What records of UCDP GED refer to: places as given, in countries by Gleditsch and Ward's numbers."""

from collections.abc import Mapping
from typing import Any

from app.codebooks.countries import BY_GWNO, Country
from app.ingest.datasets.core.entities import ISO, EntityRef, slug
from app.ingest.datasets.core.event_rows import RowBuilder

POINT_KINDS = {
    1: "exact",
    2: "approximate",
    3: "centroid",
    4: "centroid",
    5: "approximate",
    6: "centroid",
    7: "approximate",
}
"""point_kind by where_prec."""
EXACT_WHERE_PRECISIONS = (1, 2)
"""where_prec of a populated place, or near one; all else is an area that a point stands for."""


class GedLocations(RowBuilder):
    """Makes the places that records share; actors and sources are made as in any dataset."""

    def place(self, cell: Mapping[str, Any]) -> EntityRef:
        """The point as given, inside the units as given."""
        number = cell["country_id"]
        country = BY_GWNO.get(number)
        at = outer = self._country(number, country, cell["country"])
        stem = f"ucdp-place:{(country.iso3 if country else str(number or slug(cell['country']))).lower()}"
        province, district = cell["adm_1"], cell["adm_2"]
        if province:
            stem = f"{stem}:{slug(province)}"
            at = self.location(stem, province, "province", country, at)
        if district:
            stem = f"{stem}{'' if province else ':-'}:{slug(district)}"
            at = self.location(stem, district, "district", country, at)
        latitude, longitude = cell["latitude"], cell["longitude"]
        if latitude is None:
            return at
        precision, name = cell["where_prec"], cell["where_coordinates"] or at.name
        id_ = f"{stem}:{slug(name)}@{latitude}_{longitude}:{precision}"
        exact = precision in EXACT_WHERE_PRECISIONS
        if not exact and name in (outer.name, province, district):  # the unit has this name; the point stands for it
            name = f"{name} ({POINT_KINDS[precision]})"
        point = (latitude, longitude, POINT_KINDS[precision])
        return self.point(id_, name, "town" if exact else "region", country, at, point)

    def _country(self, number: int | None, country: Country | None, name: str) -> EntityRef:
        iso3 = country.iso3 if country else None
        shared = [(ISO, iso3 or ""), ("gwno", str(number))]
        curated = next((self.known_locations[code] for code in shared if code in self.known_locations), None)
        if curated:
            return curated
        codes = [(ISO, iso3)] if iso3 else [("gwno", str(number))] if number is not None else []
        id_ = f"ucdp-country:{(iso3 or str(number or slug(name))).lower()}"
        return self.location(id_, country.name if country else name, "country", country, None, codes)
