"""Proof that printed tokens are printed: on a small text, and on the article where it is at hand."""

import re
from pathlib import Path

import pytest
from conftest import PACK, SEED
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BrokenPackError, Problem
from app.ingest.packs.drafts import PackContent
from app.ingest.packs.load import read_checked
from app.ingest.packs.provenance import occurs_in, printed_tokens, read_document, verify_quotes
from app.settings import PROJECT_ROOT

ARTICLE = PROJECT_ROOT.parent / "shared" / "data" / "article.txt"
NUMBER = re.compile(r"\d[\d,]*\d|\d")


@pytest.fixture(scope="module")
def content() -> PackContent:
    """The article's pack."""
    ((content, _),) = read_checked(SEED, PACK)
    return content


@pytest.fixture(scope="module")
def article() -> str:
    """The article, which is no part of the repository."""
    if not ARTICLE.exists():
        pytest.skip("the article is not at hand: ../shared/data/article.txt is missing")
    return ARTICLE.read_text(encoding="utf-8")


# Word boundaries.


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("June 2", "on June 2 after"),
        ("June 2", "on June 2."),
        ("June 2", "June 2, 2021"),
        ("545", "is up to 545, by"),
        ("545", "(545)"),
        ("18,000", "about 18,000 people"),
        ("9,000", "up to 9,000"),
        ("Kaldar", "“Kaldar”, a district"),
        ("Nad Ali", "Nad Ali and Nawa"),
        ("‘Stans", "of the ‘Stans have"),
        ("ANDSF", "(ANDSF)"),
        ("90s", "in the 90s."),
        ("بلخ", "ولایت بلخ است"),
        ("more than 500", "more than 500 soldiers"),
        ("U.S.", "the U.S. pull-out"),
        ("a+b", "so a+b it is"),
    ],
)
def test_a_token_stands_on_word_boundaries(token: str, text: str) -> None:
    assert occurs_in(token, text)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("June 2", "on June 21 they"),
        ("June 2", "on June 23, but"),
        ("545", "1545"),
        ("545", "5450"),
        ("94", "1,940"),
        ("18", "about 18,000"),
        ("000", "about 18,000"),
        ("9,000", "19,000"),
        ("5", "3.5 and 5.3"),
        ("500", "500,000"),
        ("Kaldar", "Kaldaria"),
        ("Kaldar", "kaldar"),
        ("Uzbek", "Uzbekistan"),
        ("Balkh", "Balk"),
        ("more than 500", "more than  500"),
        ("a+b", "aab"),
        ("a.b", "axb"),
    ],
)
def test_a_part_of_a_word_or_number_proves_nothing(token: str, text: str) -> None:
    assert not occurs_in(token, text)


@settings(database=None, max_examples=100)
@given(number=st.integers(0, 10**6), other=st.integers(0, 10**6))
def test_a_number_is_proved_by_itself_alone(number: int, other: int) -> None:
    for written in (f"{other}", f"{other:,}"):
        assert occurs_in(str(number), f"some {written} of them.") == (str(number) == written)


# Paragraphs.


def document(tmp_path: Path, text: str) -> Path:
    """A text in a file."""
    path = tmp_path / "document.txt"
    path.write_text(text, encoding="utf-8")
    return path


def refusals(path: Path) -> list[Problem]:
    """The problems of a document."""
    with pytest.raises(BrokenPackError) as refusal:
        read_document(path)
    return refusal.value.problems


def test_paragraphs_are_the_lines_that_are_not_empty(tmp_path: Path) -> None:
    assert read_document(document(tmp_path, "One\n\n  \nTwo \n\tThree\n\n")) == ["One", "Two", "Three"]


def test_a_number_in_brackets_is_no_text_and_must_equal_the_count(tmp_path: Path) -> None:
    assert read_document(document(tmp_path, "[1] One\n\n[2] Two [9] of\nThree\n[4] Four")) == [
        "One",
        "Two [9] of",
        "Three",
        "Four",
    ]
    (problem,) = refusals(document(tmp_path, "[1] One\n\n[3] Two\n[3] Three"))
    assert (problem.file, problem.field, problem.value) == ("document.txt", "paragraph", "[3]")
    assert "2" in problem.reason


