"""Resolve names to ids: by id, exact alias or `scheme:code`, never by substring."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Table, func, select, union_all

from app import models
from app.deadlines import check_deadline
from app.errors import InvalidParameterError
from app.models import entity_types
from app.models.base import table_of
from app.names import closest_matches, match_key

SHARED_PREFIX_LENGTH = 2
"""Characters that a suggestion shares with the text, unless the table is small."""
MAX_COMPARED = 2000
"""Spellings compared on either side of the text in the index."""
MAX_LISTED = 20
"""Ids listed in a problem when several rows share a name."""
MAX_NAME_PARTS = 3
"""Parts of one name between commas, as in "Washington, D.C."."""


@dataclass(frozen=True)
class NameTables:
    """Tables that hold the rows, names and codes of a resource."""

    resource: str
    rows: Table
    names: Table
    codes: Table | None = None


SOURCES, ACTORS, LOCATIONS = (
    NameTables(entity.name, entity.table, table_of(entity.names), table_of(entity.codes) if entity.codes else None)
    for entity in (entity_types.SOURCES, entity_types.ACTORS, entity_types.LOCATIONS)
    if entity.names
)


def resolve_ids(connection: Connection, tables: NameTables, parameter: str, values: Sequence[str]) -> list[str]:
    """Return the ids that the values name.

    An id wins over aliases, and a curated row over one imported with a dataset, so that a query means the same after
    an import. A merged id leads to the one that took over. A name may hold commas. Raises InvalidParameterError for a
    name that no row has, with the closest ones, or that several rows share.
    """
    return [_resolve_id(connection, tables, parameter, value) for value in _rejoin_names(connection, tables, values)]


def _rejoin_names(connection: Connection, tables: NameTables, values: Sequence[str]) -> list[str]:
    """Join neighbouring values that together are one known name, such as "Washington, D.C."."""
    if len(values) < 2:
        return list(values)
    runs = {
        (at, end): ", ".join(values[at:end])
        for at in range(len(values))
        for end in range(at + 2, min(at + MAX_NAME_PARTS, len(values)) + 1)
    }
    names = tables.names
    existing = set(
        connection.scalars(select(names.c.key).where(names.c.key.in_({match_key(run) for run in runs.values()})))
    )
    joined, at = [], 0
    while at < len(values):
        longest = max(
            (end for (start, end), run in runs.items() if start == at and match_key(run) in existing), default=at + 1
        )
        joined.append(runs.get((at, longest), values[at]))
        at = longest
    return joined


def _resolve_id(connection: Connection, tables: NameTables, parameter: str, value: str) -> str:
    check_deadline()  # a list may hold thousands of names
    names = tables.names
    statement = select(names.c.owner_id, names.c.kind, names.c.name).where(names.c.key == match_key(value))
    rows = connection.execute(statement).all() if match_key(value) else []
    exact = [row.owner_id for row in rows if row.kind == "id" and row.name == value]
    ids = exact or [row.owner_id for row in rows if row.kind == "id"]
    owners = sorted(set(ids or (row.owner_id for row in rows))) or ids_by_code(connection, tables, value)
    if len(owners) > 1:
        owners = _curated_only(connection, tables, owners) or _outermost_only(connection, tables, owners)
    if len(owners) == 1:
        return owners[0]
    if owners:
        raise InvalidParameterError(parameter, value, "means more than one; give an id", owners[:MAX_LISTED])
    if merged := merged_into(connection, tables.resource, value):
        return merged
    suggestions = _schemes_of_code(connection, tables, value) or closest_names(connection, tables, value)
    raise InvalidParameterError(parameter, value, f"no such name, id or code in {tables.resource}", suggestions)


def _curated_only(connection: Connection, tables: NameTables, ids: Sequence[str]) -> list[str]:
    """Return the ids that belong to a curated pack."""
    pack = table_of(models.Pack)
    statement = select(tables.rows.c.id).join(pack, pack.c.id == tables.rows.c.pack_id)
    return sorted(connection.scalars(statement.where(tables.rows.c.id.in_(ids), pack.c.dataset.is_(False))))


def _outermost_only(connection: Connection, tables: NameTables, ids: Sequence[str]) -> list[str]:
    """Return the locations that lie in no other of them. Datasets name a point like the district it lies in."""
    if tables is not LOCATIONS:
        return list(ids)
    location_ancestor = table_of(models.LocationAncestor)
    inner = select(location_ancestor.c.location_id).where(
        location_ancestor.c.ancestor_id.in_(ids),
        location_ancestor.c.location_id.in_(ids),
        location_ancestor.c.ancestor_id != location_ancestor.c.location_id,
    )
    return sorted(set(ids) - set(connection.scalars(inner)))


def ids_by_code(connection: Connection, tables: NameTables, value: str) -> list[str]:
    """Return the ids of the rows with a code, given as `scheme:code` in any case."""
    scheme, colon, code = value.partition(":")
    if not colon or tables.codes is None:
        return []
    codes = tables.codes
    statement = select(codes.c.owner_id).where(
        func.lower(codes.c.scheme) == scheme.lower(), codes.c.code.in_({code, code.upper()})
    )
    return sorted(set(connection.scalars(statement)))


def _schemes_of_code(connection: Connection, tables: NameTables, code: str) -> list[str]:
    """Return each `scheme:code` of a code that was given without its scheme."""
    codes = tables.codes
    if codes is None:
        return []
    statement = select(codes.c.scheme, codes.c.code).where(codes.c.code.in_({code, code.upper()})).distinct()
    return sorted(f"{scheme}:{code_row}" for scheme, code_row in connection.execute(statement))


def merged_into(connection: Connection, resource: str, id_: str) -> str | None:
    """Return the id that took over from a merged one; None if this one was never merged."""
    tombstone = table_of(models.Tombstone)
    seen: set[str] = set()
    at: str | None = id_
    while at is not None and at not in seen:
        seen.add(at)
        value = connection.scalar(
            select(tombstone.c.merged_into).where(tombstone.c.resource == resource, tombstone.c.id == at)
        )
        if value is None:
            break
        at = value
    return None if at == id_ else at


def closest_names(connection: Connection, tables: NameTables, value: str) -> list[str]:
    """Return names spelt like the value, closest first."""
    names, key_text = tables.names, match_key(value)
    rows = connection.scalars(_spelling_candidates(select(names.c.name), names.c.key, key_text)) if key_text else ()
    return closest_matches(value, sorted(rows))


def closest_ids(connection: Connection, table: Table, value: str, base: ColumnElement[bool] | None = None) -> list[str]:
    """Return ids spelt like the value, closest first, of rows that match the base predicate of their list."""
    ids = select(table.c.id).distinct()
    rows = connection.scalars(_spelling_candidates(ids if base is None else ids.where(base), table.c.id, value))
    return closest_matches(value, sorted(rows))


def _spelling_candidates(statement: Select[str], column: ColumnElement[str], text: str) -> CompoundSelect[str]:
    """Select the spellings to compare with: up to `MAX_COMPARED` on either side of the text in the index.

    Comparing is slow, so among hundreds of thousands of names only a bounded number is read. A small table is
    compared whole.
    """
    after = statement.where(column >= text[:SHARED_PREFIX_LENGTH]).order_by(column).limit(MAX_COMPARED)
    before = statement.where(column < text[:SHARED_PREFIX_LENGTH]).order_by(column.desc()).limit(MAX_COMPARED)
    return union_all(select(after.subquery()), select(before.subquery()))
