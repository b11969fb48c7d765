"""The shape of UCDP's API: every imported row comes back cell for cell, by any filter and any page."""

import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for
from factories.ged import SAMPLES, ged_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_state import emptied

from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.main import create_app
from app.query.compat.ucdp import PARAMS, is_index_only
from app.query.params.param import parse_query
from app.settings import PROJECT_ROOT, Settings

URL = "/compat/ucdp/api/gedevents/25.1"
MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"
Cells = dict[str, Any]
Get = Callable[..., Any]


# The documented normalisation, written down a second time: what a cell of a file is in the shape of UCDP's API.

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
TYPES: dict[str, type] = {
    name: int if name in WHOLE else float if name in DEGREES else bool if name == "active_year" else str
    for name in PUBLISHED
}


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


# Rows of many kinds: the file that ships, and sixty drawn by a seed.


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
        "adm_2": chance.choice(["", "A/B", "=1+1", 'D\'Oyly, "x"', "مزار", "two\nlines"]),
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


def all_pages(client: AppClient, first: str) -> list[Any]:
    """Every page from the first on, along NextPageUrl until it is empty."""
    pages, url = [], first
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.text
        pages.append(response.json())
        url = pages[-1]["NextPageUrl"]
    return pages


def numbers(page: Any) -> list[int]:
    return [row["id"] for row in page["Result"]]


# Every cell.


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


@pytest.fixture(scope="module")
def empty_url(databases: Databases) -> str:
    """A database that tests empty and fill in turn."""
    return databases.migrated()


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


# Filters, each against a plain one over the rows.


def whole_list(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def in_box(row: Cells, text: str) -> bool:
    (south, west), (north, east) = (map(float, corner.split()) for corner in text.split(","))
    if row["latitude"] is None or not south <= row["latitude"] <= north:
        return False
    x = row["longitude"]
    return bool(west <= x <= east if west <= east else x >= west or x <= east)


MEETS: dict[str, Callable[[Cells, str], bool]] = {
    "Id": lambda row, text: row["id"] in whole_list(text),
    "Country": lambda row, text: row["country_id"] in whole_list(text),
    "Geography": in_box,
    "StartDate": lambda row, text: row["date_end"][:10] >= text,
    "EndDate": lambda row, text: row["date_end"][:10] <= text,
    "TypeOfViolence": lambda row, text: row["type_of_violence"] in whole_list(text),
    "Dyad": lambda row, text: row["dyad_new_id"] in whole_list(text),
    "Actor": lambda row, text: not {row["side_a_new_id"], row["side_b_new_id"]}.isdisjoint(whole_list(text)),
}


def met(asked: dict[str, str]) -> list[int]:
    return [row["id"] for row in ROWS if all(MEETS[name](row, text) for name, text in asked.items())]


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("Id", "999000004", 1),
        ("Id", "5,10,999000004,7", 3),
        ("Id", "2147483647", 0),
        ("Country", "702", None),
        ("Country", "475,365", None),
        ("Country", "2", 0),
        ("Geography", "36 66,37 68", None),
        ("Geography", "-90 -180,90 180", None),
        ("Geography", "-90 179,90 -179", None),
        ("Geography", "48 0,48 0", None),
        ("Geography", "-10.0 -60.125,-10 -60.125", None),
        ("StartDate", "2016-01-26", None),
        ("EndDate", "2014-03-05", None),
        ("EndDate", "1994-11-20", 1),
        ("TypeOfViolence", "3", None),
        ("TypeOfViolence", "1,2", None),
        ("TypeOfViolence", "1,2,3", len(ROWS)),
        ("Dyad", "991003", 1),
        ("Dyad", "735,736", None),
        ("Actor", "303", None),
        ("Actor", "15", None),
        ("Actor", "990003,990005", 3),
    ],
)
def test_one_filter(get: Get, name: str, text: str, count: int | None) -> None:
    expected = met({name: text})
    assert len(expected) == count if count is not None else 0 < len(expected) < len(ROWS)
    page = get({name: text, "pagesize": 1000})
    assert (numbers(page), page["TotalCount"]) == (expected, len(expected))


