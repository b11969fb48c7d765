"""Predicates on countries, by ISO 3166-1 alpha-3 code."""

from sqlalchemy import Column, ColumnElement, select

from app import models
from app.db.revision import revision_cache
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.names import closest_matches
from app.query.params.param import ListQuery
from app.query.predicates.forms import SemiJoin

location = table_of(models.Location)


def parse_countries(text: str) -> list[str]:
    """Parse codes separated by commas, in any case. Raises InvalidParameterError for a code of another form."""
    values = [value.strip().upper() for value in text.split(",")]
    for value in values:
        if not (len(value) == 3 and value.isascii() and value.isalpha()):
            raise InvalidParameterError("country", value, "not an ISO 3166-1 alpha-3 code such as AFG")
    return values


def check_location_countries(values: list[str], query: ListQuery) -> list[str]:
    """Return the codes. Raises InvalidParameterError for a country without any location, rather than match nothing."""
    return _check_codes_exist(values, query, location.c.country, "no place in this database lies there")


def check_actor_countries(values: list[str], query: ListQuery) -> list[str]:
    """Return the codes. Raises InvalidParameterError for a country without any actor, rather than match nothing."""
    return _check_codes_exist(values, query, query.table.c.country, "no actor in this database belongs there")


def _check_codes_exist(values: list[str], query: ListQuery, column: Column[str], reason: str) -> list[str]:
    """Return the codes if each occurs in a column; those that do are remembered until the revision changes."""
    cache, table = revision_cache(query.connection), column.table.name
    for value in values:
        key = ("country", table, value)
        if key not in cache:
            present = query.connection.scalar(select(column).where(column == value).limit(1))
            if present is None:
                choices = sorted(code for code in query.connection.scalars(select(column).distinct()) if code)
                raise InvalidParameterError("country", value, reason, closest_matches(value, choices))
            cache[key] = True
    return values


def located_in_country(values: list[str], query: ListQuery) -> ColumnElement[bool] | SemiJoin:
    """Match rows that lie in one of the countries."""
    if "country" in query.table.c:
        return query.table.c.country.in_(values)
    other = location.alias()  # the list already joins its rows with the locations themselves
    subquery = select(other.c.id).where(other.c.country.in_(values))
    return SemiJoin(query.table.c.location_id, subquery, location.c.country.in_(values))
