"""The rule of the published figure: what several tellings of one number say together, within a window."""

from dataclasses import replace

import pytest
from conftest import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from app.rules.facts import Claim, Figure
from app.rules.published import Published, published, published_figures
from app.rules.tellings import FLOWS, EventFacts, tellings_of
from app.timespan import DateRange
from tests.rules.event_facts import (
    ALL_TIME,
    CUMULATIVE,
    INCREMENT,
    MOVED,
    about,
    at_least,
    at_most,
    claim,
    days,
    event,
    exactly,
    july,
    loosely,
    on,
    random_claims,
    random_events,
)

quick = examples(100)
Bounds = tuple[int | None, int | None, int | None]


def bounds(facts: EventFacts, window: DateRange = ALL_TIME) -> Bounds | None:
    figure = published(facts, MOVED, window)
    return figure and (figure.low, figure.best, figure.high)


def moved(*figures: Figure, when: DateRange = ALL_TIME, **others: object) -> EventFacts:
    """An event with one claim for each figure, by different origins."""
    claims = [claim(f"c{at}", f, when=when, origin=f"o{at}") for at, f in enumerate(figures)]
    return event("e", *claims)


# --- one event -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (exactly(545), (545, 545, 545)),
        (at_least(501), (501, None, None)),
        (at_most(9000), (0, None, 9000)),
        (about(500), (0, 500, None)),
        (loosely(200, 999), (200, None, 999)),
        (Figure(MOVED, INCREMENT, 7, 5, 6), (5, 5, 7)),  # cells of a dataset may be out of order
    ],
)
def test_one_telling_is_published_as_it_is(figure: Figure, expected: Bounds) -> None:
    assert bounds(moved(figure, when=on(1))) == expected


def test_an_event_that_nobody_counts_has_no_figure() -> None:
    assert published(moved(when=on(1)), MOVED) is None
    assert published(event("e", claim("c", when=on(1))), MOVED) is None
    assert published(moved(exactly(3)), "deaths") is None


def test_a_retelling_may_be_dated_as_one_likes() -> None:
    night = claim("night", exactly(1037), when=days(4, 5), origin="guards")
    for when in (ALL_TIME, on(4), on(5), on(6), days(1, 9), days(None, 9)):
        retold = claim("retold", exactly(1037), when=when, origin="other", reported=9)
        assert bounds(event("e", night, retold)) == (1037, 1037, 1037)


def test_two_documents_that_tell_one_occasion_count_it_once() -> None:
    assert bounds(moved(exactly(69), exactly(69), when=on(1))) == (69, 69, 69)


def test_increments_of_one_event_compete_and_never_add_up() -> None:
    told = event("e", claim("a", exactly(40), when=on(1)), claim("b", exactly(40), when=on(2), origin="other"))
    assert bounds(told) == (40, 40, 40)


def test_tellings_that_cannot_all_be_true_are_contradicted_and_take_in_each_other() -> None:
    figure = published(moved(exactly(69), exactly(72), when=on(1)), MOVED)
    assert figure is not None
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (69, None, 72, True)
    assert figure.claims == ("c0", "c1")


def test_a_lower_bound_above_every_upper_one_leaves_the_high_open() -> None:
    figure = published(moved(at_least(101), exactly(50), when=on(1)), MOVED)
    assert figure is not None
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (50, None, None, True)


def test_a_vague_word_told_later_replaces_no_exact_total() -> None:
    exact = claim("exact", exactly(1573, CUMULATIVE), when=days(-9, 5), precision="span")
    vague = claim("vague", loosely(200, 999, CUMULATIVE), when=days(-9, 8), precision="span", origin="o", reported=8)
    assert bounds(event("e", exact, vague)) == (1573, 1573, 1573)


def test_loose_words_bound_from_above_only_where_no_number_is_told() -> None:
    assert bounds(moved(loosely(200, 999), when=on(1))) == (200, None, 999)
    assert bounds(moved(loosely(200, 999), at_least(501), when=on(1))) == (501, None, None)


