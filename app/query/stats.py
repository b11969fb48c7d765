"""Counts of events by group: the same filters and the same conditions as the list of events."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

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

FILTERS = filters_of(EVENTS).keys()  # without any every event counts: each is known now
view = table_of(models.EventView)


def stats(connection: Connection, values: Mapping[str, Any]) -> Page:
    """Counts of the events that match, by group; what fits into no group is counted under null and says why.

    Groups of time come in order, all others by count. `matched` is how many events match in all.
    """
    asked = EVENTS.asked(values, connection)
    by = values["group_by"]
    if by in BUCKETS:
        rows = _by_time(connection, asked, by)
    elif by in ("category", "status", "country"):
        rows = _by_column(connection, asked, by)
    else:
        matched = int(connection.scalar(matching(EVENTS, asked, func.count())) or 0)
        rows = (
            _by_province(connection, asked, matched) if by == "province" else _by_link(connection, asked, by, matched)
        )
        return Page([batch_of(rows)], matched=matched, omitted=omitted(EVENTS, asked))
    return Page([batch_of(rows)], matched=sum(row.count for row in rows), omitted=omitted(EVENTS, asked))


def _ordered(counts: Mapping[str, int], labels: Mapping[str, str], rest: int, why: str) -> list[GroupRow]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [GroupRow(group=group, label=labels.get(group, group), count=count) for group, count in ordered]
    return rows + ([GroupRow(group=None, label=why, count=rest)] if rest else [])


def _by_column(connection: Connection, asked: Asked, by: str) -> list[GroupRow]:
    grouped = matching(EVENTS, asked, view.c[by], func.count()).group_by(view.c[by])
    counts: dict[str | None, int] = dict(connection.execute(grouped).all())
    place = table_of(models.Location)
    named = select(place.c.country, place.c.name).where(place.c.kind == "country") if by == "country" else None
    labels = {} if named is None else dict(connection.execute(named).all())
    rest = counts.pop(None, 0)
    return _ordered({str(group): count for group, count in counts.items()}, labels, rest, f"without {by}")


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


def _by_province(connection: Connection, asked: Asked, matched: int) -> list[GroupRow]:
    """An event has one place, which lies in one province at the most."""
    within, province = table_of(models.LocationAncestor), table_of(models.Location)
    located = matching(EVENTS, asked, view.c.location_id, func.count().label("events"))
    placed = located.where(view.c.location_id.is_not(None)).group_by(view.c.location_id).subquery()
    grouped = (
        select(province.c.id, func.min(province.c.name), func.sum(placed.c.events))
        .join(within, within.c.ancestor_id == province.c.id)
        .join(placed, placed.c.location_id == within.c.location_id)
        .where(province.c.kind == "province")
        .group_by(province.c.id)
    )
    found = connection.execute(grouped).all()
    counts = {group: int(count) for group, _, count in found}
    labels = {group: name for group, name, _ in found}
    return _ordered(counts, labels, matched - sum(counts.values()), "without province")


def _by_link(connection: Connection, asked: Asked, by: str, matched: int) -> list[GroupRow]:
    """An event counts once for each of its actors or sources."""
    if by == "actor":
        part, names = table_of(models.EventActor), table_of(models.Actor)
        group, event_pk, linked = part.c.actor_id, part.c.event_pk, select(part.c.event_pk)
    else:
        claim, hop, names = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
        group, event_pk = hop.c.source_id, claim.c.event_pk
        linked = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk)
        if (known := where.known_claims(asked)) is not None:
            linked = linked.where(known)
    if FILTERS & asked.values.keys():
        linked = linked.where(event_pk.in_(matching(EVENTS, asked, view.c.event_pk)))
    pairs = linked.with_only_columns(group.label("group"), event_pk.label("event")).distinct().subquery()
    counted = select(pairs.c.group, func.count().label("events")).group_by(pairs.c.group).subquery()
    named = select(counted.c.group, counted.c.events, names.c.name).join(names, names.c.id == counted.c.group)
    found = connection.execute(named).all()
    rest = 0  # what is known of an event comes from a source
    if by == "actor":
        somebody = linked.with_only_columns(event_pk).distinct().subquery()
        rest = matched - int(connection.scalar(select(func.count()).select_from(somebody)) or 0)
    counts = {group: int(events) for group, events, _ in found}
    return _ordered(counts, {group: name for group, _, name in found}, rest, f"without {by}")
