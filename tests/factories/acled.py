"""Shared sample files of ACLED."""

from pathlib import Path

import pytest

from app.codebooks.acled import ACLED_COLUMNS
from app.settings import PROJECT_ROOT
from factories.ged import csv_bytes

OLD_ACLED_COLUMNS = (
    "data_id", "iso", "event_id_cnty", "event_id_no_cnty", "event_date", "year", "time_precision", "event_type",
    "sub_event_type", "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "region",
    "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision", "source",
    "source_scale", "notes", "fatalities", "timestamp", "iso3",
)  # fmt: skip


ACLED_ROW = {
    "event_id_cnty": "XMP10",
    "event_date": "2014-03-05",
    "year": "2014",
    "time_precision": "1",
    "disorder_type": "Political violence",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "Mill Front",
    "assoc_actor_1": "",
    "inter1": "Rebel group",
    "actor2": "Military Forces of Nowhere (2010-2020)",
    "assoc_actor_2": "Police Forces of Nowhere (2010-2020); Mill Guard",
    "inter2": "State forces",
    "interaction": "State forces-Rebel group",
    "civilian_targeting": "",
    "iso": "4",
    "region": "Caucasus and Central Asia",
    "country": "Afghanistan",
    "admin1": "Mill province",
    "admin2": "Mill district",
    "admin3": "",
    "location": "Mill village",
    "latitude": "36.5",
    "longitude": "67.25",
    "geo_precision": "1",
    "source": "Imaginary Wire; Village Radio",
    "source_scale": "National-Subnational",
    "notes": "Made up. Shots near the mill.",
    "fatalities": "3",
    "tags": "",
    "timestamp": "1400000000",
}
OLD_ACLED_ROW = ACLED_ROW | {
    "data_id": "77",
    "event_id_no_cnty": "10",
    "iso3": "AFG",
    "inter1": "2",
    "inter2": "1",
    "interaction": "12",
}
Cells = dict[str, str]


def acled_bytes(
    *rows: Cells,
    columns: tuple[str, ...] = ACLED_COLUMNS,
    plain: Cells = ACLED_ROW,
    end: str = "\n",
    tags: bool = False,
) -> bytes:
    """An ACLED file of rows that differ from the plain one in the cells given."""
    tag_row = [[f"#tag+{name}" if at % 3 else "" for at, name in enumerate(columns)]] if tags else []
    cells = [[{**plain, **row}.get(name, "") for name in columns] for row in rows]
    return csv_bytes([list(columns), *tag_row, *cells], end)


SAMPLES = PROJECT_ROOT.parent / "shared" / "data"


def acled_sample(name: str) -> Path:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"NOT RUN: the shared acled_sample {name} is not there")
    return path