def test_loose_words_beyond_a_number_speak_against_nothing() -> None:
    figure = published(moved(exactly(1037), loosely(2000, 9999), when=on(5)), MOVED)
    assert figure is not None
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (1037, 1037, 1037, False)


def test_a_whole_that_rests_on_a_contradicted_part_is_contradicted() -> None:
    part = event("p", claim("a", exactly(300), when=on(3)), claim("b", at_least(301), when=on(3), origin="o"))
    figure = published(event("e", claim("c", when=days(1, 5)), parts=(part,)), MOVED)
    assert figure is not None
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (300, None, None, True)


def test_the_latest_day_with_one_estimate_gives_the_best() -> None:
    first = claim("first", about(500, CUMULATIVE), when=days(1, 4), precision="span")
    second = claim("second", about(600, CUMULATIVE), when=days(1, 5), precision="span", origin="o")
    other = claim("other", about(650, CUMULATIVE), when=days(1, 5), precision="span", origin="p")
    assert bounds(event("e", first, second)) == (0, 600, None)
    assert bounds(event("e", first, second, other)) == (0, None, None)


def test_the_same_origin_corrects_itself() -> None:
    early = claim("early", exactly(40), when=on(1), reported=2)
    late = claim("late", exactly(45), when=on(1), reported=3)
    assert bounds(event("e", early, late)) == (45, 45, 45)
    vague = claim("late", loosely(24, 99), when=on(1), reported=3)
    assert bounds(event("e", early, vague)) == (40, 40, 40)


def test_what_is_planned_or_denied_counts_nobody_and_what_is_possible_only_alone() -> None:
    planned = claim("planned", exactly(9000), when=on(1), modality="planned")
    denial = claim("denial", exactly(1), when=on(1), stance="denies", origin="ministry")
    possible = claim("possible", at_least(1000), when=on(1), modality="possible", origin="o")
    fact = claim("fact", exactly(40), when=on(1))
    assert published(event("e", planned, denial), MOVED) is None
    assert bounds(event("e", possible)) == (1000, None, None)
    assert bounds(event("e", possible, fact)) == (40, 40, 40)


def test_a_telling_without_a_date_counts_the_days_of_its_event() -> None:
    told = event("e", claim("undated", at_least(1001)), claim("dated", exactly(1037), when=days(4, 5), origin="o"))
    assert bounds(told) == (1037, 1037, 1037)
    assert bounds(told, days(4, 5)) == (1037, 1037, 1037)


# --- windows -------------------------------------------------------------------------------------------------------

TOTAL = event(
    "flight",
    claim("week", loosely(300, 999, CUMULATIVE), when=days(-2, 3), precision="span"),
    claim("rise", at_least(501, CUMULATIVE), when=days(-2, 4), precision="span"),
    claim("count", exactly(545, CUMULATIVE), when=days(-2, 5), precision="span", origin="radio"),
    parts=(event("group", claim("group", exactly(94), when=on(4))),),
)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (ALL_TIME, (545, 545, 545)),
        (days(None, 5), (545, 545, 545)),
        (days(None, 4), (501, None, 545)),
        (days(None, 3), (300, None, 545)),
        (on(4), (94, None, 245)),
        (days(-2, -1), (0, None, 545)),
        (days(6, 9), (0, None, None)),
    ],
)
def test_a_running_total_bounds_every_window(window: DateRange, expected: Bounds) -> None:
    assert bounds(TOTAL, window) == expected


def test_since_and_as_of_narrow_the_days_of_a_running_total() -> None:
    figure = replace(exactly(545, CUMULATIVE), since=july(1), as_of=july(3))
    told = event("e", claim("c", figure, when=days(-9, 9), precision="span"))
    assert bounds(told, days(1, 3)) == (545, 545, 545)
    assert bounds(told) == (545, 545, None)  # nobody says how many before and after


