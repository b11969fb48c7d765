"""The rule of possible duplicates: events of different packs that may be one, and what they disagree on."""

from dataclasses import replace

import pytest

from app.rules.duplicates import (
    OccasionFacts,
    may_be_one,
    occasion_contradictions,
    possible_duplicates,
)
from app.rules.published import Published
from app.rules.same_entities import EntityFacts, possible_same_entities
from app.timespan import DateRange
from tests.rules.event_facts import days, on

FALL = OccasionFacts(
    event="fall",
    pack="one",
    category="control_change",
    location="crossing",
    location_kind="border_crossing",
    point=(68.6, 37.2),
    dates=on(1),
    actors=frozenset(["rebels", "army"]),
    attackers=frozenset(["rebels"]),
    claims=("fall-claim",),
)
OTHER = replace(FALL, event="other", pack="two", claims=("other-claim",))


def test_the_same_kind_of_event_at_one_place_and_time_with_an_actor_may_be_one() -> None:
    assert list(possible_duplicates([OTHER, FALL])) == [(FALL, OTHER)]


@pytest.mark.parametrize(
    "different",
    [
        {"pack": "one"},
        {"category": "diplomacy"},
        {"location": "far", "point": (69.0, 37.2)},
        {"location": "unknown", "point": None},
        {"location": "near", "location_kind": "town"},
        {"dates": on(4)},
        {"dates": DateRange()},
        {"actors": frozenset(["guests"])},
        {"distinct_from": frozenset(["fall"])},
        {"wholes": frozenset(["fall"])},
    ],
    ids=lambda different: next(iter(different)),
)
def test_what_differs_in_one_of_these_is_another_occasion(different: dict[str, object]) -> None:
    other = replace(OTHER, **different)  # type: ignore[arg-type]
    assert not may_be_one(FALL, other)
    assert not may_be_one(other, FALL)


@pytest.mark.parametrize("dates", [on(3), on(-1), days(3, 9), days(None, -1), days(-9, 9)])
def test_two_days_apart_are_near_enough(dates: DateRange) -> None:
    assert may_be_one(FALL, replace(OTHER, dates=dates))


def test_places_of_one_kind_within_five_kilometres_are_near_enough() -> None:
    assert may_be_one(FALL, replace(OTHER, location="near", point=(68.64, 37.2)))


@pytest.mark.parametrize("category", ["offensive", "clash"])
def test_a_capture_may_be_told_as_the_attack_of_the_side_that_gains(category: str) -> None:
    attack = replace(OTHER, category=category)
    assert may_be_one(FALL, attack)
    assert not may_be_one(FALL, replace(attack, attackers=frozenset(["army"])))


def test_possible_duplicates_that_disagree_contradict_each_other() -> None:
    def deaths(low: int, high: int | None, claim: str) -> Published:
        return Published("deaths", low, None, high, None, "increment", None, (claim,), False)

    later = replace(OTHER, dates=on(2), figures=(deaths(72, None, "other-claim"),))
    first = replace(FALL, figures=(deaths(69, 69, "fall-claim"),))
    dates, numbers = occasion_contradictions(possible_duplicates([first, later]))
    assert dates.kind == numbers.kind == "occasion"
    assert dates.events == ("fall", "other")
    assert [side.says for side in dates.sides] == ["2021-07-01", "2021-07-02"]
    assert [side.says for side in numbers.sides] == ["69 deaths", "at least 72 deaths"]
    assert list(occasion_contradictions([(FALL, OTHER)])) == []


def test_places_actors_and_sources_of_one_kind_with_one_name_or_point_may_be_one() -> None:
    one = EntityFacts("one", "town", frozenset(["kaldar"]), (67.0, 37.0))
    same_name = EntityFacts("two", "town", frozenset(["kaldar", "caldar"]))
    same_point = EntityFacts("three", "town", frozenset(["other"]), (67.005, 37.0))
    district = EntityFacts("four", "district", frozenset(["kaldar"]), (67.0, 37.0))
    assert [(a.id, b.id, why) for (a, b), why in possible_same_entities([one, same_name, same_point, district])] == [
        ("one", "three", "both lie within 1 km"),
        ("one", "two", "both are called kaldar"),
    ]
