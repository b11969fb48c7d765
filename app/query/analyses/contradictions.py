"""Contradictions among the claims in view."""

from collections import Counter

from sqlalchemy import Connection, select

from app import models, vocab
from app.db.indexes import use_index
from app.models.base import table_of
from app.query.analyses.stored_claims import load_claims
from app.query.lists.computed import computed_list_params, page_from_rows
from app.query.lists.definition import with_examples
from app.query.lists.events import EVENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.query.params.filters import EVENT_FILTERS
from app.query.params.param import code_param
from app.query.predicates.conditions import version_known_by
from app.rules.contradictions import AttestedControlChange, Contradiction, control_contradictions, event_contradictions
from app.schemas.analysis import ContradictionRow, SideRow
from app.schemas.base import Ref
from app.timespan import DateRange

PARAMS = with_examples(
    computed_list_params((*EVENT_FILTERS, code_param("kind", vocab.ContradictionKind, "polarity")), ContradictionRow),
    {"known_by": "2021-07-05"},
)


def contradictions(connection: Connection, request: ListRequest) -> Page:
    """The contradictions that touch an event the filters let through."""
    view, event = table_of(models.EventVersion), table_of(models.Event)
    query = EVENTS.resolve(request, connection)
    kinds = request.filters.get("kind", tuple(vocab.ContradictionKind))
    wanted = select_matching(EVENTS, query, view.c.id, view.c.event_pk).where(view.c.contradictory)
    if "known_by" not in query.filters:
        wanted = use_index(wanted, view, "ix_event_version_contradictory")
    torn = {row.event_pk: row.id for row in connection.execute(wanted)}
    told = load_claims(connection, list(torn), request.filters.get("known_by"))
    result = [c for pk, id_ in torn.items() for c in event_contradictions(id_, [claim.claim for claim in told[pk]])]
    if vocab.ContradictionKind.CONTROL in kinds:
        change = table_of(models.ControlChange)
        matched = select_matching(EVENTS, query, view.c.id).where(view.c.event_pk.in_(select(change.c.event_pk)))
        matched = use_index(matched, view, "ix_event_version_event_pk")
        matched_ids = set(connection.scalars(matched))
        result += [
            c for c in control_contradictions(_changes(connection, request)) if not matched_ids.isdisjoint(c.events)
        ]
    result = [c for c in result if c.kind in kinds]
    ids = {id_ for c in result for id_ in c.events}
    titles = dict(connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(ids))).all())
    rows: dict[str, ContradictionRow] = {}
    taken: Counter[str] = Counter()
    for contradiction in sorted(result, key=lambda c: (c.kind, c.events, c.sides)):
        plain = _id(contradiction)
        taken[plain] += 1
        id_ = plain if taken[plain] == 1 else f"{plain}:{taken[plain]}"
        rows[id_] = ContradictionRow(
            id=id_,
            kind=contradiction.kind,
            events=[Ref(id=event_id, name=titles[event_id]) for event_id in contradiction.events],
            sides=[SideRow(claims=list(side)) for side in contradiction.sides],
        )
    return page_from_rows(rows, request, count_omitted(EVENTS, query))


def _id(contradiction: Contradiction) -> str:
    """A readable id: the kind and the events, and for figures the claims, of which one event may have many pairs."""
    claims = sorted(claim for side in contradiction.sides for claim in side if contradiction.kind == "figure")
    return ":".join((contradiction.kind, *contradiction.events, *claims))


def _changes(connection: Connection, request: ListRequest) -> list[AttestedControlChange]:
    """All changes of control in view, with their claims."""
    view, change, within = (
        table_of(models.EventVersion),
        table_of(models.ControlChange),
        table_of(models.LocationAncestor),
    )
    query = EVENTS.resolve(request, connection)
    statement = (
        select(view.c.event_pk, view.c.id, view.c.earliest, view.c.latest, change)
        .join(change, change.c.event_pk == view.c.event_pk)
        .where(version_known_by(query))
        .where(view.c.event_pk.in_(select(change.c.event_pk)))  # says SQLite that changes are few among events
    )
    rows = connection.execute(use_index(statement, view, "ix_event_version_event_pk")).all()
    outer: dict[str, set[str]] = {}
    places = {row.location_id for row in rows}
    for ancestor, place in connection.execute(
        select(within.c.ancestor_id, within.c.location_id).where(within.c.location_id.in_(places))
    ):
        outer.setdefault(place, set()).add(ancestor)
    told = load_claims(connection, [row.event_pk for row in rows], request.filters.get("known_by"))
    return [
        AttestedControlChange(
            event=row.id,
            location=row.location_id,
            location_path=outer[row.location_id],
            gained_by=row.gained_by_id,
            extent=row.extent,
            dates=DateRange(row.earliest, row.latest),
            claims=[claim.claim for claim in told[row.event_pk]],
        )
        for row in rows
    ]
