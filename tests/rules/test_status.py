"""The rule of status: every row of its table, every precedence, and what makes origins independent."""

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.rules.facts import Claim
from app.rules.status import Corroboration, corroboration, independent_origins, origin, standing_claims, status
from tests.rules import event_facts as facts

quick = examples(150)
Claims = list[Claim]


def claim(
    modality: str = "fact",
    origin: str | None = "outlet",
    stance: str = "asserts",
    id_: str = "c",
    document: str = "article",
    reported: int = 5,
    narration: bool = False,
) -> Claim:
    return facts.claim(
        id_,
        origin=origin,
        document=document,
        stance=stance,
        modality=modality,
        reported=reported,
        narration=narration,
    )


def denial(modality: str = "fact", origin: str | None = "ministry", reported: int = 5) -> Claim:
    return claim(modality, origin, stance="denies", reported=reported)


claims_of_one_event = st.lists(
    st.builds(
        claim,
        modality=st.sampled_from(["fact", "reported", "possible", "planned"]),
        origin=st.sampled_from([None, "outlet", "agency", "ministry"]),
        stance=st.sampled_from(["asserts", "asserts", "asserts", "denies"]),
        id_=st.sampled_from("abcdefgh"),
        document=st.sampled_from(["article", "dataset"]),
    ),
    min_size=1,
    max_size=6,
)


# --- the table ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("modality", ["fact", "reported"])
def test_one_origin_that_asserts_as_fact_or_reported_is_reported(modality: str) -> None:
    assert status([claim(modality)]) == "reported"


@pytest.mark.parametrize("modality", ["possible", "planned"])
def test_a_claim_only_possible_or_planned_is_unconfirmed(modality: str) -> None:
    assert status([claim(modality)]) == "unconfirmed"


def test_possible_and_planned_together_are_unconfirmed_however_many_say_so() -> None:
    claims = [claim("possible", "outlet"), claim("planned", "agency"), claim("possible", "ministry")]
    assert status(claims) == "unconfirmed"


@pytest.mark.parametrize("first", ["fact", "reported"])
@pytest.mark.parametrize("second", ["fact", "reported"])
def test_two_independent_origins_corroborate(first: str, second: str) -> None:
    assert status([claim(first, "outlet"), claim(second, "agency")]) == "corroborated"


@pytest.mark.parametrize("modality", ["fact", "reported", "possible", "planned"])
def test_only_denials_are_denied_however_they_are_put(modality: str) -> None:
    assert status([denial(modality)]) == "denied"
    assert status([denial(modality), denial("fact", "agency")]) == "denied"


@pytest.mark.parametrize("asserted", ["fact", "reported", "possible", "planned"])
@pytest.mark.parametrize("denied", ["fact", "reported", "possible", "planned"])
def test_any_assertion_beside_any_denial_is_disputed(asserted: str, denied: str) -> None:
    assert status([claim(asserted), denial(denied)]) == "disputed"


# --- which rule wins ---------------------------------------------------------------------------------------------


def test_disputed_wins_over_corroborated() -> None:
    assert status([claim("fact", "outlet"), claim("fact", "agency"), denial()]) == "disputed"


def test_disputed_wins_over_unconfirmed() -> None:
    assert status([claim("possible", "outlet"), denial()]) == "disputed"


def test_an_origin_that_contradicts_itself_is_disputed() -> None:
    assert status([claim("fact", "outlet"), denial("fact", "outlet")]) == "disputed"


def test_an_unattributed_denial_disputes_too() -> None:
    assert status([claim("fact", "outlet"), denial("fact", None)]) == "disputed"


def test_one_fact_among_possibilities_is_reported() -> None:
    assert status([claim("possible", "agency"), claim("fact", "outlet"), claim("planned", "ministry")]) == "reported"


def test_a_possibility_does_not_corroborate_a_fact() -> None:
    assert status([claim("fact", "outlet"), claim("possible", "agency")]) == "reported"
    assert status([claim("reported", "outlet"), claim("planned", "agency")]) == "reported"


# --- independence of origins -------------------------------------------------------------------------------------


def test_an_origin_does_not_corroborate_itself() -> None:
    assert status([claim("fact", "outlet", id_="a"), claim("reported", "outlet", id_="b")]) == "reported"


def test_two_documents_that_pass_on_one_origin_are_one_origin() -> None:
    claims = [claim(origin="ministry", document="article"), claim(origin="ministry", document="dataset")]
    assert status(claims) == "reported"
    assert corroboration(claims) == Corroboration(2, ("ministry",), unattributed=0, asserting=2, denying=0)


def test_one_document_that_passes_on_two_origins_corroborates() -> None:
    claims = [claim(origin="outlet"), claim(origin="ministry")]
    assert status(claims) == "corroborated"
    assert corroboration(claims) == Corroboration(1, ("ministry", "outlet"), unattributed=0, asserting=2, denying=0)


