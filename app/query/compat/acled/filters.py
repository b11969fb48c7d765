"""Filters as ACLED's API has them: how their values are read, and which cells fulfil them.

The rules are those of its API guide: `a|b` and `a:OR:b` are alternatives, or the ends of a BETWEEN. LIKE finds a part
of the text, `=` the whole; neither knows case, and in both `%` and `*` stand for any text.
"""

import operator
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from math import isfinite
from typing import Any, Literal

from app.codebooks.countries import ACLED_REGIONS, COUNTRIES
from app.errors import InvalidParameterError
from app.names import closest_matches, match_key
from app.query.params.param import integer_between
from app.timespan import parse_day

CellType = Literal["text", "day", "year", "whole", "number", "moment", "country", "region", "side", "sides"]
MAX_VALUES = 300
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
"""On values in Python, and on columns in SQL."""
OPERATORS = (*COMPARISONS, "BETWEEN", "LIKE")
INTER_CODES = (
    "",
    "State forces",
    "Rebel group",
    "Political militia",
    "Identity militia",
    "Rioters",
    "Protesters",
    "Civilians",
    "External/Other forces",
)
"""Kinds of actors; the place of each is the code by which ACLED's API takes it."""
_INTERACTION_ORDER = (
    *INTER_CODES[:7],
    INTER_CODES[8],
    INTER_CODES[7],
)  # External/Other forces-Civilians, though their codes are 8 and 7


def fold_case(text: str) -> str:
    """A text without case. No letter becomes one of ASCII that is none, so that both databases can search for those."""
    return text.lower() if text.isascii() else "".join(map(_fold_letter, text))


@cache
def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    return letter if any(map(str.isascii, folded)) and not letter.isascii() else folded


def interaction(one: str, other: str) -> str:
    """Two kinds of actors as one text, always in the same order; of one alone, that it is alone."""
    if not (one and other):
        return f"{one or other} only" if one or other else ""
    return "-".join(sorted((one, other), key=_INTERACTION_ORDER.index))


@dataclass(frozen=True)
class Pattern:
    """A folded text to find, in parts with anything between them; `anchored` if nothing may come before and after."""

    parts: tuple[str, ...]
    anchored: bool

    def matches(self, text: str) -> bool:
        """Whether the text has the parts in their order. The first fit of each is enough, so nothing is tried twice."""
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
            index = text.find(part, at)
            if index < 0:
                return False
            at = index + len(part)
        return True


@dataclass(frozen=True)
class Filter:
    """One condition on the cells of a column. `values` are typed as its kind is, or patterns."""

    column: str
    kind: CellType
    operator: str
    values: tuple[Any, ...]

    @property
    def is_text_search(self) -> bool:
        """Whether it looks for a text, not for an order."""
        return is_text_search(self.kind, self.operator)

    def matches(self, cell: str) -> bool:
        """Whether a cell, as it is printed, fulfils the condition."""
        if self.is_text_search:
            texts = [fold_case(cell), *_inter_names(self.kind, cell)]
            return any(pattern.matches(text) for pattern in self.values for text in texts)
        try:
            value = _CELL_PARSERS.get(self.kind, fold_case)(cell)
        except ValueError:  # as published: a cell of an imported row may hold anything
            return False
        if self.operator == "BETWEEN":
            return bool(self.values[0] <= value <= self.values[1])
        return any(COMPARISONS[self.operator](value, expected) for expected in self.values)


def is_text_search(kind: CellType, operator_: str) -> bool:
    """Whether cells of a kind are searched for a text by that operator."""
    return operator_ == "LIKE" or (operator_ == "=" and kind not in _CELL_PARSERS)


_CELL_PARSERS: dict[CellType, Callable[[str], Any]] = {
    "day": date.fromisoformat,
    "year": int,
    "whole": int,
    "number": float,
    "moment": int,
}
"""How a cell is read that is no text."""


