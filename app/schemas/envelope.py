"""Envelopes of rows, problems, and rows that no stored list serves."""

from typing import Generic, TypeVar

from pydantic import Field

from app.schemas.base import ApiModel, Ref

RowT = TypeVar("RowT", bound=ApiModel)


class Omitted(ApiModel):
    """Number of rows that a filter could not judge, because they have no date or no coordinates."""

    undated: int | None = None
    unlocated: int | None = None


class Envelope(ApiModel, Generic[RowT]):
    """A page of rows. Follow `next` until it is null."""

    revision: int = Field(description="the state of the database that this is an answer from")
    packs: list[str] = Field(description="ids of the packs that are loaded")
    matched: int | None = Field(default=None, description="all rows that match; with count=exact only")
    returned: int
    next: str | None = Field(description="URL of the next page; null on the last one")
    items: list[RowT]
    omitted: Omitted | None = Field(default=None, description="with filters of time or space only")


class Health(ApiModel):
    """The process is alive."""

    status: str


class Ready(Health):
    """The database answers; its revision, its schema, and the packs that are loaded."""

    revision: int
    schema_: str = Field(description="the newest migration, which this version needs")
    packs: list[str]


class ProblemRow(ApiModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    parameter: str | None = None
    value: str | None = None
    reason: str | None = None
    did_you_mean: list[str] | None = None
    request_id: str | None = Field(default=None, description="of a fault of the server: what its log calls the request")


class Candidate(ApiModel):
    """A row that a name may mean: how it matched, in which spelling, and which document prints that."""

    resource: str
    id: str
    name: str
    kind: str
    match: str = Field(description="id, name, alias or code: exact; near: spelt like it")
    matched: str
    language: str | None
    as_printed: Ref | None


class TermRow(ApiModel):
    """One code with its definition and nearest counterparts."""

    code: str
    definition: str
    acled: str | None
    plover: str | None
    ucdp: str | None


class VocabularyRow(ApiModel):
    """One code list."""

    name: str
    definition: str
    terms: list[TermRow]


class VagueNumberRow(ApiModel):
    """Reading of a printed number; N is the number printed with it."""

    phrase: str
    low: str | None
    best: str | None
    high: str | None


class RelativeDateRow(ApiModel):
    """Reading of a printed date, in days from the day of the report (D), or by a rule in words."""

    phrase: str
    earliest: int | None
    latest: int | None
    rule: str | None


class Vocabularies(ApiModel):
    """Every code list and conversion table."""

    version: str
    vocabularies: list[VocabularyRow]
    vague_numbers: list[VagueNumberRow]
    relative_dates: list[RelativeDateRow]
