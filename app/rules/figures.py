"""Reading of printed numbers, and the published figure among several claims."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app import vocab
from app.rules.facts import Claim, Figure
from app.vocab import CountKind, Modality

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


@dataclass(frozen=True)
class Published:
    """The published figure of an event: its bounds, its count kind, and the claim that decided."""

    low: int | None
    best: int | None
    high: int | None
    count_kind: CountKind
    claim: str
    added: tuple[str, ...] = ()
    """Ids of the claims whose increments are added."""


ClaimFigure = tuple[Claim, Figure]


def published(claims: Collection[Claim], measure: str) -> Published | None:
    """Derive the published figure of an event for one measure; None if no claim in view gives one.

    Only asserting claims that are not planned count. The cumulative figure with the latest `as_of` decides; among
    equals one with a best, then the narrower, then the later report, then the lower id. Increments dated after it are
    added, one for each day, chosen by the same order. Without a cumulative figure the increments are summed and the
    latest decides.
    """
    claim_figures = [
        (claim, figure)
        for claim in claims
        if claim.asserts and claim.modality != Modality.PLANNED
        for figure in claim.figures
        if figure.measure == measure
    ]
    totals = [pair for pair in claim_figures if pair[1].count_kind == CountKind.CUMULATIVE]
    base = min(totals, key=_precedence, default=None)
    after = _as_of(base) if base else date.min
    increments: dict[date, ClaimFigure] = {}
    for pair in sorted((pair for pair in claim_figures if pair[1].count_kind == CountKind.INCREMENT), key=_precedence):
        if not base or _as_of(pair) > after:
            increments.setdefault(_as_of(pair), pair)
    counted = ([base] if base else []) + [increments[day] for day in sorted(increments)]
    if not counted:
        return None
    return Published(
        low=_sum([figure.low for _, figure in counted]),
        best=_sum([figure.best for _, figure in counted]),
        high=_sum([figure.high for _, figure in counted]),
        count_kind=CountKind.CUMULATIVE if base else CountKind.INCREMENT,
        claim=(base or counted[-1])[0].id,
        added=tuple(claim.id for claim, _ in (counted[1:] if base else counted[:-1])),
    )


def counts_up_to(claim: Claim, figure: Figure) -> date:
    """Return the day up to which a figure counts: `as_of`, else the last day of its claim, else its report day."""
    return figure.as_of or claim.date.latest or claim.reported_on


def _as_of(pair: ClaimFigure) -> date:
    return counts_up_to(*pair)


def _precedence(pair: ClaimFigure) -> tuple[int, bool, float, int, str]:
    """Return a sort key that puts the deciding figure first."""
    claim, figure = pair
    bounded = figure.low is not None and figure.high is not None
    width = figure.high - figure.low if bounded else float("inf")  # type: ignore[operator]
    return -_as_of(pair).toordinal(), figure.best is None, width, -claim.reported_on.toordinal(), claim.id


def _sum(parts: list[int | None]) -> int | None:
    """Return the sum, or None if one part is unknown."""
    known_parts = [part for part in parts if part is not None]
    return sum(known_parts) if len(known_parts) == len(parts) else None
