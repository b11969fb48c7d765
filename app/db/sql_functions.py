"""Functions that both databases know: SQLite gets them from the engine, PostgreSQL from a migration."""

from datetime import date
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

MAX_PRECISE_DAYS = 31
"""What lasts longer is found through an index of its own, so that a search by date need not look far back."""


class ImpreciseDate(FunctionElement[Any]):
    """Whether dates cannot be told from the day they are sorted by: one is missing, or they are far apart."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1, and then no index would fit


def is_imprecise(earliest: date | None, latest: date | None) -> bool:
    """The same of dates at hand."""
    return earliest is None or latest is None or (latest - earliest).days > MAX_PRECISE_DAYS


def imprecise_sql(dialect: str, earliest: str = "earliest", latest: str = "latest") -> str:
    """The same as text, for an index; a database finds it by its terms, so both come from here."""
    days = f"julianday({latest}) - julianday({earliest})" if dialect == "sqlite" else f"{latest} - {earliest}"
    return f"({earliest} IS NULL OR {latest} IS NULL OR {days} > {MAX_PRECISE_DAYS})"


@compiles(ImpreciseDate)
def _compile_imprecise(element: ImpreciseDate, compiler: SQLCompiler, **kw: Any) -> str:
    earliest, latest = (compiler.process(clause, **kw) for clause in element.clauses)
    return imprecise_sql(compiler.dialect.name, earliest, latest)
