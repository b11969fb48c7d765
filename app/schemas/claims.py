"""Rows of claims and their figures."""

from datetime import date

from pydantic import Field

from app.schemas.base import ApiModel, DateRangeRow, Ref
from app.vocab import CountKind, Measure, Modality, ReportedBasis, Stance

WHOLE_DOCUMENT = "whole document"
"""Name of a reference to a claim without a locator."""


class FigureRow(ApiModel):
    """One number, as understood and as printed; `of` is a denominator, as in 7 of 14."""

    measure: Measure
    low: int | None
    best: int | None
    high: int | None
    of: int | None
    count_kind: CountKind
    since: date | None = Field(description="the first day that a running total counts; null: that of the claim")
    as_of: date | None = Field(description="the last day that it counts; null: that of the claim")
    printed: str | None


class PrintedRow(ApiModel):
    """Tokens exactly as the document prints them."""

    date: list[str]
    place: list[str]
    quantity: list[str]
    name: list[str]
    other: list[str]


def printed_texts(printed: PrintedRow, paragraph: int | None) -> list[str]:
    """Return the printed tokens that a search finds.

    `other` of a claim that stands in no paragraph is a whole cell of a dataset, whose words the summary tells already.
    """
    return [
        *printed.date,
        *printed.place,
        *printed.quantity,
        *printed.name,
        *(printed.other if paragraph else ()),
    ]


class ClaimRow(ApiModel):
    """A statement of a source about an event: one paragraph, one chain.

    `attribution` starts with the source nearest the fact (`origin`) and ends with the document.
    """

    id: str
    event: Ref
    document: Ref
    locator: str | None
    paragraph: int | None = Field(description="non-empty lines of the document, counted from 1")
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
