"""Functions that both databases know: SQLite gets them from the engine, PostgreSQL from a migration."""

from datetime import date
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, Text

from app.geo import EARTH_RADIUS_KM

MAX_PRECISE_DAYS = 31
"""What lasts longer is found through an index of its own, so that a search by date need not look far back."""

GREAT_CIRCLE = f"""
CREATE FUNCTION great_circle_km(a_lon float8, a_lat float8, b_lon float8, b_lat float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2 * {EARTH_RADIUS_KM} * asin(least(1, sqrt(
    sin(radians(b_lat - a_lat) / 2) ^ 2
    + cos(radians(a_lat)) * cos(radians(b_lat)) * sin(radians(b_lon - a_lon) / 2) ^ 2)))
"""


def create_functions(dialect: str) -> list[str]:
    """The statements that make the functions in a database."""
    return [GREAT_CIRCLE] if dialect == "postgresql" else []


def drop_functions(dialect: str) -> list[str]:
    """The statements that take the functions away."""
    return ["DROP FUNCTION great_circle_km"] if dialect == "postgresql" else []


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
