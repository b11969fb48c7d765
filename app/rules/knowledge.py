"""What was known when: the claims of an event, sliced by the day on which they were reported."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from app.rules.facts import Claim


def versions_by_report_date(
    claims: Collection[Claim], extra_days: Iterable[date] = ()
) -> Iterator[tuple[date, date, list[Claim]]]:
    """Every stretch of days on which the same claims are in view: first day, next stretch's first day, claims.

    The last stretch ends with `date.max`. `extra_days` names further days on which the view changes (such as the day
    on which the parent event became known). Nothing is yielded for the time before the first report.
    """
    first = min((claim.reported_on for claim in claims), default=None)
    if first is None:
        return
    days = sorted({claim.reported_on for claim in claims} | {day for day in extra_days if day > first})
    for day, until in zip(days, [*days[1:], date.max], strict=True):
        yield day, until, [claim for claim in claims if claim.reported_on <= day]
