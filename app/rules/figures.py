"""Reading of printed numbers by the served table of quantity phrases."""

import re

from app import vocab

_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_NUMBER = re.compile(rf"\b(?:\d{{1,3}}(?:,\d{{3}})+|\d+|{'|'.join(_WORDS)})\b")
_PHRASES = {entry.phrase.casefold(): entry for entry in vocab.QUANTITY_PHRASES}

BoundsTuple = tuple[int | None, int | None, int | None]


def read_number(printed: str) -> BoundsTuple | None:
    """Read low, best and high of a printed number by `vocab.QUANTITY_PHRASES`; None if the table has no such phrase.

    >>> read_number("more than 500"), read_number("Dozens"), read_number("545")
    ((501, None, None), (24, None, 99), (545, 545, 545))
    """
    text = " ".join(printed.casefold().split())
    match = None if text in _PHRASES else _NUMBER.search(text)  # "no one" prints no 1
    number = None
    if match:
        token = match.group()
        number = _WORDS.index(token) if token in _WORDS else int(token.replace(",", ""))
        text = text[: match.start()] + "n" + text[match.end() :]
    entry = _PHRASES.get(text)
    if entry is None or (number is None and entry.phrase.endswith("N")):
        return None
    return _fill_bound(entry.low, number), _fill_bound(entry.best, number), _fill_bound(entry.high, number)


def _fill_bound(bound: str | None, number: int | None) -> int | None:
    """Return a bound of the table with the printed number in place of N."""
    if bound is None:
        return None
    if number is None or bound.isdigit():
        return int(bound)
    return number + 1 if bound == "N+1" else number


def is_loose(printed: str) -> bool:
    """Return whether a printed number is a word that leaves its range open, such as "dozens" or "several hundred"."""
    bounds = read_number(printed)
    return bounds is not None and bounds[0] != bounds[2] and not _NUMBER.search(printed.casefold())
