"""What a list is: its rows, its parameters, its orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, FromClause, Table

from app.db.statements import StatementCache
from app.errors import InvalidParameterError
from app.names import closest_matches
from app.query.lists.cursors import MAX_CURSOR_LENGTH, Sort, decode_value, format_sort, read_cursor
from app.query.params.param import ListQuery, Param, SemiJoin, integer_between, read_query, single_code_parser
from app.query.planner.planner import Indexes

MAX_ROWS = 1000
DEFAULT_ROWS = 100
FORMATS = ("json", "geojson", "csv", "ndjson", "parquet")


@dataclass(frozen=True)
class ListDefinition:
    """A resource that can be listed: its rows, what they are joined with, its parameters and orders.

    `sorts` maps what may be sorted by to columns; every order ends with the id. `base_predicate` is a condition that
    holds whatever is asked. `missing_value_predicates` tells, for what a filter may fail to judge, which rows lack it.
    """

    name: str
    rows: Table
    params: Mapping[str, Param]
    sorts: Mapping[str, str]
    default_sort: Sort
    source: FromClause | None = None
    base_predicate: Callable[[ListQuery], ColumnElement[bool] | None] | None = None
    missing_value_predicates: Mapping[str, Callable[[ListQuery], ColumnElement[bool]]] = field(default_factory=dict)
    child_table: Table | None = None
    render_child: Callable[[str, Mapping[str, Any]], str] | None = None
    """With `child_table`: the table whose id ends the order, and how its row is made from `rows.row` and its own
    columns."""
    point_columns: tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]] | None = None
    """Longitude, latitude and kind of the point of a row; None where rows lie nowhere."""
    indexes: Indexes | None = None
    """Of a table that may be large: how its rows are found."""
    subject: SemiJoin | None = None
    """The rows that have what `source` joins them with, if that is not every one."""
    statements: StatementCache = field(init=False, default_factory=StatementCache, compare=False, repr=False)
    """What was written before, by the shape of the question."""

    def resolve(self, values: Mapping[str, Any], connection: Connection) -> ListQuery:
        """A question: what the values stand for is looked up. Raises InvalidParameterError."""
        unresolved = ListQuery(values, connection, self.rows)
        resolved = {
            name: param.resolver(value, unresolved) if (param := self.params.get(name)) and param.resolver else value
            for name, value in values.items()
        }
        return ListQuery(resolved, connection, self.rows)

    def column(self, sort: str) -> ColumnElement[Any]:
        """The column that a name of `sorts` stands for."""
        name = self.sorts[sort]
        return (
            self.child_table.c[name]
            if self.child_table is not None and name in self.child_table.c
            else self.rows.c[name]
        )

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return self.decode_cursor(read_paged(pairs, self.params, self.default_sort))

    def decode_cursor(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, those of the cursor as the columns hold them. Raises InvalidParameterError."""
        if "cursor" not in values:
            return values
        order, last = values["cursor"]
        columns = [self.column(name) for name, _ in values["sort"]]
        return values | {"cursor": (order, [decode_value(*pair) for pair in zip(columns, last, strict=True)])}


def filter_params(listing: ListDefinition) -> dict[str, Param]:
    """The parameters that say which rows are meant, for answers that show no page of them."""
    paging = ("limit", "cursor", "sort", "fields", "count", "f")
    return {name: param for name, param in listing.params.items() if name not in paging}


def field_names(row: type[BaseModel]) -> list[str]:
    """The names of the fields of a row, as they are said."""
    return [name.rstrip("_") for name in row.model_fields]


def with_examples(params: Mapping[str, Param], examples: Mapping[str, str]) -> dict[str, Param]:
    """The parameters, some of them with another example."""
    return {name: replace(param, example=examples.get(name, param.example)) for name, param in params.items()}


def read_paged(pairs: Sequence[tuple[str, str]], params: Mapping[str, Param], default_sort: Sort) -> dict[str, Any]:
    """The values of a query string for a paged answer. Raises InvalidParameterError."""
    values: dict[str, Any] = {"limit": DEFAULT_ROWS, "sort": default_sort} | read_query(pairs, params)
    if "cursor" in values and values["cursor"][0] != format_sort(values["sort"]):
        raise InvalidParameterError("cursor", "...", "belongs to another sort; follow next as it stands")
    return values


def define_list(
    name: str,
    rows: Table,
    filters: Sequence[Param],
    sorts: Mapping[str, str],
    default_sort: str,
    fields: Sequence[str],
    examples: Mapping[str, str] | None = None,
    **more: Any,
) -> ListDefinition:
    """A listing with the parameters that every list has, beside its own filters.

    `examples` replace those of shared filters where these would find nothing in this list.
    """
    params = {param.name: param for param in (*filters, *presentation_params(sorts, default_sort, fields))}
    params = with_examples(params, examples or {})
    return ListDefinition(name, rows, params, sorts, params["sort"].parser(default_sort), **more)


def presentation_params(
    sorts: Mapping[str, str], default_sort: str, fields: Sequence[str], formats: Sequence[str] = FORMATS
) -> list[Param]:
    """The parameters of every list that steer and do not filter."""
    by = ", ".join(sorts)
    return [
        Param(
            "limit",
            f"How many rows at the most, 1 to {MAX_ROWS}; `all` streams every row, in any format but json.",
            "5",
            read_limit,
            schema={"anyOf": [LIMIT_SCHEMA, {"type": "string", "enum": ["all"]}], "default": DEFAULT_ROWS},
        ),
        Param(
            "cursor",
            "Where to go on: taken from `next` of the page before, never made by hand.",
            "",
            read_cursor,
            max_length=MAX_CURSOR_LENGTH,
        ),
        Param(
            "sort",
            f"The order, by any of {by}, separated by commas; `-` turns one round. The id always comes last.",
            "-" + next(iter(sorts)) if default_sort[0] != "-" else next(iter(sorts)),
            _sort_parser(sorts),
            schema={"type": "string", "default": default_sort},
        ),
        Param(
            "fields",
            f"Only these fields of each row, separated by commas: {', '.join(fields)}.",
            ",".join(fields[:3]),
            _fields_parser(fields),
        ),
        format_param(formats),
        Param(
            "count",
            "`exact` adds `matched`, the number of all rows that match.",
            "exact",
            single_code_parser("count", "exact"),
            schema={"type": "string", "enum": ["exact"]},
        ),
    ]


LIMIT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}


def read_limit(text: str) -> int | None:
    """How many rows at the most; None for all of them."""
    return None if text == "all" else integer_between(1, MAX_ROWS)(text)


def format_param(formats: Sequence[str]) -> Param:
    """The parameter that names the format of an answer."""
    return Param(
        "f",
        "The format of the answer; without it, what Accept prefers.",
        formats[0],
        single_code_parser("f", *formats),
        schema={"type": "string", "enum": list(formats), "default": formats[0]},
    )


def _sort_parser(sorts: Mapping[str, str]) -> Callable[[str], Sort]:
    def parse(text: str) -> Sort:
        parts: Sort = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in sorts:
                reason = f"rows are sorted by {', '.join(sorts)}"
                raise InvalidParameterError("sort", part, reason, closest_matches(name, sorts))
            if name not in (name_ for name_, _ in parts):
                parts.append((name, part.strip().startswith("-")))
            if name == "id":
                return parts  # ids are unique: nothing after them can matter
        return [*parts, ("id", False)]

    return parse


def _fields_parser(fields: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in fields:
                reason = f"rows have {', '.join(fields)}"
                raise InvalidParameterError("fields", name, reason, closest_matches(name, fields))
        return [name for name in fields if name in names]

    return parse
