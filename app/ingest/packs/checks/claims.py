"""Checks of claims: documents, dates, and a reason wherever the coding departs from the print."""

from collections.abc import Iterator

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue, figure_bounds
from app.ingest.packs.drafts import ClaimDraft, FigureDraft, PackContent
from app.rules.dates import read_date
from app.rules.figures import read_number
from app.timespan import DateRange
from app.vocab import DOCUMENT_KINDS, Modality, Precision


def documents(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that a claim has a document and a place in it, and was said before the document came out."""
    for claim in content.claims:
        where = (claim.file, claim.full_id)
        document_id = claim.document or content.pack.document
        if document_id is None:
            yield Problem(*where, "document", "", "a claim needs a document; pack.toml names none")
            continue
        document = catalogue.sources.get(document_id)
        if document and document.kind not in DOCUMENT_KINDS:
            yield Problem(*where, "document", document_id, f"is a source of kind {document.kind}, not a document")
        if (claim.paragraph is None) == (claim.locator is None):
            yield Problem(*where, "paragraph", "", "give paragraph or, for a text without any, locator")
        if document_id in claim.via:
            yield Problem(*where, "via", document_id, "is the document, which is always the last hop; leave it out")
        published = document.published_on if document else None
        if document and published is None:
            yield Problem(*where, "document", document_id, "has no published_on, so no report can be dated by it")
        if published and claim.reported_on and claim.reported_on > published:
            value = str(claim.reported_on)
            yield Problem(*where, "reported_on", value, f"is later than the document, {published}")


def dates(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check the order and the precision of dates, and that nothing is reported before it happened."""
    for claim in content.claims:
        dates, where = claim.date, (claim.file, claim.full_id)
        value = f"{dates.earliest}..{dates.latest}"
        if not dates.interval.is_valid:
            yield Problem(*where, "date", value, "ends before it starts")
            continue
        if dates.precision not in _fitting_precisions(dates.interval):
            yield Problem(*where, "date.precision", dates.precision, f"does not fit {value}")
        reported_on = catalogue.reported_on(claim, content.pack)
        if claim.modality in (Modality.FACT, Modality.REPORTED) and dates.earliest and dates.earliest > reported_on:
            yield Problem(*where, "date", value, f"starts after it was reported, {reported_on}")


def _fitting_precisions(days: DateRange) -> tuple[Precision, ...]:
    """Return the precisions that an interval may have."""
    if not days.is_bounded:
        return (Precision.UNKNOWN,)
    return (Precision.DAY, Precision.SPAN) if days.days == 1 else (Precision.RANGE, Precision.SPAN)


def printed_dates(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that a date coded otherwise than printed has a note."""
    for claim in content.claims:
        if claim.note or not claim.printed.date:
            continue
        reported_on = catalogue.reported_on(claim, content.pack)
        readings = [reading for token in claim.printed.date if (reading := read_date(token, reported_on))]
        if readings and claim.date.interval not in readings:
            means = " and ".join(f"{reading.earliest}..{reading.latest}" for reading in readings)
            value = f"{claim.date.earliest}..{claim.date.latest}"
            reason = f"printed {'; '.join(claim.printed.date)!r} reads as {means}; say why in note"
            yield Problem(claim.file, claim.full_id, "date", value, reason)


def figures(content: PackContent, _catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that bounds are in order, and read by the conversion table or else explained in a note."""
    for claim in content.claims:
        for figure in claim.figures:
            yield from _figure(claim, figure)


def _figure(claim: ClaimDraft, figure: FigureDraft) -> Iterator[Problem]:
    where = (claim.file, claim.full_id, f"figures.{figure.measure}")
    bounds, from_table = figure_bounds(figure), read_number(figure.printed)
    known_bounds = [bound for bound in bounds if bound is not None]
    if not known_bounds:
        yield Problem(*where, figure.printed, "the table cannot read it; give low, best or high, and a note")
    elif bounds != from_table and not claim.note:
        yield Problem(*where, figure.printed, f"coded {bounds}, the table reads {from_table}; say why in note")
    if known_bounds != sorted(known_bounds):
        yield Problem(*where, str(bounds), "low, best and high are out of order")
