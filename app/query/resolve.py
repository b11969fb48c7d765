"""From a name that a user gives to the id of a row: id, exact alias, or `scheme:code`; never a substring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Table, func, select, union_all

from app import models
from app.errors import InvalidParameterError
from app.models.base import table_of
from app.names import key, nearest

SAME_BEGINNING = 2
MOST_COMPARED = 2000
MOST_LISTED = 20  # of the rows that share a name
MOST_PARTS = 3  # that a name with commas may have


@dataclass(frozen=True)
class Names:
    """Where the names and codes of a resource are kept."""

    resource: str
    rows: Table
    names: Table
    codes: Table | None = None


SOURCES = Names("sources", table_of(models.Source), table_of(models.SourceName))
ACTORS = Names("actors", table_of(models.Actor), table_of(models.ActorName), table_of(models.ActorCode))
LOCATIONS = Names("locations", table_of(models.Location), table_of(models.LocationName), table_of(models.LocationCode))


def resolve(connection: Connection, where: Names, parameter: str, values: Sequence[str]) -> list[str]:
    """The ids that the values name.

    An id wins over aliases, and what is curated over what was imported with a dataset, so that a query means the same
    after an import. An id that was merged leads to the one that took over; a name may hold commas. Raises
    InvalidParameterError for a name that nothing has (with the nearest ones) or that several rows share.
    """
    return [_resolve_one(connection, where, parameter, value) for value in _rejoined(connection, where, values)]


def _rejoined(connection: Connection, where: Names, values: Sequence[str]) -> list[str]:
    """The values, where neighbours that make up one name ("Washington, D.C.") are put together again."""
    if len(values) < 2:
        return list(values)
    runs = {
        (at, end): ", ".join(values[at:end])
        for at in range(len(values))
        for end in range(at + 2, min(at + MOST_PARTS, len(values)) + 1)
    }
    names = where.names
    there = set(connection.scalars(select(names.c.key).where(names.c.key.in_({key(run) for run in runs.values()}))))
    joined, at = [], 0
    while at < len(values):
        longest = max((end for (start, end), run in runs.items() if start == at and key(run) in there), default=at + 1)
        joined.append(runs.get((at, longest), values[at]))
        at = longest
    return joined


def _resolve_one(connection: Connection, where: Names, parameter: str, value: str) -> str:
    names = where.names
    wanted = select(names.c.owner_id, names.c.kind, names.c.name).where(names.c.key == key(value))
    found = connection.execute(wanted).all() if key(value) else []
    exact = [row.owner_id for row in found if row.kind == "id" and row.name == value]
    ids = exact or [row.owner_id for row in found if row.kind == "id"]
    owners = sorted(set(ids or (row.owner_id for row in found))) or by_code(connection, where, value)
    if len(owners) > 1:
        owners = _curated(connection, where, owners) or _outermost(connection, where, owners)
    if len(owners) == 1:
        return owners[0]
    if owners:
        raise InvalidParameterError(parameter, value, "means more than one; give an id", owners[:MOST_LISTED])
    if merged := merged_into(connection, where.resource, value):
        return merged
    near = _full_codes(connection, where, value) or nearest_names(connection, where, value)
    raise InvalidParameterError(parameter, value, f"no such name, id or code in {where.resource}", near)


def _curated(connection: Connection, where: Names, ids: Sequence[str]) -> list[str]:
    """Those of the rows that belong to a curated pack."""
    pack = table_of(models.Pack)
    wanted = select(where.rows.c.id).join(pack, pack.c.id == where.rows.c.pack_id)
    return sorted(connection.scalars(wanted.where(where.rows.c.id.in_(ids), pack.c.dataset.is_(False))))


def _outermost(connection: Connection, where: Names, ids: Sequence[str]) -> list[str]:
    """Of imported places those that lie in no other of them: a dataset names a point like the district it lies in."""
    if where is not LOCATIONS:
        return list(ids)
    within = table_of(models.LocationAncestor)
    inner = select(within.c.location_id).where(
        within.c.ancestor_id.in_(ids), within.c.location_id.in_(ids), within.c.ancestor_id != within.c.location_id
    )
    return sorted(set(ids) - set(connection.scalars(inner)))


def by_code(connection: Connection, where: Names, value: str) -> list[str]:
    """The ids of the rows that have a code, given as `scheme:code` in any case."""
    scheme, colon, code = value.partition(":")
    if not colon or where.codes is None:
        return []
    codes = where.codes
    wanted = select(codes.c.owner_id).where(
        func.lower(codes.c.scheme) == scheme.lower(), codes.c.code.in_({code, code.upper()})
    )
    return sorted(set(connection.scalars(wanted)))


def _full_codes(connection: Connection, where: Names, code: str) -> list[str]:
    """A code that was given without its scheme, as it has to be given."""
    codes = where.codes
    if codes is None:
        return []
    found = select(codes.c.scheme, codes.c.code).where(codes.c.code.in_({code, code.upper()})).distinct()
    return sorted(f"{scheme}:{given}" for scheme, given in connection.execute(found))


def merged_into(connection: Connection, resource: str, id_: str) -> str | None:
    """The id that took over from a merged one; None if this one was never merged."""
    gone = table_of(models.Removed)
    seen: set[str] = set()
    at: str | None = id_
    while at is not None and at not in seen:
        seen.add(at)
        found = connection.scalar(select(gone.c.merged_into).where(gone.c.resource == resource, gone.c.id == at))
        if found is None:
            break
        at = found
    return None if at == id_ else at


def nearest_names(connection: Connection, where: Names, value: str) -> list[str]:
    """Names spelt like the value, the nearest first."""
    names, wanted = where.names, key(value)
    found = connection.scalars(_alike(select(names.c.name), names.c.key, wanted)) if wanted else ()
    return nearest(value, sorted(found))


def nearest_ids(
    connection: Connection, table: Table, value: str, always: ColumnElement[bool] | None = None
) -> list[str]:
    """Ids spelt like the value, the nearest first, of rows that meet what always holds."""
    ids = select(table.c.id).distinct()
    found = connection.scalars(_alike(ids if always is None else ids.where(always), table.c.id, value))
    return nearest(value, sorted(found))


def _alike(statement: Select[Any], column: ColumnElement[Any], wanted: str) -> CompoundSelect[Any]:
    """Rows to compare spellings with: those that begin alike, nearest in the index, and no more than that.

    Comparing is slow; among hundreds of thousands of names only a bounded number is worth it. A small table is
    compared whole.
    """
    after = statement.where(column >= wanted[:SAME_BEGINNING]).order_by(column).limit(MOST_COMPARED)
    before = statement.where(column < wanted[:SAME_BEGINNING]).order_by(column.desc()).limit(MOST_COMPARED)
    return union_all(select(after.subquery()), select(before.subquery()))
