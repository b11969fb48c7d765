"""Rows of UCDP GED as its own API gives them: filters, pages, and the types of its columns."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, bindparam, func, or_, select

from app import models
from app.db.engine import is_embedded
from app.db.indexes import found_by
from app.db.state import kept
from app.db.statements import Statement, Statements
from app.geo import Box
from app.models.base import table_of
from app.models.datasets import GED_COLUMNS
from app.query.conditions import NOW, boxes, in_box, view
from app.query.lifting import placeholder, taken, with_placeholders
from app.query.params import Asked, Param, split, whole_number
from app.timespan import parse_day

MOST_ROWS = 1000
DEFAULT_ROWS = 100
LARGEST_NUMBER = 2**31 - 1
ged = table_of(models.GedEvent)
number = whole_number(0, LARGEST_NUMBER)
GEOGRAPHY = "Geography"


def _numbers(read: Callable[[str], int]) -> Callable[[str], list[int]]:
    return lambda text: [read(value) for value in split(text)]


def _read_corners(text: str) -> list[Box]:
    """`y0 x0,y1 x1`: the south-western and the north-eastern corner, latitude first, as UCDP's API takes them."""
    found = re.fullmatch(r"\s*(-?[\d.]+)\s+(-?[\d.]+)\s*,\s*(-?[\d.]+)\s+(-?[\d.]+)\s*", text, re.ASCII)
    try:
        south, west, north, east = map(float, found.groups() if found else ())
    except ValueError:
        raise ValueError("expected two corners such as 36 66,38 69: latitude and longitude of each") from None
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("the corners are south-west and north-east, latitude first")
    return boxes(Box(west, south, east, north))


def _in_corners(parts: list[Box], asked: Asked) -> ColumnElement[bool]:
    """The points of events are those of their rows, and there is an index of them."""
    x, y = ged.c.longitude, ged.c.latitude
    there = in_box(parts, Asked({}, asked.connection, view))
    events = there.chosen
    if there.exact is not None and not is_embedded(asked.connection.engine):
        events = select(view.c.event_pk).where(NOW, there.exact)
    inside = or_(*(and_(y >= box.south, y <= box.north, x >= box.west, x <= box.east) for box in parts))
    return and_(ged.c.event_pk.in_(events), inside)


def _any_of(name: str, description: str, example: str, *columns: str, read: Callable[[str], int] = number) -> Param:
    def where(values: list[int], _asked: Asked) -> ColumnElement[bool]:
        return or_(*(ged.c[column].in_(values) for column in columns))

    schema = {"type": "array", "items": {"type": "integer"}}
    return Param(name, f"{description} Several numbers mean any of them.", example, _numbers(read), where, schema)


