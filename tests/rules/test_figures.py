"""The rules of figures: what a printed number means, and which of several tellings is published."""

from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import vocab
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.reader import read_pack
from app.rules.facts import Claim, Figure
from app.rules.figures import BoundsTuple, Published, published, read_number
from app.settings import PROJECT_ROOT
from app.timespan import DateRange

quick = settings(max_examples=200, database=None, deadline=None)
MOVED = "persons_moved"


def july(number: int) -> date:
    return date(2021, 7, number)


def total(
    number: int | None,
    as_of: date | None = None,
    *,
    low: int | None = None,
    high: int | None = None,
    measure: str = MOVED,
) -> Figure:
    """A running total: a bare number, or bounds without a best."""
    low, high = (low, high) if number is None else (number, number)
    return Figure(measure, "cumulative", low, number, high, as_of=as_of)


def more(number: int | None, as_of: date | None = None, *, low: int | None = None, high: int | None = None) -> Figure:
    """An increment: a bare number, or bounds without a best."""
    low, high = (low, high) if number is None else (number, number)
    return Figure(MOVED, "increment", low, number, high, as_of=as_of)


def claim(
    id_: str,
    *figures: Figure,
    stance: str = "asserts",
    modality: str = "fact",
    reported_on: date = date(2021, 7, 5),
    when: DateRange | None = None,
) -> Claim:
    return Claim(
        id=id_,
        document="article",
        origin="outlet",
        stance=stance,
        modality=modality,
        reported_on=reported_on,
        date=when or DateRange(),
        precision="unknown",
        figures=figures,
    )


def deciding(*claims: Claim) -> str:
    """The claim that decides the published count, in whatever order the claims come."""
    found = {published(order, MOVED) for order in (claims, claims[::-1])}
    assert len(found) == 1
    [count] = found
    assert count is not None
    return count.claim


@cache
def coded(event: str) -> tuple[Claim, ...]:
    """What the article's pack holds about an event, as the rules see it."""
    content, _ = read_pack(PROJECT_ROOT / "seed" / "northern-afghanistan-2021")
    assert content is not None
    universe = DraftCatalogue()
    universe.add(content)
    return tuple(universe.claim_of(draft, content.pack) for draft in universe.claims[event])


# --- vague numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "bounds"),
    [
        ("dozens", (24, None, 99)),
        ("hundreds", (200, None, 999)),
        ("several hundred", (300, None, 999)),
        ("several", (3, None, 9)),
        ("thousands", (2000, None, 9999)),
        ("more than 500", (501, None, None)),
        ("at least 500", (500, None, None)),
        ("up to 9,000", (None, None, 9000)),
        ("about 18,000", (None, 18000, None)),
        ("almost 18,000", (None, 18000, None)),
        ("some 18,000", (None, 18000, None)),
        ("545", (545, 545, 545)),
        ("9,000", (9000, 9000, 9000)),
        ("9000", (9000, 9000, 9000)),
        ("1,234,567", (1234567, 1234567, 1234567)),
        ("0", (0, 0, 0)),
        ("seven", (7, 7, 7)),
        ("twenty", (20, 20, 20)),
        ("one", (1, 1, 1)),
        ("more than one", (2, None, None)),
        ("at least two", (2, None, None)),
        ("up to seven", (None, None, 7)),
        ("no one", (0, 0, 0)),
        ("empty", (0, 0, 0)),
    ],
)
def test_a_printed_number_is_converted_by_the_table(printed: str, bounds: BoundsTuple) -> None:
    assert read_number(printed) == bounds


@pytest.mark.parametrize(
    ("printed", "bounds"),
    [
        ("Dozens", (24, None, 99)),
        ("DOZENS", (24, None, 99)),
        ("Several hundred", (300, None, 999)),
        ("More than 500", (501, None, None)),
        ("Up To 9,000", (None, None, 9000)),
        ("Seven", (7, 7, 7)),
        ("No one", (0, 0, 0)),
        ("  more   than\n500 ", (501, None, None)),
    ],
)
def test_capitals_and_line_breaks_do_not_change_a_number(printed: str, bounds: BoundsTuple) -> None:
    assert read_number(printed) == bounds


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "N",
        "n",
        "more than N",
        "more than",
        "many",
        "most",
        "none",
        "no two",
        "half",
        "two dozens",
        "dozens of 7",
        "several thousand",
        "one hundred",
        "twenty-one",
        "545 soldiers",
        "-5",
        "5.5",
        "5%",
        "9,00",
        "9,0000",
        "3-9",
        "7 of 14",
        "more than dozens",
        "fewer than 500",
        "not up to 500",
    ],
)
def test_what_the_table_does_not_hold_is_not_guessed(printed: str) -> None:
    assert read_number(printed) is None


