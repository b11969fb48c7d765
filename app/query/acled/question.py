"""A query string in ACLED's way: a filter and an operator for every column, fields, limit, page and format.

What is empty asks nothing. Names that mean nothing are passed over, as ACLED passes over them, but counted up, so
that an answer can name them; values that mean nothing are errors.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidParameterError
from app.names import nearest
from app.query.acled.filters import OPERATORS, Filter, Kind, read_filter, read_operator
from app.query.params import LONGEST_SHOWN, Param, one_code, whole_number

DEFAULT_ROWS = 5000
LONGEST_VALUE = 10_000  # all countries of the world in one list
NOT_TOLD = ("key", "email", "password", "access_token", "with_total")
"""Passed over without a word: credentials, which open nothing here, and a wish that is always met."""


@dataclass(frozen=True)
class AcledColumn:
    """A column of the shape, which is a filter too: what it holds, and how it compares unless told otherwise."""

    name: str
    kind: Kind
    operator: str
    meaning: str
    example: str

    @property
    def params(self) -> tuple[Param, Param]:
        """The filter, and the operator that it takes."""
        how = f"How `{self.name}` is compared: {', '.join(OPERATORS)}; without it {self.operator}."
        return (
            Param(self.name, self.meaning, self.example, str, longest=LONGEST_VALUE),
            Param(f"{self.name}_where", how, self.operator, read_operator),
        )


Columns = Mapping[str, AcledColumn]


@dataclass(frozen=True)
class Question:
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


def _steering(columns: Columns) -> tuple[Param, ...]:
    names = list(columns)

    def read_fields(text: str) -> tuple[str, ...]:
        wanted = [name.strip().lower() for name in re.split("[|,]", text)]
        for name in wanted:
            if name not in columns:
                raise InvalidParameterError("fields", name, f"rows have {', '.join(names)}", nearest(name, names))
        return tuple(name for name in names if name in wanted)

    return (
        Param("fields", f"Only these columns, separated by `|`: {', '.join(names)}.", "|".join(names[:2]), read_fields),
        Param(
            "limit",
            "How many rows at the most; 0 for all of them.",
            "10",
            whole_number(0, 10**9),
            schema={"type": "integer", "minimum": 0, "default": DEFAULT_ROWS},
        ),
        Param(
            "page",
            "Which page of `limit` rows, from 1; after the last one there are no rows.",
            "1",
            whole_number(1, 10**9),
            schema={"type": "integer", "minimum": 1, "default": 1},
        ),
        Param(
            "_format",
            "The format of the answer; without it, what Accept prefers.",
            "json",
            one_code("_format", "json", "csv"),
            schema={"type": "string", "enum": ["json", "csv"], "default": "json"},
        ),
        Param(
            "export_type",
            "Rows are dyadic: one for each event, with both of its sides.",
            "dyadic",
            one_code("export_type", "dyadic"),
            schema={"type": "string", "enum": ["dyadic"], "default": "dyadic"},
        ),
    )


def params_of(columns: Columns) -> dict[str, Param]:
    """The parameters of a shape with these columns."""
    filters = [param for column in columns.values() for param in column.params]
    return {param.name: param for param in (*filters, *_steering(columns))}


def read_question(pairs: Iterable[tuple[str, str]], columns: Columns) -> Question:
    """What a query string asks. Names of parameters may be in upper case. Raises InvalidParameterError."""
    params = params_of(columns)
    given: dict[str, Any] = {}
    ignored: dict[str, None] = {}
    for name, text in pairs:
        param = params.get(name.lower())
        if param is None:
            ignored |= {} if name.lower() in NOT_TOLD or not name else {name: None}
        elif text.strip():
            if param.name in given:
                raise InvalidParameterError(param.name, text[:80], "is given twice; separate several values with |")
            given[param.name] = param.parse(text.strip())
    asked = [column for column in columns.values() if column.name in given]
    filters = [_filter(column, given, columns) for column in asked]
    return Question(
        filters=tuple(filters),
        fields=given.get("fields", tuple(columns)),
        limit=given.get("limit", DEFAULT_ROWS) or None,
        page=given.get("page", 1),
        format=given.get("_format"),
        ignored=tuple(ignored),
        hints=tuple(_hint(made) for made in filters if f"{made.column}_where" not in given and _misleads(made)),
    )


def _filter(column: AcledColumn, given: Mapping[str, Any], columns: Columns) -> Filter:
    text, operator = given[column.name], given.get(f"{column.name}_where", column.operator)
    try:
        return read_filter(column.name, column.kind, operator, text, columns)
    except ValueError as error:
        raise InvalidParameterError(column.name, text[:LONGEST_SHOWN], str(error)) from None


def _misleads(made: Filter) -> bool:
    """Whether it names two days, by which people mostly mean all days between them."""
    return made.kind == "day" and made.compares == "=" and len(made.values) == 2


def _hint(made: Filter) -> str:
    return f"{made.column} asks for each of these days; {made.column}_where=BETWEEN asks for all days between them"
