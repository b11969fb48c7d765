"""A query string in ACLED's way: a filter and an operator for every column, fields, limit, page and format.

What is empty asks nothing. Names that mean nothing are passed over, as ACLED passes over them, but counted up, so
that an answer can name them; values that mean nothing are errors.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidParameterError
from app.names import closest_matches
from app.query.compat.acled.filters import OPERATORS, CellType, Filter, parse_filter, parse_operator
from app.query.params.param import MAX_QUOTED_CHARS, Param, integer_between, single_code_parser

DEFAULT_ROWS = 5000
MAX_VALUE_LENGTH = 10_000  # all countries of the world in one list
SILENTLY_IGNORED = ("key", "email", "password", "access_token", "with_total")
"""Passed over without a word: credentials, which open nothing here, and a wish that is always met."""


@dataclass(frozen=True)
class AcledColumn:
    """A column of the shape, which is a filter too: what it holds, and how it compares unless told otherwise."""

    name: str
    kind: CellType
    operator: str
    description: str
    example: str

    @property
    def params(self) -> tuple[Param, Param]:
        """The filter, and the operator that it takes."""
        how = f"How `{self.name}` is compared: {', '.join(OPERATORS)}; without it {self.operator}."
        return (
            Param(self.name, self.description, self.example, str, max_length=MAX_VALUE_LENGTH),
            Param(f"{self.name}_where", how, self.operator, parse_operator),
        )


Columns = Mapping[str, AcledColumn]


@dataclass(frozen=True)
class AcledQuery:
    """What a query string asks: conditions, columns, and which page of how many rows (None: all of them).

    `ignored` are the names that mean nothing here, `hints` what is often meant otherwise.
    """

    filters: tuple[Filter, ...]
    fields: tuple[str, ...]
    limit: int | None
    page: int
    format: str | None
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
    """The parameters of a shape with these columns."""
    filters = [param for column in columns.values() for param in column.params]
    return {param.name: param for param in (*filters, *_presentation_params(columns))}


def parse_acled_query(pairs: Iterable[tuple[str, str]], columns: Columns) -> AcledQuery:
    """What a query string asks. Names of parameters may be in upper case. Raises InvalidParameterError."""
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
        ignored=tuple(ignored),
        hints=tuple(
            _hint(filter_) for filter_ in filters if f"{filter_.column}_where" not in values and _is_misleading(filter_)
        ),
    )


def _make_filter(column: AcledColumn, values: Mapping[str, Any], columns: Columns) -> Filter:
    text, operator = values[column.name], values.get(f"{column.name}_where", column.operator)
    try:
        return parse_filter(column.name, column.kind, operator, text, columns)
    except ValueError as error:
        raise InvalidParameterError(column.name, text[:MAX_QUOTED_CHARS], str(error)) from None


def _is_misleading(filter_: Filter) -> bool:
    """Whether it names two days, by which people mostly mean all days between them."""
    return filter_.kind == "day" and filter_.operator == "=" and len(filter_.values) == 2


def _hint(filter_: Filter) -> str:
    return (
        f"{filter_.column} asks for each of these days; {filter_.column}_where=BETWEEN asks for all days between them"
    )
