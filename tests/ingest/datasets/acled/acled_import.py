"""Imports of made-up ACLED files: rows, fixtures and commands."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases, engine_for
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import acled_bytes
from fastapi.testclient import TestClient
from stored_state import emptied

from app.codebooks.acled import ACLED_COLUMNS
from app.ingest.datasets.acled.dataset import ACLED
from app.ingest.datasets.core.run import ImportResult, import_dataset
from app.main import create_app
from app.settings import Settings

Cells = dict[str, str]


Write = Callable[..., Path]


def row(number: int, **cells: str) -> Cells:
    """A row that differs in these cells from the plain one of the tests of reading."""
    return {"event_id_cnty": f"XMP{number}", **cells}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows into a file of its own."""
    made = iter(range(1000))

    def written(
        *rows: Cells, name: str = "acled.csv", columns: tuple[str, ...] = ACLED_COLUMNS, plain: Cells = PLAIN
    ) -> Path:
        path = tmp_path / str(next(made)) / name
        path.parent.mkdir()
        path.write_bytes(acled_bytes(*rows, columns=columns, plain=plain))
        return path

    return written


def run(url: str, *files: Path, snapshot: str | None = None) -> ImportResult:
    with engine_for(url, read_only=False) as engine:
        return import_dataset(engine, ACLED, files, snapshot, lambda *_: None)


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


CONTROL = {"sub_event_type": "Non-state actor overtakes territory", "event_date": "2022-07-04", "year": "2022"}


BACK = {"sub_event_type": "Government regains territory", "event_date": "2022-08-01", "year": "2022"}


TRANSFER = {
    "event_type": "Strategic developments",
    "sub_event_type": "Non-violent transfer of territory",
    "disorder_type": "Strategic developments",
    "event_date": "2022-09-16",
    "year": "2022",
    "time_precision": "3",
}


AT_CIVILIANS = {
    "event_type": "Violence against civilians",
    "sub_event_type": "Attack",
    "actor2": "Civilians (Nowhere)",
    "assoc_actor_2": "Teachers (Nowhere)",
    "inter2": "Civilians",
    "interaction": "Rebel group-Civilians",
    "civilian_targeting": "Civilian targeting",
}


AT_PROTESTERS = {
    "event_type": "Protests",
    "sub_event_type": "Excessive force against protesters",
    "disorder_type": "Political violence; Demonstrations",
    "actor1": "Protesters (Nowhere)",
    "inter1": "Protesters",
    "interaction": "State forces-Protesters",
    "civilian_targeting": "Civilian targeting",
}


ROWS = (
    row(1, event_date="05 March 2014"),
    row(2, **CONTROL),
    row(3, **BACK, actor1=PLAIN["actor2"], inter1="State forces", actor2="Mill Front", inter2="Rebel group"),
    row(4, **TRANSFER, actor2="", inter2="", assoc_actor_2="", interaction="Rebel group only"),
    row(5, **AT_CIVILIANS, time_precision="2", geo_precision="2", fatalities="0", source="Undisclosed Source"),
    row(6, **AT_PROTESTERS, geo_precision="3", location="Mill province"),
    row(
        7,
        event_type="Explosions/Remote violence",
        sub_event_type="Grenade",
        actor2="",
        inter2="",
        assoc_actor_2="",
        interaction="Rebel group only",
        iso="566",
        country="Nigeria",
        region="Western Africa",
        admin3="Mill ward",
        tags="crowd size=no report",
        fatalities="",
        source="",
    ),
    row(8, iso="0", country="Sea of Nowhere", region="Oceania", admin1="", admin2="", location="At sea"),
)


MILL = "acled-place:afg:mill-province:mill-district"


AT_THE_MILL = f"{MILL}:mill-village@36.5_67.25:1"


FRONT, ARMY = "acled-actor:mill-front", "acled-actor:military-forces-of-nowhere-2010-2020"

GetOk = Callable[..., Any]
READ = "/compat/acled/api/acled/read"


@pytest.fixture(scope="module")
def imported(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The article's pack and the eight rows."""
    url = databases.loaded()
    path = tmp_path_factory.mktemp("eight") / "acled.csv"
    path.write_bytes(acled_bytes(*ROWS))
    done = run(url, path)
    assert (done.dataset, done.rows, done.revision, done.rejected) == ("acled", 8, 2, [])
    return url


@pytest.fixture(scope="module")
def client(imported: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=imported))) as client:
        yield client


@pytest.fixture(scope="module")
def get_ok(client: TestClient) -> GetOk:
    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return get


def ids(answer: Any) -> set[str]:
    return {item["id"] for item in answer["items"]}


# What went in comes out again.


def served(asked: GetOk, **params: Any) -> dict[str, Cells]:
    return {found["event_id_cnty"]: found for found in asked(READ, **params)["data"]}
