"""Exceptions of Oxus, independent of HTTP; `app/api/http/problems.py` maps them to status codes."""

from dataclasses import dataclass, field


class OxusError(Exception):
    """Base of all exceptions; `str(error)` is fit for a user: no SQL, no path of a machine, no traceback."""


@dataclass
class InvalidParameterError(OxusError):
    """A parameter is not understood; holds its value, the reason and the closest valid choices."""

    parameter: str
    value: str
    reason: str
    did_you_mean: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.parameter}={self.value}: {self.reason}"


@dataclass
class NotFoundError(OxusError):
    """An id does not exist; `reason` replaces the standard message."""

    resource: str
    id: str
    did_you_mean: list[str] = field(default_factory=list)
    reason: str | None = None

    def __str__(self) -> str:
        return self.reason or f"{self.resource} has no {self.id!r}"


@dataclass
class MovedError(OxusError):
    """An id was merged into another; `id` is the one that took over."""

    resource: str
    id: str

    def __str__(self) -> str:
        return f"merged into {self.id!r}"


class UrlTooLongError(OxusError):
    """A URL is too long for the header that would carry it."""


class NotAcceptableError(OxusError):
    """None of the requested formats can be written."""


class UnavailableError(OxusError):
    """The database cannot answer now; a retry may succeed."""


class TooSlowError(UnavailableError):
    """The work takes longer than it may."""

    def __str__(self) -> str:
        return "the query took longer than it may; ask for less"


class SchemaError(OxusError):
    """The database does not exist, has another schema, or is not an Oxus database."""


class OutputError(OxusError):
    """A file cannot be written."""


@dataclass(frozen=True, order=True)
class Problem:
    """One error in a pack: its file, entry, field and value, and the reason."""

    file: str
    id: str
    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.id or '-'}: {self.field or '-'}: {self.value!r}: {self.reason}"


@dataclass
class BrokenPackError(OxusError):
    """A pack has problems; nothing was loaded. The first problems are listed, and `more` counts the others."""

    problems: list[Problem]
    more: int = 0

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        return "\n".join(lines + ([f"and {self.more} more"] if self.more else []))