listed = st.lists(st.sampled_from([14, 15, 16, 17, 130, 303, 990002, 999]), min_size=1, max_size=3, unique=True)
days = st.dates(date(2013, 12, 1), date(2016, 12, 1)).map(str)
latitudes = st.sampled_from(["-90", "-10", "0", "36.5", "36.75", "48", "90"])
longitudes = st.sampled_from(["-180", "-179.5", "-60.125", "0", "67.25", "67.3", "179.5", "180"])


def several(*values: int) -> st.SearchStrategy[str]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True)
    return chosen.map(lambda numbers: ",".join(map(str, numbers)))


boxes = st.tuples(latitudes, longitudes, latitudes, longitudes).map(
    lambda box: "{} {},{} {}".format(*box) if float(box[0]) <= float(box[2]) else "{2} {1},{0} {3}".format(*box)
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "Id": several(*range(5, 200, 5)),
        "Country": several(700, 702, 475, 365, 2),
        "Geography": boxes,
        "StartDate": days,
        "EndDate": days,
        "TypeOfViolence": several(1, 2, 3),
        "Dyad": several(735, 736, 737, 991001),
        "Actor": several(14, 15, 16, 17, 130, 303, 990002),
    },
)


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(asked=questions, size=st.integers(1, 20), cases=st.lists(st.booleans(), min_size=8, max_size=8))
def test_any_filters_together_are_a_plain_filter_over_the_rows(
    client: AppClient, asked: dict[str, str], size: int, cases: list[bool]
) -> None:
    spelt = {
        name.lower() if low else name.upper(): text for (name, text), low in zip(asked.items(), cases, strict=False)
    }
    expected = met(asked)
    page = client.get(URL, params=spelt | {"pagesize": str(size), "page": "1"}).json()
    assert (page["TotalCount"], page["TotalPages"]) == (len(expected), -(-len(expected) // size))
    assert numbers(page) == expected[size : 2 * size]
    assert (page["NextPageUrl"] == "") is (len(expected) <= 2 * size)


@pytest.mark.parametrize("name", ["Country", "country", "COUNTRY", "cOUNTRY"])
def test_names_of_parameters_have_no_case(get: Get, name: str) -> None:
    assert numbers(get({name: "702"})) == met({"Country": "702"})


@pytest.mark.parametrize("name", [*MEETS, "pagesize", "page"])
def test_an_empty_value_asks_nothing(client: AppClient, get: Get, name: str) -> None:
    assert get({name: ""}) == get()
    assert "oxus-ignored" not in client.get(URL, params={name: ""}).headers


def test_unknown_parameters_are_ignored_and_named(client: AppClient) -> None:
    asked = [("token", "secret"), ("Country", "702"), ("order", "asc"), ("f", "csv"), ("limit", "all"), ("naïve", "1")]
    response = client.get(URL, params=asked)
    assert response.status_code == 200
    assert numbers(response.json()) == met({"Country": "702"})
    assert response.headers["oxus-ignored"] == "token, order, f, limit"
    assert "oxus-ignored" not in client.get(URL).headers


def test_an_unknown_parameter_cannot_break_the_header(client: AppClient) -> None:
    response = client.get(f"{URL}?a%0d%0aSet-Cookie:%20x=1&b%00=1&=2&%ff=3")
    assert response.status_code == 200
    assert "set-cookie" not in response.headers


def test_a_page_from_elsewhere_may_read_what_was_ignored(client: AppClient) -> None:
    response = client.get(URL, params={"token": "1"}, headers={"Origin": "https://example.org"})
    assert "Oxus-Ignored" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("asked", "parameter", "value"),
    [
        ({"pagesize": "0"}, "pagesize", "0"),
        ({"pagesize": "1001"}, "pagesize", "1001"),
        ({"PageSize": "ten"}, "pagesize", "ten"),
        ({"pagesize": "1.5"}, "pagesize", "1.5"),
        ({"page": "-1"}, "page", "-1"),
        ({"page": "2147483648"}, "page", "2147483648"),
        ({"Country": "Afghanistan"}, "Country", "Afghanistan"),
        ({"country": "700,"}, "Country", "700,"),
        ({"Country": ","}, "Country", ","),
        ({"Country": "-700"}, "Country", "-700"),
        ({"Country": "99999999999"}, "Country", "99999999999"),
        ({"Country": "٧٠٠"}, "Country", "٧٠٠"),
        ({"Id": "1;2"}, "Id", "1;2"),
        ({"Actor": "1 2"}, "Actor", "1 2"),
        ({"StartDate": "2016"}, "StartDate", "2016"),
        ({"StartDate": "2016-02-30"}, "StartDate", "2016-02-30"),
        ({"EndDate": "1/2/2016"}, "EndDate", "1/2/2016"),
        ({"Geography": "1 2"}, "Geography", "1 2"),
        ({"Geography": "36 66,38"}, "Geography", "36 66,38"),
        ({"Geography": "nan 1,2 3"}, "Geography", "nan 1,2 3"),
        ({"Geography": ". 1,2 3"}, "Geography", ". 1,2 3"),
        ({"Geography": "38 66,36 69"}, "Geography", "38 66,36 69"),
        ({"Geography": "0 0,91 1"}, "Geography", "0 0,91 1"),
        ({"Geography": "0 -181,1 1"}, "Geography", "0 -181,1 1"),
        ([("EndDate", "2014-01-01"), ("enddate", "2015-01-01")], "EndDate", "2015-01-01"),
        ([("page", "0"), ("page", "1")], "page", "1"),
    ],
)
def test_a_bad_value_is_a_problem_that_names_it(client: AppClient, asked: Any, parameter: str, value: str) -> None:
    response = client.get(URL, params=asked)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["parameter"], problem["value"]) == (400, parameter, value)
    assert problem["reason"]


