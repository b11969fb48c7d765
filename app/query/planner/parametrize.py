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

from sqlalchemy import BindParameter, ClauseElement, ColumnElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType

from app.db.text_index import TextQuery, TextQueryType

LITERAL_TYPES = (str, int, float, date, TextQuery)


class Placeholder(BindParameter[Any]):
    """A bind parameter that stands for a value in SQL written for all values.

    Comparing it with a value in Python raises TypeError: the result would be the same for every value, and wrong.
    Testing its truth raises TypeError too, as for every SQL expression.
    """

    inherit_cache = True

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        """Build a SQL expression. Raises TypeError unless the other operand is SQL, too."""
        if op in (operators.eq, operators.ne) and not isinstance(other[0], ClauseElement):
            raise TypeError(f"a placeholder is compared with {other[0]!r}; mark the parameter as structural")
        return super().operate(op, *other, **kwargs)


def extract_literals(values: Mapping[str, Any], structural: frozenset[str]) -> tuple[tuple[Hashable, ...], list[Any]]:
    """The shape of the values, and what is taken out of it, in order.

    Values of parameters `structural` are part of the shape.
    """
    literals: list[Any] = []
    shape = tuple(
        [(name, _hashable(value) if name in structural else _shape(value, literals)) for name, value in values.items()]
    )
    return shape, literals


def bind_placeholders(values: Mapping[str, Any], structural: frozenset[str]) -> dict[str, Any]:
    """The values with a placeholder where `extract_literals` takes one out."""
    numbers = count()
    return {name: value if name in structural else _substitute(value, numbers) for name, value in values.items()}


def placeholder(index: int) -> str:
    """The name of the placeholder of a value by its place."""
    return f"v{index}"


def _hashable(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _shape(value: Any, literals: list[Any]) -> Any:
    """What is left of a value without its leaves, which are put into `literals`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, LITERAL_TYPES):
        literals.append(value)
        return type(value)
    kind: Any = type(value)
    parts = [getattr(value, name) for name in _field_names(kind)] if _is_record(value) else value
    return (kind, *[_shape(part, literals) for part in parts])


def _substitute(value: Any, numbers: Iterator[int]) -> Any:
    """The value with placeholders for its leaves; these are visited in the same order."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, LITERAL_TYPES):
        return Placeholder(
            placeholder(next(numbers)), value, type_=TextQueryType() if type(value) is TextQuery else None
        )
    kind: Any = type(value)
    if _is_record(value):
        return kind(*[_substitute(getattr(value, name), numbers) for name in _field_names(kind)])
    return kind(_substitute(part, numbers) for part in value)


@cache
def _field_names(record: Any) -> list[str]:
    return [part.name for part in fields(record)]
