"""Gains and losses of each side within a window, by kind of place."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, select

from app import models, vocab
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.analyses.control import KIND, PLACE
from app.query.analyses.stored_claims import batches_of
from app.query.analyses.stored_control import RefNames, load_places, member_ids
from app.query.lists.computed import computed_list_params, page_from_rows
from app.query.lists.figures import figure_entries
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.filters import ANY_VALUE_HELP, KNOWN_BY, NAME_HELP, NAMES_SCHEMA, TIME
from app.query.params.param import FilterValues, ListQuery, Param, split_list
from app.query.predicates.entities import locations_inside
from app.query.predicates.versions import claims_known_by
from app.rules.control import ControlEvent
from app.rules.tallies import Tally, tallies
from app.schemas.analysis import (
    FigureEntry,
    IntervalRow,
    TallyRow,
)
from app.schemas.base import Ref
from app.timespan import DateRange

REPORTED_MEASURES = {vocab.Measure.DISTRICTS_HELD: vocab.LocationKind.DISTRICT}
"""Measures of figures that total held places, with the kind of place that each counts."""

ACTOR = Param(
    "actor",
    f"The side. {NAME_HELP} Includes what is part of it. {ANY_VALUE_HELP}",
    "taliban",
    split_list,
    schema=NAMES_SCHEMA,
)

SUMMARY_PARAMS = computed_list_params(
    (replace(TIME[0], required=True), PLACE, KIND, ACTOR, replace(KNOWN_BY, example="2021-07-05")), TallyRow
)


def summary(connection: Connection, request: ListRequest) -> Page:
    """List what each side gained and lost within the window, by kind of place, with reported totals of held places."""
    filters = request.filters
    window: DateRange = filters["datetime"]
    names = RefNames()
    places, named_ids = load_places(connection, filters, names)
    by_kind: dict[str, list[ControlEvent]] = defaultdict(list)
    for place in places:
        by_kind[place.kind] += place.facts.changes
    sums = {
        (actor, kind): tally for kind, changes in by_kind.items() for actor, tally in tallies(changes, window).items()
    }
    figures = _reported_totals(connection, filters, window, named_ids)
    members = member_ids(connection, "actor", filters, window.latest or date.max)
    keys = {
        f"{actor} {kind}": (actor, kind)
        for actor, kind in sums.keys() | figures.keys()
        if (members is None or actor in members) and kind in filters.get("kind", tuple(vocab.LocationKind))
    }
    undated = sum(not change.dates.is_bounded for changes in by_kind.values() for change in changes)

    def render(shown: Sequence[tuple[str, str]]) -> Iterator[TallyRow]:
        for actor, kind in shown:
            yield _tally_row(names, actor, kind, sums.get((actor, kind), Tally()), figures)

    return page_from_rows(keys, request, render, {"undated": undated} if window.is_bounded else {"undated": 0})


def _tally_row(
    names: RefNames, actor: str, kind: str, tally: Tally, figures: Mapping[tuple[str, str], list[FigureEntry]]
) -> TallyRow:
    return TallyRow(
        actor=Ref(id=actor, name=names.actors[actor]),
        kind=kind,
        captured=IntervalRow(**vars(tally.captured)),
        lost=IntervalRow(**vars(tally.lost)),
        net=IntervalRow(**vars(tally.net)),
        changes=[names.event_ref(id_) for id_ in tally.changes],
        figures=figures.get((actor, kind), []),
    )


def _reported_totals(
    connection: Connection, filters: FilterValues, window: DateRange, location_ids: Sequence[str]
) -> dict[tuple[str, str], list[FigureEntry]]:
    """Return the figures that total held places, by the side that gained and the kind of place counted."""
    change, claim, figure = table_of(models.ControlChange), table_of(models.Claim), table_of(models.Figure)
    statement = (
        select(claim.c.pk, figure.c.position, change.c.gained_by_id)
        .join(claim, claim.c.pk == figure.c.claim_pk)
        .join(change, change.c.event_pk == claim.c.event_pk)
        .where(figure.c.measure.in_(REPORTED_MEASURES), change.c.gained_by_id.is_not(None))
        .order_by(figure.c.id)
    )
    if location_ids:
        statement = statement.where(change.c.location_id.in_(locations_inside(list(location_ids))))
    if (known := claims_known_by(ListQuery(filters, connection, claim))) is not None:
        statement = statement.where(known)
    found = connection.execute(statement).all()
    entries: dict[int, list[FigureEntry]] = {}
    for pks in batches_of(list(dict.fromkeys(row.pk for row in found))):
        for pk, row in connection.execute(select(claim.c.pk, claim.c.row).where(claim.c.pk.in_(pks))):
            entries[pk] = figure_entries(row)
    result: dict[tuple[str, str], list[FigureEntry]] = defaultdict(list)
    for pk, position, actor in found:
        check_deadline()
        entry = entries[pk][position]
        as_of = entry.as_of or entry.reported_on
        if DateRange(as_of, as_of).is_within(window):
            result[actor, REPORTED_MEASURES[entry.measure]].append(entry)
    return result
