"""Paths, methods, formats and names that are refused, and what never leaks."""

from collections.abc import Iterator

import pytest
from asgi_client import AppClient
from conftest import Databases, serving
from factories.packs import TWINS
from raw_http import leaks

from api.http.problem_client import PATHS, PROBLEM, SUGGESTED, GetProblem
from api.http.problem_client import raw_client as raw_client


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/v1/events/kaldar-recaptured-2021-06-28", "kaldar-recaptured-2021-06-29"),
        ("/v1/events/KALDAR-RECAPTURED-2021-06-29", "kaldar-recaptured-2021-06-29"),
        ("/v1/events/kaldar-recaptured-2021-06-28/claims", "kaldar-recaptured-2021-06-29"),
        ("/v1/actors/talibans", "taliban"),
        ("/v1/locations/kaldaar", "kaldar"),
        ("/v1/sources/ariana", "ariana-news"),
        ("/v1/claims/kaldar-recaptured-2021-06-29-p18", "kaldar-recaptured-2021-06-29-p17"),
        ("/v1/packs/northern-afghanistan-2022", "northern-afghanistan-2021"),
    ],
)
def test_an_unknown_id_names_the_nearest(client: AppClient, path: str, nearest: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert problem["did_you_mean"][0] == nearest
    assert (problem["title"], problem["status"]) == ("Not Found", 404)


def test_an_id_that_is_suggested_can_be_had_with_the_same_question(client: AppClient) -> None:
    question = {"known_by": "2021-07-04"}
    missing = client.get("/v1/events/kaldar-recaptured-2021-06-29", params=question)
    assert missing.status_code == 404
    for id_ in missing.json().get("did_you_mean", []):
        assert client.get(f"/v1/events/{id_}", params=question).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/v1",
        "/v1/",
        "/v1/event",
        "/v1/events/",
        "/v1/events/kaldar-recaptured-2021-06-29/",
        "/v1/events/a/b",
        "/v1/control-changes/kaldar-recaptured-2021-06-29",
        "/v1/events/x%2Fy",
        "/v1/events/..%2F..%2Fetc%2Fpasswd",
        "/static-offline-docs/../main.py",
        "/static-offline-docs/nothing.js",
        "/v1/events/%00",
        "/v1/events/a%00b/claims",
        "/v1/locations/%ED%A0%80",
        "/v1/actors/%FF",
        "/v1/sources/'%20OR%201=1",
        "/v1/claims/" + "x" * 5000,
    ],
)
def test_an_unknown_path_is_a_404_problem(raw_client: AppClient, path: str) -> None:
    response = raw_client.get(path)
    assert response.status_code == 404, response.text
    assert response.headers["content-type"] == PROBLEM
    assert response.json()["status"] == 404
    assert leaks(response.text.replace("main.py", "")) == []
    assert len(response.content) < 7000


