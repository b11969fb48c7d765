"""Contradictions among the claims in view: of polarity, dates, figures, control and occasions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from app import models, vocab
from app.db.indexes import use_index
from app.models.base import table_of
from app.query.analyses.occasions import load_occasions
from app.query.analyses.stored_claims import load_claims, load_events
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
from app.rules.duplicates import occasion_contradictions
from app.schemas.analysis import ContradictionRow, SideRow
from app.schemas.base import Ref
from app.timespan import DateRange
from app.vocab import ContradictionKind

PARAMS = with_examples(
    computed_list_params((*EVENT_FILTERS, code_param("kind", ContradictionKind, "polarity")), ContradictionRow),
    {"known_by": "2021-07-05"},
)


def contradictions(connection: Connection, request: ListRequest) -> Page:
    """List contradictions that touch an event matching the filters."""
    query = EVENTS.resolve(request, connection)
    kinds = request.filters.get("kind", tuple(vocab.ContradictionKind))
    result = list(_within_events(query))
    if ContradictionKind.CONTROL in kinds:
        result += _touching(query, control_contradictions(_control_changes(query)))
    if ContradictionKind.OCCASION in kinds:
        result += _touching(query, occasion_contradictions(load_occasions(query)))
    result = sorted((c for c in result if c.kind in kinds), key=lambda c: (c.kind, c.events, str(c.sides)))
    return page_from_rows(_rows_by_id(connection, result), request, count_omitted(EVENTS, query))


def _within_events(query: ListQuery) -> Iterator[Contradiction]:
    """Yield the contradictions within each matching event; a stored flag says which events have any."""
    event_version = table_of(models.EventVersion)
    statement = select_matching(EVENTS, query, event_version.c.event_pk).where(event_version.c.contradictory)
    if "known_by" not in query.filters:
        statement = use_index(statement, event_version, "ix_event_version_contradictory")
    event_pks = list(query.connection.scalars(statement))
    events = load_events(query.connection, event_pks)
    for pk in event_pks:
        yield from event_contradictions(events[pk].facts(query.get("known_by")))


def _touching(query: ListQuery, contradictions: Iterator[Contradiction]) -> list[Contradiction]:
    """Return the contradictions between events of which at least one matches."""
    found = list(contradictions)
    event_version = table_of(models.EventVersion)
    ids = {id_ for contradiction in found for id_ in contradiction.events}
    matching = select_matching(EVENTS, query, event_version.c.id).where(event_version.c.id.in_(ids))
    matching_ids = set(query.connection.scalars(matching))
    return [contradiction for contradiction in found if not matching_ids.isdisjoint(contradiction.events)]


def _rows_by_id(connection: Connection, contradictions: Collection[Contradiction]) -> dict[str, ContradictionRow]:
    """Render contradictions; those that would share an id are numbered in their order."""
    event, claim = table_of(models.Event), table_of(models.Claim)
    events = {id_ for contradiction in contradictions for id_ in contradiction.events}
    titles = dict(connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(events))).all())
    about = select(event.c.pk).join(claim, claim.c.event_pk == event.c.pk)
    ids = {id_ for contradiction in contradictions for side in contradiction.sides for id_ in side.claims}
    stored = load_claims(connection, list(connection.scalars(about.where(claim.c.id.in_(ids)))))
    refs = {claim.claim.id: claim.ref for claims in stored.values() for claim in claims}
    rows: dict[str, ContradictionRow] = {}
    repeats: Counter[str] = Counter()
    for contradiction in contradictions:
        base = contradiction_id(contradiction)
        repeats[base] += 1
        id_ = base if repeats[base] == 1 else f"{base}:{repeats[base]}"
        rows[id_] = ContradictionRow(
            id=id_,
            kind=contradiction.kind,
            events=[Ref(id=event_id, name=titles[event_id]) for event_id in contradiction.events],
            sides=[
                SideRow(claims=[refs[claim_id] for claim_id in side.claims], says=side.says)
                for side in contradiction.sides
            ],
        )
    return rows


def contradiction_id(contradiction: Contradiction) -> str:
    """Return a readable id: kind and events.

    An event may have many contradictions of figures: theirs names the claim that is exceeded, and by what: a claim, a
    part, or all parts together.
    """
    if contradiction.kind != ContradictionKind.FIGURE:
        return ":".join((contradiction.kind, *contradiction.events))
    exceeded, exceeding = contradiction.sides
    event, *parts = contradiction.events
    by = parts[0] if len(parts) == 1 else "parts" if parts else exceeding.claims[0]
    return ":".join((contradiction.kind, event, exceeded.claims[0], by))


def _control_changes(query: ListQuery) -> list[AttestedControlChange]:
    """Return all changes of control in view, with their claims."""
    event_version, change = table_of(models.EventVersion), table_of(models.ControlChange)
    actor, place = table_of(models.Actor), table_of(models.Location)
    columns = (event_version.c.event_pk, event_version.c.id, event_version.c.earliest, event_version.c.latest)
    statement = (
        select(*columns, change, actor.c.name.label("holder_name"), place.c.name.label("place_name"))
        .join(change, change.c.event_pk == event_version.c.event_pk)
        .join(place, place.c.id == change.c.location_id)
        .outerjoin(actor, actor.c.id == change.c.gained_by_id)
        .where(version_known_by(query))
        .where(event_version.c.event_pk.in_(select(change.c.event_pk)))  # tells SQLite how few of the events match
    )
    rows = query.connection.execute(use_index(statement, event_version, "ix_event_version_event_pk")).all()
    paths = _location_paths(query.connection, {row.location_id for row in rows})
    events = load_events(query.connection, [row.event_pk for row in rows])
    return [
        AttestedControlChange(
            event=row.id,
            location=row.location_id,
            location_path=paths[row.location_id],
            gained_by=row.gained_by_id,
            extent=row.extent,
            dates=DateRange(row.earliest, row.latest),
            claims=events[row.event_pk].facts(query.get("known_by")).claims,
            holder_name=row.holder_name,
            place_name=row.place_name,
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
