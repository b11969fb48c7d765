"""GeoJSON (RFC 7946): a feature per row, its flat columns as properties, null geometry where it lies nowhere.

A point is the place's own, never moved: `point_kind` says how it stands for the place, `location_precision` how
closely an event is placed. Members that RFC 7946 does not know: revision, packs with licence and citation, links,
and the counts of OGC API - Features.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.formats.base import Batches, Format, ResultMetadata, RowWithPoint, dumps
from app.formats.columns import Column, selected_columns, values_of

MEDIA_TYPE = "application/geo+json"


def feature(row: RowWithPoint, columns: Sequence[Column], *, lists: bool = True) -> dict[str, Any]:
    """One row as a feature; without `lists`, those are JSON texts, or null when empty."""
    properties_, point = json.loads(row[0]), row[1]
    values = values_of(properties_, point, columns)
    if not lists:
        values = [(dumps(value) if value else None) if isinstance(value, list) else value for value in values]
    return {
        "type": "Feature",
        **({"id": properties_["id"]} if "id" in properties_ else {}),
        "geometry": None if point is None else {"type": "Point", "coordinates": [point.longitude, point.latitude]},
        "properties": {column.name: value for column, value in zip(columns, values, strict=True)},
    }


def licence_url(licence: str) -> str:
    """The page of a licence by its SPDX identifier."""
    return f"https://spdx.org/licenses/{quote(licence, safe='')}.html"


def links_of(metadata: ResultMetadata) -> list[Mapping[str, str]]:
    """The links of an answer, and the licences of what is in it."""
    licences = dict.fromkeys(credit.licence for credit in metadata.attributions)
    return [*metadata.links, *({"rel": "license", "href": licence_url(name), "type": "text/html"} for name in licences)]


def write(metadata: ResultMetadata, batches: Batches, *, lists: bool = True) -> Iterator[bytes]:
    """A chunk per batch; what must be counted comes last."""
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


GEOJSON = Format("geojson", MEDIA_TYPE, write, flat=True)
