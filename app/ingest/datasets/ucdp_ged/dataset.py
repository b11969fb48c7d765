"""Describe UCDP GED as a dataset that can be imported."""

import re
from collections.abc import Sequence
from pathlib import Path

from app.ingest.datasets.core.cells import parse_int
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.ucdp_ged.event_rows import ID, NAME, GedRowBuilder
from app.ingest.datasets.ucdp_ged.reader import GedReader
from app.models import GedEvent

CITATION = (
    "Sundberg, Ralph, and Erik Melander (2013), Introducing the UCDP Georeferenced Event Dataset, Journal of Peace "
    "Research 50(4); Uppsala Conflict Data Program, Department of Peace and Conflict Research, Uppsala University."
)
_VERSION = re.compile(r"(?:^|[^\da-z])v?(\d{2})[._](\d{1,2})(?:[._](\d{1,2}))?(?!\d)", re.IGNORECASE)


def event_id(number: object) -> str:
    """Return the id of the event of a record. Raises ValueError for what is no number."""
    return f"{ID}:{parse_int(str(number))}"


def version(files: Sequence[Path]) -> str | None:
    """Return the version in the names of files, as in GEDEvent_v25_1.csv."""
    found = [match for path in files if (match := _VERSION.search(path.name))]
    return ", ".join(dict.fromkeys(".".join(filter(None, match.groups())) for match in found)) or None


UCDP_GED = Dataset(
    id=ID,
    name=NAME,
    licence="CC-BY-4.0",
    citation=CITATION,
    coverage_note="UCDP's own coding of the news and reports that each record names; imported as published.",
    read=GedReader.read,
    row_builder=GedRowBuilder,
    raw_table=GedEvent,
    event_id=event_id,
    version=version,
    id_prefix="ucdp-",
    warnings_file="low above best",
)
