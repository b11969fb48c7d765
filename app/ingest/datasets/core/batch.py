"""Batches of rows on their way into the database: tuples in column order, which both databases insert fastest."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.ingest.acled_cells import COLUMNS as ACLED_COLUMNS
from app.ingest.datasets.core.records import Rejected

ACLED_TABLE = "acled_event"
Tuples = list[tuple[Any, ...]]


class ImportContext(NamedTuple):
    """Column values that all new rows of an import share."""

    pack_id: str
    added_in: int
    revision: int


_SERVED_COLUMNS = ("id", *ImportContext._fields, "row")
_NAME_COLUMNS = ("owner_id", "key", "name", "kind", "language", "as_printed")
_CODE_COLUMNS = ("owner_id", "scheme", "version", "code")
_TEXT_COLUMNS = ("rowid", "body")
BATCH_COLUMNS: dict[str, tuple[str, ...]] = {
    "source": ("pk", *_SERVED_COLUMNS, "name", "kind", "organisation_id", "actor_id", "published_on"),
    "source_name": _NAME_COLUMNS,
    "source_text": _TEXT_COLUMNS,
    "actor": ("pk", *_SERVED_COLUMNS, "name", "kind", "country"),
    "actor_name": _NAME_COLUMNS,
    "actor_code": _CODE_COLUMNS,
    "actor_ancestor": ("actor_id", "ancestor_id", "starts_on", "ends_on"),
    "actor_text": _TEXT_COLUMNS,
    "location": (
        "pk", *_SERVED_COLUMNS, "name", "kind", "country", "parent_id", "latitude", "longitude", "point_kind",
    ),
    "location_name": _NAME_COLUMNS,
    "location_code": _CODE_COLUMNS,
    "location_ancestor": ("location_id", "ancestor_id"),
    "location_text": _TEXT_COLUMNS,
    "event": (
        "pk", *_SERVED_COLUMNS, "category", "title", "title_key", "location_id", "location_precision", "part_of_id",
    ),
    "event_actor": ("event_pk", "actor_id", "role"),
    "event_location": ("event_pk", "location_id"),
    "control_change": ("event_pk", "location_id", "gained_by_id", "lost_by_id", "extent", "means"),
    "event_version": (
        "event_pk", "id", "known_from", "known_until", "earliest", "latest", "sort_date", "precision", "status",
        "origins", "planned", "contradictory", "deaths_low", "deaths_best", "deaths_high", "category", "location_id",
        "country", "latitude", "longitude", "row",
    ),
    "event_text": _TEXT_COLUMNS,
    "acled_event": ACLED_COLUMNS,
    "claim": (
        "pk", *_SERVED_COLUMNS, "event_pk", "stance", "modality", "reported_on", "reported_basis", "earliest", "latest",
        "sort_date", "precision", "document_id", "paragraph", "location_id",
    ),
    "claim_hop": ("claim_pk", "position", "source_id"),
    "figure": (
        "claim_pk", "position", "id", "measure", "low", "best", "high", "of", "count_kind", "as_of", "printed",
        "as_given",
    ),
    "claim_text": _TEXT_COLUMNS,
}  # fmt: skip
"""Columns of every table that an import fills, the key of a row or of its owner first. A dataset adds its own table."""
ID_AT, ROW_AT, EVENT_AT = 1, 5, 6
"""Positions of the id and the served JSON in a tuple, and of the event in the tuple of a claim."""


@dataclass
class RowBatch:
    """Rows of a number of records, by table.

    The pk of an event, claim, source, actor or location is its number in the batch; the writer adds the first free pk
    of the table. Dates are texts.
    """

    tables: defaultdict[str, Tuples] = field(default_factory=lambda: defaultdict(list))
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    """Rejected rows, each after its file."""
    warnings: list[tuple[str, Rejected]] = field(default_factory=list)
    """Warnings about rows that are kept, each after its file."""
    rejected_rows: int = 0
    """Rows that were left out; each may have several faults."""
    warned_rows: int = 0
    retained_event_ids: set[str] = field(default_factory=set)
    """Events of which a row was rejected; a snapshot keeps their stored version."""
    unreadable: bool = False
    """True if a row has no readable id, so that nobody knows which event it is a version of."""
    rows: int = 0
    """Rows read so far, over all batches; `bytes_read` likewise."""
    bytes_read: int = 0
    chars: int = 0
    """Characters of the served JSON of versions and claims, of which one record may make many."""
    outdated_rows: int = 0
    """Records that were passed over, because a newer version of the event exists."""
    actor_kinds: dict[str, str] = field(default_factory=dict)
    """In the last batch: kinds, by id, of actors that later records made another kind than was written."""
    referenced: set[str] | None = None
    """In the last batch, if the job asked for it: ids of all entities that records refer to."""
