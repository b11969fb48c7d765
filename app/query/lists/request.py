"""The parsed request for a list: filters, paging and presentation, each with its type."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.errors import InvalidParameterError
from app.query.lists.cursors import EncodedCursor, Sort, format_sort
from app.query.params.param import CursorValues, FilterValues, Param, parse_query

MAX_ROWS = 1000
DEFAULT_ROWS = 100
ID_ORDER: Sort = (("id", False),)
PRESENTATION_PARAMS = frozenset(("limit", "cursor", "sort", "fields", "f", "count"))
"""Parameters that choose a page and how it is written; all others filter."""


@dataclass(frozen=True)
class ListRequest:
    """A query string, parsed for a list.

    `filters` maps parameters to parsed values. `limit` is None for all rows. `cursor` holds the sort values of the last
    row of the page before. `fields` and `format` are None unless asked for.
    """

    filters: FilterValues
    sort: Sort = ID_ORDER
    limit: int | None = DEFAULT_ROWS
    cursor: CursorValues | None = None
    count: bool = False
    fields: Sequence[str] | None = None
    format: str | None = None


def parse_list_request(
    pairs: Iterable[tuple[str, str]], params: Mapping[str, Param], default_sort: Sort = ID_ORDER
) -> ListRequest:
    """Parse a query string. Raises InvalidParameterError."""
    values = parse_query(pairs, params)
    sort: Sort = values.get("sort", default_sort)
    cursor: EncodedCursor | None = values.get("cursor")
    if cursor is not None and cursor.sort != format_sort(sort):
        raise InvalidParameterError("cursor", "...", "belongs to another sort; follow next as it stands")
    return ListRequest(
        {name: value for name, value in values.items() if name not in PRESENTATION_PARAMS},
        sort,
        values.get("limit", DEFAULT_ROWS),
        cursor.values if cursor is not None else None,
        "count" in values,
        values.get("fields"),
        values.get("f"),
    )
