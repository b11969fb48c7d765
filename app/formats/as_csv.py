r"""CSV (RFC 4180): a header, then one row a line, in flat columns.

Null is an empty cell. Values of a list are joined with `|`; a `|` within a value is written `\|` and a backslash `\\`.
A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP: CSV injection); numbers, dates
and truth values are left as they are.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from app.formats.base import Batches, Format, Head, dumps
from app.formats.columns import Column, shown, values_of

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text starts that some spreadsheet takes for a formula; the last four are the full-width forms."""


def write(head: Head, batches: Batches) -> Iterator[bytes]:
    """One chunk per batch; the header comes even where there is no row."""
    columns = shown(head.columns, head.fields, head.spatial)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for batch in batches:
        for row, spot in batch:
            values = values_of(json.loads(row), spot, columns)
            writer.writerow([_cell(column, value) for column, value in zip(columns, values, strict=True)])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return ""
    if column.kind == "json":
        return harmless(dumps(value))
    if column.many:
        value = "|".join(_item(item) for item in value)
    elif column.kind == "boolean":
        return _item(value)
    return harmless(value) if column.kind == "text" else value


def _item(value: Any) -> str:
    """A value within a list."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\\", "\\\\").replace("|", "\\|")


def harmless(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    # One that starts with an apostrophe already gets another, so that taking one away always gives the text back.
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


CSV = Format("csv", "text/csv; charset=utf-8; header=present", write, flat=True)
