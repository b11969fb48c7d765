"""Every way Oxus says no, without a word of HTTP: `app/api/http/problems.py` maps these once to status codes."""

from dataclasses import dataclass, field


class OxusError(Exception):
    """Root of the tree; `str(error)` is a sentence fit for a user: no SQL, no path of a machine, no trace."""


@dataclass
class InvalidParameterError(OxusError):
    """What was asked is not understood: the parameter, its value, why, and the nearest valid choices."""

    parameter: str
    value: str
    reason: str
    did_you_mean: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.parameter}={self.value}: {self.reason}"


@dataclass
class NotFoundError(OxusError):
    """A path names an id that does not exist."""

    resource: str
    id: str
    did_you_mean: list[str] = field(default_factory=list)
    reason: str | None = None

    def __str__(self) -> str:
        return self.reason or f"{self.resource} has no {self.id!r}"


@dataclass
class MovedError(OxusError):
    """An id was merged into another one; the reader is sent there."""

    resource: str
    id: str

    def __str__(self) -> str:
        return f"merged into {self.id!r}"


class NotAcceptableError(OxusError):
    """None of the formats that were asked for can be written."""


class UnavailableError(OxusError):
    """The database cannot answer now; asking again later may help."""


class SchemaError(OxusError):
    """The database is missing, of another schema, or not an Oxus database."""


class OutputError(OxusError):
    """A file cannot be written."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a pack: where, what, and why."""

    file: str
    id: str
    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.id or '-'}: {self.field or '-'}: {self.value!r}: {self.reason}"


@dataclass
class BrokenPackError(OxusError):
    """A pack has problems; all of them are here, and nothing was loaded."""

    problems: list[Problem]

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
