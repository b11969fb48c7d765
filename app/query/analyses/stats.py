"""Counts of events by group, with the filters of the list of events."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy import Connection, func, select

from app import models
from app.models.base import table_of
from app.query.lists.computed import without_points
from app.query.lists.definition import FORMAT_NAMES, filter_params, format_param
from app.query.lists.events import EVENTS
from app.query.lists.fetch import count_omitted
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.lists.select import select_matching
from app.query.params.param import ListQuery, Param, single_code_parser
from app.query.predicates.versions import claims_known_by
from app.schemas.analysis import GroupRow
from app.vocab import LocationKind

TIME_BUCKETS: dict[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": lambda day: "{}-W{:02}".format(*day.isocalendar()[:2]),
    "month": lambda day: f"{day:%Y-%m}",
}
GROUPS = ("category", "status", *TIME_BUCKETS, "country", "province", "actor", "source")
GROUP_BY = Param(
    "group_by",
    "What to count by. A week is an ISO 8601 week. An event with several actors or sources counts for each of them.",
    "category",
    single_code_parser("group_by", *GROUPS),
    schema={"type": "string", "enum": list(GROUPS)},
    required=True,
)
STATS_PARAMS: dict[str, Param] = {"group_by": GROUP_BY, **filter_params(EVENTS), "f": format_param(FORMAT_NAMES)}

FILTERS = filter_params(EVENTS).keys()
event_version = table_of(models.EventVersion)


def stats(connection: Connection, request: ListRequest) -> Page:
    """Count matching events by group; events that fit into no group are counted under null, with the reason.

    Groups of time come in order, all others by count. `matched` is the number of all events that match.
    """
    query = EVENTS.resolve(request, connection)
    by = request.filters["group_by"]
    if by in TIME_BUCKETS:
        rows = _count_by_time(connection, query, by)
    elif by in ("category", "status", "country"):
        rows = _count_by_column(connection, query, by)
    else:
        matched = int(connection.scalar(select_matching(EVENTS, query, func.count())) or 0)
        rows = (
            _count_by_province(connection, query, matched)
            if by == "province"
            else _count_by_related(connection, query, by, matched)
        )
        return Page([without_points(rows)], matched=matched, omitted=count_omitted(EVENTS, query))
    return Page([without_points(rows)], matched=sum(row.count for row in rows), omitted=count_omitted(EVENTS, query))


def _group_rows(
    counts: Mapping[str, int], labels: Mapping[str, str], ungrouped: int, ungrouped_label: str
) -> list[GroupRow]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [GroupRow(group=group, label=labels.get(group, group), count=count) for group, count in ordered]
    return rows + ([GroupRow(group=None, label=ungrouped_label, count=ungrouped)] if ungrouped else [])


def _count_by_column(connection: Connection, query: ListQuery, by: str) -> list[GroupRow]:
    grouped = select_matching(EVENTS, query, event_version.c[by], func.count()).group_by(event_version.c[by])
    counts: dict[str | None, int] = dict(connection.execute(grouped).all())
    place = table_of(models.Location)
    named = (
        select(place.c.country, place.c.name).where(place.c.kind == LocationKind.COUNTRY) if by == "country" else None
    )
    labels = {} if named is None else dict(connection.execute(named).all())
    ungrouped = counts.pop(None, 0)
    return _group_rows({str(group): count for group, count in counts.items()}, labels, ungrouped, f"without {by}")


def _count_by_time(connection: Connection, query: ListQuery, by: str) -> list[GroupRow]:
    """Count events by day, week or month; an imprecise date counts in a bucket only if it lies wholly inside."""
    dates = (event_version.c.earliest, event_version.c.latest)
    counts: Counter[str] = Counter()
    ungrouped = 0
    for earliest, latest, count in connection.execute(
        select_matching(EVENTS, query, *dates, func.count()).group_by(*dates)
    ):
        buckets = {TIME_BUCKETS[by](day) if day else None for day in (earliest, latest)}
        if len(buckets) == 1 and (bucket := buckets.pop()) is not None:
            counts[bucket] += count
        else:
            ungrouped += count
    rows = [GroupRow(group=bucket, label=bucket, count=counts[bucket]) for bucket in sorted(counts)]
    reason = f"not known to lie within one {by}"
    return rows + ([GroupRow(group=None, label=reason, count=ungrouped)] if ungrouped else [])


def _count_by_province(connection: Connection, query: ListQuery, matched: int) -> list[GroupRow]:
    """Count events by province; an event has one location, which lies in one province at most."""
    ancestor, province = table_of(models.LocationAncestor), table_of(models.Location)
    located = select_matching(EVENTS, query, event_version.c.location_id, func.count().label("events"))
    counts_by_location = (
        located.where(event_version.c.location_id.is_not(None)).group_by(event_version.c.location_id).subquery()
    )
    grouped = (
        select(province.c.id, func.min(province.c.name), func.sum(counts_by_location.c.events))
        .join(ancestor, ancestor.c.ancestor_id == province.c.id)
        .join(counts_by_location, counts_by_location.c.location_id == ancestor.c.location_id)
        .where(province.c.kind == LocationKind.PROVINCE)
        .group_by(province.c.id)
    )
    rows = connection.execute(grouped).all()
    counts = {group: int(count) for group, _, count in rows}
    labels = {group: name for group, name, _ in rows}
    return _group_rows(counts, labels, matched - sum(counts.values()), "without province")


def _count_by_related(connection: Connection, query: ListQuery, by: str, matched: int) -> list[GroupRow]:
    """Count events by actor or source; an event counts once for each of them."""
    if by == "actor":
        related, names = table_of(models.EventActor), table_of(models.Actor)
        group, event_pk, linked = related.c.actor_id, related.c.event_pk, select(related.c.event_pk)
    else:
        claim, hop, names = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
        group, event_pk = hop.c.source_id, claim.c.event_pk
        linked = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk)
        if (known := claims_known_by(query)) is not None:
            linked = linked.where(known)
    if FILTERS & query.filters.keys():  # else every event counts, as each has a current version
        linked = linked.where(event_pk.in_(select_matching(EVENTS, query, event_version.c.event_pk)))
    pairs = linked.with_only_columns(group.label("group"), event_pk.label("event")).distinct().subquery()
    counted = select(pairs.c.group, func.count().label("events")).group_by(pairs.c.group).subquery()
    named = select(counted.c.group, counted.c.events, names.c.name).join(names, names.c.id == counted.c.group)
    rows = connection.execute(named).all()
    ungrouped = 0  # every event has a claim, and every claim a source
    if by == "actor":
        with_actor = linked.with_only_columns(event_pk).distinct().subquery()
        ungrouped = matched - int(connection.scalar(select(func.count()).select_from(with_actor)) or 0)
    counts = {group: int(events) for group, events, _ in rows}
    return _group_rows(counts, {group: name for group, _, name in rows}, ungrouped, f"without {by}")
