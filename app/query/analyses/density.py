"""How many events lie in each cell of a grid: the same filters and conditions as the list of events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, select, tuple_

from app import models
from app.db.grid import FloorDivide
from app.db.indexes import use_index
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
from app.query.lists.select import predicates_of
from app.query.params.filters import EVENT_FILTERS
from app.query.params.param import ListQuery, Param, integer_between
from app.query.predicates.forms import Predicate, SemiJoin, as_correlated, as_subquery
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
"""Filters whose index knows where, and nothing else of an event."""
view = table_of(models.EventVersion)


@dataclass(frozen=True)
class Grid:
    """Cells of one zoom. Columns count from -180 degrees eastwards, rows from -90 northwards.

    A cell holds its western and southern edge; the last column and row also hold 180 and 90 degrees.
    """

    zoom: int

    @property
    def size(self) -> float:
        """Degrees of a side: exact, as it is 45 divided by a power of two."""
        return float(BASE_CELL_DEGREES / 2**self.zoom)

    @property
    def columns(self) -> int:
        """How many there are around the globe; there are half as many rows."""
        return 8 << self.zoom

    def cell_columns(self) -> tuple[Any, Any]:
        """The column and row of an event, in SQL."""
        return cell_number(view.c.longitude, self.size, self.columns), cell_number(
            view.c.latitude, self.size, self.columns // 2
        )

    def bounds(self, column: int, row: int) -> tuple[float, float, float, float]:
        """West, south, east, north of a cell."""
        west, south = (column - self.columns // 2) * self.size, (row - self.columns // 4) * self.size
        return west, south, west + self.size, south + self.size

    def parse_id(self, id_: str) -> tuple[int, int]:
        """The column and row that an id names. Raises InvalidParameterError for one that is not of this grid."""
        zoom, _, place = id_.partition("/")
        column, _, row = place.partition("/")
        if zoom != str(self.zoom) or not all(
            part.isascii() and part.isdigit() and len(part) < 12 for part in (column, row)
        ):
            raise InvalidParameterError("cursor", "...", INVALID_CURSOR)
        return int(column), int(row)


def cell_number(coordinate: Any, size: float, count: int) -> Any:
    """The number of the step that a coordinate lies in, of `count` steps around zero; the last one is closed."""
    step = FloorDivide(coordinate, literal(size)) + count // 2
    return case((step >= count, count - 1), else_=step)


def density(connection: Connection, request: ListRequest) -> Page:
    """How many events lie in each cell of a grid, so that a map of any number of events stays small.

    Cells without events are not there. With `bbox` only the events inside it count, also in cells that it cuts. A row's
    point is the mean of its events' points. `omitted` counts the events that lie nowhere.
    """
    query, grid = EVENTS.resolve(request, connection), Grid(request.filters["zoom"])
    cells = _select_cells(query, grid)
    column, row = grid.cell_columns()
    counts: dict[str, Any] = {
        "matched": connection.scalar(select(func.count()).select_from(cells.subquery())) if request.count else None,
        "omitted": (count_omitted(EVENTS, query) or {}) | {"unlocated": _count_unlocated(query)},
    }
    if request.cursor:
        cells = cells.where(tuple_(column, row) > tuple_(*map(literal, grid.parse_id(str(request.cursor[0])))))
    limit = request.limit
    if limit is None:
        return Page(_stream_rows(connection, cells, grid), **counts)
    rows = connection.execute(cells.limit(limit + 1)).all()
    shown = [_row(grid, *cell) for cell in rows[:limit]]
    more = len(rows) > limit
    return Page([shown], next=write_cursor(ID_ORDER, [_id(grid, *rows[limit - 1][:2])]) if more else None, **counts)


def _select_cells(query: ListQuery, grid: Grid) -> Select[Any]:
    column, row = grid.cell_columns()
    means = func.avg(view.c.longitude), func.avg(view.c.latitude)
    counted = select(column.label("cell_column"), row.label("cell_row"), func.count(), *means)
    placed = _filter_events(counted, query, predicates_of(EVENTS, query)).where(view.c.latitude.is_not(None))
    return placed.group_by("cell_column", "cell_row").order_by("cell_column", "cell_row")


def _filter_events(statement: Select[Any], query: ListQuery, predicates: Mapping[str, Predicate]) -> Select[Any]:
    """The statement over the events that meet this.

    SQLite starts from what is rare where a filter names it, and else goes through the index that holds what events are
    judged and placed by: boxes are compared there, as going from an index of points back to events takes longer.
    """
    named = any(isinstance(test, SemiJoin) for name, test in predicates.items() if name not in SPATIAL_FILTERS)
    if named or "known_by" in query.filters:
        return statement.where(*map(as_subquery, predicates.values()))
    return use_index(statement.where(*map(as_correlated, predicates.values())), view, EVENT_INDEXES.by_date)


def _count_unlocated(query: ListQuery) -> int:
    """How many events meet everything but what asks where they lie, and lie nowhere."""
    predicates = predicates_of(EVENTS, query, without="unlocated").values()
    counted = select(func.count()).select_from(view).where(*map(as_subquery, predicates), view.c.latitude.is_(None))
    index = "" if "known_by" in query.filters else EVENT_INDEXES.missing["unlocated"]
    return int(query.connection.scalar(use_index(counted, view, index)) or 0)


def _stream_rows(connection: Connection, cells: Select[Any], grid: Grid) -> Iterator[Sequence[RowWithPoint]]:
    with connection.execution_options(stream_results=True).execute(cells) as rows:
        for batch in rows.partitions(ROWS_PER_BATCH):
            yield [_row(grid, *cell) for cell in batch]


def _id(grid: Grid, column: int, row: int) -> str:
    return f"{grid.zoom}/{column}/{row}"


def _row(grid: Grid, column: int, row: int, count: int, longitude: float, latitude: float) -> RowWithPoint:
    west, south, east, north = grid.bounds(column, row)
    mean = LocatedPoint(_clamp_mean(longitude, west, east), _clamp_mean(latitude, south, north), PointKind.APPROXIMATE)
    cell = DensityRow(
        id=_id(grid, column, row),
        count=count,
        longitude=mean.longitude,
        latitude=mean.latitude,
        point_kind=mean.point_kind,
        west=west,
        south=south,
        east=east,
        north=north,
    )
    return cell.model_dump_json(), mean


def _clamp_mean(mean: float, low: float, high: float) -> float:
    """A mean without the digits on which databases differ, and not outside for want of them."""
    return min(max(round(mean, DISPLAY_DECIMALS), low), high)