READABLE = ["/v1/events", "/v1/locations/kaldar", "/", "/readyz", "/openapi.json", "/docs"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_but_reading_is_allowed(client: AppClient, method: str) -> None:
    for path in READABLE:
        response = client.request(method, path)
        assert response.status_code == 405
        assert response.headers["content-type"] == PROBLEM
        assert response.json()["title"] == "Method Not Allowed"


def test_a_refused_method_is_told_all_that_are_allowed(client: AppClient) -> None:
    for path in READABLE:
        allowed = client.post(path).headers["allow"]
        assert {name.strip() for name in allowed.split(",")} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/xml;q=0.9", "application/gml+xml, text/plain", "*/*;q=0"]
)
def test_a_format_that_cannot_be_written_is_a_406(client: AppClient, accept: str) -> None:
    for path in [*PATHS, "/v1/events/kaldar-recaptured-2021-06-29", "/v1/vocabularies", "/v1/resolve?q=Kaldar"]:
        response = client.get(path, headers={"Accept": accept})
        assert response.status_code == 406
        assert response.headers["content-type"] == PROBLEM
        assert "application/json" in response.json()["detail"]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "application/*",
        "text/html, application/json;q=0.5",
        "text/html,*/*;q=0.1",
        "APPLICATION/JSON",
    ],
)
def test_json_is_written_for_whoever_takes_it(client: AppClient, accept: str) -> None:
    response = client.get("/v1/packs", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


def test_json_that_is_declined_is_not_written(client: AppClient) -> None:
    path = "/v1/packs/northern-afghanistan-2021"  # a list would be written as CSV
    assert client.get(path, headers={"Accept": "application/json;q=0, text/csv"}).status_code == 406
    assert client.get("/v1/packs", headers={"Accept": "application/json;q=0, text/html"}).status_code == 406


def test_f_wins_over_accept(client: AppClient) -> None:
    assert client.get("/v1/packs", params={"f": "json"}, headers={"Accept": "text/csv"}).status_code == 200


def test_details_and_pages_refuse_what_they_do_not_know(get_problem: GetProblem) -> None:
    for path in (
        "/v1/events/kaldar-recaptured-2021-06-29",
        "/v1/locations/kaldar",
        "/v1/vocabularies",
        "/v1/resolve",
        "/",
        "/readyz",
        "/v1/events/kaldar-recaptured-2021-06-29/claims",
    ):
        assert get_problem(path, plaice="x")["parameter"] == "plaice"
    path = "/v1/events/kaldar-recaptured-2021-06-29/claims"
    assert get_problem(path, event="kaldar-lost-again-2021-06-30")["parameter"] == "event"
    assert get_problem("/v1/events/kaldar-recaptured-2021-06-29", limit=5)["parameter"] == "limit"


@pytest.mark.each_database
def test_no_problem_ever_lets_sql_or_a_file_out(raw_client: AppClient) -> None:
    asked = [(f"/v1/{name}", {parameter: value}) for name, parameter, value, _ in SUGGESTED]
    asked += [(path, {"place": "'; DROP TABLE event; --"}) for path in PATHS]
    asked += [(path, {"q": "'\"); DELETE FROM claim; --"}) for path in PATHS]
    asked += [(path, {"sort": "(CASE WHEN 1=1 THEN id END)"}) for path in PATHS]
    for path, params in asked:
        response = raw_client.get(path, params=params)
        assert response.status_code in (200, 400)
        assert leaks(response.text) == []


# --- a name with two meanings ---


@pytest.fixture(scope="session")
def twins(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    files = TWINS
    with serving(databases, tmp_path_factory.mktemp("packs"), "twins", files) as client:
        yield client


@pytest.mark.parametrize(
    ("parameter", "value", "both"),
    [
        ("actor", "The Front", ["front-east", "front-west"]),
        ("actor", "THE-FRONT", ["front-east", "front-west"]),
        ("place", "marjah", ["nawa-e-barakzaiy", "nawa-south"]),
        ("place", "nawa,Mar jah", ["nawa-e-barakzaiy", "nawa-south"]),
    ],
)
@pytest.mark.each_database
def test_a_name_with_two_meanings_is_refused_and_both_are_listed(
    twins: AppClient, parameter: str, value: str, both: list[str]
) -> None:
    response = twins.get("/v1/events", params={parameter: value})
    assert response.status_code == 400
    problem = response.json()
    assert problem["parameter"] == parameter
    assert problem["did_you_mean"] == both
    assert "more than one" in problem["reason"]
    assert all(twins.get("/v1/events", params={parameter: id_}).status_code == 200 for id_ in both)


@pytest.mark.parametrize(
    ("parameter", "value", "found"),
    [
        ("place", "nawa", ["one"]),
        ("place", "Nawa", ["one"]),
        ("place", "nawa-south", []),
        ("actor", "front-east", ["one"]),
        ("actor", "Front East", ["one"]),
        ("actor", "front-west", []),
    ],
)
@pytest.mark.each_database
def test_an_exact_id_wins_over_the_aliases_of_others(
    twins: AppClient, parameter: str, value: str, found: list[str]
) -> None:
    response = twins.get("/v1/events", params={parameter: value})
    assert response.status_code == 200, response.text
    assert [row["id"] for row in response.json()["items"]] == found


@pytest.mark.parametrize("path", ["/v1/events", "/v1/claims", "/v1/movements/totals", "/v1/contradictions"])
def test_a_parameter_that_says_how_another_is_meant_needs_it(get_problem: GetProblem, path: str) -> None:
    assert "needs datetime" in get_problem(path, date_match="certain")["reason"]
    assert "needs near" in get_problem(path, radius_km="5")["reason"]
