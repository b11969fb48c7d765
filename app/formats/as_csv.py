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

from app.formats.base import Batches, Format, Head, dumps
from app.formats.columns import Column, shown

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text starts that some spreadsheet takes for a formula; the last four are the full-width forms."""
SUSPECT = frozenset((*FORMULA, "'"))


def write(head: Head, batches: Batches) -> Iterator[bytes]:
    """One chunk per batch; the header comes even where there is no row."""
    columns = shown(head.columns, head.fields, head.spatial)
    parts = [_part(name, list(part)) for name, part in groupby(columns, lambda column: (column.path or ("",))[0])]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for batch in batches:
        for text, spot in batch:
            row, cells = from_json(text), []
            for name, empty, readers in parts:
                if name and row.get(name) is None:  # mostly whole parts of a row are missing
                    cells += empty
                else:
                    for value_of, cell in readers:
                        value = value_of(row, spot)
                        cells.append("" if value is None else cell(value))
            writer.writerow(cells)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _part(name: str, columns: list[Column]) -> tuple[str, list[str], list[tuple[Callable[..., Any], Any]]]:
    """Neighbouring columns in one field: its name, what is written without it, what reads and writes each of them."""
    return name, [""] * len(columns), [(column.of, _cell(column)) for column in columns]


def _cell(column: Column) -> Callable[[Any], Any]:
    """How a value of a column is written."""
    if column.kind == "json":
        return lambda value: harmless(dumps(value))
    if column.many:
        return _listed_texts if column.kind == "text" else _listed
    return {"boolean": _item, "text": harmless}.get(column.kind, lambda value: value)


def _listed(values: list[Any]) -> str:
    return "|".join(map(_item, values))


def _listed_texts(values: list[Any]) -> str:
    return harmless(_listed(values))


def _item(value: Any) -> str:
    """A value within a list."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\\", "\\\\").replace("|", "\\|")


def harmless(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    if text[:1] not in SUSPECT:
        return text
    # One that starts with an apostrophe already gets another, so that taking one away always gives the text back.
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


CSV = Format("csv", "text/csv; charset=utf-8; header=present", write, flat=True)
