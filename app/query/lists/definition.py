"""Definition of a list: its rows, parameters and orders."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, FromClause, Table

from app.db.statements import StatementCache
from app.errors import InvalidParameterError
from app.formats import FORMATS
from app.names import closest_matches
from app.query.lists.cursors import MAX_CURSOR_LENGTH, Sort, decode_value, read_cursor
from app.query.lists.request import DEFAULT_ROWS, MAX_ROWS, PRESENTATION_PARAMS, ListRequest, parse_list_request
from app.query.params.param import ListQuery, Param, integer_between, single_code_parser
from app.query.planner.access_paths import Indexes
from app.query.predicates.forms import SemiJoin

FORMAT_NAMES = tuple(FORMATS)
"""Values of the parameter `f`; the first one is the default."""
Column = ColumnElement[Any]
ChildRow = Mapping[str, Any]
"""A row of a list's child table, by column."""
BasePredicate = Callable[[ListQuery], ColumnElement[bool] | None]
MissingValuePredicates = Mapping[str, Callable[[ListQuery], ColumnElement[bool]]]
RenderChild = Callable[[str, ChildRow], str]
PointColumns = tuple[Column, Column, Column]


@dataclass(frozen=True)
class ListDefinition:
    """A resource that can be listed: its table, joins, parameters and orders.

    `sorts` maps names for `sort` to columns; every order ends with the id. `source` is the table with its joins, if it
    has any. `base_predicate` holds whatever is asked. `missing_value_predicates` matches, by the values of
    `Param.omits`, the rows that lack what such a filter needs.
    """

    name: str
    table: Table
    params: Mapping[str, Param]
    sorts: Mapping[str, str]
    default_sort: Sort
    source: FromClause | None = None
    base_predicate: BasePredicate | None = None
    missing_value_predicates: MissingValuePredicates = field(default_factory=dict)
    child_table: Table | None = None
    """The table of which each row is listed, where `table` holds several of them in one row, as claims hold figures."""
    render_child: RenderChild | None = None
    """The function that renders a row of `child_table` from `table.row` and its own columns."""
    empty_field: str | None = None
    """A field of the stored rows that is null in every row of this list, and is not served."""
    point_columns: PointColumns | None = None
    """Longitude, latitude and kind of the point of a row; None if rows have no coordinates."""
    indexes: Indexes | None = None
    """Indexes of a table that may be large, from which the planner chooses."""
    subject: SemiJoin | None = None
    """The rows that have what `source` joins them with, if that is not every row."""
    statements: StatementCache = field(init=False, default_factory=StatementCache, compare=False, repr=False)
    """Prepared statements by shape of the query."""

    def resolve(self, request: ListRequest, connection: Connection) -> ListQuery:
        """Resolve the names in a request to ids. Raises InvalidParameterError for a name that resolves to nothing."""
        unresolved = ListQuery(request.filters, connection, self.table)
        filters = {
            name: param.resolver(value, unresolved) if (param := self.params.get(name)) and param.resolver else value
            for name, value in request.filters.items()
        }
        return replace(unresolved, filters=filters, cursor=request.cursor)

    def column(self, sort: str) -> Column:
        """Return the column of a name in `sorts`."""
        name = self.sorts[sort]
        return (
            self.child_table.c[name]
            if self.child_table is not None and name in self.child_table.c
            else self.table.c[name]
        )

    def parse(self, pairs: Iterable[tuple[str, str]]) -> ListRequest:
        """Parse a query string, with the cursor's values as their columns hold them. Raises InvalidParameterError."""
        request = parse_list_request(pairs, self.params, self.default_sort)
        if request.cursor is None:
            return request
        columns = [self.column(name) for name, _ in request.sort]
        values = [decode_value(column, str(text)) for column, text in zip(columns, request.cursor, strict=True)]
        return replace(request, cursor=values)


def filter_params(listing: ListDefinition) -> dict[str, Param]:
    """Return the parameters of a list that filter, for answers that show no page of its rows."""
    return {name: param for name, param in listing.params.items() if name not in PRESENTATION_PARAMS}


def field_names(row: type[BaseModel]) -> list[str]:
    """Return the names of the fields of a row, as JSON has them."""
    return [name.rstrip("_") for name in row.model_fields]


def with_examples(params: Mapping[str, Param], examples: Mapping[str, str]) -> dict[str, Param]:
    """Return the parameters, some of them with another example."""
    return {name: replace(param, example=examples.get(name, param.example)) for name, param in params.items()}


class ListOptions(TypedDict, total=False):
    """Fields of `ListDefinition` that not every list has."""

    source: FromClause | None
    base_predicate: BasePredicate | None
    missing_value_predicates: MissingValuePredicates
    child_table: Table | None
    render_child: RenderChild | None
    empty_field: str | None
    point_columns: PointColumns | None
    indexes: Indexes | None
    subject: SemiJoin | None


def define_list(
    name: str,
    table: Table,
    filters: Sequence[Param],
    sorts: Mapping[str, str],
    default_sort: str,
    fields: Sequence[str],
    examples: Mapping[str, str] | None = None,
    **options: Unpack[ListOptions],
) -> ListDefinition:
    """Define a list with its own filters and the presentation parameters of every list.

    `examples` replaces examples of shared filters that match nothing in this list.
    """
    params = {param.name: param for param in (*filters, *presentation_params(sorts, default_sort, fields))}
    params = with_examples(params, examples or {})
    return ListDefinition(name, table, params, sorts, params["sort"].parser(default_sort), **options)


def presentation_params(
    sorts: Mapping[str, str], default_sort: str, fields: Sequence[str], formats: Sequence[str] = FORMAT_NAMES
) -> list[Param]:
    """Return the parameters of every list that choose a page and its form, rather than filter."""
    return [
        Param(
            "limit",
            f"How many rows at the most, 1 to {MAX_ROWS}; `all` streams every row, in any format but json.",
            "5",
            parse_limit,
            schema={"anyOf": [LIMIT_SCHEMA, {"type": "string", "enum": ["all"]}], "default": DEFAULT_ROWS},
        ),
        Param(
            "cursor",
            "Where to go on: taken from `next` of the page before, never made by hand.",
            "",
            read_cursor,
            max_length=MAX_CURSOR_LENGTH,
        ),
        _sort_param(sorts, default_sort),
        _fields_param(fields),
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


def parse_limit(text: str) -> int | None:
    """Parse the limit of rows; None for `all`. Raises ValueError unless it lies between 1 and `MAX_ROWS`."""
    return None if text == "all" else integer_between(1, MAX_ROWS)(text)


def format_param(formats: Sequence[str]) -> Param:
    """Return the parameter `f`, with these formats to choose from."""
    return Param(
        "f",
        "The format of the answer; without it, what Accept prefers.",
        formats[0],
        single_code_parser("f", *formats),
        schema={"type": "string", "enum": list(formats), "default": formats[0]},
    )


def _sort_param(sorts: Mapping[str, str], default_sort: str) -> Param:
    first = next(iter(sorts))
    return Param(
        "sort",
        f"The order, by any of {', '.join(sorts)}, separated by commas; `-` turns one round. The id always comes last.",
        first if default_sort[0] == "-" else f"-{first}",
        _sort_parser(sorts),
        schema={"type": "string", "default": default_sort},
    )


def _fields_param(fields: Sequence[str]) -> Param:
    return Param(
        "fields",
        f"Only these fields of each row, separated by commas: {', '.join(fields)}.",
        ",".join(fields[:3]),
        _fields_parser(fields),
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
                return tuple(parts)  # ids are unique, so no later name changes the order
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