@quick
@given(st.integers(0, 10**12), st.booleans())
def test_every_number_is_read_with_commas_or_without(number: int, commas: bool) -> None:
    text = f"{number:,}" if commas else str(number)
    assert read_number(text) == (number, number, number)
    assert read_number(f"more than {text}") == (number + 1, None, None)
    assert read_number(f"at least {text}") == (number, None, None)
    assert read_number(f"up to {text}") == (None, None, number)
    for word in ("about", "almost", "some"):
        assert read_number(f"{word} {text}") == (None, number, None)


@pytest.mark.parametrize("row", vocab.QUANTITY_PHRASES, ids=lambda row: row.phrase)
def test_every_row_that_is_served_is_the_row_that_is_used(row: vocab.QuantityPhrase) -> None:
    meant = {"N": 12, "N+1": 13, None: None}
    served = tuple(meant[bound] if bound in meant else int(bound or "") for bound in (row.low, row.best, row.high))
    assert read_number(row.phrase.replace("N", "12")) == served


@quick
@given(st.text(max_size=40) | st.text(alphabet="0123456789, one dozensupthra", max_size=20))
def test_any_text_is_not_a_number_or_has_its_bounds_in_order(printed: str) -> None:
    bounds = read_number(printed)
    if bounds is None:
        return
    known = [bound for bound in bounds if bound is not None]
    assert known == sorted(known) != []
    assert known[0] >= 0


# --- the published count: which claims may decide ----------------------------------------------------------------


def test_the_total_with_the_latest_day_decides() -> None:
    claims = [claim("a", total(300, july(3))), claim("b", total(545, july(5))), claim("c", total(501, july(4)))]
    assert published(claims, MOVED) == Published(545, 545, 545, "cumulative", "b")


def test_a_later_day_wins_over_a_best_a_narrower_range_and_a_later_report() -> None:
    exact = claim("a", total(545, july(4)), reported_on=july(9))
    vague = claim("b", total(None, july(5), low=200, high=999), reported_on=july(5))
    assert published([exact, vague], MOVED) == Published(200, None, 999, "cumulative", "b")


def test_a_denying_claim_never_decides() -> None:
    claims = [claim("a", total(300, july(3))), claim("b", total(545, july(5)), stance="denies")]
    assert published(claims, MOVED) == Published(300, 300, 300, "cumulative", "a")
    assert published(claims[1:], MOVED) is None


def test_a_planned_claim_never_decides() -> None:
    claims = [claim("a", total(300, july(3))), claim("b", total(545, july(5)), modality="planned")]
    assert published(claims, MOVED) == Published(300, 300, 300, "cumulative", "a")
    assert published(claims[1:], MOVED) is None


def test_denying_and_planned_increments_are_not_added() -> None:
    base = claim("a", total(300, july(3)))
    planned = claim("b", more(10, july(4)), modality="planned")
    denied = claim("c", more(20, july(5)), stance="denies")
    assert published([base, planned, denied], MOVED) == Published(300, 300, 300, "cumulative", "a")


@pytest.mark.parametrize("modality", ["fact", "reported", "possible"])
def test_every_other_asserting_claim_may_decide(modality: str) -> None:
    found = published([claim("a", total(300, july(3)), modality=modality)], MOVED)
    assert found == Published(300, 300, 300, "cumulative", "a")


@pytest.mark.parametrize("count_kind", ["stock", "capacity"])
def test_stocks_and_capacities_are_not_published(count_kind: str) -> None:
    held = Figure(MOVED, count_kind, 9000, 9000, 9000, as_of=july(5))
    assert published([claim("a", held)], MOVED) is None
    assert published([claim("a", held), claim("b", total(94, july(4)))], MOVED) == Published(
        94, 94, 94, "cumulative", "b"
    )


def test_only_the_measure_asked_for_is_published() -> None:
    claims = [claim("a", total(545, july(4)), total(7, july(5), measure="deaths"))]
    assert published(claims, MOVED) == Published(545, 545, 545, "cumulative", "a")
    assert published(claims, "deaths") == Published(7, 7, 7, "cumulative", "a")
    assert published(claims, "injuries") is None


def test_no_figure_is_nothing_and_not_zero() -> None:
    assert published([], MOVED) is None
    assert published([claim("a")], MOVED) is None


# --- ties --------------------------------------------------------------------------------------------------------