@pytest.mark.parametrize("modality", ["fact", "reported"])
def test_an_unattributed_report_is_reported_and_adds_no_origin(modality: str) -> None:
    assert status([claim(modality, None)]) == "reported"
    assert corroboration([claim(modality, None)]) == Corroboration(1, (), unattributed=1, asserting=1, denying=0)


def test_unattributed_reports_never_corroborate() -> None:
    assert status([claim("fact", None, id_="a"), claim("fact", None, id_="b")]) == "reported"
    assert status([claim("fact", "outlet"), claim("fact", None)]) == "reported"


def test_denials_and_possibilities_are_no_origins_of_an_event() -> None:
    claims = [claim("fact", "outlet"), claim("possible", "agency"), denial("fact", "ministry")]
    assert corroboration(claims) == Corroboration(1, ("outlet",), unattributed=0, asserting=2, denying=1)


SOURCES: dict[str, tuple[str | None, str]] = {
    "government": (None, "ministry"),
    "ministry": ("government", "ministry"),
    "minister": ("ministry", "official"),
    "spokesman": ("government", "spokesperson"),
    "outlet": (None, "outlet"),
    "rumours": ("outlet", "unattributed"),
    "dataset": (None, "dataset"),
    "hen": ("egg", "official"),
    "egg": ("hen", "official"),
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("government", "government"),
        ("minister", "government"),
        ("spokesman", "government"),
        ("outlet", "outlet"),
        ("rumours", None),
        ("dataset", None),
        ("unknown", "unknown"),
        ("hen", "egg"),  # a circle ends
    ],
)
def test_an_origin_is_the_outermost_organisation_of_the_first_hop(source: str, expected: str | None) -> None:
    assert origin(source, SOURCES.get) == expected


# --- who gives a stance up ----------------------------------------------------------------------------------------


def test_who_gives_up_a_denial_no_longer_denies() -> None:
    claims = [claim(origin="outlet"), denial(reported=3), claim(origin="ministry", reported=4)]
    assert status(claims) == "corroborated"
    assert corroboration(claims) == Corroboration(1, ("ministry", "outlet"), unattributed=0, asserting=2, denying=0)


def test_who_withdraws_an_assertion_no_longer_asserts() -> None:
    claims = [claim(origin="ministry", reported=3), denial(reported=4)]
    assert status(claims) == "denied"
    assert standing_claims(claims) == claims[1:]


def test_both_stances_of_one_day_stand_and_so_does_all_that_nobody_named_says() -> None:
    claims = [claim(origin="ministry"), denial(), claim(origin=None, reported=3), denial(origin=None, reported=4)]
    assert standing_claims(claims) == claims


# --- narration ----------------------------------------------------------------------------------------------------


def test_narration_does_not_corroborate_the_source_that_it_retells() -> None:
    claims = [claim(origin="outlet", narration=True), claim("reported", "ministry")]
    assert independent_origins(claims) == {"ministry"}
    assert status(claims) == "reported"


def test_narration_alone_or_beside_nobody_named_is_an_origin() -> None:
    told = claim(origin="outlet", narration=True)
    assert independent_origins([told]) == {"outlet"}
    assert independent_origins([told, claim("reported", None)]) == {"outlet"}


def test_another_documents_narration_is_an_origin_of_its_own() -> None:
    claims = [claim("reported", "ministry"), claim(origin="agency", document="second", narration=True)]
    assert independent_origins(claims) == {"agency", "ministry"}
    assert status(claims) == "corroborated"


# --- in general --------------------------------------------------------------------------------------------------


@quick
@given(st.data(), claims_of_one_event)
def test_neither_status_nor_corroboration_depends_on_the_order(data: st.DataObject, claims: Claims) -> None:
    shuffled = data.draw(st.permutations(claims))
    assert status(shuffled) == status(claims)
    assert corroboration(shuffled) == corroboration(claims)


@quick
@given(claims_of_one_event)
def test_saying_it_twice_changes_no_status(claims: Claims) -> None:
    assert status(claims * 2) == status(claims)
    assert corroboration(claims * 2).origins == corroboration(claims).origins


@quick
@given(claims_of_one_event)
def test_a_denial_more_leaves_only_disputed_or_denied(claims: Claims) -> None:
    asserted = any(fact.stance == "asserts" for fact in claims)
    assert status([*claims, denial(origin=None)]) == ("disputed" if asserted else "denied")


@quick
@given(claims_of_one_event)
def test_an_unattributed_fact_more_adds_no_origin_and_never_corroborates(claims: Claims) -> None:
    more = [*claims, claim("fact", None)]
    assert corroboration(more).origins == corroboration(claims).origins
    assert (status(more) == "corroborated") == (status(claims) == "corroborated")


@quick
@given(claims_of_one_event)
def test_corroborated_means_two_origins_and_no_denial(claims: Claims) -> None:
    attested = corroboration(claims)
    assert attested.asserting + attested.denying == len(claims)
    assert (status(claims) == "corroborated") == (len(attested.origins) >= 2 and attested.denying == 0)
