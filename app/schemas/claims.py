"""Rows of claims and their figures."""

from datetime import date

from app.schemas.base import ApiModel, DateRangeRow, Ref
from app.vocab import CountKind, Measure, Modality, ReportedBasis, Stance


class FigureRow(ApiModel):
    """One number, as understood and as printed; `of` is a denominator, as in 7 of 14."""

    measure: Measure
    low: int | None
    best: int | None
    high: int | None
    of: int | None
    count_kind: CountKind
    as_of: date | None
    printed: str | None


class PrintedRow(ApiModel):
    """Tokens exactly as the document prints them; several are separated by "; "."""

    date: str | None
    place: str | None
    quantity: str | None
    name: str | None
    other: str | None


class ClaimRow(ApiModel):
    """A statement of a source about an event: one paragraph, one chain.

    `attribution` starts with the source nearest the fact (`origin`) and ends with the document.
    """

    id: str
    event: Ref
    document: Ref
    locator: str | None
    summary: str
    stance: Stance
    modality: Modality
    attribution: list[Ref]
    origin: Ref
    reported_on: date
    reported_basis: ReportedBasis
    date: DateRangeRow
    location: Ref | None
    printed: PrintedRow
    figures: list[FigureRow]
    note: str | None
