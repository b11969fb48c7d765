"""The rules of dates: what a printed date means, and when an event happened by its claims."""

from datetime import date, timedelta

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.rules.dates import MONTHS, edtf, event_date, is_certainly_within, read_date, read_day, read_relative
from app.rules.facts import Claim
from app.timespan import DateRange, hull

quick = examples(150)
D = date(2021, 7, 5)
OPEN = DateRange()


def june(first: int | None, last: int | None) -> DateRange:
    return DateRange(*(None if day is None else date(2021, 6, day) for day in (first, last)))


def claim(when: DateRange, precision: str = "range", stance: str = "asserts", modality: str = "fact") -> Claim:
    return Claim(
        id="c",
        document="article",
        origin="outlet",
        stance=stance,
        modality=modality,
        reported_on=D,
        date=when,
        precision=precision,
    )


# --- relative dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "earliest", "latest"),
    [
        ("about a week ago", date(2021, 6, 26), date(2021, 6, 30)),
        ("almost two weeks", date(2021, 6, 21), date(2021, 6, 25)),
        ("last few days", date(2021, 6, 30), date(2021, 7, 5)),
        ("in the last few days", date(2021, 6, 30), date(2021, 7, 5)),
        ("in the last week", date(2021, 6, 28), date(2021, 7, 5)),
        ("in the past week", date(2021, 6, 28), date(2021, 7, 5)),
        ("in the last two weeks", date(2021, 6, 21), date(2021, 7, 5)),
        ("in the past two weeks", date(2021, 6, 21), date(2021, 7, 5)),
        ("earlier this week", date(2021, 7, 5), date(2021, 7, 5)),
        ("on Monday", date(2021, 7, 5), date(2021, 7, 5)),
        ("Sunday", date(2021, 7, 4), date(2021, 7, 4)),
        ("on Tuesday", date(2021, 6, 29), date(2021, 6, 29)),
        ("weekend", date(2021, 7, 3), date(2021, 7, 4)),
        ("at the weekend", date(2021, 7, 3), date(2021, 7, 4)),
    ],
)
def test_a_relative_date_is_counted_from_the_reporting_day(printed: str, earliest: date, latest: date) -> None:
    assert read_relative(printed, D) == DateRange(earliest, latest)
    assert read_date(printed, D) == DateRange(earliest, latest)


@pytest.mark.parametrize(
    "printed", ["About a week ago", "ABOUT A WEEK AGO", "about  a\nweek ago", " about a week ago "]
)
def test_capitals_and_line_breaks_do_not_change_a_relative_date(printed: str) -> None:
    assert read_relative(printed, D) == DateRange(date(2021, 6, 26), date(2021, 6, 30))


@pytest.mark.parametrize(
    ("reported_on", "saturday"),
    [
        (date(2021, 7, 5), date(2021, 7, 3)),  # Monday
        (date(2021, 7, 6), date(2021, 7, 3)),
        (date(2021, 7, 7), date(2021, 7, 3)),
        (date(2021, 7, 8), date(2021, 7, 3)),
        (date(2021, 7, 9), date(2021, 7, 3)),  # Friday
        (date(2021, 7, 10), date(2021, 7, 10)),  # Saturday
        (date(2021, 7, 11), date(2021, 7, 10)),  # Sunday
    ],
)
def test_the_weekend_is_the_saturday_and_sunday_on_or_last_before_the_report(reported_on: date, saturday: date) -> None:
    assert read_relative("This weekend", reported_on) == DateRange(saturday, saturday + timedelta(days=1))


@pytest.mark.parametrize(
    "printed",
    ["", "last week", "a week ago", "two weeks", "within days", "next day", "90s", "soon"],
)
def test_what_the_table_does_not_hold_is_not_read(printed: str) -> None:
    assert read_relative(printed, D) is None
    assert read_date(printed, D) is None


@pytest.mark.parametrize("printed", ["in the last weeks", "in the last weekly bulletin", "weekender"])
def test_a_phrase_of_the_table_is_only_read_as_whole_words(printed: str) -> None:
    assert read_relative(printed, D) is None


def test_the_last_weekend_is_a_weekend_and_not_a_week() -> None:
    assert read_relative("in the last weekend", D) == DateRange(date(2021, 7, 3), date(2021, 7, 4))


@quick
@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(-400, 400))
def test_a_relative_date_moves_with_the_reporting_day(reported_on: date, later: int) -> None:
    moved = timedelta(days=later)
    for printed in ("about a week ago", "almost two weeks", "last few days", "in the last week"):
        first, second = read_relative(printed, reported_on), read_relative(printed, reported_on + moved)
        assert first is not None
        assert second is not None
        assert first.earliest is not None
        assert first.latest is not None
        assert second == DateRange(first.earliest + moved, first.latest + moved)
        assert first.latest <= reported_on


