"""Rows on their way into the database: tuples in the order of columns, as both databases take them fastest."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.ingest.acled_cells import COLUMNS as ACLED_COLUMNS
from app.ingest.datasets.core.records import Rejected

ACLED_TABLE = "acled_event"
Tuples = list[tuple[Any, ...]]


class ImportContext(NamedTuple):
    """What all new rows of an import share."""

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
    "event_place": ("event_pk", "location_id"),
    "control_change": ("event_pk", "location_id", "gained_by_id", "lost_by_id", "extent", "means"),
    "event_view": (
        "event_pk", "id", "known_from", "known_until", "earliest", "latest", "sort_date", "precision", "status",
        "origins", "planned", "contradictory", "deaths_low", "deaths_best", "deaths_high", "category", "location_id",
        "country", "latitude", "longitude", "row",
    ),
    "event_text": _TEXT_COLUMNS,
    "acled_event": ACLED_COLUMNS,
    "claim": (
        "pk", *_SERVED_COLUMNS, "event_pk", "stance", "modality", "reported_on", "reported_basis", "earliest", "latest",
        "sort_date", "precision", "location_id",
    ),
    "claim_hop": ("claim_pk", "position", "source_id"),
    "figure": (
        "claim_pk", "position", "id", "measure", "low", "best", "high", "of", "count_kind", "as_of", "printed",
        "as_given",
    ),
    "claim_text": _TEXT_COLUMNS,
}  # fmt: skip
"""The columns of every table that an import fills, what its rows belong to first. A dataset adds its own."""
ID_AT, ROW_AT, EVENT_AT = 1, 5, 6
"""Where the id, the row as it is said and, in a claim, the event stand."""


@dataclass
class RowBatch:
    """What a number of records come to, by table.

    The pk of an event, claim, source, actor or place is its number in the batch: whoever writes it knows from where
    on its table counts. Days are texts.
    """

    tables: defaultdict[str, Tuples] = field(default_factory=lambda: defaultdict(list))
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    """File and reason."""
    warnings: list[tuple[str, Rejected]] = field(default_factory=list)
    """The same of rows that are kept."""
    warned_rows: int = 0
    retained_event_ids: set[str] = field(default_factory=set)
    """Events whose newer version was rejected."""
    unreadable: bool = False
    """Whether a row has no id, so that nobody knows what it is the newer version of."""
    rows: int = 0
    """How many rows were read so far, and how many bytes."""
    bytes_read: int = 0
    outdated_rows: int = 0
    """Records that were passed over, because a newer version of the same event is there."""
    actor_kinds: dict[str, str] = field(default_factory=dict)
    """At the end, of actors that all records together make another kind than they were first told to be."""
    referenced: set[str] | None = None
    """At the end, if it was asked for: all that records refer to."""
