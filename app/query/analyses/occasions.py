"""Load the curated events of several packs as the rule on possible duplicates takes them."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select

from app import models
from app.models.base import table_of
from app.query.analyses.stored_claims import load_events, load_wholes
from app.query.params.param import ListQuery
from app.query.predicates.versions import version_known_by
from app.rules.duplicates import OccasionFacts
from app.rules.published import published_figures
from app.rules.wholes import wholes_of
from app.timespan import DateRange
from app.vocab import ActorRole

ATTACKING_ROLES = (ActorRole.INITIATOR, ActorRole.GAINS)


def load_occasions(query: ListQuery) -> list[OccasionFacts]:
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
    events = load_events(connection, pks)
    result = []
    for row in rows:
        facts = events[row.event_pk].facts(query.get("known_by"))
        result.append(
            OccasionFacts(
                event=row.id,
                pack=row.pack_id,
                category=row.category,
                location=row.place,
                location_kind=row.kind,
                point=None if row.longitude is None else (row.longitude, row.latitude),
                dates=DateRange(row.earliest, row.latest),
                actors=frozenset(actor for actor, _ in actors[row.event_pk]),
                attackers=frozenset(actor for actor, role in actors[row.event_pk] if role in ATTACKING_ROLES),
                claims=tuple(sorted(claim.id for claim in facts.claims)),
                figures=tuple(published_figures(facts)),
                distinct_from=frozenset(distinct[row.event_pk]),
                wholes=frozenset(wholes_of(row.id, wholes)),
            )
        )
    return result


def _roles(connection: Connection, event_pks: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    acting = table_of(models.EventActor)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pk, actor, role in connection.execute(select(acting).where(acting.c.event_pk.in_(event_pks))):
        found[pk].append((actor, role))
    return found


def _distinctions(connection: Connection, event_pks: Collection[int]) -> dict[int, list[str]]:
    distinction = table_of(models.EventDistinction)
    found: dict[int, list[str]] = defaultdict(list)
    for pk, other in connection.execute(select(distinction).where(distinction.c.event_pk.in_(event_pks))):
        found[pk].append(other)
    return found
