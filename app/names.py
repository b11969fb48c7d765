"""Comparison of names: folding for search, match keys for identity, and the closest spellings as suggestions."""

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

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


def closest_matches(name: str, choices: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` choices spelt like `name`, best first; empty if none is close."""
    by_key: dict[str, str] = {}
    for choice in choices:
        by_key.setdefault(match_key(choice), choice)
    return [by_key[match] for match in get_close_matches(match_key(name), by_key, n=limit, cutoff=0.6)]


def similarity(one: str, other: str) -> float:
    """Return the similarity of two spellings, from 0 to 1."""
    return SequenceMatcher(None, match_key(one), match_key(other)).ratio()
