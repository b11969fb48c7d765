"""How names are compared: folded for search, keyed for identity, and the nearest one when none fits."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_ASCII_WORD = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """The text as words to search: no case, no accents, one space between runs of letters and digits.

    >>> fold("Mazār-e-Sharīf, 2021")
    'mazar e sharif 2021'
    """
    if text.isascii():  # most text is, and needs no look at every character
        return " ".join(_ASCII_WORD.findall(text.lower()))
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(decomposed.translate(_FOLD).split())


class _FoldTable(dict[int, str | int | None]):
    """What becomes of a character: letters and digits stay, accents and marks that show nothing go, the rest parts."""

    def __missing__(self, number: int) -> str | int | None:
        category = unicodedata.category(chr(number))
        stays = category[0] in "LN" or category == "Mc"
        self[number] = replacement = number if stays else None if category in ("Mn", "Cf") else " "
        return replacement


_FOLD = _FoldTable()


MAX_TOKEN_BYTES = 400
"""In bytes; no text index need hold a longer word, and PostgreSQL's cannot hold one of 2046."""


def tokens(text: str) -> list[str]:
    """The folded words of a text that an index holds."""
    return [word for word in fold(text).split() if len(word.encode()) <= MAX_TOKEN_BYTES]


def match_key(name: str) -> str:
    """What two spellings share when they differ only in case, accents, hyphens, spaces or apostrophes.

    >>> key("Sher-Khan Bandar") == key("Sherkhan Bandar")
    True
    """
    return fold(name).replace(" ", "")


def closest_matches(name: str, choices: Iterable[str], limit: int = 3) -> list[str]:
    """Up to `limit` choices spelt like `name`, best first; empty when none is near."""
    by_key: dict[str, str] = {}
    for choice in choices:
        by_key.setdefault(match_key(choice), choice)
    return [by_key[match] for match in get_close_matches(match_key(name), by_key, n=limit, cutoff=0.6)]


def similarity(one: str, other: str) -> float:
    """How alike two spellings are, from 0 to 1."""
    return SequenceMatcher(None, match_key(one), match_key(other)).ratio()
