"""Partial indexes in the words of each database, and index hints for SQLite."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import FromClause, Index, Select, TextClause, text

END_OF_TIME = date.max
"""The open end of a half-open interval in a column that must compare; never shown to a user."""
IS_CURRENT = f"known_until = '{END_OF_TIME}'"
"""The condition of the version that is known now, in the words of the indexes that hold only these."""

SelectT = TypeVar("SelectT", bound=Select[Any])


def partial_index(name: str, *columns: str | TextClause, where: Callable[[str], str]) -> Index:
    """Make an index of the rows that meet a condition; `where` returns it for a dialect."""
    return Index(name, *columns, sqlite_where=text(where("sqlite")), postgresql_where=text(where("postgresql")))


def is_true(column: str, dialect: str) -> str:
    """Return the condition that a column is true, as SQLAlchemy renders it for a dialect."""
    return f"{column} = 1" if dialect == "sqlite" else column


def use_index(statement: SelectT, table: FromClause, index: str) -> SelectT:
    """Hint SQLite to find the rows of a table by an index; PostgreSQL chooses by itself."""
    return statement.with_hint(table, f"INDEXED BY {index}", "sqlite") if index else statement


def use_rowid(statement: SelectT, table: FromClause) -> SelectT:
    """Hint SQLite to find the rows of a table by their pk."""
    return statement.with_hint(table, "NOT INDEXED", "sqlite")
