"""Indexes that each database writes in its own way, and how SQLite is told which one to start from."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import FromClause, Index, Select, text

END_OF_TIME = date.max
"""The open end of a half-open interval in a column that must compare; never shown to a user."""
IS_CURRENT = f"known_until = '{END_OF_TIME}'"
"""The condition of the version that is known now, in the words of the indexes that hold only these."""


def partial_index(name: str, *columns: Any, where: Callable[[str], str]) -> Index:
    """An index of the rows that meet a condition, which is given the name of the dialect."""
    return Index(name, *columns, sqlite_where=text(where("sqlite")), postgresql_where=text(where("postgresql")))


def is_true(column: str, dialect: str) -> str:
    """That a column is true, as statements say it."""
    return f"{column} = 1" if dialect == "sqlite" else column


def use_index(statement: Select[Any], table: FromClause, index: str) -> Select[Any]:
    """The statement, told to find the rows of a table by an index; PostgreSQL chooses by itself."""
    return statement.with_hint(table, f"INDEXED BY {index}", "sqlite") if index else statement


def use_rowid(statement: Select[Any], table: FromClause) -> Select[Any]:
    """The statement, told to find the rows of a table by their pk."""
    return statement.with_hint(table, "NOT INDEXED", "sqlite")
