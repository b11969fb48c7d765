"""The rule of totals: nobody is counted twice, and what is left out has its reason."""

from dataclasses import replace

import pytest
from conftest import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from app.rules.tellings import EventFacts
from app.rules.totals import MovementFacts, Total, TotalBounds, superseded, total
from app.timespan import DateRange
from tests.rules.event_facts import (
    ALL_TIME,
    CUMULATIVE,
    at_least,
    claim,
    days,
    event,
    exactly,
    loosely,
    on,
    random_events,
)

quick = examples(60)
NOTHING = TotalBounds()


def moved(facts: EventFacts, population: str = "troops", *, wider: bool = False) -> MovementFacts:
    return MovementFacts(facts, population, wider)


def counting(id_: str, number: int, day: int = 4, **others: object) -> EventFacts:
    return event(id_, claim(f"{id_}-claim", exactly(number), when=on(day), **others))  # type: ignore[arg-type]


GROUP = counting("group", 94)
FLIGHT = event(
    "flight",
    claim("week", loosely(300, 999, CUMULATIVE), when=days(-2, 3), precision="span"),
    claim("count", exactly(545, CUMULATIVE), when=days(-2, 5), precision="span", origin="radio"),
    parts=(GROUP,),
)
PARENTS: dict[str, str | None] = {"group": "flight"}


def ids(found: Total) -> list[str]:
    return [one.movement.facts.event for one in found.included]


def test_a_part_does_not_count_beside_its_whole() -> None:
    found = total([moved(FLIGHT), moved(GROUP)], ALL_TIME, PARENTS)
    assert found.bounds == TotalBounds(545, 545, 545)
    assert ids(found) == ["flight"]
    assert found.excluded == [("group", "part_of")]


def test_a_part_counts_where_its_whole_does_not_match() -> None:
    assert total([moved(GROUP)], ALL_TIME, PARENTS).bounds == TotalBounds(94, 94, 94)


def test_a_part_of_a_part_does_not_count_beside_the_outermost_whole() -> None:
    parents = {"inner": "middle", "middle": "outer"}
    found = total([moved(counting("outer", 9)), moved(counting("inner", 3))], ALL_TIME, parents)
    assert found.bounds == TotalBounds(9, 9, 9)
    assert found.excluded == [("inner", "part_of")]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (days(None, 3), TotalBounds(300, None, 545)),
        (on(4), TotalBounds(94, None, 245)),
        (days(-2, -1), TotalBounds(0, None, 545)),
    ],
)
def test_a_window_is_counted_by_the_published_figure(window: DateRange, expected: TotalBounds) -> None:
    assert total([moved(FLIGHT), moved(GROUP)], window, PARENTS).bounds == expected


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"modality": "possible"}, "unconfirmed"),
        ({"stance": "denies"}, "denied"),
    ],
)
def test_what_is_not_sure_is_left_out_unless_its_status_is_asked_for(others: dict[str, str], reason: str) -> None:
    one = counting("one", 7, **others)
    assert total([moved(one)], ALL_TIME, {}).excluded == [("one", reason)]
    asked = total([moved(one)], ALL_TIME, {}, [reason])
    assert (ids(asked), asked.excluded) == ((["one"], []) if reason == "unconfirmed" else ([], [("one", "no_figure")]))


def test_a_disputed_movement_is_left_out_and_its_part_still_counts() -> None:
    denial = claim("no", when=on(4), stance="denies", origin="ministry")
    whole = replace(FLIGHT, claims=(*FLIGHT.claims, denial), status="disputed")
    found = total([moved(whole), moved(GROUP)], ALL_TIME, PARENTS)
    assert (ids(found), found.excluded) == (["group"], [("flight", "disputed")])


def test_a_movement_without_a_figure_of_its_own_gives_way_to_its_parts() -> None:
    whole = event("whole", claim("c", when=on(4)), parts=(GROUP,))
    found = total([moved(whole), moved(GROUP)], ALL_TIME, {"group": "whole"})
    assert (ids(found), found.excluded) == (["group"], [("whole", "no_figure")])


