"""Knowledge over time: the claims of an event, sliced by the day of their report."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from app.rules.facts import Claim


def versions_by_report_date(
    claims: Collection[Claim], extra_days: Iterable[date] = ()
) -> Iterator[tuple[date, date, list[Claim]]]:
    """Yield (first day, first day of the next period, claims in view) for each period of unchanged knowledge.

    The last period ends with `date.max`. `extra_days` names further days on which the version changes, such as the day
    on which the parent event became known. Nothing is yielded for the time before the first report.
    """
    first = min((claim.reported_on for claim in claims), default=None)
    if first is None:
        return
    days = sorted({claim.reported_on for claim in claims} | {day for day in extra_days if day > first})
    for day, until in zip(days, [*days[1:], date.max], strict=True):
        yield day, until, [claim for claim in claims if claim.reported_on <= day]
