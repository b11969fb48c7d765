"""Claims of a row of ACLED: the dataset's own record, and one for each source that it names."""

from collections.abc import Callable, Iterator

from app.ingest.datasets.acled.reader import AcledRecord
from app.ingest.datasets.core.entities import EntityRef, slug
from app.ingest.datasets.core.event_rows import DatasetClaim, Deaths

UNDATED_REPORT_NOTE = "When it was said is not given: the last day of the event stands in."
_UNNAMED = ("undisclosed source", "unknown source", "unspecified source")
"""What ACLED prints where it does not say who; such a source is nobody's independent word."""

SourceFactory = Callable[[str, str, str], EntityRef]
"""Makes a source of an id, a name and a kind."""


def claims(
    record: AcledRecord, document: EntityRef, note: str | None, make_source: SourceFactory
) -> Iterator[DatasetClaim]:
    """The claims on an event; `note` is what a reader of the dataset's own must know beside."""
    last, count = record.latest.isoformat(), record.fatalities
    yield DatasetClaim(
        0,
        [document],
        last,
        reported_on_stated=False,
        modality="fact",
        locator=f"event {record.id}",
        summary=_estimate(count),
        printed=None,
        note=f"{UNDATED_REPORT_NOTE} {note}" if note else UNDATED_REPORT_NOTE,
        origin=None,  # a dataset sums up what others said
        deaths=None if count is None else Deaths(count, count, count),
    )
    for at, name in enumerate(record.sources, 1):
        unnamed = name.casefold() in _UNNAMED
        said_by = make_source(f"acled-source:{slug(name)}", name, "unattributed" if unnamed else "outlet")
        yield DatasetClaim(
            at,
            [said_by, document],
            last,
            reported_on_stated=False,
            modality="reported",
            locator=f"event {record.id}, source {at}",
            summary="Named by ACLED as a source.",
            printed=None,
            note=UNDATED_REPORT_NOTE,
            # Sources belong to no organisation; those without a name are no origins: see `rules.status.origin`.
            origin=None if said_by.name.casefold() in _UNNAMED else said_by.id,
        )


def _estimate(fatalities: int | None) -> str:
    if fatalities is None:
        return "ACLED gives no number of deaths."
    if fatalities == 0:
        return "ACLED records no deaths: none, or none reported."
    return f"ACLED records {fatalities} reported death{'s' * (fatalities != 1)}."
