"""The rule of contradictions: what cannot all be true, and what each side says."""

from dataclasses import replace

from conftest import examples
from hypothesis import given

from app.rules.contradictions import event_contradictions
from app.rules.control_contradictions import AttestedControlChange, control_contradictions
from app.rules.facts import Claim, Figure
from app.rules.opposition import Contradiction, Side
from app.rules.published import published_figures
from app.rules.tellings import EventFacts
from app.timespan import DateRange
from tests.rules.event_facts import (
    CUMULATIVE,
    at_least,
    claim,
    days,
    event,
    exactly,
    july,
    loosely,
    on,
    random_events,
)

quick = examples(80)


def found(*claims: Claim, parts: tuple[EventFacts, ...] = ()) -> list[Contradiction]:
    return list(event_contradictions(event("e", *claims, parts=parts)))


def test_an_event_that_different_origins_assert_and_deny() -> None:
    claims = (claim("yes", origin="a"), claim("no", origin="b", stance="denies"))
    sides = (Side(("yes",), "It happened."), Side(("no",), "It did not happen."))
    assert found(*claims) == [Contradiction("polarity", ("e",), sides)]


def test_an_origin_that_gave_its_denial_up_contradicts_nobody() -> None:
    assert found(claim("no", stance="denies", reported=3), claim("yes", reported=4)) == []


def test_one_origin_that_says_both_on_one_day_contradicts_nobody_else() -> None:
    assert found(claim("no", stance="denies"), claim("yes")) == []


def test_moments_that_share_no_day_contradict_each_other() -> None:
    claims = (claim("a", when=on(1)), claim("b", when=days(3, 5), origin="o"), claim("c", when=days(4, 9)))
    sides = (Side(("a",), "2021-07-01"), Side(("b", "c"), "2021-07-04/2021-07-05"))
    assert found(*claims) == [Contradiction("date", ("e",), sides)]


def test_two_stretches_of_one_campaign_contradict_nothing() -> None:
    assert found(claim("a", when=days(1, 2), precision="span"), claim("b", when=days(5, 9), precision="span")) == []
    assert found(claim("a", when=on(1)), claim("b", when=days(5, 9), precision="span")) == []


def test_numbers_of_the_same_days_that_cannot_both_be_right() -> None:
    claims = (claim("a", exactly(69), when=on(1)), claim("b", at_least(72), when=on(1), origin="o"))
    sides = (Side(("a",), "69, 2021-07-01"), Side(("b",), "at least 72, 2021-07-01"))
    assert found(*claims) == [Contradiction("figure", ("e",), sides)]


def test_a_number_of_fewer_days_may_be_smaller_and_not_larger() -> None:
    week = claim("week", exactly(545, CUMULATIVE), when=days(1, 5), precision="span")
    fewer = claim("fewer", exactly(94, CUMULATIVE), when=on(4), precision="span", origin="o")
    assert found(week, fewer) == []
    more = replace(fewer, figures=(exactly(600, CUMULATIVE),))
    assert [c.kind for c in found(week, more)] == ["figure"]


def test_loose_words_contradict_nothing() -> None:
    assert found(claim("a", loosely(24, 99), when=on(1)), claim("b", exactly(545), when=on(1), origin="o")) == []


def test_a_part_that_exceeds_its_whole_contradicts_it() -> None:
    part = event("part", claim("p", exactly(1037), when=days(4, 5)))
    small = event("small", claim("q", exactly(94), when=on(4)))
    whole = claim("w", exactly(545, CUMULATIVE), when=days(-2, 5), precision="span")
    sides = (Side(("w",), "545, 2021-06-28/2021-07-05"), Side(("p",), "1037 in a part of it"))
    assert found(whole, parts=(part, small)) == [Contradiction("figure", ("e", "part"), sides)]


def test_parts_that_exceed_their_whole_only_together_are_named_together() -> None:
    parts = tuple(event(f"p{n}", claim(f"p{n}", exactly(60), when=on(4))) for n in (1, 2))
    [one] = found(claim("w", exactly(100), when=on(4)), parts=parts)
    assert one.events == ("e", "p1", "p2")
    assert one.sides[1] == Side(("p1", "p2"), "at least 120 in its parts together")


def test_stocks_of_one_day_contradict_each_other_and_of_two_days_do_not() -> None:
    def stock(id_: str, number: int, day: int) -> Claim:
        return claim(id_, Figure("districts_held", "stock", number, number, number, as_of=july(day)), when=days(1, 9))

    assert [c.kind for c in found(stock("a", 7, 4), stock("b", 9, 4))] == ["figure"]
    assert found(stock("a", 7, 4), stock("b", 9, 5)) == []


@quick
@given(random_events(depth=1))
def test_a_figure_that_is_contradicted_has_its_contradiction_listed(facts: EventFacts) -> None:
    listed = {c.kind for found in (facts, *facts.parts) for c in event_contradictions(found)}
    if any(figure.contradicted for figure in published_figures(facts)):
        assert "figure" in listed


# --- control -------------------------------------------------------------------------------------------------------


def change(
    id_: str,
    place: str,
    *,
    by: str = "rebels",
    extent: str = "full",
    when: DateRange | None = None,
    path: tuple[str, ...] = (),
    claims: tuple[Claim, ...] | None = None,
) -> AttestedControlChange:
    told = claims if claims is not None else (claim(f"{id_}-claim"),)
    return AttestedControlChange(id_, place, {place, *path}, by, extent, when or days(1, 5), told)


def kinds(*changes: AttestedControlChange) -> list[tuple[str, ...]]:
    return [contradiction.events for contradiction in control_contradictions(changes)]


def test_a_denial_a_limit_and_another_holder_stand_against_a_full_change() -> None:
    fall = change("fall", "province")
    denied = change("denied", "town", path=("province",), claims=(claim("no", stance="denies"),))
    part = change("part", "province", extent="partial")
    other = change("other", "district", path=("province",), by="crown")
    assert kinds(fall, denied) == [("denied", "fall")]
    assert kinds(fall, part) == [("fall", "part")]
    assert kinds(fall, other) == [("fall", "other")]
    [contradiction] = control_contradictions([fall, denied])
    assert [side.says for side in contradiction.sides] == [
        "rebels in control of province, 2021-07-01/2021-07-05",
        "rebels not in control of town, 2021-07-01/2021-07-05",
    ]


def test_what_is_apart_in_time_or_place_or_only_possible_stands_against_nothing() -> None:
    fall = change("fall", "province", when=days(1, 2))
    assert kinds(fall, change("other", "province", by="crown", when=days(3, 4))) == []
    assert kinds(fall, change("other", "elsewhere", by="crown", when=days(1, 2))) == []
    possible = change("other", "province", by="crown", claims=(claim("p", modality="possible"),), when=days(1, 2))
    assert kinds(fall, possible) == []


def test_two_full_changes_of_one_place_contradict_each_other_once() -> None:
    assert kinds(change("a", "town"), change("b", "town", by="crown")) == [("a", "b")]
