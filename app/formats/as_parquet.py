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
from app.formats.base import Batches, Format, ResultMetadata, RowWithPoint, dumps
from app.formats.columns import Column, ColumnType, selected_columns, values_of
from app.geo import LocatedPoint

WKB_POINT = struct.Struct("<BIdd")  # WKB: little endian, then type 1 for a point
GEOMETRY = "geometry"
GEO = {
    "version": "1.1.0",
    "primary_column": GEOMETRY,
    # No CRS is named: longitude and latitude on WGS 84 (OGC:CRS84).
    "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": ["Point"]}},
}
ROWS_PER_GROUP = 5_000  # held in memory at a time


class BytesSink(io.RawIOBase):
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
        data = b"".join(self.waiting)
        self.waiting.clear()
        return data


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """A chunk per group of rows. Raises NotAcceptableError when the library that writes Parquet is not installed."""
    if find_spec("pyarrow") is None:
        install = "pip install -c requirements.lock -e '.[parquet]'"
        raise NotAcceptableError(f"Parquet needs an extra that is not installed on this server: {install}")
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = selected_columns(metadata.columns, metadata.fields, metadata.spatial)
    schema = _schema(pa, columns, metadata)
    sink = BytesSink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _groups(batches):
            writer.write_table(_table(pa, schema, columns, rows))
            yield sink.take()
    yield sink.take()


def _groups(batches: Batches) -> Iterator[list[RowWithPoint]]:
    """The rows in groups that are worth a row group of the file."""
    rows: list[RowWithPoint] = []
    for batch in batches:
        rows += batch
        if len(rows) >= ROWS_PER_GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _schema(pa: Any, columns: Sequence[Column], head: ResultMetadata) -> Any:
    types: dict[ColumnType, Any] = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "json": pa.string(),
    }
    fields = [
        (column.name, pa.list_(types[column.column_type]) if column.is_list else types[column.column_type])
        for column in columns
    ]
    metadata = {"oxus": dumps(head.provenance())}
    if head.spatial:
        fields.append((GEOMETRY, pa.binary()))
        metadata["geo"] = json.dumps(GEO)
    return pa.schema(fields, metadata=metadata)


def _table(pa: Any, schema: Any, columns: Sequence[Column], rows: Sequence[RowWithPoint]) -> Any:
    """One group of rows, column by column, as the file holds them."""
    result = [values_of(json.loads(row), point, columns) for row, point in rows]
    arrays = [[_typed(column, values[at]) for values in result] for at, column in enumerate(columns)]
    if GEOMETRY in schema.names:
        arrays.append([_wkb(point) for _, point in rows])
    return pa.table([pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)], schema=schema)


def _typed(column: Column, value: Any) -> Any:
    parse = TYPE_PARSERS.get(column.column_type)
    if parse is None or value is None:
        return value
    return [None if item is None else parse(item) for item in value] if column.is_list else parse(value)


TYPE_PARSERS: dict[ColumnType, Callable[[Any], Any]] = {"date": date.fromisoformat, "json": dumps}


def _wkb(point: LocatedPoint | None) -> bytes | None:
    return None if point is None else WKB_POINT.pack(1, 1, point.longitude, point.latitude)


PARQUET = Format("parquet", "application/vnd.apache.parquet", write, flat=True, binary=True)
