"""Feed of changes: a copy that applies it equals a fresh export."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Subquery, Table, and_, func, literal, null, or_, select, union_all

from app import models
from app.db.column_types import BinaryText
from app.db.indexes import END_OF_TIME
from app.db.revision import current_revision
from app.deadlines import check_deadline
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES
from app.query.lists.computed import computed_list_params
from app.query.lists.cursors import INVALID_CURSOR, Sort, write_cursor
from app.query.lists.page import ROWS_PER_BATCH, Page, RowWithPoint
from app.query.lists.request import ListRequest
from app.query.params.param import CursorValues, Param, integer_between
from app.schemas.analysis import ChangeRow

SINCE = Param(
    "since",
    "The revision that the copy is at; 0 for everything.",
    "0",
    integer_between(0, 2**31 - 1),
    schema={"type": "integer", "minimum": 0},
    required=True,
)
CHANGES_PARAMS = computed_list_params((SINCE,), ChangeRow)
FEED_ORDER: Sort = (
    ("revision", False),
    ("resource", False),
    ("id", False),
)


REMOVED = -1
"""Stands for the revision in which a row was added, in entries of the feed that say that it was removed."""
RowKey = tuple[str, str]
"""Resource and id of a row."""


class FeedEntry(Protocol):
    """A row of the feed's SQL: what changed, in which revision, and when it was added."""

    revision: int
    resource: str
    id: str
    added_in: int
    merged_into: str | None


def changes(connection: Connection, request: ListRequest) -> Page:
    """List the rows that changed after `since`, by revision, resource and id. Raises InvalidParameterError."""
    since, now = request.filters["since"], current_revision(connection)
    if since > now:
        raise InvalidParameterError("since", str(since), f"the database is at revision {now}; start again from 0")
    feed = _feed()
    statement = select(feed).where(feed.c.revision > since).order_by(feed.c.revision, feed.c.resource, feed.c.id)
    if request.cursor:
        revision, resource, id_ = _decode_cursor(request.cursor)
        later = and_(feed.c.revision == revision, feed.c.resource == resource, feed.c.id > id_)
        statement = statement.where(
            or_(feed.c.revision > revision, and_(feed.c.revision == revision, feed.c.resource > resource), later)
        )
    matched = _count_changes(connection, feed, since) if request.count else None
    if request.limit is None:
        return Page(_stream_rows(connection, statement, since), matched=matched)
    rows = connection.execute(statement.limit(request.limit + 1)).all()
    shown = rows[: request.limit]
    last = [str(shown[-1].revision), shown[-1].resource, shown[-1].id] if len(rows) > len(shown) else None
    return Page(
        [_change_rows(connection, shown, since)], next=write_cursor(FEED_ORDER, last) if last else None, matched=matched
    )


def _feed() -> Subquery:
    """Select every row that exists or was removed, with the revision that changed it last."""
    tombstone = table_of(models.Tombstone)
    removals = select(
        tombstone.c.revision,
        tombstone.c.resource,
        tombstone.c.id,
        literal(REMOVED).label("added_in"),
        tombstone.c.merged_into,
    )
    entities = (_select_changes(entity.name, entity.table) for entity in ENTITY_TYPES.values())
    return union_all(*entities, _select_changes("packs", table_of(models.Pack)), removals).subquery()


def _select_changes(resource: str, table: Table) -> Select[int, str, str, int, None]:
    return select(
        table.c.revision,
        literal(resource, BinaryText).label("resource"),
        table.c.id,
        table.c.added_in,
        null().label("merged_into"),
    )


def _stream_rows(
    connection: Connection, statement: Select[int, str, str, int, str | None], since: int
) -> Iterator[list[RowWithPoint]]:
    with connection.execute(statement.execution_options(yield_per=ROWS_PER_BATCH)) as rows:
        for entries in rows.partitions():
            yield _change_rows(connection, entries, since)


def _change_rows(connection: Connection, entries: Sequence[FeedEntry], since: int) -> list[RowWithPoint]:
    rows = _current_rows(connection, [(entry.resource, entry.id) for entry in entries if entry.added_in != REMOVED])
    return [(_change_row(entry, since, rows), None) for entry in entries]


def _count_changes(connection: Connection, feed: Subquery, since: int) -> int:
    count = select(func.count()).select_from(feed).where(feed.c.revision > since)
    return int(connection.scalar(count) or 0)


def _decode_cursor(last: CursorValues) -> tuple[int, str, str]:
    revision, resource, id_ = map(str, last)
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise InvalidParameterError("cursor", "...", INVALID_CURSOR)
    return int(revision), resource, id_


def _current_rows(connection: Connection, keys: list[RowKey]) -> dict[RowKey, dict[str, Any]]:
    """Read rows as they are served now."""
    tables = {entity.name: table_of(entity.versions or entity.model) for entity in ENTITY_TYPES.values()}
    tables["packs"] = table_of(models.Pack)
    rows = {}
    for resource, table in tables.items():
        ids = [id_ for name, id_ in keys if name == resource]
        statement = select(table.c.id, table.c.row).where(table.c.id.in_(ids))
        if "known_until" in table.c:
            statement = statement.where(table.c.known_until == END_OF_TIME)
        for id_, row in connection.execute(statement):
            rows[resource, id_] = json.loads(row)
    return rows


def _change_row(entry: FeedEntry, since: int, rows: Mapping[RowKey, dict[str, Any]]) -> str:
    check_deadline()
    fields: dict[str, Any] = {"revision": entry.revision, "resource": entry.resource, "id": entry.id}
    if entry.added_in == REMOVED:
        merged = {"merged_into": entry.merged_into} if entry.merged_into else {}
        return ChangeRow(**fields, action="removed", **merged).model_dump_json(exclude_unset=True)
    action = "added" if entry.added_in > since else "updated"
    row = rows[entry.resource, entry.id]
    return ChangeRow(**fields, action=action, row=row).model_dump_json(exclude_unset=True)
