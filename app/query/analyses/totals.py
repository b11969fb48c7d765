"""Totals over matching movements, without counting anyone twice."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.query.analyses.stored_claims import load_claims
from app.query.lists.definition import FORMAT_NAMES, filter_params, format_param
from app.query.lists.events import MOVEMENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.query.params.param import ListQuery, Param
from app.rules.totals import CountedMovement, MovementClaims, superseded, total
from app.schemas.analysis import (
    ExcludedRow,
    IncludedRow,
    PopulationTotal,
    SupersededRow,
    TotalRow,
)
from app.schemas.envelope import Omitted
from app.timespan import DateRange

TOTALS_PARAMS: dict[str, Param] = {**filter_params(MOVEMENTS), "f": format_param(FORMAT_NAMES[:1])}


def totals(connection: Connection, request: ListRequest, revision: int, packs: Sequence[str]) -> TotalRow:
    """Total the matching movements; `revision` and `packs` name the state of the database that is counted.

    The fields that the row was built with are set; `omitted` is one of them only if a filter omits rows. Raises
    InvalidParameterError for names that resolve to nothing.
    """
    query = MOVEMENTS.resolve(request, connection)
    parents = _parent_by_event(connection)
    movements = _matching_movements(query, parents)
    window = request.filters.get("datetime") or DateRange()
    result = total(movements, window, parents, request.filters.get("status", ()))
    omitted = count_omitted(MOVEMENTS, query)
    return TotalRow(
        revision=revision,
        packs=list(packs),
        **vars(result.bounds),
        by_population=[
            PopulationTotal(population=name, **vars(bounds)) for name, bounds in result.by_population.items()
        ],
        included=[_included_row(counted) for counted in result.included],
        excluded=[ExcludedRow(id=id_, reason=reason) for id_, reason in result.excluded],
        **({} if omitted is None else {"omitted": Omitted(**omitted)}),
    )


def _matching_movements(query: ListQuery, parents: Mapping[str, str | None]) -> list[MovementClaims]:
    """Load the movements that match, with their claims in view."""
    event_version, movement = table_of(models.EventVersion), table_of(models.Movement)
    columns = [event_version.c[name] for name in ("event_pk", "id", "status", "earliest", "latest")]
    statement = select_matching(MOVEMENTS, query, *columns, movement.c.population)
    rows = query.connection.execute(statement).all()
    claims = load_claims(query.connection, [row.event_pk for row in rows], query.get("known_by"))
    return [
        MovementClaims(
            event=row.id,
            part_of=parents.get(row.id),
            population=row.population,
            status=row.status,
            dates=DateRange(row.earliest, row.latest),
            claims=tuple(stored.claim for stored in claims[row.event_pk]),
        )
        for row in rows
    ]


def _parent_by_event(connection: Connection) -> dict[str, str | None]:
    """Load which event each part belongs to, matching or not."""
    event = table_of(models.Event)
    return dict(connection.execute(select(event.c.id, event.c.part_of_id).where(event.c.part_of_id.is_not(None))).all())


def _included_row(counted: CountedMovement) -> IncludedRow:
    count = counted.movement.count
    assert count is not None  # noqa: S101 - the rule counts only movements with a figure
    reasons = [SupersededRow(claim=claim, reason=reason) for claim, reason in superseded(counted.movement)]
    return IncludedRow(
        id=counted.movement.event,
        claim=count.claim,
        counts=counted.counts,
        added=list(count.added),
        superseded=reasons,
    )
