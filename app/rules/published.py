"""The published figure of an event: what its claims together say of a number, within a window of days.

One rule holds for deaths, people moved, injured or captured. A telling bounds the number from below in every window
that holds all the days it counts, and from above in every window that lies within these days. Tellings of one event
compete, because an event is one occasion; what adds up are the parts of an event.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from math import inf

from app.deadlines import check_deadline
from app.rules.intervals import ends_of, largest_inside
from app.rules.tellings import FLOWS, EventFacts, Telling, counted_dates, tellings_of
from app.timespan import ALL_TIME, DateRange, hull, intersection
from app.vocab import CountKind, EventStatus

MAX_WINDOWS = 1000
"""Windows for which an event's published figure is kept while others are derived from it."""
UNCOUNTED_STATUSES = (EventStatus.DISPUTED, EventStatus.UNCONFIRMED, EventStatus.DENIED)
"""Statuses of parts that add nothing to their whole, and of movements that add nothing to a total."""


@dataclass(frozen=True)
class Bound:
    """A lower or an upper bound, and the claims that give it."""

    value: int
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Published:
    """A published figure: at least `low`, at most `high`; None is unknown.

    `claims` are those that give the bounds and the best estimate. `contradicted` is set if tellings cannot all be true;
    `low` and `high` then take in what each of them says.
    """

    measure: str
    low: int | None
    best: int | None
    high: int | None
    of: int | None
    count_kind: str
    as_of: date | None
    claims: tuple[str, ...]
    contradicted: bool


def published(
    event: EventFacts, measure: str, window: DateRange = ALL_TIME, asked_statuses: Collection[str] = ()
) -> Published | None:
    """Derive what is known of a number within a window; None if neither the event nor a part of it tells one.

    `low` is the largest of what the tellings inside the window and the sum of the parts give; 0 if there are none.
    `high` is the smallest of what the tellings give whose days take in the window's share of the event, less what had
    ended before the window. If `low` would exceed `high`, the tellings contradict each other: `low` is then the largest
    bound that no telling excludes, but not below the sum of the parts, `high` the smallest bound that excludes no
    telling, and `best` unknown. Parts that are disputed, unconfirmed or denied add nothing, unless `asked_statuses`
    names their status.
    """
    return FlowCount(event, measure, frozenset(asked_statuses)).published(window)


def published_figures(event: EventFacts) -> list[Published]:
    """Derive the published figures of an event, one for each measure and way of counting, in the order they are told.

    Figures of flows follow `published`. Stocks and capacities count as of a day: the latest day's decide.
    """
    kinds = dict.fromkeys(
        (figure.measure, None if figure.count_kind in FLOWS else figure.count_kind)
        for claim in event.claims
        for figure in claim.figures
    )
    figures = (
        published(event, measure) if kind is None else _published_level(event, measure, kind) for measure, kind in kinds
    )
    return [figure for figure in figures if figure]


def counts_in_sums(event: EventFacts, asked_statuses: Collection[str] = ()) -> bool:
    """Return whether an event is sure enough to add to a sum, or its status is asked for."""
    return event.status not in UNCOUNTED_STATUSES or event.status in asked_statuses


