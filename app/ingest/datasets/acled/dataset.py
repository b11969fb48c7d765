"""Describe ACLED as a dataset that can be imported."""

import re
from collections.abc import Sequence
from pathlib import Path

from app.ingest.datasets.acled.event_rows import ID, NAME, AcledRowBuilder
from app.ingest.datasets.acled.reader import AcledReader, parse_event_id
from app.ingest.datasets.core.dataset import Dataset
from app.models import AcledEvent

CITATION = (
    "Raleigh, Clionadh, Roudabeh Kishi, and Andrew Linke (2023), Political instability patterns are obscured by "
    "conflict dataset scope conditions, sources, and coding choices, Humanities and Social Sciences Communications "
    "10, 74, https://doi.org/10.1057/s41599-023-01559-4; Armed Conflict Location & Event Data (ACLED), "
    "www.acleddata.com."
)
"""Article that ACLED asks users of its data to cite, and its name and address."""
LICENCE = "LicenseRef-ACLED-terms"
"""Licence: ACLED's terms of use, which allow nobody to pass its rows on."""
_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)", re.ASCII)


def event_id(text: str) -> str:
    """Return the id of the event of a row. Raises ValueError for what cannot be an id."""
    return f"{ID}:{parse_event_id(text)}"


def version(files: Sequence[Path]) -> str | None:
    """Return the last day in the names of files; the timestamps of rows, where there are any, take precedence."""
    return max((day for path in files for day in _DAY.findall(path.name)), default=None)


ACLED = Dataset(
    id=ID,
    name=NAME,
    licence=LICENCE,
    citation=CITATION,
    coverage_note="ACLED's own coding of the sources that each row names; imported by a user of ACLED, under "
    "its terms.",
    read=AcledReader.read,
    row_builder=AcledRowBuilder,
    raw_table=AcledEvent,
    event_id=event_id,
    version=version,
    id_prefix="acled-",
    warnings_file="a sub-event type of another event type",
    id_column="event_id_cnty",
    has_timestamps=True,
    names_actors=True,
)
