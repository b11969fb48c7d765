"""Questions of one shape: their values taken out, so that what finds the answer is written once and kept.

Two questions have the same shape if they differ in nothing but texts, numbers and days. Conditions are made from
placeholders that stand where those stood; the statement made of them takes the values of any question of the shape.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import bindparam

from app.db.text_search import Words, WordsType

SHAPING = frozenset(("date_match", "stance", "modality"))
"""Parameters whose value decides how a condition is written."""
LEAVES = (str, int, float, date, Words)


def taken(values: Mapping[str, Any], except_for: frozenset[str]) -> tuple[tuple[Hashable, ...], list[Any]]:
    """The shape of the values, and what is taken out of it, in order.

    Values of parameters `except_for` are part of the shape.
    """
    found: list[Any] = []
    shape = tuple(
        [(name, _kept(value) if name in except_for else _form(value, found)) for name, value in values.items()]
    )
    return shape, found


def with_placeholders(values: Mapping[str, Any], except_for: frozenset[str]) -> dict[str, Any]:
    """The values with a placeholder where `taken` takes one out."""
    numbers = count()
    return {name: value if name in except_for else _lifted(value, numbers) for name, value in values.items()}


def placeholder(at: int) -> str:
    """The name of the placeholder of a value by its place."""
    return f"v{at}"


def _kept(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _form(value: Any, found: list[Any]) -> Any:
    """What is left of a value without its leaves, which are put into `found`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, LEAVES):
        found.append(value)
        return type(value)
    kind: Any = type(value)
    parts = [getattr(value, name) for name in _names(kind)] if _is_record(value) else value
    return (kind, *[_form(part, found) for part in parts])


def _lifted(value: Any, numbers: Iterator[int]) -> Any:
    """The value with placeholders for its leaves; these are visited in the same order."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, LEAVES):
        return bindparam(placeholder(next(numbers)), value, type_=WordsType() if type(value) is Words else None)
    kind: Any = type(value)
    if _is_record(value):
        return kind(*[_lifted(getattr(value, name), numbers) for name in _names(kind)])
    return kind(_lifted(part, numbers) for part in value)


@cache
def _names(record: Any) -> list[str]:
    return [part.name for part in fields(record)]
