"""Pages of rows that are worked out rather than stored: the same limit, cursor, count and fields as every list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from app.geo import Spot
from app.query.cursors import Sort, write_cursor
from app.query.listing import fields_of, steering
from app.query.pages import Page, Row
from app.query.params import Param

BY_ID: Sort = [("id", False)]


def computed_params(filters: Sequence[Param], row: type[BaseModel]) -> dict[str, Param]:
    """The filters, with what every list has but `sort`: these rows have one order."""
    fields = fields_of(row)
    return {param.name: param for param in (*filters, *steering({"id": "id"}, "id", fields)) if param.name != "sort"}


def batch_of(rows: Iterable[BaseModel]) -> list[Row]:
    """Rows that lie nowhere."""
    return [(row.model_dump_json(), None) for row in rows]


def page_of(
    rows: Mapping[str, BaseModel],
    values: Mapping[str, Any],
    omitted: dict[str, int] | None = None,
    spots: Mapping[str, Spot] | None = None,
) -> Page:
    """One page of rows by key, in the order of the keys; `spots` says where they lie."""
    after = values["cursor"][1][0] if "cursor" in values else None
    keys = [key for key in sorted(rows) if after is None or key > after]
    shown = keys[: values["limit"]]
    more = len(keys) > len(shown)
    return Page(
        [[(rows[key].model_dump_json(), (spots or {}).get(key)) for key in shown]],
        next=write_cursor(BY_ID, [shown[-1]]) if more else None,
        matched=len(rows) if values.get("count") else None,
        omitted=omitted,
    )
