"""The code lists: exactly those of the contract, each code once and with a definition."""

import csv
import io
import json
import re
from typing import get_args

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from app import vocab
from app.ingest.packs.drafts import EventActorDraft
from app.vocab import VOCABULARIES, QuantityPhrase, RelativeDate, Term, Vocabulary

# As the contract writes them, in its order.
CONTRACT = {
    "source_kind": "article | outlet | agency | dataset | journalist | official | ministry | spokesperson | website | "
    "social_media_post | witness | unattributed",
    "location_kind": "country | province | district | city | town | border_crossing | airbase | river | border | "
    "region",
    "point_kind": "exact | centroid | approximate",
    "actor_kind": "state_forces | rebel_group | militia | government | international_forces | organisation | person | "
    "civilians | other",
    "relation": "part_of | allied_with | commands | successor_of",
    "stance": "asserts | denies",
    "modality": "fact | reported | possible | planned",
    "reported_basis": "stated | document",
    "count_kind": "increment | cumulative | stock | capacity",
    "precision": "day | range | span | unknown",
    "category": "control_change | clash | offensive | movement | border_measure | mobilisation | diplomacy | "
    "statement | humanitarian | violence_against_civilians | other",
    "role": "initiator | target | ally | host | speaker | participant | gains | loses | mover",
    "extent": "full | partial | surroundings",
    "means": "captured | recaptured | handed_over | abandoned | held | unknown",
    "population": "troops | militia | civilians | mixed | person",
    "outcome": "admitted | expelled | barred | deployed | withdrawn | returned | unknown",
}
STATUSES = {"disputed", "denied", "unconfirmed", "corroborated", "reported"}

ACLED_EVENT_TYPES = {
    "Battles",
    "Protests",
    "Riots",
    "Explosions/Remote violence",
    "Violence against civilians",
    "Strategic developments",
}
PLOVER_CATEGORIES = {
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "CONCEDE",
    "COOPERATE",
    "AID",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
}

every_list = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES.keys())


@pytest.mark.parametrize("name", CONTRACT)
def test_a_list_has_the_codes_of_the_contract_in_its_order(name: str) -> None:
    assert VOCABULARIES[name].codes == CONTRACT[name].split(" | ")


def test_the_statuses_are_those_of_the_rule() -> None:
    assert set(vocab.EventStatus.vocabulary.codes) == STATUSES
    assert len(vocab.EventStatus.vocabulary.codes) == 5


def test_no_list_is_missing_and_none_is_unknown() -> None:
    assert set(VOCABULARIES) >= {*CONTRACT, "status", "measure", "location_precision"}


@every_list
def test_every_code_occurs_once(vocabulary: Vocabulary) -> None:
    assert len(set(vocabulary.codes)) == len(vocabulary.codes) > 0


