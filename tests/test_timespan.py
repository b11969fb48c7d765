"""Days and intervals: the laws of overlap, and the one form in which a day is read."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.timespan import DateRange, hull, intersection, parse_date_range, parse_day

OPEN = DateRange()
quick = settings(max_examples=150)

# Days close together, so that overlaps, touching ends and equal ends all occur often.
days = st.integers(0, 12).map(lambda n: date(2021, 6, 28) + timedelta(days=n))
ends = st.none() | days


@st.composite
def intervals(draw: st.DrawFn) -> DateRange:
    earliest, latest = draw(ends), draw(ends)
    if earliest and latest and latest < earliest:
        earliest, latest = latest, earliest
    return DateRange(earliest, latest)


def members(interval: DateRange) -> set[date]:
    """The days of the interval among all days around those that the strategy draws."""
    around = [date(2021, 6, 20) + timedelta(days=n) for n in range(40)]
    return {
        day
        for day in around
        if (interval.earliest is None or interval.earliest <= day)
        and (interval.latest is None or day <= interval.latest)
    }


def day(number: int) -> date:
    return date(2021, 7, number)


# --- intervals ---------------------------------------------------------------------------------------------------


def test_an_interval_is_dated_as_soon_as_one_end_is_known() -> None:
    known = [DateRange(day(1), day(2)), DateRange(day(1), None), DateRange(None, day(2)), OPEN]
    assert [interval.is_bounded for interval in known] == [True, True, True, False]


def test_both_ends_count_among_the_days() -> None:
    assert DateRange(day(4), day(4)).days == 1
    assert DateRange(date(2021, 6, 21), date(2021, 6, 28)).days == 8


def test_an_open_interval_has_no_number_of_days() -> None:
    assert [DateRange(day(4), None).days, DateRange(None, day(4)).days, OPEN.days] == [None, None, None]


def test_reversed_ends_are_not_ordered() -> None:
    assert not DateRange(day(5), day(4)).is_valid
    assert DateRange(day(4), day(4)).is_valid
    assert DateRange(day(5), None).is_valid
    assert DateRange(None, day(4)).is_valid
    assert OPEN.is_valid


def test_intervals_that_share_one_end_day_overlap_and_neighbours_do_not() -> None:
    first = DateRange(day(1), day(4))
    assert first.overlaps(DateRange(day(4), day(9)))
    assert not first.overlaps(DateRange(day(5), day(9)))


def test_an_open_end_reaches_for_ever() -> None:
    assert DateRange(day(1), None).overlaps(DateRange(date(2999, 1, 1), None))
    assert DateRange(None, day(1)).overlaps(DateRange(date(1, 1, 1), date(1, 1, 1)))
    assert not DateRange(day(2), None).overlaps(DateRange(None, day(1)))
    assert OPEN.overlaps(OPEN)


def test_an_open_end_is_only_certainly_inside_an_open_end() -> None:
    week = DateRange(day(1), day(7))
    assert not DateRange(None, day(3)).is_within(week)
    assert not DateRange(day(3), None).is_within(week)
    assert not OPEN.is_within(week)
    assert DateRange(None, day(3)).is_within(DateRange(None, day(3)))
    assert DateRange(day(3), None).is_within(DateRange(day(1), None))
    assert not DateRange(day(3), None).is_within(DateRange(None, day(7)))
    assert week.is_within(OPEN)


def test_an_interval_is_inside_itself_and_not_inside_a_shorter_one() -> None:
    week = DateRange(day(1), day(7))
    assert week.is_within(week)
    assert DateRange(day(2), day(7)).is_within(week)
    assert not week.is_within(DateRange(day(2), day(7)))
    assert not week.is_within(DateRange(day(1), day(6)))


def test_kaldar_first_fell_certainly_in_june_and_only_possibly_in_the_week_of_its_recapture() -> None:
    fall = DateRange(date(2021, 6, 21), date(2021, 6, 28))
    week_of_recapture = DateRange(date(2021, 6, 28), date(2021, 7, 4))
    assert fall.is_within(DateRange(date(2021, 6, 1), date(2021, 6, 30)))
    assert fall.overlaps(week_of_recapture)
    assert not fall.is_within(week_of_recapture)


def test_the_intersection_is_the_shared_days() -> None:
    assert intersection([DateRange(day(1), day(5)), DateRange(day(3), day(9))]) == DateRange(day(3), day(5))
    assert intersection([DateRange(day(1), None), DateRange(None, day(9))]) == DateRange(day(1), day(9))
    assert intersection([DateRange(day(1), day(2)), DateRange(day(3), day(4))]) is None


def test_three_intervals_that_overlap_in_pairs_only_through_one_share_nothing() -> None:
    assert intersection([DateRange(day(1), day(3)), DateRange(day(2), day(6)), DateRange(day(5), day(7))]) is None


def test_the_hull_is_open_where_one_interval_is() -> None:
    assert hull([DateRange(day(1), day(2)), DateRange(day(5), day(6))]) == DateRange(day(1), day(6))
    assert hull([DateRange(day(1), day(2)), DateRange(day(5), None)]) == DateRange(day(1), None)
    assert hull([DateRange(None, day(2)), DateRange(day(5), day(6))]) == DateRange(None, day(6))
    assert hull([OPEN, DateRange(day(5), day(6))]) == OPEN


def test_nothing_bounds_the_intersection_and_the_hull_of_no_intervals() -> None:
    assert intersection([]) == OPEN
    assert hull([]) == OPEN


@quick
@given(intervals(), intervals())
def test_overlap_is_symmetric_and_means_a_shared_day(one: DateRange, other: DateRange) -> None:
    assert one.overlaps(other) == other.overlaps(one) == bool(members(one) & members(other))


@quick
@given(intervals(), intervals())
def test_inside_means_that_no_day_lies_outside(one: DateRange, other: DateRange) -> None:
    assert one.is_within(other) == (members(one) <= members(other))


@quick
@given(intervals(), intervals())
def test_inside_implies_overlap(one: DateRange, other: DateRange) -> None:
    assert not one.is_within(other) or one.overlaps(other)


@quick
@given(intervals(), intervals(), intervals())
def test_inside_is_transitive(one: DateRange, two: DateRange, three: DateRange) -> None:
    assert not (one.is_within(two) and two.is_within(three)) or one.is_within(three)


@quick
@given(intervals(), intervals())
def test_inside_both_ways_means_equal(one: DateRange, other: DateRange) -> None:
    assert (one.is_within(other) and other.is_within(one)) == (one == other)


@quick
@given(st.lists(intervals(), min_size=1, max_size=5))
def test_the_intersection_lies_within_every_interval_and_the_hull_around_every_one(several: list[DateRange]) -> None:
    around = hull(several)
    assert all(one.is_within(around) for one in several)
    shared = intersection(several)
    days_of_all = set.intersection(*(members(one) for one in several))
    if shared is None:
        assert days_of_all == set()
    else:
        assert members(shared) == days_of_all
        assert all(shared.is_within(one) for one in several)
        assert shared.is_within(around)


@quick
@given(st.data(), st.lists(intervals(), min_size=1, max_size=5))
def test_intersection_and_hull_do_not_depend_on_the_order(data: st.DataObject, several: list[DateRange]) -> None:
    shuffled = data.draw(st.permutations(several))
    assert intersection(several) == intersection(shuffled)
    assert hull(several) == hull(shuffled)


@quick
@given(st.lists(intervals(), min_size=1, max_size=4))
def test_saying_it_twice_changes_neither_intersection_nor_hull(several: list[DateRange]) -> None:
    assert intersection(several * 2) == intersection(several)
    assert hull(several * 2) == hull(several)


# --- reading a day -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-07-04", date(2021, 7, 4)),
        ("2021-07-04T", date(2021, 7, 4)),
        ("2020-02-29", date(2020, 2, 29)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("2021-07-04T12:00:00Z", date(2021, 7, 4)),
        ("2021-07-04t12:00:00z", date(2021, 7, 4)),
        ("2021-07-04T23:59:59.999999999Z", date(2021, 7, 4)),
        ("2021-07-04T12:00:00-00:00", date(2021, 7, 4)),
        ("2021-07-04T02:00:00+04:30", date(2021, 7, 3)),
        ("2021-07-04T20:00:00-05:00", date(2021, 7, 5)),
    ],
)
def test_a_day_is_read_and_an_instant_is_its_day_in_utc(text: str, expected: date) -> None:
    assert parse_day(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "T",
        "0",
        "1625356800",
        "20210704",
        "2021-7-4",
        "2021-07",
        "2021",
        "21-07-04",
        "02021-07-04",
        "-2021-07-04",
        "2021/07/04",
        "04-07-2021",
        "2021-W26-7",
        "2021-185",
        "2021-07-04TT",
        "T2021-07-04",
        " 2021-07-04",
        "2021-07-04 ",
        "2021-07-04\n",
        "2021-07-04T\n",
        "2021-07-04Z",
        "2021-07-04\x00",
        "２０２１-07-04",
        "٢٠٢١-٠٧-٠٤",
        "2021‐07‐04",
        "today",
        "now",
        "..",
        "2021-07-04T12:00:00",
        "2021-07-04T12:00:00 04:30",
        "2021-07-04T12:00:00Z\n",
        "2021-07-04T12:00:00+0430",
        "2021-07-04T12:00:00+04",
        "2021-07-04T12Z",
        "2021-07-04T12:00:00.Z",
    ],
)
def test_anything_but_the_form_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a day such as 2021-07-04"):
        parse_day(text)


@pytest.mark.parametrize("text", ["2021-02-29", "2021-06-31", "2021-13-01", "2021-00-10", "2021-07-00", "0000-01-01"])
def test_a_day_that_the_calendar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no such day"):
        parse_day(text)
    with pytest.raises(ValueError, match=r"^no such day"):
        parse_day(text + "T")


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-29T12:00:00Z",
        "2021-07-04T24:00:00Z",
        "2021-07-04T12:60:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_an_instant_that_no_clock_shows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no such instant"):
        parse_day(text)


@pytest.mark.parametrize("text", ["2021-07-04T00:00:00+01:60", "2021-07-04T00:00:00+01:99"])
def test_an_offset_has_at_most_59_minutes(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|expected a day"):
        parse_day(text)


@quick
@given(st.dates())
def test_every_day_survives_being_written_and_read(when: date) -> None:
    assert parse_day(when.isoformat()) == when
    assert parse_day(f"{when.isoformat()}T") == when
    assert parse_date_range(when.isoformat()) == DateRange(when, when)


@quick
@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),  # noqa: DTZ001 - the offset is drawn
    st.integers(-23 * 60, 23 * 60),
)
def test_every_instant_is_read_as_its_day_in_utc(naive: datetime, offset: int) -> None:
    instant = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_day(instant.isoformat()) == instant.astimezone(UTC).date()


FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt]|[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9:]{5}))?"
)
near_days = st.text(alphabet="0123456789-T:Z+./ \n٤", max_size=26)
spoilt_days = st.tuples(
    st.dates(), st.integers(0, 10), st.integers(0, 2), st.text(alphabet="0123456789-Tt:Zz+. \n٤é", max_size=3)
).map(lambda drawn: drawn[0].isoformat()[: drawn[1]] + drawn[3] + drawn[0].isoformat()[drawn[1] + drawn[2] :])


@settings(quick, max_examples=600)
@given(st.text() | near_days | spoilt_days)
def test_any_text_is_a_day_of_the_form_or_a_value_error(text: str) -> None:
    try:
        found = parse_day(text)
    except ValueError:
        return
    assert FORM.fullmatch(text)
    if len(text) <= len("2021-07-04T"):
        assert found.isoformat() == text[:10]


# --- reading an interval -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-07-04", DateRange(day(4), day(4))),
        ("2021-07-04T", DateRange(day(4), day(4))),
        ("2021-06-28/2021-07-05", DateRange(date(2021, 6, 28), day(5))),
        ("2021-07-04/2021-07-04", DateRange(day(4), day(4))),
        ("2021-06-28T/2021-07-05T", DateRange(date(2021, 6, 28), day(5))),
        ("../2021-07-05", DateRange(None, day(5))),
        ("/2021-07-05", DateRange(None, day(5))),
        ("2021-07-05/..", DateRange(day(5), None)),
        ("2021-07-05/", DateRange(day(5), None)),
        ("2021-07-01T00:00:00Z/2021-07-02T23:59:59Z", DateRange(day(1), day(2))),
    ],
)
def test_an_interval_is_read_as_in_ogc_api(text: str, expected: DateRange) -> None:
    assert parse_date_range(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "2021-07-01/2021-07-02/2021-07-03",
        "2021-07-01//2021-07-02",
        "2021-07-01/...",
        "2021-07-01/ ..",
        "2021-07-01/P1D",
        "2021-07-01..2021-07-02",
        "2021-07-01/today",
        "2021-07-01,2021-07-02",
        "2021-06-31/2021-07-02",
    ],
)
def test_anything_else_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a day|no such day"):
        parse_date_range(text)


def test_reversed_ends_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^the interval ends before it starts$"):
        parse_date_range("2021-07-05/2021-07-04")


@quick
@given(intervals(), st.sampled_from(["..", ""]))
def test_every_interval_survives_being_written_and_read(interval: DateRange, no_end: str) -> None:
    written = "/".join(end.isoformat() if end else no_end for end in (interval.earliest, interval.latest))
    assert parse_date_range(written) == interval


@quick
@given(st.text(max_size=30) | st.tuples(near_days, near_days).map("/".join))
def test_any_text_is_an_ordered_interval_or_a_value_error(text: str) -> None:
    try:
        found = parse_date_range(text)
    except ValueError:
        return
    assert found.is_valid
    assert "/" in text or found.days == 1
