"""GeoParquet 1.1, or plain Parquet for rows without coordinates: typed flat columns, the point as WKB.

Revision, licences and citations stand in the file's metadata under `oxus`, as JSON.
"""

import io
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING

from app.errors import NotAcceptableError
from app.formats.base import Batches, Format, ResultMetadata, RowWithPoint, dumps
from app.formats.columns import Column, ColumnType, JsonValue, selected_columns, values_of
from app.geo import LocatedPoint

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

WKB_POINT = struct.Struct("<BIdd")  # WKB: little endian, then type 1 for a point
GEOMETRY = "geometry"
GEO = {
    "version": "1.1.0",
    "primary_column": GEOMETRY,
    # No CRS is named: longitude and latitude on WGS 84 (OGC:CRS84).
    "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": ["Point"]}},
}
ROWS_PER_GROUP = 5_000
"""Rows of a row group, which are held in memory at a time."""


class BytesSink(io.RawIOBase):
    """A write-only file that hands out the bytes written so far."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[bytes] = []
        self.written = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the number of bytes written in all."""
        return self.written

    def write(self, data: "Buffer") -> int:
        """Keep the bytes until `take` is called."""
        self.pending.append(bytes(data))
        self.written += len(self.pending[-1])
        return len(self.pending[-1])

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        data = b"".join(self.pending)
        self.pending.clear()
        return data


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """Yield a chunk per row group. Raises NotAcceptableError if pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        install = "pip install -c requirements.lock -e '.[parquet]'"
        raise NotAcceptableError(f"Parquet needs an extra that is not installed on this server: {install}")
    import pyarrow.parquet as pq

    columns = selected_columns(metadata.columns, metadata.fields, metadata.spatial)
    schema = _schema(columns, metadata)
    sink = BytesSink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _groups(batches):
            writer.write_table(_table(schema, columns, rows))
            yield sink.take()
    yield sink.take()


def _groups(batches: Batches) -> Iterator[list[RowWithPoint]]:
    """Collect batches into lists of at least `ROWS_PER_GROUP` rows."""
    rows: list[RowWithPoint] = []
    for batch in batches:
        rows += batch
        if len(rows) >= ROWS_PER_GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _schema(columns: Sequence[Column], metadata: ResultMetadata) -> "pa.Schema":
    import pyarrow as pa

    types: dict[ColumnType, pa.DataType] = {
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
    file_metadata = {"oxus": dumps(metadata.provenance())}
    if metadata.spatial:
        fields.append((GEOMETRY, pa.binary()))
        file_metadata["geo"] = json.dumps(GEO)
    return pa.schema(fields, metadata=file_metadata)


def _table(schema: "pa.Schema", columns: Sequence[Column], rows: Sequence[RowWithPoint]) -> "pa.Table":
    """Build the table of one row group."""
    import pyarrow as pa

    cells = [values_of(json.loads(row), point, columns) for row, point in rows]
    arrays = [[_typed(column, values[at]) for values in cells] for at, column in enumerate(columns)]
    if GEOMETRY in schema.names:
        arrays.append([_wkb(point) for _, point in rows])
    return pa.table([pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)], schema=schema)


def _typed(column: Column, value: JsonValue) -> JsonValue:
    parse = TYPE_PARSERS.get(column.column_type)
    if parse is None or value is None:
        return value
    return [None if item is None else parse(item) for item in value] if column.is_list else parse(value)


TYPE_PARSERS: dict[ColumnType, Callable[[JsonValue], JsonValue]] = {"date": date.fromisoformat, "json": dumps}


def _wkb(point: LocatedPoint | None) -> bytes | None:
    return None if point is None else WKB_POINT.pack(1, 1, point.longitude, point.latitude)


PARQUET = Format("parquet", "application/vnd.apache.parquet", write, flat=True, binary=True)
