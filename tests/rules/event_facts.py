"""Short ways to write claims, figures and events for tests of the rules, and random ones."""

from datetime import date, timedelta

from hypothesis import strategies as st

from app.rules.facts import Claim, Figure
from app.rules.status import status
from app.rules.tellings import EventFacts
from app.timespan import DateRange

MOVED = "persons_moved"
ALL_TIME = DateRange()
CUMULATIVE, INCREMENT = "cumulative", "increment"


def july(number: int) -> date:
    """Return a day of July 2021; 0 and less are days of June."""
    return date(2021, 6, 30) + timedelta(days=number)


def days(first: int | None, last: int | None) -> DateRange:
    """Return days of July 2021; None is an open end."""
    return DateRange(None if first is None else july(first), None if last is None else july(last))


def on(number: int) -> DateRange:
    """Return one day of July 2021."""
    return days(number, number)


def exactly(number: int, kind: str = INCREMENT, measure: str = MOVED) -> Figure:
    """Make a bare number."""
    return Figure(measure, kind, number, number, number)


def at_least(number: int, kind: str = INCREMENT, measure: str = MOVED) -> Figure:
    """Make a lower bound, such as "at least 500"."""
    return Figure(measure, kind, number)


def at_most(number: int, kind: str = INCREMENT) -> Figure:
    """Make an upper bound, such as "up to 9,000"."""
    return Figure(MOVED, kind, None, None, number)


def about(number: int, kind: str = INCREMENT) -> Figure:
    """Make an estimate without bounds, such as "about 500"."""
    return Figure(MOVED, kind, None, number, None)


def loosely(low: int, high: int, kind: str = INCREMENT) -> Figure:
    """Make words without a number, such as "hundreds"."""
    return Figure(MOVED, kind, low, None, high, loose=True)


def claim(
    id_: str,
    *figures: Figure,
    when: DateRange = ALL_TIME,
    precision: str = "range",
    origin: str | None = "outlet",
    document: str = "article",
    stance: str = "asserts",
    modality: str = "fact",
    reported: int = 5,
    narration: bool = False,
) -> Claim:
    """Make a claim."""
    return Claim(
        id=id_,
        document=document,
        origin=origin,
        stance=stance,
        modality=modality,
        reported_on=july(reported),
        date=when,
        precision=precision,
        figures=figures,
        is_narration=narration,
    )


def event(id_: str, *claims: Claim, parts: tuple[EventFacts, ...] = ()) -> EventFacts:
    """Make an event with the status that follows from its claims."""
    return EventFacts(id_, status(claims), claims, parts)


ends = st.integers(-5, 5)
numbers = st.integers(0, 60)


@st.composite
def random_figures(draw: st.DrawFn) -> Figure:
    """Draw a figure: a bare number, a bound, an estimate or loose words."""
    kind = draw(st.sampled_from([INCREMENT, CUMULATIVE]))
    number = draw(numbers)
    make = draw(st.sampled_from([exactly, exactly, exactly, at_least, at_most, about]))
    return draw(st.sampled_from([make(number, kind), loosely(number, number + draw(numbers), kind)]))


@st.composite
def random_claims(draw: st.DrawFn, prefix: str) -> Claim:
    """Draw a claim with at most two figures, on days around the first of July 2021."""
    first, last = sorted((draw(ends), draw(ends)))
    window = draw(st.sampled_from([days(first, last), days(first, first), days(first, last), days(None, last)]))
    return claim(
        f"{prefix}{draw(st.integers(0, 99))}",
        *draw(st.lists(random_figures(), max_size=2)),
        when=window,
        precision=draw(st.sampled_from(["range", "span"])),
        origin=draw(st.sampled_from(["paper", "agency", "ministry", None])),
        document=draw(st.sampled_from(["one", "two"])),
        stance=draw(st.sampled_from(["asserts"] * 7 + ["denies"])),
        modality=draw(st.sampled_from(["fact", "fact", "reported", "possible", "planned"])),
        reported=draw(st.integers(3, 8)),
    )


@st.composite
def random_events(draw: st.DrawFn, depth: int = 2, name: str = "e") -> EventFacts:
    """Draw an event with claims and, down to a depth, parts."""
    claims = draw(st.lists(random_claims(name), min_size=1, max_size=4, unique_by=lambda one: one.id))
    parts = [draw(random_events(depth - 1, f"{name}{at}")) for at in range(draw(st.integers(0, 2 if depth else 0)))]
    return event(name, *claims, parts=tuple(parts))
