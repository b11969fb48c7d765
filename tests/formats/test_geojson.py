"""GeoJSON (RFC 7946): features, null geometry, coordinates never moved, and the members of OGC API - Features."""

import json
from typing import Any

import pytest
from asgi_client import AppClient

from app.resources import STORED_LISTS
from formats import PAGED, SPATIAL, fetched, links_of, whole


def features(client: AppClient, path: str, **query: str) -> list[Any]:
    return list(fetched(client, path, f="geojson", **query).json()["features"])


@pytest.fixture(scope="module")
def places(client: AppClient) -> dict[str, Any]:
    rows = fetched(client, "/v1/locations", limit="1000").json()["items"]
    return {row["id"]: row for row in rows}


@pytest.mark.parametrize("path", ["/v1/events", "/v1/control-changes", "/v1/movements", "/v1/claims", "/v1/control"])
def test_a_point_is_the_one_of_the_place_and_says_how_it_stands_for_it(
    client: AppClient, places: dict[str, Any], path: str
) -> None:
    found = features(client, path, **whole(path))
    located = 0
    for feature in found:
        properties = feature["properties"]
        place = places.get(properties["location_id"])
        if place is None or place["longitude"] is None:
            assert feature["geometry"] is None
            assert (properties["longitude"], properties["latitude"], properties["point_kind"]) == (None, None, None)
            continue
        located += 1
        point = [place["longitude"], place["latitude"]]
        assert feature["geometry"] == {"type": "Point", "coordinates": point}
        assert [properties["longitude"], properties["latitude"]] == point
        assert properties["point_kind"] == place["point_kind"]
    assert located > 5
    if path in ("/v1/events", "/v1/claims"):
        assert located < len(found)


def test_places_lie_where_they_say_and_tell_it_once(client: AppClient, places: dict[str, Any]) -> None:
    for feature in features(client, "/v1/locations", limit="1000"):
        place = places[feature["id"]]
        point = [place["longitude"], place["latitude"]]
        assert feature["geometry"] == (None if point == [None, None] else {"type": "Point", "coordinates": point})
        assert feature["properties"]["point_kind"] == place["point_kind"]


def test_how_closely_an_event_is_placed_is_told_beside_its_point(client: AppClient) -> None:
    rows = {row["id"]: row for row in fetched(client, "/v1/events", limit="1000").json()["items"]}
    told = {feature["id"]: feature["properties"]["location_precision"] for feature in features(client, "/v1/events")}
    assert told == {id_: rows[id_]["location_precision"] for id_ in told}
    assert len(set(told.values())) > 2


def test_a_figure_lies_where_its_claim_lies(client: AppClient) -> None:
    claims = {feature["id"]: feature for feature in features(client, "/v1/claims", limit="1000")}
    found = features(client, "/v1/figures", limit="1000")
    assert len({json.dumps(feature["geometry"]) for feature in found}) > 5
    for feature in found:
        assert feature["geometry"] == claims[feature["properties"]["claim_id"]]["geometry"]


@pytest.mark.parametrize("path", PAGED)
def test_every_answer_is_a_feature_collection(client: AppClient, path: str) -> None:
    body = fetched(client, path, f="geojson", **whole(path)).json()
    assert next(iter(body)) == "type"
    assert body["type"] == "FeatureCollection"
    assert not {"coordinates", "geometry", "geometries", "properties", "crs", "id"} & set(body)
    for feature in body["features"]:
        assert set(feature) - {"id"} == {"type", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert not {"type", "features", "coordinates", "geometry"} & set(feature["properties"])
        if path not in SPATIAL:
            assert feature["geometry"] is None
        if (geometry := feature["geometry"]) is not None:
            longitude, latitude = geometry["coordinates"]
            assert -180 <= longitude <= 180
            assert -90 <= latitude <= 90
    if path.removeprefix("/v1/") in STORED_LISTS:
        rows = fetched(client, path, **whole(path)).json()["items"]
        assert [feature["id"] for feature in body["features"]] == [row["id"] for row in rows]


def test_a_feature_keeps_id_and_point_whatever_fields_are_asked_for(client: AppClient) -> None:
    all_of = {feature["id"]: feature["geometry"] for feature in features(client, "/v1/events")}
    cut = features(client, "/v1/events", fields="title,date")
    assert {feature["id"]: feature["geometry"] for feature in cut} == all_of
    names = {"title", "date_earliest", "date_latest", "date_precision", "date_printed", "date_edtf"}
    assert all(set(feature["properties"]) == names for feature in cut)


def test_counts_and_links_are_members_of_the_collection(client: AppClient) -> None:
    query = {"place": "balkh", "limit": "3", "count": "exact"}
    envelope = fetched(client, "/v1/events", **query).json()
    response = fetched(client, "/v1/events", f="geojson", **query)
    body = response.json()
    assert (body["numberReturned"], body["numberMatched"]) == (3, envelope["matched"])
    assert body["revision"] == envelope["revision"]
    by_relation = {link["rel"]: link for link in body["links"]}
    assert by_relation["next"]["href"] == links_of(response)["next"]
    assert by_relation["next"]["type"] == "application/geo+json"
    assert by_relation["license"] == {
        "rel": "license",
        "href": "https://spdx.org/licenses/CC-BY-4.0.html",
        "type": "text/html",
    }
    following = client.get(by_relation["next"]["href"]).json()
    ids = [feature["id"] for feature in (*body["features"], *following["features"])]
    assert ids == [feature["id"] for feature in features(client, "/v1/events", place="balkh", limit="6")]


def test_what_was_not_asked_is_left_out(client: AppClient) -> None:
    body = fetched(client, "/v1/events", f="geojson", limit="1000").json()
    assert not {"numberMatched", "omitted"} & set(body)
    assert "next" not in {link["rel"] for link in body["links"]}


def test_what_a_filter_could_not_judge_is_told(client: AppClient) -> None:
    for query, lack in (({"bbox": "66,36,69,38"}, "unlocated"), ({"datetime": "2021-06-28/2021-07-05"}, "undated")):
        body = fetched(client, "/v1/events", f="geojson", **query).json()
        assert body["omitted"] == fetched(client, "/v1/events", **query).json()["omitted"]
        assert list(body["omitted"]) == [lack]
    assert fetched(client, "/v1/events", f="geojson", bbox="66,36,69,38").json()["omitted"]["unlocated"] > 0


def test_an_empty_collection_is_whole(client: AppClient) -> None:
    text = fetched(client, "/v1/events", f="geojson", deaths_min="1000", count="exact").text
    body = json.loads(text)
    assert (body["features"], body["numberReturned"], body["numberMatched"]) == ([], 0, 0)
    assert {link["rel"] for link in body["links"]} >= {"license"}


def test_all_rows_at_once_are_the_same_collection(client: AppClient) -> None:
    page = fetched(client, "/v1/events", f="geojson", limit="1000", count="exact").json()
    every = fetched(client, "/v1/events", f="geojson", limit="all", count="exact").json()
    assert every["features"] == page["features"]
    assert every["numberReturned"] == every["numberMatched"] == len(page["features"])
