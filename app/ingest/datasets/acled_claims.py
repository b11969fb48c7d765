"""Claims of a row of ACLED: the dataset's own record, and one for each source that it names."""

from collections.abc import Callable, Iterator

from app.ingest.datasets.acled import AcledRecord
from app.ingest.datasets.references import Named, slug
from app.ingest.datasets.rows import Deaths, PlainClaim

UNDATED = "When it was said is not given: the last day of the event stands in."
_UNNAMED = ("undisclosed source", "unknown source", "unspecified source")
"""What ACLED prints where it does not say who; such a source is nobody's independent word."""

Sourced = Callable[[str, str, str], Named]
"""Makes a source of an id, a name and a kind."""


def claims(record: AcledRecord, document: Named, note: str | None, source: Sourced) -> Iterator[PlainClaim]:
    """The claims on an event; `note` is what a reader of the dataset's own must know beside."""
    last, count = record.latest.isoformat(), record.fatalities
    yield PlainClaim(
        0,
        [document],
        last,
        stated=False,
        modality="fact",
        locator=f"event {record.id}",
        summary=_estimate(count),
        printed=None,
        note=f"{UNDATED} {note}" if note else UNDATED,
        origin=None,  # a dataset sums up what others said
        deaths=None if count is None else Deaths(count, count, count),
    )
    for at, name in enumerate(record.sources, 1):
        unnamed = name.casefold() in _UNNAMED
        said_by = source(f"acled-source:{slug(name)}", name, "unattributed" if unnamed else "outlet")
        yield PlainClaim(
            at,
            [said_by, document],
            last,
            stated=False,
            modality="reported",
            locator=f"event {record.id}, source {at}",
            summary="Named by ACLED as a source.",
            printed=None,
            note=UNDATED,
            # Sources belong to no organisation; those without a name are no origins: see `rules.status.origin`.
            origin=None if said_by.name.casefold() in _UNNAMED else said_by.id,
        )


def _estimate(fatalities: int | None) -> str:
    if fatalities is None:
        return "ACLED gives no number of deaths."
    if fatalities == 0:
        return "ACLED records no deaths: none, or none reported."
    return f"ACLED records {fatalities} reported death{'s' * (fatalities != 1)}."
