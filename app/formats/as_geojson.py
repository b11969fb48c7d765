"""GeoJSON (RFC 7946): a feature per row, with its flat columns as properties; geometry is null without coordinates.

A point is that of the location, never moved. `point_kind` says how it stands for the location, `location_precision`
how closely an event is located. Foreign members are revision, packs with licence and citation, links, and the counts
of OGC API - Features.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict
from urllib.parse import quote

from app.formats.base import Batches, Format, ResultMetadata, RowWithPoint, dumps
from app.formats.columns import Column, JsonValue, selected_columns, values_of


class Feature(TypedDict, total=False):
    """A GeoJSON feature; only rows with an id have the member `id`, and only OGC responses have `links`."""

    type: str
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, JsonValue]
    links: Sequence[Mapping[str, str]]


MEDIA_TYPE = "application/geo+json"


def feature(row: RowWithPoint, columns: Sequence[Column], *, lists: bool = True) -> Feature:
    """Render a row as a feature; without `lists`, lists become JSON texts, or null if empty."""
    document, point = json.loads(row[0]), row[1]
    values = values_of(document, point, columns)
    if not lists:
        values = [(dumps(value) if value else None) if isinstance(value, list) else value for value in values]
    result: Feature = {"type": "Feature"}
    if "id" in document:
        result["id"] = document["id"]
    result["geometry"] = None if point is None else {"type": "Point", "coordinates": [point.longitude, point.latitude]}
    result["properties"] = {column.name: value for column, value in zip(columns, values, strict=True)}
    return result


def licence_url(licence: str) -> str:
    """Return the URL of a licence's page, by its SPDX identifier."""
    return f"https://spdx.org/licenses/{quote(licence, safe='')}.html"


def links_of(metadata: ResultMetadata) -> list[Mapping[str, str]]:
    """Return the links of a response, with links to the licences of its data."""
    licences = dict.fromkeys(credit.licence for credit in metadata.attributions)
    return [*metadata.links, *({"rel": "license", "href": licence_url(name), "type": "text/html"} for name in licences)]


def write(metadata: ResultMetadata, batches: Batches, *, lists: bool = True) -> Iterator[bytes]:
    """Yield a chunk per batch; `numberReturned` comes last, as it must be counted."""
    columns = selected_columns(metadata.columns, metadata.fields, metadata.spatial)
    start: dict[str, Any] = {"type": "FeatureCollection", **metadata.provenance(), "links": links_of(metadata)}
    start |= {} if metadata.matched is None else {"numberMatched": metadata.matched}
    start |= {} if metadata.omitted is None else {"omitted": dict(metadata.omitted)}
    text, returned = f'{dumps(start)[:-1]},"features":[', 0
    for batch in batches:
        features = ",".join(dumps(feature(row, columns, lists=lists)) for row in batch)
        yield (text + ("," if returned and features else "") + features).encode()
        text, returned = "", returned + len(batch)
    yield f'{text}],"numberReturned":{returned}}}'.encode()


GEOJSON = Format("geojson", MEDIA_TYPE, write, flat=True, names_next=True)
