"""The rule of control: who holds a place on a day, its timeline, and the tally of a window."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.rules.control import (
    UNKNOWN_STATE,
    ControlEvent,
    ControlState,
    Coverage,
    HeldInside,
    PlaceFacts,
    control_on,
)
from app.rules.tallies import Interval, Tally, tallies
from app.rules.timeline import timeline
from app.timespan import ALL_TIME, DateRange

quick = examples(80)
CROWN, REBELS, GUESTS = "crown", "rebels", "guests"
DAYS = [date(2021, 6, 1) + timedelta(days=at) for at in range(12)]
ASKED = [date.min, DAYS[0] - timedelta(days=9), *(day + timedelta(days=at) for day in DAYS for at in (-1, 0, 1))]
ASKED += [DAYS[-1] + timedelta(days=400), date.max - timedelta(days=1)]


def june(number: int) -> date:
    return date(2021, 6, number)


def change(
    first: int | None,
    last: int | None = None,
    *,
    event: str = "taken",
    gained_by: str | None = REBELS,
    lost_by: str | None = CROWN,
    extent: str = "full",
    means: str = "captured",
    status: str = "reported",
    planned: bool = False,
) -> ControlEvent:
    """A change between two days of June 2021, on one day if there is only one; None first is an open begin."""
    until = last if last is not None else first
    when = DateRange(None if first is None else june(first), None if until is None else june(until))
    return ControlEvent(event, gained_by, lost_by, extent, means, status, when, planned=planned)


def held(day: int, by: str, event: str = "seen") -> ControlEvent:
    """An observation."""
    return change(day, event=event, gained_by=by, lost_by=None, means="held")


def place(*changes: ControlEvent, covered: DateRange = ALL_TIME, cut_off: date | None = None) -> PlaceFacts:
    return PlaceFacts("here", changes, Coverage(covered, cut_off))


def on(day: date, *changes: ControlEvent, **of_place: object) -> ControlState:
    return control_on(place(*changes, **of_place), day)  # type: ignore[arg-type]


TAKEN = change(21, 28, event="taken")
RETAKEN = change(29, event="retaken", gained_by=CROWN, lost_by=REBELS)
LOST_AGAIN = change(30, event="lost-again")
THREE = (TAKEN, RETAKEN, LOST_AGAIN)


@st.composite
def random_changes(draw: st.DrawFn, prefix: str = "event") -> tuple[ControlEvent, ...]:
    """Changes and observations of one place, in any order, with open ends, fuzzy days, plans and denials."""
    sides = st.sampled_from([CROWN, REBELS, GUESTS, None])
    found = []
    for at in range(draw(st.integers(0, 5))):
        ends = sorted([draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))])
        kind = draw(st.sampled_from(["day", "day", "range", "from", "until", "never"]))
        when = {
            "day": DateRange(ends[0], ends[0]),
            "range": DateRange(*ends),
            "from": DateRange(ends[0], None),
            "until": DateRange(None, ends[1]),
            "never": DateRange(),
        }[kind]
        found.append(
            ControlEvent(
                event=f"{prefix}-{at}",
                gained_by=draw(sides),
                lost_by=draw(sides),
                extent=draw(st.sampled_from(["full", "full", "partial", "surroundings"])),
                means=draw(st.sampled_from(["captured", "captured", "held"])),
                status=draw(st.sampled_from(["reported", "corroborated", "disputed", "unconfirmed", "denied"])),
                dates=when,
                planned=draw(st.integers(0, 5)) == 0,
            )
        )
    return tuple(draw(st.permutations(found)))


@st.composite
def random_places(draw: st.DrawFn) -> PlaceFacts:
    """A place with a coverage, a cut-off and perhaps one place inside it."""
    inside = (PlaceFacts("inside", draw(random_changes("inner"))),) if draw(st.booleans()) else ()
    ends = sorted([draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))])
    covered = draw(st.sampled_from([ALL_TIME, DateRange(*ends), DateRange(ends[0], None)]))
    cut_off = draw(st.none() | st.sampled_from(DAYS))
    return PlaceFacts("here", draw(random_changes()), Coverage(covered, cut_off), inside)


# A day.


@pytest.mark.parametrize(
    ("day", "state", "last_holder", "candidates", "change_id", "basis"),
    [
        (20, "held", CROWN, (CROWN,), None, "inferred"),
        (21, "uncertain", CROWN, (CROWN, REBELS), None, "inferred"),
        (27, "uncertain", CROWN, (CROWN, REBELS), None, "inferred"),
        (28, "held", REBELS, (REBELS,), "taken", "stated"),
        (29, "held", CROWN, (CROWN,), "retaken", "stated"),
        (30, "held", REBELS, (REBELS,), "lost-again", "stated"),
    ],
)
def test_a_place_that_changes_hands_three_times(
    day: int, state: str, last_holder: str, candidates: tuple[str, ...], change_id: str | None, basis: str
) -> None:
    found = on(june(day), *THREE)
    assert (found.state, found.last_holder, found.candidates) == (state, last_holder, candidates)
    assert (found.change, found.basis) == (change_id, basis)
    assert found.holder == (last_holder if state == "held" else None)


def test_since_is_the_date_of_the_change_and_no_day_that_nobody_stated() -> None:
    assert on(june(28), TAKEN).since == DateRange(june(21), june(28))


@pytest.mark.parametrize(
    "changes", [(), (change(3, status="denied"), change(4, planned=True))], ids=["none", "denied and planned"]
)
def test_without_a_change_that_counts_nothing_is_known(changes: tuple[ControlEvent, ...]) -> None:
    assert on(june(9), *changes) == UNKNOWN_STATE


def test_after_the_cut_off_the_state_is_carried_and_before_the_coverage_carried_back() -> None:
    covered = DateRange(june(21), june(30))
    assert on(june(30), *THREE, covered=covered, cut_off=june(30)).basis == "stated"
    assert on(june(25), *THREE, covered=covered, cut_off=june(30)).basis == "inferred"
    assert on(date(2021, 7, 1), *THREE, covered=covered, cut_off=june(30)).basis == "carried"
    assert on(june(20), *THREE, covered=covered, cut_off=june(30)).basis == "carried_back"


@pytest.mark.parametrize(
    ("day", "state", "last_holder", "basis"),
    [
        (date(1995, 1, 1), "unknown", CROWN, "carried_back"),
        (date(2021, 5, 21), "unknown", CROWN, "carried_back"),
        (date(2021, 5, 22), "held", CROWN, "carried_back"),
        (date(2021, 7, 30), "held", REBELS, "carried"),
        (date(2021, 7, 31), "unknown", REBELS, "carried"),
        (date(2026, 1, 1), "unknown", REBELS, "carried"),
    ],
)
def test_beyond_the_horizon_nothing_is_known_but_who_held_it_last(
    day: date, state: str, last_holder: str, basis: str
) -> None:
    found = on(day, *THREE, covered=DateRange(june(21), june(30)), cut_off=june(30))
    assert (found.state, found.holder is None, found.last_holder) == (state, state == "unknown", last_holder)
    assert found.basis == basis


OPEN_CHANGES = {
    "uncertain": change(10, 20, event="not-yet", gained_by=GUESTS),
    "contested": change(12, event="part", gained_by=GUESTS, extent="partial"),
    "disputed": change(10, event="disputed", gained_by=GUESTS, status="disputed"),
    "unconfirmed": change(11, event="unconfirmed", gained_by=GUESTS, status="unconfirmed"),
}


@pytest.mark.parametrize("worst", range(4))
def test_the_first_state_that_applies_wins_over_all_after_it(worst: int) -> None:
    names = list(OPEN_CHANGES)
    base = change(2, event="base", gained_by=CROWN, lost_by=REBELS)
    found = on(june(15), base, *(OPEN_CHANGES[name] for name in names[worst:]))
    assert (found.state, found.last_holder) == (names[worst], CROWN)
    assert {one.event for one in found.opened} == {OPEN_CHANGES[name].event for name in names[worst:]}
    assert (found.change, found.basis) == ("base", "stated")


@pytest.mark.parametrize("name", OPEN_CHANGES)
def test_an_open_change_alone_decides_the_state(name: str) -> None:
    base = change(2, event="base", gained_by=CROWN, lost_by=REBELS)
    assert on(june(15), base, OPEN_CHANGES[name]).state == name
    assert on(june(9), base, OPEN_CHANGES[name]).state == "held"


@pytest.mark.parametrize("extent", ["partial", "surroundings"])
def test_a_part_or_the_surroundings_contest_a_place_and_add_no_candidate(extent: str) -> None:
    found = on(june(6), change(5, extent=extent))
    assert (found.state, found.last_holder, found.candidates) == ("contested", CROWN, (CROWN,))
    assert on(june(6), change(5, 9, extent=extent)).state == "contested"


@pytest.mark.parametrize("status", ["disputed", "unconfirmed"])
def test_a_part_that_is_not_confirmed_leaves_the_place_held(status: str) -> None:
    found = on(june(6), change(5, extent="partial", status=status))
    assert (found.state, found.holder, len(found.opened)) == ("held", CROWN, 1)


def test_a_change_closes_all_open_ones_that_come_before_it() -> None:
    before = [change(3, extent="partial"), change(4, status="disputed"), change(2, 5, status="unconfirmed")]
    found = on(june(6), *before, change(6, gained_by=GUESTS))
    assert (found.state, found.holder, found.opened) == ("held", GUESTS, ())


def test_an_end_that_is_open_never_becomes_sure() -> None:
    late = replace(change(5), dates=DateRange(june(5), None))
    assert on(june(4), late).state == "held"
    assert on(date(2500, 1, 1), late).state == on(date.max, late).state == "uncertain"
    early = change(None, 5)
    assert on(date.min, early).state == "uncertain"
    assert on(june(5), early).holder == REBELS


def test_changes_that_have_no_order_are_open_on_their_days_and_stop_nothing() -> None:
    wide, narrow = change(1, 10, event="wide"), change(3, 5, event="narrow", gained_by=GUESTS)
    assert [on(june(day), wide, narrow).state for day in (2, 4, 7, 11)] == [
        "uncertain",
        "uncertain",
        "uncertain",
        "held",
    ]
    assert on(june(7), wide, narrow).candidates == (GUESTS, REBELS)


def test_two_sides_that_take_a_place_on_one_day_leave_it_uncertain_whatever_their_ids() -> None:
    for one, other in (("a", "b"), ("b", "a")):
        found = on(june(9), change(5, event=one), change(5, event=other, gained_by=GUESTS))
        assert (found.state, found.last_holder) == ("uncertain", CROWN)
        assert set(found.candidates) == {CROWN, REBELS, GUESTS}


# Observations.


def test_an_observation_gives_the_holder_and_changes_nothing() -> None:
    found = on(june(9), held(5, CROWN))
    assert (found.state, found.holder, found.change, found.since) == (
        "held",
        CROWN,
        "seen",
        DateRange(june(5), june(5)),
    )
    assert on(june(4), held(5, CROWN)).last_holder is None


def test_an_observation_repeats_the_change_that_it_confirms() -> None:
    found = on(june(29), TAKEN.__class__(**vars(TAKEN)), held(28, REBELS))
    assert (found.holder, found.change) == (REBELS, "taken")
    assert on(june(28), change(5, event="taken"), held(8, CROWN), held(9, CROWN, "again")).change == "seen"


def test_an_open_observation_of_the_holder_opens_nothing_and_one_of_another_makes_it_uncertain() -> None:
    base = change(2, event="base")
    same = replace(held(5, REBELS), dates=DateRange(june(5), june(20)))
    assert on(june(9), base, same).state == "held"
    other = replace(same, gained_by=CROWN)
    assert on(june(9), base, other).state == "uncertain"


# Places inside.


def test_a_place_of_which_another_side_holds_a_part_inside_is_contested() -> None:
    inner = PlaceFacts("town", (change(3),))
    outer = PlaceFacts("district", (held(1, CROWN),), inside=(inner,))
    assert control_on(outer, june(2)).state == "held"
    found = control_on(outer, june(3))
    assert (found.state, found.holder, found.last_holder) == ("contested", None, CROWN)
    assert found.inside == (HeldInside("town", REBELS),)


def test_a_place_inside_that_is_itself_contested_is_held_by_nobody() -> None:
    inner = PlaceFacts("town", (change(3), change(4, extent="partial", gained_by=GUESTS)))
    outer = PlaceFacts("district", (held(1, CROWN),), inside=(inner,))
    assert control_on(outer, june(5)).state == "held"


# Rules that hold for any changes.


@quick
@given(random_places())
def test_a_timeline_has_no_gaps_and_no_overlaps(facts: PlaceFacts) -> None:
    stretches = list(timeline(facts))
    assert stretches[0].start is None
    assert stretches[-1].until is None
    for before, after in pairwise(stretches):
        assert before.until is not None
        assert before.until == after.start
        assert before.start is None or before.start < before.until
        assert before.state != after.state


@quick
@given(random_places(), st.integers(0, 12))
def test_a_timeline_read_at_any_day_is_the_control_of_that_day(facts: PlaceFacts, horizon: int) -> None:
    stretches = list(timeline(facts, horizon))
    for day in ASKED:
        at = [s for s in stretches if (s.start is None or s.start <= day) and (s.until is None or day < s.until)]
        assert [stretch.state for stretch in at] == [control_on(facts, day, horizon)]


@quick
@given(random_places(), st.sampled_from(ASKED), st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_ids_of_changes_decide(facts: PlaceFacts, day: date, random: Random) -> None:
    ids = [one.event for one in facts.changes]
    names = dict(zip(ids, random.sample(ids, len(ids)), strict=True))
    shuffled = [replace(one, event=names[one.event]) for one in facts.changes]
    random.shuffle(shuffled)
    found, again = control_on(facts, day), control_on(replace(facts, changes=tuple(shuffled)), day)
    assert (again.state, again.last_holder, set(again.candidates)) == (
        found.state,
        found.last_holder,
        set(found.candidates),
    )
    assert (again.since, again.basis, again.inside) == (found.since, found.basis, found.inside)
    assert {one.event for one in again.opened} == {names[one.event] for one in found.opened}


@quick
@given(random_places(), st.sampled_from(ASKED))
def test_denied_and_planned_changes_never_count(facts: PlaceFacts, day: date) -> None:
    without = tuple(one for one in facts.changes if one.status != "denied" and not one.planned)
    assert control_on(facts, day) == control_on(replace(facts, changes=without), day)


@quick
@given(random_places(), st.sampled_from(ASKED))
def test_a_state_fits_its_holder_its_candidates_and_its_basis(facts: PlaceFacts, day: date) -> None:
    found = control_on(facts, day)
    assert len(set(found.candidates)) == len(found.candidates)
    assert (found.holder is None) == (found.state != "held")
    if found.state == "held":
        assert found.candidates == (found.holder,)
    if found.candidates and found.last_holder:
        assert found.candidates[0] == found.last_holder
    assert (found.change is None) == (found.since is None)
    if found.change is not None:
        base = next(one for one in facts.changes if one.event == found.change)
        assert (base.extent, base.gained_by, base.dates) == ("full", found.last_holder, found.since)
        assert base.is_confirmed


@quick
@given(random_places(), st.sampled_from(ASKED), st.integers(0, 40))
def test_nothing_but_unknown_is_said_further_than_the_horizon_outside_the_coverage(
    facts: PlaceFacts, day: date, horizon: int
) -> None:
    covered, found = facts.coverage.days, control_on(facts, day, horizon)
    too_early = covered.earliest and (covered.earliest - day).days > horizon
    too_late = covered.latest and (day - covered.latest).days > horizon
    if too_early or too_late:
        assert (found.state, found.candidates, found.opened) == ("unknown", (), ())


@quick
@given(random_places(), st.sampled_from(ASKED), st.sampled_from(DAYS))
def test_a_cut_off_touches_only_the_basis(facts: PlaceFacts, day: date, cut_off: date) -> None:
    plain = replace(facts, coverage=replace(facts.coverage, cut_off=None))
    cut = replace(facts, coverage=replace(facts.coverage, cut_off=cut_off))
    without, with_cut = control_on(plain, day), control_on(cut, day)
    assert replace(with_cut, basis=without.basis) == without
    if day > cut_off and without != UNKNOWN_STATE:
        assert with_cut.basis == "carried"


# The tally of a window.


def tally(captured: tuple[int, int], lost: tuple[int, int], *changes: str) -> Tally:
    return Tally(Interval(*captured), Interval(*lost), changes)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (
            DateRange(june(1), june(30)),
            {
                REBELS: tally((2, 2), (1, 1), "taken", "retaken", "lost-again"),
                CROWN: tally((1, 1), (2, 2), "taken", "retaken", "lost-again"),
            },
        ),
        (
            DateRange(june(25), june(29)),
            {REBELS: tally((0, 1), (1, 1), "taken", "retaken"), CROWN: tally((1, 1), (0, 1), "taken", "retaken")},
        ),
        (
            DateRange(june(29), june(29)),
            {CROWN: tally((1, 1), (0, 0), "retaken"), REBELS: tally((0, 0), (1, 1), "retaken")},
        ),
        (DateRange(june(1), june(20)), {}),
    ],
)
def test_a_tally_counts_what_certainly_and_possibly_changed_hands(
    window: DateRange, expected: dict[str, Tally]
) -> None:
    assert tallies(THREE, window) == expected


def test_net_is_captured_less_lost() -> None:
    assert tally((1, 3), (1, 1)).net == Interval(0, 2)
    assert tally((0, 1), (1, 2)).net == Interval(-2, 0)


def test_what_is_disputed_partial_denied_planned_or_only_seen_is_not_captured() -> None:
    weak = [
        change(3, status="disputed"),
        change(4, status="unconfirmed"),
        change(5, extent="partial"),
        change(6, status="denied"),
        change(7, planned=True),
        held(8, REBELS),
    ]
    assert tallies(weak, DateRange(june(1), june(30))) == {}


@quick
@given(random_changes(), st.sampled_from(DAYS), st.integers(0, 12), st.integers(0, 5))
def test_a_tally_is_in_order_and_grows_with_its_window(
    changes: tuple[ControlEvent, ...], first: date, days: int, more: int
) -> None:
    window = DateRange(first, first + timedelta(days=days))
    wider = DateRange(first - timedelta(days=more), first + timedelta(days=days + more))
    inner, outer = tallies(changes, window), tallies(changes, wider)
    for actor, found in inner.items():
        assert found.captured.low <= found.captured.high
        assert found.net.low <= found.net.high
        assert found.captured.low <= outer[actor].captured.low
        assert found.captured.high <= outer[actor].captured.high
        assert found.lost.high <= outer[actor].lost.high
        assert set(found.changes) <= set(outer[actor].changes)
