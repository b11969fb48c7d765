"""One feature, validators, methods, and what programs accept."""

import pytest
from asgi_client import AppClient

from api.ogc.features import (
    CRS84,
    GEOJSON,
    HERE,
    KALDAR,
    OPENAPI,
    PROBLEM,
    READ,
    GetOk,
    everywhere,
    items,
)
from api.ogc.features import coast as coast
from api.ogc.features import description as description


@everywhere
def test_a_feature_by_its_id_is_that_of_the_list_with_links(client: AppClient, get_ok: GetOk, name: str) -> None:
    for feature in get_ok(items(name), limit=1000)["features"]:
        response = client.get(f"{items(name)}/{feature['id']}")
        assert (response.status_code, response.headers["content-type"]) == (200, GEOJSON)
        assert response.headers["content-crs"] == f"<{CRS84}>"
        one = response.json()
        links = one.pop("links")
        assert one == feature
        assert [(link["rel"], link["href"], link["type"]) for link in links] == [
            ("self", f"{HERE}/collections/{name}/items/{feature['id']}", GEOJSON),
            ("collection", f"{HERE}/collections/{name}", "application/json"),
            ("license", "https://spdx.org/licenses/CC-BY-4.0.html", "text/html"),
        ]


def test_a_feature_that_is_not_there_names_the_nearest(client: AppClient) -> None:
    response = client.get(f"{items('events')}/kaldar-recaptured-2021-06-28")
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert response.json()["did_you_mean"][0] == KALDAR
    assert response.json()["detail"] == "events has no 'kaldar-recaptured-2021-06-28'"


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("events", "mirziyoyev-un-speech"),  # lies nowhere
        ("locations", "central-asia-nowhere"),
        ("control-changes", "doha-talks"),  # an event, but of another kind
        ("movements", KALDAR),
    ],
)
def test_a_row_that_is_no_feature_of_the_collection_is_a_404_that_says_so(
    client: AppClient, name: str, id_: str
) -> None:
    response = client.get(f"{items(name)}/{id_}")
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert id_ in response.json()["detail"]
    assert "None" not in response.text
    assert id_ not in response.json().get("did_you_mean", [])


@pytest.mark.parametrize("id_", ["", "a/b", "%00", "%20", "x" * 3000, "%ED%A0%80"])
def test_an_id_that_nothing_can_have_is_a_404(client: AppClient, id_: str) -> None:
    response = client.get(f"{items('events')}/{id_}")
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)


def test_a_merged_id_redirects_to_the_one_that_took_over(coast: AppClient) -> None:
    response = coast.get(f"{items('events')}/old-storm?f=json", follow_redirects=False)
    assert response.status_code == 308
    assert response.headers["location"] == f"{HERE}/collections/events/items/storm?f=json"
    assert coast.get(f"{items('events')}/old-storm").json()["id"] == "storm"


# --- one system of coordinates ---


@everywhere
def test_the_system_of_the_coordinates_is_told_and_may_be_asked_for(client: AppClient, name: str) -> None:
    plain = client.get(items(name))
    asked = client.get(items(name), params={"crs": CRS84, "bbox": "-180,-90,180,90", "bbox-crs": CRS84})
    assert plain.headers["content-crs"] == asked.headers["content-crs"] == f"<{CRS84}>"
    assert asked.json()["features"] == plain.json()["features"]
    one = client.get(f"{items(name)}/{plain.json()['features'][0]['id']}", params={"crs": CRS84})
    assert one.headers["content-crs"] == f"<{CRS84}>"


# --- HTTP ---


@pytest.mark.parametrize("path", READ)
def test_an_unchanged_document_is_not_sent_again(client: AppClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = client.get(path, headers={"If-None-Match": '"x"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("path", [*READ, "/ogc/docs"])
def test_head_and_options_are_answered_and_nothing_is_written(client: AppClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    kept = ("content-type", "content-length", "etag", "link", "content-crs", "oxus-matched")
    assert {name: head.headers.get(name) for name in kept} == {name: whole.headers.get(name) for name in kept}
    options = client.options(path)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refusal = client.request(method, path)
        assert (refusal.status_code, refusal.headers["content-type"]) == (405, PROBLEM)


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/geo+json, application/json",  # GDAL
        "application/json",
        "application/json, text/xml, application/xml, */*",  # httr
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",  # a browser
        "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json",
    ],
)
def test_what_programs_accept_is_what_they_get(client: AppClient, accept: str) -> None:
    types = {path: client.get(path, headers={"Accept": accept}).headers["content-type"] for path in READ}
    assert set(types.values()) == {"application/json", OPENAPI, GEOJSON}
    assert types["/ogc/api"] == OPENAPI
    assert [path for path, type_ in types.items() if type_ == GEOJSON] == READ[-2:]


def test_what_cannot_be_written_is_a_406(client: AppClient) -> None:
    for path in READ:
        response = client.get(path, headers={"Accept": "text/csv"})
        assert (response.status_code, response.headers["content-type"]) == (406, PROBLEM)


def test_licence_citation_and_revision_travel_with_features(client: AppClient) -> None:
    headers = client.get(items("events"), headers={"Origin": "https://newsroom.example"}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert (headers["oxus-revision"], headers["oxus-licence"]) == ("1", "CC-BY-4.0")
    assert "bne IntelliNews" in headers["oxus-citation"]
    assert '<https://spdx.org/licenses/CC-BY-4.0.html>; rel="license"' in headers["link"]
