"""The rules of contradiction: of polarity, dates, figures and control; found from the claims."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.contradictions import AttestedControlChange, Contradiction, control_contradictions, event_contradictions
from app.rules.facts import Claim, Figure
from app.timespan import DateRange

quick = settings(max_examples=80, database=None, deadline=None)
CROWN, REBELS = "crown", "rebels"


def july(number: int | None) -> date | None:
    return date(2021, 7, number) if number else None


def days(first: int | None, last: int | None) -> DateRange:
    return DateRange(july(first), july(last))


def claim(
    id_: str, when: DateRange | None = None, *figures: Figure, stance: str = "asserts", modality: str = "fact"
) -> Claim:
    return Claim(
        id_, "paper", "outlet", stance, modality, date(2021, 7, 9), when or DateRange(), "range", tuple(figures)
    )


def figure(
    low: int | None,
    high: int | None,
    *,
    measure: str = "persons_moved",
    kind: str = "cumulative",
    as_of: int | None = 5,
    best: int | None = None,
) -> Figure:
    return Figure(measure, kind, low, best, high, as_of=july(as_of))


def within(*claims: Claim) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    found = list(event_contradictions("event", claims))
    assert all(one.events == ("event",) for one in found)
    return [(one.kind, one.sides) for one in found]


# Within an event.


def test_one_that_denies_stands_against_all_that_assert() -> None:
    found = within(claim("a"), claim("b", stance="denies"), claim("c", modality="possible"))
    assert found == [("polarity", (("a", "c"), ("b",)))]


def test_claims_of_one_stance_have_no_polarity() -> None:
    assert within(claim("a"), claim("b")) == []
    assert within(claim("a", stance="denies"), claim("b", stance="denies")) == []


def test_dates_that_share_no_day_are_sides() -> None:
    assert within(claim("late", days(6, 9)), claim("early", days(1, 5))) == [("date", (("early",), ("late",)))]


def test_dates_that_touch_on_one_day_do_not_contradict() -> None:
    assert within(claim("a", days(1, 5)), claim("b", days(5, 9))) == []


def test_one_that_fits_both_joins_the_earlier_side() -> None:
    found = within(claim("late", days(6, 9)), claim("both", days(1, 9)), claim("early", days(1, 2)))
    assert found == [("date", (("early", "both"), ("late",)))]


def test_an_open_end_reaches_for_ever() -> None:
    assert within(claim("a", days(5, None)), claim("b", days(9, 9))) == []
    assert within(claim("a", days(5, None)), claim("b", days(None, 4))) == [("date", (("b",), ("a",)))]


def test_a_denial_or_a_claim_without_a_date_gives_no_date_to_contradict() -> None:
    assert within(claim("a", days(1, 1)), claim("b")) == []
    denied = within(claim("a", days(1, 1)), claim("b", days(9, 9), stance="denies"))
    assert [kind for kind, _ in denied] == ["polarity"]


def test_figures_in_ranges_that_share_no_number_contradict() -> None:
    found = within(claim("a", None, figure(94, 94)), claim("b", None, figure(200, 999)))
    assert found == [("figure", (("a",), ("b",)))]


@pytest.mark.parametrize(
    "other",
    [
        figure(94, 300),
        figure(94, 94, measure="attempts"),
        figure(94, 94, kind="increment"),
        figure(94, 94, as_of=4),
        figure(94, None),
        figure(None, None, best=94),
    ],
    ids=["overlapping", "other measure", "other kind", "other day", "no upper bound", "no bounds"],
)
def test_figures_that_may_both_be_right_do_not_contradict(other: Figure) -> None:
    assert within(claim("a", None, figure(200, 999)), claim("b", None, other)) == []


def test_a_least_above_a_most_contradicts_without_other_bounds() -> None:
    at_least, at_most = figure(501, None), figure(None, 500)
    assert within(claim("a", None, at_least), claim("b", None, at_most)) == [("figure", (("a",), ("b",)))]


def test_a_figure_without_a_day_counts_for_the_days_of_its_claim() -> None:
    undated = replace(figure(1, 2), as_of=None)
    assert within(claim("a", days(1, 9), undated), claim("b", days(1, 9), figure(5, 5))) != []
    assert within(claim("a", days(6, 9), undated), claim("b", days(6, 9), figure(5, 5))) == []


def test_one_claim_does_not_contradict_itself_and_a_denied_number_is_none() -> None:
    assert within(claim("a", None, figure(1, 1), figure(2, 2))) == []
    denied = within(claim("a", None, figure(1, 1)), claim("b", None, figure(2, 2), stance="denies"))
    assert [kind for kind, _ in denied] == ["polarity"]


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    found = []
    for at in range(draw(st.integers(0, 6))):
        ends = sorted(draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
        when = draw(st.sampled_from([days(*ends), days(ends[0], None), days(None, ends[1]), DateRange()]))
        bounds = sorted(draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))
        told = [figure(*bounds)] if draw(st.booleans()) else []
        found.append(claim(f"claim-{at}", when, *told, stance=draw(st.sampled_from(["asserts", "asserts", "denies"]))))
    return found


def kinds_of(told: Collection[Claim]) -> set[str]:
    return {one.kind for one in event_contradictions("event", told)}


@quick
@given(claims())
def test_there_is_a_date_contradiction_exactly_if_two_asserted_dates_are_disjoint(told: list[Claim]) -> None:
    dated = [one.date for one in told if one.asserts and one.date.is_bounded]
    disjoint = any(not one.overlaps(other) for one, other in combinations(dated, 2))
    assert ("date" in kinds_of(told)) == disjoint
    for found in event_contradictions("event", told):
        if found.kind == "date":
            sided = [id_ for side in found.sides for id_ in side]
            assert sorted(sided) == sorted(one.id for one in told if one.asserts and one.date.is_bounded)


@quick
@given(claims())
def test_there_is_a_polarity_exactly_if_claims_of_both_stances_are_there(told: list[Claim]) -> None:
    assert ("polarity" in kinds_of(told)) == (len({one.stance for one in told}) == 2)


@quick
@given(claims(), st.randoms(use_true_random=False))
def test_the_order_of_claims_makes_and_hides_no_contradiction(told: list[Claim], random: Random) -> None:
    def seen(found: Collection[Claim]) -> list[tuple[str, list[frozenset[str]]]]:
        each = [
            (one.kind, sorted(map(frozenset, one.sides), key=sorted)) for one in event_contradictions("event", found)
        ]
        return sorted(each, key=lambda pair: (pair[0], [sorted(side) for side in pair[1]]))

    shuffled = list(told)
    random.shuffle(shuffled)
    assert seen(shuffled) == seen(told)


# Of control.


def change(
    event: str,
    *claims: Claim,
    place: str = "province",
    inside: tuple[str, ...] = (),
    gained_by: str = REBELS,
    extent: str = "full",
    when: DateRange | None = None,
) -> AttestedControlChange:
    told = claims or (claim(f"{event}-claim"),)
    return AttestedControlChange(event, place, {place, *inside}, gained_by, extent, when or days(1, 5), told)


def control(*changes: AttestedControlChange) -> list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    found = list(control_contradictions(changes))
    assert all(one.kind == "control" for one in found)
    return [(one.events, one.sides) for one in found]


WHOLE = change("whole")
AGAINST = [(("town", "whole"), (("whole-claim",), ("town-claim",)))]


@pytest.mark.parametrize(
    "town",
    [
        change("town", claim("town-claim", stance="denies"), place="town", inside=("province",)),
        change("town", place="town", inside=("province",), extent="surroundings"),
        change("town", place="town", inside=("province",), extent="partial"),
        change("town", place="town", inside=("province",), gained_by=CROWN),
        change("town", extent="partial"),
        change("town", claim("town-claim", modality="reported"), gained_by=CROWN, when=days(5, 9)),
    ],
    ids=["denied inside", "around a place inside", "a part of it", "another holder inside", "a part", "another holder"],
)
def test_a_full_change_is_contradicted_by(town: AttestedControlChange) -> None:
    found = control(WHOLE, town)
    assert [(events, set(sides)) for events, sides in found] == [(events, set(sides)) for events, sides in AGAINST], (
        found
    )


@pytest.mark.parametrize(
    "town",
    [
        change("town", place="town", inside=("province",)),
        change("town", claim("town-claim", modality="possible"), place="town", inside=("province",), gained_by=CROWN),
        change("town", place="town", inside=("province",), gained_by=CROWN, when=days(6, 9)),
        change("town", claim("town-claim", stance="denies"), place="town", inside=("province",), gained_by=CROWN),
        change("town", place="elsewhere", gained_by=CROWN),
        change("town", extent="partial", when=days(6, 9)),
    ],
    ids=["the same side", "only possible", "another day", "that another took it is denied", "elsewhere", "other days"],
)
def test_a_full_change_is_not_contradicted_by(town: AttestedControlChange) -> None:
    assert control(WHOLE, town) == []


def test_a_change_inside_does_not_reach_outwards() -> None:
    town = change("town", place="town", inside=("province",))
    assert control(town, change("whole", gained_by=CROWN, extent="partial")) == []


def test_two_full_changes_of_one_place_contradict_each_other_once() -> None:
    ours, theirs = change("ours", gained_by=CROWN), change("theirs")
    assert control(ours, theirs) == [(("ours", "theirs"), (("ours-claim",), ("theirs-claim",)))]
    assert control(theirs, ours) == control(ours, theirs)


def test_a_full_change_that_is_only_denied_claims_nothing_itself() -> None:
    denied = change("whole", claim("no", stance="denies"))
    assert control(denied, change("town", place="town", inside=("province",), gained_by=CROWN)) == []


def test_contradictions_are_values() -> None:
    assert list(event_contradictions("e", [claim("a"), claim("b", stance="denies")])) == [
        Contradiction("polarity", ("e",), (("a",), ("b",)))
    ]
