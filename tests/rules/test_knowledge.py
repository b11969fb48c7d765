"""The rule of known_by: the periods in which nothing more became known of an event."""

from datetime import date, timedelta

from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.rules.facts import Claim
from app.rules.knowledge import known_periods
from app.timespan import DateRange

quick = examples(200)


def july(number: int) -> date:
    return date(2021, 7, 1) + timedelta(days=number - 1)


def claim(
    id_: str, reported_on: date, stance: str = "asserts", modality: str = "fact", origin: str = "outlet"
) -> Claim:
    return Claim(
        id=id_,
        document="article",
        origin=origin,
        stance=stance,
        modality=modality,
        reported_on=reported_on,
        date=DateRange(reported_on, reported_on),
        precision="day",
    )


def test_nothing_was_known_of_an_event_without_claims() -> None:
    assert list(known_periods([])) == []
    assert list(known_periods([], [july(3)])) == []


def test_one_claim_is_known_from_its_report_for_ever() -> None:
    told = claim("a", july(3))
    assert list(known_periods([told])) == [(july(3), date.max)]


def test_each_report_opens_a_new_slice_that_keeps_what_was_known() -> None:
    first, second, third = claim("a", july(1)), claim("b", july(4)), claim("c", july(5))
    assert list(known_periods([third, first, second])) == [
        (july(1), july(4)),
        (july(4), july(5)),
        (july(5), date.max),
    ]


def test_claims_of_one_day_become_known_together() -> None:
    first, second = claim("a", july(3)), claim("b", july(3))
    assert list(known_periods([first, second])) == [(july(3), date.max)]


def test_a_further_day_cuts_a_slice_without_changing_what_is_known() -> None:
    told, later = claim("a", july(1)), claim("b", july(5))
    assert list(known_periods([told, later], extra_days=[july(3), july(9)])) == [
        (july(1), july(3)),
        (july(3), july(5)),
        (july(5), july(9)),
        (july(9), date.max),
    ]


def test_a_further_day_before_or_on_a_report_adds_no_slice() -> None:
    told = claim("a", july(3))
    assert list(known_periods([told], extra_days=[july(1), july(3), july(3)])) == [(july(3), date.max)]


claims_of_one_event = st.lists(
    st.builds(claim, st.sampled_from("abcdefgh"), st.integers(1, 15).map(july)), min_size=1, max_size=6
)
further_days = st.lists(st.integers(-5, 25).map(july), max_size=5)


@quick
@given(claims_of_one_event, further_days)
def test_slices_part_the_time_since_the_first_report_without_gap_or_overlap(
    claims: list[Claim], also: list[date]
) -> None:
    found = list(known_periods(claims, also))
    assert found[0][0] == min(told.reported_on for told in claims)
    assert found[-1][1] == date.max
    assert [until for _, until in found[:-1]] == [day for day, _ in found[1:]]
    assert all(day < until for day, until in found)


@quick
@given(claims_of_one_event, further_days)
def test_further_days_cut_where_they_should_and_lose_no_report(claims: list[Claim], also: list[date]) -> None:
    starts = {day for day, _ in known_periods(claims, also)}
    reports = {told.reported_on for told in claims}
    assert starts == reports | {day for day in also if day > min(reports)}


@quick
@given(st.data(), claims_of_one_event)
def test_the_order_of_claims_moves_no_cut(data: st.DataObject, claims: list[Claim]) -> None:
    shuffled = data.draw(st.permutations(claims))
    assert list(known_periods(shuffled)) == list(known_periods(claims))