def test_a_kind_of_violence_that_there_is_not_is_a_problem(client: AppClient) -> None:
    assert client.get(URL, params={"TypeOfViolence": "4"}).status_code == 400


# HTTP.


def test_an_answer_that_is_still_true_is_a_304(client: AppClient) -> None:
    first = client.get(URL, params={"Country": "702"})
    again = client.get(URL, params={"Country": "702"}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = client.get(URL, params={"Country": "700"}, headers={"If-None-Match": first.headers["etag"]})
    assert (other.status_code, other.headers["etag"] == first.headers["etag"]) == (200, False)


def test_only_reading_is_answered(client: AppClient) -> None:
    head = client.head(URL)
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(URL).status_code == 405
    assert client.get(URL, headers={"Accept": "text/html, */*;q=0.8"}).status_code == 200
    assert client.get(URL, headers={"Accept": "text/csv"}).status_code == 406


def test_licence_and_citation_travel_with_the_rows(client: AppClient) -> None:
    headers = client.get(URL).headers
    assert (headers["oxus-licence"], headers["oxus-revision"]) == ("CC-BY-4.0", "2")
    assert "Introducing the UCDP Georeferenced Event Dataset" in headers["oxus-citation"]


def test_an_empty_database_has_an_empty_page(empty_url: str) -> None:
    emptied(empty_url)
    with AppClient(create_app(Settings(database_url=empty_url))) as client:
        for asked in ({}, {"Country": "700", "page": "3"}):
            response = client.get(URL, params=asked)
            assert response.status_code == 200
            assert (response.json()["TotalCount"], response.json()["Result"]) == (0, [])


def test_before_any_import_there_is_no_row_beside_a_curated_pack(pack_url: str) -> None:
    with AppClient(create_app(Settings(database_url=pack_url))) as client:
        assert client.get(URL).json() == {
            "TotalCount": 0,
            "TotalPages": 0,
            "PreviousPageUrl": "",
            "NextPageUrl": "",
            "Result": [],
        }


@pytest.mark.parametrize(
    ("asked", "short"),
    [
        ("Country=700&StartDate=2021-06-01", True),
        ("Id=1,2", True),
        ("Country=700,702", False),
        ("Country=700&Dyad=735", False),
        ("StartDate=2021-06-01", False),
        ("Geography=29 60,39 75", False),
        ("", False),
    ],
)
def test_only_what_an_index_of_one_country_or_of_ids_holds_needs_no_thread(asked: str, short: bool) -> None:
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in asked.split("&") if part)]
    assert is_index_only(parse_query(pairs, PARAMS)) == short
