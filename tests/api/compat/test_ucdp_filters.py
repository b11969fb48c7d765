"""Filters of UCDP's shape against plain ones over the rows; HTTP of that shape."""

from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import AppClient
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_state import emptied

from api.compat.ucdp_rows import (
    ROWS,
    URL,
    Cells,
    Get,
    days,
    numbers,
)
from api.compat.ucdp_rows import client as client
from api.compat.ucdp_rows import empty_url as empty_url
from api.compat.ucdp_rows import get as get
from app.main import create_app
from app.query.compat.ucdp import PARAMS, is_index_only
from app.query.params.param import parse_query
from app.settings import Settings


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


@pytest.mark.each_database
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


@pytest.mark.each_database
@settings(max_examples=60, derandomize=True)
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
    assert response.headers["oxus-ignored"] == "token, order, f, limit, na%C3%AFve"
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


@pytest.mark.each_database
def test_an_empty_database_has_an_empty_page(empty_url: str) -> None:
    emptied(empty_url)
    with AppClient(create_app(Settings(database_url=empty_url))) as client:
        for asked in ({}, {"Country": "700", "page": "3"}):
            response = client.get(URL, params=asked)
            assert response.status_code == 200
            assert (response.json()["TotalCount"], response.json()["Result"]) == (0, [])


@pytest.mark.each_database
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
