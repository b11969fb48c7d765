"""The rule of totals: nobody is counted twice, and what is left out has its reason."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.facts import Claim, Figure
from app.rules.totals import MovementClaims, Total, TotalBounds, superseded, total
from app.timespan import DateRange

quick = settings(max_examples=80, database=None, deadline=None)
MOVED = "persons_moved"
ALWAYS = DateRange()
NOTHING = TotalBounds()
Parents = dict[str, str | None]


def july(number: int) -> date:
    return date(2021, 7, number)


def days(first: int, last: int | None = None) -> DateRange:
    return DateRange(july(first), july(last or first))


def number(
    best: int | None,
    *,
    low: int | None = None,
    high: int | None = None,
    kind: str = "cumulative",
    as_of: int | None = 5,
    measure: str = MOVED,
) -> Figure:
    low, high = (low, high) if best is None else (best, best)
    return Figure(measure, kind, low, best, high, as_of=july(as_of) if as_of else None)


def claim(id_: str, *figures: Figure, stance: str = "asserts", modality: str = "fact", day: int = 5) -> Claim:
    return Claim(id_, "paper", "outlet", stance, modality, july(day), days(1, 5), "range", figures)


def moved(
    event: str,
    figure: Figure | None = None,
    *,
    when: DateRange | None = None,
    part_of: str | None = None,
    population: str = "troops",
    status: str = "reported",
) -> MovementClaims:
    claims = (claim(f"{event}-claim", *([figure] if figure else [])),)
    return MovementClaims(event, part_of, population, status, when or days(1, 5), claims)


def parents_of(*movements: MovementClaims) -> Parents:
    return {one.event: one.part_of for one in movements}


def included_of(found: Total) -> list[tuple[str, str]]:
    return [(one.movement.event, one.counts) for one in found.included]


FLIGHT = moved("flight", number(545), when=days(1, 5))
GROUP = moved("group", number(94, kind="increment", as_of=4), when=days(4), part_of="flight")
BOTH = parents_of(FLIGHT, GROUP)


# One question after another.


def test_a_part_does_not_count_beside_its_whole() -> None:
    found = total([FLIGHT, GROUP], ALWAYS, BOTH)
    assert found.bounds == TotalBounds(545, 545, 545)
    assert included_of(found) == [("flight", "all")]
    assert found.excluded == [("group", "part_of")]


def test_a_whole_only_partly_inside_gives_its_high_and_its_parts_their_low() -> None:
    found = total([FLIGHT, GROUP], days(4), BOTH)
    assert found.bounds == TotalBounds(94, None, 545)
    assert found.by_population == {"troops": TotalBounds(94, None, 545)}
    assert included_of(found) == [("flight", "high"), ("group", "low")]
    assert found.excluded == []


def test_a_whole_partly_inside_without_a_part_inside_may_have_been_nobody() -> None:
    found = total([FLIGHT, GROUP], days(2), BOTH)
    assert found.bounds == TotalBounds(0, None, 545)
    assert found.excluded == [("group", "part_of")]


def test_a_part_of_a_part_counts_once() -> None:
    inner = moved("inner", number(30, as_of=4), when=days(4), part_of="group")
    found = total([FLIGHT, GROUP, inner], days(4), parents_of(FLIGHT, GROUP, inner))
    assert found.bounds == TotalBounds(94, None, 545)
    assert found.excluded == [("inner", "part_of")]
    fuzzy = moved("group", number(94), when=days(3, 4), part_of="flight")
    found = total([FLIGHT, fuzzy, inner], days(4), parents_of(FLIGHT, fuzzy, inner))
    assert found.bounds == TotalBounds(30, None, 545)
    assert included_of(found) == [("flight", "high"), ("inner", "low")]
    assert found.excluded == [("group", "part_of")]


def test_a_part_counts_where_its_whole_does_not() -> None:
    assert total([GROUP], ALWAYS, BOTH).bounds == TotalBounds(94, 94, 94)
    silent = moved("flight")
    found = total([silent, GROUP], ALWAYS, BOTH)
    assert (found.bounds, found.excluded) == (TotalBounds(94, 94, 94), [("flight", "no_figure")])
    doubted = moved("flight", number(545), status="disputed")
    found = total([doubted, GROUP], ALWAYS, BOTH)
    assert (found.bounds, found.excluded) == (TotalBounds(94, 94, 94), [("flight", "disputed")])


def test_an_ancestor_further_out_counts_over_one_that_does_not_match() -> None:
    found = total([FLIGHT, GROUP], ALWAYS, {"group": "no-movement", "no-movement": "flight"})
    assert (found.bounds, found.excluded) == (TotalBounds(545, 545, 545), [("group", "part_of")])


def test_parts_that_go_round_in_a_circle_come_to_an_end() -> None:
    found = total([FLIGHT], ALWAYS, {"flight": "elsewhere", "elsewhere": "flight"})
    assert found.bounds == TotalBounds(545, 545, 545)


@pytest.mark.parametrize("status", ["disputed", "unconfirmed", "denied"])
def test_what_is_doubted_counts_only_if_it_is_asked_for(status: str) -> None:
    doubted = moved("doubted", number(10), status=status)
    left = total([doubted, FLIGHT], ALWAYS, {})
    assert (left.bounds, left.excluded) == (TotalBounds(545, 545, 545), [("doubted", status)])
    for other in {"disputed", "unconfirmed", "denied"} - {status}:
        assert total([doubted], ALWAYS, {}, [other]).excluded == [("doubted", status)]
    asked = total([doubted, FLIGHT], ALWAYS, {}, [status, "reported"])
    assert (asked.bounds, asked.excluded) == (TotalBounds(555, 555, 555), [])
    assert total([moved("silent", status=status)], ALWAYS, {}, [status]).excluded == [("silent", "no_figure")]


@pytest.mark.parametrize("kind", ["stock", "capacity"])
def test_stocks_and_capacities_are_no_count(kind: str) -> None:
    found = total([moved("camp", number(100, kind=kind))], ALWAYS, {})
    assert (found.bounds, found.excluded) == (NOTHING, [("camp", "no_figure")])
    other = total([moved("attempts", number(3, measure="attempts"))], ALWAYS, {})
    assert other.excluded == [("attempts", "no_figure")]


def test_nothing_counted_is_unknown_and_not_0() -> None:
    assert total([], ALWAYS, {}) == Total(NOTHING, {}, [], [])


def test_populations_are_never_added_up() -> None:
    civilians = moved("civilians", number(1000), population="civilians")
    found = total([FLIGHT, civilians], ALWAYS, {})
    assert found.bounds == NOTHING
    assert found.by_population == {"civilians": TotalBounds(1000, 1000, 1000), "troops": TotalBounds(545, 545, 545)}


def test_a_part_of_another_population_keeps_its_certain_number_beside_a_whole_partly_inside() -> None:
    whole = moved("whole", number(545), population="mixed", when=days(1, 5))
    part = moved("part", number(94), population="troops", when=days(4), part_of="whole")
    found = total([whole, part], days(4), parents_of(whole, part))
    assert found.bounds == NOTHING
    assert found.by_population["mixed"] == TotalBounds(0, None, 545)
    troops = found.by_population["troops"]
    assert troops.low == 94
    assert troops.high is None or troops.high >= 94


def test_a_best_needs_everything_to_be_sure_and_to_have_one() -> None:
    dozens = moved("dozens", number(None, low=24, high=99))
    assert total([FLIGHT, dozens], ALWAYS, {}).bounds == TotalBounds(569, None, 644)
    about = moved("about", Figure(MOVED, "cumulative", None, 50, None, as_of=july(5)))
    assert total([FLIGHT, about], ALWAYS, {}).bounds == TotalBounds(None, 595, None)


# Why a claim does not decide.


def reasons(*claims: Claim) -> dict[str, str]:
    return dict(superseded(MovementClaims("flight", None, "troops", "reported", days(1, 5), claims)))


def test_every_claim_that_does_not_decide_has_its_reason() -> None:
    assert reasons(
        claim("decides", number(545, as_of=5)),
        claim("earlier", number(500, as_of=4)),
        claim("vague", number(None, low=200, high=999, as_of=5)),
        claim("covered", number(94, kind="increment", as_of=4)),
        claim("silent"),
        claim("stock", number(12, kind="stock")),
        claim("attempts", number(3, measure="attempts")),
        claim("denies", number(600), stance="denies"),
        claim("planned", number(700, as_of=5), modality="planned"),
    ) == {
        "earlier": "earlier",
        "vague": "less_exact",
        "covered": "covered",
        "silent": "no_figure",
        "stock": "not_a_count",
        "attempts": "no_figure",
        "denies": "denies",
        "planned": "planned",
    }


def test_an_increment_that_adds_to_the_total_is_not_superseded() -> None:
    later = claim("later", number(20, kind="increment", as_of=6))
    assert reasons(claim("decides", number(545, as_of=5)), later) == {}


def test_a_vaguer_telling_of_an_added_increment_is_less_exact_and_not_covered() -> None:
    assert reasons(
        claim("decides", number(545, as_of=4)),
        claim("later", number(20, kind="increment", as_of=5)),
        claim("vague", number(None, low=10, high=99, kind="increment", as_of=5)),
    ) == {"vague": "less_exact"}


def test_of_increments_alone_the_vaguer_one_of_an_earlier_day_is_less_exact_too() -> None:
    assert reasons(
        claim("first", number(20, kind="increment", as_of=3)),
        claim("vague", number(None, low=10, high=99, kind="increment", as_of=3)),
        claim("last", number(5, kind="increment", as_of=5)),
    ) == {"vague": "less_exact"}


def test_a_movement_without_a_count_supersedes_nothing() -> None:
    assert reasons(claim("silent")) == {}


# Rules that hold for any movements.


@st.composite
def movements(draw: st.DrawFn, *, one_population: bool = False) -> tuple[list[MovementClaims], Parents]:
    """Movements in a forest; a part lies within its whole's days and has its own numbers."""
    found: list[MovementClaims] = []
    for at in range(draw(st.integers(1, 6))):
        outer = draw(st.one_of(st.none(), st.sampled_from(found))) if found else None
        first, last = sorted([draw(st.integers(1, 9)), draw(st.integers(1, 9))])
        low = draw(st.one_of(st.none(), st.integers(0, 50)))
        high = draw(st.one_of(st.none(), st.integers(50, 200)))
        best = draw(st.one_of(st.none(), st.just(50)))
        figure = Figure(MOVED, "cumulative", low, best, high, as_of=july(9))
        found.append(
            MovementClaims(
                event=f"event-{at}",
                part_of=outer.event if outer else None,
                population="troops" if one_population else draw(st.sampled_from(["troops", "civilians"])),
                status=draw(st.sampled_from(["reported", "reported", "corroborated", "disputed"])),
                dates=draw(st.sampled_from([days(first, last), DateRange(july(first), None), DateRange()])),
                claims=(claim(f"claim-{at}", *([figure] if draw(st.integers(0, 4)) else [])),),
            )
        )
    return found, parents_of(*found)


