"""Days, and intervals of days that may be open at an end. Standard library only."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class DateRange:
    """The days from `earliest` to `latest`, both included; None is an open end: unknown or unbounded."""

    earliest: date | None = None
    latest: date | None = None

    @property
    def is_bounded(self) -> bool:
        """True if at least one end is known."""
        return self.earliest is not None or self.latest is not None

    @property
    def is_valid(self) -> bool:
        """True if the interval holds at least one day."""
        return self.earliest is None or self.latest is None or self.earliest <= self.latest

    @property
    def days(self) -> int | None:
        """Number of days; None if an end is open."""
        if self.earliest is None or self.latest is None:
            return None
        return (self.latest - self.earliest).days + 1

    def __str__(self) -> str:
        """Return the days as ISO 8601 writes them: one day, or `start/end` with `..` for an open end."""
        if self.earliest == self.latest and self.earliest:
            return self.earliest.isoformat()
        return "/".join(day.isoformat() if day else ".." for day in (self.earliest, self.latest))

    def overlaps(self, other: "DateRange") -> bool:
        """Return whether the two share a day; an open end is infinite."""
        return intersection([self, other]) is not None

    def is_within(self, other: "DateRange") -> bool:
        """Return whether every day of this interval certainly lies in the other."""
        after = other.earliest is None or (self.earliest is not None and self.earliest >= other.earliest)
        before = other.latest is None or (self.latest is not None and self.latest <= other.latest)
        return after and before


ALL_TIME = DateRange()
"""The interval that is open at both ends."""


def intersection(intervals: list[DateRange]) -> DateRange | None:
    """Return the days that all intervals share; None if there is no such day."""
    earliest = max((i.earliest for i in intervals if i.earliest is not None), default=None)
    latest = min((i.latest for i in intervals if i.latest is not None), default=None)
    shared = DateRange(earliest, latest)
    return shared if shared.is_valid else None


def hull(intervals: list[DateRange]) -> DateRange:
    """Return the smallest interval around all; an end is open if one of theirs is."""
    earliest = [i.earliest for i in intervals]
    latest = [i.latest for i in intervals]
    return DateRange(
        None if None in earliest else min((day for day in earliest if day), default=None),
        None if None in latest else max((day for day in latest if day), default=None),
    )


def parse_day(text: str) -> date:
    """Parse a day `YYYY-MM-DD`; a trailing `T`, as GDAL sends it, is dropped.

    A date-time with an offset (RFC 3339) becomes its day in UTC. Raises ValueError for anything else.
    """
    bare = text[:-1] if text[-1:] in ("T", "t") else text
    if text.isascii() and _DAY.fullmatch(bare):
        try:
            return date.fromisoformat(bare)
        except ValueError as error:
            raise ValueError(f"no such day: {error}") from None
    if _INSTANT.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
            return instant.astimezone(UTC).date()
        except (ValueError, OverflowError) as error:
            raise ValueError(f"no such instant: {error}") from None
    raise ValueError("expected a day such as 2021-07-04, or an RFC 3339 date-time")


def parse_date_range(text: str) -> DateRange:
    """Parse a day, or `start/end` with `..` or nothing for an open end (RFC 3339, as in OGC API - Features).

    Raises ValueError if an end is no day or the ends are reversed.
    """
    if "/" not in text:
        day = parse_day(text)
        return DateRange(day, day)
    first, _, last = text.partition("/")
    interval = DateRange(*(None if end in ("", "..") else parse_day(end) for end in (first, last)))
    if not interval.is_valid:
        raise ValueError("the interval ends before it starts")
    return interval
