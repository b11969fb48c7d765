"""What is known of an imported dataset as a whole: the row that `/v1/packs` shows."""

import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, func, select

from app import models
from app.ingest.datasets.ged_rows import DATASET
from app.ingest.drafts import CoverageDraft, PackDraft
from app.models.base import END_OF_TIME, table_of
from app.schemas.base import Ref
from app.schemas.reference import PackRow

CITATION = (
    "Sundberg, Ralph, and Erik Melander (2013), Introducing the UCDP Georeferenced Event Dataset, Journal of Peace "
    "Research 50(4); Uppsala Conflict Data Program, Department of Peace and Conflict Research, Uppsala University."
)
COVERED = "UCDP's own coding of the news and reports that each record names; imported as published."
NOT_TOLD = "not told"
_VERSION = re.compile(r"(?:^|[^\da-z])v?(\d{2})[._](\d{1,2})(?:[._](\d{1,2}))?(?!\d)", re.IGNORECASE)


def described(connection: Connection, dataset: str, files: Sequence[Path]) -> tuple[PackDraft, Ref | None, bool]:
    """The draft of the dataset's row from what it holds now, its document, and that it is a dataset."""
    coverage = coverage_of(connection, dataset, COVERED)
    draft = PackDraft.model_construct(
        file="",
        id=dataset,
        title=DATASET.name,
        version=_version(connection, dataset, files),
        licence="CC-BY-4.0",
        citation=CITATION,
        cut_off=None,
        coverage=coverage,
    )
    return draft, Ref(id=DATASET.id, name=DATASET.name) if coverage.from_ else None, True


def coverage_of(connection: Connection, dataset: str, sources_searched: str) -> CoverageDraft:
    """The days and countries of the events that a dataset holds now; no days if it holds none."""
    event, view, place = (table_of(model) for model in (models.Event, models.EventView, models.Location))
    held = event.c.pack_id == dataset
    days = select(func.min(view.c.earliest), func.max(view.c.latest)).join(event, event.c.pk == view.c.event_pk)
    first, last = connection.execute(days.where(held, view.c.known_until == END_OF_TIME)).one()
    within = table_of(models.LocationAncestor)
    places = select(event.c.location_id).where(held)
    areas = select(place.c.id).join(within, within.c.ancestor_id == place.c.id).where(place.c.kind == "country")
    return CoverageDraft(
        from_=first,
        until=last,
        area=sorted(connection.scalars(areas.where(within.c.location_id.in_(places)).distinct())),
        sources_searched=sources_searched,
    )


def _version(connection: Connection, dataset: str, files: Sequence[Path]) -> str:
    """The version that a file's name tells, as in GEDEvent_v25_1.csv; else the one that was told before."""
    found = [match for path in files if (match := _VERSION.search(path.name))]
    if found:
        return ", ".join(dict.fromkeys(".".join(filter(None, match.groups())) for match in found))
    pack = table_of(models.Pack)
    row = connection.scalar(select(pack.c.row).where(pack.c.id == dataset))
    return PackRow.model_validate_json(row).version if row else NOT_TOLD
