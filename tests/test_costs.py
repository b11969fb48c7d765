"""Which way to an answer is taken, on made-up numbers: a hundred thousand events, a thousand for each day."""

from datetime import date, timedelta

import pytest

from app.geo import Box
from app.query.costs import AT_LEAST, ENOUGH, FREE, REGRET, Costs, Path, Sample, Way
from app.query.times import Window
from app.timespan import Interval

ROWS, DAYS = 100_000, 100
FIRST = date(2020, 1, 1)
LAST = FIRST + timedelta(DAYS - 1)
SAMPLE = Sample(
    ROWS, 0.0, range(DAYS), [FIRST + timedelta(day) for day in range(DAYS)], [(float(day), 0.0) for day in range(DAYS)]
)
ORDER = Way(ROWS, Path("by date", ordered=True))


def known(rows: float, name: str = "actor", asking: float = 12.0) -> Way:
    """A condition that another table answers."""
    return Way(rows, Path("by event", start=name), asking)


def chosen(*, during: float = 1.0, limit: int | None = 100, by_date: bool = True, **ways: Way) -> Path:
    costs = Costs(SAMPLE, ways, limit, by_date, during, LAST)
    return costs.best([*ways.values(), ORDER] if by_date else ways.values())


def test_what_few_rows_meet_is_started_from_and_what_many_meet_is_met_on_the_way() -> None:
    assert chosen(actor=known(20)).start == "actor"
    assert chosen(actor=known(50_000)) == Path("by date", ordered=True)


def test_of_two_conditions_the_rarer_is_started_from() -> None:
    assert chosen(actor=known(2_000), place=known(30, "place")).start == "place"


def test_all_rows_are_started_from_a_condition_that_is_rarer_than_all() -> None:
    assert chosen(limit=None, actor=known(5_000)).start == "actor"
    assert chosen(limit=None, actor=known(50_000)) == Path("by date", ordered=True, listed=frozenset({"actor"}))


def test_where_the_order_is_another_one_rows_are_found_by_a_condition_or_as_the_database_likes() -> None:
    assert chosen(by_date=False, actor=known(50_000)).start == "actor"
    assert chosen(by_date=False) == FREE
    assert chosen(by_date=False, unknown=Way(50)) is FREE
    assert chosen(by_date=False, found_by_nothing=Way(50, FREE), actor=known(90_000)) is FREE


def test_a_condition_that_is_dear_to_ask_is_listed_where_many_rows_would_be_asked() -> None:
    word = known(10_000, "q", asking=170.0)
    assert chosen(q=word) == Path("by date", ordered=True, listed=frozenset({"q"}))
    assert chosen(q=known(60_000, "q", asking=170.0)).listed == frozenset()
    assert chosen(q=word, actor=known(15)) == Path("by event", start="actor")


def test_what_is_looked_for_in_order_is_not_looked_for_all_the_way_where_a_condition_is_rarer() -> None:
    path = chosen(actor=known(3_000))
    assert path.ordered
    # 100 of 3,000 that match are expected among 3,333 of all rows; ten days hold three times as many.
    assert REGRET == 3
    assert path.until == LAST - timedelta(10)
    assert path.otherwise == Path("by event", start="actor")
    assert chosen(actor=known(30_000)).otherwise is None, "to start from it would take longer than to go on"


def test_a_window_shortens_the_way_in_order() -> None:
    assert chosen(actor=known(150)).start == "actor"
    assert chosen(during=0.005, actor=known(150)).ordered


def test_a_sample_tells_the_share_of_a_window_and_of_a_box_but_never_none() -> None:
    assert SAMPLE.during(Window(Interval(FIRST, LAST), FIRST)) == 1
    assert SAMPLE.during(Window(Interval(FIRST, FIRST + timedelta(9)), FIRST)) == pytest.approx(0.1)
    assert SAMPLE.during(Window(Interval(None, date(1990, 1, 1)), None)) == pytest.approx(0.003)
    assert SAMPLE.within([Box(0, -1, 9, 1)]) == pytest.approx(0.1)
    assert SAMPLE.within([Box(0, 5, 9, 6)]) == pytest.approx(0.003)


def test_a_sample_tells_how_far_back_a_share_of_all_rows_lies() -> None:
    assert SAMPLE.back(LAST, 0.2) == LAST - timedelta(20)
    assert SAMPLE.back(FIRST + timedelta(50), 0.2) == FIRST + timedelta(30)
    assert SAMPLE.back(LAST, 1.0) is None
    assert SAMPLE.back(FIRST, 0.2) is None


def placed(rows: float) -> Way:
    """A condition on the place, whose latest rows are found first."""
    return Way(rows, Path("by event", start="bbox"), dated=True)


def test_at_a_place_no_more_of_the_latest_rows_are_looked_at_than_are_likely_to_be_enough() -> None:
    path = chosen(bbox=placed(3_000))
    assert path.start == "bbox"
    assert path.latest == ENOUGH * 100 + AT_LEAST
    assert path.until == LAST - timedelta(25), "they are looked for in a quarter of all days first"
    assert path.otherwise == Path("by event", start="bbox"), "if they are not, all are"
    assert chosen(bbox=placed(120)).latest == 0, "all of them are as few"


def test_what_few_rows_at_a_place_meet_takes_more_of_them() -> None:
    path = chosen(bbox=placed(4_000), status=Way(25_000))
    assert path.start == "bbox"
    assert path.latest == ENOUGH * 400 + AT_LEAST


def test_a_large_place_is_no_way_out_for_what_is_looked_for_in_order() -> None:
    assert chosen(bbox=placed(60_000)).otherwise is None


def test_of_a_window_only_the_rows_at_a_place_are_looked_at_that_are_in_it() -> None:
    assert chosen(bbox=placed(5_000), during=0.02, limit=1000).latest == 0
    assert chosen(bbox=placed(5_000), limit=1000).latest > 0
