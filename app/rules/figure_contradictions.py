"""Contradictions of numbers: tellings of one event that cannot all be right, and parts that exceed their whole."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from app.deadlines import check_deadline
from app.rules.intervals import Ends, ends_of, largest_inside
from app.rules.opposition import MAX_PAIRED, Contradiction, Side, merge_sides
from app.rules.published import FlowCount, Published
from app.rules.tellings import FLOWS, EventFacts, Telling, tellings_of
from app.timespan import ALL_TIME, DateRange
from app.vocab import ContradictionKind, CountKind

Part = tuple[str, Published]
"""A part by its id, and its published figure within a window."""


@dataclass(frozen=True)
class Bounding:
    """A telling, the days that it counts, and the window whose other tellings it bounds from above."""

    telling: Telling
    days: DateRange
    window: DateRange


def figure_contradictions(event: EventFacts) -> Iterator[Contradiction]:
    """Yield the contradictions of numbers inside an event, and between it and its parts.

    A telling with an upper bound is contradicted by one that counts no other days and has a higher lower bound, and by
    parts that add up to more within its days. A part that exceeds it alone is named alone. Loose words contradict
    nothing. More than MAX_PAIRED tellings, or tellings and parts, of one measure are one contradiction with a side for
    each thing that is said.
    """
    measures = dict.fromkeys(figure.measure for claim in event.claims for figure in claim.figures)
    for measure in measures:
        check_deadline()
        count = FlowCount(event, measure)
        numbers = [
            # What is told of the whole event holds at any time.
            Bounding(telling, telling.days, ALL_TIME if count.days.is_within(telling.days) else telling.days)
            for telling in count.tellings
            if not telling.figure.loose
        ]
        yield from _exceeding(event, numbers)
        yield from _parts_exceeding(count, [number for number in numbers if number.telling.high is not None])
        for kind in CountKind:
            if kind not in FLOWS:
                yield from _exceeding(event, [_on_its_day(telling) for telling in tellings_of(event, measure, (kind,))])


def _on_its_day(level: Telling) -> Bounding:
    """Return a stock or capacity, which bounds those of its own day."""
    day = DateRange(level.as_of, level.as_of)
    return Bounding(level, day, day)


def _exceeding(event: EventFacts, numbers: Sequence[Bounding]) -> Iterator[Contradiction]:
    """Yield a contradiction for each two tellings of which one says more than the other allows, or one for all."""
    opposed = contradicting(numbers)
    if len(opposed) > MAX_PAIRED:
        sides = merge_sides(_telling_side(number.telling) for number in sorted(opposed, key=_by_bounds))
        yield Contradiction(ContradictionKind.FIGURE, (event.event,), sides)
        return
    for one in opposed:
        for other in opposed:
            if exceeds(other, one):
                sides = (_telling_side(one.telling), _telling_side(other.telling))
                yield Contradiction(ContradictionKind.FIGURE, (event.event,), sides)


def exceeds(more: Bounding, less: Bounding) -> bool:
    """Return whether one telling says more than another allows."""
    low, high = more.telling.low, less.telling.high
    return low is not None and high is not None and low > high and more.days.is_within(less.window)


def contradicting(numbers: Sequence[Bounding]) -> list[Bounding]:
    """Return the tellings that exceed another or are exceeded; see `exceeds`."""
    lows = [_or(number.telling.low, -inf) for number in numbers]
    highs = [_or(number.telling.high, inf) for number in numbers]
    days, windows = [ends_of(number.days) for number in numbers], [ends_of(number.window) for number in numbers]
    most = largest_inside(zip(days, lows, strict=True), windows)
    # Seen from the other ends of time, the window around the days of a telling is what lies inside them.
    around = largest_inside(
        zip(map(_mirrored, windows), (-high for high in highs), strict=True), [_mirrored(one) for one in days]
    )
    return [
        number
        for number, low, high, largest, smallest in zip(numbers, lows, highs, most, around, strict=True)
        if largest > high or low > -smallest
    ]


def _or(number: int | None, default: float) -> float:
    return default if number is None else number


def _mirrored(ends: Ends) -> Ends:
    return -ends[0], -ends[1]


def _by_bounds(number: Bounding) -> tuple[float, float, str, str]:
    telling = number.telling
    return _or(telling.high, inf), _or(telling.low, -inf), str(telling.days), telling.claim.id


def _parts_exceeding(count: FlowCount, numbers: Collection[Bounding]) -> Iterator[Contradiction]:
    """Yield the contradictions of tellings of the whole with parts that say more, alone or together."""
    by_window: dict[DateRange, list[Telling]] = defaultdict(list)
    if count.parts:
        all_told = sum(figure.low or 0 for _, figure in _parts_told(count, ALL_TIME))
        for number in numbers:
            if _or(number.telling.high, inf) < all_told:  # no window has more than all time
                by_window[number.window].append(number.telling)
    exceeded: list[tuple[Telling, DateRange]] = []
    summed: list[tuple[Telling, DateRange]] = []
    exceeding: dict[str, Published] = {}
    largest_sum, fullest = 0, ALL_TIME
    for window, tellings in by_window.items():
        check_deadline()
        told = _parts_told(count, window)
        most = max((figure.low or 0 for _, figure in told), default=0)
        total = sum(figure.low or 0 for _, figure in told)
        least = min(_or(telling.high, inf) for telling in tellings)
        exceeded += [(telling, window) for telling in tellings if _or(telling.high, inf) < most]
        summed += [(telling, window) for telling in tellings if most <= _or(telling.high, inf) < total]
        if total > largest_sum:
            largest_sum, fullest = total, window
        for part, figure in told:
            known = exceeding.get(part)
            if (figure.low or 0) > least and (known is None or (known.low or 0) < (figure.low or 0)):
                exceeding[part] = figure
    yield from _parts_alone(count, exceeded, exceeding)
    if len(summed) > MAX_PAIRED:
        yield _together(count, [telling for telling, _ in summed], fullest)
    else:
        for telling, window in summed:
            yield _together(count, [telling], window)


def _parts_told(count: FlowCount, window: DateRange) -> list[Part]:
    """Return the parts, by id, that certainly add something within a window."""
    parts = sorted(count.parts, key=lambda part: part.event.event)
    return [(part.event.event, figure) for part in parts if (figure := part.published(window)) and figure.low]


def _parts_alone(
    count: FlowCount, exceeded: Collection[tuple[Telling, DateRange]], exceeding: dict[str, Published]
) -> Iterator[Contradiction]:
    """Yield a contradiction for each telling and part that exceeds it, or one for all."""
    whole = count.event.event
    if len(exceeded) + len(exceeding) > MAX_PAIRED:
        told = [_telling_side(telling) for telling, _ in exceeded]
        sides = merge_sides([*told, *(_part_side(figure) for figure in exceeding.values())])
        yield Contradiction(ContradictionKind.FIGURE, (whole, *sorted(exceeding)), sides)
        return
    for telling, window in exceeded:
        for part, figure in _parts_told(count, window):
            if (figure.low or 0) > _or(telling.high, inf):
                sides = (_telling_side(telling), _part_side(figure))
                yield Contradiction(ContradictionKind.FIGURE, (whole, part), sides)


def _together(count: FlowCount, tellings: Collection[Telling], window: DateRange) -> Contradiction:
    """Return the contradiction of tellings with what all parts within a window add up to."""
    told = _parts_told(count, window)
    claims = tuple(sorted({claim for _, figure in told for claim in figure.claims}))
    total = Side(claims, f"at least {sum(figure.low or 0 for _, figure in told)} in its parts together")
    events = (count.event.event, *(part for part, _ in told))
    return Contradiction(ContradictionKind.FIGURE, events, (*merge_sides(map(_telling_side, tellings)), total))


def _telling_side(telling: Telling) -> Side:
    return Side((telling.claim.id,), f"{describe_bounds(telling)}, {telling.days}")


def _part_side(figure: Published) -> Side:
    return Side(figure.claims, f"{describe_bounds(figure)} in a part of it")


def describe_bounds(figure: Telling | Published) -> str:
    """Return the bounds of a number in words, such as "94", "at least 501" or "94 to 245"."""
    low, high = figure.low, figure.high
    if low is not None and low == high:
        return str(low)
    if low is None or high is None:
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else "an open number"
    return f"{low} to {high}"
