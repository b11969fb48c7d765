"""Models that several rows share."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class ApiModel(BaseModel):
    """Base of all served models."""

    # A field whose name is a Python keyword ends with an underscore here, and without one in JSON: from_ -> from.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.rstrip("_"),
        populate_by_name=True,
        serialize_by_alias=True,
    )


class Ref(ApiModel):
    """A reference to another resource."""

    id: str
    name: str


class Alias(ApiModel):
    """Another name, its language (BCP 47) and the document that prints it."""

    name: str
    language: str | None
    as_printed: str | None


class CodeRow(ApiModel):
    """A code in a scheme and version, such as a P-code of `ocha-cod-ab`, `2021-11-17`."""

    scheme: str
    version: str | None
    code: str


class Bounds(ApiModel):
    """A count: certainly at least `low`, at most `high`; `best` only where the source is plain. Null is unknown."""

    low: int | None
    best: int | None
    high: int | None


class DateRangeRow(ApiModel):
    """Days from `earliest` to `latest`, both included; null is an open end."""

    earliest: date | None
    latest: date | None
    precision: str = Field(description="day, range (one moment inside), span (throughout) or unknown")
