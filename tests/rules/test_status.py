"""The rule of status: every row of its table, every precedence, and what makes origins independent."""

from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import PackContent, SourceDraft
from app.ingest.packs.reader import read_pack
from app.rules.facts import Claim
from app.rules.status import Corroboration, corroboration, status
from app.settings import PROJECT_ROOT
from app.timespan import DateRange

quick = settings(max_examples=150, database=None, deadline=None)
Claims = list[Claim]


def claim(
    modality: str = "fact",
    origin: str | None = "outlet",
    stance: str = "asserts",
    id_: str = "c",
    document: str = "article",
) -> Claim:
    return Claim(
        id=id_,
        document=document,
        origin=origin,
        stance=stance,
        modality=modality,
        reported_on=date(2021, 7, 5),
        date=DateRange(),
        precision="unknown",
    )


def denial(modality: str = "fact", origin: str | None = "ministry") -> Claim:
    return claim(modality, origin, stance="denies")


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


@cache
def pack() -> tuple[PackContent, DraftCatalogue]:
    content, problems = read_pack(PROJECT_ROOT / "seed" / "northern-afghanistan-2021")
    assert content is not None
    assert problems == []
    universe = DraftCatalogue()
    universe.add(content)
    return content, universe


def coded(event: str) -> Claims:
    """What the article's pack holds about an event, as the rules see it."""
    content, universe = pack()
    return [universe.claim_of(draft, content.pack) for draft in universe.claims[event]]


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
    assert corroboration(claims) == Corroboration(documents=2, origins=1, asserting=2, denying=0)


def test_one_document_that_passes_on_two_origins_corroborates() -> None:
    claims = [claim(origin="outlet"), claim(origin="ministry")]
    assert status(claims) == "corroborated"
    assert corroboration(claims) == Corroboration(documents=1, origins=2, asserting=2, denying=0)


@pytest.mark.parametrize("modality", ["fact", "reported"])
def test_an_unattributed_report_is_reported_and_adds_no_origin(modality: str) -> None:
    assert status([claim(modality, None)]) == "reported"
    assert corroboration([claim(modality, None)]).origins == 0


def test_unattributed_reports_never_corroborate() -> None:
    assert status([claim("fact", None, id_="a"), claim("fact", None, id_="b")]) == "reported"
    assert status([claim("fact", "outlet"), claim("fact", None)]) == "reported"


def test_denials_and_possibilities_are_no_origins_of_an_event() -> None:
    claims = [claim("fact", "outlet"), claim("possible", "agency"), denial("fact", "ministry")]
    assert corroboration(claims) == Corroboration(documents=1, origins=1, asserting=2, denying=1)


def source(id_: str, organisation: str | None = None, kind: str = "official") -> SourceDraft:
    return SourceDraft(file="sources.toml", id=id_, name=id_, kind=kind, organisation=organisation)


def test_two_people_of_one_organisation_are_one_origin() -> None:
    universe = DraftCatalogue(
        sources={
            "government": source("government"),
            "ministry": source("ministry", "government"),
            "minister": source("minister", "ministry"),
            "spokesman": source("spokesman", "government"),
            "outlet": source("outlet"),
        }
    )
    assert {universe.origin_of(id_) for id_ in ("government", "ministry", "minister", "spokesman")} == {"government"}
    assert universe.origin_of("outlet") == "outlet"


def test_an_unattributed_hop_is_no_origin_even_inside_an_organisation() -> None:
    universe = DraftCatalogue(
        sources={"outlet": source("outlet"), "rumours": source("rumours", "outlet", "unattributed")}
    )
    assert universe.origin_of("rumours") is None


def test_the_uzbek_president_and_the_uzbek_ministry_are_one_origin() -> None:
    _, universe = pack()
    assert universe.origin_of("shavkat-mirziyoyev") == universe.origin_of("uzbek-foreign-ministry")
    assert universe.origin_of("peter-leonard") == universe.origin_of("eurasianet") == "eurasianet"
    assert universe.origin_of("unattributed-reports") is None


# --- the article -------------------------------------------------------------------------------------------------


def test_the_evacuation_of_dostum_is_disputed() -> None:
    claims = coded("dostum-evacuated-2021")
    assert status(claims) == "disputed"
    assert corroboration(claims).denying == 1


def test_the_flight_to_tajikistan_rests_on_the_outlet_and_on_rfe_rl() -> None:
    claims = coded("flight-to-tajikistan-2021")
    assert status(claims) == "corroborated"
    assert {fact.origin for fact in claims if fact.counts_as_report and fact.origin} == {"bne-intellinews", "rfe-rl"}


def test_the_recapture_of_kaldar_is_told_by_the_outlet_alone() -> None:
    claims = coded("kaldar-recaptured-2021-06-29")
    assert status(claims) == "reported"
    assert corroboration(claims) == Corroboration(documents=1, origins=1, asserting=1, denying=0)


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
    assert status([*claims, denial()]) == ("disputed" if asserted else "denied")


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
    assert (status(claims) == "corroborated") == (attested.origins >= 2 and attested.denying == 0)
