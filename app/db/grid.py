"""Cells of a grid of degrees, in the arithmetic of each database."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class FloorDivide(FunctionElement[Any]):
    """How many whole steps of a size fit below a coordinate: floor(coordinate / size), negative below zero.

    A size that is 45 divided by a power of two is exact, and so is its every multiple; then a quotient is never
    rounded over a step, and the coordinate lies where the number says.
    """

    inherit_cache = True
    type = Integer()


@compiles(FloorDivide, "postgresql")
def _compile_floor(element: FloorDivide, compiler: SQLCompiler, **kw: Any) -> str:
    coordinate, size = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(floor({coordinate} / CAST({size} AS double precision)) AS bigint)"


@compiles(FloorDivide, "sqlite")
def _compile_cast(element: FloorDivide, compiler: SQLCompiler, **kw: Any) -> str:
    """A cast cuts towards zero; not every SQLite is built with floor()."""
    coordinate, size = (compiler.process(clause, **kw) for clause in element.clauses)
    quotient = f"({coordinate} / {size})"
    return f"(CAST({quotient} AS INTEGER) - ({quotient} < CAST({quotient} AS INTEGER)))"
