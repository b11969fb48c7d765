"""Load the curated events of several packs as the rule on possible duplicates takes them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from app import models
from app.deadlines import check_deadline
from app.models.base import table_of
from app.query.analyses.kept import keep_for_revision
from app.query.analyses.stored_claims import batches_of, load_events, load_wholes
from app.query.params.param import ListQuery
from app.query.predicates.versions import version_known_by
from app.rules.duplicates import OccasionFacts, possible_duplicates
from app.rules.published import published_figures
from app.rules.wholes import wholes_of
from app.timespan import DateRange
from app.vocab import ActorRole

ATTACKING_ROLES = (ActorRole.INITIATOR, ActorRole.GAINS)


@dataclass(frozen=True)
class Duplicates:
    """Events in view that may be one, in pairs or larger groups."""

    groups: Sequence[tuple[OccasionFacts, ...]]

    @property
    def weight(self) -> int:
        """Number of ids in all groups."""
        return sum(map(len, self.groups))


def duplicates_in_view(query: ListQuery) -> Duplicates:
    """Return the possible duplicates among the events in view, which are kept for the revision."""
    known_by = query.get("known_by")
    return keep_for_revision(
        query.connection,
        ("duplicates", known_by),
        lambda: Duplicates(list(possible_duplicates(_load_occasions(query)))),
    )


def with_claims(query: ListQuery, groups: Collection[tuple[OccasionFacts, ...]]) -> Iterator[tuple[OccasionFacts, ...]]:
    """Yield groups of events with their claims and published figures, which only those that are compared need."""
    event = table_of(models.Event)
    ids = sorted({found.event for group in groups for found in group})
    pks: dict[str, int] = {}
    for some in batches_of(ids):
        pks |= dict(query.connection.execute(select(event.c.id, event.c.pk).where(event.c.id.in_(some))).all())
    stored = load_events(query.connection, list(pks.values()))
    told = {id_: stored[pk].facts(query.get("known_by")) for id_, pk in pks.items()}
    figures = {id_: tuple(published_figures(facts)) for id_, facts in told.items()}
    for group in groups:
        yield tuple(
            replace(
                found,
                claims=tuple(sorted(claim.id for claim in told[found.event].claims)),
                figures=figures[found.event],
            )
            for found in group
        )


def _load_occasions(query: ListQuery) -> Iterator[OccasionFacts]:
    """Load the located events of curated packs that are in view; datasets are joined with them when imported."""
    connection = query.connection
    version, event, pack, place = (
        table_of(model) for model in (models.EventVersion, models.Event, models.Pack, models.Location)
    )
    columns = (version.c.event_pk, version.c.id, version.c.category, version.c.earliest, version.c.latest)
    rows = connection.execute(
        select(
            *columns,
            event.c.pack_id,
            event.c.part_of_id,
            place.c.id.label("place"),
            place.c.kind,
            place.c.longitude,
            place.c.latitude,
        )
        .join(event, event.c.pk == version.c.event_pk)
        .join(pack, pack.c.id == event.c.pack_id)
        .join(place, place.c.id == event.c.location_id)
        .where(version_known_by(query), pack.c.dataset.is_(False))
    ).all()
    pks = [row.event_pk for row in rows]
    actors, distinct = _roles(connection, pks), _distinctions(connection, pks)
    wholes = load_wholes(connection)
    for row in rows:
        check_deadline()
        yield OccasionFacts(
            event=row.id,
            pack=row.pack_id,
            category=row.category,
            location=row.place,
            location_kind=row.kind,
            point=None if row.longitude is None else (row.longitude, row.latitude),
            dates=DateRange(row.earliest, row.latest),
            actors=frozenset(actor for actor, _ in actors[row.event_pk]),
            attackers=frozenset(actor for actor, role in actors[row.event_pk] if role in ATTACKING_ROLES),
            distinct_from=frozenset(distinct[row.event_pk]),
            wholes=frozenset(wholes_of(row.id, wholes)),
        )


def _roles(connection: Connection, event_pks: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    acting = table_of(models.EventActor)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pks in batches_of(event_pks):
        for pk, actor, role in connection.execute(select(acting).where(acting.c.event_pk.in_(pks))):
            found[pk].append((actor, role))
    return found


def _distinctions(connection: Connection, event_pks: Collection[int]) -> dict[int, list[str]]:
    distinction = table_of(models.EventDistinction)
    found: dict[int, list[str]] = defaultdict(list)
    for pks in batches_of(event_pks):
        for pk, other in connection.execute(select(distinction).where(distinction.c.event_pk.in_(pks))):
            found[pk].append(other)
    return found
