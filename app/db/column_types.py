"""Column types and values with one meaning on both databases."""

from datetime import date
from typing import TypeVar

from sqlalchemy import String

T = TypeVar("T")

BinaryText = String().with_variant(String(collation="C"), "postgresql")
"""Ids and codes: compared byte by byte, so that both databases sort them alike."""


def to_sqlite_value(value: T) -> T | str:
    """Convert a date to an ISO string, which is how SQLite stores dates; return other values unchanged."""
    return value.isoformat() if isinstance(value, date) else value