windows = st.one_of(
    st.just(DateRange()),
    st.tuples(st.integers(1, 9), st.integers(0, 8)).map(
        lambda pair: DateRange(july(pair[0]), july(pair[0]) + timedelta(days=pair[1]))
    ),
)


def counts_alone(one: MovementClaims) -> bool:
    return one.status != "disputed" and one.count is not None


@quick
@given(movements(one_population=True), windows)
def test_a_total_never_exceeds_the_highs_of_those_without_a_counting_ancestor(
    forest: tuple[list[MovementClaims], Parents], window: DateRange
) -> None:
    found, parents = forest
    countable = {one.event for one in found if counts_alone(one)}

    def ancestors(id_: str) -> set[str]:
        outer = parents[id_]
        return set() if outer is None else {outer} | ancestors(outer)

    roots = [one for one in found if one.event in countable and not ancestors(one.event) & countable]
    highs = [one.count.high for one in roots if one.count]
    result = total(found, window, parents)
    if not roots:
        assert result.bounds == NOTHING
    elif None in highs:
        assert result.bounds.high is None
    else:
        assert result.bounds.high is not None
        assert result.bounds.high <= sum(high for high in highs if high is not None)


@quick
@given(movements(), windows, st.integers(0, 500), st.sampled_from(["troops", "civilians"]))
def test_a_part_beside_a_whole_that_counts_wholly_changes_no_total(
    forest: tuple[list[MovementClaims], Parents], window: DateRange, size: int, population: str
) -> None:
    found, parents = forest
    before = total(found, window, parents)
    for whole in [one.movement for one in before.included if one.counts == "all"]:
        part = moved("part", number(size), when=whole.dates, part_of=whole.event, population=population)
        after = total([*found, part], window, parents | {"part": whole.event})
        assert (after.bounds, after.by_population) == (before.bounds, before.by_population)
        assert after.included == before.included
        assert after.excluded == sorted([*before.excluded, ("part", "part_of")])


