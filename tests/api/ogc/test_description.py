"""The OpenAPI description of /ogc, its page, and databases without rows and with many."""

import json
import re
from html.parser import HTMLParser
from importlib.util import find_spec
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases

from api.ogc.features import (
    COLLECTIONS,
    HERE,
    OPENAPI,
    READ,
    GetOk,
    GetProblem,
    every,
    everywhere,
    ids,
    items,
    linked,
)
from api.ogc.features import coast as coast
from api.ogc.features import description as description
from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings


def test_the_description_is_openapi_3_0_under_its_own_type(client: AppClient, description: Any) -> None:
    response = client.get("/ogc/api")
    assert response.headers["content-type"] == OPENAPI
    assert description["openapi"] == "3.0.3"
    assert description["servers"] == [{"url": HERE}]
    assert client.get("/ogc/api?f=json").json() == description


def test_the_paths_described_are_those_that_are_served(client: AppClient, description: Any) -> None:
    lists = [path for name in COLLECTIONS for path in (f"/{name}", f"/{name}/items", f"/{name}/items/{{featureId}}")]
    assert list(description["paths"]) == [
        *("/", "/conformance", "/collections"),
        *(f"/collections{path}" for path in lists),  # without /ogc, or GDAL pushes no filter down
    ]
    for path, methods in description["paths"].items():
        assert list(methods) == ["get"]
        first = client.get(items(path.split("/")[2])).json()["features"][0]["id"] if "{" in path else ""
        assert client.get("/ogc" + path.replace("{featureId}", first)).status_code == 200
    names = [methods["get"]["operationId"] for methods in description["paths"].values()]
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(description: Any) -> None:
    references = {value["$ref"] for value in every(description) if isinstance(value, dict) and "$ref" in value}
    assert references
    for reference in references:
        found = description
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_nothing_in_the_description_is_of_a_later_openapi(description: Any) -> None:
    assert set(description) == {"openapi", "info", "servers", "paths", "components"}
    assert set(description["info"]["license"]) <= {"name", "url"}
    for value in every(description):
        if not isinstance(value, dict):
            continue
        assert not isinstance(value.get("type"), list)
        assert value.get("type") != "null"
        assert not {"const", "$defs", "prefixItems", "webhooks", "$schema", "if", "patternProperties"} & set(value)
        for bound in ("exclusiveMinimum", "exclusiveMaximum"):
            assert isinstance(value.get(bound, False), bool)
        if value.get("type") == "array":
            assert "items" in value


def test_the_description_is_valid(description: Any) -> None:
    if find_spec("openapi_spec_validator") is None:
        pytest.skip(
            "openapi-spec-validator is not installed: the description is not checked against the schema of OpenAPI"
        )
    from openapi_spec_validator import OpenAPIV30SpecValidator

    assert [error.message for error in OpenAPIV30SpecValidator(description).iter_errors()] == []


def parameters(description: Any, path: str) -> dict[str, Any]:
    return {parameter["name"]: parameter for parameter in description["paths"][path]["get"]["parameters"]}


@everywhere
def test_the_parameters_described_are_those_that_are_read(description: Any, get_problem: GetProblem, name: str) -> None:
    described = parameters(description, f"/collections/{name}/items")
    for parameter in described.values():
        assert (parameter["in"], parameter["required"]) == ("query", False)
        assert (parameter["style"], parameter["explode"]) == ("form", False)
        assert len(parameter["description"]) > 15
    told = get_problem(items(name), zzz="1")["reason"]
    assert sorted(told.partition("there are ")[2].split(", ")) == sorted(described)
    assert set(described) == set(STORED_LISTS[name].params) - {"count"} | {"crs", "bbox-crs", "datetime"}


