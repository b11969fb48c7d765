"""Pages of rows that are worked out rather than stored: the same limit, cursor, count and fields as every list."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from app.query.listing import Page, Sort, steering, write_cursor
from app.query.params import Param

BY_ID: Sort = [("id", False)]


def computed_params(filters: Sequence[Param], row: type[BaseModel]) -> dict[str, Param]:
    """The filters, with what every list has but `sort`: these rows have one order."""
    fields = [name.rstrip("_") for name in row.model_fields]
    return {param.name: param for param in (*filters, *steering({"id": "id"}, "id", fields)) if param.name != "sort"}


def page_of(rows: Mapping[str, BaseModel], values: Mapping[str, Any], omitted: dict[str, int] | None = None) -> Page:
    """One page of rows by key, in the order of the keys."""
    after = values["cursor"][1][0] if "cursor" in values else None
    keys = [key for key in sorted(rows) if after is None or key > after]
    shown = keys[: values["limit"]]
    more = len(keys) > len(shown)
    return Page(
        rows=[rows[key].model_dump_json() for key in shown],
        next=write_cursor(BY_ID, [shown[-1]]) if more else None,
        matched=len(rows) if values.get("count") else None,
        omitted=omitted,
    )
