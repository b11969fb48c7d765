"""What a list is: its rows, its parameters, its orders."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, FromClause, Table

from app.db.statements import StatementCache
from app.errors import InvalidParameterError
from app.names import closest_matches
from app.query.lists.cursors import MAX_CURSOR_LENGTH, Sort, decode_value, read_cursor
from app.query.lists.request import DEFAULT_ROWS, MAX_ROWS, PRESENTATION_PARAMS, ListRequest, parse_list_request
from app.query.params.param import ListQuery, Param, integer_between, single_code_parser
from app.query.planner.planner import Indexes
from app.query.predicates.forms import SemiJoin

FORMATS = ("json", "geojson", "csv", "ndjson", "parquet")


@dataclass(frozen=True)
class ListDefinition:
    """A resource that can be listed: its rows, what they are joined with, its parameters and orders.

    `sorts` maps what may be sorted by to columns; every order ends with the id. `base_predicate` is a condition that
    holds whatever is asked. `missing_value_predicates` tells, for what a filter may fail to judge, which rows lack it.
    """

    name: str
    table: Table
    params: Mapping[str, Param]
    sorts: Mapping[str, str]
    default_sort: Sort
    source: FromClause | None = None
    base_predicate: Callable[[ListQuery], ColumnElement[bool] | None] | None = None
    missing_value_predicates: Mapping[str, Callable[[ListQuery], ColumnElement[bool]]] = field(default_factory=dict)
    child_table: Table | None = None
    render_child: Callable[[str, Mapping[str, Any]], str] | None = None
    """The table whose id ends the sort, and the function that renders its row from `table.row` and its own columns."""
    point_columns: tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]] | None = None
    """Longitude, latitude and kind of the point of a row; None where rows lie nowhere."""
    indexes: Indexes | None = None
    """Of a table that may be large: how its rows are found."""
    subject: SemiJoin | None = None
    """The rows that have what `source` joins them with, if that is not every one."""
    statements: StatementCache = field(init=False, default_factory=StatementCache, compare=False, repr=False)
    """What was written before, by the shape of the question."""

    def resolve(self, request: ListRequest, connection: Connection) -> ListQuery:
        """Return the query of a request: names are looked up. Raises InvalidParameterError."""
        unresolved = ListQuery(request.filters, connection, self.table)
        filters = {
            name: param.resolver(value, unresolved) if (param := self.params.get(name)) and param.resolver else value
            for name, value in request.filters.items()
        }
        return replace(unresolved, filters=filters, cursor=request.cursor)

    def column(self, sort: str) -> ColumnElement[Any]:
        """The column that a name of `sorts` stands for."""
        name = self.sorts[sort]
        return (
            self.child_table.c[name]
            if self.child_table is not None and name in self.child_table.c
            else self.table.c[name]
        )

    def parse(self, pairs: Iterable[tuple[str, str]]) -> ListRequest:
        """Parse a query string; the cursor's values get the types of its columns. Raises InvalidParameterError."""
        request = parse_list_request(pairs, self.params, self.default_sort)
        if request.cursor is None:
            return request
        columns = [self.column(name) for name, _ in request.sort]
        values = [decode_value(column, str(text)) for column, text in zip(columns, request.cursor, strict=True)]
        return replace(request, cursor=values)


def filter_params(listing: ListDefinition) -> dict[str, Param]:
    """The parameters that say which rows are meant, for answers that show no page of them."""
    return {name: param for name, param in listing.params.items() if name not in PRESENTATION_PARAMS}


def field_names(row: type[BaseModel]) -> list[str]:
    """The names of the fields of a row, as they are said."""
    return [name.rstrip("_") for name in row.model_fields]


def with_examples(params: Mapping[str, Param], examples: Mapping[str, str]) -> dict[str, Param]:
    """The parameters, some of them with another example."""
    return {name: replace(param, example=examples.get(name, param.example)) for name, param in params.items()}


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
        parts: list[tuple[str, bool]] = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in sorts:
                reason = f"rows are sorted by {', '.join(sorts)}"
                raise InvalidParameterError("sort", part, reason, closest_matches(name, sorts))
            if name not in (name_ for name_, _ in parts):
                parts.append((name, part.strip().startswith("-")))
            if name == "id":
                return tuple(parts)  # ids are unique: nothing after them can matter
        return (*parts, ("id", False))

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
