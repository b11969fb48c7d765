"""Medians, percentiles, ratios, and whether a target is met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, ceil(percent / 100 * len(ordered)) - 1)]


@dataclass(frozen=True)
class Target:
    """A bound on a ratio: at least so much, or at most; `shown` where it is no ratio."""

    at_least: float | None = None
    at_most: float | None = None
    unit: str = "x"

    def met(self, value: float) -> bool:
        """Whether the value keeps within the bound."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)

    def __str__(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g} {self.unit}"
        return f"<= {self.at_most:g} {self.unit}" if self.at_most is not None else ""


@dataclass
class Line:
    """One line of the table: what Oxus did, what it is compared with, and their ratio (None: it failed)."""

    name: str
    what: str
    oxus: str
    compared: str
    ratio: float | None
    target: Target | None = None
    database: str = "sqlite"
    detail: Any = None

    @property
    def verdict(self) -> str:
        """Met, missed by how much, failed, or nothing where there is no target."""
        if self.ratio is None:
            return "FAILED"
        if self.target is None:
            return ""
        if self.target.met(self.ratio):
            return "met"
        if self.ratio <= 0:
            return "MISSED"
        low, high = self.target.at_least, self.target.at_most
        off = low / self.ratio if low is not None else self.ratio / (high or self.ratio)
        return f"MISSED ({off:.2f} times off)"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """How many seconds some work takes, and what it gives."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


@dataclass(frozen=True)
class Overhead:
    """What a request costs the client and an app that does nothing: so much, and so much for each byte."""

    seconds: float
    per_byte: float

    def of(self, size: int) -> float:
        """The cost of an answer of so many bytes."""
        return self.seconds + self.per_byte * size


def overhead(small: tuple[int, float], large: tuple[int, float]) -> Overhead:
    """The straight line through two measurements, each bytes and seconds; never falling."""
    slope = max(0.0, (large[1] - small[1]) / (large[0] - small[0]))
    return Overhead(small[1] - slope * small[0], slope)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(median(values))


def milliseconds(seconds: float) -> str:
    """A time as shown in the table."""
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds:.2f} s" if seconds < 100 else f"{seconds:.0f} s"