@everywhere
def test_bbox_limit_and_datetime_are_described_as_part_1_has_them(description: Any, name: str) -> None:
    described = parameters(description, f"/collections/{name}/items")
    assert described["bbox"]["schema"] == {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    assert described["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    assert described["datetime"]["schema"] == {"type": "string"}


def test_places_have_no_time_and_so_meet_every_time(get_ok: GetOk, get_problem: GetProblem) -> None:
    assert ids(get_ok(items("locations"), limit=1000, datetime="1066-10-14")) == ids(
        get_ok(items("locations"), limit=1000)
    )
    assert get_problem(items("locations"), datetime="yesterday")["parameter"] == "datetime"


def test_every_example_of_the_description_runs_and_finds_something(client: AppClient, description: Any) -> None:
    beside = {
        "near": {"radius_km": "50"},
        "radius_km": {"near": "67.53,37.13"},
        "date_match": {"datetime": "2021-06-28/2021-07-05"},
    }
    run = 0
    for name in COLLECTIONS:
        for parameter in parameters(description, f"/collections/{name}/items").values():
            if not (example := re.search(r" Example: `([^`]+)`$", parameter["description"])):
                assert parameter["name"] == "cursor"
                continue
            query = {parameter["name"]: example[1]} | beside.get(parameter["name"], {})
            if name == "movements" and "near" in query:  # nothing moves from Kaldar
                query |= {"near": "70.39,37.84", "radius_km": "500"}
            response = client.get(items(name), params=query)
            assert response.status_code == 200, (name, query)
            assert response.json()["features"] or parameter["name"].startswith("deaths"), (name, query)
            run += 1
    assert run > 70


# --- the page ---


class Loaded(HTMLParser):
    """Every address that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "data")]


def test_the_page_loads_nothing_from_elsewhere_and_all_it_loads_is_served(client: AppClient) -> None:
    page = client.get("/ogc/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page.text) == []
    assert "'/ogc/api'" in page.text
    loaded = Loaded()
    loaded.feed(page.text)
    assert len(loaded.found) >= 3
    for address in loaded.found:
        assert re.match(r"/[^/]", address)
        assert client.get(address).content


def test_behind_a_prefix_the_page_asks_for_what_lies_behind_it(pack_url: str) -> None:
    with AppClient(create_app(Settings(database_url=pack_url)), root_path="/oxus") as client:
        text = client.get("/ogc/docs").text
        assert "'/oxus/ogc/api'" in text
        assert 'src="/oxus/static-offline-docs/' in text
        assert linked(client.get("/ogc").json())["data"] == "http://testserver/oxus/ogc/collections"


# --- a database without rows, and one with many ---


def test_without_rows_there_are_collections_without_extent_and_without_features(databases: Databases) -> None:
    with AppClient(create_app(Settings(database_url=databases.migrated()))) as client:
        assert client.get("/ogc").status_code == 200
        for collection in client.get("/ogc/collections").json()["collections"]:
            assert collection["extent"] == {}
            page = client.get(items(collection["id"])).json()
            counts = (page["numberMatched"], page["numberReturned"], page["revision"], page["packs"])
            assert (page["features"], counts) == ([], (0, 0, 0, []))
            assert client.get(items(collection["id"]) + "/x").status_code == 404
            assert client.get(items(collection["id"]), params={"bbox": "0,0,1,1"}).json()["features"] == []


def test_an_extent_reaches_to_days_that_only_one_end_of_a_date_tells(coast: AppClient) -> None:
    extent = coast.get("/ogc/collections/events").json()["extent"]
    assert extent["spatial"]["bbox"] == [[10, 50, 12, 52]]
    assert extent["temporal"]["interval"] == [["1975-01-02T00:00:00Z", "2030-05-06T00:00:00Z"]]


@pytest.mark.parametrize(
    ("datetime", "found"),
    [
        ("1960-01-01/1961-01-01", ["founding", "rumour"]),
        ("1999-01-01/2001-01-01", ["storm", "rumour"]),
        ("2040-01-01/..", ["repairs", "rumour"]),
    ],
)
def test_an_open_end_reaches_for_ever(coast: AppClient, datetime: str, found: list[str]) -> None:
    page = coast.get(items("events"), params={"datetime": datetime}).json()
    assert sorted(ids(page)) == sorted(found)


def test_bodies_are_plain_json_that_anything_reads(client: AppClient) -> None:
    for path in READ:
        text = client.get(path).text
        assert json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
