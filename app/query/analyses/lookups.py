"""Look up one row by id, the claims of an event, and the candidates for a name."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from app import models
from app.errors import MovedError, NotFoundError
from app.models.base import table_of
from app.names import match_key, similarity
from app.query.lists.computed import without_points
from app.query.lists.definition import FORMAT_NAMES, ListDefinition, format_param
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
from app.query.predicates.versions import claims_known_by
from app.schemas.base import Ref
from app.schemas.envelope import Candidate

NAME = Param("q", "The name, in any spelling; or `scheme:code`.", "Hairaton", str, required=True)
RESOLVE_PARAMS = {"q": NAME, "f": format_param(FORMAT_NAMES)}
MATCH_KINDS = ("id", "name", "alias", "code")


def pack_rows(connection: Connection) -> list[str]:
    """Return the rows of all packs, ordered by id, as JSON."""
    pack = table_of(models.Pack)
    return list(connection.scalars(select(pack.c.row).order_by(pack.c.id)))


def get_row(listing: ListDefinition, id_: str, filters: FilterValues, connection: Connection) -> str:
    """Return the row with an id, as JSON.

    Raises MovedError if the id was merged, and NotFoundError with the closest ids if there is none. Raises
    NotFoundError with a reason if the row is not in view.
    """
    rows = listing.table
    if not is_printable(id_) or len(id_) > MAX_VALUE_LENGTH:
        raise NotFoundError(listing.name, repr(id_[:60]), [])
    query = ListQuery(filters, connection, rows)
    statement = select(rows.c.row).where(rows.c.id == id_)
    in_view = listing.base_predicate(query) if listing.base_predicate else None
    row = connection.scalar(statement if in_view is None else statement.where(in_view))
    if row is not None:
        return str(row)
    if in_view is not None and connection.scalar(statement.limit(1)) is not None:
        raise NotFoundError(listing.name, id_, [], f"{id_} had not been reported by {filters.get('known_by')}")
    if into := merged_into(connection, listing.name, id_):
        raise MovedError(listing.name, into)
    raise NotFoundError(listing.name, id_, closest_ids(connection, rows, id_, in_view))


def claims_on_event(id_: str, filters: FilterValues, connection: Connection) -> list[str]:
    """Return the claims in view of an event, first reports first, as JSON."""
    claim, event = table_of(models.Claim), table_of(models.Event)
    known = claims_known_by(ListQuery(filters, connection, claim))
    statement = (
        select(claim.c.row)
        .join(event, event.c.pk == claim.c.event_pk)
        .where(event.c.id == id_)
        .order_by(claim.c.reported_on, claim.c.id)
    )
    return list(connection.scalars(statement if known is None else statement.where(known)))


def resolve_name(connection: Connection, request: ListRequest) -> Page:
    """List candidates for a name: how each matched and which document prints it; else the nearest spellings."""
    return Page([without_points(candidates(connection, request.filters["q"]))])


def candidates(connection: Connection, name: str) -> list[Candidate]:
    """Return the rows that a name may mean, each once: by id, name, alias or code; if there is none, near spellings."""
    resources = (LOCATIONS, ACTORS, SOURCES)
    result = [candidate for tables in resources for candidate in _exact_candidates(connection, tables, name)]
    if result:
        result.sort(key=lambda row: (MATCH_KINDS.index(row.match), row.resource, row.id))
    else:
        result = [candidate for tables in resources for candidate in _near_candidates(connection, tables, name)]
        result.sort(key=lambda row: (-similarity(name, row.matched), row.resource, row.id))
    best: dict[tuple[str, str], Candidate] = {}
    for row in result:
        best.setdefault((row.resource, row.id), row)
    return list(best.values())


def _exact_candidates(connection: Connection, tables: NameTables, name: str) -> Iterator[Candidate]:
    if key := match_key(name):
        names = tables.names
        statement = select(names).where(names.c.key == key).order_by(names.c.owner_id, names.c.pk)
        for row in connection.execute(statement):
            printed_by = _document(connection, row.as_printed)
            yield _candidate(connection, tables, row.owner_id, row.kind, row.name, row.language, printed_by)
    for owner in ids_by_code(connection, tables, name):
        yield _candidate(connection, tables, owner, "code", name)


def _near_candidates(connection: Connection, tables: NameTables, name: str) -> Iterator[Candidate]:
    names = tables.names
    for spelling in closest_names(connection, tables, name):
        statement = select(names).where(names.c.name == spelling).order_by(names.c.owner_id)
        for row in connection.execute(statement):
            printed_by = _document(connection, row.as_printed)
            yield _candidate(connection, tables, row.owner_id, "near", row.name, row.language, printed_by)


def _document(connection: Connection, id_: str | None) -> Ref | None:
    """Return a reference to the document that prints a name."""
    if not id_:
        return None
    source = table_of(models.Source)
    return Ref(id=id_, name=connection.execute(select(source.c.name).where(source.c.id == id_)).scalar_one())


def _candidate(
    connection: Connection,
    tables: NameTables,
    id_: str,
    match: str,
    matched: str,
    language: str | None = None,
    as_printed: Ref | None = None,
) -> Candidate:
    owners = tables.rows
    name, kind = connection.execute(select(owners.c.name, owners.c.kind).where(owners.c.id == id_)).one()
    return Candidate(
        resource=tables.resource,
        id=id_,
        name=name,
        kind=kind,
        match=match,
        matched=matched,
        language=language,
        as_printed=as_printed,
    )
