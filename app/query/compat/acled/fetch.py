"""Read the rows of one answer in ACLED's shape: those of a page or all of them, and how many there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, select

from app import models
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.compat.acled.columns import EVENT_COLUMNS, event, removal_columns, removed
from app.query.compat.acled.filters import AcledColumn
from app.query.compat.acled.request import AcledQuery
from app.query.lists.page import ROWS_PER_BATCH
from app.vocab import EventStatus

Cells = dict[str, str]
CellSelect = Select[Any]
HAS_DATE, HAS_POINT = event.c.event_date.is_not(None), event.c.latitude.is_not(None)


@dataclass(frozen=True)
class Shape:
    """The rows that one of ACLED's endpoints gives: their columns, which rows there are, and their order."""

    columns: Mapping[str, AcledColumn]
    condition: ColumnElement[bool]
    order: tuple[ColumnElement[object], ...]


SERVED_STATUSES = (EventStatus.REPORTED, EventStatus.CORROBORATED)
SERVED = and_(event.c.status.in_(SERVED_STATUSES), not_(event.c.is_repeated))


def events_shape(statuses: Sequence[str]) -> Shape:
    """Describe events with a country, a date and a point, which ACLED's clients rely on: the newest first, then by id.

    Without `statuses` these are the reported and corroborated ones that repeat no part of another; else all with one of
    the statuses.
    """
    asked = event.c.status.in_(statuses) if statuses else SERVED
    return Shape(EVENT_COLUMNS, and_(HAS_DATE, HAS_POINT, asked), (event.c.sort_date.desc(), event.c.id))


def removals(connection: Connection) -> Shape:
    """Describe the ids of events that are gone or merged: the last removed first, then by id."""
    columns = removal_columns(revision_timestamps(connection))
    return Shape(columns, removed.c.resource == "events", (removed.c.revision.desc(), removed.c.id))


def revision_timestamps(connection: Connection) -> dict[int, int]:
    """Return by revision when it was made, in Unix seconds."""
    revision = table_of(models.Revision)
    made = connection.execute(select(revision.c.id, revision.c.made_at))
    # SQLite gives back the time in UTC that was written, without saying so.
    return {id_: int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) for id_, at in made}


def rows_of(shape: Shape, query: AcledQuery) -> CellSelect:
    """Select the cells that a query asks for, as text, of all rows that meet its filters."""
    cells = [shape.columns[name].cell.label(name) for name in query.fields]
    clauses = [filter_.clause(shape.columns[filter_.column.name]) for filter_ in query.filters]
    statement: CellSelect = select(*cells)  # type: ignore[assignment]
    return statement.where(shape.condition, *clauses).order_by(*shape.order)


@dataclass
class PagedReader:
    """The rows that answer a query, batch by batch; `returned` and `total` are right once all were taken.

    `known_total` saves counting.
    """

    connection: Connection
    shape: Shape
    query: AcledQuery
    known_total: int | None = None
    returned: int = field(default=0, init=False)
    total: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[list[Cells]]:
        statement, limit, page = rows_of(self.shape, self.query), self.query.limit, self.query.page
        first = (page - 1) * limit if limit else 0
        if limit or page == 1:  # all rows are on page 1
            yield from self._fetch(statement.offset(first).limit(limit) if limit else statement)
        is_last_page = (self.returned or first == 0) and (self.returned < limit if limit else page == 1)
        self.total = first + self.returned if is_last_page else self._count(statement)

    def _fetch(self, statement: CellSelect) -> Iterator[list[Cells]]:
        names = self.query.fields
        with self.connection.execute(statement.execution_options(yield_per=ROWS_PER_BATCH)) as rows:
            for part in rows.partitions():
                check_deadline()
                self.returned += len(part)
                yield [dict(zip(names, row, strict=True)) for row in part]

    def _count(self, statement: CellSelect) -> int:
        if self.known_total is not None:
            return self.known_total
        counted = statement.with_only_columns(func.count()).order_by(None)
        return int(self.connection.scalar(counted) or 0)


@dataclass(frozen=True)
class VisibleCounts:
    """Counts of events that are served by default: shown, and left out for want of a date or a point."""

    visible: int
    undated: int
    unlocated: int


def count_visible(connection: Connection) -> VisibleCounts:
    """Count the events that are served unless their status is asked for."""
    counts: Sequence[ColumnElement[int]] = (
        func.count().filter(and_(HAS_DATE, HAS_POINT)),
        func.count().filter(~HAS_DATE),
        func.count().filter(and_(HAS_DATE, ~HAS_POINT)),
    )
    return VisibleCounts(*map(int, connection.execute(select(*counts).where(SERVED)).one()))
