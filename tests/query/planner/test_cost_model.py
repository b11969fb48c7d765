"""Which way to an answer is taken, on made-up numbers: a hundred thousand events, a thousand for each day."""

from datetime import date, timedelta

import pytest

from app.geo import BBox
from app.query.planner.access_paths import UNHINTED, AccessPath
from app.query.planner.cost_model import MIN_OVERSAMPLE, OVERRUN_FACTOR, OVERSAMPLE, CostModel, PathEstimate
from app.query.planner.statistics import TableStatistics
from app.query.predicates.time import Window
from app.timespan import DateRange

ROWS, DAYS = 100_000, 100
FIRST = date(2020, 1, 1)
LAST = FIRST + timedelta(DAYS - 1)
SAMPLE = TableStatistics(
    ROWS, range(DAYS), [FIRST + timedelta(day) for day in range(DAYS)], [(float(day), 0.0) for day in range(DAYS)]
)
ORDER = PathEstimate(ROWS, AccessPath("by date", ordered=True))


def estimate(rows: float, name: str = "actor", asking: float = 12.0) -> PathEstimate:
    """A condition that another table answers."""
    return PathEstimate(rows, AccessPath("by event", driving_filter=name), asking)


def chosen(*, during: float = 1.0, limit: int | None = 100, by_date: bool = True, **ways: PathEstimate) -> AccessPath:
    costs = CostModel(SAMPLE, ways, limit, by_date, during, LAST)
    return costs.choose([*ways.values(), ORDER] if by_date else ways.values())


def test_what_few_rows_meet_is_started_from_and_what_many_meet_is_met_on_the_way() -> None:
    assert chosen(actor=estimate(20)).driving_filter == "actor"
    assert chosen(actor=estimate(50_000)) == AccessPath("by date", ordered=True)


def test_of_two_conditions_the_rarer_is_started_from() -> None:
    assert chosen(actor=estimate(2_000), place=estimate(30, "place")).driving_filter == "place"


def test_all_rows_are_started_from_a_condition_that_is_rarer_than_all() -> None:
    assert chosen(limit=None, actor=estimate(5_000)).driving_filter == "actor"
    assert chosen(limit=None, actor=estimate(50_000)) == AccessPath(
        "by date", ordered=True, materialised=frozenset({"actor"})
    )


def test_where_the_order_is_another_one_rows_are_found_by_a_condition_or_as_the_database_likes() -> None:
    assert chosen(by_date=False, actor=estimate(50_000)).driving_filter == "actor"
    assert chosen(by_date=False) == UNHINTED
    assert chosen(by_date=False, unknown=PathEstimate(50)) is UNHINTED
    assert chosen(by_date=False, not_indexed=PathEstimate(50), actor=estimate(90_000)).driving_filter == "actor"


def test_a_condition_that_is_dear_to_ask_is_listed_where_many_rows_would_be_asked() -> None:
    word = estimate(10_000, "q", asking=170.0)
    assert chosen(q=word) == AccessPath("by date", ordered=True, materialised=frozenset({"q"}))
    assert chosen(q=estimate(60_000, "q", asking=170.0)).materialised == frozenset()
    assert chosen(q=word, actor=estimate(15)) == AccessPath("by event", driving_filter="actor")


def test_what_is_looked_for_in_order_is_not_looked_for_all_the_way_where_a_condition_is_rarer() -> None:
    path = chosen(actor=estimate(3_000))
    assert path.ordered
    # 100 of 3,000 that match are expected among 3,333 of all rows; ten days hold three times as many.
    assert OVERRUN_FACTOR == 3
    assert path.lookback_date == LAST - timedelta(10)
    assert path.fallback == AccessPath("by event", driving_filter="actor")
    assert chosen(actor=estimate(30_000)).fallback is None, "to start from it would take longer than to go on"


def test_a_window_shortens_the_way_in_order() -> None:
    assert chosen(actor=estimate(150)).driving_filter == "actor"
    assert chosen(during=0.005, actor=estimate(150)).ordered


def test_a_sample_tells_the_share_of_a_window_and_of_a_box_but_never_none() -> None:
    assert SAMPLE.window_selectivity(Window(DateRange(FIRST, LAST), FIRST)) == 1
    assert SAMPLE.window_selectivity(Window(DateRange(FIRST, FIRST + timedelta(9)), FIRST)) == pytest.approx(0.1)
    assert SAMPLE.window_selectivity(Window(DateRange(None, date(1990, 1, 1)), None)) == pytest.approx(0.003)
    assert SAMPLE.box_selectivity([BBox(0, -1, 9, 1)]) == pytest.approx(0.1)
    assert SAMPLE.box_selectivity([BBox(0, 5, 9, 6)]) == pytest.approx(0.003)


def test_a_sample_tells_how_far_back_a_share_of_all_rows_lies() -> None:
    assert SAMPLE.lookback_date(LAST, 0.2) == LAST - timedelta(20)
    assert SAMPLE.lookback_date(FIRST + timedelta(50), 0.2) == FIRST + timedelta(30)
    assert SAMPLE.lookback_date(LAST, 1.0) is None
    assert SAMPLE.lookback_date(FIRST, 0.2) is None


def spatial_estimate(rows: float) -> PathEstimate:
    """A condition on the place, whose latest rows are found first."""
    return PathEstimate(rows, AccessPath("by event", driving_filter="bbox"), temporal=True)


def test_at_a_place_no_more_of_the_latest_rows_are_looked_at_than_are_likely_to_be_enough() -> None:
    path = chosen(bbox=spatial_estimate(3_000))
    assert path.driving_filter == "bbox"
    assert path.lookback_rows == OVERSAMPLE * 100 + MIN_OVERSAMPLE
    assert path.fallback == AccessPath("by event", driving_filter="bbox"), "if they are not, all are"
    assert chosen(bbox=spatial_estimate(120)).lookback_rows == 0, "all of them are as few"


def test_what_few_rows_at_a_place_meet_takes_more_of_them() -> None:
    path = chosen(bbox=spatial_estimate(4_000), status=PathEstimate(25_000))
    assert path.driving_filter == "bbox"
    assert path.lookback_rows == OVERSAMPLE * 400 + MIN_OVERSAMPLE


def test_a_large_place_is_no_way_out_for_what_is_looked_for_in_order() -> None:
    assert chosen(bbox=spatial_estimate(60_000)).fallback is None


def test_of_a_window_only_the_rows_at_a_place_are_looked_at_that_are_in_it() -> None:
    assert chosen(bbox=spatial_estimate(5_000), during=0.02, limit=1000).lookback_rows == 0
    assert chosen(bbox=spatial_estimate(5_000), limit=1000).lookback_rows > 0
