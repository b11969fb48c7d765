"""Separate a query's shape from its literals, so that one prepared statement serves every query of that shape.

Queries of one shape differ only in texts, numbers and days. Their predicates are built from placeholders.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ClauseElement, ColumnElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType

from app.db.statements import PreparedStatement, StatementCache
from app.db.text_index import TextQuery, TextQueryType

LITERAL_TYPES = (str, int, float, date, TextQuery)
Prepared = TypeVar("Prepared", PreparedStatement, "PreparedStatement | None")


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


def prepare_shape(
    statements: StatementCache,
    key: Hashable,
    values: Mapping[str, Any],
    build: Callable[[dict[str, Any], list[str]], Prepared],
    structural: frozenset[str] = frozenset(),
    extra: int = 0,
) -> tuple[Prepared, list[Any]]:
    """Return the statement prepared for the shape of the values, and their literals as its arguments.

    `build` takes the values with placeholders, and the names of the placeholders: the last `extra` are for further
    arguments.
    """
    shape, literals = extract_literals(values, structural)

    def compile_() -> Prepared:
        names = [placeholder(at) for at in range(len(literals) + extra)]
        return build(bind_placeholders(values, structural), names)

    return statements.get_or_compile((key, shape), compile_), literals


def extract_literals(values: Mapping[str, Any], structural: frozenset[str]) -> tuple[tuple[Hashable, ...], list[Any]]:
    """Return the shape of the values, and the literals taken out of it, in order.

    Values of `structural` parameters stay in the shape.
    """
    literals: list[Any] = []
    shape = tuple(
        [(name, _hashable(value) if name in structural else _shape(value, literals)) for name, value in values.items()]
    )
    return shape, literals


def bind_placeholders(values: Mapping[str, Any], structural: frozenset[str]) -> dict[str, Any]:
    """Replace each literal that `extract_literals` takes out by a placeholder."""
    numbers = count()
    return {name: value if name in structural else _substitute(value, numbers) for name, value in values.items()}


def placeholder(index: int) -> str:
    """Return the name of the placeholder at an index."""
    return f"v{index}"


def _hashable(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _shape(value: Any, literals: list[Any]) -> Any:
    """Return the structure of a value without its literals, which are appended to `literals`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, LITERAL_TYPES):
        literals.append(value)
        return type(value)
    kind: Any = type(value)
    parts = [getattr(value, name) for name in _field_names(kind)] if _is_record(value) else value
    return (kind, *[_shape(part, literals) for part in parts])


def _substitute(value: Any, numbers: Iterator[int]) -> Any:
    """Return the value with placeholders for its literals, visited in the order of `_shape`."""
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
