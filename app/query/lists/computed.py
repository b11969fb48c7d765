"""Pages of computed rows, with the limit, cursor, count and fields of every list."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from app.geo import LocatedPoint
from app.query.lists.cursors import write_cursor
from app.query.lists.definition import field_names, presentation_params
from app.query.lists.page import Page, RowWithPoint
from app.query.lists.request import ID_ORDER, ListRequest
from app.query.params.param import Param


def computed_list_params(filters: Sequence[Param], row: type[BaseModel]) -> dict[str, Param]:
    """Return the filters and the presentation parameters except `sort`, because computed rows have one order."""
    fields = field_names(row)
    return {
        param.name: param
        for param in (*filters, *presentation_params({"id": "id"}, "id", fields))
        if param.name != "sort"
    }


def without_points(rows: Iterable[BaseModel]) -> list[RowWithPoint]:
    """Render rows of a kind that has no coordinates."""
    return [(row.model_dump_json(), None) for row in rows]


def page_from_rows(
    rows: Mapping[str, BaseModel],
    request: ListRequest,
    omitted: dict[str, int] | None = None,
    points: Mapping[str, LocatedPoint] | None = None,
) -> Page:
    """Return one page of rows, ordered by key; `points` holds the points of rows that have one."""
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
