"""Predicates that compare one column: codes, numbers and truth values."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Table, and_, func, literal_column, not_, select

from app import models
from app.models.base import table_of
from app.models.claims import RARE_CODE_CONDITIONS
from app.query.params.param import ListQuery
from app.query.predicates.forms import SemiJoin
from app.vocab import Modality, Stance

AnyOf = Callable[[Sequence[str], ListQuery], ColumnElement[bool]]
"""A predicate factory for a parameter that takes several texts, any of which may match."""
Compare = Callable[[ColumnElement[int], int], ColumnElement[bool]]

RARE_CODES: dict[str, tuple[str, ...]] = {
    "stance": (Stance.DENIES,),
    "modality": (Modality.POSSIBLE, Modality.PLANNED),
}
"""Codes that few claims have, by column; a partial index of each column holds the claims with them."""


def in_column(column: str) -> AnyOf:
    """Match rows whose column has one of the values."""
    return lambda values, query: query.table.c[column].in_(values)


def in_rare_codes(column: str) -> AnyOf:
    """Match rows whose column has one of the codes, by the partial index if all of them are rare.

    SQLite uses a partial index only if the index's condition stands in the statement. The SQL therefore depends on
    the values, and the parameter must be `structural`.
    """

    def factory(values: Sequence[str], query: ListQuery) -> ColumnElement[bool]:
        in_codes = query.table.c[column].in_(values)
        only_rare = set(values) <= set(RARE_CODES[column])
        return and_(literal_column(RARE_CODE_CONDITIONS[column]), in_codes) if only_rare else in_codes

    return factory


def in_joined_column(table: Table, column: str) -> AnyOf:
    """Match rows whose column in a joined table has one of the values."""
    return lambda values, query: table.c[column].in_(values)


def figure_in_column(column: str) -> Callable[[Sequence[str], ListQuery], SemiJoin]:
    """Match rows whose joined figure has one of the values in a column."""
    figure = table_of(models.Figure)
    other = figure.alias()

    def factory(values: Sequence[str], query: ListQuery) -> SemiJoin:
        subquery = select(other.c.claim_pk).where(other.c[column].in_(values))
        return SemiJoin(query.table.c.pk, subquery, figure.c[column].in_(values))

    return factory


def equals(column: str) -> Callable[[int, ListQuery], ColumnElement[bool]]:
    """Match rows whose column has the value; NULL never matches."""
    return lambda value, query: query.table.c[column] == value


def at_least(column: str) -> Callable[[int, ListQuery], ColumnElement[bool]]:
    """Match rows whose column is not below the value; NULL never matches."""
    return lambda value, query: query.table.c[column] >= value


def compare_deaths(compare: Compare) -> Callable[[int, ListQuery], ColumnElement[bool]]:
    """Compare the best estimate of deaths, else the low one, with a bound; rows without either never match."""
    return lambda value, query: compare(func.coalesce(query.table.c.deaths_best, query.table.c.deaths_low), value)


def parse_boolean(text: str) -> bool:
    """Parse `true` or `false`. Raises ValueError for anything else."""
    if text not in ("true", "false"):
        raise ValueError("not true or false")
    return text == "true"


def is_true(table: Table, column: str) -> Callable[[bool, ListQuery], ColumnElement[bool]]:
    """Match rows whose column in a joined table is true, or is false."""
    return lambda value, query: table.c[column] if value else not_(table.c[column])
