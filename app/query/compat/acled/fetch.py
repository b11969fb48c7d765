"""One answer in ACLED's shape: the rows of a page, or all of them, and how many there are."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Protocol

from sqlalchemy import Connection, Select, and_, func, not_, select

from app import models
from app.errors import UnavailableError
from app.models.base import table_of
from app.query.compat.acled.exact_filters import (
    CURRENT,
    HAS_COUNTRY,
    HAS_DATE,
    HAS_POINT,
    VISIBLE,
    FilterContext,
    acled_event,
    view,
)
from app.query.compat.acled.filters import Filter
from app.query.compat.acled.prefilters import split_filters
from app.query.compat.acled.request import AcledQuery
from app.query.compat.acled.rows import CellBuilder, Cells, acled_id
from app.query.lists.page import ROWS_PER_BATCH


def revision_timestamps_of(connection: Connection) -> dict[int, int]:
    """By revision, when it was made (Unix seconds)."""
    revision = table_of(models.Revision)
    rows = connection.execute(select(revision.c.id, revision.c.made_at))
    # SQLite gives back the time in UTC that was written, without saying so.
    return {id_: int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) for id_, at in rows}


class RowSource(Protocol):
    """What can be read: one statement, in order; the filters that it leaves over; and the cells of what it finds."""

    revision_timestamps: dict[int, int]

    @property
    def statement(self) -> Select[Any]:
        """The statement."""
        ...

    @property
    def residual(self) -> Sequence[Filter]:
        """The filters that the statement does not hold."""
        ...

    def cells(self, rows: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each row that was found."""
        ...


class EventSource:
    """Every event with a country, a date and a point as it is known now; the newest first, then by id."""

    def __init__(self, connection: Connection, filters: Sequence[Filter]) -> None:
        self.connection = connection
        self.revision_timestamps = revision_timestamps_of(connection)
        imported = bool(filters) and connection.scalar(select(acled_event.c.event_pk).limit(1)) is not None
        clauses, self.residual = split_filters(filters, FilterContext(connection, self.revision_timestamps, imported))
        columns = ("event_pk", "id", "row", "country", "location_id", "sort_date", "earliest", "latest")
        self.statement: Select[Any] = (
            select(*(view.c[name] for name in columns), acled_event.c.cells)
            .outerjoin_from(view, acled_event, acled_event.c.event_pk == view.c.event_pk)
            .where(*VISIBLE, *clauses)
            .order_by(view.c.sort_date.desc(), view.c.id)
        )

    def cells(self, rows: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each event."""
        return CellBuilder(self.connection, rows, self.revision_timestamps).cells(columns)


class RemovalSource:
    """Ids of events that are gone, merged ones as well; the last removed first, then by id."""

    def __init__(self, connection: Connection, filters: Sequence[Filter]) -> None:
        tombstone = table_of(models.Tombstone)
        self.revision_timestamps = revision_timestamps_of(connection)
        self.residual = filters
        removed = select(tombstone.c.id, tombstone.c.revision).where(tombstone.c.resource == "events")
        self.statement: Select[Any] = removed.order_by(tombstone.c.revision.desc(), tombstone.c.id)

    def cells(self, removals: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each removal."""
        rows = (
            {"event_id_cnty": acled_id(row.id), "deleted_timestamp": str(self.revision_timestamps[row.revision])}
            for row in removals
        )
        return [{name: cell for name, cell in row.items() if name in columns} for row in rows]


@dataclass
class PagedReader:
    """The rows that answer a question, batch by batch. `returned` and `total` are true once all were taken.

    Filters that are left over are put to each row in turn: the whole answer has to be read for its total, and the
    rows before a page for the page. It must be over by `deadline` (of the monotonic clock).
    """

    connection: Connection
    source: RowSource
    query: AcledQuery
    deadline: float
    known_total: int | None = None
    """The total, where it is known before."""
    returned: int = field(default=0, init=False)
    total: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[list[Cells]]:
        for rows in self._filter_in_python() if self.source.residual or self._is_unpaged else self._read_page():
            if rows:
                self.returned += len(rows)
                yield self.source.cells(rows, self.query.fields)

    @property
    def _is_unpaged(self) -> bool:
        return self.query.limit is None and self.query.page == 1

    @property
    def _page_window(self) -> tuple[int, int | None]:
        """The place of the first row of the page, and of the first after it; all rows are on page 1."""
        limit, page = self.query.limit, self.query.page
        if limit is None:
            return (0, None) if page == 1 else (0, 0)
        return (page - 1) * limit, page * limit

    def _fetch_batches(self, statement: Select[Any]) -> Iterator[Sequence[Any]]:
        with self.connection.execute(statement.execution_options(yield_per=ROWS_PER_BATCH)) as rows:
            for part in rows.partitions():
                if time.monotonic() > self.deadline:
                    raise UnavailableError("the query took longer than it may; ask for less")
                yield part

    def _read_page(self) -> Iterator[Sequence[Any]]:
        """The database knows which rows are on the page."""
        first, after = self._page_window
        if after != first:
            yield from self._fetch_batches(self.source.statement.offset(first).limit((after or first) - first))
        if self.query.limit and self.returned < self.query.limit and (self.returned or first == 0):
            self.total = first + self.returned
            return
        if self.known_total is not None:
            self.total = self.known_total
            return
        counted = select(func.count()).select_from(self.source.statement.order_by(None).subquery())
        self.total = int(self.connection.scalar(counted) or 0)

    def _filter_in_python(self) -> Iterator[Sequence[Any]]:
        """Every row that may match is looked at; only those on the page are finished."""
        first, after = self._page_window
        for part in self._fetch_batches(self.source.statement):
            matching = self._matching_rows(part)
            start, end = max(0, first - self.total), None if after is None else max(0, after - self.total)
            self.total += len(matching)
            yield matching[start:end]

    def _matching_rows(self, part: Sequence[Any]) -> Sequence[Any]:
        residual = self.source.residual
        if not residual:
            return part
        cells = self.source.cells(part, [filter_.column for filter_ in residual])
        return [
            row
            for row, cell_by_column in zip(part, cells, strict=True)
            if all(filter_.matches(cell_by_column[filter_.column]) for filter_ in residual)
        ]


@dataclass(frozen=True)
class VisibleCounts:
    """How many events with a country are shown, and how many not: for want of any date, and for want of a point."""

    visible: int
    undated: int
    unlocated: int


def count_visible(connection: Connection) -> VisibleCounts:
    """Count the events with a country."""
    counted = select(func.count()).select_from(view).where(CURRENT, HAS_COUNTRY)
    clauses = (and_(HAS_DATE, HAS_POINT), not_(HAS_DATE), and_(HAS_DATE, not_(HAS_POINT)))
    return VisibleCounts(*(int(connection.scalar(counted.where(clause)) or 0) for clause in clauses))
