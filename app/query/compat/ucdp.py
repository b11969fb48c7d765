"""UCDP GED in the shape of UCDP's API: filters, pages, and the types of its columns."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Connection, Select, and_, bindparam, func, or_, select

from app import models
from app.codebooks.ucdp import GED_COLUMNS
from app.db.engine import is_embedded
from app.db.indexes import use_index
from app.db.revision import revision_cache
from app.db.statements import PreparedStatement, StatementCache
from app.geo import BBox
from app.models.base import table_of
from app.query.params.param import FilterValues, ListQuery, Param, ParamValue, integer_between, split_list
from app.query.planner.parametrize import prepare_shape
from app.query.predicates.forms import as_subquery
from app.query.predicates.space import split_at_antimeridian, within_boxes
from app.query.predicates.versions import IS_CURRENT, event_version
from app.timespan import parse_day

MAX_ROWS = 1000
DEFAULT_ROWS = 100
MAX_NUMBER = 2**31 - 1
ged = table_of(models.GedEvent)
parse_number = integer_between(0, MAX_NUMBER)
GEOGRAPHY_PARAM = "Geography"


def _numbers_parser(parse: Callable[[str], int]) -> Callable[[str], list[int]]:
    return lambda text: [parse(value) for value in split_list(text)]


def _parse_corners(text: str) -> list[BBox]:
    """Parse `y0 x0,y1 x1`: the south-western and north-eastern corner, latitude first, as in UCDP's API.

    Raises ValueError for anything that is not a box on the globe. The box is split at the antimeridian.
    """
    match = re.fullmatch(r"\s*(-?[\d.]+)\s+(-?[\d.]+)\s*,\s*(-?[\d.]+)\s+(-?[\d.]+)\s*", text, re.ASCII)
    try:
        south, west, north, east = map(float, match.groups() if match else ())
    except ValueError:
        raise ValueError("expected two corners such as 36 66,38 69: latitude and longitude of each") from None
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("the corners are south-west and north-east, latitude first")
    return split_at_antimeridian(BBox(west, south, east, north))


def _within_corners(parts: list[BBox], query: ListQuery) -> ColumnElement[bool]:
    """Match rows in a box, by the spatial index of events, whose points are those of their GED rows."""
    x, y = ged.c.longitude, ged.c.latitude
    semi_join = within_boxes(parts, ListQuery({}, query.connection, event_version))
    events = semi_join.subquery
    if semi_join.equivalent is not None and not is_embedded(query.connection.engine):
        events = select(event_version.c.event_pk).where(IS_CURRENT, semi_join.equivalent)
    inside = or_(*(and_(y >= box.south, y <= box.north, x >= box.west, x <= box.east) for box in parts))
    return and_(ged.c.event_pk.in_(events), inside)


def _any_of_param(
    name: str, description: str, example: str, *columns: str, parse: Callable[[str], int] = parse_number
) -> Param:
    def predicate(values: list[int], _query: ListQuery) -> ColumnElement[bool]:
        return or_(*(ged.c[column].in_(values) for column in columns))

    schema = {"type": "array", "items": {"type": "integer"}}
    return Param(
        name, f"{description} Several numbers mean any of them.", example, _numbers_parser(parse), predicate, schema
    )


DAY_SCHEMA = {"type": "string", "format": "date"}
PARAMS = {
    param.name: param
    for param in (
        Param(
            "pagesize",
            f"How many rows a page has, 1 to {MAX_ROWS}.",
            "1",
            integer_between(1, MAX_ROWS),
            schema={"type": "integer", "minimum": 1, "maximum": MAX_ROWS, "default": DEFAULT_ROWS},
        ),
        Param("page", "Which page, from 0.", "0", parse_number, schema={"type": "integer", "minimum": 0, "default": 0}),
        _any_of_param("Id", "The id of the event in GED.", "300380", "number"),
        _any_of_param("Country", "Gleditsch-Ward number of the country it happened in.", "700", "country_id"),
        Param(
            GEOGRAPHY_PARAM,
            "South-western and north-eastern corner of a box, latitude first: `36 66,38 69`.",
            "29 60,39 75",
            _parse_corners,
            _within_corners,
        ),
        Param(
            "StartDate",
            "Events that ended on this day or later.",
            "1989-01-01",
            parse_day,
            lambda day, _query: ged.c.ends_on >= day,
            DAY_SCHEMA,
        ),
        Param(
            "EndDate",
            "Events that ended on this day or earlier.",
            "2030-12-31",
            parse_day,
            lambda day, _query: ged.c.ends_on <= day,
            DAY_SCHEMA,
        ),
        _any_of_param(
            "TypeOfViolence",
            "1 state-based, 2 non-state, 3 one-sided.",
            "1",
            "type_of_violence",
            parse=integer_between(1, 3),
        ),
        _any_of_param("Dyad", "UCDP's number of the dyad.", "735", "dyad_id"),
        _any_of_param("Actor", "UCDP's number of an actor on either side.", "130", "side_a_id", "side_b_id"),
    )
}


Predicates = Sequence[ColumnElement[bool]]
Bound = BindParameter[int]
StatementBuilder = Callable[..., Select[Any]]
"""Builds a statement from predicates and, for a page, its size and offset."""
Rows = list[Any]
"""Rows of a statement, as tuples."""
_statements = StatementCache()


def ged_page(connection: Connection, values: FilterValues) -> tuple[int, list[str]]:
    """Return the number of matching rows, and one page of them ordered by id, each as JSON."""
    filters = row_filters(values)
    size = values.get("pagesize", DEFAULT_ROWS)
    bounds = (size, size * values.get("page", 0))
    if filters.keys() == {GEOGRAPHY_PARAM}:  # one statement also counts, so that the box is searched once
        rows = _run_prepared(connection, filters, _select_page_with_total, bounds)
        total = rows[0][1] if rows else _count_rows(connection, filters)
    else:
        total = _count_rows(connection, filters)
        rows = _run_prepared(connection, filters, _select_page, bounds)
    return total, [row_json(cells) for cells, *_ in rows]


def row_filters(values: FilterValues) -> dict[str, ParamValue]:
    """Return the values of parameters that filter."""
    return {name: values[name] for name in PARAMS if name in values and PARAMS[name].predicate}


COVERED_FILTERS = {"Country", "StartDate", "EndDate", "TypeOfViolence"}
"""Filters on columns of the covering index that starts with the country."""


def is_index_only(values: FilterValues) -> bool:
    """Return whether an index answers the filters alone: by ids, or within one country."""
    filters = row_filters(values)
    return filters.keys() == {"Id"} or (len(filters.get("Country", ())) == 1 and filters.keys() <= COVERED_FILTERS)


def _count_rows(connection: Connection, filters: FilterValues) -> int:
    if filters:
        return int(_run_prepared(connection, filters, _select_count, ())[0][0])
    cache = revision_cache(connection)
    if "ged rows" not in cache:
        cache["ged rows"] = int(_run_prepared(connection, {}, _select_count, ())[0][0])
    return int(cache["ged rows"])


def _run_prepared(
    connection: Connection, filters: FilterValues, build: StatementBuilder, bounds: tuple[int, ...]
) -> Rows:
    """Run a statement, built and prepared once for all filters of a shape; `bounds` are the page's size and offset."""

    def compile_(bound_filters: dict[str, Any], names: list[str]) -> PreparedStatement:
        query = ListQuery(bound_filters, connection, ged)
        predicates = [
            as_subquery(predicate)
            for name, value in bound_filters.items()
            if (factory := PARAMS[name].predicate) and (predicate := factory(value, query)) is not None
        ]
        bound_parameters = [bindparam(name, 0, type_=BigInteger()) for name in names[len(names) - len(bounds) :]]
        return PreparedStatement(
            connection, build(predicates, *bound_parameters), names, custom_plan=GEOGRAPHY_PARAM in filters
        )

    key = (connection.dialect.name, build)
    statement, literals = prepare_shape(_statements, key, filters, compile_, extra=len(bounds))
    return statement.rows(connection, [*literals, *bounds])