@quick
@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_weekend_is_always_a_saturday_and_its_sunday_at_most_six_days_back(reported_on: date) -> None:
    weekend = read_relative("weekend", reported_on)
    assert weekend is not None
    assert weekend.earliest is not None
    assert weekend.latest is not None
    assert (weekend.earliest.isoweekday(), weekend.latest.isoweekday()) == (6, 7)
    assert weekend.days == 2
    assert 0 <= (reported_on - weekend.earliest).days <= 6


# --- printed days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("June 29", date(2021, 6, 29)),
        ("on JUNE 29", date(2021, 6, 29)),
        ("29 june", date(2021, 6, 29)),
        ("Tuesday, June 29", date(2021, 6, 29)),
        ("June 4", date(2021, 6, 4)),
        ("June 21", date(2021, 6, 21)),
        ("July 05", date(2021, 7, 5)),
        ("June 29, 2020", date(2020, 6, 29)),
        ("29 June 2020", date(2020, 6, 29)),
        ("February 29, 2020", date(2020, 2, 29)),
    ],
)
def test_a_printed_day_is_read_in_the_year_of_the_report_unless_it_prints_its_own(printed: str, expected: date) -> None:
    assert read_day(printed, 2021) == DateRange(expected, expected)
    assert read_date(printed, D) == DateRange(expected, expected)


@pytest.mark.parametrize("printed", ["June 4 2020", "4 June, 2020"])
def test_a_printed_year_counts_with_a_comma_or_without(printed: str) -> None:
    assert read_day(printed, 2021) == DateRange(date(2020, 6, 4), date(2020, 6, 4))


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "June",
        "June 2021",
        "29",
        "June 31",
        "June 0",
        "31 November",
        "February 29",
        "Junes 4",
        "June 4th",
        "6/29",
        "late June",
    ],
)
def test_what_prints_no_day_of_the_year_is_not_read(printed: str) -> None:
    assert read_day(printed, 2021) is None


@quick
@given(st.dates(date(1000, 1, 1)))
def test_every_day_is_read_as_it_is_written(when: date) -> None:
    month = MONTHS[when.month - 1].title()
    once = DateRange(when, when)
    assert read_day(f"{month} {when.day}", when.year) == once
    assert read_day(f"{when.day} {month} {when.year}", 1) == once
    assert read_day(f"{month} {when.day}, {when.year}", 1) == once


# --- the date of an event ----------------------------------------------------------------------------------------


def test_an_event_happened_when_all_its_asserting_claims_agree() -> None:
    claims = [claim(june(21, 28)), claim(june(25, 30)), claim(june(20, None))]
    assert event_date(claims) == (june(25, 28), "range")


def test_claims_that_agree_on_one_day_only_make_it_that_day() -> None:
    assert event_date([claim(june(21, 25)), claim(june(25, 28))]) == (june(25, 25), "day")
    assert event_date([claim(june(29, 29), "day")]) == (june(29, 29), "day")


def test_claims_that_share_no_day_make_the_hull() -> None:
    assert event_date([claim(june(21, 21), "day"), claim(june(26, 30))]) == (june(21, 30), "range")
    assert event_date([claim(june(21, 21), "day"), claim(june(23, 23), "day")]) == (june(21, 23), "range")


def test_the_hull_of_claims_that_agree_only_in_pairs_reaches_over_all() -> None:
    claims = [claim(june(1, 3)), claim(june(2, 6)), claim(june(5, 7))]
    assert event_date(claims) == (june(1, 7), "range")


def test_the_hull_is_open_where_a_claim_is() -> None:
    assert event_date([claim(june(None, 20)), claim(june(25, 28))]) == (june(None, 28), "range")
    assert event_date([claim(june(None, 20)), claim(june(25, None))]) == (OPEN, "unknown")


def test_half_open_claims_bound_each_other() -> None:
    assert event_date([claim(june(21, None)), claim(june(None, 28))]) == (june(21, 28), "range")
    assert event_date([claim(june(21, None))]) == (june(21, None), "range")


def test_an_undated_claim_says_nothing_about_the_date() -> None:
    assert event_date([claim(OPEN, "unknown"), claim(june(21, 28), "span")]) == (june(21, 28), "span")


def test_an_event_of_undated_claims_has_no_date() -> None:
    assert event_date([claim(OPEN, "unknown"), claim(OPEN, "unknown")]) == (OPEN, "unknown")


