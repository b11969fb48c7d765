"""Problems of packs: the first are kept, the others counted, and values are shown short and printable."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from app.errors import BrokenPackError, Problem
from app.ingest.packs.limits import MAX_PROBLEMS, MAX_VALUE_CHARS
from app.names import without_forbidden


class ProblemList:
    """Different problems in the order of their discovery; beyond MAX_PROBLEMS they are only counted, in `more`."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._kept: dict[Problem, None] = {}
        self.more = 0
        self.extend(problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept) + self.more

    @property
    def is_full(self) -> bool:
        """True if further problems are only counted."""
        return len(self._kept) >= MAX_PROBLEMS

    def add(self, problem: Problem) -> None:
        """Keep a problem that is not there yet, or count it."""
        if not self.is_full:
            self._kept[problem] = None
        elif problem not in self._kept:
            self.more += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep or count several problems."""
        for problem in problems:
            self.add(problem)
        if isinstance(problems, ProblemList):
            self.more += problems.more


def all_problems(lists: Iterable[ProblemList]) -> BrokenPackError:
    """Return the error that tells the problems of several packs."""
    found = ProblemList()
    for problems in lists:
        found.extend(problems)
    return BrokenPackError(sorted(found), found.more)


def shown(value: object) -> str:
    """Return the beginning of a value as a problem repeats it, without characters that a terminal would obey."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # Python refuses to write integers of more than 4,300 digits
        return "(too long)"
    return without_forbidden(text[:MAX_VALUE_CHARS])


MAX_LISTED = 3


def listed_others(ordered: list[str], own: str) -> str:
    """Join the first of sorted names but one's own; further ones are counted. Empty if there is no other."""
    at = bisect_left(ordered, own)
    count = len(ordered) - (ordered[at : at + 1] == [own])
    first = [name for name in ordered[: MAX_LISTED + 1] if name != own][:MAX_LISTED]
    more = count - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
