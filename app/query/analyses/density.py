"""Event density: counts of matching events by cell of a grid, with the filters of the list of events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select, tuple_

from app import models
from app.db.grid import FloorDivide
from app.db.indexes import use_index
from app.deadlines import check_deadline
from app.errors import InvalidParameterError
from app.geo import DISPLAY_DECIMALS, LocatedPoint
from app.models.base import table_of
from app.query.lists.computed import computed_list_params
from app.query.lists.cursors import INVALID_CURSOR, write_cursor
from app.query.lists.definition import with_examples
from app.query.lists.events import EVENT_INDEXES, EVENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.page import ROWS_PER_BATCH, Page, RowWithPoint
from app.query.lists.request import ID_ORDER, ListRequest
from app.query.lists.select import clauses_of, predicates_of
from app.query.params.filters import EVENT_FILTERS
from app.query.params.param import ListQuery, Param, integer_between
from app.query.predicates.forms import SemiJoin, as_correlated
from app.schemas.analysis import DensityRow
from app.vocab import PointKind

MAX_ZOOM = 22
ZOOM = Param(
    "zoom",
    f"How fine the grid is, 0 to {MAX_ZOOM}, counted as web maps do: cells are 45 / 2^zoom degrees wide and high, "
    "which is 32 pixels of such a map at the equator.",
    "6",
    integer_between(0, MAX_ZOOM),
    schema={"type": "integer", "minimum": 0, "maximum": MAX_ZOOM},
    required=True,
)
PARAMS = with_examples(computed_list_params((ZOOM, *EVENT_FILTERS), DensityRow), {"known_by": "2021-07-05"})
BASE_CELL_DEGREES = 45.0
SPATIAL_FILTERS = ("bbox", "near")
"""Filters that the spatial index answers; going from there back to events costs more than comparing coordinates."""
event_version = table_of(models.EventVersion)


class Cell(NamedTuple):
    """A cell with events: its column and row, the number of its events, and the mean of their coordinates."""

    column: int
    row: int
    events: int
    longitude: float
    latitude: float


CellSelect = Select[Any]
"""A statement that yields the values of `Cell`."""


@dataclass(frozen=True)
class Grid:
    """The grid of one zoom. Columns count from -180 degrees eastwards, rows from -90 northwards.

    A cell includes its western and southern edge; the last column and row also include 180 and 90 degrees.
    """

    zoom: int

    @property
    def size(self) -> float:
        """Side of a cell in degrees. The value is exact, because 45 is divided by a power of two."""
        return float(BASE_CELL_DEGREES / 2**self.zoom)

    @property
    def columns(self) -> int:
        """Number of columns around the globe; there are half as many rows."""
        return 8 << self.zoom

    def cell_numbers(self) -> tuple[ColumnElement[int], ColumnElement[int]]:
        """Return the column and row of an event, in SQL."""
        return (
            cell_number(event_version.c.longitude, self.size, self.columns),
            cell_number(event_version.c.latitude, self.size, self.columns // 2),
        )

    def bounds(self, column: int, row: int) -> tuple[float, float, float, float]:
        """Return west, south, east and north of a cell, in degrees."""
        west, south = (column - self.columns // 2) * self.size, (row - self.columns // 4) * self.size
        return west, south, west + self.size, south + self.size

    def parse_id(self, id_: str) -> tuple[int, int]:
        """Parse the column and row from the id of a cell. Raises InvalidParameterError for an id of another grid."""
        zoom, _, place = id_.partition("/")
        column, _, row = place.partition("/")
        if zoom != str(self.zoom) or not all(
            part.isascii() and part.isdigit() and len(part) < 12 for part in (column, row)
        ):
            raise InvalidParameterError("cursor", "...", INVALID_CURSOR)
        return int(column), int(row)


def cell_number(coordinate: ColumnElement[float], size: float, count: int) -> ColumnElement[int]:
    """Return, in SQL, which of `count` steps around zero a coordinate lies in; the last one includes both ends."""
    step = FloorDivide(coordinate, literal(size)) + count // 2
    return case((step >= count, count - 1), else_=step)


def density(connection: Connection, request: ListRequest) -> Page:
    """Count events by cell of a grid, so that a map of any number of events stays small.

    Cells without events are left out. With `bbox` only the events inside it count, also in cells that it cuts. The
    point of a row is the mean of its events' points. `omitted` counts the events without coordinates.
    """
    query, grid = EVENTS.resolve(request, connection), Grid(request.filters["zoom"])
    cells = _select_cells(query, grid)
    column, row = grid.cell_numbers()
    matched = connection.scalar(select(func.count()).select_from(cells.subquery())) if request.count else None
    omitted = (count_omitted(EVENTS, query) or {}) | {"unlocated": _count_unlocated(query)}
    if request.cursor:
        cells = cells.where(tuple_(column, row) > tuple_(*map(literal, grid.parse_id(str(request.cursor[0])))))
    limit = request.limit
    if limit is None:
        return Page(_stream_rows(connection, cells, grid), matched=matched, omitted=omitted)
    rows = [Cell._make(row) for row in connection.execute(cells.limit(limit + 1))]
    return Page(
        [[_render_cell(grid, cell) for cell in rows[:limit]]],
        next=write_cursor(ID_ORDER, [_id(grid, rows[limit - 1])]) if len(rows) > limit else None,
        matched=matched,
        omitted=omitted,
    )


def _select_cells(query: ListQuery, grid: Grid) -> CellSelect:
    column, row = grid.cell_numbers()
    means = func.avg(event_version.c.longitude), func.avg(event_version.c.latitude)
    counts = select(column.label("cell_column"), row.label("cell_row"), func.count(), *means)
    located = _filter_events(counts, query).where(event_version.c.latitude.is_not(None))
    return located.group_by("cell_column", "cell_row").order_by("cell_column", "cell_row")


def _filter_events(statement: CellSelect, query: ListQuery) -> CellSelect:
    """Restrict a statement to the events that match.

    SQLite starts from a semi-join if a filter names something rare. Else it reads the index of dates, which also holds
    the filters' columns and the coordinates: reading events by the spatial index takes longer.
    """
    predicates = predicates_of(EVENTS, query)
    names_entity = any(
        isinstance(predicate, SemiJoin) for name, predicate in predicates.items() if name not in SPATIAL_FILTERS
    )
    if names_entity or "known_by" in query.filters:
        return statement.where(*clauses_of(EVENTS, query))
    return use_index(statement.where(*map(as_correlated, predicates.values())), event_version, EVENT_INDEXES.by_date)


def _count_unlocated(query: ListQuery) -> int:
    """Count events without coordinates that match all but the spatial filters."""
    clauses = clauses_of(EVENTS, query, without="unlocated")
    count = select(func.count()).select_from(event_version).where(*clauses, event_version.c.latitude.is_(None))
    index = "" if "known_by" in query.filters else EVENT_INDEXES.missing["unlocated"]
    return int(query.connection.scalar(use_index(count, event_version, index)) or 0)


def _stream_rows(connection: Connection, cells: CellSelect, grid: Grid) -> Iterator[Sequence[RowWithPoint]]:
    with connection.execution_options(stream_results=True).execute(cells) as rows:
        for batch in rows.partitions(ROWS_PER_BATCH):
            yield [_render_cell(grid, Cell._make(row)) for row in batch]


def _id(grid: Grid, cell: Cell) -> str:
    return f"{grid.zoom}/{cell.column}/{cell.row}"


def _render_cell(grid: Grid, cell: Cell) -> RowWithPoint:
    check_deadline()
    west, south, east, north = grid.bounds(cell.column, cell.row)
    longitude, latitude = _clamp_mean(cell.longitude, west, east), _clamp_mean(cell.latitude, south, north)
    mean = LocatedPoint(longitude, latitude, PointKind.APPROXIMATE)
    row = DensityRow(
        id=_id(grid, cell),
        count=cell.events,
        longitude=mean.longitude,
        latitude=mean.latitude,
        point_kind=mean.point_kind,
        west=west,
        south=south,
        east=east,
        north=north,
    )
    return row.model_dump_json(), mean


def _clamp_mean(mean: float, low: float, high: float) -> float:
    """Round a mean to the digits on which databases agree, and keep it inside the cell."""
    return min(max(round(mean, DISPLAY_DECIMALS), low), high)
