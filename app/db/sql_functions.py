"""Imprecise dates as a SQL function, with one rendering for statements and indexes."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, Text

MAX_PRECISE_DAYS = 31
"""Longer ranges have an index of their own, so that a search by date need not look far back."""


class ImpreciseDate(FunctionElement[Any]):
    """Predicate: a date is missing, or the dates are more than MAX_PRECISE_DAYS apart."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1, and then no index would fit


def imprecise_sql(dialect: str, earliest: str = "earliest", latest: str = "latest") -> str:
    """Render the predicate; indexes and statements share it, because a database matches them by their terms."""
    days = f"julianday({latest}) - julianday({earliest})" if dialect == "sqlite" else f"{latest} - {earliest}"
    return f"({earliest} IS NULL OR {latest} IS NULL OR {days} > {MAX_PRECISE_DAYS})"


@compiles(ImpreciseDate)
def _compile_imprecise(element: ImpreciseDate, compiler: SQLCompiler, **kw: object) -> str:
    earliest, latest = (compiler.process(clause, **kw) for clause in element.clauses)
    return imprecise_sql(compiler.dialect.name, earliest, latest)


class FoldedCell(FunctionElement[Any]):
    """A text without case: of a JSON object of folded texts its member, else the text with ASCII letters lowered.

    Takes the object, the name of the member and the text. Both databases lower ASCII letters alike, and no others.
    """

    inherit_cache = True
    type = Text()


@compiles(FoldedCell)
def _compile_folded(element: FoldedCell, compiler: SQLCompiler, **kw: Any) -> str:
    folded, name, cell = (compiler.process(clause, **kw) for clause in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"coalesce(json_extract({folded}, '$.' || {name}), lower({cell}))"
    return f"""coalesce(CAST({folded} AS json) ->> {name}, lower({cell} COLLATE "C")) COLLATE "C\""""
