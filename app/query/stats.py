"""Counts of events by group: the same filters and the same conditions as the list of events."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from app import models
from app.models.base import table_of
from app.query import conditions as where
from app.query.computed import batch_of
from app.query.listing import FORMATS, filters_of, format_param
from app.query.listings import EVENTS
from app.query.pages import Page, matching, omitted
from app.query.params import Asked, Param, one_code
from app.schemas.analysis import GroupRow

BUCKETS: dict[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": lambda day: "{}-W{:02}".format(*day.isocalendar()[:2]),
    "month": lambda day: f"{day:%Y-%m}",
}
GROUPS = ("category", "status", *BUCKETS, "country", "province", "actor", "source")
GROUP_BY = Param(
    "group_by",
    "What to count by. A week is an ISO 8601 week. An event with several actors or sources counts for each of them.",
    "category",
    one_code("group_by", *GROUPS),
    schema={"type": "string", "enum": list(GROUPS)},
    needed=True,
)
STATS_PARAMS: dict[str, Param] = {"group_by": GROUP_BY, **filters_of(EVENTS), "f": format_param(FORMATS)}

view = table_of(models.EventView)


def stats(connection: Connection, values: Mapping[str, Any]) -> Page:
    """Counts of the events that match, by group; what fits into no group is counted under null and says why.

    Groups of time come in order, all others by count. `matched` is how many events match in all.
    """
    asked = EVENTS.asked(values, connection)
    by = values["group_by"]
    matched = int(connection.scalar(matching(EVENTS, asked, func.count())) or 0)
    if by in BUCKETS:
        rows = _by_time(connection, asked, by)
    elif by in ("category", "status"):
        rows = _by_column(connection, asked, view.c[by])
    else:
        rows = _by_reference(connection, asked, by)
    return Page([batch_of(rows)], matched=matched, omitted=omitted(EVENTS, asked))


def _ordered(counts: Mapping[str, int], labels: Mapping[str, str], rest: int, why: str) -> list[GroupRow]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [GroupRow(group=group, label=labels.get(group, group), count=count) for group, count in ordered]
    return rows + ([GroupRow(group=None, label=why, count=rest)] if rest else [])


def _by_column(connection: Connection, asked: Asked, column: Any) -> list[GroupRow]:
    grouped = matching(EVENTS, asked, column, func.count()).group_by(column)
    counts: dict[str, int] = dict(connection.execute(grouped).all())
    return _ordered(counts, {}, 0, "")


def _by_time(connection: Connection, asked: Asked, by: str) -> list[GroupRow]:
    """A fuzzy date is put into a bucket only if it fits."""
    dates = (view.c.earliest, view.c.latest)
    counts: Counter[str] = Counter()
    rest = 0
    for earliest, latest, count in connection.execute(matching(EVENTS, asked, *dates, func.count()).group_by(*dates)):
        buckets = {BUCKETS[by](day) if day else None for day in (earliest, latest)}
        if len(buckets) == 1 and (bucket := buckets.pop()) is not None:
            counts[bucket] += count
        else:
            rest += count
    rows = [GroupRow(group=bucket, label=bucket, count=counts[bucket]) for bucket in sorted(counts)]
    why = f"not known to lie within one {by}"
    return rows + ([GroupRow(group=None, label=why, count=rest)] if rest else [])


def _links(by: str, asked: Asked) -> tuple[Select[Any], Any]:
    """Pairs of event and group, each once, and the table that names the groups."""
    if by in ("country", "province"):
        within, location = table_of(models.LocationAncestor), table_of(models.Location)
        pairs = (
            select(view.c.event_pk, location.c.id.label("group"))
            .join(within, within.c.location_id == view.c.location_id)
            .join(location, and_(location.c.id == within.c.ancestor_id, location.c.kind == by))
        )
        return pairs.distinct(), location
    if by == "actor":
        part = table_of(models.EventActor)
        return select(part.c.event_pk, part.c.actor_id.label("group")).distinct(), table_of(models.Actor)
    claim, hop = table_of(models.Claim), table_of(models.ClaimHop)
    saying = select(claim.c.event_pk, hop.c.source_id.label("group")).join(hop, hop.c.claim_pk == claim.c.pk)
    if (known := where.known_claims(asked)) is not None:
        saying = saying.where(known)
    return saying.distinct(), table_of(models.Source)


def _by_reference(connection: Connection, asked: Asked, by: str) -> list[GroupRow]:
    pairs, table = _links(by, asked)
    events = matching(EVENTS, asked, view.c.event_pk).subquery()
    linked = pairs.subquery()
    counted = (
        select(linked.c.group, func.count())
        .join(events, events.c.event_pk == linked.c.event_pk)
        .group_by(linked.c.group)
    )
    counts: dict[str, int] = dict(connection.execute(counted).all())
    without = select(func.count()).select_from(events).where(events.c.event_pk.not_in(select(linked.c.event_pk)))
    rest = int(connection.scalar(without) or 0)
    code = table.c.country if by == "country" else table.c.id
    names = connection.execute(select(table.c.id, code, table.c.name).where(table.c.id.in_(counts))).all()
    groups: Counter[str] = Counter()
    for id_, group, _ in names:
        if group is None:  # a country that has no code
            rest += counts[id_]
        else:
            groups[group] += counts[id_]
    return _ordered(groups, {row[1]: row[2] for row in names}, rest, f"without {by}")