@every_list
def test_every_code_is_lower_case_words_joined_by_underscores(vocabulary: Vocabulary) -> None:
    assert [code for code in vocabulary.codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


@every_list
def test_every_list_and_every_code_has_a_definition_that_is_a_sentence(vocabulary: Vocabulary) -> None:
    texts = [vocabulary.definition, *(term.definition for term in vocabulary.terms)]
    assert [text for text in texts if not re.fullmatch(r"\S.*\S", text) or not text.endswith(".")] == []


@every_list
def test_no_definition_is_given_twice_in_a_list(vocabulary: Vocabulary) -> None:
    assert len({term.definition for term in vocabulary.terms}) == len(vocabulary.terms)


def test_every_list_is_found_by_its_own_name() -> None:
    assert [name for name, vocabulary in VOCABULARIES.items() if vocabulary.name != name] == []


def test_every_category_has_its_counterpart_in_acled_or_plover() -> None:
    assert [term.code for term in vocab.EventCategory.vocabulary.terms if not (term.acled or term.plover)] == []


@pytest.mark.parametrize("term", vocab.EventCategory.vocabulary.terms, ids=vocab.EventCategory.vocabulary.codes)
def test_the_counterparts_of_a_category_exist_in_acled_and_plover(term: Term) -> None:
    acled = {part.split(":")[0].strip() for part in (term.acled or "").split(";") if ":" in part}
    plover = {part.strip() for part in (term.plover or "").split("/") if part.strip()}
    if term.acled and not acled:
        acled = {term.acled}
    assert acled <= ACLED_EVENT_TYPES
    assert plover <= PLOVER_CATEGORIES


@pytest.mark.parametrize(
    ("code", "acled", "plover"),
    [
        ("clash", "Battles: Armed clash", "ASSAULT"),
        ("violence_against_civilians", "Violence against civilians", "ASSAULT"),
        ("humanitarian", None, "AID"),
        ("other", "Strategic developments: Other", None),
    ],
)
def test_a_category_names_its_counterparts(code: str, acled: str | None, plover: str | None) -> None:
    [term] = [term for term in vocab.EventCategory.vocabulary.terms if term.code == code]
    assert (term.acled, term.plover) == (acled, plover)


def test_derived_roles_are_served_and_never_coded() -> None:
    coded = list(get_args(EventActorDraft.model_fields["role"].annotation))
    assert coded == ["initiator", "target", "ally", "host", "speaker", "participant"]
    assert set(vocab.ActorRole.vocabulary.codes) - set(coded) == {"gains", "loses", "mover"}


def test_only_articles_and_datasets_are_documents() -> None:
    assert list(vocab.DOCUMENT_KINDS) == ["article", "dataset"]


def test_what_rules_and_totals_count_is_a_measure() -> None:
    assert {"persons_moved", "deaths", "districts_held"} <= set(vocab.Measure.vocabulary.codes)


@pytest.mark.parametrize(
    "row",
    [
        QuantityPhrase("dozens", low="24", high="99"),
        QuantityPhrase("hundreds", low="200", high="999"),
        QuantityPhrase("several hundred", low="300", high="999"),
        QuantityPhrase("several", low="3", high="9"),
        QuantityPhrase("thousands", low="2000", high="9999"),
        QuantityPhrase("more than N", low="N+1"),
        QuantityPhrase("at least N", low="N"),
        QuantityPhrase("up to N", high="N"),
        QuantityPhrase("about N", best="N"),
        QuantityPhrase("almost N", best="N"),
        QuantityPhrase("some N", best="N"),
        QuantityPhrase("N", low="N", best="N", high="N"),
    ],
    ids=lambda row: row.phrase,
)
def test_the_served_table_of_numbers_has_the_row_of_the_contract(row: QuantityPhrase) -> None:
    assert [served for served in vocab.QUANTITY_PHRASES if served.phrase == row.phrase] == [row]


def test_best_comes_only_from_a_bare_number_or_about_it() -> None:
    bare = {"N", "about N", "almost N", "some N"}
    with_best = [row for row in vocab.QUANTITY_PHRASES if row.best is not None and row.phrase not in bare]
    assert [(row.low, row.best, row.high) for row in with_best if row.best != "0"] == []
    assert {row.phrase for row in with_best} == {"no one", "empty"}


@pytest.mark.parametrize(
    ("phrase", "earliest", "latest"),
    [
        ("about a week ago", -9, -5),
        ("almost two weeks", -14, -10),
        ("last few days", -5, 0),
        ("in the last week", -7, 0),
        ("in the last two weeks", -14, 0),
        ("in the past two weeks", -14, 0),
    ],
)
def test_the_served_table_of_relative_dates_has_the_row_of_the_contract(
    phrase: str, earliest: int, latest: int
) -> None:
    served = [row for row in vocab.RELATIVE_DATES if row.phrase == phrase]
    assert served == [RelativeDate(phrase, earliest, latest)]


def test_the_served_table_says_in_words_what_a_weekend_is() -> None:
    [weekend] = [row for row in vocab.RELATIVE_DATES if row.phrase == "weekend"]
    assert (weekend.earliest, weekend.latest) == (None, None)
    assert weekend.rule is not None
    assert "Saturday" in weekend.rule
    assert "Sunday" in weekend.rule


def test_the_served_table_says_in_words_what_earlier_this_week_is() -> None:
    [week] = [row for row in vocab.RELATIVE_DATES if row.phrase == "earlier this week"]
    assert (week.earliest, week.latest, week.rule) == (None, None, "its Monday to D")


def test_no_phrase_of_a_table_is_served_twice() -> None:
    numbers = [row.phrase for row in vocab.QUANTITY_PHRASES]
    relative = [row.phrase for row in vocab.RELATIVE_DATES]
    assert len(set(numbers)) == len(numbers)
    assert len(set(relative)) == len(relative)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    stance: vocab.Stance
    modality: vocab.Modality | None = None


every_code = pytest.mark.parametrize(
    "code", [code for codes in vocab.Code.__subclasses__() for code in codes], ids=repr
)


@every_code
def test_a_member_is_written_as_its_code_everywhere(code: vocab.Code) -> None:
    assert (f"{code}", str(code), code.value, code.term.code) == (code,) * 4
    assert json.dumps({code: code}) == f'{{"{code}": "{code}"}}'
    assert {str(code): 1}[code] == 1
    cells = io.StringIO()
    csv.writer(cells).writerow([code])
    assert cells.getvalue() == f"{code}\r\n"


@every_list
def test_the_served_terms_are_those_of_the_members_in_their_order(vocabulary: Vocabulary) -> None:
    (codes,) = [codes for codes in vocab.Code.__subclasses__() if codes.vocabulary is vocabulary]
    assert vocabulary.codes == list(codes)
    assert list(vocabulary.terms) == [code.term for code in codes]


def test_a_strict_model_takes_a_code_or_a_member_and_writes_the_code() -> None:
    for stance in ("denies", vocab.Stance.DENIES):
        row = _Strict.model_validate({"stance": stance})
        assert row.stance is vocab.Stance.DENIES
        assert row.model_dump_json() == '{"stance":"denies","modality":null}'
    assert _Strict.model_validate_json('{"stance":"asserts","modality":"fact"}').modality is vocab.Modality.FACT


@pytest.mark.parametrize("wrong", ["Denies", "ASSERTS", "", 1, None])
def test_anything_else_is_refused_with_the_codes_that_there_are(wrong: object) -> None:
    with pytest.raises(ValidationError, match="not one of asserts, denies"):
        _Strict.model_validate({"stance": wrong})


def test_the_json_schema_of_a_field_is_its_whole_list() -> None:
    shown = _Strict.model_json_schema()["properties"]["stance"]
    assert shown["enum"] == ["asserts", "denies"]
    assert shown["description"] == vocab.Stance.vocabulary.definition
