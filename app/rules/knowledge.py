"""Knowledge over time: the claims of an event, sliced by the day of their report."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from app.rules.facts import Claim


def known_periods(claims: Collection[Claim], extra_days: Iterable[date] = ()) -> Iterator[tuple[date, date]]:
    """Yield (first day, first day of the next period) for each period of unchanged knowledge of an event.

    The last period ends with `date.max`. `extra_days` names further days on which the version changes: those on which
    the parent event became known, or more of a part. Nothing is yielded for the time before the first report.
    """
    first = min((claim.reported_on for claim in claims), default=None)
    if first is None:
        return
    days = sorted({claim.reported_on for claim in claims} | {day for day in extra_days if day > first})
    yield from zip(days, [*days[1:], date.max], strict=True)
