"""A cache of functions of one text that never keeps long texts, so that its memory is bounded whatever a file holds."""

from collections.abc import Callable
from typing import TypeVar

MAX_CACHED_CHARS = 300
T = TypeVar("T")


class _ShortTexts(dict[str, T]):
    """Results of a function by text; a full cache is emptied."""

    def __init__(self, function: Callable[[str], T], size: int) -> None:
        super().__init__()
        self._function = function
        self._size = size

    def __missing__(self, text: str) -> T:
        result = self._function(text)
        if len(text) <= MAX_CACHED_CHARS:
            if len(self) >= self._size:
                self.clear()
            self[text] = result
        return result


def cache_short(size: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Return a decorator that caches the results for up to `size` texts of at most `MAX_CACHED_CHARS` characters."""
    return lambda function: _ShortTexts(function, size).__getitem__