# --- parts ---------------------------------------------------------------------------------------------------------


def test_parts_add_up_and_their_whole_never_counts_them_twice() -> None:
    parts = tuple(event(f"p{n}", claim(f"p{n}", exactly(n), when=on(4))) for n in (104, 296, 173, 312, 152))
    assert bounds(event("e", claim("c", exactly(1037), when=on(4)), parts=parts)) == (1037, 1037, 1037)
    assert bounds(event("e", claim("c", when=on(4)), parts=parts)) == (1037, None, None)


def test_parts_beyond_their_whole_contradict_it_and_stand() -> None:
    parts = (event("p", claim("p", exactly(60), when=on(4))), event("q", claim("q", exactly(60), when=on(4))))
    figure = published(event("e", claim("c", exactly(100), when=on(4)), parts=parts), MOVED)
    assert figure is not None
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (120, None, None, True)


@pytest.mark.parametrize(
    ("stances", "expected"), [((), (94, None, None)), (("denies",), None)], ids=["asserted", "disputed"]
)
def test_a_disputed_part_adds_nothing_unless_it_is_asked_for(stances: tuple[str, ...], expected: Bounds | None) -> None:
    denials = [claim("no", when=on(4), stance=stance, origin="ministry") for stance in stances]
    whole = event("e", claim("c", when=on(4)), parts=(event("p", claim("p", exactly(94), when=on(4)), *denials),))
    assert bounds(whole) == expected
    asked = published(whole, MOVED, ALL_TIME, ["disputed"])
    assert asked is not None
    assert asked.low == 94


# --- stocks --------------------------------------------------------------------------------------------------------


def test_a_stock_stands_as_of_its_latest_day() -> None:
    earlier = claim("earlier", Figure("districts_held", "stock", 5, 5, 5, of=14, as_of=july(1)), when=on(1))
    later = claim("later", Figure("districts_held", "stock", 7, 7, 7, of=14, as_of=july(4)), when=on(4))
    [figure] = published_figures(event("e", earlier, later))
    assert figure == Published("districts_held", 7, 7, 7, 14, "stock", july(4), ("later",), False)


def test_stocks_of_one_day_that_share_no_number_are_contradicted() -> None:
    claims = [claim(f"c{n}", Figure("districts_held", "stock", n, n, n), when=on(4), origin=f"o{n}") for n in (7, 9)]
    [figure] = published_figures(event("e", *claims))
    assert (figure.low, figure.best, figure.high, figure.contradicted) == (7, None, 9, True)


# --- properties ----------------------------------------------------------------------------------------------------

windows = st.builds(
    lambda ends: days(*sorted(ends)), st.tuples(st.integers(-7, 7), st.integers(-7, 7))
) | st.sampled_from([ALL_TIME, days(None, 3), days(-2, None)])


def all_claims(facts: EventFacts) -> list[Claim]:
    return [*facts.claims, *(found for part in facts.parts for found in all_claims(part))]


@quick
@given(random_events(depth=1), windows)
def test_bounds_are_in_order(facts: EventFacts, window: DateRange) -> None:
    figure = published(facts, MOVED, window)
    if figure:
        assert figure.low is not None
        assert figure.high is None or figure.low <= figure.high
        assert figure.best is None or figure.low <= figure.best
        assert figure.best is None or figure.high is None or figure.best <= figure.high
        assert not (figure.contradicted and figure.best is not None)


@quick
@given(random_events(depth=1), windows, windows)
def test_a_window_never_has_less_than_one_inside_it(facts: EventFacts, one: DateRange, other: DateRange) -> None:
    assume(one.is_within(other))
    inner, outer = published(facts, MOVED, one), published(facts, MOVED, other)
    assert (inner is None) == (outer is None)
    if inner and outer:
        assert (inner.low or 0) <= (outer.low or 0)


