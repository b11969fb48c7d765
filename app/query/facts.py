"""Claims read back from the database, as the rules see them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.rules.facts import ClaimFact, FigureFact
from app.rules.status import origin
from app.schemas.claims import ClaimRow
from app.timespan import Interval


@dataclass(frozen=True)
class Told:
    """A claim on an event: what the rules see, and the pack that it comes from."""

    fact: ClaimFact
    pack_id: str


def told_of(connection: Connection, event_pks: Collection[int], known_by: date | None = None) -> dict[int, list[Told]]:
    """The claims of each event, first reports first; only those reported by `known_by`, if given."""
    claim = table_of(models.Claim)
    wanted = (
        select(claim.c.event_pk, claim.c.row, claim.c.pack_id)
        .where(claim.c.event_pk.in_(event_pks))
        .order_by(claim.c.reported_on, claim.c.id)
    )
    if known_by is not None:
        wanted = wanted.where(claim.c.reported_on <= known_by)
    found = [(event_pk, ClaimRow.model_validate_json(row), pack) for event_pk, row, pack in connection.execute(wanted)]
    organisations = _organisations(connection, {row.origin.id for _, row, _ in found})
    told: dict[int, list[Told]] = defaultdict(list)
    for event_pk, row, pack_id in found:
        told[event_pk].append(Told(_fact(row, organisations), pack_id))
    return told


def _organisations(connection: Connection, sources: set[str]) -> dict[str, tuple[str | None, str]]:
    """(organisation, kind) of these sources and of everything that they belong to."""
    source = table_of(models.Source)
    known: dict[str, tuple[str | None, str]] = {}
    wanted = sources
    while wanted:
        rows = select(source.c.id, source.c.organisation_id, source.c.kind).where(source.c.id.in_(wanted))
        known |= {id_: (outer, kind) for id_, outer, kind in connection.execute(rows)}
        wanted = {outer for outer, _ in known.values() if outer} - known.keys()
    return known


def _fact(row: ClaimRow, organisations: dict[str, tuple[str | None, str]]) -> ClaimFact:
    return ClaimFact(
        id=row.id,
        document=row.document.id,
        origin=origin(row.origin.id, organisations.get),  # one that is gone is refused when the load commits
        stance=row.stance,
        modality=row.modality,
        reported_on=row.reported_on,
        date=Interval(row.date.earliest, row.date.latest),
        precision=row.date.precision,
        figures=tuple(FigureFact(**figure.model_dump()) for figure in row.figures),
        printed_date=row.printed.date,
    )
