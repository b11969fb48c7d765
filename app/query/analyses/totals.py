"""Totals over matching movements."""

from typing import Any

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.query.analyses.stored_claims import load_claims
from app.query.lists.definition import FORMATS, filter_params, format_param
from app.query.lists.events import MOVEMENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.query.params.param import Param
from app.rules.totals import MovementClaims, Total, superseded, total
from app.schemas.analysis import (
    ExcludedRow,
    IncludedRow,
    PopulationTotal,
    SupersededRow,
)
from app.timespan import DateRange

TOTALS_PARAMS: dict[str, Param] = {**filter_params(MOVEMENTS), "f": format_param(FORMATS[:1])}


def totals(connection: Connection, request: ListRequest) -> dict[str, Any]:
    """The fields of a total: bounds, populations, what is counted and what is not."""
    query = MOVEMENTS.resolve(request, connection)
    view, move = table_of(models.EventVersion), table_of(models.Movement)
    movements = connection.execute(
        select_matching(
            MOVEMENTS,
            query,
            view.c.event_pk,
            view.c.id,
            view.c.status,
            view.c.earliest,
            view.c.latest,
            move.c.population,
        )
    ).all()
    parents = _parent_by_event(connection)
    claims = load_claims(connection, [row.event_pk for row in movements], request.filters.get("known_by"))
    moved = [
        MovementClaims(
            event=row.id,
            part_of=parents.get(row.id),
            population=row.population,
            status=row.status,
            dates=DateRange(row.earliest, row.latest),
            claims=tuple(claim.claim for claim in claims[row.event_pk]),
        )
        for row in movements
    ]
    counted = total(moved, request.filters.get("datetime") or DateRange(), parents, request.filters.get("status", ()))
    return _total_fields(counted) | {"omitted": count_omitted(MOVEMENTS, query)}


def _parent_by_event(connection: Connection) -> dict[str, str | None]:
    """What every part is part of."""
    event = table_of(models.Event)
    return dict(connection.execute(select(event.c.id, event.c.part_of_id).where(event.c.part_of_id.is_not(None))).all())


def _total_fields(counted: Total) -> dict[str, Any]:
    included = []
    for part in counted.included:
        count = part.movement.count
        assert count is not None  # noqa: S101 - what counts has a figure, by the rule
        reasons = [SupersededRow(claim=claim, reason=reason) for claim, reason in superseded(part.movement)]
        included.append(
            IncludedRow(
                id=part.movement.event,
                claim=count.claim,
                counts=part.counts,
                added=list(count.added),
                superseded=reasons,
            )
        )
    return {
        **vars(counted.bounds),
        "by_population": [
            PopulationTotal(population=name, **vars(bounds)) for name, bounds in counted.by_population.items()
        ],
        "included": included,
        "excluded": [ExcludedRow(id=id_, reason=reason) for id_, reason in counted.excluded],
    }
