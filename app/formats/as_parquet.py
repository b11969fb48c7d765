"""GeoParquet 1.1 (plain Parquet where rows lie nowhere): typed flat columns, the point as WKB.

Revision, licences and citations are in the file's metadata under `oxus`, as JSON.
"""

import io
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any

from app.errors import NotAcceptableError
from app.formats.base import Batches, Format, Head, Row, dumps
from app.formats.columns import Column, Kind, shown, values_of
from app.geo import Spot

POINT = struct.Struct("<BIdd")  # WKB: little endian, then type 1 for a point
GEOMETRY = "geometry"
GEO = {
    "version": "1.1.0",
    "primary_column": GEOMETRY,
    # No CRS is named: longitude and latitude on WGS 84 (OGC:CRS84).
    "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": ["Point"]}},
}
ROWS_A_GROUP = 5_000  # held in memory at a time


class Sink(io.RawIOBase):
    """A file that is only ever written to, and hands out what was written so far."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []
        self.written = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """How much was written in all."""
        return self.written

    def write(self, data: Any) -> int:
        """Keep the bytes until they are taken."""
        self.waiting.append(bytes(data))
        self.written += len(self.waiting[-1])
        return len(self.waiting[-1])

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self.waiting)
        self.waiting.clear()
        return taken


def write(head: Head, batches: Batches) -> Iterator[bytes]:
    """A chunk per group of rows. Raises NotAcceptableError when the library that writes Parquet is not installed."""
    if find_spec("pyarrow") is None:
        install = "pip install -c requirements.lock -e '.[parquet]'"
        raise NotAcceptableError(f"Parquet needs an extra that is not installed on this server: {install}")
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = shown(head.columns, head.fields, head.spatial)
    schema = _schema(pa, columns, head)
    sink = Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _groups(batches):
            writer.write_table(_table(pa, schema, columns, rows))
            yield sink.take()
    yield sink.take()


def _groups(batches: Batches) -> Iterator[list[Row]]:
    """The rows in groups that are worth a row group of the file."""
    rows: list[Row] = []
    for batch in batches:
        rows += batch
        if len(rows) >= ROWS_A_GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _schema(pa: Any, columns: Sequence[Column], head: Head) -> Any:
    types: dict[Kind, Any] = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "json": pa.string(),
    }
    fields = [(column.name, pa.list_(types[column.kind]) if column.many else types[column.kind]) for column in columns]
    metadata = {"oxus": dumps(head.about())}
    if head.spatial:
        fields.append((GEOMETRY, pa.binary()))
        metadata["geo"] = json.dumps(GEO)
    return pa.schema(fields, metadata=metadata)


def _table(pa: Any, schema: Any, columns: Sequence[Column], rows: Sequence[Row]) -> Any:
    """One group of rows, column by column, as the file holds them."""
    found = [values_of(json.loads(row), spot, columns) for row, spot in rows]
    arrays = [[_typed(column, values[at]) for values in found] for at, column in enumerate(columns)]
    if GEOMETRY in schema.names:
        arrays.append([_wkb(spot) for _, spot in rows])
    return pa.table([pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)], schema=schema)


def _typed(column: Column, value: Any) -> Any:
    read = READ.get(column.kind)
    if read is None or value is None:
        return value
    return [None if item is None else read(item) for item in value] if column.many else read(value)


READ: dict[Kind, Callable[[Any], Any]] = {"date": date.fromisoformat, "json": dumps}


def _wkb(spot: Spot | None) -> bytes | None:
    return None if spot is None else POINT.pack(1, 1, spot.longitude, spot.latitude)


PARQUET = Format("parquet", "application/vnd.apache.parquet", write, flat=True, binary=True)
