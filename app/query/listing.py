"""From a question to a page: the conditions, the order, the cursor, one statement."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, func, or_, select

from app.errors import InvalidParameterError
from app.names import nearest
from app.query.params import Asked, Param, one_code, read_query, readable, whole_number

MOST_ROWS = 1000
DEFAULT_ROWS = 100
LONGEST_CURSOR = 40_000  # it holds whole names, in base64
FORMATS = ("json",)
FORGED = "is no cursor of this list; follow next as it stands"


Sort = list[tuple[str, bool]]
"""(name, descending) for each part of an order."""


@dataclass(frozen=True)
class Listing:
    """A resource that can be listed: its rows, what they are joined with, its parameters and orders.

    `sorts` maps what may be sorted by to columns; every order ends with the id. `always` is a condition that
    holds whatever is asked. `unjudged` tells, for what a filter may fail to judge, which rows lack it.
    """

    name: str
    rows: Table
    params: Mapping[str, Param]
    sorts: Mapping[str, str]
    default_sort: Sort
    source: FromClause | None = None
    always: Callable[[Asked], ColumnElement[bool] | None] | None = None
    unjudged: Mapping[str, Callable[[Asked], ColumnElement[bool]]] = field(default_factory=dict)
    shown: Table | None = None
    present: Callable[..., str] | None = None
    """With `shown`: the table whose id ends the order, and how its row is made from `rows.row` and its own."""

    def column(self, sort: str) -> ColumnElement[Any]:
        """The column that a name of `sorts` stands for."""
        name = self.sorts[sort]
        return self.shown.c[name] if self.shown is not None and name in self.shown.c else self.rows.c[name]

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        values = read_paged(pairs, self.params, self.default_sort)
        if "cursor" in values:
            spelt, last = values["cursor"]
            columns = [self.column(name) for name, _ in values["sort"]]
            values["cursor"] = spelt, [_typed(column, text) for column, text in zip(columns, last, strict=True)]
        return values


def filters_of(listing: Listing) -> dict[str, Param]:
    """The parameters that say which rows are meant, for answers that show no page of them."""
    return {name: p for name, p in listing.params.items() if name not in ("limit", "cursor", "sort", "fields", "count")}


def with_examples(params: Mapping[str, Param], examples: Mapping[str, str]) -> dict[str, Param]:
    """The parameters, some of them with another example."""
    return {name: replace(param, example=examples.get(name, param.example)) for name, param in params.items()}


def read_paged(pairs: Sequence[tuple[str, str]], params: Mapping[str, Param], default_sort: Sort) -> dict[str, Any]:
    """The values of a query string for a paged answer. Raises InvalidParameterError."""
    values: dict[str, Any] = {"limit": DEFAULT_ROWS, "sort": default_sort} | read_query(pairs, params)
    if "cursor" in values and values["cursor"][0] != _spelt(values["sort"]):
        raise InvalidParameterError("cursor", "...", "belongs to another sort; follow next as it stands")
    return values


def listing(
    name: str,
    rows: Table,
    filters: Sequence[Param],
    sorts: Mapping[str, str],
    default_sort: str,
    fields: Sequence[str],
    examples: Mapping[str, str] | None = None,
    **more: Any,
) -> Listing:
    """A listing with the parameters that every list has, beside its own filters.

    `examples` replace those of shared filters where these would find nothing in this list.
    """
    params = {param.name: param for param in (*filters, *steering(sorts, default_sort, fields))}
    params = with_examples(params, examples or {})
    return Listing(name, rows, params, sorts, params["sort"].read(default_sort), **more)


def steering(sorts: Mapping[str, str], default_sort: str, fields: Sequence[str]) -> list[Param]:
    """The parameters of every list that steer and do not filter."""
    by = ", ".join(sorts)
    return [
        Param(
            "limit",
            f"How many rows at the most, 1 to {MOST_ROWS}.",
            "5",
            _read_limit,
            schema={"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_ROWS},
        ),
        Param(
            "cursor",
            "Where to go on: taken from `next` of the page before, never made by hand.",
            "",
            read_cursor,
            longest=LONGEST_CURSOR,
        ),
        Param(
            "sort",
            f"The order, by any of {by}, separated by commas; `-` turns one round. The id always comes last.",
            "-" + next(iter(sorts)) if default_sort[0] != "-" else next(iter(sorts)),
            _sort_reader(sorts),
            schema={"type": "string", "default": default_sort},
        ),
        Param(
            "fields",
            f"Only these fields of each row, separated by commas: {', '.join(fields)}.",
            ",".join(fields[:3]),
            _fields_reader(fields),
        ),
        Param(
            "f",
            "The format of the answer.",
            FORMATS[0],
            one_code("f", *FORMATS),
            schema={"type": "string", "enum": list(FORMATS)},
        ),
        Param(
            "count",
            "`exact` adds `matched`, the number of all rows that match.",
            "exact",
            one_code("count", "exact"),
            schema={"type": "string", "enum": ["exact"]},
        ),
    ]


def _read_limit(text: str) -> int:
    if text == "all":
        raise ValueError("json is paged; follow next")
    return whole_number(1, MOST_ROWS)(text)


def _sort_reader(sorts: Mapping[str, str]) -> Callable[[str], Sort]:
    def read(text: str) -> Sort:
        parts: Sort = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in sorts:
                reason = f"rows are sorted by {', '.join(sorts)}"
                raise InvalidParameterError("sort", part, reason, nearest(name, sorts))
            if name not in (known for known, _ in parts):
                parts.append((name, part.strip().startswith("-")))
            if name == "id":
                return parts  # ids are unique: nothing after them can matter
        return [*parts, ("id", False)]

    return read


def _fields_reader(fields: Sequence[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        wanted = [name.strip() for name in text.split(",")]
        for name in wanted:
            if name not in fields:
                reason = f"rows have {', '.join(fields)}"
                raise InvalidParameterError("fields", name, reason, nearest(name, fields))
        return [name for name in fields if name in wanted]

    return read


@dataclass(frozen=True)
class Page:
    """One page: the rows as they are stored, the cursor of the next page, and the counts that were asked for."""

    rows: list[str]
    next: str | None
    matched: int | None
    omitted: dict[str, int] | None


def conditions(listing: Listing, asked: Asked, without: str | None = None) -> list[ColumnElement[bool]]:
    """What the rows must meet; `without` leaves out the parameters that judge the given thing."""
    found = [listing.always(asked)] if listing.always else []
    for name, value in asked.values.items():
        param = listing.params.get(name)
        if param and param.where and (without is None or param.judges != without):
            found.append(param.where(value, asked))
    return [condition for condition in found if condition is not None]


def matching(listing: Listing, asked: Asked, *columns: Any) -> Select[Any]:
    """The statement that reads these columns of all rows that match, in no order."""
    return _from(listing, select(*columns)).where(*conditions(listing, asked))


def _from(listing: Listing, statement: Select[Any]) -> Select[Any]:
    return statement.select_from(listing.source if listing.source is not None else listing.rows)


def page(listing: Listing, values: Mapping[str, Any], connection: Connection) -> Page:
    """Answer a question: at most `limit` rows after the cursor, in order, and what was counted."""
    asked = Asked(values, connection, listing.rows)
    met = conditions(listing, asked)
    order = [(listing.column(name), down) for name, down in values["sort"]]
    shown_columns = [] if listing.shown is None else list(listing.shown.c)
    statement = _from(
        listing,
        select(listing.rows.c.row, *(column.label(f"by_{at}") for at, (column, _) in enumerate(order)), *shown_columns),
    ).where(*met)
    if "cursor" in values:
        statement = statement.where(_after(order, values["cursor"][1]))
    statement = statement.order_by(*(column.desc() if down else column.asc() for column, down in order))
    found = connection.execute(statement.limit(values["limit"] + 1)).all()
    shown = found[: values["limit"]]
    more = len(found) > len(shown)
    return Page(
        rows=[listing.present(row) if listing.present else row[0] for row in shown],
        next=write_cursor(values["sort"], shown[-1][1 : len(order) + 1]) if more else None,
        matched=_count(listing, asked, met) if values.get("count") else None,
        omitted=omitted(listing, asked),
    )


def _count(listing: Listing, asked: Asked, met: Sequence[ColumnElement[bool]]) -> int:
    counted = _from(listing, select(func.count()).where(*met))
    return int(asked.connection.scalar(counted) or 0)


def omitted(listing: Listing, asked: Asked) -> dict[str, int] | None:
    """How many rows meet everything else but lack what the spatial or time filter judges."""
    judging = [param for name in asked.values if (param := listing.params.get(name)) and param.judges]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    judged = {p.judges: p.where and p.where(asked.values[p.name], asked) is not None for p in judging}
    counts = {}
    for lack, asks in judged.items():
        unjudged = [*conditions(listing, asked, without=lack), listing.unjudged[str(lack)](asked)]
        counts[str(lack)] = _count(listing, asked, unjudged) if asks else 0
    return counts or None


def _after(order: Sequence[tuple[Any, bool]], last: Sequence[Any]) -> ColumnElement[bool]:
    """The rows that come after the last one shown, in a form that an index on the first column can use."""
    steps = []
    for at, (column, down) in enumerate(order):
        equal = [earlier == value for (earlier, _), value in zip(order[:at], last, strict=False)]
        steps.append(and_(*equal, column < last[at] if down else column > last[at]))
    first, down = order[0]
    reachable = first <= last[0] if down else first >= last[0]
    return and_(reachable, or_(*steps))


def _spelt(sort: Sequence[tuple[str, bool]]) -> str:
    return ",".join(f"-{name}" if down else name for name, down in sort)


def _typed(column: ColumnElement[Any], text: str) -> Any:
    """A value of a cursor, as its column holds it. Raises InvalidParameterError."""
    if column.type.python_type is not date:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidParameterError("cursor", "...", FORGED) from None


def write_cursor(sort: Sequence[tuple[str, bool]], last: Sequence[Any]) -> str:
    """The place after a row, as a text that fits into a URL."""
    values = [value.isoformat() if isinstance(value, date) else value for value in last]
    text = json.dumps([_spelt(sort), values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, list[Any]]:
    """The order and the values that a cursor holds. Raises ValueError for anything that no page gave."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        spelt, values = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError, TypeError):
        raise ValueError(FORGED) from None
    if not isinstance(spelt, str) or not isinstance(values, list) or len(values) != len(spelt.split(",")):
        raise ValueError(FORGED)
    if not all(isinstance(value, str) and readable(value) for value in values):
        raise ValueError(FORGED)
    return spelt, values
