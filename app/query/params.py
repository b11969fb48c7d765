"""One parameter: how it is read, what it means, an example; and how a whole query string is read."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists

from app.errors import InvalidParameterError
from app.names import nearest
from app.vocab import Vocabulary

MOST_VALUES = 100
LONGEST_VALUE = 2000
LONGEST_SHOWN = 500  # of a refused value; more helps nobody
_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def readable(text: str) -> bool:
    """Whether a text holds nothing but characters that a name may hold.

    No control characters, halves of surrogate pairs, characters for private use, or overrides of the direction of
    writing; joiners and soft hyphens are part of names in many scripts.
    """
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Co") or char in _OVERRIDES for char in text)


def shown(text: str) -> str:
    """A text as a problem may quote it: whatever is not readable is spelt out."""
    return text if readable(text) else repr(text)


@dataclass(frozen=True)
class Among:
    """The rows whose column is among what a subquery finds, in a form that a database can start from.

    `exact`, if given, is what a row must meet beside that, and enough by itself. `each` is the same question put to
    one row after the other, where the subquery alone does not show how to; that costs `asking` rows on the way.
    """

    column: ColumnElement[Any]
    chosen: Select[Any]
    exact: ColumnElement[bool] | None = None
    each: ColumnElement[bool] | None = None
    asking: float = 12.0


@dataclass(frozen=True)
class During:
    """The rows whose dates fit a window: all (`exact`), or in parts that follow each other in the order of dates.

    `near` are those that are sorted by a day of the window or shortly before. What is vaguely dated may be sorted by a
    later day (`above`, where the begin is not known) or by an earlier one (`below`); None if nothing can be.
    """

    exact: ColumnElement[bool]
    near: ColumnElement[bool]
    above: ColumnElement[bool] | None = None
    below: ColumnElement[bool] | None = None


Test = ColumnElement[bool] | Among | During
"""What rows must meet."""


def plain(test: Test) -> ColumnElement[bool]:
    """A test as any statement takes it."""
    if isinstance(test, During):
        return test.exact
    if isinstance(test, Among):
        chosen = test.column.in_(test.chosen)
        return chosen if test.exact is None else and_(chosen, test.exact)
    return test


def one_by_one(test: Test) -> ColumnElement[bool]:
    """A test as it is put to one row after the other."""
    if not isinstance(test, Among):
        return plain(test)
    if test.exact is not None:
        return test.exact
    if test.each is not None:
        return test.each
    [given] = test.chosen.selected_columns
    table: Any = test.column.table
    return exists(test.chosen.with_only_columns(1).where(given == test.column).correlate(table))


@dataclass
class Asked:
    """One question: the values of its parameters, the connection that answers it, and the table of its rows."""

    values: Mapping[str, Any]
    connection: Connection
    rows: Table

    def get(self, name: str) -> Any:
        """The value of a parameter, or None if it was not given."""
        return self.values.get(name)


Meaning = Callable[[Any, Asked], Any]
Condition = Callable[[Any, Asked], Test | None]


@dataclass(frozen=True)
class Param:
    """A parameter of a list.

    `read` turns its text into a value and raises ValueError with a reason, or InvalidParameterError; `means` looks up
    what that stands for (None: itself); `where` turns it into a condition (None: it steers something else). Conditions
    are written once for all questions of a shape (see `lifting`): `where` may look at what kind a value is, how many
    there are and which are None, and hand them on, but not at what they are. `judges` says what a row may lack so that
    the parameter cannot judge it: `undated` or `unlocated`.
    """

    name: str
    description: str
    example: str
    read: Callable[[str], Any]
    where: Condition | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    judges: str | None = None
    needed: bool = False
    longest: int = LONGEST_VALUE
    means: Meaning | None = None

    def parse(self, text: str) -> Any:
        """The value of a text. Raises InvalidParameterError."""
        if not text:
            raise InvalidParameterError(self.name, text, "is empty; leave the parameter out instead")
        if len(text) > self.longest:
            reason = f"is longer than {self.longest} characters"
            raise InvalidParameterError(self.name, f"{shown(text[:60])}...", reason)
        if not readable(text):
            raise InvalidParameterError(self.name, shown(text[:60]), "holds characters that cannot be printed")
        try:
            return self.read(text)
        except ValueError as error:
            told = text if len(text) <= LONGEST_SHOWN else f"{text[:60]}..."
            raise InvalidParameterError(self.name, told, str(error)) from None


def read_query(pairs: Iterable[tuple[str, str]], params: Mapping[str, Param]) -> dict[str, Any]:
    """The values of a query string. Raises InvalidParameterError for the first thing that is not understood."""
    values: dict[str, Any] = {}
    for name, text in _joined(pairs, params):
        if name not in params:
            there = f"there are {', '.join(sorted(params))}" if params else "none is taken"
            reason = f"no such parameter here; {there}"
            raise InvalidParameterError(shown(name[:80]), shown(text[:80]), reason, nearest(name, params))
        if name in values:
            raise InvalidParameterError(name, shown(text[:80]), "is given twice; separate several values with commas")
        values[name] = params[name].parse(text)
    for name, param in params.items():
        if param.needed and name not in values:
            raise InvalidParameterError(name, "", f"is needed; for example {name}={param.example}")
    return values


def _joined(pairs: Iterable[tuple[str, str]], params: Mapping[str, Param]) -> list[tuple[str, str]]:
    """A list that is given in parts, as generated clients write it, is one list: `a=1&a=2` is `a=1,2`."""
    found: list[tuple[str, str]] = []
    places: dict[str, int] = {}
    for name, text in pairs:
        if name in places and name in params and params[name].schema.get("type") == "array":
            found[places[name]] = name, f"{found[places[name]][1]},{text}"
        else:
            places[name] = len(found)
            found.append((name, text))
    return found


def split(text: str) -> list[str]:
    """The values of a list separated by commas, each once. Raises ValueError for an empty or endless one."""
    values = [value.strip() for value in text.split(",")]
    if not all(values):
        raise ValueError("one of the values is empty")
    if len(values) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} values")
    return list(dict.fromkeys(values))


def codes(name: str, allowed: Iterable[str]) -> Callable[[str], list[str]]:
    """A reader of codes separated by commas, any of which may match."""
    known = list(allowed)

    def read(text: str) -> list[str]:
        values = split(text)
        for value in values:
            if value not in known:
                reason = f"not one of {', '.join(known)}"
                raise InvalidParameterError(name, value, reason, nearest(value, known))
        return values

    return read


def code_schema(allowed: Iterable[str]) -> dict[str, Any]:
    """How the API's description shows codes separated by commas."""
    item = {"type": "string", "enum": list(allowed)}
    return {"type": "array", "items": item}


def of_vocabulary(name: str, vocabulary: Vocabulary, example: str, where: Condition | None = None) -> Param:
    """A parameter whose values are codes of a served list."""
    return Param(
        name,
        f"{vocabulary.definition} Several codes separated by commas mean any of them.",
        example,
        codes(name, vocabulary.codes),
        where,
        code_schema(vocabulary.codes),
    )


def one_code(name: str, *allowed: str) -> Callable[[str], str]:
    """A reader of exactly one code."""

    def read(text: str) -> str:
        if text not in allowed:
            reason = f"not one of {', '.join(allowed)}"
            raise InvalidParameterError(name, text, reason, nearest(text, allowed))
        return text

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of a whole number within bounds."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
            raise ValueError("not a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"not between {low} and {high}")
        return int(text)

    return read
