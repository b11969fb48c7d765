"""Contradictions among the claims in view."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from app import models, vocab
from app.db.indexes import found_by
from app.models.base import table_of
from app.query.computed import computed_params, page_of
from app.query.conditions import known_views
from app.query.facts import told_of
from app.query.filters import EVENT_FILTERS
from app.query.listing import with_examples
from app.query.listings import EVENTS
from app.query.pages import Page, matching, omitted
from app.query.params import of_vocabulary
from app.rules.contradictions import Contradiction, ControlTold, of_control, within_event
from app.schemas.analysis import ContradictionRow, SideRow
from app.schemas.base import Ref
from app.timespan import Interval

PARAMS = with_examples(
    computed_params((*EVENT_FILTERS, of_vocabulary("kind", vocab.CONTRADICTION, "polarity")), ContradictionRow),
    {"known_by": "2021-07-05"},
)


def contradictions(connection: Connection, values: Mapping[str, Any]) -> Page:
    """The contradictions that touch an event the filters let through."""
    view, event = table_of(models.EventView), table_of(models.Event)
    asked = EVENTS.asked(values, connection)
    kinds = values.get("kind", vocab.CONTRADICTION.codes)
    wanted = matching(EVENTS, asked, view.c.id, view.c.event_pk).where(view.c.contradictory)
    if "known_by" not in asked.values:
        wanted = found_by(wanted, view, "ix_event_view_contradictory")
    torn = {row.event_pk: row.id for row in connection.execute(wanted)}
    told = told_of(connection, list(torn), values.get("known_by"))
    found = [c for pk, id_ in torn.items() for c in within_event(id_, [claim.fact for claim in told[pk]])]
    if "control" in kinds:
        change = table_of(models.ControlChange)
        matched = matching(EVENTS, asked, view.c.id).where(view.c.event_pk.in_(select(change.c.event_pk)))
        matched = found_by(matched, view, "ix_event_view_event_pk")
        matched_ids = set(connection.scalars(matched))
        found += [c for c in of_control(_changes(connection, values)) if not matched_ids.isdisjoint(c.events)]
    found = [c for c in found if c.kind in kinds]
    ids = {id_ for c in found for id_ in c.events}
    titles = dict(connection.execute(select(event.c.id, event.c.title).where(event.c.id.in_(ids))).all())
    rows: dict[str, ContradictionRow] = {}
    taken: Counter[str] = Counter()
    for contradiction in sorted(found, key=lambda c: (c.kind, c.events, c.sides)):
        plain = _id(contradiction)
        taken[plain] += 1
        id_ = plain if taken[plain] == 1 else f"{plain}:{taken[plain]}"
        rows[id_] = ContradictionRow(
            id=id_,
            kind=contradiction.kind,
            events=[Ref(id=event_id, name=titles[event_id]) for event_id in contradiction.events],
            sides=[SideRow(claims=list(side)) for side in contradiction.sides],
        )
    return page_of(rows, values, omitted(EVENTS, asked))


def _id(contradiction: Contradiction) -> str:
    """A readable id: the kind and the events, and for figures the claims, of which one event may have many pairs."""
    claims = sorted(claim for side in contradiction.sides for claim in side if contradiction.kind == "figure")
    return ":".join((contradiction.kind, *contradiction.events, *claims))


def _changes(connection: Connection, values: Mapping[str, Any]) -> list[ControlTold]:
    """All changes of control in view, with their claims."""
    view, change, within = (
        table_of(models.EventView),
        table_of(models.ControlChange),
        table_of(models.LocationAncestor),
    )
    asked = EVENTS.asked(values, connection)
    wanted = (
        select(view.c.event_pk, view.c.id, view.c.earliest, view.c.latest, change)
        .join(change, change.c.event_pk == view.c.event_pk)
        .where(known_views(asked))
        .where(view.c.event_pk.in_(select(change.c.event_pk)))  # says SQLite that changes are few among events
    )
    found = connection.execute(found_by(wanted, view, "ix_event_view_event_pk")).all()
    outer: dict[str, set[str]] = {}
    places = {row.location_id for row in found}
    for ancestor, place in connection.execute(
        select(within.c.ancestor_id, within.c.location_id).where(within.c.location_id.in_(places))
    ):
        outer.setdefault(place, set()).add(ancestor)
    told = told_of(connection, [row.event_pk for row in found], values.get("known_by"))
    return [
        ControlTold(
            event=row.id,
            place=row.location_id,
            inside=outer[row.location_id],
            gained_by=row.gained_by_id,
            extent=row.extent,
            when=Interval(row.earliest, row.latest),
            claims=[claim.fact for claim in told[row.event_pk]],
        )
        for row in found
    ]