def test_a_wider_movement_leaves_best_and_high_of_its_population_open() -> None:
    found = total([moved(GROUP), moved(FLIGHT, wider=True)], ALL_TIME, PARENTS)
    assert found.bounds == TotalBounds(94, None, None)
    assert found.excluded == [("flight", "wider_place")]
    civilians = moved(counting("civilians", 8), "civilians")
    found = total([moved(GROUP), civilians, moved(FLIGHT, wider=True)], ALL_TIME, PARENTS)
    assert found.by_population == {"civilians": TotalBounds(8, 8, 8), "troops": TotalBounds(94, None, None)}


def test_a_wider_movement_that_would_not_count_anyway_says_nothing() -> None:
    nobody = event("nobody", claim("c", when=on(4)))
    found = total([moved(GROUP), moved(nobody, wider=True)], ALL_TIME, {})
    assert (found.bounds, found.excluded) == (TotalBounds(94, 94, 94), [])


def test_populations_are_never_added() -> None:
    found = total([moved(counting("a", 5)), moved(counting("b", 8), "civilians")], ALL_TIME, {})
    assert found.bounds == NOTHING
    assert found.by_population == {"civilians": TotalBounds(8, 8, 8), "troops": TotalBounds(5, 5, 5)}


def test_nothing_counted_is_unknown_and_not_zero() -> None:
    assert total([], ALL_TIME, {}) == Total(NOTHING, {}, [], [])


def test_a_total_says_that_it_rests_on_a_contradiction() -> None:
    one = event("one", claim("a", exactly(69), when=on(4)), claim("b", exactly(72), when=on(4), origin="o"))
    found = total([moved(one), moved(counting("two", 1))], ALL_TIME, {})
    assert (found.bounds, found.contradicted) == (TotalBounds(70, None, 73), True)


def test_every_claim_that_gives_no_bound_has_a_reason() -> None:
    facts = event(
        "e",
        claim("exact", exactly(545), when=on(4), origin="radio"),
        claim("vague", at_least(501), when=on(4), origin="paper"),
        claim("early", exactly(500), when=on(4), origin="agency", reported=3),
        claim("late", at_least(501), when=on(4), origin="agency", reported=4),
        claim("plan", exactly(9000), when=on(4), modality="planned", origin="o"),
        claim("maybe", exactly(9000), when=on(4), modality="possible", origin="p"),
        claim("silent", when=on(4), origin="q"),
        claim("no", when=on(4), stance="denies", origin="r"),
    )
    [counted] = total([moved(facts)], ALL_TIME, {}, ["disputed"]).included
    assert counted.figure.claims == ("exact",)
    assert dict(superseded(counted)) == {
        "vague": "less_exact",
        "early": "replaced",
        "late": "less_exact",
        "plan": "planned",
        "maybe": "replaced",
        "silent": "no_figure",
        "no": "denies",
    }


# --- properties ----------------------------------------------------------------------------------------------------

windows = st.sampled_from([ALL_TIME, days(None, 3), days(-2, None), days(-3, 3), on(0), days(-5, 5), days(1, 2)])


def every_event(facts: EventFacts) -> list[EventFacts]:
    return [facts, *(found for part in facts.parts for found in every_event(part))]


def parents_of(facts: EventFacts) -> dict[str, str | None]:
    found: dict[str, str | None] = {part.event: facts.event for part in facts.parts}
    for part in facts.parts:
        found |= parents_of(part)
    return found


@quick
@given(random_events(depth=1), windows, windows)
def test_a_total_is_in_order_and_never_below_that_of_a_window_inside(
    facts: EventFacts, one: DateRange, other: DateRange
) -> None:
    assume(one.is_within(other))
    movements = [moved(found) for found in every_event(facts)]
    inner, outer = (total(movements, window, parents_of(facts)) for window in (one, other))
    assert (inner.bounds.low or 0) <= (outer.bounds.low or 0)
    for bounds in (inner.bounds, outer.bounds):
        if bounds.low is not None and bounds.high is not None:
            assert bounds.low <= bounds.high
        if bounds.best is not None:
            assert bounds.low is not None
            assert bounds.low <= bounds.best
            assert bounds.high is None or bounds.best <= bounds.high


@quick
@given(random_events(depth=1), windows)
def test_every_movement_counts_or_has_a_reason(facts: EventFacts, window: DateRange) -> None:
    movements = [moved(found) for found in every_event(facts)]
    found = total(movements, window, parents_of(facts))
    assert sorted([*ids(found), *(id_ for id_, _ in found.excluded)]) == sorted(m.facts.event for m in movements)
