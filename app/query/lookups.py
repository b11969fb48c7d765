"""Answers about single rows and names: one row by id, the claims of an event, what a name may mean."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from app import models
from app.errors import MovedError, NotFoundError
from app.models.base import table_of
from app.names import key, likeness
from app.query import conditions as where
from app.query.computed import batch_of
from app.query.listing import FORMATS, Listing, format_param
from app.query.pages import Page
from app.query.params import LONGEST_VALUE, Asked, Param, readable
from app.query.resolve import ACTORS, LOCATIONS, SOURCES, Names, by_code, merged_into, nearest_ids, nearest_names
from app.schemas.envelope import Candidate

NAME = Param("q", "The name, in any spelling; or `scheme:code`.", "Hairaton", str, needed=True)
RESOLVE_PARAMS = {"q": NAME, "f": format_param(FORMATS)}
MATCHES = ("id", "name", "alias", "code")


def pack_rows(connection: Connection) -> list[str]:
    """The rows of all packs, by id."""
    pack = table_of(models.Pack)
    return list(connection.scalars(select(pack.c.row).order_by(pack.c.id)))


def one_row(listing: Listing, id_: str, values: Mapping[str, Any], connection: Connection) -> str:
    """The row with this id. Raises MovedError if the id was merged, NotFoundError if there is none."""
    rows: Table = listing.rows
    if not readable(id_) or len(id_) > LONGEST_VALUE:
        raise NotFoundError(listing.name, repr(id_[:60]), [])
    asked = Asked(values, connection, rows)
    found = select(rows.c.row).where(rows.c.id == id_)
    always = listing.always(asked) if listing.always else None
    row = connection.scalar(found if always is None else found.where(always))
    if row is not None:
        return str(row)
    if always is not None and connection.scalar(found.limit(1)) is not None:
        raise NotFoundError(listing.name, id_, [], f"{id_} had not been reported by {values.get('known_by')}")
    if into := merged_into(connection, listing.name, id_):
        raise MovedError(listing.name, into)
    raise NotFoundError(listing.name, id_, nearest_ids(connection, rows, id_, always))


def claims_of(id_: str, values: Mapping[str, Any], connection: Connection) -> list[str]:
    """The claims in view of an event, first reports first."""
    claim, event = table_of(models.Claim), table_of(models.Event)
    known = where.known_claims(Asked(values, connection, claim))
    wanted = (
        select(claim.c.row)
        .join(event, event.c.pk == claim.c.event_pk)
        .where(event.c.id == id_)
        .order_by(claim.c.reported_on, claim.c.id)
    )
    return list(connection.scalars(wanted if known is None else wanted.where(known)))


def resolve(connection: Connection, values: Mapping[str, Any]) -> Page:
    """Candidates for a name: how each matched, which document printed it, and the nearest spellings."""
    return Page([batch_of(Candidate(**row) for row in candidates(connection, values["q"]))])


def candidates(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Everything that a name may mean, each row once: by id, name, alias or code; if by none, near spellings."""
    found = [row for where_named in (LOCATIONS, ACTORS, SOURCES) for row in _exact(connection, where_named, name)]
    if found:
        found.sort(key=lambda row: (MATCHES.index(row["match"]), row["resource"], row["id"]))
    else:
        found = [row for where_named in (LOCATIONS, ACTORS, SOURCES) for row in _near(connection, where_named, name)]
        found.sort(key=lambda row: (-likeness(name, row["matched"]), row["resource"], row["id"]))
    once = {(row["resource"], row["id"]): row for row in reversed(found)}
    return [row for row in found if once[row["resource"], row["id"]] is row]


def _exact(connection: Connection, names: Names, wanted: str) -> list[dict[str, Any]]:
    spellings = names.names
    named = select(spellings).where(spellings.c.key == key(wanted)).order_by(spellings.c.owner_id, spellings.c.pk)
    found = connection.execute(named).all() if key(wanted) else []
    rows = [_candidate(connection, names, row.owner_id, row.kind, row) for row in found]
    rows += [_candidate(connection, names, owner, "code", None, wanted) for owner in by_code(connection, names, wanted)]
    return rows


def _near(connection: Connection, names: Names, wanted: str) -> list[dict[str, Any]]:
    spellings = names.names
    rows = []
    for spelling in nearest_names(connection, names, wanted):
        found = select(spellings).where(spellings.c.name == spelling).order_by(spellings.c.owner_id)
        rows += [_candidate(connection, names, row.owner_id, "near", row) for row in connection.execute(found)]
    return rows


def _candidate(
    connection: Connection, names: Names, owner: str, match: str, row: Any, matched: str = ""
) -> dict[str, Any]:
    source = table_of(models.Source)
    owned = names.rows
    name, kind = connection.execute(select(owned.c.name, owned.c.kind).where(owned.c.id == owner)).one()
    document = row.as_printed if row is not None else None
    title = connection.scalar(select(source.c.name).where(source.c.id == document)) if document else None
    return {
        "resource": names.resource,
        "id": owner,
        "name": name,
        "kind": kind,
        "match": match,
        "matched": row.name if row is not None else matched,
        "language": row.language if row is not None else None,
        "as_printed": {"id": document, "name": title} if document else None,
    }
