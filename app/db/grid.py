"""Grid cells of coordinates, in the arithmetic of each database."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class FloorDivide(FunctionElement[Any]):
    """Number of the grid cell of a coordinate: floor(coordinate / size), negative below zero.

    Sizes are 45 degrees divided by a power of two: every multiple is exact, and no quotient is rounded over an edge.
    """

    inherit_cache = True
    type = Integer()


@compiles(FloorDivide, "postgresql")
def _compile_floor(element: FloorDivide, compiler: SQLCompiler, **kw: object) -> str:
    coordinate, size = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(floor({coordinate} / CAST({size} AS double precision)) AS bigint)"


@compiles(FloorDivide, "sqlite")
def _compile_cast(element: FloorDivide, compiler: SQLCompiler, **kw: object) -> str:
    """Render a floor by a cast, which truncates towards zero: not every SQLite is built with floor()."""
    coordinate, size = (compiler.process(clause, **kw) for clause in element.clauses)
    quotient = f"({coordinate} / {size})"
    return f"(CAST({quotient} AS INTEGER) - ({quotient} < CAST({quotient} AS INTEGER)))"