DAY = {"type": "string", "format": "date"}
PARAMS = {
    param.name: param
    for param in (
        Param(
            "pagesize",
            f"How many rows a page has, 1 to {MOST_ROWS}.",
            "1",
            whole_number(1, MOST_ROWS),
            schema={"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_ROWS},
        ),
        Param("page", "Which page, from 0.", "0", number, schema={"type": "integer", "minimum": 0, "default": 0}),
        _any_of("Id", "The id of the event in GED.", "300380", "number"),
        _any_of("Country", "Gleditsch-Ward number of the country it happened in.", "700", "country_id"),
        Param(
            GEOGRAPHY,
            "South-western and north-eastern corner of a box, latitude first: `36 66,38 69`.",
            "29 60,39 75",
            _read_corners,
            _in_corners,
        ),
        Param(
            "StartDate",
            "Events that ended on this day or later.",
            "1989-01-01",
            parse_day,
            lambda day, _asked: ged.c.ends_on >= day,
            DAY,
        ),
        Param(
            "EndDate",
            "Events that ended on this day or earlier.",
            "2030-12-31",
            parse_day,
            lambda day, _asked: ged.c.ends_on <= day,
            DAY,
        ),
        _any_of(
            "TypeOfViolence",
            "1 state-based, 2 non-state, 3 one-sided.",
            "1",
            "type_of_violence",
            read=whole_number(1, 3),
        ),
        _any_of("Dyad", "UCDP's number of the dyad.", "735", "dyad_id"),
        _any_of("Actor", "UCDP's number of an actor on either side.", "130", "side_a_id", "side_b_id"),
    )
}


_statements = Statements()


def ged_page(connection: Connection, values: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many rows match in all, and one page of them in the order of their ids, each as JSON."""
    given = asked_of(values)
    size = values.get("pagesize", DEFAULT_ROWS)
    bounds = (size, size * values.get("page", 0))
    if given.keys() == {GEOGRAPHY}:  # what lies in a box is looked at once
        found = _stated(connection, given, _both, bounds)
        total = found[0][1] if found else _total(connection, given)
    else:
        total = _total(connection, given)
        found = _stated(connection, given, _reading, bounds)
    return total, [as_served(cells) for cells, *_ in found]


def asked_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say which rows are meant."""
    return {name: values[name] for name in PARAMS if name in values and PARAMS[name].where}


IN_AN_INDEX = {"Country", "StartDate", "EndDate", "TypeOfViolence"}


def is_short(values: Mapping[str, Any]) -> bool:
    """Whether an index holds all that is asked about, of the rows of one country or with some ids."""
    given = asked_of(values)
    return given.keys() == {"Id"} or (len(given.get("Country", ())) == 1 and given.keys() <= IN_AN_INDEX)


def _total(connection: Connection, given: Mapping[str, Any]) -> int:
    if given:
        return int(_stated(connection, given, _counting, ())[0][0])
    memory = kept(connection)
    if "ged rows" not in memory:
        memory["ged rows"] = int(_stated(connection, {}, _counting, ())[0][0])
    return int(memory["ged rows"])


def _stated(connection: Connection, given: Mapping[str, Any], write: Any, more: tuple[int, ...]) -> list[Any]:
    """What a statement finds that is written once for all questions of a shape."""
    shape, leaves = taken(given, frozenset())
    key = (connection.dialect.name, write, shape)

    def written() -> Statement:
        lifted = with_placeholders(given, frozenset())
        asked = Asked(lifted, connection, ged)
        met: Any = [PARAMS[name].where(value, asked) for name, value in lifted.items()]  # type: ignore[misc]
        names = [placeholder(at) for at in range(len(leaves) + len(more))]
        bounds: list[Any] = [bindparam(name, 0, type_=BigInteger()) for name in names[len(leaves) :]]
        return Statement(connection, write(met, *bounds), names, by_value=GEOGRAPHY in given)

    return _statements.of(key, written).rows(connection, [*leaves, *more])


def _counting(met: list[Any]) -> Select[Any]:
    return select(func.count()).select_from(ged).where(*met)


def _reading(met: list[Any], size: Any, first: Any) -> Select[Any]:
    """The rows of a page are chosen by what an index holds; only they are read."""
    chosen = select(ged.c.event_pk).where(*met).order_by(ged.c.number).limit(size).offset(first).subquery()
    return select(ged.c.cells).where(ged.c.event_pk.in_(select(chosen.c.event_pk))).order_by(ged.c.number)


def _both(met: list[Any], size: Any, first: Any) -> Select[Any]:
    """The rows of a page, and beside each how many there are in all."""
    all_ = select(ged.c.event_pk, ged.c.number, func.count().over().label("total")).where(*met)
    chosen = found_by(all_, ged, "ix_ged_event_event_pk").order_by(ged.c.number).limit(size).offset(first).subquery()
    rows = select(ged.c.cells, chosen.c.total).join_from(chosen, ged, ged.c.event_pk == chosen.c.event_pk)
    return rows.order_by(chosen.c.number)


AS_TEXT = {"conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "gwnoa", "gwnob"}
AS_TIME = {"date_start", "date_end"}
AS_TRUTH = {"active_year"}
_FORMS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(AS_TEXT, str),
    **dict.fromkeys(AS_TIME, "{}T00:00:00".format),
    **dict.fromkeys(AS_TRUTH, bool),
}
_SERVED = [(at, _FORMS[column]) for at, column in enumerate(GED_COLUMNS) if column in _FORMS]
_ROW = "{" + ", ".join(f'"{column}": %s' for column in GED_COLUMNS) + "}"


def as_given(cells: Sequence[Any]) -> str:
    """The cells of a row with the types that UCDP's API gives its columns, each as JSON on a line of its own.

    Old numbers of conflicts, dyads and sides, and the states behind a side, are texts; active_year is true or false;
    days are date-times; every other cell is a number or text as it was given.
    """
    served = list(cells)
    for at, form in _SERVED:
        if served[at] is not None:
            served[at] = form(served[at])
    return json.dumps(served, ensure_ascii=False, separators=("\n", ":"))[1:-1]


def as_served(cells: str) -> str:
    """A row as UCDP's API gives it."""
    return _ROW % tuple(cells.split("\n"))
