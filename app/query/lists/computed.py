"""Pages of rows that are worked out rather than stored: the same limit, cursor, count and fields as every list."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from app.geo import LocatedPoint
from app.query.lists.cursors import write_cursor
from app.query.lists.definition import field_names, presentation_params
from app.query.lists.page import Page, RowWithPoint
from app.query.lists.request import ID_ORDER, ListRequest
from app.query.params.param import Param


def computed_list_params(filters: Sequence[Param], row: type[BaseModel]) -> dict[str, Param]:
    """The filters, with what every list has but `sort`: these rows have one order."""
    fields = field_names(row)
    return {
        param.name: param
        for param in (*filters, *presentation_params({"id": "id"}, "id", fields))
        if param.name != "sort"
    }


def without_points(rows: Iterable[BaseModel]) -> list[RowWithPoint]:
    """Rows that lie nowhere."""
    return [(row.model_dump_json(), None) for row in rows]


def page_from_rows(
    rows: Mapping[str, BaseModel],
    request: ListRequest,
    omitted: dict[str, int] | None = None,
    points: Mapping[str, LocatedPoint] | None = None,
) -> Page:
    """One page of rows by key, in the order of the keys; `points` says where they lie."""
    after = request.cursor[0] if request.cursor else None
    keys = [key for key in sorted(rows) if after is None or key > str(after)]
    page_keys = keys[: request.limit]
    has_more = len(keys) > len(page_keys)
    return Page(
        [[(rows[key].model_dump_json(), (points or {}).get(key)) for key in page_keys]],
        next=write_cursor(ID_ORDER, [page_keys[-1]]) if has_more else None,
        matched=len(rows) if request.count else None,
        omitted=omitted,
    )
