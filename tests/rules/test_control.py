"""The rule of control: who holds a place on a day, its timeline, and the tally of a window."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.control import (
    UNKNOWN_STATE,
    ControlEvent,
    ControlState,
    Tally,
    control_on,
    effective_changes,
    tallies,
    timeline,
)
from app.timespan import DateRange

quick = settings(max_examples=80, database=None, deadline=None)
CROWN, REBELS, GUESTS = "crown", "rebels", "guests"
DAYS = [date(2021, 6, 1) + timedelta(days=at) for at in range(12)]
ASKED = [date.min, DAYS[0] - timedelta(days=9), *(day + timedelta(days=at) for day in DAYS for at in (-1, 0, 1))]
ASKED += [DAYS[-1] + timedelta(days=400), date.max - timedelta(days=1)]


def june(number: int) -> date:
    return date(2021, 6, number)


def change(
    first: int,
    last: int | None = None,
    *,
    event: str = "taken",
    gained_by: str | None = REBELS,
    lost_by: str | None = CROWN,
    extent: str = "full",
    status: str = "reported",
    planned: bool = False,
) -> ControlEvent:
    """A change between two days of June 2021, on one day if there is only one."""
    when = DateRange(june(first), june(last or first))
    return ControlEvent(event, gained_by, lost_by, extent, status, when, planned)


TAKEN = change(21, 28, event="taken")
RETAKEN = change(29, event="retaken", gained_by=CROWN, lost_by=REBELS)
LOST_AGAIN = change(30, event="lost-again")
THREE = [TAKEN, RETAKEN, LOST_AGAIN]


@st.composite
def random_changes(draw: st.DrawFn) -> list[ControlEvent]:
    """Changes of one place, in any order, with open ends, fuzzy days, plans and denials."""
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
                event=f"event-{at}",
                gained_by=draw(sides),
                lost_by=draw(sides),
                extent=draw(st.sampled_from(["full", "full", "partial", "surroundings"])),
                status=draw(st.sampled_from(["reported", "corroborated", "disputed", "unconfirmed", "denied"])),
                dates=when,
                planned=draw(st.integers(0, 5)) == 0,
            )
        )
    return draw(st.permutations(found))


cut_offs = st.one_of(st.none(), st.sampled_from(DAYS))


# A day.


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (20, ControlState(CROWN, "held", (CROWN,), None, None, "inferred")),
        (21, ControlState(CROWN, "uncertain", (CROWN, REBELS), None, None, "inferred")),
        (27, ControlState(CROWN, "uncertain", (CROWN, REBELS), None, None, "inferred")),
        (28, ControlState(REBELS, "held", (REBELS,), june(28), "taken", "stated")),
        (29, ControlState(CROWN, "held", (CROWN,), june(29), "retaken", "stated")),
        (30, ControlState(REBELS, "held", (REBELS,), june(30), "lost-again", "stated")),
    ],
)
def test_a_place_that_changes_hands_three_times(day: int, expected: ControlState) -> None:
    assert control_on(THREE, june(day)) == expected


def test_without_a_change_nothing_is_known() -> None:
    assert control_on([], june(1)) == UNKNOWN_STATE == ControlState(None, "unknown", (), None, None, None)
    assert control_on([], june(1), cut_off=june(1)) == UNKNOWN_STATE


def test_denied_and_planned_changes_alone_are_as_none() -> None:
    assert control_on([change(3, status="denied"), change(4, planned=True)], june(9)) == UNKNOWN_STATE


def test_after_the_cut_off_the_state_is_carried_and_on_it_is_not() -> None:
    assert control_on(THREE, june(30), cut_off=june(30)).basis == "stated"
    assert control_on(THREE, date(2021, 7, 1), cut_off=june(30)) == ControlState(
        REBELS, "held", (REBELS,), june(30), "lost-again", "carried"
    )
    assert control_on(THREE, june(20), cut_off=june(19)).basis == "carried"


OPEN_CHANGES = {
    "uncertain": change(10, 20, event="not-yet", gained_by=GUESTS),
    "disputed": change(10, event="disputed", gained_by=GUESTS, status="disputed"),
    "unconfirmed": change(11, event="unconfirmed", gained_by=GUESTS, status="unconfirmed"),
    "contested": change(12, event="part", gained_by=GUESTS, extent="partial"),
}


@pytest.mark.parametrize("worst", range(4))
def test_the_first_state_that_applies_wins_over_all_after_it(worst: int) -> None:
    names = list(OPEN_CHANGES)
    held = change(2, event="base", gained_by=CROWN, lost_by=REBELS)
    found = control_on([held, *(OPEN_CHANGES[name] for name in names[worst:])], june(15))
    assert (found.state, found.holder, found.candidates) == (names[worst], CROWN, (CROWN, GUESTS))
    assert (found.since, found.change, found.basis) == (june(2), "base", "stated")


@pytest.mark.parametrize("name", OPEN_CHANGES)
def test_an_open_change_alone_decides_the_state(name: str) -> None:
    held = change(2, event="base", gained_by=CROWN, lost_by=REBELS)
    assert control_on([held, OPEN_CHANGES[name]], june(15)).state == name
    assert control_on([held, OPEN_CHANGES[name]], june(9)).state == "held"


def test_the_surroundings_contest_a_place_and_do_not_move_its_holder() -> None:
    found = control_on([change(5, extent="surroundings")], june(6))
    assert found == ControlState(CROWN, "contested", (CROWN, REBELS), None, None, "inferred")


def test_a_partial_change_that_is_not_sure_yet_is_uncertain_and_a_disputed_part_disputed() -> None:
    assert control_on([change(5, 9, extent="partial")], june(6)).state == "uncertain"
    assert control_on([change(5, extent="partial", status="disputed")], june(6)).state == "disputed"
    assert control_on([change(5, extent="surroundings", status="unconfirmed")], june(6)).state == "unconfirmed"


def test_a_change_closes_all_open_ones_that_come_before_it() -> None:
    before = [change(3, extent="partial"), change(4, status="disputed"), change(2, 5, status="unconfirmed")]
    found = control_on([*before, change(6, gained_by=GUESTS)], june(6))
    assert found == ControlState(GUESTS, "held", (GUESTS,), june(6), "taken", "stated")


def test_a_change_without_a_latest_day_never_becomes_sure() -> None:
    late = ControlEvent("some-day", REBELS, CROWN, "full", "reported", DateRange(june(5), None))
    assert control_on([late], june(4)).state == "held"
    assert control_on([late], date(2500, 1, 1)) == ControlState(
        CROWN, "uncertain", (CROWN, REBELS), None, None, "inferred"
    )


def test_a_change_without_a_latest_day_is_not_sure_on_the_last_day_of_the_calendar_either() -> None:
    late = ControlEvent("some-day", REBELS, CROWN, "full", "reported", DateRange(june(5), None))
    assert control_on([late], date.max) == control_on([late], date.max - timedelta(days=1))


def test_a_change_without_an_earliest_day_makes_every_day_before_uncertain() -> None:
    early = ControlEvent("once", REBELS, CROWN, "full", "reported", DateRange(None, june(5)))
    assert control_on([early], date(1, 1, 1)).state == "uncertain"
    assert control_on([early], june(5)) == ControlState(REBELS, "held", (REBELS,), june(5), "once", "stated")


def test_every_side_that_gained_in_an_open_change_is_a_candidate_once_and_the_holder_first() -> None:
    opened = [change(3, status="disputed"), change(4, gained_by=GUESTS, extent="partial"), change(5, extent="partial")]
    assert control_on(opened, june(6)).candidates == (CROWN, REBELS, GUESTS)


# Rules that hold for any changes.


@quick
@given(random_changes(), cut_offs)
def test_a_timeline_has_no_gaps_and_no_overlaps(changes: list[ControlEvent], cut_off: date | None) -> None:
    stretches = timeline(changes, cut_off)
    assert stretches[0].start is None
    assert stretches[-1].until is None
    for before, after in pairwise(stretches):
        assert before.until is not None
        assert before.until == after.start
        assert before.start is None or before.start < before.until
        assert before.state != after.state


@quick
@given(random_changes(), cut_offs)
def test_a_timeline_read_at_any_day_is_the_control_of_that_day(
    changes: list[ControlEvent], cut_off: date | None
) -> None:
    stretches = timeline(changes, cut_off)
    for day in ASKED:
        at = [s for s in stretches if (s.start is None or s.start <= day) and (s.until is None or day < s.until)]
        assert [stretch.state for stretch in at] == [control_on(changes, day, cut_off)]


@quick
@given(random_changes(), st.sampled_from(ASKED), st.randoms(use_true_random=False))
def test_the_order_in_which_changes_are_given_does_not_matter(
    changes: list[ControlEvent], day: date, random: Random
) -> None:
    shuffled = list(changes)
    random.shuffle(shuffled)
    assert control_on(shuffled, day) == control_on(changes, day)


@quick
@given(random_changes(), st.sampled_from(ASKED))
def test_denied_and_planned_changes_never_count(changes: list[ControlEvent], day: date) -> None:
    without = [one for one in changes if one.status != "denied" and not one.planned]
    assert control_on(changes, day) == control_on(without, day)


@quick
@given(random_changes(), st.sampled_from(ASKED))
def test_what_is_not_yet_possible_bears_on_nothing_but_who_held_it_at_first(
    changes: list[ControlEvent], day: date
) -> None:
    ordered = effective_changes(changes)
    begun = [one for one in ordered if one.starts <= day]
    if ordered and ordered[0].starts <= day:
        assert control_on(changes, day) == control_on(begun, day)
    elif ordered:
        assert control_on(changes, day).basis in ("inferred", "stated")


@quick
@given(random_changes(), st.sampled_from(ASKED))
def test_a_state_fits_its_candidates_and_its_basis(changes: list[ControlEvent], day: date) -> None:
    found = control_on(changes, day)
    assert len(set(found.candidates)) == len(found.candidates)
    if found.holder is not None:
        assert found.candidates[0] == found.holder
    if found.state == "held":
        assert found.candidates == (found.holder,)
    assert (found.change is None) == (found.since is None) == (found.basis != "stated")
    if found.change is not None:
        base = next(one for one in changes if one.event == found.change)
        assert (base.extent, base.gained_by, base.dates.latest) == ("full", found.holder, found.since)
        assert base.status in ("reported", "corroborated")
        assert not base.planned
        assert found.since is not None
        assert found.since <= day


@quick
@given(random_changes(), st.sampled_from(ASKED), st.sampled_from(DAYS))
def test_a_cut_off_touches_only_the_basis(changes: list[ControlEvent], day: date, cut_off: date) -> None:
    plain, cut = control_on(changes, day), control_on(changes, day, cut_off)
    assert replace(cut, basis=plain.basis) == plain
    carried = day > cut_off and plain != UNKNOWN_STATE
    assert cut.basis == ("carried" if carried else plain.basis)


# The tally of a window.


def sums(changes: list[ControlEvent], window: DateRange, *, certain: bool = False) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for actor, tally in tallies(changes, window, certain):
        found[actor] = found.get(actor, Tally()) + tally
    return found


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (DateRange(june(1), june(30)), {REBELS: Tally(2, 1, 1), CROWN: Tally(1, 1, 0)}),
        (DateRange(june(1), june(29)), {REBELS: Tally(1, 1, 0), CROWN: Tally(1, 0, 0)}),
        (DateRange(june(29), june(29)), {CROWN: Tally(1, 0, 1)}),
        (DateRange(june(30), june(30)), {REBELS: Tally(1, 0, 1)}),
        (DateRange(june(29), june(30)), {CROWN: Tally(1, 1, 0), REBELS: Tally(1, 0, 0)}),
        (DateRange(june(1), june(20)), {}),
        (DateRange(None, None), {REBELS: Tally(2, 1, 1), CROWN: Tally(1, 1, 0)}),
    ],
)
def test_a_tally_tells_what_was_captured_lost_again_and_kept(window: DateRange, expected: dict[str, Tally]) -> None:
    assert sums(THREE, window) == expected


def test_a_fuzzy_change_is_captured_possibly_and_not_certainly_in_a_part_of_its_days() -> None:
    window = DateRange(june(25), june(29))
    assert sums(THREE, window)[REBELS] == Tally(1, 1, 0)
    assert sums(THREE, window, certain=True) == {CROWN: Tally(1, 0, 1)}


def test_what_is_disputed_partial_denied_or_planned_is_not_captured() -> None:
    weak = [
        change(3, status="disputed"),
        change(4, status="unconfirmed"),
        change(5, extent="partial"),
        change(6, status="denied"),
        change(7, planned=True),
    ]
    assert sums(weak, DateRange(june(1), june(30))) == {}


def test_a_window_may_begin_on_the_first_day_of_the_calendar() -> None:
    assert sums(THREE, DateRange(date.min, june(30))) == sums(THREE, DateRange(None, june(30)))


def test_what_may_never_have_happened_is_not_held_at_the_end_of_an_open_window() -> None:
    late = ControlEvent("some-day", REBELS, CROWN, "full", "reported", DateRange(june(5), None))
    assert sums([late], DateRange(june(1), date(2500, 1, 1))) == {REBELS: Tally(1, 0, 0)}
    assert sums([late], DateRange(june(1), None)) == {REBELS: Tally(1, 0, 0)}


@quick
@given(random_changes(), st.sampled_from(DAYS), st.integers(0, 12), st.booleans())
def test_no_side_loses_more_than_it_took_and_at_most_one_holds_what_it_did_not(
    changes: list[ControlEvent], first: date, days: int, certain: bool
) -> None:
    window = DateRange(first, first + timedelta(days=days))
    found = sums(changes, window, certain=certain)
    assert all(0 <= tally.lost_again <= tally.captured for tally in found.values() if tally.captured)
    assert all(tally.lost_again == 0 for tally in found.values() if not tally.captured)
    assert sum(tally.net_held for tally in found.values()) <= 1
    full = [one for one in effective_changes(changes) if one.moves_holder]
    within = [one for one in full if (one.dates.is_within(window) if certain else one.dates.overlaps(window))]
    counted = Counter(one.gained_by for one in within if one.gained_by)
    assert {actor: tally.captured for actor, tally in found.items() if tally.captured} == dict(counted)
    held = [actor for actor, tally in found.items() if tally.net_held]
    end, start = control_on(changes, window.latest or date.max), control_on(changes, first - timedelta(days=1))
    assert held == ([end.holder] if end.state == "held" and (start.holder, start.state) != (end.holder, "held") else [])
