"""Query parameters: one parameter with its parser and predicate, and the parsing of a whole query string."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table

from app.errors import InvalidParameterError
from app.names import closest_matches, forbidden_character
from app.query.predicates.forms import Predicate
from app.vocab import Code

MAX_VALUES = 100
MAX_VALUE_LENGTH = 2000
MAX_QUOTED_CHARS = 500  # of a refused value, so that a problem stays short


def is_printable(text: str) -> bool:
    """Return whether a text holds only characters that a name may hold."""
    return forbidden_character(text) is None


def printable(text: str) -> str:
    """Return a text as a problem may quote it; unprintable characters are escaped."""
    return text if is_printable(text) else repr(text)


ParamValue = Any
"""The value of one parameter. Each parameter has a type of its own, which its parser, resolver and predicate share."""
FilterValues = Mapping[str, ParamValue]
"""Values of filters by parameter: parsed from a query string, or resolved to ids."""
Schema = Mapping[str, Any]
"""A JSON Schema, as OpenAPI embeds it."""
CursorValues = Sequence[str | date]
"""Sort values of the last row of a page."""


@dataclass(frozen=True)
class ListQuery:
    """Resolved filters over the table of a list, with the connection that answers them.

    `cursor` and `lookback_from` bound the rows that are read: only those after the cursor, and only those whose sort
    date is that day or later.
    """

    filters: FilterValues
    connection: Connection
    table: Table
    cursor: CursorValues | None = None
    lookback_from: date | None = None

    def get(self, name: str) -> ParamValue:
        """Return the value of a filter, or None if it was not given."""
        return self.filters.get(name)


Resolver = Callable[[ParamValue, ListQuery], ParamValue]
PredicateFactory = Callable[[ParamValue, ListQuery], Predicate | None]


@dataclass(frozen=True)
class Param:
    """A query parameter of a list.

    `parser` turns text into a value; it raises ValueError with a reason, or InvalidParameterError. `resolver` replaces
    names by ids; None means that the value asks nothing of a row. `predicate` makes SQL of the value; without one the
    parameter only modifies others. One SQL text serves all values, which come as placeholders: a predicate may look at
    their type, their number and which are None. If its SQL depends on the value itself, the parameter is
    `structural`. `omits` names what a row may lack so that the filter cannot judge it: `undated` or `unlocated`.
    """

    name: str
    description: str
    example: str
    parser: Callable[[str], ParamValue]
    predicate: PredicateFactory | None = None
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    omits: str | None = None
    required: bool = False
    max_length: int = MAX_VALUE_LENGTH
    resolver: Resolver | None = None
    structural: bool = False

    def parse(self, text: str) -> ParamValue:
        """Parse a text. Raises InvalidParameterError for an empty, overlong, unprintable or invalid one."""
        if not text:
            raise InvalidParameterError(self.name, text, "is empty; leave the parameter out instead")
        if len(text) > self.max_length:
            reason = f"is longer than {self.max_length} characters"
            raise InvalidParameterError(self.name, f"{printable(text[:60])}...", reason)
        if not is_printable(text):
            raise InvalidParameterError(self.name, printable(text[:60]), "holds characters that cannot be printed")
        try:
            return self.parser(text)
        except ValueError as error:
            quoted = text if len(text) <= MAX_QUOTED_CHARS else f"{text[:60]}..."
            raise InvalidParameterError(self.name, quoted, str(error)) from None


def structural_params(params: Mapping[str, Param]) -> frozenset[str]:
    """Return the names of the parameters whose value shapes their SQL."""
    return frozenset(name for name, param in params.items() if param.structural)


def parse_query(pairs: Iterable[tuple[str, str]], params: Mapping[str, Param]) -> dict[str, ParamValue]:
    """Parse a query string. Raises InvalidParameterError for the first parameter that is not understood."""
    values: dict[str, ParamValue] = {}
    for name, text in _join_repeated(pairs, params):
        if name not in params:
            available = f"there are {', '.join(sorted(params))}" if params else "none is taken"
            reason = f"no such parameter here; {available}"
            raise InvalidParameterError(
                printable(name[:80]), printable(text[:80]), reason, closest_matches(name, params)
            )
        if name in values:
            raise InvalidParameterError(
                name, printable(text[:80]), "is given twice; separate several values with commas"
            )
        values[name] = params[name].parse(text)
    for name, param in params.items():
        if param.required and name not in values:
            raise InvalidParameterError(name, "", f"is needed; for example {name}={param.example}")
    return values


def _join_repeated(pairs: Iterable[tuple[str, str]], params: Mapping[str, Param]) -> list[tuple[str, str]]:
    """Join repeated list parameters, as generated clients write them: `a=1&a=2` becomes `a=1,2`."""
    joined: list[tuple[str, str]] = []
    positions: dict[str, int] = {}
    for name, text in pairs:
        if name in positions and name in params and params[name].schema.get("type") == "array":
            joined[positions[name]] = name, f"{joined[positions[name]][1]},{text}"
        else:
            positions[name] = len(joined)
            joined.append((name, text))
    return joined


def split_list(text: str) -> list[str]:
    """Split values at commas and drop duplicates. Raises ValueError for an empty value or more than `MAX_VALUES`."""
    values = [value.strip() for value in text.split(",")]
    if not all(values):
        raise ValueError("one of the values is empty")
    if len(values) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return list(dict.fromkeys(values))


def codes_parser(name: str, allowed: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a parser of codes separated by commas, which raises InvalidParameterError for any other code."""
    choices = list(allowed)

    def parse(text: str) -> list[str]:
        values = split_list(text)
        for value in values:
            if value not in choices:
                reason = f"not one of {', '.join(choices)}"
                raise InvalidParameterError(name, value, reason, closest_matches(value, choices))
        return values

    return parse


def code_schema(allowed: Iterable[str]) -> Schema:
    """Return the JSON Schema of codes separated by commas."""
    item = {"type": "string", "enum": list(allowed)}
    return {"type": "array", "items": item}


def code_param(
    name: str, codes: type[Code], example: str, predicate: PredicateFactory | None = None, *, structural: bool = False
) -> Param:
    """Return a parameter whose values are codes of a served code list."""
    return Param(
        name,
        f"{codes.vocabulary.definition} Several codes separated by commas mean any of them.",
        example,
        codes_parser(name, codes),
        predicate,
        code_schema(codes.vocabulary.codes),
        structural=structural,
    )


def single_code_parser(name: str, *allowed: str) -> Callable[[str], str]:
    """Return a parser of exactly one code, which raises InvalidParameterError for any other."""

    def parse(text: str) -> str:
        if text not in allowed:
            reason = f"not one of {', '.join(allowed)}"
            raise InvalidParameterError(name, text, reason, closest_matches(text, allowed))
        return text

    return parse


def integer_between(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of an integer within bounds, both included, which raises ValueError outside."""

    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
            raise ValueError("not a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"not between {low} and {high}")
        return int(text)

    return parse
