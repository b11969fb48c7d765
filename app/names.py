"""Names: characters that they may not hold, folding for search, match keys for identity, the closest spellings."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest

from app.deadlines import check_deadline

FORBIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)
"""Characters that no question may hold: controls, overrides of the writing direction, surrogates, private use.

Joiners and soft hyphens are allowed, because names in many scripts need them.
"""
FORBIDDEN_IN_PROSE = re.compile(FORBIDDEN.pattern.replace(r"\x00-\x1f", r"\x00-\x08\x0b\x0c\x0e-\x1f"))
"""Forbidden characters but for tabs and ends of lines, which prose may hold."""
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"))
"""Unicode categories of blanks, controls and marks, of which nothing is seen alone."""
_INVISIBLE_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers that Unicode counts as letters or symbols, although nothing of them is seen."""


def forbidden_character(text: str, *, prose: bool = False) -> str | None:
    """Return the first character of a text that no question may hold, such as `U+0000`; None if there is none.

    In `prose`, tabs and ends of lines are allowed.
    """
    if text.isprintable():  # quicker than any pattern, and true of most texts
        return None
    found = (FORBIDDEN_IN_PROSE if prose else FORBIDDEN).search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def without_forbidden(text: str, *, prose: bool = False) -> str:
    """Return a text without its forbidden characters; a space stands for each that separates words, as a tab does."""
    return (FORBIDDEN_IN_PROSE if prose else FORBIDDEN).sub(lambda found: " " if found[0].isspace() else "", text)


def is_invisible(text: str) -> bool:
    """Return whether nothing of a text is seen: it is empty or holds only blanks, marks without a letter and fillers.

    >>> is_invisible("\\u200b\\u2060")
    True
    """
    return all(unicodedata.category(char) in _UNSEEN or char in _INVISIBLE_LETTERS for char in text)


_ASCII_FOLD = bytes(ord(char.lower()) if char.isalnum() else ord(" ") for char in map(chr, range(128))).ljust(256)
"""Translation table of ASCII bytes: letters in lower case, digits as they are, a space for all others."""


def fold(text: str) -> str:
    """Fold a text to words for search: no case, no accents, one space between runs of letters and digits.

    >>> fold("Mazār-e-Sharīf, 2021")
    'mazar e sharif 2021'
    """
    if text.isascii():  # most texts are, and a table of bytes is faster than one of code points
        return " ".join(text.encode().translate(_ASCII_FOLD).decode().split())
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(decomposed.translate(_FOLD).split())


class _FoldTable(dict[int, str | int | None]):
    """Translation table by code point: keeps letters and digits, drops accents and invisible marks, else a space."""

    def __missing__(self, number: int) -> str | int | None:
        category = unicodedata.category(chr(number))
        is_kept = category[0] in "LN" or category == "Mc"
        self[number] = replacement = number if is_kept else None if category in ("Mn", "Cf") else " "
        return replacement


_FOLD = _FoldTable()


MAX_TOKEN_BYTES = 400
"""Length of the longest word in a text index. PostgreSQL's index cannot hold words of 2,046 bytes or more."""


def match_key(name: str) -> str:
    """Return the key that spellings share if they differ only in case, accents, hyphens, spaces or apostrophes.

    >>> match_key("Sher-Khan Bandar") == match_key("Sherkhan Bandar")
    True
    """
    return fold(name).replace(" ", "")


MAX_COMPARED_CHARS = 100
"""Letters of the longest text for which similar spellings are looked up: comparing takes the square of its length."""
MIN_SIMILARITY = 0.6


def closest_matches(name: str, choices: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` choices spelt like `name`, best first; empty if none is close.

    Raises TooSlowError.
    """
    key = match_key(name)
    by_key: dict[str, str] = {}
    scores: list[tuple[float, str]] = []
    matcher = SequenceMatcher()
    matcher.set_seq2(key)  # which is indexed once for all comparisons
    for choice in choices if len(key) <= MAX_COMPARED_CHARS else ():
        check_deadline()
        candidate = match_key(choice)
        if candidate in by_key:
            continue
        by_key[candidate] = choice
        matcher.set_seq1(candidate)
        bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # cheap upper bounds first
        if all(bound() >= MIN_SIMILARITY for bound in bounds):
            scores.append((matcher.ratio(), candidate))
    return [by_key[candidate] for _, candidate in nlargest(limit, scores)]


def similarity(one: str, other: str) -> float:
    """Return the similarity of two spellings, from 0 to 1."""
    return SequenceMatcher(None, match_key(one), match_key(other)).ratio()