@dataclass(frozen=True)
class FlowCount:
    """The count of one measure in one event; `published` answers for a window."""

    event: EventFacts
    measure: str
    asked_statuses: frozenset[str] = frozenset()

    @cached_property
    def tellings(self) -> list[Telling]:
        """Tellings of the event itself; see `tellings_of`."""
        return tellings_of(self.event, self.measure, FLOWS)

    @cached_property
    def parts(self) -> list["FlowCount"]:
        """Counts of the parts that add to this one."""
        return [replace(self, event=part) for part in self.event.parts if counts_in_sums(part, self.asked_statuses)]

    @cached_property
    def is_told(self) -> bool:
        """True if the event or a part of it tells the measure."""
        return bool(self.tellings) or any(part.is_told for part in self.parts)

    @cached_property
    def days(self) -> DateRange:
        """Days over which the event is counted: its dates, else those of its tellings."""
        dates = counted_dates(self.event, self.measure)[0]
        return dates if dates.is_bounded else hull([telling.days for telling in self.tellings])

    def published(self, window: DateRange = ALL_TIME) -> Published | None:
        """Derive the published figure within a window; see the function of this name."""
        if not self.is_told:
            return None
        if window not in self._published:
            if len(self._published) >= MAX_WINDOWS:
                self._published.clear()
            self._published[window] = self._derive(window)
        return self._published[window]

    @cached_property
    def _published(self) -> dict[DateRange, Published]:
        """Figures derived so far: the windows of what had ended before come up again for each part of a part."""
        return {}

    def _derive(self, window: DateRange) -> Published:
        check_deadline()
        of_parts, is_part_contradicted = self._parts_within(window)
        highs = self._highs(window, of_parts.value)
        smallest_high = min((bound.value for bound in highs), default=None)
        lows = [of_parts, *self._lows(window, smallest_high)]
        largest_low = max(bound.value for bound in lows)
        contradicted = smallest_high is not None and largest_low > smallest_high
        undisputed = (b.value for b in lows if not contradicted or smallest_high is None or b.value <= smallest_high)
        low = max([of_parts.value, *undisputed])
        high = min((bound.value for bound in highs if bound.value >= largest_low), default=None)
        contradicted |= is_part_contradicted and all(b.value < low for b in lows if b is not of_parts)
        given = [bound for bound in lows if bound.value == low] + [bound for bound in highs if bound.value == high]
        best = None if contradicted else self._best(window, low, high)
        claims = frozenset(claim for bound in given for claim in bound.claims)
        if best is not None and low != high:
            claims |= {telling.claim.id for telling in _latest_estimates(self.tellings)}
        deciding = [telling for telling in self.all_tellings() if telling.claim.id in claims]
        return Published(
            measure=self.measure,
            low=low,
            best=best,
            high=high,
            of=only_value(telling.figure.of for telling in deciding),
            count_kind=_count_kind(deciding or self.tellings),
            as_of=max((telling.as_of for telling in deciding), default=None),
            claims=tuple(sorted(claims)),
            contradicted=contradicted,
        )

    def all_tellings(self) -> Iterator[Telling]:
        """Yield the tellings of the event and of its parts."""
        yield from self.tellings
        for part in self.parts:
            yield from part.all_tellings()

    def sum_of_parts(self, window: DateRange) -> int:
        """Return the sum of what the parts certainly add within a window."""
        return self._parts_within(window)[0].value

    def _parts_within(self, window: DateRange) -> tuple[Bound, bool]:
        """Return what the parts certainly add within a window, and whether one that adds is contradicted."""
        figures = [figure for part in self.parts if (figure := part.published(window)) and figure.low]
        claims = frozenset(claim for figure in figures for claim in figure.claims)
        return Bound(sum(figure.low or 0 for figure in figures), claims), any(f.contradicted for f in figures)

    def _lows(self, window: DateRange, smallest_high: int | None) -> Iterator[Bound]:
        """Yield the lower bounds.

        Loose words never speak against an upper bound, and tell nothing of days beyond those of the numbers.
        """
        yield Bound(0)
        for telling in self.tellings:
            if telling.low is not None and telling.days.is_within(window):
                is_beyond = smallest_high is not None and telling.low > smallest_high
                if not telling.figure.loose or (not is_beyond and telling.days.is_within(self.days)):
                    yield Bound(telling.low, frozenset([telling.claim.id]))

    def _highs(self, window: DateRange, of_parts: int) -> list[Bound]:
        """Return the upper bounds, each less what had certainly ended before the window.

        Loose words bound only what no number tells, and never against each other or the sum of the parts.
        """
        share, ended = intersection([window, self.days]), self._ended_before(window)
        numbers = [telling for telling in self.tellings if not telling.figure.loose]
        least = max([of_parts, *(telling.low or 0 for telling in self.tellings if telling.days.is_within(window))])
        return [
            Bound(
                telling.high - (0 if telling.figure.loose else ended.get(telling.days.earliest, 0)),
                frozenset([telling.claim.id]),
            )
            for telling in numbers or self.tellings
            if telling.high is not None and share is not None and share.is_within(telling.days)
            if numbers or telling.high >= least
        ]

    def _ended_before(self, window: DateRange) -> dict[date | None, int]:
        """Return the number that had certainly ended before the window began, by the day from which it is counted."""
        if window.earliest is None or window.earliest == date.min:
            return {}
        eve = window.earliest - timedelta(days=1)
        starts = dict.fromkeys(telling.days.earliest for telling in self.tellings if telling.high is not None)
        before = [days for first in starts if (days := DateRange(first, eve)).is_valid]
        told = largest_inside(
            [(ends_of(telling.days), telling.low or 0) for telling in self.tellings], [ends_of(days) for days in before]
        )
        return {
            days.earliest: max(0 if largest == -inf else int(largest), self.sum_of_parts(days))
            for days, largest in zip(before, told, strict=True)
        }

    def _best(self, window: DateRange, low: int, high: int | None) -> int | None:
        """Return the best estimate: the bounds where they are equal, else that of the latest day, if it is one number.

        An estimate is of the whole event, so it holds only in a window that takes in all of it.
        """
        if low == high:
            return low
        if window != ALL_TIME and not (self.days.is_bounded and self.days.is_within(window)):
            return None
        best = _latest_best(self.tellings)
        return best if best is not None and low <= best and (high is None or best <= high) else None


