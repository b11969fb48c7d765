r"""CSV (RFC 4180): a header, then one row a line, in flat columns.

Null is an empty cell. Values of a list are joined with `|`; a `|` within a value is written `\|` and a backslash `\\`.
A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP: CSV injection); numbers, dates
and truth values are left as they are.
"""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from pydantic_core import from_json

from app.formats.base import Batches, Format, ResultMetadata, dumps
from app.formats.columns import Column, get_path, selected_columns

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text starts that some spreadsheet takes for a formula; the last four are the full-width forms."""
SUSPECT_STARTS = frozenset((*FORMULA_STARTS, "'"))


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """One chunk per batch; the header comes even where there is no row."""
    columns = selected_columns(metadata.columns, metadata.fields, metadata.spatial)
    parts = [
        _column_group(name, list(part)) for name, part in groupby(columns, lambda column: (column.path or ("",))[0])
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for batch in batches:
        for text, point in batch:
            row = from_json(text)
            cells: list[Any] = []
            for name, empty, part_cells in parts:
                value = row.get(name) if name else point
                cells += empty if value is None else part_cells(value)
            writer.writerow(cells)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _column_group(name: str, columns: list[Column]) -> tuple[str, list[str], Callable[[Any], list[Any]]]:
    """Neighbouring columns in one field (in none: where the row lies): its name, what is written where it is missing,
    and what writes its value."""
    cells = [(column.path[1:], column.name, _cell_writer(column)) for column in columns]
    empty = [""] * len(columns)
    if not name:
        return name, empty, lambda point: [_empty_if_none(cell, getattr(point, column)) for _, column, cell in cells]
    if cells[0][0] == ():
        [(_, _, only)] = cells
        return name, empty, lambda value: [only(value)]
    if all(len(path) == 1 for path, _, _ in cells):
        return name, empty, _nested_writer([(path[0], cell) for path, _, cell in cells])
    return name, empty, lambda value: [_empty_if_none(cell, get_path(value, path)) for path, _, cell in cells]


def _nested_writer(cells: list[tuple[str, Callable[[Any], Any]]]) -> Callable[[Any], list[Any]]:
    """What writes the values of an object, or of a list of objects; exports have millions of them."""

    def written(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [cell([item.get(name) for item in value]) for name, cell in cells]
        return ["" if (inner := value.get(name)) is None else cell(inner) for name, cell in cells]

    return written


def _empty_if_none(cell: Callable[[Any], Any], value: Any) -> Any:
    return "" if value is None else cell(value)


def _cell_writer(column: Column) -> Callable[[Any], Any]:
    """How a value of a column is written."""
    if column.column_type == "json":
        return lambda value: escape_formula(dumps(value))
    if column.is_list:
        return _join_texts if column.column_type == "text" else _join_list
    return {"boolean": _list_item, "text": escape_formula}.get(column.column_type, lambda value: value)


def _join_list(values: list[Any]) -> str:
    return "|".join([_list_item(value) for value in values]) if len(values) != 1 else _list_item(values[0])


def _join_texts(values: list[Any]) -> str:
    return escape_formula(_join_list(values))


def _list_item(value: Any) -> str:
    """A value within a list."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|") if "|" in text or "\\" in text else text


def escape_formula(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    if text[:1] not in SUSPECT_STARTS:
        return text
    # One that starts with an apostrophe already gets another, so that taking one away always gives the text back.
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


CSV = Format("csv", "text/csv; charset=utf-8; header=present", write, flat=True)
