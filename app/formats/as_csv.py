r"""CSV (RFC 4180): a header, then one row a line, in flat columns.

Null is an empty cell. Values of a list are joined with `|`; a `|` within a value is written `\|` and a backslash `\\`.
A text that a spreadsheet would take for a formula is prefixed with an apostrophe (OWASP: CSV injection). Numbers, dates
and booleans are written as they are.
"""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import NamedTuple

from pydantic_core import from_json

from app.formats.base import Batches, Format, ResultMetadata, dumps
from app.formats.columns import Column, JsonValue, get_path, selected_columns

Cell = JsonValue
"""A value that the CSV writer turns into text."""
CellWriter = Callable[[JsonValue], Cell]
"""Turns the value of a column, which is not None, into a cell."""


class ColumnGroup(NamedTuple):
    """Neighbouring columns of one field of a row, which is read once for all of them.

    `field` is empty for the columns of the point. `empty` holds the cells for a row without the field, and `write`
    turns its value into cells.
    """

    field: str
    empty: list[str]
    write: Callable[[JsonValue], list[Cell]]


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Starts of texts that some spreadsheet takes for a formula; the last four are the full-width forms."""
SUSPECT_STARTS = frozenset((*FORMULA_STARTS, "'"))


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """Yield one chunk per batch; the header is written even without any row."""
    columns = selected_columns(metadata.columns, metadata.fields, metadata.spatial)
    groups = [
        _column_group(name, list(part)) for name, part in groupby(columns, lambda column: (column.path or ("",))[0])
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for batch in batches:
        for text, point in batch:
            row = from_json(text)
            cells: list[Cell] = []
            for name, empty, write_value in groups:
                value = row.get(name) if name else point
                cells += empty if value is None else write_value(value)
            writer.writerow(cells)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _column_group(name: str, columns: list[Column]) -> ColumnGroup:
    """Group the columns of one field, with the fastest writer for their depth."""
    cells = [(column.path[1:], column.name, _cell_writer(column)) for column in columns]
    empty = [""] * len(columns)
    if not name:
        write_value = partial(_write_point, [(column, cell) for _, column, cell in cells])
    elif cells[0][0] == ():
        write_value = partial(_write_single, cells[0][2])
    elif all(len(path) == 1 for path, _, _ in cells):
        write_value = partial(_write_nested, [(path[0], cell) for path, _, cell in cells])
    else:
        write_value = partial(_write_deep, [(path, cell) for path, _, cell in cells])
    return ColumnGroup(name, empty, write_value)


def _write_point(cells: list[tuple[str, CellWriter]], point: JsonValue) -> list[Cell]:
    return [_empty_if_none(cell, getattr(point, column)) for column, cell in cells]


def _write_single(cell: CellWriter, value: JsonValue) -> list[Cell]:
    return [cell(value)]


def _write_nested(cells: list[tuple[str, CellWriter]], value: JsonValue) -> list[Cell]:
    """Write the values of an object or of a list of objects; apart from `_write_deep`, as exports have millions."""
    if isinstance(value, list):
        return [cell([item.get(name) for item in value]) for name, cell in cells]
    return ["" if (inner := value.get(name)) is None else cell(inner) for name, cell in cells]


def _write_deep(cells: list[tuple[tuple[str, ...], CellWriter]], value: JsonValue) -> list[Cell]:
    return [_empty_if_none(cell, get_path(value, path)) for path, cell in cells]


def _empty_if_none(cell: CellWriter, value: JsonValue) -> Cell:
    return "" if value is None else cell(value)


def _cell_writer(column: Column) -> CellWriter:
    """Return the writer of a column's values."""
    if column.column_type == "json":
        return lambda value: escape_formula(dumps(value))
    if column.is_list:
        return _join_texts if column.column_type == "text" else _join_list
    return {"boolean": _list_item, "text": escape_formula}.get(column.column_type, lambda value: value)


def _join_list(values: list[JsonValue]) -> str:
    return "|".join([_list_item(value) for value in values]) if len(values) != 1 else _list_item(values[0])


def _join_texts(values: list[JsonValue]) -> str:
    return escape_formula(_join_list(values))


def _list_item(value: JsonValue) -> str:
    """Write a value of a list, with `|` and backslashes escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|") if "|" in text or "\\" in text else text


def escape_formula(text: str) -> str:
    """Return the text in a form that no spreadsheet takes for a formula."""
    if text[:1] not in SUSPECT_STARTS:
        return text
    # A text that starts with an apostrophe gets another, so that removing one always gives the text back.
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


CSV = Format("csv", "text/csv; charset=utf-8; header=present", write, flat=True)
