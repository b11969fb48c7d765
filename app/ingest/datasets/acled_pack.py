"""What is known of imported ACLED data as a whole: the row that `/v1/packs` shows."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from app import models
from app.ingest.datasets.acled_claims import DATASET
from app.ingest.datasets.ged_pack import NOT_TOLD, coverage_of
from app.ingest.drafts import PackDraft
from app.models.base import table_of
from app.schemas.base import Ref

CITATION = (
    "Raleigh, Clionadh, Roudabeh Kishi, and Andrew Linke (2023), Political instability patterns are obscured by "
    "conflict dataset scope conditions, sources, and coding choices, Humanities and Social Sciences Communications "
    "10, 74, https://doi.org/10.1057/s41599-023-01559-4; Armed Conflict Location & Event Data (ACLED), "
    "www.acleddata.com."
)
"""The article that ACLED asks users of its data to cite, and its name and address."""
LICENCE = "LicenseRef-ACLED-terms"
"""ACLED's terms of use; they allow nobody to pass its rows on."""
COVERED = "ACLED's own coding of the sources that each row names; imported by a user of ACLED, under its terms."
_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)", re.ASCII)


def described(connection: Connection, dataset: str, files: Sequence[Path]) -> tuple[PackDraft, Ref | None, bool]:
    """The draft of the dataset's row from what it holds now, its document, and that it is a dataset."""
    coverage = coverage_of(connection, dataset, COVERED)
    draft = PackDraft.model_construct(
        file="",
        id=dataset,
        title=DATASET.name,
        version=_version(connection, dataset, files),
        licence=LICENCE,
        citation=CITATION,
        cut_off=None,
        coverage=coverage,
    )
    return draft, Ref(id=DATASET.id, name=DATASET.name) if coverage.from_ else None, True


def _version(connection: Connection, dataset: str, files: Sequence[Path]) -> str:
    """The day on which ACLED last changed one of the rows; else the last day that a file's name tells."""
    event, given = table_of(models.Event), table_of(models.AcledEvent)
    newest = select(func.max(given.c.timestamp)).join(event, event.c.pk == given.c.event_pk)
    stamp = connection.scalar(newest.where(event.c.pack_id == dataset))
    if stamp is not None:
        return datetime.fromtimestamp(stamp, UTC).date().isoformat()
    return max((day for path in files for day in _DAY.findall(path.name)), default=NOT_TOLD)
