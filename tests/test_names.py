"""How names are compared: what is the same name, what is near, and what is neither."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.names import closest_matches, fold, forbidden_character, is_invisible, match_key

quick = settings(max_examples=200)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Mazār-e-Sharīf, 2021", "mazar e sharif 2021"),
        ("  Sher   Khan\tBandar\n", "sher khan bandar"),
        ("KALDAR", "kaldar"),
        ("Nad-e-Ali / Nad Ali", "nad e ali nad ali"),
        ("O'Brien", "o brien"),
        ("RFE/RL", "rfe rl"),
        ("Straße", "strasse"),
        ("ＫＡＬＤＡＲ", "kaldar"),
        ("Термез", "термез"),
        ("کلدار", "کلدار"),
        ("a\u200db", "ab"),
        ("%_*", ""),
        ("", ""),
    ],
)
def test_folding_keeps_words_and_drops_case_accents_and_signs(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sher-Khan Bandar", "sherkhan bandar"),
        ("Lashkar Gah", "Lashkargah"),
        ("lashkar-gah", "Lashkar Gah"),
        ("Mazār-e Sharīf", "mazar-e-sharif"),
        ("KALDAR", "kaldar"),
        ("Erdoğan", "erdogan"),
        ("Abdul-Rashid Dostum", "abdul rashid dostum"),
        ("Kalda\u0301r", "Kald\u00e1r"),
    ],
)
def test_case_accents_hyphens_and_spaces_do_not_make_another_name(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hairatan", "Hairaton"),
        ("Kaldar", "Khaldar"),
        ("Nawa", "Nawa-i"),
        ("Balkh", "Balkh 2"),
        ("Kabul", "Kab"),
    ],
)
def test_another_spelling_or_a_part_is_another_name(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


def test_the_key_of_signs_alone_is_empty() -> None:
    assert [match_key(text) for text in ("", " ", "-", "%", "_", "'\"")] == [""] * 6


@quick
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert match_key(match_key(text)) == match_key(text)


@quick
@given(st.text())
def test_folded_text_has_single_spaces_and_no_upper_case(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert folded == folded.casefold()


plain_words = st.lists(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzäéğîñöšž0123456789", min_size=1, max_size=6), max_size=4
)


@quick
@given(plain_words, st.sampled_from([" ", "-", "  ", " - ", "'"]))
def test_no_joint_and_no_case_changes_the_key(words: list[str], joint: str) -> None:
    name = joint.join(words)
    assert match_key(name) == match_key("".join(words)) == match_key(name.upper()) == match_key(name.title())


def test_the_nearest_name_comes_first_in_its_own_spelling() -> None:
    assert closest_matches("hairaton", ["Kaldar", "Hairatan", "Khairaton"]) == ["Khairaton", "Hairatan"]
    assert closest_matches("taleban", ["afghan-government", "taliban", "andsf"]) == ["taliban"]
    assert closest_matches("KALDR", ["kaldar", "balkh"]) == ["kaldar"]


def test_a_name_that_differs_in_signs_only_is_the_nearest() -> None:
    assert closest_matches("sherkhanbandar", ["Sherkhan", "Sher-Khan Bandar"])[0] == "Sher-Khan Bandar"


def test_nothing_is_near_a_name_unlike_all() -> None:
    assert closest_matches("zzz", ["kaldar", "balkh"]) == []
    assert closest_matches("kaldar", []) == []


def test_no_more_are_named_than_asked_for_and_none_twice() -> None:
    choices = ["kaldar", "Kaldar", "kaldara", "kaldarb", "kaldarc"]
    assert closest_matches("kaldar", choices) == ["kaldar", "kaldarc", "kaldarb"]
    assert closest_matches("kaldar", choices, limit=1) == ["kaldar"]


@quick
@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=8), st.integers(1, 5))
def test_only_choices_are_named(wanted: str, choices: list[str], most: int) -> None:
    found = closest_matches(wanted, choices, most)
    assert set(found) <= set(choices)
    assert len(found) == len({match_key(name) for name in found}) <= most


@quick
@given(st.lists(st.text(alphabet="abcdefghij-", min_size=1, max_size=12).filter(match_key), min_size=1, max_size=8))
def test_a_choice_is_nearest_to_itself(choices: list[str]) -> None:
    assert match_key(closest_matches(choices[-1], choices)[0]) == match_key(choices[-1])


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_is_folded_as_any_other(text: str) -> None:
    assert fold(text) == fold(f"{text} é").removesuffix("e").rstrip()


def test_every_forbidden_character_is_told_and_no_other() -> None:
    overrides = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        is_forbidden = unicodedata.category(char) in ("Cc", "Cs", "Co") or number in overrides
        assert forbidden_character(f"a{char}b") == (f"U+{number:04X}" if is_forbidden else None)
        assert forbidden_character(f"a{char}b", prose=True) == (
            f"U+{number:04X}" if is_forbidden and char not in "\t\n\r" else None
        )


@pytest.mark.parametrize("text", ["", " ", "\u200b\u2060", "\u0301", "\u3164", "\ufe0f\u00ad"])
def test_a_text_of_blanks_marks_and_fillers_is_invisible(text: str) -> None:
    assert is_invisible(text)


@pytest.mark.parametrize("text", ["a", "-", "می‌شود", "कि", "\u200bz", "🕊\ufe0f"])
def test_a_text_with_anything_that_is_seen_is_not_invisible(text: str) -> None:
    assert not is_invisible(text)
