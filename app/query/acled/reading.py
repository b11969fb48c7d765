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
from app.query.acled.conditions import CURRENT, HAS_COUNTRY, HAS_DATE, HAS_POINT, SHOWN, Known, given, view
from app.query.acled.filters import Filter
from app.query.acled.narrowing import in_sql
from app.query.acled.question import Question
from app.query.acled.rows import Batch, Cells, shown_id
from app.query.pages import ROWS_A_BATCH


def stamps_of(connection: Connection) -> dict[int, int]:
    """By revision, when it was made (Unix seconds)."""
    revision = table_of(models.Revision)
    made = connection.execute(select(revision.c.id, revision.c.made_at))
    # SQLite gives back the time in UTC that was written, without saying so.
    return {id_: int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) for id_, at in made}


class Shape(Protocol):
    """What can be read: one statement, in order; the filters that it leaves over; and the cells of what it finds."""

    stamps: dict[int, int]

    @property
    def wanted(self) -> Select[Any]:
        """The statement."""
        ...

    @property
    def rest(self) -> Sequence[Filter]:
        """The filters that the statement does not hold."""
        ...

    def cells(self, found: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each row that was found."""
        ...


class Events:
    """Every event with a country, a date and a point as it is known now; the newest first, then by id."""

    def __init__(self, connection: Connection, filters: Sequence[Filter]) -> None:
        self.connection = connection
        self.stamps = stamps_of(connection)
        imported = bool(filters) and connection.scalar(select(given.c.event_pk).limit(1)) is not None
        tests, self.rest = in_sql(filters, Known(connection, self.stamps, imported))
        columns = ("event_pk", "id", "row", "country", "location_id", "sort_date", "earliest", "latest")
        self.wanted: Select[Any] = (
            select(*(view.c[name] for name in columns), given.c.cells)
            .outerjoin_from(view, given, given.c.event_pk == view.c.event_pk)
            .where(*SHOWN, *tests)
            .order_by(view.c.sort_date.desc(), view.c.id)
        )

    def cells(self, found: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each event."""
        return Batch(self.connection, found, self.stamps).cells(columns)


class Removals:
    """Ids of events that are gone, merged ones as well; the last removed first, then by id."""

    def __init__(self, connection: Connection, filters: Sequence[Filter]) -> None:
        gone = table_of(models.Removed)
        self.stamps = stamps_of(connection)
        self.rest = filters
        wanted = select(gone.c.id, gone.c.revision).where(gone.c.resource == "events")
        self.wanted: Select[Any] = wanted.order_by(gone.c.revision.desc(), gone.c.id)

    def cells(self, found: Sequence[Any], columns: Sequence[str]) -> list[Cells]:
        """Those cells of each removal."""
        rows = (
            {"event_id_cnty": shown_id(row.id), "deleted_timestamp": str(self.stamps[row.revision])} for row in found
        )
        return [{name: cell for name, cell in row.items() if name in columns} for row in rows]


@dataclass
class Reading:
    """The rows that answer a question, batch by batch. `returned` and `total` are true once all were taken.

    Filters that are left over are put to each row in turn: the whole answer has to be read for its total, and the
    rows before a page for the page. It must be over by `until` (of the monotonic clock).
    """

    connection: Connection
    shape: Shape
    question: Question
    until: float
    known: int | None = None
    """The total, where it is known before."""
    returned: int = field(default=0, init=False)
    total: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[list[Cells]]:
        for found in self._scanned() if self.shape.rest or self._whole else self._paged():
            if found:
                self.returned += len(found)
                yield self.shape.cells(found, self.question.fields)

    @property
    def _whole(self) -> bool:
        return self.question.limit is None and self.question.page == 1

    @property
    def _window(self) -> tuple[int, int | None]:
        """The place of the first row of the page, and of the first after it; all rows are on page 1."""
        limit, page = self.question.limit, self.question.page
        if limit is None:
            return (0, None) if page == 1 else (0, 0)
        return (page - 1) * limit, page * limit

    def _parts(self, wanted: Select[Any]) -> Iterator[Sequence[Any]]:
        with self.connection.execute(wanted.execution_options(yield_per=ROWS_A_BATCH)) as found:
            for part in found.partitions():
                if time.monotonic() > self.until:
                    raise UnavailableError("the query took longer than it may; ask for less")
                yield part

    def _paged(self) -> Iterator[Sequence[Any]]:
        """The database knows which rows are on the page."""
        first, after = self._window
        if after != first:
            yield from self._parts(self.shape.wanted.offset(first).limit((after or first) - first))
        if self.question.limit and self.returned < self.question.limit and (self.returned or first == 0):
            self.total = first + self.returned
            return
        if self.known is not None:
            self.total = self.known
            return
        counted = select(func.count()).select_from(self.shape.wanted.order_by(None).subquery())
        self.total = int(self.connection.scalar(counted) or 0)

    def _scanned(self) -> Iterator[Sequence[Any]]:
        """Every row that may match is looked at; only those on the page are finished."""
        first, after = self._window
        for part in self._parts(self.shape.wanted):
            met = self._met(part)
            start, end = max(0, first - self.total), None if after is None else max(0, after - self.total)
            self.total += len(met)
            yield met[start:end]

    def _met(self, part: Sequence[Any]) -> Sequence[Any]:
        rest = self.shape.rest
        if not rest:
            return part
        cells = self.shape.cells(part, [asked.column for asked in rest])
        return [
            row for row, told in zip(part, cells, strict=True) if all(asked.meets(told[asked.column]) for asked in rest)
        ]


@dataclass(frozen=True)
class Shown:
    """How many events with a country are shown, and how many not: for want of any date, and for want of a point."""

    shown: int
    undated: int
    unlocated: int


def count_shown(connection: Connection) -> Shown:
    """Count the events with a country."""
    counted = select(func.count()).select_from(view).where(CURRENT, HAS_COUNTRY)
    tests = (and_(HAS_DATE, HAS_POINT), not_(HAS_DATE), and_(HAS_DATE, not_(HAS_POINT)))
    return Shown(*(int(connection.scalar(counted.where(test)) or 0) for test in tests))
