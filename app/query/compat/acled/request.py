"""Query strings as ACLED's API takes them: a filter and an operator for every column, fields, limit, page, format.

An empty parameter asks nothing. As in ACLED's API unknown parameters are ignored; an answer names them in a header.
Values that cannot be read are errors.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.errors import InvalidParameterError
from app.names import closest_matches
from app.query.compat.acled.filters import OPERATORS, AcledColumn, Filter, parse_filter, parse_operator
from app.query.params.param import MAX_QUOTED_CHARS, Param, code_param, integer_between, single_code_parser
from app.vocab import EventStatus

DEFAULT_ROWS = 5000
MAX_VALUE_LENGTH = 10_000  # all countries of the world in one list
SILENTLY_IGNORED = ("key", "email", "password", "access_token", "with_total")
"""Parameters that no header names: credentials, which are not needed, and a total, which is always given."""


def _column_params(column: AcledColumn) -> tuple[Param, Param]:
    """Describe the filter of a column, and the operator that it takes."""
    how = f"How `{column.name}` is compared: {', '.join(OPERATORS)}; without it {column.operator}."
    return (
        Param(column.name, column.description, column.example, str, max_length=MAX_VALUE_LENGTH),
        Param(f"{column.name}_where", how, column.operator, parse_operator),
    )


Columns = Mapping[str, AcledColumn]
STATUS = replace(
    code_param("status", EventStatus, "disputed"),
    description="Not a parameter of ACLED: every event with one of these statuses, parts of others included. Without "
    "it, reported and corroborated events that repeat no part of another.",
)


@dataclass(frozen=True)
class AcledQuery:
    """A parsed query: conditions, columns, and a page of `limit` rows (None: all rows).

    `ignored` are unknown parameters; `hints` say where a query probably means something else than it asks.
    """

    filters: tuple[Filter, ...]
    fields: tuple[str, ...]
    limit: int | None
    page: int
    format: str | None
    statuses: tuple[str, ...]
    """Statuses asked for; without any, reported and corroborated events are served."""
    ignored: tuple[str, ...]
    hints: tuple[str, ...]


def _presentation_params(columns: Columns) -> tuple[Param, ...]:
    names = list(columns)

    def parse_fields(text: str) -> tuple[str, ...]:
        selected = [name.strip().lower() for name in re.split("[|,]", text)]
        for name in selected:
            if name not in columns:
                raise InvalidParameterError(
                    "fields", name, f"rows have {', '.join(names)}", closest_matches(name, names)
                )
        return tuple(name for name in names if name in selected)

    return (
        Param(
            "fields", f"Only these columns, separated by `|`: {', '.join(names)}.", "|".join(names[:2]), parse_fields
        ),
        Param(
            "limit",
            "How many rows at the most; 0 for all of them.",
            "10",
            integer_between(0, 10**9),
            schema={"type": "integer", "minimum": 0, "default": DEFAULT_ROWS},
        ),
        Param(
            "page",
            "Which page of `limit` rows, from 1; after the last one there are no rows.",
            "1",
            integer_between(1, 10**9),
            schema={"type": "integer", "minimum": 1, "default": 1},
        ),
        Param(
            "_format",
            "The format of the answer; without it, what Accept prefers.",
            "json",
            single_code_parser("_format", "json", "csv"),
            schema={"type": "string", "enum": ["json", "csv"], "default": "json"},
        ),
        Param(
            "export_type",
            "Rows are dyadic: one for each event, with both of its sides.",
            "dyadic",
            single_code_parser("export_type", "dyadic"),
            schema={"type": "string", "enum": ["dyadic"], "default": "dyadic"},
        ),
    )


def query_params(columns: Columns) -> dict[str, Param]:
    """Describe the parameters of a shape with these columns."""
    filters = [param for column in columns.values() for param in _column_params(column)]
    own = (STATUS,) if "tags" in columns else ()  # removed events have no status
    return {param.name: param for param in (*filters, *own, *_presentation_params(columns))}


def parse_acled_query(pairs: Iterable[tuple[str, str]], columns: Columns) -> AcledQuery:
    """Parse a query string; names of parameters may be in upper case. Raise InvalidParameterError."""
    params = query_params(columns)
    values: dict[str, Any] = {}
    ignored: dict[str, None] = {}
    for name, text in pairs:
        param = params.get(name.lower())
        if param is None:
            ignored |= {} if name.lower() in SILENTLY_IGNORED or not name else {name: None}
        elif text.strip():
            if param.name in values:
                raise InvalidParameterError(param.name, text[:80], "is given twice; separate several values with |")
            values[param.name] = param.parse(text.strip())
    filtered_columns = [column for column in columns.values() if column.name in values]
    filters = [_make_filter(column, values, columns) for column in filtered_columns]
    return AcledQuery(
        filters=tuple(filters),
        fields=values.get("fields", tuple(columns)),
        limit=values.get("limit", DEFAULT_ROWS) or None,
        page=values.get("page", 1),
        format=values.get("_format"),
        statuses=tuple(values.get("status", ())),
        ignored=tuple(ignored),
        hints=tuple(
            _hint(filter_)
            for filter_ in filters
            if f"{filter_.column.name}_where" not in values and _is_misleading(filter_)
        ),
    )


def _make_filter(column: AcledColumn, values: Mapping[str, Any], columns: Columns) -> Filter:
    text, operator = values[column.name], values.get(f"{column.name}_where", column.operator)
    try:
        return parse_filter(column, operator, text, columns)
    except ValueError as error:
        raise InvalidParameterError(column.name, text[:MAX_QUOTED_CHARS], str(error)) from None


def _is_misleading(filter_: Filter) -> bool:
    """Return whether a filter names two days, by which people mostly mean all days between them."""
    return filter_.column.kind == "day" and filter_.operator == "=" and len(filter_.values) == 2


def _hint(filter_: Filter) -> str:
    name = filter_.column.name
    return f"{name} asks for each of these days; {name}_where=BETWEEN asks for all days between them"
