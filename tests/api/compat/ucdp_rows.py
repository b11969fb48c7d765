"""Rows in UCDP's shape: drawn, imported, served."""

import csv
import io
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for
from factories.ged import ged_bytes
from hypothesis import strategies as st

from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings

URL = "/compat/ucdp/api/gedevents/25.1"
MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"
Cells = dict[str, Any]
Get = Callable[..., Any]
WHOLE = (
    "id", "year", "type_of_violence", "conflict_new_id", "dyad_new_id", "side_a_new_id", "side_b_new_id",
    "number_of_sources", "where_prec", "priogrid_gid", "country_id", "event_clarity", "date_prec", "deaths_a",
    "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low"
)  # fmt: skip


DEGREES = ("latitude", "longitude")
DAYS = ("date_start", "date_end")
OLD_NUMBERS = ("conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id")
STATES = ("gwnoa", "gwnob")
PUBLISHED = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id",
    "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a",
    "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office",
    "source_date", "source_headline", "source_original", "where_prec", "where_coordinates", "where_description",
    "adm_1", "adm_2", "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region",
    "event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians",
    "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob"
)  # fmt: skip


def normal(name: str, text: str) -> Any:
    """A cell as printed in a file (YYYY-MM-DD days only), as it has to be served."""
    if not text.strip():
        return None
    if name in WHOLE:
        return int(float(text))
    if name in DEGREES:
        return round(float(text), 12)
    if name in DAYS:
        return f"{text.strip()[:10]}T00:00:00"
    if name in OLD_NUMBERS:
        return str(int(float(text)))
    if name in STATES:
        return ";".join(str(int(float(part))) for part in text.replace(",", ";").split(";") if part)
    return int(float(text)) == 1 if name == "active_year" else text.replace("\r\n", "\n")


def rows_of(content: bytes) -> list[Cells]:
    """The rows of a file, without HXL tags, in the order of their ids."""
    limit = csv.field_size_limit(1 << 24)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    finally:
        csv.field_size_limit(limit)
    if rows and rows[0]["date_start"].startswith("#"):
        del rows[0]
    found = [{name: normal(name, row.get(name) or "") for name in PUBLISHED} for row in rows]
    return sorted(found, key=lambda row: int(row["id"]))


def drawn(number: int, chance: random.Random) -> dict[str, str]:
    start = date(2014, 1, 1) + timedelta(days=chance.randrange(900))
    end = start + timedelta(days=chance.choice([0, 0, 0, 1, 6, 30]))
    placed = chance.random() < 0.9
    violence = chance.choice("1123")
    return {
        "id": str(number),
        "type_of_violence": violence,
        "country_id": chance.choice(["700", "702", "475", "365", ""]),
        "side_a_new_id": chance.choice(["130", "14", "15", "16"]),
        "side_b_new_id": chance.choice(["303", "17", "15", "16"]),
        "dyad_new_id": chance.choice(["735", "736", "737"]),
        "latitude": str(chance.choice([36.5, 36.75, -10, 48.0, 0])) if placed else "",
        "longitude": str(chance.choice([67.25, 179.5, -179.5, 0, -60.125])) if placed else "",
        "geom_wkt": "",
        "date_start": str(start),
        "date_end": f"{end} 00:00:00.000",
        "date_prec": "5",
        "best": chance.choice(["0", "3", ""]),
        "low": chance.choice(["9", "3"]),
        "gwnoa": chance.choice(["700", "", "700;702", "2, 200"]),
        "gwnob": chance.choice(["", "702"]),
        "adm_2": chance.choice(["", "A/B", "=1+1", 'D\'Oyly, "x"', "مزار", "two lines"]),
        "active_year": chance.choice("01"),
        "number_of_sources": chance.choice(["-1", "1", ""]),
        "source_original": chance.choice(["", "army", " blanks "]),
    }


CHANCE = random.Random(2014)  # noqa: S311 - the same rows on every run
DRAWN = ged_bytes(*(drawn(5 * number, CHANCE) for number in range(1, 61)))
ROWS = sorted([*rows_of(MADE_UP.read_bytes()), *rows_of(DRAWN)], key=lambda row: int(row["id"]))


def imports(url: str, *paths: Path) -> None:
    with engine_for(url, read_only=False) as engine:
        done = import_dataset(engine, UCDP_GED, paths, None, lambda *_: None)
    assert done.rejected == []


@pytest.fixture(scope="module")
def client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """The API over the article's pack, the made-up file and the rows that were drawn."""
    url = databases.loaded()
    path = tmp_path_factory.mktemp("drawn") / "drawn.csv"
    path.write_bytes(DRAWN)
    imports(url, MADE_UP, path)
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client


@pytest.fixture(scope="module")
def get(client: AppClient) -> Get:
    def got(params: Any = None, url: str = URL) -> Any:
        response = client.get(url, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return got


def numbers(page: Any) -> list[int]:
    return [row["id"] for row in page["Result"]]


@pytest.fixture(scope="module")
def empty_url(databases: Databases) -> str:
    """A database that tests empty and fill in turn."""
    return databases.migrated()


days = st.dates(date(2013, 12, 1), date(2016, 12, 1)).map(str)
