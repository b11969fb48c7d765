"""Full-text search: words and phrases in the text index of a table."""

from collections.abc import Callable

from app.db.text_index import TextQuery, matching_rows
from app.names import MAX_TOKEN_BYTES, fold
from app.query.params.param import ListQuery
from app.query.predicates.forms import SemiJoin

MAX_WORDS = 50
TEXT_PROBE_COST = 170.0
"""Cost of testing one row against the text index, in rows read."""


def parse_text_query(text: str) -> TextQuery:
    """Parse words and "quoted phrases", folded; there are no operators.

    Raises ValueError if there is no word, more than `MAX_WORDS`, or a word of more than `MAX_TOKEN_BYTES`.
    """
    phrases: list[list[str]] = []
    for at, part in enumerate(text.split('"')):
        words = fold(part).split()
        if any(len(word.encode()) > MAX_TOKEN_BYTES for word in words):
            raise ValueError(f"one of the words is longer than {MAX_TOKEN_BYTES} bytes")
        phrases += [words] if at % 2 else [[word] for word in words]
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases:
        raise ValueError("holds no word")
    if sum(map(len, phrases)) > MAX_WORDS:
        raise ValueError(f"more than {MAX_WORDS} words")
    return TextQuery(map(tuple, phrases))


def matches_text(index: str, key: str) -> Callable[[TextQuery, ListQuery], SemiJoin]:
    """Match rows in whose text every word and phrase occurs; `key` is the column that the text index refers to."""
    return lambda phrases, query: SemiJoin(
        query.table.c[key], matching_rows(index, phrases), probe_cost=TEXT_PROBE_COST
    )
