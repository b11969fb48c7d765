"""Contradictions among the claims in view: of polarity, dates, figures and control."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

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
from app.query.params.param import ListQuery, code_param
from app.query.predicates.versions import version_known_by
from app.rules.contradictions import AttestedControlChange, Contradiction, control_contradictions, event_contradictions
from app.schemas.analysis import ContradictionRow, SideRow
from app.schemas.base import Ref
from app.timespan import DateRange

PARAMS = with_examples(
    computed_list_params((*EVENT_FILTERS, code_param("kind", vocab.ContradictionKind, "polarity")), ContradictionRow),
    {"known_by": "2021-07-05"},
)


def contradictions(connection: Connection, request: ListRequest) -> Page:
    """List contradictions that touch an event matching the filters."""
    query = EVENTS.resolve(request, connection)
    kinds = request.filters.get("kind", tuple(vocab.ContradictionKind))
    result = list(_within_events(query))
    if vocab.ContradictionKind.CONTROL in kinds:
        result += _between_control_changes(query)
    result = sorted((c for c in result if c.kind in kinds), key=lambda c: (c.kind, c.events, c.sides))
    return page_from_rows(_rows_by_id(connection, result), request, count_omitted(EVENTS, query))


def _within_events(query: ListQuery) -> Iterator[Contradiction]:
    """Yield the contradictions within each matching event; a stored flag says which events have any."""
    event_version = table_of(models.EventVersion)
    statement = select_matching(EVENTS, query, event_version.c.id, event_version.c.event_pk)
    statement = statement.where(event_version.c.contradictory)
    if "known_by" not in query.filters:
        statement = use_index(statement, event_version, "ix_event_version_contradictory")
    ids = {row.event_pk: row.id for row in query.connection.execute(statement)}
    claims = load_claims(query.connection, list(ids), query.get("known_by"))
    for event_pk, id_ in ids.items():
        yield from event_contradictions(id_, [stored.claim for stored in claims[event_pk]])


def _between_control_changes(query: ListQuery) -> list[Contradiction]:
    """Return the contradictions of control of which at least one event matches."""
    event_version, change = table_of(models.EventVersion), table_of(models.ControlChange)
    matching = select_matching(EVENTS, query, event_version.c.id).where(
        event_version.c.event_pk.in_(select(change.c.event_pk))
    )
    matching = use_index(matching, event_version, "ix_event_version_event_pk")
    matching_ids = set(query.connection.scalars(matching))
    return [c for c in control_contradictions(_control_changes(query)) if not matching_ids.isdisjoint(c.events)]


def _rows_by_id(connection: Connection, contradictions: Collection[Contradiction]) -> dict[str, ContradictionRow]:
    """Render contradictions; those that would share an id are numbered in their order."""
    event = table_of(models.Event)
    events = {id_ for contradiction in contradictions for id_ in contradiction.events}
    titles = dict(connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(events))).all())
    rows: dict[str, ContradictionRow] = {}
    repeats: Counter[str] = Counter()
    for contradiction in contradictions:
        base = _id(contradiction)
        repeats[base] += 1
        id_ = base if repeats[base] == 1 else f"{base}:{repeats[base]}"
        rows[id_] = ContradictionRow(
            id=id_,
            kind=contradiction.kind,
            events=[Ref(id=event_id, name=titles[event_id]) for event_id in contradiction.events],
            sides=[SideRow(claims=list(side)) for side in contradiction.sides],
        )
    return rows


def _id(contradiction: Contradiction) -> str:
    """Return a readable id: kind and events; of figures also the claims, as one event may have many pairs."""
    claims = sorted(claim for side in contradiction.sides for claim in side if contradiction.kind == "figure")
    return ":".join((contradiction.kind, *contradiction.events, *claims))


def _control_changes(query: ListQuery) -> list[AttestedControlChange]:
    """Return all changes of control in view, with their claims."""
    event_version, change = table_of(models.EventVersion), table_of(models.ControlChange)
    statement = (
        select(event_version.c.event_pk, event_version.c.id, event_version.c.earliest, event_version.c.latest, change)
        .join(change, change.c.event_pk == event_version.c.event_pk)
        .where(version_known_by(query))
        .where(event_version.c.event_pk.in_(select(change.c.event_pk)))  # tells SQLite how few of the events match
    )
    rows = query.connection.execute(use_index(statement, event_version, "ix_event_version_event_pk")).all()
    paths = _location_paths(query.connection, {row.location_id for row in rows})
    claims = load_claims(query.connection, [row.event_pk for row in rows], query.get("known_by"))
    return [
        AttestedControlChange(
            event=row.id,
            location=row.location_id,
            location_path=paths[row.location_id],
            gained_by=row.gained_by_id,
            extent=row.extent,
            dates=DateRange(row.earliest, row.latest),
            claims=[stored.claim for stored in claims[row.event_pk]],
        )
        for row in rows
    ]


def _location_paths(connection: Connection, locations: Collection[str]) -> dict[str, set[str]]:
    """Return each location with all that it lies in, itself included."""
    ancestor = table_of(models.LocationAncestor)
    paths: dict[str, set[str]] = defaultdict(set)
    statement = select(ancestor.c.ancestor_id, ancestor.c.location_id).where(ancestor.c.location_id.in_(locations))
    for outer, location in connection.execute(statement):
        paths[location].add(outer)
    return paths
