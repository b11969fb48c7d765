"""A page of rows as every list returns it."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from app.geo import LocatedPoint

ROWS_PER_BATCH = 1000
"""Rows of an export that are held in memory at a time."""
RowWithPoint = tuple[str, LocatedPoint | None]
"""A row as served JSON, and its point if that was asked for."""


@dataclass(frozen=True)
class Page:
    """A page, or all rows, in batches; with the cursor of the next page and the counts that were asked for."""

    batches: Iterable[Sequence[RowWithPoint]]
    next: str | None = None
    matched: int | None = None
    omitted: dict[str, int] | None = None

    def close(self) -> None:
        """Close the database cursor of rows that are read while they are sent."""
        if isinstance(self.batches, Generator):
            self.batches.close()
