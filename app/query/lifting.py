"""Questions of one shape: their values taken out, so that what finds the answer is written once and kept.

Two questions have the same shape if they differ in nothing but texts, numbers and days. Conditions are made from
placeholders that stand where those stood; the statement made of them takes the values of any question of the shape.
"""

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam

from app.db.text_search import Words, WordsType

SHAPING = frozenset(("date_match", "stance", "modality"))
"""Parameters whose value decides how a condition is written."""
LEAVES = (str, int, float, date, Words)


def lift(
    values: Mapping[str, Any], except_for: frozenset[str]
) -> tuple[dict[str, Any], tuple[Hashable, ...], list[Any]]:
    """The values with placeholders in them, the shape that is left, and what the placeholders stand for, in order.

    Values of parameters `except_for` are part of the shape.
    """
    found: list[Any] = []
    lifted, shape = {}, []
    for name, value in values.items():
        if name in except_for:
            lifted[name] = value
            shape.append((name, tuple(value) if isinstance(value, list) else value))
        else:
            lifted[name], form = _lift(value, found)
            shape.append((name, form))
    return lifted, tuple(shape), found


def placeholder(at: int) -> str:
    """The name of the placeholder of a value by its place."""
    return f"v{at}"


def _lift(value: Any, found: list[Any]) -> tuple[Any, Any]:
    if value is None or isinstance(value, bool):
        return value, value
    if isinstance(value, LEAVES):
        found.append(value)
        name, kind = placeholder(len(found) - 1), type(value)
        return bindparam(name, value, type_=WordsType() if kind is Words else None), kind
    if is_dataclass(value) and not isinstance(value, type):
        parts = [_lift(getattr(value, part.name), found) for part in fields(value)]
        return type(value)(*(part for part, _ in parts)), (type(value), *(form for _, form in parts))
    parts = [_lift(part, found) for part in value]
    return type(value)(part for part, _ in parts), (type(value), *(form for _, form in parts))