def renamed(facts: EventFacts, names: dict[str, str]) -> EventFacts:
    return replace(
        facts,
        claims=tuple(replace(found, id=names[found.id]) for found in facts.claims),
        parts=tuple(renamed(part, names) for part in facts.parts),
    )


@quick
@given(random_events(depth=1), windows, st.randoms())
def test_neither_order_nor_ids_decide_anything(facts: EventFacts, window: DateRange, random: object) -> None:
    ids = sorted({found.id for found in all_claims(facts)})
    shuffled = list(ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    names = {id_: f"x{shuffled.index(id_)}" for id_ in ids}
    other = renamed(facts, names)
    other = replace(other, claims=other.claims[::-1], parts=other.parts[::-1])
    one, again = published(facts, MOVED, window), published(other, MOVED, window)
    if one is None or again is None:
        assert one is again
    else:
        claims = tuple(sorted(names[id_] for id_ in one.claims))
        assert again == replace(one, claims=claims)


@quick
@given(random_events(depth=1), windows, st.integers(0, 9))
def test_a_retelling_by_another_document_never_changes_a_number(
    facts: EventFacts, window: DateRange, which: int
) -> None:
    told = tellings_of(facts, MOVED, FLOWS)
    if told:
        again = told[which % len(told)]
        retold = replace(again.claim, id="retold", document="third", origin="retold", figures=(again.figure,))
        one = published(facts, MOVED, window)
        two = published(replace(facts, claims=(*facts.claims, retold)), MOVED, window)
        assert one is not None
        assert two is not None
        assert (two.low, two.best, two.high) == (one.low, one.best, one.high)


@st.composite
def vague_claims(draw: st.DrawFn) -> Claim:
    """Draw a report with loose words alone, by somebody new, said after all others."""
    low = draw(st.integers(0, 60))
    found = draw(random_claims("v"))
    words = loosely(low, low + draw(st.integers(0, 60)), draw(st.sampled_from([INCREMENT, CUMULATIVE])))
    return replace(
        found, id="vague", origin="new", figures=(words,), stance="asserts", modality="fact", reported_on=july(9)
    )


@quick
@given(random_events(depth=1), vague_claims())
def test_vague_words_never_make_an_exact_number_vaguer(facts: EventFacts, vague: Claim) -> None:
    before = published(facts, MOVED)
    # What only parts or possibilities tell is no exact number of the event itself.
    told = [f for found in facts.claims if found.counts_as_report for f in found.figures if not f.loose]
    if not told or before is None or before.low != before.high or (vague.figures[0].low or 0) > (before.low or 0):
        return
    after = published(replace(facts, claims=(*facts.claims, vague)), MOVED)
    assert after is not None
    assert (after.low, after.best, after.high) == (before.low, before.best, before.high)


@st.composite
def exact_events(draw: st.DrawFn) -> EventFacts:
    """Draw an event of which a bare number is told, beside claims that tell less of the same days."""
    first, last = sorted(draw(st.tuples(st.integers(-5, 5), st.integers(-5, 5))))
    precision, kind = draw(st.sampled_from(["range", "span"])), draw(st.sampled_from([INCREMENT, CUMULATIVE]))
    number = draw(st.integers(0, 60))
    fewer = [draw(st.sampled_from([at_least(draw(st.integers(0, number)), kind), about(number, kind), None]))]
    claims = [
        claim(f"c{at}", *filter(None, [figure]), when=days(first, last), precision=precision, origin=f"o{at}")
        for at, figure in enumerate([exactly(number, kind), *fewer])
    ]
    return event("e", *claims)


@quick
@given(exact_events(), vague_claims())
def test_an_exact_number_stays_exact_whatever_vague_words_are_added(facts: EventFacts, vague: Claim) -> None:
    before = published(facts, MOVED)
    after = published(replace(facts, claims=(*facts.claims, vague)), MOVED)
    assert before is not None
    assert after is not None
    assert before.low == before.best == before.high
    assert (after.low, after.best, after.high) == (before.low, before.best, before.high)
