"""The reading of printed numbers by the served table."""

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app import vocab
from app.rules.figures import BoundsTuple, is_loose, read_number

quick = examples(200)


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


@pytest.mark.parametrize("printed", ["dozens", "Hundreds", "several hundred", "several", "thousands"])
def test_words_without_a_number_are_loose(printed: str) -> None:
    assert is_loose(printed)


@pytest.mark.parametrize(
    "printed", ["545", "seven", "more than 500", "up to 9,000", "about 18", "no one", "empty", "?"]
)
def test_numbers_and_words_that_say_none_are_not_loose(printed: str) -> None:
    assert not is_loose(printed)
