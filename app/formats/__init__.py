"""Output formats: one module per format, and the table of all."""

from app.formats.as_csv import CSV
from app.formats.as_geojson import GEOJSON
from app.formats.as_json import JSON
from app.formats.as_ndjson import NDJSON
from app.formats.as_parquet import PARQUET
from app.formats.base import Format

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in (JSON, GEOJSON, CSV, NDJSON, PARQUET)}
"""Formats by the name that `f=` takes; the first one is the default."""
