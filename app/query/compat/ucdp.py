"""Rows of UCDP GED as its own API gives them: filters, pages, and the types of its columns."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, bindparam, func, or_, select

from app import models
from app.codebooks.ucdp import GED_COLUMNS
from app.db.engine import is_embedded
from app.db.indexes import use_index
from app.db.revision import revision_cache
from app.db.statements import PreparedStatement, StatementCache
from app.geo import BBox
from app.models.base import table_of
from app.query.params.param import ListQuery, Param, integer_between, split_list
from app.query.planner.parametrize import bind_placeholders, extract_literals, placeholder
from app.query.predicates.conditions import IS_CURRENT, split_at_antimeridian, view, within_boxes
from app.timespan import parse_day

MAX_ROWS = 1000
DEFAULT_ROWS = 100
MAX_NUMBER = 2**31 - 1
ged = table_of(models.GedEvent)
parse_number = integer_between(0, MAX_NUMBER)
GEOGRAPHY_PARAM = "Geography"


def _numbers_parser(read: Callable[[str], int]) -> Callable[[str], list[int]]:
    return lambda text: [read(value) for value in split_list(text)]


def _parse_corners(text: str) -> list[BBox]:
    """`y0 x0,y1 x1`: the south-western and the north-eastern corner, latitude first, as UCDP's API takes them."""
    match = re.fullmatch(r"\s*(-?[\d.]+)\s+(-?[\d.]+)\s*,\s*(-?[\d.]+)\s+(-?[\d.]+)\s*", text, re.ASCII)
    try:
        south, west, north, east = map(float, match.groups() if match else ())
    except ValueError:
        raise ValueError("expected two corners such as 36 66,38 69: latitude and longitude of each") from None
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("the corners are south-west and north-east, latitude first")
    return split_at_antimeridian(BBox(west, south, east, north))


def _within_corners(parts: list[BBox], query: ListQuery) -> ColumnElement[bool]:
    """The points of events are those of their rows, and there is an index of them."""
    x, y = ged.c.longitude, ged.c.latitude
    there = within_boxes(parts, ListQuery({}, query.connection, view))
    events = there.subquery
    if there.equivalent is not None and not is_embedded(query.connection.engine):
        events = select(view.c.event_pk).where(IS_CURRENT, there.equivalent)
    inside = or_(*(and_(y >= box.south, y <= box.north, x >= box.west, x <= box.east) for box in parts))
    return and_(ged.c.event_pk.in_(events), inside)


def _any_of_param(
    name: str, description: str, example: str, *columns: str, read: Callable[[str], int] = parse_number
) -> Param:
    def predicate(values: list[int], _query: ListQuery) -> ColumnElement[bool]:
        return or_(*(ged.c[column].in_(values) for column in columns))

    schema = {"type": "array", "items": {"type": "integer"}}
    return Param(
        name, f"{description} Several numbers mean any of them.", example, _numbers_parser(read), predicate, schema
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
            lambda day, _asked: ged.c.ends_on >= day,
            DAY_SCHEMA,
        ),
        Param(
            "EndDate",
            "Events that ended on this day or earlier.",
            "2030-12-31",
            parse_day,
            lambda day, _asked: ged.c.ends_on <= day,
            DAY_SCHEMA,
        ),
        _any_of_param(
            "TypeOfViolence",
            "1 state-based, 2 non-state, 3 one-sided.",
            "1",
            "type_of_violence",
            read=integer_between(1, 3),
        ),
        _any_of_param("Dyad", "UCDP's number of the dyad.", "735", "dyad_id"),
        _any_of_param("Actor", "UCDP's number of an actor on either side.", "130", "side_a_id", "side_b_id"),
    )
}


_statements = StatementCache()


