"""The feed of changes: applying it to a copy gives a fresh copy."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, literal, null, or_, select, union_all
from sqlmodel import SQLModel

from app import models
from app.db.column_types import BinaryText
from app.db.indexes import END_OF_TIME
from app.db.revision import current_revision
from app.errors import InvalidParameterError
from app.models.base import table_of
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
FEED_TABLES: dict[str, type[SQLModel]] = {
    "actors": models.Actor,
    "claims": models.Claim,
    "events": models.Event,
    "locations": models.Location,
    "sources": models.Source,
}


def _select_changes(resource: str, table: Table) -> Select[Any]:
    return select(
        table.c.revision,
        literal(resource, BinaryText).label("resource"),
        table.c.id,
        table.c.added_in,
        null().label("merged_into"),
    )


def changes(connection: Connection, request: ListRequest) -> Page:
    """A page of what changed after `since`, in the order of revision, resource, id. Raises InvalidParameterError."""
    since, now = request.filters["since"], current_revision(connection)
    if since > now:
        raise InvalidParameterError("since", str(since), f"the database is at revision {now}; start again from 0")
    pack, tombstone = table_of(models.Pack), table_of(models.Tombstone)
    packs = select(
        pack.c.revision,
        literal("packs", BinaryText).label("resource"),
        pack.c.id,
        pack.c.added_in,
        null().label("merged_into"),
    )
    removals = select(
        tombstone.c.revision,
        tombstone.c.resource,
        tombstone.c.id,
        literal(-1).label("added_in"),
        tombstone.c.merged_into,
    )
    feed = union_all(
        *(_select_changes(resource, table_of(model)) for resource, model in FEED_TABLES.items()), packs, removals
    ).subquery()
    place = (feed.c.revision, feed.c.resource, feed.c.id)
    statement = select(feed).where(feed.c.revision > since).order_by(*place)
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


def _stream_rows(connection: Connection, wanted: Select[Any], since: int) -> Iterator[list[RowWithPoint]]:
    with connection.execute(wanted.execution_options(yield_per=ROWS_PER_BATCH)) as rows:
        for part in rows.partitions():
            yield _change_rows(connection, part, since)


def _change_rows(connection: Connection, entries: Iterable[Any], since: int) -> list[RowWithPoint]:
    entries = list(entries)
    rows = _current_rows(connection, [(row.resource, row.id) for row in entries if row.added_in >= 0])
    return [(_change_row(row, since, rows), None) for row in entries]


def _count_changes(connection: Connection, feed: Any, since: int) -> int:
    counted = select(func.count()).select_from(feed).where(feed.c.revision > since)
    return int(connection.scalar(counted) or 0)


def _decode_cursor(last: CursorValues) -> tuple[int, str, str]:
    revision, resource, id_ = map(str, last)
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise InvalidParameterError("cursor", "...", INVALID_CURSOR)
    return int(revision), resource, id_


def _current_rows(connection: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """The rows as they are served now."""
    view, pack = table_of(models.EventVersion), table_of(models.Pack)
    tables = {name: table_of(model) for name, model in FEED_TABLES.items()} | {"events": view, "packs": pack}
    rows = {}
    for resource, table in tables.items():
        ids = [id_ for name, id_ in keys if name == resource]
        subquery = select(table.c.id, table.c.row).where(table.c.id.in_(ids))
        if resource == "events":
            subquery = subquery.where(view.c.known_until == END_OF_TIME)
        for id_, row in connection.execute(subquery):
            rows[resource, id_] = json.loads(row)
    return rows


def _change_row(change: Any, since: int, rows: Mapping[tuple[str, str], Any]) -> str:
    fields: dict[str, Any] = {"revision": change.revision, "resource": change.resource, "id": change.id}
    if change.added_in < 0:
        merged = {"merged_into": change.merged_into} if change.merged_into else {}
        return ChangeRow(**fields, action="removed", **merged).model_dump_json(exclude_unset=True)
    action = "added" if change.added_in > since else "updated"
    row = rows[change.resource, change.id]
    return ChangeRow(**fields, action=action, row=row).model_dump_json(exclude_unset=True)
