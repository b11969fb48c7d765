"""Imports of made-up UCDP GED files: rows, fixtures and commands."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases, engine_for
from factories.ged import ged_bytes
from factories.packs import write_pack as write_pack
from fastapi.testclient import TestClient
from stored_state import emptied

from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.datasets.core.run import ImportResult, import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings

Cells = dict[str, str]


Write = Callable[..., Path]


GIVEN = "ucdp-ged"


def rec(number: object, **cells: str) -> Cells:
    """A record that differs in these cells from the plain one of the tests of reading."""
    return {"id": str(number), **cells}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes records into a file of its own."""
    made = iter(range(1000))

    def written(*rows: Cells, name: str = "ged.csv", columns: tuple[str, ...] = GED_COLUMNS) -> Path:
        path = tmp_path / str(next(made)) / name
        path.parent.mkdir()
        path.write_bytes(ged_bytes(*rows, columns=columns))
        return path

    return written


def run(url: str, *files: Path, snapshot: str | None = None, told: Any = lambda *_: None) -> ImportResult:
    with engine_for(url, read_only=False) as engine:
        return import_dataset(engine, UCDP_GED, files, snapshot, told)


@pytest.fixture
def url(databases: Databases) -> str:
    """A database of one's own with the article's pack."""
    return databases.loaded()


@pytest.fixture(scope="module")
def empty_urls(databases: Databases) -> tuple[str, str]:
    """Two migrated databases that tests empty and fill in turn."""
    return databases.migrated(), databases.migrated()


@pytest.fixture
def empty_url(empty_urls: tuple[str, str]) -> str:
    """A database without rows."""
    return emptied(empty_urls[0])


@pytest.fixture
def other_empty_url(empty_urls: tuple[str, str]) -> str:
    """Another one."""
    return emptied(empty_urls[1])


FERRY = {
    "type_of_violence": "2",
    "conflict_new_id": "9",
    "conflict_name": "League - Guild",
    "dyad_new_id": "2023",
    "dyad_name": "League - Guild",
    "side_a_new_id": "2002",
    "side_a": "League",
    "side_b_new_id": "2003",
    "side_b": "Guild",
    "gwnoa": "",
}


NO_SOURCE = dict.fromkeys(
    ("source_article", "source_office", "source_date", "source_headline", "source_original", "number_of_sources"), ""
)


NO_UNITS = {"adm_1": "", "adm_2": ""}


RECORDS = (
    rec(
        1,
        dyad_new_id="735",
        dyad_name="Government of Afghanistan - Taleban",
        side_a_new_id="130",
        side_a="Government of Afghanistan",
        side_b_new_id="303",
        side_b="Taleban movement",
        number_of_sources="2",
        source_article='"Imaginary Wire,2014-03-06,Shots near the mill";"Fable Times ,2014-03-09,The mill, again"',
        source_original="army spokesman",
    ),
    rec(
        2,
        **FERRY,
        source_article='"Imaginary Wire,2014-03-10,Feud";"Fable Times,2014-03-11,A feud"',
        source_original="",
        where_prec="2",
        where_coordinates="Ferry town",
        adm_2="",
        latitude="36.75",
        longitude="68.9",
        date_start="2014-03-07",
        date_end="2014-03-09",
        date_prec="2",
    ),
    rec(
        3,
        **FERRY
        | NO_SOURCE
        | {
            "type_of_violence": "3",
            "side_b_new_id": "9999",
            "side_b": "Civilians",
            "dyad_new_id": "2099",
            "dyad_name": "League - Civilians",
            "number_of_sources": "-1",
            "low": "9",
            "where_prec": "3",
            "where_coordinates": "Mill district",
            "latitude": "36.4",
            "longitude": "67.3",
        },
    ),
    rec(
        4,
        **NO_SOURCE
        | {
            "source_article": "lr 3/12",
            "source_original": "police; witnesses",
            "year": "1994",
            "date_start": "1994-12-02",
            "date_end": "1994-12-02",
            "where_prec": "4",
            "where_coordinates": "Mill province",
            "adm_2": "",
            "latitude": "36.6",
            "longitude": "67.5",
        },
    ),
    rec(
        5,
        **NO_UNITS,
        gwnoa="700;702",
        source_article='"Saga Monitor,1753-01-01,-"',
        source_original="",
        where_prec="5",
        where_coordinates="Amber river",
        date_start="2015-06-01",
        date_end="2015-06-30",
        date_prec="4",
    ),
    rec(6, **NO_UNITS, where_prec="6", country="Tajikistan", country_id="702", where_coordinates="Tajikistan"),
    rec(7, **NO_UNITS, where_prec="7", country="Atlantis", country_id="9998", where_coordinates="Open sea"),
    rec(8, where_prec="4", where_coordinates="", latitude="", longitude="", geom_wkt="", adm_2=""),
    rec(9, latitude="36.51"),
    rec(10, best="", low="", high="", latitude="36.52", where_coordinates="Weir"),
    rec(
        11,
        country="Nigeria",
        country_id="475",
        adm_1="Borno state",
        adm_2="",
        where_coordinates="Maiduguri",
        latitude="11.84",
        longitude="13.15",
        best="30",
        high="40",
        low="20",
    ),
)


NEWER = (*RECORDS[1:6], rec(1, best="8"), rec(12, where_coordinates="Weir"), rec(13, side_b_new_id="303"))

MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"


# What records become: eleven made-up ones beside the article's pack.

MILL = "ucdp-place:afg:mill-province:mill-district"
AT_THE_MILL = f"{MILL}:mill-village@36.5_67.25:1"


@pytest.fixture(scope="module")
def imported(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The article's pack and the eleven records."""
    url = databases.loaded()
    path = tmp_path_factory.mktemp("eleven") / "GEDEvent_v25_1.csv"
    path.write_bytes(ged_bytes(*RECORDS))
    done = run(url, path)
    assert (done.dataset, done.rows, done.revision, done.rejected) == (GIVEN, 11, 2, [])
    return url


@pytest.fixture(scope="module")
def client(imported: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=imported))) as client:
        yield client


@pytest.fixture(scope="module")
def get_ok(client: TestClient) -> Callable[..., Any]:
    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return get


GetOk = Callable[..., Any]
UCDP = {"id": GIVEN, "name": "UCDP Georeferenced Event Dataset"}
COUNT = {
    "measure": "deaths",
    "low": 3,
    "best": 3,
    "high": 4,
    "of": None,
    "count_kind": "cumulative",
    "as_of": "2014-03-05",
}
PUBLISHED = COUNT | {"claims": [{"id": "ucdp-ged:1:0", "name": "record 1"}], "contradicted": False}


def ids(page: Any) -> set[str]:
    return {row["id"] for row in page["items"]}


def second_pack(folder: Path, **files: str) -> Path:
    """A curated pack that leans on what is there."""
    write_pack(
        folder / "second",
        {
            "pack": 'id = "second"\ntitle = "Second"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "Second."\n'
            'document = "herald-1"\n[coverage]\nsources_searched = "One paper."\n',
            "sources": '[[source]]\nid = "herald-1"\nname = "Herald"\nkind = "article"\npublished_on = 2021-07-10\n',
            **{name.replace("events", "events/all"): text for name, text in files.items()},
        },
    )
    return folder


# Curated packs that lean on imported rows.

CLAIM = (
    '[[claim]]\nid = "denied-2"\nevent = "ucdp-ged:2"\nparagraph = 1\nmodality = "fact"\nstance = "denies"\n'
    'summary = "Not so."\ndate = 2014-03-05\n'
)
