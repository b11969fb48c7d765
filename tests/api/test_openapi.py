"""The description: every parameter explained, every example runs, pages need no internet, bodies keep their schema."""

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from asgi_client import AppClient
from fastapi import FastAPI
from pydantic import BaseModel, ValidationError

from app import vocab
from app.query.analyses.duplicates import RESOURCES as DUPLICATE_RESOURCES
from app.resources import STORED_LISTS
from app.schemas.envelope import Candidate, Envelope, ProblemRow, Vocabularies

GetOk = Callable[..., Any]

EXAMPLE = re.compile(r" Example: `([^`]+)`$|^The id\. Example: `([^`]+)`$")
NEEDS = {  # parameters that mean nothing alone
    "near": {"radius_km": "50"},
    "radius_km": {"near": "67.53,37.13"},
    "date_match": {"datetime": "2021-06-28/2021-07-05"},
}
MAY_FIND_NOTHING = {"deaths_min", "deaths_max"}
NEEDS_SECOND_PACK = "/v1/duplicates"
"""List of what two packs tell of one occasion; the packs that ship are one."""
WITHOUT_EXAMPLE = {"cursor"}  # taken from `next`, never made by hand


def example_of(parameter: Any) -> str | None:
    found = EXAMPLE.search(parameter["description"])
    return (found.group(1) or found.group(2)) if found else None


@pytest.fixture(scope="session")
def description(client: AppClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def operations(description: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, methods in description["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_every_url_that_is_served_is_described(description: dict[str, Any], client: AppClient) -> None:
    expected = {f"/v1/{name}" for name in STORED_LISTS}
    expected |= {f"/v1/{name}/{{id}}" for name, resource in STORED_LISTS.items() if resource.detail}
    expected |= {"/v1/events/{id}/claims", "/v1/resolve", "/v1/vocabularies", "/healthz", "/readyz"}
    assert expected <= set(description["paths"])
    assert {method for methods in description["paths"].values() for method in methods} == {"get"}
    assert client.app.title == "Oxus"  # type: ignore[attr-defined]


def test_every_operation_has_a_summary_and_says_what_it_does(description: dict[str, Any]) -> None:
    for path, operation in operations(description):
        assert operation["summary"], path
        assert operation["description"].strip(), path
        assert operation["tags"], path
    assert len({operation["operationId"] for _, operation in operations(description)}) == len(description["paths"])


def test_every_parameter_is_explained_with_an_example(description: dict[str, Any]) -> None:
    seen = set()
    for path, operation in operations(description):
        for parameter in operation.get("parameters", []):
            seen.add(parameter["name"])
            assert len(parameter["description"]) > 15, (path, parameter)
            assert (example_of(parameter) is None) == (parameter["name"] in WITHOUT_EXAMPLE), (path, parameter)
            for schema in parameter["schema"].get("anyOf", [parameter["schema"]]):
                assert schema["type"] in ("string", "integer", "number", "boolean", "array")
    assert seen >= {name for resource in STORED_LISTS.values() for name in resource.listing.params} | {"id"}


def test_the_parameters_described_are_those_that_are_read(description: dict[str, Any]) -> None:
    for name, resource in STORED_LISTS.items():
        described = description["paths"][f"/v1/{name}"]["get"]["parameters"]
        assert [parameter["name"] for parameter in described] == list(resource.listing.params)
        assert all(parameter["in"] == "query" and not parameter["required"] for parameter in described)


def example_requests(path: str, operation: Any) -> Iterator[tuple[str, str, dict[str, str]]]:
    """A request for every example of an operation: its URL, the parameter shown, and the query."""
    parameters = operation.get("parameters", [])
    examples = {parameter["name"]: example_of(parameter) for parameter in parameters}
    url = path.replace("{id}", examples.get("id") or "")
    needed = {p["name"]: examples[p["name"]] or "" for p in parameters if p["required"] and p["in"] == "query"}
    yield url, "", needed
    for name, example in examples.items():
        if example is not None and name != "id":
            yield url, name, needed | {name: example} | NEEDS.get(name, {})


def test_every_example_runs_and_all_but_those_about_deaths_find_something(
    client: AppClient, description: dict[str, Any]
) -> None:
    wrong, run = [], 0
    for path, operation in operations(description):
        for url, name, query in example_requests(path, operation):
            run += 1
            response = client.get(url, params=query)
            if response.status_code != 200:
                wrong.append(f"{response.status_code:d} {url}?{name}={query.get(name)}")
            elif response.json().get("items") == [] and name not in MAY_FIND_NOTHING and url != NEEDS_SECOND_PACK:
                wrong.append(f"nothing {url}?{name}={query.get(name)}")
    assert run > 120
    assert "\n".join(wrong) == ""


def test_codes_are_described_with_their_whole_list(description: dict[str, Any]) -> None:
    parameters = description["paths"]["/v1/events"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert schemas["category"] == {
        "type": "array",
        "items": {"type": "string", "enum": vocab.EventCategory.vocabulary.codes},
    }
    assert schemas["limit"] == {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 1000}, {"type": "string", "enum": ["all"]}],
        "default": 100,
    }
    styles = {(p["name"], p["style"], p["explode"]) for p in parameters}
    assert styles == {(name, "form", False) for name in schemas}


def test_every_problem_is_described_as_one(description: dict[str, Any]) -> None:
    for path, operation in operations(description):
        if not path.startswith("/v1/"):
            continue
        statuses = set(operation["responses"])
        assert {"200", "304", "400", "406", "503"} <= statuses
        assert ("404" in statuses) == ("{id}" in path)
        for status in statuses & {"400", "404", "406", "503"}:
            content = operation["responses"][status]["content"]
            assert content["application/problem+json"]["schema"]["$ref"].endswith("/ProblemRow")


def test_every_reference_in_the_description_leads_somewhere(description: dict[str, Any]) -> None:
    text = json.dumps(description)
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text))
    assert references
    assert references <= set(description["components"]["schemas"])


