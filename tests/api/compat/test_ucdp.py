"""The shape of UCDP's API: every imported row comes back cell for cell, by any filter and any page."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from asgi_client import AppClient
from factories.ged import SAMPLES
from stored_state import emptied

from api.compat.ucdp_rows import (
    DEGREES,
    PUBLISHED,
    ROWS,
    URL,
    WHOLE,
    Cells,
    Get,
    imports,
    numbers,
    rows_of,
)
from api.compat.ucdp_rows import client as client
from api.compat.ucdp_rows import empty_url as empty_url
from api.compat.ucdp_rows import get as get
from app.main import create_app
from app.settings import Settings

# The documented normalisation, written down a second time: what a cell of a file is in the shape of UCDP's API.

TYPES: dict[str, type] = {
    name: int if name in WHOLE else float if name in DEGREES else bool if name == "active_year" else str
    for name in PUBLISHED
}


# Rows of many kinds: the file that ships, and sixty drawn by a seed.


def all_pages(client: AppClient, first: str) -> list[Any]:
    """Every page from the first on, along NextPageUrl until it is empty."""
    pages, url = [], first
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.text
        pages.append(response.json())
        url = pages[-1]["NextPageUrl"]
    return pages


# Every cell.


@pytest.mark.each_database
def test_every_row_comes_back_cell_for_cell(get: Get) -> None:
    found = get({"pagesize": 1000})["Result"]
    assert numbers({"Result": found}) == [row["id"] for row in ROWS]
    for row, expected in zip(found, ROWS, strict=True):
        assert row == expected


def test_a_row_has_the_49_columns_in_their_published_order_and_type(get: Get) -> None:
    found = get({"pagesize": 1000})["Result"]
    assert len(PUBLISHED) == 49
    for row in found:
        assert tuple(row) == PUBLISHED
        assert {name: type(value) for name, value in row.items() if value is not None} == {
            name: TYPES[name] for name, value in row.items() if value is not None
        }
    for name in PUBLISHED:  # every column was seen with a value
        assert any(row[name] is not None for row in found), name


@pytest.mark.each_database
def test_a_row_exactly(get: Get) -> None:
    (row,) = get({"Id": "999000008"})["Result"]
    assert row == {
        "id": 999000008,
        "relid": "MADEUP-2015-1-8",
        "year": 2016,
        "active_year": True,
        "code_status": "Clear",
        "type_of_violence": 1,
        "conflict_dset_id": "992001",
        "conflict_new_id": 992001,
        "conflict_name": "Afghanistan: Invented quarrel",
        "dyad_dset_id": "991001",
        "dyad_new_id": 991001,
        "dyad_name": "Government of Afghanistan (made up) - Made-up Front of the North",
        "side_a_dset_id": "990001",
        "side_a_new_id": 990001,
        "side_a": "Government of Afghanistan (made up)",
        "side_b_dset_id": "990002",
        "side_b_new_id": 990002,
        "side_b": "Made-up Front of the North",
        "number_of_sources": 1,
        "source_article": '"Saga Monitor,2016-02-01,The year in invented numbers"',
        "source_office": "Saga Monitor",
        "source_date": "2016-02-01",
        "source_headline": "The year in invented numbers",
        "source_original": "Jane Doe, a spokesman for the ministry",
        "where_prec": 6,
        "where_coordinates": "Afghanistan",
        "where_description": None,
        "adm_1": None,
        "adm_2": None,
        "latitude": 33.8,
        "longitude": 66.0,
        "geom_wkt": "POINT (66 33.8)",
        "priogrid_gid": 178333,
        "country": "Afghanistan",
        "country_id": 700,
        "region": "Asia",
        "event_clarity": 1,
        "date_prec": 2,
        "date_start": "2015-12-30T00:00:00",
        "date_end": "2016-01-02T00:00:00",
        "deaths_a": 5,
        "deaths_b": 5,
        "deaths_civilians": 5,
        "deaths_unknown": 5,
        "best": 20,
        "high": 20,
        "low": 20,
        "gwnoa": "700;702",
        "gwnob": None,
    }


def test_blanks_quotes_and_ends_of_lines_are_kept(get: Get) -> None:
    (row,) = get({"Id": "999000001"})["Result"]
    assert row["source_office"] == "Imaginary Wire;Fable Times "
    assert row["where_description"] == "near Almabad,\non the road to the river"
    assert row["source_headline"].endswith('Officials: "we hold the village," front denies; talks go on ')


@pytest.mark.each_database
def test_curated_events_never_appear(client: AppClient, get: Get) -> None:
    events = client.get("/v1/events", params={"count": "exact", "limit": 1}).json()["matched"]
    assert events > len(ROWS)
    assert get()["TotalCount"] == len(ROWS)
    days = {"StartDate": "2021-06-01", "EndDate": "2021-07-31"}  # of the article
    assert get(days) == {
        "TotalCount": 0,
        "TotalPages": 0,
        "PreviousPageUrl": "",
        "NextPageUrl": "",
        "Result": [],
    }


REAL = (
    "ged_v23_1_sample1000.csv.gz",
    "hdx_conflict_data_bgd_v19.csv.gz",
    "hdx_conflict_data_phl_v22.csv.gz",
    "hdx_conflict_data_ukr_v19.csv.gz",
    "hdx_conflict_data_ukr_v20.csv.gz",
)


@pytest.mark.parametrize("name", REAL)
def test_every_row_of_a_real_file_comes_back_cell_for_cell(empty_url: str, tmp_path: Path, name: str) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"NOT RUN: the sample is not at hand: ../shared/data/{name} is missing")
    content = gzip.decompress(path.read_bytes())
    expected = rows_of(content)
    imports(emptied(empty_url), path)
    with AppClient(create_app(Settings(database_url=empty_url))) as client:
        pages = all_pages(client, f"{URL}?pagesize=1000")
    found = [row for page in pages for row in page["Result"]]
    assert len(found) == len(expected) > 500
    assert [row for row, wanted in zip(found, expected, strict=True) if row != wanted] == []


# Pages.


def test_the_envelope_has_its_fields_in_order(client: AppClient) -> None:
    text = client.get(URL, params={"pagesize": 1}).text
    assert list(json.loads(text)) == ["TotalCount", "TotalPages", "PreviousPageUrl", "NextPageUrl", "Result"]


@pytest.mark.each_database
@pytest.mark.parametrize("size", [1, 7, 34, len(ROWS) - 1, len(ROWS), len(ROWS) + 1, 1000])
def test_following_the_next_page_gives_every_row_once(client: AppClient, size: int) -> None:
    pages = all_pages(client, f"{URL}?pagesize={size}")
    assert [number for page in pages for number in numbers(page)] == [row["id"] for row in ROWS]
    assert {(page["TotalCount"], page["TotalPages"]) for page in pages} == {(len(ROWS), len(pages))}
    assert {len(page["Result"]) for page in pages[:-1]} <= {size}
    assert (pages[0]["PreviousPageUrl"], pages[-1]["NextPageUrl"]) == ("", "")
    for before, after in pairwise(pages):
        assert client.get(after["PreviousPageUrl"]).json() == before


def test_without_a_size_a_page_has_a_hundred_rows(client: AppClient, get: Get) -> None:
    page = get()
    assert (len(page["Result"]), page["TotalPages"], page["NextPageUrl"]) == (len(ROWS), 1, "")
    described = client.get("/openapi.json").json()["paths"]["/compat/ucdp/api/gedevents/{version}"]["get"]
    sizes = {param["name"]: param["schema"] for param in described["parameters"] if param["in"] == "query"}
    assert sizes["pagesize"]["default"] == 100


@pytest.mark.parametrize("page", [1, 3, 2147483647])
def test_a_page_beyond_the_end_is_empty(get: Get, page: int) -> None:
    found = get({"pagesize": 1000, "page": page})
    assert (found["TotalCount"], found["TotalPages"], found["NextPageUrl"], found["Result"]) == (len(ROWS), 1, "", [])


def test_the_next_page_keeps_every_parameter(get: Get) -> None:
    asked = [
        ("pagesize", "2"),
        ("Geography", "36 60,37 70"),
        ("Page", "0"),
        ("other", "a b"),
        ("other", "c&d"),
        ("e", ""),
    ]
    parts = urlsplit(get(asked)["NextPageUrl"])
    assert parts.path == URL
    assert parse_qsl(parts.query, keep_blank_values=True) == [*asked[:2], *asked[3:], ("page", "1")]


@pytest.mark.parametrize(
    "version",
    [
        "25.1",
        "24.0.10",
        "latest",
        "1?2",
        "x" * 200,
        "~",
        "a b",
        "é",
    ],
)
def test_any_version_is_answered_with_what_was_imported(get: Get, version: str) -> None:
    page = get({"pagesize": 1}, url=f"/compat/ucdp/api/gedevents/{quote(version)}")
    assert numbers(page) == [ROWS[0]["id"]]
    address = page["NextPageUrl"]
    assert address.isascii()
    assert " " not in address
    assert urlsplit(address).path == f"/compat/ucdp/api/gedevents/{quote(version)}"
    assert numbers(get(url=address)) == [ROWS[1]["id"]]


@pytest.mark.parametrize(
    "path", ["/compat/ucdp/api/gedevents", f"{URL}/", f"{URL}/more", "/compat/ucdp/api/other/25.1"]
)
def test_other_paths_are_not_there(client: AppClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_a_loop_as_r_scripts_have_it(client: AppClient) -> None:
    """The number of pages first, then each page by its number."""
    accept = {"Accept": "application/json, text/xml, application/xml, */*"}  # as httr sends it
    first = client.get(URL, params={"pagesize": 10}, headers=accept).json()
    found: list[Cells] = []
    for page in range(first["TotalPages"]):
        found += client.get(URL, params={"pagesize": 10, "page": page}, headers=accept).json()["Result"]
    assert [row["id"] for row in found] == [row["id"] for row in ROWS]


def test_a_loop_as_python_scripts_have_it(client: AppClient) -> None:
    """Pages of a thousand, along NextPageUrl until it is empty; every address is taken as it stands."""
    url: str | None = f"http://testserver{URL}?pagesize=1000&page=0"
    found: list[Cells] = []
    while url:
        output = client.get(url).json()
        url = output["NextPageUrl"] if output["NextPageUrl"] != "" else None
        found += output["Result"]
    assert found == ROWS