def test_stretches_of_one_campaign_are_united() -> None:
    assert event_date([claim(june(21, 28), "span"), claim(june(25, 30), "span")]) == (june(21, 30), "span")
    assert event_date([claim(june(1, 3), "span"), claim(june(25, 30), "span")]) == (june(1, 30), "span")
    assert event_date([claim(june(None, 20), "span"), claim(june(25, 30), "span")]) == (june(None, 30), "span")


def test_a_moment_widens_a_span_only_if_it_lies_outside() -> None:
    span = claim(june(21, 28), "span")
    assert event_date([span, claim(june(10, 25))]) == (june(21, 28), "span")
    assert event_date([span, claim(june(29, 30))]) == (june(21, 30), "span")
    assert event_date([span, claim(june(1, 1), "day")]) == (june(1, 28), "span")


def test_a_denial_does_not_date_an_event_that_someone_asserts() -> None:
    denied = claim(june(1, 1), "day", stance="denies")
    assert event_date([denied, claim(june(21, 28))]) == (june(21, 28), "range")
    assert event_date([denied, claim(OPEN, "unknown")]) == (OPEN, "unknown")


def test_an_event_that_is_only_denied_has_the_date_of_the_denial() -> None:
    assert event_date([claim(june(21, 28), "span", stance="denies")]) == (june(21, 28), "span")


@pytest.mark.parametrize("modality", ["possible", "planned"])
def test_what_is_only_possible_or_planned_dates_an_event_only_alone(modality: str) -> None:
    vague = claim(june(25, 30), modality=modality)
    assert event_date([claim(june(21, 28)), vague]) == (june(21, 28), "range")
    assert event_date([vague]) == (june(25, 30), "range")


@pytest.mark.parametrize(
    ("when", "precision", "expected"),
    [
        (june(29, 29), "day", "2021-06-29"),
        (june(21, 28), "range", "[2021-06-21..2021-06-28]"),
        (june(None, 28), "range", "[..2021-06-28]"),
        (june(21, None), "range", "[2021-06-21..]"),
        (june(21, 28), "span", "2021-06-21/2021-06-28"),
        (june(None, 28), "span", "/2021-06-28"),
        (june(21, None), "span", "2021-06-21/"),
        (OPEN, "unknown", None),
    ],
)
def test_a_date_in_edtf_tells_a_moment_from_a_span(when: DateRange, precision: str, expected: str | None) -> None:
    assert edtf(when, precision) == expected


@pytest.mark.parametrize(
    ("when", "precision", "window", "expected"),
    [
        (june(21, 28), "range", june(20, 30), True),
        (june(21, 28), "range", june(22, 30), False),
        (june(21, 28), "span", june(28, 30), True),
        (june(21, 28), "span", june(29, 30), False),
        (june(None, 28), "span", june(28, 28), True),
        (june(None, 28), "span", june(1, 27), False),
        (june(21, None), "span", june(1, 21), True),
        (june(21, None), "span", june(22, 30), False),
        (june(None, 28), "range", june(None, 30), True),
        (june(None, 28), "range", june(1, 30), False),
        (OPEN, "unknown", OPEN, False),
    ],
)
def test_a_moment_is_certain_inside_a_window_and_a_span_where_it_touches_it(
    when: DateRange, precision: str, window: DateRange, expected: bool
) -> None:
    assert is_certainly_within(when, precision, window) is expected


days = st.none() | st.integers(1, 12).map(lambda number: date(2021, 6, number))


@st.composite
def tellings(draw: st.DrawFn) -> Claim:
    first, last = draw(days), draw(days)
    if first and last and last < first:
        first, last = last, first
    when = DateRange(first, last)
    precision = (
        "unknown" if not when.is_bounded else "day" if when.days == 1 else draw(st.sampled_from(["range", "span"]))
    )
    return claim(when, precision, draw(st.sampled_from(["asserts", "asserts", "denies"])))


@quick
@given(st.data(), st.lists(tellings(), min_size=1, max_size=5))
def test_the_date_of_an_event_does_not_depend_on_the_order(data: st.DataObject, claims: list[Claim]) -> None:
    assert event_date(data.draw(st.permutations(claims))) == event_date(claims)


@quick
@given(st.lists(tellings(), min_size=1, max_size=5))
def test_an_event_lies_within_each_moment_or_around_all_claims(claims: list[Claim]) -> None:
    when, precision = event_date(claims)
    dated = [told for told in claims if told.asserts and told.date.is_bounded]
    assert when.is_valid
    assert (precision == "unknown") == (not when.is_bounded)
    assert (precision == "day") == (when.days == 1)
    if any(told.precision == "span" for told in dated):
        spans = hull([told.date for told in dated if told.precision == "span"])
        assert spans.is_within(when)
        assert all(told.date.overlaps(when) for told in dated)
    elif dated:
        assert all(when.is_within(told.date) for told in dated) or when == hull([told.date for told in dated])
