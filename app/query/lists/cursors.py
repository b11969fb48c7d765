"""Cursors: the sort values of the last row of a page, encoded for a URL (keyset pagination)."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, tuple_

from app.errors import InvalidParameterError
from app.query.params.param import CursorValues, is_printable

Sort = tuple[tuple[str, bool], ...]
"""Name and direction (descending?) of each sort column; the last is the id."""

MAX_CURSOR_LENGTH = 40_000  # a cursor holds whole names, in base64
Column = ColumnElement[Any]
INVALID_CURSOR = "is no cursor of this list; follow next as it stands"


class EncodedCursor(NamedTuple):
    """A cursor as a client sends it: the sort it belongs to, and the sort values of the last row as text."""

    sort: str
    values: list[str]


def keyset_predicate(order: Sequence[tuple[Column, bool]], last: CursorValues) -> ColumnElement[bool]:
    """Match the rows after the last one of a page, in a form that an index on the first sort column can use."""
    if len({down for _, down in order}) == 1:
        columns, values = tuple_(*(column for column, _ in order)), tuple_(*last)
        return columns < values if order[0][1] else columns > values
    steps = []
    for at, (column, down) in enumerate(order):
        equal = [earlier == value for (earlier, _), value in zip(order[:at], last, strict=False)]
        steps.append(and_(*equal, column < last[at] if down else column > last[at]))
    first, down = order[0]
    reachable = first <= last[0] if down else first >= last[0]
    return and_(reachable, or_(*steps))


def format_sort(sort: Sort) -> str:
    """Format an order as the parameter `sort` spells it."""
    return ",".join(f"-{name}" if down else name for name, down in sort)


def decode_value(column: Column, text: str) -> str | date:
    """Decode a value of a cursor to the type of its column. Raises InvalidParameterError."""
    if column.type.python_type is not date:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidParameterError("cursor", "...", INVALID_CURSOR) from None


def write_cursor(sort: Sort, last: CursorValues) -> str:
    """Encode the position after a row as URL-safe text."""
    values = [value.isoformat() if isinstance(value, date) else value for value in last]
    text = json.dumps([format_sort(sort), values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> EncodedCursor:
    """Decode a cursor. Raises ValueError for a text that no page can have given."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        sort, values = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError, TypeError):
        raise ValueError(INVALID_CURSOR) from None
    if not isinstance(sort, str) or not isinstance(values, list) or len(values) != len(sort.split(",")):
        raise ValueError(INVALID_CURSOR)
    if not all(isinstance(value, str) and is_printable(value) for value in values):
        raise ValueError(INVALID_CURSOR)
    return EncodedCursor(sort, values)
