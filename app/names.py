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
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(plain.translate(_KEPT).split())


class _Kept(dict[int, str | int | None]):
    """What becomes of a character: letters and digits stay, accents and marks that show nothing go, the rest parts."""

    def __missing__(self, number: int) -> str | int | None:
        category = unicodedata.category(chr(number))
        stays = category[0] in "LN" or category == "Mc"
        self[number] = kept = number if stays else None if category in ("Mn", "Cf") else " "
        return kept


_KEPT = _Kept()


LONGEST_WORD = 400
"""In bytes; no text index need hold a longer word, and PostgreSQL's cannot hold one of 2046."""


def words(text: str) -> list[str]:
    """The folded words of a text that an index holds."""
    return [word for word in fold(text).split() if len(word.encode()) <= LONGEST_WORD]


def key(name: str) -> str:
    """What two spellings share when they differ only in case, accents, hyphens, spaces or apostrophes.

    >>> key("Sher-Khan Bandar") == key("Sherkhan Bandar")
    True
    """
    return fold(name).replace(" ", "")


def nearest(wanted: str, choices: Iterable[str], most: int = 3) -> list[str]:
    """Up to `most` choices spelt like `wanted`, best first; empty when none is near."""
    by_key: dict[str, str] = {}
    for choice in choices:
        by_key.setdefault(key(choice), choice)
    return [by_key[match] for match in get_close_matches(key(wanted), by_key, n=most, cutoff=0.6)]


def likeness(one: str, other: str) -> float:
    """How alike two spellings are, from 0 to 1."""
    return SequenceMatcher(None, key(one), key(other)).ratio()
