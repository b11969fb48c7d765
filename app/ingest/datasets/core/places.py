"""Build the locations of a dataset: country, admin units inside it, and the point of the event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.codebooks.countries import Country
from app.ingest.datasets.core.entities import ISO, EntityRef, EntityRegistry
from app.ingest.datasets.core.reader import Cell
from app.ingest.datasets.core.spellings import slug


@dataclass(frozen=True)
class PlaceScheme:
    """Rules by which the cells of a dataset become locations; keys of the mappings are its codes of precision."""

    prefix: str
    """First part of ids: `<prefix>-country:afg`, `<prefix>-place:afg:kunduz`."""
    units: tuple[tuple[str, str], ...]
    """Columns of admin units, from the outermost, each with the kind of location that it names."""
    name_column: str
    location_precisions: Mapping[int, str]
    point_kinds: Mapping[int, str]
    area_precisions: tuple[int, ...]
    """Codes of an area that a point stands for; all others are of a populated place, or near one."""


class CountryCell(NamedTuple):
    """Country of a row, as far as the row tells."""

    name: str
    country: Country | None
    code: tuple[str, str] | None = None
    """Code of the dataset, after its scheme, which stands in where the country has no ISO code."""
    kind: str = "country"

    @property
    def key(self) -> str:
        """Part of ids that stands for the country."""
        if self.country:
            return self.country.iso3.lower()
        number = self.code[1] if self.code else ""
        return number if number.strip("0") else slug(self.name)


def build_place(
    registry: EntityRegistry,
    scheme: PlaceScheme,
    cells: Mapping[str, Cell],
    area: CountryCell,
    precision: int,
    point: tuple[float, float] | None,
) -> EntityRef:
    """Return the point as given, inside the units as given; the innermost unit if there is no point."""
    key = area.key
    parent = _build_country(registry, scheme, area, key)
    unit_names = [parent.name]
    stem, gap = f"{scheme.prefix}-place:{key}", ""
    for column, kind in scheme.units:
        name = cells[column]
        if name:
            unit_names.append(name)
            stem, gap = f"{stem}{gap}:{slug(name)}", ""
            parent = registry.location(stem, name, kind, area.country, parent)
        else:
            gap += ":-"
    if point is None:
        return parent
    latitude, longitude = point
    name = cells[scheme.name_column] or parent.name
    id_ = f"{stem}:{slug(name)}@{latitude}_{longitude}:{precision}"
    is_area, point_kind = precision in scheme.area_precisions, scheme.point_kinds[precision]
    if is_area and name in unit_names:
        name = f"{name} ({point_kind})"  # the unit itself has this name
    kind = "region" if is_area else "town"
    return registry.point(id_, name, kind, area.country, parent, (latitude, longitude, point_kind))


def _build_country(registry: EntityRegistry, scheme: PlaceScheme, area: CountryCell, key: str) -> EntityRef:
    codes = [(ISO, area.country.iso3)] if area.country else []
    codes += [area.code] if area.code else []
    for code in codes:
        if code in registry.known_locations:
            return registry.known_locations[code]
    name = area.country.name if area.country else area.name
    return registry.location(f"{scheme.prefix}-country:{key}", name, area.kind, area.country, None, codes[:1])
