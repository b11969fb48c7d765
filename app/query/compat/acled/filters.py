"""Filters as ACLED's API has them: their values parsed, and the SQL that they are.

The rules are those of its API guide: `a|b` and `a:OR:b` are alternatives, or the ends of a BETWEEN. LIKE finds a part
of the text, `=` the whole; neither knows case, and in both `%` and `*` stand for any text.
"""

import operator
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from math import isfinite
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, func, literal, or_

from app.codebooks.acled import INTER_CODES
from app.codebooks.countries import ACLED_REGIONS, COUNTRIES
from app.errors import InvalidParameterError
from app.names import closest_matches, match_key
from app.query.compat.acled.crosswalk import interaction
from app.query.params.param import integer_between
from app.timespan import parse_day

CellType = Literal["text", "day", "year", "whole", "number", "moment", "country", "region", "side", "sides"]
TYPED: tuple[CellType, ...] = ("day", "year", "whole", "number", "moment")
"""Kinds of cells that are compared as what they are; all others are compared as text."""
Value = str | int | float | date
MAX_VALUES = 300
MAX_PATTERN_BYTES = 40_000
"""Below SQLite's limit of 50,000 for a pattern of LIKE."""
COMPARISONS: dict[str, Callable[[ColumnElement[object], ColumnElement[Any]], ColumnElement[bool]]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
OPERATORS = (*COMPARISONS, "BETWEEN", "LIKE")


def lower_ascii(text: str) -> str:
    """Lower the letters of ASCII and no others, as both databases do."""
    return text.encode().lower().decode()


def fold_case(text: str) -> str:
    """Remove the case of a text; no letter beyond ASCII becomes one of ASCII.

    Databases can thus fold what is ASCII by themselves.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_letter, text))


@lru_cache(4096)
def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    return letter if any(map(str.isascii, folded)) and not letter.isascii() else folded


@dataclass(frozen=True)
class AcledColumn:
    """A column of the shape, which is a filter too.

    `operator` is how it compares unless told otherwise. `cell` is SQL for the text that is printed, `value` for what
    is compared: a number or a day, or the text without case.
    """

    name: str
    kind: CellType
    operator: str
    description: str
    example: str
    cell: ColumnElement[str]
    value: ColumnElement[object]


@dataclass(frozen=True)
class Pattern:
    """A folded text to find, in parts with anything between them; `anchored` if nothing may come before and after."""

    parts: tuple[str, ...]
    anchored: bool

    @property
    def like(self) -> str:
        """Return the pattern of SQL's LIKE, with `/` as its escape."""
        inner = "%".join(re.sub("[/%_]", r"/\g<0>", part) for part in self.parts)
        return inner if self.anchored else f"%{inner}%"

    def matches(self, text: ColumnElement[object]) -> ColumnElement[bool]:
        """Test a folded text."""
        if self.anchored and len(self.parts) == 1:
            return text == self.parts[0]
        return text.like(self.like, escape="/")

    def found_in(self, text: str) -> bool:
        """Test a folded text at hand. The first fit of each part is enough, so nothing is tried twice."""
        parts = self.parts
        if self.anchored and len(parts) == 1:
            return text == parts[0]
        if self.anchored:
            first, last = parts[0], parts[-1]
            if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
                return False
            text, parts = text[len(first) : len(text) - len(last)], parts[1:-1]
        at = 0
        for part in parts:
            start = text.find(part, at)
            if start < 0:
                return False
            at = start + len(part)
        return True


def _bind(value: Value) -> ColumnElement[Any]:
    """Bind a value; a whole number may be larger than its column holds."""
    return literal(value, BigInteger) if isinstance(value, int) else literal(value)


@dataclass(frozen=True)
class Filter:
    """One condition on the cells of a column: patterns to find in their text, or values to compare with."""

    column: AcledColumn
    operator: str
    patterns: tuple[Pattern, ...] = ()
    values: tuple[Value, ...] = ()

    def clause(self, column: AcledColumn) -> ColumnElement[bool]:
        """Render the condition as SQL over a column of this name."""
        values = [_bind(value) for value in self.values]
        if self.operator == "BETWEEN":
            return column.value.between(values[0], values[1])
        if values:
            return or_(*(COMPARISONS[self.operator](column.value, value) for value in values))
        text = func.lower(column.cell) if column.kind in TYPED else column.value
        codes = [code for code, words in _OLD_CODES.get(column.kind, {}).items() if self._finds(words)]
        return or_(*(pattern.matches(text) for pattern in self.patterns), *([column.cell.in_(codes)] if codes else []))

    def _finds(self, words: str) -> bool:
        return any(pattern.found_in(words) for pattern in self.patterns)


def is_text_search(kind: CellType, operator_: str) -> bool:
    """Return whether cells of a kind are searched for a text by that operator."""
    return operator_ == "LIKE" or (operator_ == "=" and kind not in TYPED)


def parse_operator(text: str) -> str:
    """Parse an operator, in upper or lower case."""
    if text.upper() not in OPERATORS:
        raise ValueError(f"not one of {', '.join(OPERATORS)}")
    return text.upper()


def _parse_number(text: str) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        raise ValueError("not a number") from None
    if not isfinite(value):
        raise ValueError("not a number")
    return value


def _parse_timestamp(text: str) -> int:
    """Parse Unix seconds, or a day as its first second (UTC)."""
    if text.isascii() and text.isdigit():
        return integer_between(0, 10**11)(text)
    try:
        day = parse_day(text)
    except ValueError:
        raise ValueError("neither Unix seconds nor a day such as 2021-07-04") from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


_COUNTRIES = {
    match_key(name): country.acled_name for country in COUNTRIES for name in (country.name, country.acled_name)
}
_REGIONS = {str(code): name for name, code in ACLED_REGIONS.items()} | {match_key(name): name for name in ACLED_REGIONS}


def _parse_country(text: str) -> str:
    """Return ACLED's name of a country, given by it or by its ISO name; codes without an entry stand for themselves."""
    if match_key(text) not in _COUNTRIES and not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise InvalidParameterError("country", text, "no such country", closest_matches(text, _COUNTRIES.values()))
    return _COUNTRIES.get(match_key(text), text)


def _parse_region(text: str) -> str:
    """Return ACLED's name of a region, given by it or by its code."""
    if match_key(text) not in _REGIONS:
        raise InvalidParameterError("region", text, "no such region", closest_matches(text, ACLED_REGIONS))
    return _REGIONS[match_key(text)]


def _parse_inter(text: str) -> str:
    """Parse a kind of actor, given by its name or code."""
    return INTER_CODES[integer_between(0, len(INTER_CODES) - 1)(text)] if text.isdigit() else text


def _parse_interaction(text: str) -> str:
    """Parse two kinds of actors, as printed or by both codes in one number; 0 is no actor."""
    if not text.isdigit():
        return text
    if len(text) > 2:
        raise ValueError("not a code of two digits")
    return interaction(*(_parse_inter(digit) for digit in text.zfill(2)))


_VALUE_PARSERS: dict[CellType, Callable[[str], Value]] = {
    "day": parse_day,
    "year": integer_between(1, 9999),
    "whole": integer_between(-(10**11), 10**11),
    "number": _parse_number,
    "moment": _parse_timestamp,
    "country": _parse_country,
    "region": _parse_region,
    "side": _parse_inter,
    "sides": _parse_interaction,
}
"""Parsers of values that are no plain text, by kind of cell."""


def _old_codes(kind: CellType, highest: int) -> dict[str, str]:
    """Map the numbers that ACLED printed until 2024 for kinds of actors to folded words."""
    return {
        str(code): fold_case(str(_VALUE_PARSERS[kind](f"{code}")))
        for code in range(highest + 1)
        if "9" not in str(code)
    }


_OLD_CODES: dict[CellType, dict[str, str]] = {"side": _old_codes("side", 8), "sides": _old_codes("sides", 88)}


def _pattern(kind: CellType, text: str, whole: bool) -> Pattern:
    if whole and not set(text) & set("%*"):
        return Pattern((fold_case(str(_VALUE_PARSERS.get(kind, str)(text))),), whole)
    pattern = Pattern(tuple(re.split("[%*]+", fold_case(text))), whole)
    if len(pattern.like.encode()) > MAX_PATTERN_BYTES:
        raise ValueError("is too long for a pattern")
    return pattern


def _parse_value(kind: CellType, text: str) -> Value:
    value = _VALUE_PARSERS.get(kind, str)(text)
    return value if kind in TYPED else fold_case(str(value))


def _alternatives(column: str, text: str, columns: Container[str]) -> list[str]:
    """Split alternatives at `|` or `:OR:`; after `:OR:` the column's name may be repeated."""
    values = [value.strip() for value in re.split(r"\||:OR:", text, flags=re.IGNORECASE)]
    for at, value in enumerate(values[1:], 1):
        name, equals, rest = value.partition("=")
        if equals and name.strip().lower() in columns:
            if name.strip().lower() != column:
                raise ValueError(f"alternatives are of one column; ask for {name.strip().lower()} beside it")
            values[at] = rest.strip()
    if not all(values):
        raise ValueError("one of the values is empty")
    if len(values) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return values


def parse_filter(column: AcledColumn, operator_: str, text: str, columns: Container[str]) -> Filter:
    """Parse the condition that a text puts on a column; `columns` are the names of all.

    Raises ValueError with a reason, or InvalidParameterError.
    """
    name, kind = column.name, column.kind
    alternatives = _alternatives(name, text, columns)
    if is_text_search(kind, operator_):
        patterns = tuple(_pattern(kind, value, operator_ == "=") for value in alternatives)
        return Filter(column, operator_, patterns=patterns)
    values = tuple(_parse_value(kind, value) for value in alternatives)
    if operator_ == "BETWEEN" and len(values) != 2:
        raise ValueError("BETWEEN takes two values, as in a|b")
    if operator_ == "BETWEEN" and values != tuple(sorted(values)):
        raise ValueError("ends before it starts")
    if operator_ not in ("=", "BETWEEN") and len(values) > 1:
        raise ValueError(f"{operator_} takes one value; {name}_where=BETWEEN takes two")
    return Filter(column, operator_, values=values)
