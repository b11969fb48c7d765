"""Rules that sort instead of comparing all pairs: equal to the plain comparison, and twice the work for twice the rows.

Work is counted in lines of Python that run, so that no machine decides.
"""

import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from types import FrameType
from typing import Any

import pytest
from conftest import examples
from factories.scale import drawn_by
from hypothesis import given
from hypothesis import strategies as st

from app.deadlines import deadline_in
from app.errors import UnavailableError
from app.geo import distance_km
from app.rules import control_contradictions as of_control
from app.rules import figure_contradictions as of_figures
from app.rules.contradictions import agreeing, event_contradictions
from app.rules.control import ControlEvent, PlaceFacts, control_on
from app.rules.control_contradictions import AttestedControlChange, control_contradictions
from app.rules.duplicates import OccasionFacts, may_be_one, occasion_contradictions, possible_duplicates
from app.rules.facts import Figure
from app.rules.figure_contradictions import Bounding, exceeds, figure_contradictions
from app.rules.groups import cell_of, cells_around
from app.rules.intervals import Overlaps, ends_of, largest_inside
from app.rules.opposition import MAX_PAIRED
from app.rules.published import Published, published_figures
from app.rules.same_entities import EntityFacts, possible_same_entities, what_is_shared
from app.rules.tallies import tallies
from app.rules.tellings import FLOWS, EventFacts, Telling, tellings_of
from app.rules.timeline import timeline
from app.rules.totals import MovementFacts, total
from app.timespan import ALL_TIME, DateRange
from tests.rules.event_facts import (
    CUMULATIVE,
    at_least,
    at_most,
    claim,
    days,
    event,
    exactly,
    july,
    loosely,
    random_events,
)

quick = examples(150)


def lines_run(work: Callable[[], object]) -> int:
    """Return the number of lines of Python that run, each turn of a loop counted."""
    count, before = 0, sys.gettrace()

    def trace(_frame: FrameType, happening: str, _argument: Any) -> Any:
        nonlocal count
        count += happening == "line"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


# The parts that rules are made of.

ends = st.none() | st.integers(-5, 5)
intervals = st.tuples(ends, ends).map(lambda e: days(*e)).filter(lambda range_: range_.is_valid)


@quick
@given(st.lists(st.tuples(intervals, st.integers(0, 9)), max_size=12), st.lists(intervals, max_size=6))
def test_the_largest_value_inside_a_window_is_that_of_a_plain_search(
    values: list[tuple[DateRange, int]], windows: list[DateRange]
) -> None:
    found = largest_inside([(ends_of(d), n) for d, n in values], [ends_of(w) for w in windows])
    assert found == [max((n for d, n in values if d.is_within(w)), default=float("-inf")) for w in windows]


@quick
@given(st.lists(st.tuples(intervals, st.sampled_from([None, "a", "b"])), max_size=12), intervals)
def test_an_overlap_with_another_key_is_that_of_a_plain_search(
    told: list[tuple[DateRange, str | None]], asked: DateRange
) -> None:
    index = Overlaps((ends_of(days_), key) for days_, key in told)
    for key in (None, "a", "b"):
        plain = any(other != key and days_.overlaps(asked) for days_, other in told)
        assert index.any(ends_of(asked), key) == plain


points = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@quick
@given(points, st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_cells_hold_what_is_near_and_nothing_that_is_not(point: tuple[float, float], east: float, north: float) -> None:
    longitude = point[0] + east / max(0.01, 1 - abs(point[1]) / 90)
    other = (longitude - 360 if longitude > 180 else longitude, max(-90.0, min(90.0, point[1] + north)))
    distance, cell, beside = distance_km(*point, *other), cell_of(point, 5), cell_of(other, 5)
    if cell == beside:
        assert distance <= 5
    elif distance <= 5:
        assert beside in set(cells_around(cell))


@quick
@given(st.lists(intervals, max_size=9))
def test_dates_agree_as_in_a_plain_search(told: list[DateRange]) -> None:
    groups = agreeing((days_, str(at)) for at, days_ in enumerate(told))
    assert sorted(id_ for _, ids in groups for id_ in ids) == sorted(map(str, range(len(told))))
    assert (len(groups) > 1) == any(not one.overlaps(other) for one, other in combinations(told, 2))
    for shared, ids in groups:
        assert all(shared.is_within(told[int(id_)]) for id_ in ids)


# Rules, against their plain form.


@quick
@given(random_events(depth=0))
def test_what_replaces_a_telling_is_what_its_origin_said_later_of_the_same_days(facts: EventFacts) -> None:
    def replaces(later: Telling, earlier: Telling) -> bool:
        return (
            later.claim.origin is not None
            and later.claim.origin == earlier.claim.origin
            and later.days == earlier.days
            and later.claim.reported_on > earlier.claim.reported_on
            and not (later.figure.loose and not earlier.figure.loose)
        )

    alone = [replace(c, origin=None, stance="asserts") for c in facts.claims]
    every = tellings_of(replace(facts, claims=tuple(alone)), "persons_moved", FLOWS)
    origins = {c.id: c.origin for c in facts.claims}
    told = [replace(t, claim=replace(t.claim, origin=origins[t.claim.id])) for t in every]
    kept = tellings_of.__globals__["_without_replaced"](told)
    assert kept == [t for t in told if not any(replaces(other, t) for other in told)]


@quick
@given(st.lists(st.tuples(intervals, intervals, st.integers(0, 9), st.sampled_from([at_least, at_most, exactly]))))
def test_numbers_that_contradict_each_other_are_those_of_a_plain_search(told: list[Any]) -> None:
    numbers = [
        Bounding(Telling(claim(str(at)), make(number), own), own, window)
        for at, (own, window, number, make) in enumerate(told)
    ]
    plain = [n for n in numbers if any(exceeds(other, n) or exceeds(n, other) for other in numbers)]
    assert of_figures.contradicting(numbers) == plain


sides = st.sampled_from(["crown", "rebels", None])


@st.composite
def random_changes(draw: st.DrawFn) -> list[AttestedControlChange]:
    """Draw changes of a town and of the province around it, asserted or denied."""
    found = []
    for at in range(draw(st.integers(0, 8))):
        told = [
            claim(f"c{at}-{n}", stance=draw(st.sampled_from(["asserts", "asserts", "denies"])), modality=modality)
            for n, modality in enumerate(draw(st.lists(st.sampled_from(["fact", "possible"]), min_size=1, max_size=2)))
        ]
        place = draw(st.sampled_from(["town", "province"]))
        path = {"town", "province"} if place == "town" else {"province"}
        extent = draw(st.sampled_from(["full", "full", "partial"]))
        found.append(AttestedControlChange(f"e{at}", place, path, draw(sides), extent, draw(intervals), told))
    return found


@quick
@given(random_changes())
def test_changes_of_control_that_contradict_each_other_are_those_of_a_plain_search(
    changes: list[AttestedControlChange],
) -> None:
    found = list(control_contradictions(changes))
    plain = [
        contradiction
        for place in ("town", "province")
        for contradiction in of_control._of_pairs(place, [c for c in changes if place in c.location_path])
    ]
    assert sorted(found, key=str) == sorted(plain, key=str)
    for place in ("town", "province"):
        inside = [change for change in changes if place in change.location_path]
        opposed = {
            id_ for pair in combinations(inside, 2) for c in of_control._of_pairs(place, pair) for id_ in c.events
        }
        assert {change.event for change in of_control.contradicting(place, inside)} == opposed


@quick
@given(random_changes())
def test_no_id_decides_whether_changes_of_control_contradict_each_other(changes: list[AttestedControlChange]) -> None:
    renamed = [replace(change, event=f"e{9 - int(change.event[1:])}") for change in changes]
    pairs = {frozenset(c.events) for c in control_contradictions(changes)}
    again = {frozenset(f"e{9 - int(id_[1:])}" for id_ in c.events) for c in control_contradictions(renamed)}
    assert again == pairs


def components(ids: Sequence[str], pairs: Sequence[tuple[str, str]]) -> set[frozenset[str]]:
    groups = {id_: {id_} for id_ in ids}
    for one, other in pairs:
        joined = groups[one] | groups[other]
        for id_ in joined:
            groups[id_] = joined
    return {frozenset(group) for group in groups.values() if len(group) > 1}


PLACES = {"here": (68.0, 37.0), "near": (68.03, 37.0), "far": (68.2, 37.0), "corner": (68.05, 37.03), "unknown": None}


@st.composite
def random_occasions(draw: st.DrawFn, count: int = 12) -> list[OccasionFacts]:
    """Draw events of three packs, of which any two may be one."""
    found = []
    for at in range(draw(st.integers(0, count))):
        place = draw(st.sampled_from(sorted(PLACES)))
        actors = draw(st.sets(st.sampled_from(["crown", "rebels"]), min_size=1))
        found.append(
            OccasionFacts(
                event=f"e{at:02}",
                pack=draw(st.sampled_from(["one", "two", "three"])),
                category=draw(st.sampled_from(["clash", "control_change", "other"])),
                location=place,
                location_kind="town",
                point=PLACES[place],
                dates=draw(intervals),
                actors=frozenset(actors),
                attackers=frozenset(draw(st.sets(st.sampled_from(sorted(actors))))),
                distinct_from=frozenset(draw(st.sets(st.sampled_from(["e00", "e01"]), max_size=1))),
                wholes=frozenset(draw(st.sets(st.sampled_from(["e02", "e03"]), max_size=1))),
            )
        )
    return found


@quick
@given(random_occasions())
def test_possible_duplicates_are_those_of_a_plain_search(occasions: list[OccasionFacts]) -> None:
    plain = {(one.event, other.event) for one, other in combinations(occasions, 2) if may_be_one(one, other)}
    assert {tuple(found.event for found in pair) for pair in possible_duplicates(occasions)} == plain


@examples(40)
@given(st.lists(random_occasions(), min_size=4, max_size=6))
def test_many_possible_duplicates_are_the_groups_of_a_plain_search(drawn: list[list[OccasionFacts]]) -> None:
    occasions = [
        replace(found, event=f"{at}-{found.event}", distinct_from=frozenset(), wholes=frozenset())
        for at, some in enumerate(drawn)
        for found in some
    ]
    pairs = [(one.event, other.event) for one, other in combinations(occasions, 2) if may_be_one(one, other)]
    plain = {group for group in components([o.event for o in occasions], pairs) if len(group) > MAX_PAIRED}
    found = {frozenset(o.event for o in group) for group in possible_duplicates(occasions) if len(group) > 2}
    assert found == plain


@quick
@given(
    st.lists(
        st.tuples(
            st.sets(st.sampled_from("abcd"), max_size=2),
            st.sampled_from([None, (67.0, 37.0), (67.009, 37.0), (67.02, 37.0), (-180.0, 0.0), (180.0, 0.004)]),
            st.sampled_from([None, None, "x", "y"]),
            st.sampled_from(["town", "district"]),
        ),
        max_size=12,
    )
)
def test_entities_that_may_be_one_are_those_of_a_plain_search(drawn: list[Any]) -> None:
    entities = [
        EntityFacts(f"e{at:02}", kind, frozenset(keys), point, url) for at, (keys, point, url, kind) in enumerate(drawn)
    ]
    plain = {(a.id, b.id): why for a, b in combinations(entities, 2) if (why := what_is_shared(a, b))}
    assert {(a.id, b.id): why for (a, b), why in possible_same_entities(entities)} == plain


# Twice the rows, twice the work.


def many_changes(count: int, places: int, sides: int = 3) -> list[AttestedControlChange]:
    random = drawn_by(1)
    return [
        AttestedControlChange(
            f"e{at:05}",
            f"place-{at % places}",
            {f"place-{at % places}", "country"},
            f"side-{random.randrange(sides)}",
            random.choice(["full", "partial"]),
            days(first := random.randrange(300), first + random.randrange(20)),
            [claim(f"c{at}", stance=random.choice(["asserts", "asserts", "denies"]))],
        )
        for at in range(count)
    ]


def many_tellings(count: int) -> EventFacts:
    random = drawn_by(2)
    parts = tuple(event(f"p{at}", claim(f"p{at}", exactly(1 + at % 7), when=days(3, 3))) for at in range(20))
    claims = [
        claim(
            f"c{at:05}",
            random.choice([exactly, at_least, at_most])(at, random.choice([CUMULATIVE, "increment"])),
            Figure("districts_held", "stock", at, at, at),
            loosely(at, 2 * at),
            when=days(first := random.randrange(300), first + random.randrange(20)),
            origin=f"o{at % 5}",
        )
        for at in range(count)
    ]
    return event("e", *claims, parts=parts)


def many_control_events(count: int) -> PlaceFacts:
    random = drawn_by(3)

    def changes(place: int, count: int) -> tuple[ControlEvent, ...]:
        return tuple(
            ControlEvent(
                f"e{place}-{at}",
                random.choice(["crown", "rebels"]),
                random.choice(["crown", "rebels"]),
                random.choice(["full", "partial"]),
                random.choice(["captured", "held"]),
                random.choice(["reported", "disputed"]),
                days(first := random.randrange(3000), first + random.randrange(9)),
            )
            for at in range(count)
        )

    inside = tuple(PlaceFacts(f"place-{at}", changes(at, 4)) for at in range(1, count // 8))
    return PlaceFacts("here", changes(0, count // 2), inside=inside)


def many_occasions(count: int, packs: int = 2) -> list[OccasionFacts]:
    random = drawn_by(4)
    return [
        OccasionFacts(
            event=f"e{at:05}",
            pack=f"pack-{at % packs}",
            category="clash",
            location=f"place-{at % 7}",
            location_kind="town",
            point=(68 + at % 7 / 100, 37.0),
            dates=days(first := random.randrange(10), first),
            actors=frozenset(["crown", f"side-{at}"]),
            attackers=frozenset(["crown"]),
            claims=(f"c{at}",),
            figures=(Published("deaths", at, at, at, None, "increment", None, (f"c{at}",), False),),
        )
        for at in range(count)
    ]


def many_entities(count: int) -> list[EntityFacts]:
    return [
        EntityFacts(f"e{at:05}", "town", frozenset([f"n{at // 2}", "all"]), (67 + at % 500 / 1000, 37.0), f"u{at // 3}")
        for at in range(count)
    ]


def total_of_parts(count: int) -> None:
    movements = [
        MovementFacts(event(f"e{at}", claim(f"c{at}", exactly(at), when=days(at % 30, at % 30))), "troops")
        for at in range(count)
    ]
    total(movements, days(0, 9), {f"e{at}": f"e{at - at % 4}" for at in range(count) if at % 4})


WORK: dict[str, Callable[[int], object]] = {
    "control contradictions at many places": lambda n: list(control_contradictions(many_changes(n, n // 5))),
    "control contradictions at one place": lambda n: list(control_contradictions(many_changes(n, 1))),
    "control contradictions of many sides": lambda n: list(control_contradictions(many_changes(n, 1, n))),
    "figure contradictions": lambda n: list(figure_contradictions(many_tellings(n))),
    "contradictions of one event": lambda n: list(event_contradictions(many_tellings(n))),
    "published figures": lambda n: published_figures(many_tellings(n)),
    "control through time": lambda n: list(timeline(many_control_events(n))),
    "control on a day": lambda n: control_on(many_control_events(n), july(100)),
    "tallies": lambda n: tallies(many_control_events(n).changes, days(0, 300)),
    "possible duplicates": lambda n: list(possible_duplicates(many_occasions(n))),
    "possible duplicates of many packs": lambda n: list(possible_duplicates(many_occasions(n, 20))),
    "possible duplicates of one pack and an event": lambda n: list(
        possible_duplicates([*many_occasions(n, 1), replace(many_occasions(1)[0], event="x", pack="other")])
    ),
    "contradictions of occasions": lambda n: list(occasion_contradictions([tuple(many_occasions(n))])),
    "same entities": lambda n: list(possible_same_entities(many_entities(n))),
    "totals": total_of_parts,
}


@pytest.mark.parametrize("name", WORK)
def test_twice_the_rows_are_about_twice_the_work(name: str) -> None:
    half, whole = (lines_run(lambda count=count: WORK[name](count)) for count in (150, 300))  # type: ignore[misc]
    assert whole < 3 * half


@pytest.mark.parametrize("name", WORK)
def test_rules_end_at_the_deadline(name: str) -> None:
    with deadline_in(-1), pytest.raises(UnavailableError):
        WORK[name](30)


@pytest.mark.parametrize(
    "work",
    [
        lambda: list(figure_contradictions(event("e", *(claim(str(n), exactly(n)) for n in range(3000))))),
        lambda: list(control_contradictions([replace(c, dates=ALL_TIME) for c in many_changes(3000, 1)])),
        lambda: list(possible_duplicates([replace(o, dates=days(1, 1)) for o in many_occasions(3000)])),
    ],
    ids=["figures", "control", "duplicates"],
)
def test_what_all_contradicts_all_is_one_entry_that_takes_little_memory(work: Callable[[], list[object]]) -> None:
    tracemalloc.start()
    try:
        assert len(work()) == 1
        assert tracemalloc.get_traced_memory()[1] < 60e6  # each pair would take some gigabytes
    finally:
        tracemalloc.stop()


# What a large group says.


def test_many_numbers_that_contradict_each_other_are_one_contradiction_with_a_side_for_each() -> None:
    claims = [claim(f"c{at:02}", exactly(at // 2), when=days(1, 1), origin=f"o{at}") for at in range(MAX_PAIRED + 2)]
    [found] = figure_contradictions(event("e", *claims))
    assert (found.events, len(found.sides)) == (("e",), len(claims) // 2)
    assert [side.says for side in found.sides][:2] == ["0, 2021-07-01", "1, 2021-07-01"]
    assert [id_ for side in found.sides for id_ in side.claims] == [told.id for told in claims]


def test_many_parts_that_exceed_their_whole_are_one_contradiction() -> None:
    parts = tuple(event(f"p{at:02}", claim(f"p{at:02}", exactly(9), when=days(1, 1))) for at in range(MAX_PAIRED))
    found = list(figure_contradictions(event("e", claim("c", exactly(5), when=days(1, 1)), parts=parts)))
    assert [(len(c.events), [side.says for side in c.sides]) for c in found] == [
        (MAX_PAIRED + 1, ["5, 2021-07-01", "9 in a part of it"])
    ]


def test_many_changes_of_control_are_one_contradiction_with_a_side_for_each_holder() -> None:
    changes = [
        AttestedControlChange(
            f"e{at:02}", "town", {"town"}, ("crown", "rebels")[at % 2], "full", days(at, at + 1), [claim(f"c{at:02}")]
        )
        for at in range(MAX_PAIRED + 2)
    ]
    [found] = control_contradictions(changes)
    assert found.events == tuple(change.event for change in changes)
    assert [(side.says, len(side.claims)) for side in found.sides] == [
        ("crown in control of town, 2021-06-30/2021-07-22", 11),
        ("rebels in control of town, 2021-06-30/2021-07-22", 11),
    ]


def test_many_possible_duplicates_are_one_group_and_disagree_as_one() -> None:
    occasions = [replace(o, dates=days(1 + at % 2, 1 + at % 2)) for at, o in enumerate(many_occasions(MAX_PAIRED + 2))]
    [group] = possible_duplicates(occasions)
    assert group == tuple(occasions)
    dates, numbers = occasion_contradictions([group])
    assert [(side.says, len(side.claims)) for side in dates.sides] == [("2021-07-01", 11), ("2021-07-02", 11)]
    assert [side.says for side in numbers.sides][-1] == "21 deaths"


def test_many_entities_of_one_name_are_one_group() -> None:
    [(group, reason)] = possible_same_entities(many_entities(MAX_PAIRED + 2))
    assert (len(group), reason) == (MAX_PAIRED + 2, "all are called all")


def test_a_chain_of_places_inside_each_other_is_read_once_each() -> None:
    """Each place holds all that lie deeper, as the database tells it; by paths there would be 2^60 of them."""
    chain: list[PlaceFacts] = []
    for at in range(60):
        side = "crown" if at % 2 else "rebels"
        told = ControlEvent(f"e{at}", side, None, "full", "captured", "reported", days(at, at))
        chain.append(PlaceFacts(f"place-{at}", (told,), inside=tuple(chain)))
    last = list(timeline(chain[-1]))[-1]
    assert last.state == control_on(chain[-1], july(70))
    assert last.state.state == "contested"