def _published_level(event: EventFacts, measure: str, kind: str) -> Published | None:
    """Derive the published stock or capacity: the bounds that the tellings of the latest day share.

    Tellings that share no number contradict each other, and the bounds then take in all of them.
    """
    every = tellings_of(event, measure, (kind,))
    latest = max((telling.as_of for telling in every), default=None)
    tellings = [telling for telling in every if telling.as_of == latest]
    if not tellings:
        return None
    lows = [telling.low for telling in tellings if telling.low is not None]
    highs = [telling.high for telling in tellings if telling.high is not None]
    contradicted = bool(lows and highs) and max(lows) > min(highs)
    outer, inner = (min, max) if contradicted else (max, min)
    low, high = outer(lows, default=None), inner(highs, default=None)
    best = None if contradicted else low if low == high else _latest_best(tellings)
    return Published(
        measure=measure,
        low=low,
        best=best if best is not None and (low or 0) <= best and (high is None or best <= high) else None,
        high=high,
        of=only_value(telling.figure.of for telling in tellings),
        count_kind=kind,
        as_of=latest,
        claims=tuple(sorted(telling.claim.id for telling in tellings)),
        contradicted=contradicted,
    )


def _latest_best(tellings: Collection[Telling]) -> int | None:
    """Return the best estimate as of the latest day that has one; None if that day has several."""
    return only_value(telling.figure.best for telling in _latest_estimates(tellings))


def _latest_estimates(tellings: Collection[Telling]) -> list[Telling]:
    """Return the tellings with a best estimate as of the latest day that has one."""
    estimates = [telling for telling in tellings if telling.figure.best is not None]
    latest = max((telling.as_of for telling in estimates), default=None)
    return [telling for telling in estimates if telling.as_of == latest]


def only_value(values: Iterable[int | None]) -> int | None:
    """Return the value that all share; None if they differ or there are none."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _count_kind(tellings: Collection[Telling]) -> CountKind:
    """Return `cumulative` if a running total is among the tellings, else `increment`."""
    is_total = any(telling.figure.count_kind == CountKind.CUMULATIVE for telling in tellings)
    return CountKind.CUMULATIVE if is_total else CountKind.INCREMENT
