"""Load stored claims in the form that the rules take."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.rules.facts import Claim, Figure
from app.rules.status import origin
from app.schemas.claims import ClaimRow
from app.timespan import DateRange


@dataclass(frozen=True)
class StoredClaim:
    """A claim on an event in the form that the rules take, and the pack that it comes from."""

    claim: Claim
    pack_id: str


def load_claims(
    connection: Connection, event_pks: Collection[int], known_by: date | None = None
) -> dict[int, list[StoredClaim]]:
    """Load the claims of events by event key, first reports first; with `known_by` only those reported by that day."""
    claim = table_of(models.Claim)
    statement = (
        select(claim.c.event_pk, claim.c.row, claim.c.pack_id)
        .where(claim.c.event_pk.in_(event_pks))
        .order_by(claim.c.reported_on, claim.c.id)
    )
    if known_by is not None:
        statement = statement.where(claim.c.reported_on <= known_by)
    rows = [
        (event_pk, ClaimRow.model_validate_json(row), pack) for event_pk, row, pack in connection.execute(statement)
    ]
    organisations = _organisations(connection, {row.origin.id for _, row, _ in rows})
    claims: dict[int, list[StoredClaim]] = defaultdict(list)
    for event_pk, row, pack_id in rows:
        claims[event_pk].append(StoredClaim(_to_claim(row, organisations), pack_id))
    return claims


def _organisations(connection: Connection, sources: set[str]) -> dict[str, tuple[str | None, str]]:
    """Load (organisation, kind) of these sources and of all organisations that they belong to."""
    source = table_of(models.Source)
    organisations: dict[str, tuple[str | None, str]] = {}
    pending = sources
    while pending:
        rows = select(source.c.id, source.c.organisation_id, source.c.kind).where(source.c.id.in_(pending))
        organisations |= {id_: (outer, kind) for id_, outer, kind in connection.execute(rows)}
        pending = {outer for outer, _ in organisations.values() if outer} - organisations.keys()
    return organisations


def _to_claim(row: ClaimRow, organisations: dict[str, tuple[str | None, str]]) -> Claim:
    return Claim(
        id=row.id,
        document=row.document.id,
        origin=origin(
            row.origin.id, organisations.get
        ),  # a source that does not exist is refused when the load commits
        stance=row.stance,
        modality=row.modality,
        reported_on=row.reported_on,
        date=DateRange(row.date.earliest, row.date.latest),
        precision=row.date.precision,
        figures=tuple(Figure(**figure.model_dump()) for figure in row.figures),
        printed_date=row.printed.date,
    )