def test_served_rows_have_no_field_that_may_be_left_out(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for resource in STORED_LISTS.values():
        schema = schemas[resource.row.__name__]
        assert sorted(schema["required"]) == sorted(schema["properties"])
        assert schema["additionalProperties"] is False


# --- bodies against their schemas; unknown fields fail ---


def same(model: type[BaseModel], body: bytes) -> None:
    """The body is what the model says: it validates, and the model writes the same again."""
    parsed = model.model_validate_json(body, strict=True)
    assert json.loads(parsed.model_dump_json(exclude_unset=True)) == json.loads(body)


@pytest.mark.parametrize("name", STORED_LISTS)
def test_lists_keep_their_schema(client: AppClient, name: str) -> None:
    resource = STORED_LISTS[name]
    model = Envelope[resource.row]  # type: ignore[name-defined]
    same(model, client.get(f"/v1/{name}", params={"limit": 1000, "count": "exact"}).content)
    same(model, client.get(f"/v1/{name}", params={"limit": 1}).content)
    if "datetime" in resource.listing.params:
        same(model, client.get(f"/v1/{name}?datetime=2021-07-04&bbox=60,30,75,40").content)
        same(model, client.get(f"/v1/{name}?known_by=2021-06-30").content)


@pytest.mark.parametrize("name", [name for name, resource in STORED_LISTS.items() if resource.detail])
def test_details_keep_their_schema(client: AppClient, get_ok: GetOk, name: str) -> None:
    model = STORED_LISTS[name].detail
    assert model is not None
    for row in get_ok(f"/v1/{name}", limit=1000, fields="id")["items"]:
        same(model, client.get(f"/v1/{name}/{row['id']}").content)


def test_other_answers_keep_their_schema(client: AppClient) -> None:
    same(Vocabularies, client.get("/v1/vocabularies").content)
    same(Envelope[Candidate], client.get("/v1/resolve?q=Hairaton").content)
    same(Envelope[Candidate], client.get("/v1/resolve?q=Kaldr").content)
    claims = STORED_LISTS["claims"].row
    same(Envelope[claims], client.get("/v1/events/kaldar-captured-2021-06/claims").content)  # type: ignore[valid-type]
    same(ProblemRow, client.get("/v1/events?plase=balkh").content)
    same(ProblemRow, client.get("/v1/events/kaldar-recaptured-2021-06-28").content)
    same(ProblemRow, client.get("/nothing").content)


def test_a_field_that_no_schema_knows_would_be_noticed(client: AppClient) -> None:
    body = client.get("/v1/locations?limit=2").json()
    model = Envelope[STORED_LISTS["locations"].row]  # type: ignore[name-defined]
    for broken in (
        body | {"more": 1},
        body | {"items": [body["items"][0] | {"more": 1}]},
        body | {"items": [{name: value for name, value in body["items"][0].items() if name != "aliases"}]},
    ):
        with pytest.raises(ValidationError):
            model.model_validate_json(json.dumps(broken))


def test_the_vocabularies_hold_every_code_that_a_parameter_takes(get_ok: GetOk, description: dict[str, Any]) -> None:
    served = get_ok("/v1/vocabularies")
    assert served["version"] == vocab.VERSION
    lists = {entry["name"]: [term["code"] for term in entry["terms"]] for entry in served["vocabularies"]}
    assert lists == {name: found.codes for name, found in vocab.VOCABULARIES.items()}
    resources = list(DUPLICATE_RESOURCES)
    assert all(term["definition"] for entry in served["vocabularies"] for term in entry["terms"])
    enums = [
        parameter["schema"]["items"]["enum"]
        for _, operation in operations(description)
        for parameter in operation.get("parameters", [])
        if "enum" in parameter["schema"].get("items", {})
    ]
    assert enums
    assert all(enum in lists.values() or enum == resources for enum in enums)
    assert {"phrase": "dozens", "low": "24", "best": None, "high": "99"} in served["vague_numbers"]
    assert {"phrase": "about a week ago", "earliest": -9, "latest": -5, "rule": None} in served["relative_dates"]


# --- pages ---


class Addresses(HTMLParser):
    """Every address that a page loads or leads to, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = ""
        self.inside_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside_script = tag == "script"
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "spec-url", "data")]

    def handle_data(self, data: str) -> None:
        self.scripts += data if self.inside_script else ""


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_pages_load_nothing_from_elsewhere_and_all_they_load_is_served(client: AppClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    addresses = Addresses()
    addresses.feed(page.text)
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page.text.replace("// ", "")) == []
    for address in addresses.found:
        assert address.startswith("/"), address
        assert not address.startswith("//"), address
        served = client.get(address)
        assert served.status_code == 200, address
        assert served.content, address
    if path != "/docs/oauth2-redirect":
        assert addresses.found
        assert "/openapi.json" in page.text
    assert "@import" not in page.text


def test_style_sheets_load_nothing_from_elsewhere(client: AppClient) -> None:
    style = client.get("/static-offline-docs/swagger-ui.css")
    assert style.status_code == 200
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style.text) == []


def test_the_description_can_be_had_without_a_server(client: AppClient, description: dict[str, Any]) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    assert json.loads(json.dumps(app.openapi())) == description
    assert description["openapi"].startswith("3.1")
    assert description["info"]["title"] == "Oxus"