@quick
@given(movements(), windows)
def test_low_is_at_most_best_and_best_at_most_high(
    forest: tuple[list[MovementClaims], Parents], window: DateRange
) -> None:
    result = total(forest[0], window, forest[1])
    for bounds in (result.bounds, *result.by_population.values()):
        known = [bound for bound in (bounds.low, bounds.best, bounds.high) if bound is not None]
        assert known == sorted(known)


@quick
@given(movements(), windows, st.randoms(use_true_random=False))
def test_the_order_of_movements_does_not_matter(
    forest: tuple[list[MovementClaims], Parents], window: DateRange, random: Random
) -> None:
    shuffled = list(forest[0])
    random.shuffle(shuffled)
    assert total(shuffled, window, forest[1]) == total(forest[0], window, forest[1])


@quick
@given(movements(), windows, st.sampled_from([(), ("disputed",), ("disputed", "reported", "corroborated")]))
def test_every_movement_is_either_counted_or_left_out_once(
    forest: tuple[list[MovementClaims], Parents], window: DateRange, asked: tuple[str, ...]
) -> None:
    result = total(forest[0], window, forest[1], asked)
    told = [one.movement.event for one in result.included] + [event for event, _ in result.excluded]
    assert sorted(told) == sorted(one.event for one in forest[0])
    assert set(result.by_population) == {one.movement.population for one in result.included}
    only = list(result.by_population.values())
    assert result.bounds == (only[0] if len(only) == 1 else NOTHING)


@quick
@given(movements(), windows)
def test_what_certainly_counts_in_a_window_counts_in_a_wider_one(
    forest: tuple[list[MovementClaims], Parents], window: DateRange
) -> None:
    narrow, wide = total(forest[0], window, forest[1]), total(forest[0], ALWAYS, forest[1])
    whole = {event for event, counts in included_of(narrow) if counts == "all"}
    assert whole <= {event for event, counts in included_of(wide) if counts == "all"}
    assert {counts for _, counts in included_of(wide)} <= {"all"}