def parse_operator(text: str) -> str:
    """An operator, in upper or lower case."""
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
    """Unix seconds, or the first second of a day (UTC)."""
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
    """ACLED's name of a country, given by that or by its ISO name; or a code, for what has no entry there."""
    if match_key(text) not in _COUNTRIES and not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise InvalidParameterError("country", text, "no such country", closest_matches(text, _COUNTRIES.values()))
    return _COUNTRIES.get(match_key(text), text)


def _parse_region(text: str) -> str:
    """ACLED's name of a region, given by that or by its code."""
    if match_key(text) not in _REGIONS:
        raise InvalidParameterError("region", text, "no such region", closest_matches(text, ACLED_REGIONS))
    return _REGIONS[match_key(text)]


def _parse_inter(text: str) -> str:
    """A kind of actor, given by its name or code."""
    return INTER_CODES[integer_between(0, len(INTER_CODES) - 1)(text)] if text.isdigit() else text


def _parse_interaction(text: str) -> str:
    """Two kinds of actors, given as they are printed, or by both codes in one number; 0 is no actor."""
    if not text.isdigit():
        return text
    if len(text) > 2:
        raise ValueError("not a code of two digits")
    return interaction(*(_parse_inter(digit) for digit in text.zfill(2)))


_VALUE_PARSERS: dict[CellType, Callable[[str], Any]] = {
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
"""How a value of a filter is read that is no plain text."""


def _inter_names(kind: CellType, cell: str) -> list[str]:
    """The words for an old code of kinds of actors, which rows imported from ACLED may hold."""
    if kind not in ("side", "sides") or not cell.isdecimal():
        return []
    try:
        return [fold_case(_VALUE_PARSERS[kind](cell))]
    except ValueError:
        return []


def _pattern(kind: CellType, text: str, anchored: bool) -> Pattern:
    if anchored and not set(text) & set("%*"):
        return Pattern((fold_case(_VALUE_PARSERS.get(kind, str)(text)),), anchored)
    return Pattern(tuple(re.split("[%*]+", fold_case(text))), anchored)


def _parse_value(kind: CellType, text: str) -> Any:
    value = _VALUE_PARSERS.get(kind, str)(text)
    return value if kind in _CELL_PARSERS else fold_case(value)


def _alternatives(column: str, text: str, columns: Container[str]) -> list[str]:
    """The values between `|` or `:OR:`; after `:OR:` the name of the column may be said again."""
    values = [value.strip() for value in re.split(r"\||:OR:", text, flags=re.IGNORECASE)]
    for at, value in enumerate(values[1:], 1):
        name, equals, remainder = value.partition("=")
        if equals and name.strip().lower() in columns:
            if name.strip().lower() != column:
                raise ValueError(f"alternatives are of one column; ask for {name.strip().lower()} beside it")
            values[at] = remainder.strip()
    if not all(values):
        raise ValueError("one of the values is empty")
    if len(values) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return values


def parse_filter(column: str, kind: CellType, operator_: str, text: str, columns: Container[str]) -> Filter:
    """The condition that a text puts on a column; `columns` are the names of all.

    Raises ValueError with a reason, or InvalidParameterError.
    """
    alternatives = _alternatives(column, text, columns)
    if is_text_search(kind, operator_):
        return Filter(column, kind, operator_, tuple(_pattern(kind, value, operator_ == "=") for value in alternatives))
    values = [_parse_value(kind, value) for value in alternatives]
    if operator_ == "BETWEEN" and len(values) != 2:
        raise ValueError("BETWEEN takes two values, as in a|b")
    if operator_ == "BETWEEN" and values[0] > values[1]:
        raise ValueError("ends before it starts")
    if operator_ not in ("=", "BETWEEN") and len(values) > 1:
        raise ValueError(f"{operator_} takes one value; {column}_where=BETWEEN takes two")
    return Filter(column, kind, operator_, tuple(values))