def test_every_wrong_number_is_told_and_nothing_of_the_folder(tmp_path: Path) -> None:
    problems = refusals(document(tmp_path, "[2] One\n[1] Two\n[3] Three"))
    assert [problem.value for problem in problems] == ["[2]", "[1]"]
    assert str(tmp_path) not in " ".join(map(str, problems))


def test_a_document_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (missing,) = refusals(tmp_path / "nowhere.txt")
    assert (missing.file, missing.field, missing.reason) == ("nowhere.txt", "document", "No such file or directory")
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    (garbled,) = refusals(tmp_path / "latin.txt")
    assert (garbled.file, garbled.field, garbled.reason) == ("latin.txt", "document", "not UTF-8")
    (folder,) = refusals(tmp_path)
    assert folder.field == "document"


def test_a_text_with_too_few_paragraphs_is_another_text(content: PackContent, tmp_path: Path) -> None:
    _, problems = verify_quotes(content, document(tmp_path, "One\nTwo"))
    assert [(problem.field, problem.reason) for problem in problems] == [
        ("document", "has 2 paragraphs, the pack names 51: this is another text")
    ]


# The article.


def changed(article: str, start: int, old: str, new: str, folder: Path) -> Path:
    """The article with one thing changed, in a file."""
    assert article[start : start + len(old)] == old
    return document(folder, article[:start] + new + article[start + len(old) :])


def test_every_token_of_the_article_is_proved(content: PackContent, article: str) -> None:
    count, problems = verify_quotes(content, ARTICLE)
    assert problems == []
    assert count == len(list(printed_tokens(content, "bne-intellinews-2021-07-05")))
    assert count > 300
    assert article.count("\n[") == 50


def test_the_article_is_proved_without_its_numbers_in_brackets_too(
    content: PackContent, article: str, tmp_path: Path
) -> None:
    bare = re.sub(r"(?m)^\[\d+\] ", "", article)
    assert verify_quotes(content, document(tmp_path, bare)) == verify_quotes(content, ARTICLE)


@pytest.mark.parametrize(
    ("number", "other", "paragraph"),
    [
        ("545", "546", 25),
        ("94", "95", 24),
        ("more than 500", "more than 501", 5),
        ("more than 500", "more than 400", 23),
        ("seven", "eight", 18),
        ("14", "16", 18),
        ("9,000", "19,000", 36),
        ("9,000", "9,001", 36),
        ("18,000", "18,500", 37),
        ("June 21", "June 2", 22),
        ("June 29", "June 30", 17),
        ("June 30", "June 3", 18),
        ("June 23", "July 23", 30),
        ("June 28", "June 29", 30),
        ("June 4", "July 4", 23),
        ("June 4", "June 24", 24),
        ("June 2", "June 21", 46),
        ("Dozens", "Hundreds", 20),
        ("dozens", "hundreds", 30),
        ("hundreds", "dozens", 21),
        ("July 3", "July 13", 33),
    ],
)
def test_a_number_changed_in_the_article_is_noticed(
    content: PackContent, article: str, tmp_path: Path, number: str, other: str, paragraph: int
) -> None:
    start = article.index(number, article.index(f"\n[{paragraph}] "))
    _, problems = verify_quotes(content, changed(article, start, number, other, tmp_path))
    assert problems != []
    assert all(problem.reason == f"is not printed in paragraph {paragraph}" for problem in problems)
    assert all(NUMBER.sub("", number).strip() in problem.value or number in problem.value for problem in problems)
    assert all(problem.id.rpartition("-p")[2].split("-")[0] == str(paragraph) for problem in problems)


def test_any_one_number_changed_is_noticed(content: PackContent, article: str, tmp_path: Path) -> None:
    unnoticed = []
    for found in NUMBER.finditer(article):
        start, number = found.start(), found.group()
        if article[start - 1] == "[":
            continue
        other = number[:-1] + str((int(number[-1]) + 1) % 10)
        if not verify_quotes(content, changed(article, start, number, other, tmp_path))[1]:
            unnoticed.append(article[start - 20 : start + 20])
    assert unnoticed == []


def test_a_paragraph_left_out_is_noticed(content: PackContent, article: str, tmp_path: Path) -> None:
    without = re.sub(r"(?m)^\[10\] .*\n", "", article)
    problems = refusals(document(tmp_path, without))
    assert len(problems) == 41
    assert problems[0].value == "[11]"
    bare = re.sub(r"(?m)^\[\d+\] ", "", without)
    assert verify_quotes(content, document(tmp_path, bare))[1] != []
