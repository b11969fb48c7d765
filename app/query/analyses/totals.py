"""Totals over matching movements, without counting anyone twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select

from app import models
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.analyses.contradictions import contradiction_id
from app.query.analyses.stored_claims import StoredEvent, load_events, load_wholes
from app.query.lists.definition import FORMAT_NAMES, filter_params, format_param
from app.query.lists.events import MOVEMENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.query.params.param import ListQuery, Param
from app.rules.figure_contradictions import figure_contradictions
from app.rules.totals import CountedMovement, MovementFacts, superseded, total
from app.schemas.analysis import (
    ExcludedRow,
    IncludedRow,
    PopulationTotal,
    SupersededRow,
    TotalRow,
)
from app.schemas.base import Ref
from app.schemas.envelope import Omitted
from app.timespan import DateRange

TOTALS_PARAMS: dict[str, Param] = {**filter_params(MOVEMENTS), "f": format_param(FORMAT_NAMES[:1])}
PLACE_PARAMS: dict[str, tuple[str, ...]] = {
    "place": ("location_id", "from_id", "to_id", "via_id"),
    "from": ("from_id",),
    "to": ("to_id",),
    "via": ("via_id",),
}
"""Filters by place, with the columns of which one must name the place or something inside it."""


def totals(connection: Connection, request: ListRequest, revision: int, packs: Sequence[str]) -> TotalRow:
    """Total the matching movements; `revision` and `packs` name the state of the database that is counted.

    The fields that the row was built with are set; `omitted` is one of them only if a filter omits rows. Raises
    InvalidParameterError for names that resolve to nothing.
    """
    query = MOVEMENTS.resolve(request, connection)
    movements, stored = _matching_movements(query)
    window = request.filters.get("datetime") or DateRange()
    result = total(movements, window, load_wholes(connection), request.filters.get("status", ()))
    refs = {id_: ref for event in stored for id_, ref in event.claim_refs().items()}
    contradictions = {
        contradiction_id(contradiction)
        for counted in result.included
        for contradiction in figure_contradictions(counted.movement.facts)
    }
    omitted = count_omitted(MOVEMENTS, query)
    return TotalRow(
        revision=revision,
        packs=list(packs),
        **vars(result.bounds),
        contradicted=result.contradicted,
        contradictions=sorted(contradictions),
        by_population=[
            PopulationTotal(population=name, **vars(bounds)) for name, bounds in result.by_population.items()
        ],
        included=[_included_row(counted, refs) for counted in result.included],
        excluded=[ExcludedRow(id=id_, reason=reason) for id_, reason in result.excluded],
        **({} if omitted is None else {"omitted": Omitted(**omitted)}),
    )


class _Places(NamedTuple):
    """Ids of places: those asked for with all inside them, and those that contain one of these."""

    inside: set[str]
    around: set[str]


def _matching_movements(query: ListQuery) -> tuple[list[MovementFacts], list[StoredEvent]]:
    """Load the movements that match, and those that only lead from or to something around a place asked for."""
    filters = {name: value for name, value in query.filters.items() if name not in PLACE_PARAMS}
    asked = {name: _places(query.connection, query.filters[name]) for name in PLACE_PARAMS if name in query.filters}
    event_version, movement = table_of(models.EventVersion), table_of(models.Movement)
    columns = (event_version.c.event_pk, event_version.c.location_id, movement.c.population)
    ends = (movement.c.from_id, movement.c.to_id, movement.c.via_id)
    rows = query.connection.execute(select_matching(MOVEMENTS, replace(query, filters=filters), *columns, *ends)).all()
    matches = {row.event_pk: _match(row._mapping, asked) for row in rows}
    stored = load_events(query.connection, [pk for pk, match in matches.items() if match is not None])
    movements = [
        MovementFacts(stored[row.event_pk].facts(query.get("known_by")), row.population, matches[row.event_pk] == WIDER)
        for row in rows
        if matches[row.event_pk] is not None
    ]
    return movements, list(stored.values())


INSIDE, WIDER = "inside", "wider"


def _match(row: RowMapping, asked: Mapping[str, _Places]) -> str | None:
    """Return whether a movement lies in every place asked for, or only around one; None if neither."""
    check_deadline()
    match = INSIDE
    for name, places in asked.items():
        named = {row[column] for column in PLACE_PARAMS[name]}
        if named.isdisjoint(places.inside):
            if named.isdisjoint(places.around):
                return None
            match = WIDER
    return match


def _places(connection: Connection, ids: Sequence[str]) -> _Places:
    ancestor = table_of(models.LocationAncestor)
    inside = select(ancestor.c.location_id).where(ancestor.c.ancestor_id.in_(ids))
    around = select(ancestor.c.ancestor_id).where(ancestor.c.location_id.in_(ids))
    return _Places(set(connection.scalars(inside)), set(connection.scalars(around)) - set(ids))


def _included_row(counted: CountedMovement, refs: Mapping[str, Ref]) -> IncludedRow:
    check_deadline()
    figure = counted.figure
    return IncludedRow(
        id=counted.movement.facts.event,
        low=figure.low,
        best=figure.best,
        high=figure.high,
        contradicted=figure.contradicted,
        claims=[refs[id_] for id_ in figure.claims],
        superseded=[SupersededRow(claim=refs[id_], reason=reason) for id_, reason in superseded(counted)],
    )
