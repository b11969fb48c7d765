"""Contradictions among the claims in view: of polarity, dates, figures, control and occasions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection, select

from app import models, vocab
from app.db.indexes import use_index
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.analyses.kept import keep_for_revision
from app.query.analyses.occasions import duplicates_in_view, with_claims
from app.query.analyses.stored_claims import batches_of, load_claim_refs, load_claims, load_events, load_titles
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
from app.rules.contradictions import event_contradictions
from app.rules.control_contradictions import AttestedControlChange, control_contradictions
from app.rules.duplicates import occasion_contradictions
from app.rules.opposition import MAX_PAIRED, Contradiction
from app.schemas.analysis import ContradictionRow, SideRow
from app.schemas.base import Ref
from app.timespan import DateRange
from app.vocab import ContradictionKind

KINDS_WITHIN_EVENTS = (ContradictionKind.POLARITY, ContradictionKind.DATE, ContradictionKind.FIGURE)
EVENTS_PER_BATCH = 1000
"""Events whose claims are held in memory at a time."""
PARAMS = with_examples(
    computed_list_params((*EVENT_FILTERS, code_param("kind", ContradictionKind, "polarity")), ContradictionRow),
    {"known_by": "2021-07-05"},
)


@dataclass(frozen=True)
class Contradictions:
    """Contradictions by id."""

    by_id: Mapping[str, Contradiction]

    @property
    def weight(self) -> int:
        """Number of ids of events and claims in all of them."""
        return sum(len(c.events) + sum(len(side.claims) + 1 for side in c.sides) for c in self.by_id.values())


def contradictions(connection: Connection, request: ListRequest) -> Page:
    """List contradictions that touch an event matching the filters.

    More than 20 numbers, changes of control or possible duplicates that oppose each other are one row, with a side for
    each thing that is said.
    """
    query = EVENTS.resolve(request, connection)
    kinds = request.filters.get("kind", tuple(vocab.ContradictionKind))
    has_filters = not query.filters.keys() <= {"kind", "known_by"}
    found: dict[str, Contradiction] = {}
    if any(kind in kinds for kind in KINDS_WITHIN_EVENTS):
        within = _numbered(_within_events(query)) if has_filters else _kept(query, "events", _within_events)
        found |= within.by_id
    for kind, derive in ((ContradictionKind.CONTROL, _of_control), (ContradictionKind.OCCASION, _of_occasions)):
        if kind in kinds:
            between = _kept(query, kind, derive).by_id
            found |= _touching(query, between) if has_filters else between
    rows = {id_: (id_, contradiction) for id_, contradiction in found.items() if contradiction.kind in kinds}
    return page_from_rows(rows, request, partial(_render, connection), count_omitted(EVENTS, query))


def _kept(query: ListQuery, name: str, derive: Callable[[ListQuery], Iterable[Contradiction]]) -> Contradictions:
    """Return the contradictions of everything in view, which are kept for the revision."""
    known_by = query.get("known_by")
    in_view = replace(query, filters={} if known_by is None else {"known_by": known_by})
    key = ("contradictions", name, known_by)
    return keep_for_revision(query.connection, key, lambda: _numbered(derive(in_view)))


def _numbered(contradictions: Iterable[Contradiction]) -> Contradictions:
    """Give contradictions their ids; those that would share one are numbered in their order."""
    by_id: dict[str, Contradiction] = {}
    repeats: Counter[str] = Counter()
    for contradiction in sorted(contradictions, key=lambda c: (c.kind, c.events, str(c.sides))):
        check_deadline()
        base = contradiction_id(contradiction)
        repeats[base] += 1
        by_id[base if repeats[base] == 1 else f"{base}:{repeats[base]}"] = contradiction
    return Contradictions(by_id)


def _within_events(query: ListQuery) -> Iterator[Contradiction]:
    """Yield the contradictions within each matching event; a stored flag says which events have any."""
    event_version = table_of(models.EventVersion)
    statement = select_matching(EVENTS, query, event_version.c.event_pk).where(event_version.c.contradictory)
    if "known_by" not in query.filters:
        statement = use_index(statement, event_version, "ix_event_version_contradictory")
    event_pks = list(query.connection.scalars(statement))
    for at in range(0, len(event_pks), EVENTS_PER_BATCH):
        events = load_events(query.connection, event_pks[at : at + EVENTS_PER_BATCH])
        for pk in event_pks[at : at + EVENTS_PER_BATCH]:
            yield from event_contradictions(events[pk].facts(query.get("known_by")))


def _of_control(query: ListQuery) -> Iterator[Contradiction]:
    return control_contradictions(_control_changes(query))


def _of_occasions(query: ListQuery) -> Iterator[Contradiction]:
    return occasion_contradictions(with_claims(query, duplicates_in_view(query).groups))


def _touching(query: ListQuery, contradictions: Mapping[str, Contradiction]) -> dict[str, Contradiction]:
    """Return the contradictions between events of which at least one matches."""
    event_version = table_of(models.EventVersion)
    matching = select_matching(EVENTS, query, event_version.c.id)
    matching_ids: set[str] = set()
    for ids in batches_of({id_ for contradiction in contradictions.values() for id_ in contradiction.events}):
        matching_ids.update(query.connection.scalars(matching.where(event_version.c.id.in_(ids))))
    return {id_: c for id_, c in contradictions.items() if not matching_ids.isdisjoint(c.events)}


def _render(connection: Connection, shown: Sequence[tuple[str, Contradiction]]) -> Iterator[ContradictionRow]:
    titles = load_titles(connection, {id_ for _, contradiction in shown for id_ in contradiction.events})
    claims = {id_ for _, contradiction in shown for side in contradiction.sides for id_ in side.claims}
    refs = load_claim_refs(connection, claims)
    for id_, contradiction in shown:
        yield ContradictionRow(
            id=id_,
            kind=contradiction.kind,
            events=[Ref(id=event_id, name=titles[event_id]) for event_id in contradiction.events],
            sides=[
                SideRow(claims=[refs[claim_id] for claim_id in side.claims], says=side.says)
                for side in contradiction.sides
            ],
        )


def contradiction_id(contradiction: Contradiction) -> str:
    """Return a readable id: kind and events; of more than MAX_PAIRED events the first, and how many others.

    An event may have many contradictions of figures: theirs names the claim that is exceeded, and by what: a claim, a
    part, all parts together, or how many other numbers.
    """
    kind, events, sides = contradiction.kind, contradiction.events, contradiction.sides
    if kind != ContradictionKind.FIGURE:
        shown = events if len(events) <= MAX_PAIRED else (events[0], f"and-{len(events) - 1}-others")
        return ":".join((kind, *shown))
    event, *parts = events
    others = sides[1].claims[0] if len(sides) == 2 else f"and-{len(sides) - 1}-others"
    by = parts[0] if len(parts) == 1 else "parts" if parts else others
    return ":".join((kind, event, sides[0].claims[0], by))


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
    claims, known_by = load_claims(query.connection, [row.event_pk for row in rows]), query.get("known_by")
    return [
        AttestedControlChange(
            event=row.id,
            location=row.location_id,
            location_path=paths[row.location_id],
            gained_by=row.gained_by_id,
            extent=row.extent,
            dates=DateRange(row.earliest, row.latest),
            claims=[
                stored.claim
                for stored in claims[row.event_pk]
                if known_by is None or stored.claim.reported_on <= known_by
            ],
            holder_name=row.holder_name,
            place_name=row.place_name,
        )
        for row in rows
    ]


def _location_paths(connection: Connection, locations: Collection[str]) -> dict[str, set[str]]:
    """Return each location with all that it lies in, itself included."""
    ancestor = table_of(models.LocationAncestor)
    paths: dict[str, set[str]] = defaultdict(set)
    statement = select(ancestor.c.ancestor_id, ancestor.c.location_id)
    for ids in batches_of(locations):
        for outer, location in connection.execute(statement.where(ancestor.c.location_id.in_(ids))):
            paths[location].add(outer)
    return paths
