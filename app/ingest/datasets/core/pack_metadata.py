"""Compose the row of an imported dataset that `/v1/packs` serves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from app import models
from app.db.indexes import END_OF_TIME, use_index
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.packs.drafts import CoverageDraft, PackDraft
from app.models.base import table_of
from app.schemas.base import Ref
from app.schemas.reference import PackRow

UNKNOWN_VERSION = "not told"
LOCATION_INDEX = "ix_event_location_id"


def pack_metadata(
    connection: Connection, dataset: Dataset, pack_id: str, files: Sequence[Path]
) -> tuple[PackDraft, Ref | None, bool]:
    """Return the draft of the dataset's row, computed from its events, its document, and True for a dataset."""
    event, view, place = (table_of(model) for model in (models.Event, models.EventVersion, models.Location))
    in_pack = event.c.pack_id == pack_id
    days = select(func.min(view.c.earliest), func.max(view.c.latest)).join(event, event.c.pk == view.c.event_pk)
    first, last = connection.execute(days.where(in_pack, view.c.known_until == END_OF_TIME)).one()
    location_ancestor = table_of(models.LocationAncestor)
    # From a country down to its first event: to go up from each event takes half a minute with a large file.
    event_here = use_index(
        select(event.c.pk).where(in_pack, event.c.location_id == location_ancestor.c.location_id), event, LOCATION_INDEX
    )
    below = select(location_ancestor.c.location_id).where(
        location_ancestor.c.ancestor_id == place.c.id, event_here.correlate(location_ancestor).exists()
    )
    areas = select(place.c.id).where(place.c.kind == "country", below.correlate(place).exists())
    draft = PackDraft.model_construct(
        file="",
        id=pack_id,
        title=dataset.name,
        version=_version(connection, dataset, pack_id, files),
        licence=dataset.licence,
        citation=dataset.citation,
        cut_off=None,
        coverage=CoverageDraft(
            from_=first,
            until=last,
            area=sorted(connection.scalars(areas)),
            sources_searched=dataset.coverage_note,
        ),
    )
    return draft, Ref(id=dataset.id, name=dataset.name) if first else None, True


def _version(connection: Connection, dataset: Dataset, pack_id: str, files: Sequence[Path]) -> str:
    """Return the day of the last change of a row, if rows have timestamps; else the version in the names of files."""
    file_version = dataset.version(files)
    if dataset.has_timestamps:
        event, raw = table_of(models.Event), table_of(dataset.raw_table)
        newest = select(func.max(raw.c.timestamp)).join(event, event.c.pk == raw.c.event_pk)
        stamp = connection.scalar(newest.where(event.c.pack_id == pack_id))
        return (
            file_version or UNKNOWN_VERSION if stamp is None else datetime.fromtimestamp(stamp, UTC).date().isoformat()
        )
    pack = table_of(models.Pack)
    row = None if file_version else connection.scalar(select(pack.c.row).where(pack.c.id == pack_id))
    return file_version or (PackRow.model_validate_json(row).version if row else UNKNOWN_VERSION)
