"""Build the claims about an event: the dataset's own estimate, and one for each source that the record names."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from app.ingest.datasets.core.entities import EntityRef
from app.ingest.datasets.core.event_rows import DatasetClaim, DatasetEvent, Deaths

UNDATED_REPORT_NOTE = "When it was said is not given: the last day of the event stands in."


class Estimate(NamedTuple):
    """The dataset's own estimate, which rests on all sources that it names."""

    reported_on: str
    summary: str
    deaths: Deaths | None
    note: str | None
    printed: str | None = None


class NamedSource(NamedTuple):
    """One source that a record names."""

    chain: Sequence[EntityRef]
    """Chain of attribution, without the dataset that ends it."""
    reported_on: str
    reported_on_stated: bool
    summary: str
    note: str | None
    origin: str | None
    printed: str | None = None


def build_claims(
    event: DatasetEvent, locator: str, estimate: Estimate, sources: Iterable[NamedSource]
) -> Iterator[DatasetClaim]:
    """Yield claim 0, the estimate, then those of the sources in their order; `locator` says where the record stands."""
    yield DatasetClaim(
        0,
        [event.document],
        estimate.reported_on,
        reported_on_stated=False,
        modality="fact",
        locator=locator,
        summary=estimate.summary,
        printed=estimate.printed,
        note=estimate.note,
        origin=None,  # a dataset sums up what others said
        deaths=estimate.deaths,
    )
    for number, source in enumerate(sources, 1):
        yield DatasetClaim(
            number,
            [*source.chain, event.document],
            source.reported_on,
            source.reported_on_stated,
            modality="reported",
            locator=f"{locator}, source {number}",
            summary=source.summary,
            printed=source.printed,
            note=source.note,
            origin=source.origin,
        )
