"""Spellings of names in a dataset: cut for storing, folded for search and comparison, and as parts of ids."""

import hashlib

from app.db.text_index import index_words
from app.ingest.short_texts import cache_short
from app.names import fold, match_key, without_forbidden

MAX_SLUG_CHARS = 80
MAX_TEXT_CHARS = 300
"""Length to which titles and names are cut; the stored cells keep them whole."""
CACHE_SIZE = 1 << 14
"""Texts of which the folded form is cached: the same name comes back thousands of times."""

words_of = cache_short(CACHE_SIZE)(index_words)
key_of = cache_short(CACHE_SIZE)(match_key)


@cache_short(CACHE_SIZE)
def slug(text: str) -> str:
    """Return a text as a part of an id; a long one is cut and ends in its hash."""
    words = "-".join(fold(text).split())
    if len(words) <= MAX_SLUG_CHARS and words:
        return words
    return f"{words[:MAX_SLUG_CHARS] or 'unnamed'}-{hashlib.sha256((words or text).encode()).hexdigest()[:8]}"


def spelling_of(name: str) -> str:
    """Return a name as it is stored: cut, and without ends of lines, which a name out of a list of sources may have."""
    cut = name[:MAX_TEXT_CHARS]
    return cut if cut.isprintable() else without_forbidden(cut).strip()
