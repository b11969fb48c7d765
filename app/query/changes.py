"""The feed of changes: applying it to a copy gives a fresh copy."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, literal, null, or_, select, union_all
from sqlmodel import SQLModel

from app import models
from app.db.state import current_revision
from app.db.types import Key
from app.errors import InvalidParameterError
from app.models.base import END_OF_TIME, table_of
from app.query.computed import computed_params
from app.query.cursors import FORGED, Sort, write_cursor
from app.query.pages import ROWS_A_BATCH, Page, Row
from app.query.params import Param, whole_number
from app.schemas.analysis import ChangeRow

SINCE = Param(
    "since",
    "The revision that the copy is at; 0 for everything.",
    "0",
    whole_number(0, 2**31 - 1),
    schema={"type": "integer", "minimum": 0},
    needed=True,
)
CHANGES_PARAMS = computed_params((SINCE,), ChangeRow)
SORT: Sort = [("revision", False), ("resource", False), ("id", False)]
TABLES: dict[str, type[SQLModel]] = {
    "actors": models.Actor,
    "claims": models.Claim,
    "events": models.Event,
    "locations": models.Location,
    "sources": models.Source,
}


def _written(resource: str, table: Table) -> Select[Any]:
    return select(
        table.c.revision,
        literal(resource, Key).label("resource"),
        table.c.id,
        table.c.added_in,
        null().label("merged_into"),
    )


def changes(connection: Connection, values: Mapping[str, Any]) -> Page:
    """A page of what changed after `since`, in the order of revision, resource, id. Raises InvalidParameterError."""
    since, now = values["since"], current_revision(connection)
    if since > now:
        raise InvalidParameterError("since", str(since), f"the database is at revision {now}; start again from 0")
    pack, gone = table_of(models.Pack), table_of(models.Removed)
    packs = select(
        pack.c.revision,
        literal("packs", Key).label("resource"),
        pack.c.id,
        pack.c.added_in,
        null().label("merged_into"),
    )
    removals = select(gone.c.revision, gone.c.resource, gone.c.id, literal(-1).label("added_in"), gone.c.merged_into)
    feed = union_all(
        *(_written(resource, table_of(model)) for resource, model in TABLES.items()), packs, removals
    ).subquery()
    place = (feed.c.revision, feed.c.resource, feed.c.id)
    wanted = select(feed).where(feed.c.revision > since).order_by(*place)
    if "cursor" in values:
        revision, resource, id_ = _cursor(values["cursor"][1])
        later = and_(feed.c.revision == revision, feed.c.resource == resource, feed.c.id > id_)
        wanted = wanted.where(
            or_(feed.c.revision > revision, and_(feed.c.revision == revision, feed.c.resource > resource), later)
        )
    matched = _matched(connection, feed, since) if values.get("count") else None
    if values["limit"] is None:
        return Page(_streamed(connection, wanted, since), matched=matched)
    found = connection.execute(wanted.limit(values["limit"] + 1)).all()
    shown = found[: values["limit"]]
    last = [str(shown[-1].revision), shown[-1].resource, shown[-1].id] if len(found) > len(shown) else None
    return Page([_said_all(connection, shown, since)], next=write_cursor(SORT, last) if last else None, matched=matched)


def _streamed(connection: Connection, wanted: Select[Any], since: int) -> Iterator[list[Row]]:
    with connection.execute(wanted.execution_options(yield_per=ROWS_A_BATCH)) as found:
        for part in found.partitions():
            yield _said_all(connection, part, since)


def _said_all(connection: Connection, found: Iterable[Any], since: int) -> list[Row]:
    found = list(found)
    rows = _rows(connection, [(row.resource, row.id) for row in found if row.added_in >= 0])
    return [(_said(row, since, rows), None) for row in found]


def _matched(connection: Connection, feed: Any, since: int) -> int:
    counted = select(func.count()).select_from(feed).where(feed.c.revision > since)
    return int(connection.scalar(counted) or 0)


def _cursor(last: list[str]) -> tuple[int, str, str]:
    if not (last[0].isascii() and last[0].isdigit() and len(last[0]) < 10):
        raise InvalidParameterError("cursor", "...", FORGED)
    return int(last[0]), last[1], last[2]


def _rows(connection: Connection, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """The rows as they are served now."""
    view, pack = table_of(models.EventView), table_of(models.Pack)
    tables = {name: table_of(model) for name, model in TABLES.items()} | {"events": view, "packs": pack}
    rows = {}
    for resource, table in tables.items():
        ids = [id_ for name, id_ in wanted if name == resource]
        chosen = select(table.c.id, table.c.row).where(table.c.id.in_(ids))
        if resource == "events":
            chosen = chosen.where(view.c.known_until == END_OF_TIME)
        for id_, row in connection.execute(chosen):
            rows[resource, id_] = json.loads(row)
    return rows


def _said(found: Any, since: int, rows: Mapping[tuple[str, str], Any]) -> str:
    fields: dict[str, Any] = {"revision": found.revision, "resource": found.resource, "id": found.id}
    if found.added_in < 0:
        merged = {"merged_into": found.merged_into} if found.merged_into else {}
        return ChangeRow(**fields, action="removed", **merged).model_dump_json(exclude_unset=True)
    action = "added" if found.added_in > since else "updated"
    row = rows[found.resource, found.id]
    return ChangeRow(**fields, action=action, row=row).model_dump_json(exclude_unset=True)
