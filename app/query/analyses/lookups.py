"""Answers about single rows and names: one row by id, the claims of an event, what a name may mean."""

from typing import Any

from sqlalchemy import Connection, Table, select

from app import models
from app.errors import MovedError, NotFoundError
from app.models.base import table_of
from app.names import match_key, similarity
from app.query.lists.computed import without_points
from app.query.lists.definition import FORMATS, ListDefinition, format_param
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.param import MAX_VALUE_LENGTH, FilterValues, ListQuery, Param, is_printable
from app.query.params.resolve import (
    ACTORS,
    LOCATIONS,
    SOURCES,
    NameTables,
    closest_ids,
    closest_names,
    ids_by_code,
    merged_into,
)
from app.query.predicates import conditions as where
from app.schemas.envelope import Candidate

NAME = Param("q", "The name, in any spelling; or `scheme:code`.", "Hairaton", str, required=True)
RESOLVE_PARAMS = {"q": NAME, "f": format_param(FORMATS)}
MATCH_KINDS = ("id", "name", "alias", "code")


def pack_rows(connection: Connection) -> list[str]:
    """The rows of all packs, by id."""
    pack = table_of(models.Pack)
    return list(connection.scalars(select(pack.c.row).order_by(pack.c.id)))


def get_row(listing: ListDefinition, id_: str, filters: FilterValues, connection: Connection) -> str:
    """The row with this id. Raises MovedError if the id was merged, NotFoundError if there is none."""
    rows: Table = listing.table
    if not is_printable(id_) or len(id_) > MAX_VALUE_LENGTH:
        raise NotFoundError(listing.name, repr(id_[:60]), [])
    query = ListQuery(filters, connection, rows)
    statement = select(rows.c.row).where(rows.c.id == id_)
    always = listing.base_predicate(query) if listing.base_predicate else None
    row = connection.scalar(statement if always is None else statement.where(always))
    if row is not None:
        return str(row)
    if always is not None and connection.scalar(statement.limit(1)) is not None:
        raise NotFoundError(listing.name, id_, [], f"{id_} had not been reported by {filters.get('known_by')}")
    if into := merged_into(connection, listing.name, id_):
        raise MovedError(listing.name, into)
    raise NotFoundError(listing.name, id_, closest_ids(connection, rows, id_, always))


def claims_on_event(id_: str, filters: FilterValues, connection: Connection) -> list[str]:
    """The claims in view of an event, first reports first."""
    claim, event = table_of(models.Claim), table_of(models.Event)
    known = where.claims_known_by(ListQuery(filters, connection, claim))
    statement = (
        select(claim.c.row)
        .join(event, event.c.pk == claim.c.event_pk)
        .where(event.c.id == id_)
        .order_by(claim.c.reported_on, claim.c.id)
    )
    return list(connection.scalars(statement if known is None else statement.where(known)))


def resolve_name(connection: Connection, request: ListRequest) -> Page:
    """Candidates for a name: how each matched, which document printed it, and the nearest spellings."""
    return Page([without_points(Candidate(**row) for row in candidates(connection, request.filters["q"]))])


def candidates(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Everything that a name may mean, each row once: by id, name, alias or code; if by none, near spellings."""
    result = [
        row for where_named in (LOCATIONS, ACTORS, SOURCES) for row in _exact_candidates(connection, where_named, name)
    ]
    if result:
        result.sort(key=lambda row: (MATCH_KINDS.index(row["match"]), row["resource"], row["id"]))
    else:
        result = [
            row
            for where_named in (LOCATIONS, ACTORS, SOURCES)
            for row in _fuzzy_candidates(connection, where_named, name)
        ]
        result.sort(key=lambda row: (-similarity(name, row["matched"]), row["resource"], row["id"]))
    once = {(row["resource"], row["id"]): row for row in reversed(result)}
    return [row for row in result if once[row["resource"], row["id"]] is row]


def _exact_candidates(connection: Connection, tables: NameTables, name: str) -> list[dict[str, Any]]:
    spellings = tables.names
    named = select(spellings).where(spellings.c.key == match_key(name)).order_by(spellings.c.owner_id, spellings.c.pk)
    found = connection.execute(named).all() if match_key(name) else []
    rows = [_candidate(connection, tables, row.owner_id, row.kind, row) for row in found]
    rows += [
        _candidate(connection, tables, owner, "code", None, name) for owner in ids_by_code(connection, tables, name)
    ]
    return rows


def _fuzzy_candidates(connection: Connection, tables: NameTables, name: str) -> list[dict[str, Any]]:
    spellings = tables.names
    rows = []
    for spelling in closest_names(connection, tables, name):
        statement = select(spellings).where(spellings.c.name == spelling).order_by(spellings.c.owner_id)
        rows += [_candidate(connection, tables, row.owner_id, "near", row) for row in connection.execute(statement)]
    return rows


def _candidate(
    connection: Connection, tables: NameTables, owner: str, match: str, row: Any, matched: str = ""
) -> dict[str, Any]:
    source = table_of(models.Source)
    owned = tables.rows
    name, kind = connection.execute(select(owned.c.name, owned.c.kind).where(owned.c.id == owner)).one()
    document = row.as_printed if row is not None else None
    title = connection.scalar(select(source.c.name).where(source.c.id == document)) if document else None
    return {
        "resource": tables.resource,
        "id": owner,
        "name": name,
        "kind": kind,
        "match": match,
        "matched": row.name if row is not None else matched,
        "language": row.language if row is not None else None,
        "as_printed": {"id": document, "name": title} if document else None,
    }
