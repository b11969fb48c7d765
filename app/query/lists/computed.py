"""Pages of computed rows, with the limit, cursor, count and fields of every list."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from pydantic import BaseModel

from app.deadlines import check_deadline
from app.geo import LocatedPoint
from app.query.lists.cursors import write_cursor
from app.query.lists.definition import field_names, presentation_params
from app.query.lists.page import ROWS_PER_BATCH, Page, RowWithPoint
from app.query.lists.request import ID_ORDER, ListRequest
from app.query.params.param import Param

T = TypeVar("T")


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
    return [(row, None) for row in to_json(rows)]


def page_from_rows(
    rows: Mapping[str, T],
    request: ListRequest,
    render: Callable[[Sequence[T]], Iterable[BaseModel]],
    omitted: dict[str, int] | None = None,
    points: Callable[[Sequence[str]], Mapping[str, LocatedPoint]] = lambda _keys: {},
) -> Page:
    """Return one page of rows, ordered by key, of which `render` makes those that are shown.

    Without a limit they are made in batches while they are taken. `points` returns the points of rows that have one.
    """
    after = request.cursor[0] if request.cursor else None
    keys = [key for key in sorted(rows) if after is None or key > str(after)]
    page_keys = keys[: request.limit]
    has_more = len(keys) > len(page_keys)

    def batch(shown: Sequence[str]) -> list[RowWithPoint]:
        located = points(shown)
        return list(zip(to_json(render([rows[key] for key in shown])), map(located.get, shown), strict=True))

    batches = (batch(page_keys[at : at + ROWS_PER_BATCH]) for at in range(0, len(page_keys), ROWS_PER_BATCH))
    return Page(
        batches if request.limit is None else list(batches) or [[]],
        next=write_cursor(ID_ORDER, [page_keys[-1]]) if has_more else None,
        matched=len(rows) if request.count else None,
        omitted=omitted,
    )


def to_json(rows: Iterable[BaseModel]) -> Iterator[str]:
    """Render rows, each while there is time."""
    for row in rows:
        check_deadline()
        yield row.model_dump_json()


def batched_rows(rows: Iterable[BaseModel]) -> Iterator[list[RowWithPoint]]:
    """Yield rendered rows in batches, made while they are taken."""
    rendered = to_json(rows)
    while batch := list(islice(rendered, ROWS_PER_BATCH)):
        yield [(row, None) for row in batch]
