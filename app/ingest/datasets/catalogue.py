"""The published datasets that can be imported, and what an import must know of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app import models
from app.ingest.datasets import acled, acled_pack, ged, ged_pack
from app.ingest.datasets.acled_claims import DATASET as ACLED_ITSELF
from app.ingest.datasets.acled_rows import AcledRows
from app.ingest.datasets.files import Table
from app.ingest.datasets.ged_cells import whole
from app.ingest.datasets.ged_references import Named
from app.ingest.datasets.ged_rows import DATASET as GED_ITSELF
from app.ingest.datasets.ged_rows import GedRows


@dataclass(frozen=True)
class Dataset:
    """A published dataset: how its files are read, what its records become, and how its rows are told from others."""

    document: Named
    own: str
    """What the ids of the actors and places that it makes begin with."""
    read: Callable[[Table], Iterator[Any]]
    rows: Callable[..., Any]
    described: Callable[..., Any]
    given: type[Any]
    """The table of the cells as they were given."""
    id_of: Callable[[str], object]
    """The id of a record from its cell. Raises ValueError."""
    stamped: bool = False
    """Whether records tell when they were last changed, so that the newer of two counts."""
    names_actors: bool = False
    """Whether its actors have names and no numbers: what imports before made of a name is taken up."""


GED = Dataset(GED_ITSELF, "ucdp-", ged.read, GedRows, ged_pack.described, models.GedEvent, whole)
ACLED = Dataset(
    ACLED_ITSELF,
    "acled-",
    acled.read,
    AcledRows,
    acled_pack.described,
    models.AcledEvent,
    acled.event_id,
    stamped=True,
    names_actors=True,
)
DATASETS = {"ucdp-ged": GED, "acled": ACLED}
"""By the name that the command takes."""
