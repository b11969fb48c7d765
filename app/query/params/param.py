"""One parameter: how it is read, what it means, an example; and how a whole query string is read."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists

from app.errors import InvalidParameterError
from app.names import closest_matches
from app.vocab import Code

MAX_VALUES = 100
MAX_VALUE_LENGTH = 2000
MAX_QUOTED_CHARS = 500  # of a refused value; more helps nobody
_BIDI_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_printable(text: str) -> bool:
    """Whether a text holds nothing but characters that a name may hold.

    No control characters, halves of surrogate pairs, characters for private use, or overrides of the direction of
    writing; joiners and soft hyphens are part of names in many scripts.
    """
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Co") or char in _BIDI_OVERRIDES for char in text)


def printable(text: str) -> str:
    """A text as a problem may quote it: whatever is not readable is spelt out."""
    return text if is_printable(text) else repr(text)


@dataclass(frozen=True)
class SemiJoin:
    """The rows whose column is among what a subquery finds, in a form that a database can start from.

    `equivalent`, if given, is what a row must meet beside that, and enough by itself. `correlated` is the same question
    put to one row after the other, where the subquery alone does not show how to; that costs `probe_cost` rows on the
    way.
    """

    column: ColumnElement[Any]
    subquery: Select[Any]
    equivalent: ColumnElement[bool] | None = None
    correlated: ColumnElement[bool] | None = None
    probe_cost: float = 12.0


@dataclass(frozen=True)
class DateOverlap:
    """The rows whose dates fit a window: all (`full`), or in parts that follow each other in the order of dates.

    `in_window` are those that are sorted by a day of the window or shortly before. What is vaguely dated may be sorted
    by a later day (`undated_start`, where the begin is not known) or by an earlier one (`long_running`); None if
    nothing can be.
    """

    full: ColumnElement[bool]
    in_window: ColumnElement[bool]
    undated_start: ColumnElement[bool] | None = None
    long_running: ColumnElement[bool] | None = None


Predicate = ColumnElement[bool] | SemiJoin | DateOverlap
"""What rows must meet."""


def as_subquery(predicate: Predicate) -> ColumnElement[bool]:
    """A test as any statement takes it."""
    if isinstance(predicate, DateOverlap):
        return predicate.full
    if isinstance(predicate, SemiJoin):
        in_subquery = predicate.column.in_(predicate.subquery)
        return in_subquery if predicate.equivalent is None else and_(in_subquery, predicate.equivalent)
    return predicate


def as_correlated(predicate: Predicate) -> ColumnElement[bool]:
    """A test as it is put to one row after the other."""
    if not isinstance(predicate, SemiJoin):
        return as_subquery(predicate)
    if predicate.equivalent is not None:
        return predicate.equivalent
    if predicate.correlated is not None:
        return predicate.correlated
    [key] = predicate.subquery.selected_columns
    table: Any = predicate.column.table
    return exists(predicate.subquery.with_only_columns(1).where(key == predicate.column).correlate(table))


@dataclass
class ListQuery:
    """One question: the values of its parameters, the connection that answers it, and the table of its rows."""

    values: Mapping[str, Any]
    connection: Connection
    rows: Table

    def get(self, name: str) -> Any:
        """The value of a parameter, or None if it was not given."""
        return self.values.get(name)


Resolver = Callable[[Any, ListQuery], Any]
PredicateFactory = Callable[[Any, ListQuery], Predicate | None]


@dataclass(frozen=True)
class Param:
    """A parameter of a list.

    `parser` turns its text into a value and raises ValueError with a reason, or InvalidParameterError; `resolver` looks
    up what that stands for (None: itself); `predicate` turns it into a condition (None: it steers something else).
    Conditions are written once for all questions of a shape (see `lifting`): `predicate` may look at what kind a value
    is, how many there are and which are None, and hand them on, but not at what they are. `omits` says what a row may
    lack so that the parameter cannot judge it: `undated` or `unlocated`.
    """

    name: str
    description: str
    example: str
    parser: Callable[[str], Any]
    predicate: PredicateFactory | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    omits: str | None = None
    required: bool = False
    max_length: int = MAX_VALUE_LENGTH
    resolver: Resolver | None = None

    def parse(self, text: str) -> Any:
        """The value of a text. Raises InvalidParameterError."""
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


def read_query(pairs: Iterable[tuple[str, str]], params: Mapping[str, Param]) -> dict[str, Any]:
    """The values of a query string. Raises InvalidParameterError for the first thing that is not understood."""
    values: dict[str, Any] = {}
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
    """A list that is given in parts, as generated clients write it, is one list: `a=1&a=2` is `a=1,2`."""
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
    """The values of a list separated by commas, each once. Raises ValueError for an empty or endless one."""
    values = [value.strip() for value in text.split(",")]
    if not all(values):
        raise ValueError("one of the values is empty")
    if len(values) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return list(dict.fromkeys(values))


def codes_parser(name: str, allowed: Iterable[str]) -> Callable[[str], list[str]]:
    """A reader of codes separated by commas, any of which may match."""
    choices = list(allowed)

    def read(text: str) -> list[str]:
        values = split_list(text)
        for value in values:
            if value not in choices:
                reason = f"not one of {', '.join(choices)}"
                raise InvalidParameterError(name, value, reason, closest_matches(value, choices))
        return values

    return read


def code_schema(allowed: Iterable[str]) -> dict[str, Any]:
    """How the API's description shows codes separated by commas."""
    item = {"type": "string", "enum": list(allowed)}
    return {"type": "array", "items": item}


def code_param(name: str, codes: type[Code], example: str, predicate: PredicateFactory | None = None) -> Param:
    """A parameter whose values are codes of a served list."""
    return Param(
        name,
        f"{codes.vocabulary.definition} Several codes separated by commas mean any of them.",
        example,
        codes_parser(name, codes),
        predicate,
        code_schema(codes.vocabulary.codes),
    )


def single_code_parser(name: str, *allowed: str) -> Callable[[str], str]:
    """A reader of exactly one code."""

    def read(text: str) -> str:
        if text not in allowed:
            reason = f"not one of {', '.join(allowed)}"
            raise InvalidParameterError(name, text, reason, closest_matches(text, allowed))
        return text

    return read


def integer_between(low: int, high: int) -> Callable[[str], int]:
    """A reader of a whole number within bounds."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
            raise ValueError("not a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"not between {low} and {high}")
        return int(text)

    return read