def test_of_one_day_a_total_with_a_best_wins_over_a_narrower_one() -> None:
    with_best = claim("z", Figure(MOVED, "cumulative", None, 545, None, as_of=july(4)), reported_on=july(4))
    narrower = claim("a", total(None, july(4), low=540, high=550), reported_on=july(5))
    assert deciding(with_best, narrower) == "z"


def test_of_two_with_a_best_the_narrower_wins() -> None:
    wide = claim("a", Figure(MOVED, "cumulative", 500, 545, 600, as_of=july(4)), reported_on=july(5))
    narrow = claim("z", Figure(MOVED, "cumulative", 540, 545, 550, as_of=july(4)), reported_on=july(4))
    assert deciding(wide, narrow) == "z"


def test_of_two_without_a_best_the_narrower_wins() -> None:
    wide = claim("a", total(None, july(4), low=200, high=999), reported_on=july(5))
    narrow = claim("z", total(None, july(4), low=300, high=999), reported_on=july(4))
    assert deciding(wide, narrow) == "z"


def test_a_total_without_a_bound_is_wider_than_any_with_both() -> None:
    bounded = claim("z", total(None, july(4), low=200, high=999), reported_on=july(4))
    assert deciding(bounded, claim("a", total(None, july(4), low=501), reported_on=july(5))) == "z"
    assert deciding(bounded, claim("a", total(None, july(4), high=9), reported_on=july(5))) == "z"


def test_of_two_equally_wide_the_later_report_wins() -> None:
    earlier = claim("a", total(500, july(4)), reported_on=july(4))
    later = claim("z", total(545, july(4)), reported_on=july(5))
    assert deciding(earlier, later) == "z"


def test_of_two_without_a_bound_the_later_report_wins() -> None:
    earlier = claim("a", total(None, july(4), low=501), reported_on=july(4))
    later = claim("z", total(None, july(4), low=301), reported_on=july(5))
    assert deciding(earlier, later) == "z"


def test_of_two_alike_in_all_else_the_first_id_wins() -> None:
    assert deciding(claim("b", total(545, july(4))), claim("a", total(500, july(4)))) == "a"


def test_a_figure_without_a_day_counts_up_to_the_last_day_of_its_claim_or_else_to_its_report() -> None:
    by_claim = claim("a", total(300), when=DateRange(july(1), july(3)), reported_on=july(9))
    by_report = claim("b", total(400), reported_on=july(4))
    assert deciding(by_claim, claim("c", total(500, july(2)))) == "a"
    assert deciding(by_claim, claim("c", total(500, july(4)))) == "c"
    assert deciding(by_claim, by_report) == "b"


# --- increments --------------------------------------------------------------------------------------------------


def test_increments_after_the_total_add_to_it_and_the_total_still_decides() -> None:
    claims = [claim("a", total(500, july(3))), claim("b", more(40, july(4))), claim("c", more(5, july(5)))]
    assert published(claims, MOVED) == Published(545, 545, 545, "cumulative", "a", added=("b", "c"))


def test_increments_up_to_the_day_of_the_total_are_in_it_already() -> None:
    claims = [claim("a", total(545, july(5))), claim("b", more(94, july(4))), claim("c", more(7, july(5)))]
    assert published(claims, MOVED) == Published(545, 545, 545, "cumulative", "a")


def test_bounds_add_up_one_by_one() -> None:
    claims = [
        claim("a", Figure(MOVED, "cumulative", 500, 520, 600, as_of=july(3))),
        claim("b", more(None, july(4), low=24, high=99)),
    ]
    assert published(claims, MOVED) == Published(524, None, 699, "cumulative", "a", added=("b",))


def test_a_bound_that_one_part_lacks_is_unknown_and_not_zero() -> None:
    claims = [claim("a", total(500, july(3))), claim("b", more(None, july(4), low=24))]
    assert published(claims, MOVED) == Published(524, None, None, "cumulative", "a", added=("b",))
    claims = [claim("a", total(None, july(3), low=501)), claim("b", more(None, july(4), high=20))]
    assert published(claims, MOVED) == Published(None, None, None, "cumulative", "a", added=("b",))


def test_a_total_of_zero_is_zero() -> None:
    assert published([claim("a", total(0, july(3)))], MOVED) == Published(0, 0, 0, "cumulative", "a")


def test_increments_without_a_total_stand_alone() -> None:
    claims = [claim("a", more(40, july(4))), claim("b", more(5, july(5)))]
    assert published(claims, MOVED) == Published(45, 45, 45, "increment", "b", added=("a",))
    assert published(claims[:1], MOVED) == Published(40, 40, 40, "increment", "a")


