"""Totals over matching movements."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.query.facts import told_of
from app.query.listing import FORMATS, filters_of, format_param
from app.query.listings import MOVEMENTS
from app.query.pages import matching, omitted
from app.query.params import Param
from app.rules.totals import Moved, Total, superseded, total
from app.schemas.analysis import (
    ExcludedRow,
    IncludedRow,
    PopulationTotal,
    SupersededRow,
)
from app.timespan import Interval

TOTALS_PARAMS: dict[str, Param] = {**filters_of(MOVEMENTS), "f": format_param(FORMATS[:1])}


def totals(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a total: bounds, populations, what is counted and what is not."""
    asked = MOVEMENTS.asked(values, connection)
    view, move = table_of(models.EventView), table_of(models.Movement)
    found = connection.execute(
        matching(
            MOVEMENTS,
            asked,
            view.c.event_pk,
            view.c.id,
            view.c.status,
            view.c.earliest,
            view.c.latest,
            move.c.population,
        )
    ).all()
    parents = _parents(connection)
    told = told_of(connection, [row.event_pk for row in found], values.get("known_by"))
    moved = [
        Moved(
            event=row.id,
            part_of=parents.get(row.id),
            population=row.population,
            status=row.status,
            when=Interval(row.earliest, row.latest),
            claims=tuple(claim.fact for claim in told[row.event_pk]),
        )
        for row in found
    ]
    counted = total(moved, values.get("datetime") or Interval(), parents, values.get("status", ()))
    return _fields(counted) | {"omitted": omitted(MOVEMENTS, asked)}


def _parents(connection: Connection) -> dict[str, str | None]:
    """What every part is part of."""
    event = table_of(models.Event)
    return dict(connection.execute(select(event.c.id, event.c.part_of_id).where(event.c.part_of_id.is_not(None))).all())


def _fields(counted: Total) -> dict[str, Any]:
    included = []
    for part in counted.included:
        count = part.moved.count
        assert count is not None  # noqa: S101 - what counts has a figure, by the rule
        reasons = [SupersededRow(claim=claim, reason=reason) for claim, reason in superseded(part.moved)]
        included.append(
            IncludedRow(
                id=part.moved.event,
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