def _select_count(predicates: Predicates) -> Select[int]:
    return select(func.count()).select_from(ged).where(*predicates)


def _select_page(predicates: Predicates, size: Bound, offset: Bound) -> Select[str]:
    """Select a page: its keys from an index first, so that only the rows of the page are read."""
    subquery = select(ged.c.event_pk).where(*predicates).order_by(ged.c.number).limit(size).offset(offset).subquery()
    return select(ged.c.cells).where(ged.c.event_pk.in_(select(subquery.c.event_pk))).order_by(ged.c.number)


def _select_page_with_total(predicates: Predicates, size: Bound, offset: Bound) -> Select[Any]:
    """Select a page, and beside each row the number of all that match."""
    matching = select(ged.c.event_pk, ged.c.number, func.count().over().label("total")).where(*predicates)
    statement = (
        use_index(matching, ged, "ix_ged_event_event_pk").order_by(ged.c.number).limit(size).offset(offset).subquery()
    )
    rows = select(ged.c.cells, statement.c.total).join_from(statement, ged, ged.c.event_pk == statement.c.event_pk)
    return rows.order_by(statement.c.number)


Cell = Any
"""A cell of a GED row: a number, a text, a boolean or None."""
TEXT_COLUMNS = {"conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "gwnoa", "gwnob"}
TIMESTAMP_COLUMNS = {"date_start", "date_end"}
BOOLEAN_COLUMNS = {"active_year"}
_CONVERTERS: dict[str, Callable[[Cell], Cell]] = {
    **dict.fromkeys(TEXT_COLUMNS, str),
    **dict.fromkeys(TIMESTAMP_COLUMNS, "{}T00:00:00".format),
    **dict.fromkeys(BOOLEAN_COLUMNS, bool),
}
_CONVERSIONS = [(at, _CONVERTERS[column]) for at, column in enumerate(GED_COLUMNS) if column in _CONVERTERS]
_encode_json = json.JSONEncoder(ensure_ascii=False, separators=("\n", ":")).encode
_ROW = "{" + ", ".join(f'"{column}": %s' for column in GED_COLUMNS) + "}"


def encode_cells(cells: Sequence[Cell]) -> str:
    """Encode the cells of a row with the types of UCDP's API, each as JSON on a line of its own.

    Old numbers of conflicts, dyads and sides, and the states behind a side, are texts. `active_year` is a boolean, days
    are date-times, and every other cell is a number or text as it was given.
    """
    converted = list(cells)
    for at, convert in _CONVERSIONS:
        if converted[at] is not None:
            converted[at] = convert(converted[at])
    return _encode_json(converted)[1:-1]


def row_json(cells: str) -> str:
    """Render a row as UCDP's API does, from the cells of `encode_cells`."""
    return _ROW % tuple(cells.split("\n"))