def test_two_tellings_of_one_days_increment_count_once() -> None:
    vague = claim("a", more(None, july(4), low=24, high=99))
    exact = claim("b", more(94, july(4)))
    assert published([vague, exact], MOVED) == Published(94, 94, 94, "increment", "b")
    with_total = [claim("t", total(500, july(3))), vague, exact]
    assert published(with_total, MOVED) == Published(594, 594, 594, "cumulative", "t", added=("b",))


# --- the article -------------------------------------------------------------------------------------------------


def test_the_flight_to_tajikistan_counts_545_by_the_claim_of_paragraph_25() -> None:
    found = published(coded("flight-to-tajikistan-2021"), MOVED)
    assert found == Published(545, 545, 545, "cumulative", "flight-to-tajikistan-2021-p25")


def test_the_group_of_khwahan_counts_94_more() -> None:
    found = published(coded("khwahan-crossing-2021-07-04"), MOVED)
    assert found is not None
    assert (found.low, found.best, found.high, found.count_kind) == (94, 94, 94, "increment")


def test_uzbekistan_expelled_dozens() -> None:
    found = published(coded("refuge-in-uzbekistan-2021-06-23"), MOVED)
    assert found is not None
    assert (found.low, found.best, found.high) == (24, None, 99)


# --- in general --------------------------------------------------------------------------------------------------


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    bounds = sorted(draw(st.lists(st.integers(0, 50), min_size=3, max_size=3)))
    low, best, high = (draw(st.none() | st.just(bound)) for bound in bounds)
    kind = draw(st.sampled_from(["cumulative", "cumulative", "increment", "increment", "stock", "capacity"]))
    as_of = draw(st.none() | st.integers(1, 5).map(july))
    return Figure(draw(st.sampled_from([MOVED, MOVED, "deaths"])), kind, low, best, high, as_of=as_of)


@st.composite
def events(draw: st.DrawFn) -> list[Claim]:
    ids = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6))
    return [
        claim(
            id_,
            *draw(st.lists(figures(), max_size=2)),
            stance=draw(st.sampled_from(["asserts", "asserts", "denies"])),
            modality=draw(st.sampled_from(["fact", "reported", "possible", "planned"])),
            reported_on=july(draw(st.integers(4, 6))),
        )
        for id_ in ids
    ]


@quick
@given(st.data(), events())
def test_the_published_count_does_not_depend_on_the_order(data: st.DataObject, claims: list[Claim]) -> None:
    assert published(data.draw(st.permutations(claims)), MOVED) == published(claims, MOVED)


@quick
@given(events())
def test_what_may_not_decide_changes_nothing(claims: list[Claim]) -> None:
    eligible = [told for told in claims if told.stance == "asserts" and told.modality != "planned"]
    assert published(claims, MOVED) == published(eligible, MOVED)


@quick
@given(events())
def test_the_published_count_keeps_its_bounds_in_order_and_names_a_claim_with_a_figure(
    claims: list[Claim],
) -> None:
    found = published(claims, MOVED)
    counted = {
        told.id: {figure.count_kind for figure in told.figures if figure.measure == MOVED}
        for told in claims
        if told.stance == "asserts" and told.modality != "planned"
    }
    kinds = {kind for kinds in counted.values() for kind in kinds} & {"cumulative", "increment"}
    assert (found is None) == (not kinds)
    if found is not None:
        assert found.count_kind == ("cumulative" if "cumulative" in kinds else "increment")
        assert found.count_kind in counted[found.claim]
        known = [bound for bound in (found.low, found.best, found.high) if bound is not None]
        assert known == sorted(known)
        assert all("increment" in counted[id_] for id_ in found.added)


@quick
@given(events())
def test_the_deciding_total_is_the_latest_and_is_never_counted_with_another_total(claims: list[Claim]) -> None:
    totals_only = [
        claim(
            told.id,
            *(figure for figure in told.figures if figure.count_kind == "cumulative" and figure.measure == MOVED),
            stance=told.stance,
            modality=told.modality,
            reported_on=told.reported_on,
        )
        for told in claims
    ]
    found = published(totals_only, MOVED)
    eligible = [
        (figure.as_of or told.reported_on, told.id, (figure.low, figure.best, figure.high))
        for told in totals_only
        if told.stance == "asserts" and told.modality != "planned"
        for figure in told.figures
    ]
    if found is None:
        assert eligible == []
    else:
        latest = max(day for day, _, _ in eligible)
        assert (latest, found.claim, (found.low, found.best, found.high)) in eligible