def ged_page(connection: Connection, values: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many rows match in all, and one page of them in the order of their ids, each as JSON."""
    filters = row_filters(values)
    size = values.get("pagesize", DEFAULT_ROWS)
    bounds = (size, size * values.get("page", 0))
    if filters.keys() == {GEOGRAPHY_PARAM}:  # what lies in a box is looked at once
        found = _run_prepared(connection, filters, _select_page_with_total, bounds)
        total = found[0][1] if found else _count_rows(connection, filters)
    else:
        total = _count_rows(connection, filters)
        found = _run_prepared(connection, filters, _select_page, bounds)
    return total, [row_json(cells) for cells, *_ in found]


def row_filters(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say which rows are meant."""
    return {name: values[name] for name in PARAMS if name in values and PARAMS[name].predicate}


COVERED_FILTERS = {"Country", "StartDate", "EndDate", "TypeOfViolence"}


def is_index_only(values: Mapping[str, Any]) -> bool:
    """Whether an index holds all that is asked about, of the rows of one country or with some ids."""
    filters = row_filters(values)
    return filters.keys() == {"Id"} or (len(filters.get("Country", ())) == 1 and filters.keys() <= COVERED_FILTERS)


def _count_rows(connection: Connection, filters: Mapping[str, Any]) -> int:
    if filters:
        return int(_run_prepared(connection, filters, _select_count, ())[0][0])
    memory = revision_cache(connection)
    if "ged rows" not in memory:
        memory["ged rows"] = int(_run_prepared(connection, {}, _select_count, ())[0][0])
    return int(memory["ged rows"])


def _run_prepared(connection: Connection, filters: Mapping[str, Any], build: Any, more: tuple[int, ...]) -> list[Any]:
    """What a statement finds that is written once for all questions of a shape."""
    shape, leaves = extract_literals(filters, frozenset())
    key = (connection.dialect.name, build, shape)

    def compile_() -> PreparedStatement:
        bound = bind_placeholders(filters, frozenset())
        query = ListQuery(bound, connection, ged)
        predicates: Any = [PARAMS[name].predicate(value, query) for name, value in bound.items()]  # type: ignore[misc]
        names = [placeholder(at) for at in range(len(leaves) + len(more))]
        bounds: list[Any] = [bindparam(name, 0, type_=BigInteger()) for name in names[len(leaves) :]]
        return PreparedStatement(connection, build(predicates, *bounds), names, custom_plan=GEOGRAPHY_PARAM in filters)

    return _statements.get_or_compile(key, compile_).rows(connection, [*leaves, *more])


def _select_count(predicates: list[Any]) -> Select[Any]:
    return select(func.count()).select_from(ged).where(*predicates)


def _select_page(predicates: list[Any], size: Any, first: Any) -> Select[Any]:
    """The rows of a page are chosen by what an index holds; only they are read."""
    subquery = select(ged.c.event_pk).where(*predicates).order_by(ged.c.number).limit(size).offset(first).subquery()
    return select(ged.c.cells).where(ged.c.event_pk.in_(select(subquery.c.event_pk))).order_by(ged.c.number)


def _select_page_with_total(predicates: list[Any], size: Any, first: Any) -> Select[Any]:
    """The rows of a page, and beside each how many there are in all."""
    all_ = select(ged.c.event_pk, ged.c.number, func.count().over().label("total")).where(*predicates)
    chosen = use_index(all_, ged, "ix_ged_event_event_pk").order_by(ged.c.number).limit(size).offset(first).subquery()
    rows = select(ged.c.cells, chosen.c.total).join_from(chosen, ged, ged.c.event_pk == chosen.c.event_pk)
    return rows.order_by(chosen.c.number)


TEXT_COLUMNS = {"conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "gwnoa", "gwnob"}
TIMESTAMP_COLUMNS = {"date_start", "date_end"}
BOOLEAN_COLUMNS = {"active_year"}
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXT_COLUMNS, str),
    **dict.fromkeys(TIMESTAMP_COLUMNS, "{}T00:00:00".format),
    **dict.fromkeys(BOOLEAN_COLUMNS, bool),
}
_CONVERSIONS = [(at, _CONVERTERS[column]) for at, column in enumerate(GED_COLUMNS) if column in _CONVERTERS]
_ROW = "{" + ", ".join(f'"{column}": %s' for column in GED_COLUMNS) + "}"


def encode_cells(cells: Sequence[Any]) -> str:
    """The cells of a row with the types that UCDP's API gives its columns, each as JSON on a line of its own.

    Old numbers of conflicts, dyads and sides, and the states behind a side, are texts; active_year is true or false;
    days are date-times; every other cell is a number or text as it was given.
    """
    served = list(cells)
    for at, form in _CONVERSIONS:
        if served[at] is not None:
            served[at] = form(served[at])
    return json.dumps(served, ensure_ascii=False, separators=("\n", ":"))[1:-1]


def row_json(cells: str) -> str:
    """A row as UCDP's API gives it."""
    return _ROW % tuple(cells.split("\n"))
