"""OGC API - Features: what Part 1 asks for, what GIS programs send, and that a collection is the list of its name."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgi_client import AppClient
from conftest import PACK, Databases, engine_for

from api.ogc.features import (
    COAST,
    COLLECTIONS,
    CRS84,
    DOCUMENTS,
    GEOJSON,
    HERE,
    KALDAR,
    OPENAPI,
    PROBLEM,
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
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings

FEATURES = "http://www.opengis.net/spec/ogcapi-features-"


def links_in(document: Any) -> list[dict[str, str]]:
    """Every link anywhere in a document."""
    return [value for value in every(document) if isinstance(value, dict) and isinstance(value.get("href"), str)]


# --- documents ---


@pytest.mark.parametrize("path", ["/ogc", "/ogc/"])
def test_the_landing_page_leads_to_what_there_is(client: AppClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert (body["title"], bool(body["description"])) == ("Oxus", True)
    assert [(link["rel"], link["href"], link["type"]) for link in body["links"]] == [
        ("self", HERE, "application/json"),
        ("service-desc", f"{HERE}/api", OPENAPI),
        ("service-doc", f"{HERE}/docs", "text/html"),
        ("conformance", f"{HERE}/conformance", "application/json"),
        ("data", f"{HERE}/collections", "application/json"),
    ]
    for link in body["links"]:
        served = client.get(link["href"])
        assert served.status_code == 200
        assert served.headers["content-type"].startswith(link["type"])


def test_no_conformance_is_claimed_but_what_holds(get_ok: GetOk) -> None:
    assert get_ok("/ogc/conformance") == {
        "conformsTo": [
            f"{FEATURES}1/1.0/conf/core",
            f"{FEATURES}1/1.0/conf/oas30",
            f"{FEATURES}1/1.0/conf/geojson",
            f"{FEATURES}2/1.0/conf/crs",
        ]
    }


def test_the_collections_are_four_lists(get_ok: GetOk) -> None:
    body = get_ok("/ogc/collections")
    assert [collection["id"] for collection in body["collections"]] == COLLECTIONS
    assert linked(body)["self"] == f"{HERE}/collections"
    for collection in body["collections"]:
        assert collection == get_ok(f"/ogc/collections/{collection['id']}")
        assert len(collection["title"]) > 5
        assert len(collection["description"]) > 15
        assert (collection["itemType"], collection["crs"], collection["storageCrs"]) == ("feature", [CRS84], CRS84)
        path = f"{HERE}/collections/{collection['id']}"
        assert linked(collection)["self"] == path
        assert [link for link in collection["links"] if link["rel"] == "items"] == [
            {"rel": "items", "href": f"{path}/items", "type": GEOJSON, "title": "The features"}
        ]


@pytest.mark.parametrize("path", READ)
def test_every_link_says_how_and_to_what_it_leads_and_is_served(client: AppClient, path: str) -> None:
    body = client.get(path).json()
    found = links_in(body)
    assert (found == []) == path.endswith(("conformance", "api"))
    for link in found:
        assert link["rel"]
        assert link["type"]
        if link["rel"] == "license":
            assert link["href"] == "https://spdx.org/licenses/CC-BY-4.0.html"
        else:
            assert client.get(link["href"]).headers["content-type"].startswith(link["type"])


def test_links_lead_to_the_address_that_was_asked(client: AppClient) -> None:
    elsewhere = {"Host": "oxus.example:8443"}
    for path in [*READ, "/ogc/collections/events/items?limit=3"]:
        links = links_in(client.get(path, headers=elsewhere).json())
        assert {urlsplit(link["href"]).netloc for link in links} <= {"oxus.example:8443", "spdx.org"}
    description = client.get("/ogc/api", headers=elsewhere).json()
    assert description["servers"] == [{"url": "http://oxus.example:8443/ogc"}]


# --- where and when the features of a collection lie ---


def bounds(features: list[Any]) -> list[float]:
    """West, south, east, north of points."""
    longitudes, latitudes = zip(*(feature["geometry"]["coordinates"] for feature in features), strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


def days(features: list[Any]) -> list[str]:
    """Every day that bounds the date of a feature."""
    ends = ("date_earliest", "date_latest")
    return [day for feature in features for end in ends if (day := feature["properties"].get(end)) is not None]


@everywhere
def test_an_extent_is_what_the_rows_say(get_ok: GetOk, name: str) -> None:
    extent = get_ok(f"/ogc/collections/{name}")["extent"]
    features = get_ok(items(name), limit=1000)["features"]
    assert extent["spatial"] == {"bbox": [bounds(features)], "crs": CRS84}
    known = days(features)
    if name == "locations":
        assert "temporal" not in extent
        assert known == []
    else:
        assert extent["temporal"] == {"interval": [[f"{min(known)}T00:00:00Z", f"{max(known)}T00:00:00Z"]]}


def test_a_load_moves_the_extent(databases: Databases, tmp_path: Path) -> None:
    url, locations = databases.migrated(), COAST["locations.toml"]
    with engine_for(url, read_only=False) as engine, AppClient(create_app(Settings(database_url=url))) as client:
        written(tmp_path, COAST)
        load_packs(engine, tmp_path)
        before = client.get("/ogc/collections/events")
        assert before.json()["extent"]["spatial"]["bbox"] == [[10, 50, 12, 52]]
        written(tmp_path, {"locations.toml": locations.replace("longitude = 12", "longitude = 14")})
        load_packs(engine, tmp_path)
        after = client.get("/ogc/collections/events", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.json()["extent"]["spatial"]["bbox"] == [[10, 50, 14, 52]]


def written(folder: Path, files: Mapping[str, str]) -> None:
    """Files of the pack `coast`."""
    for name, text in files.items():
        path = folder / "coast" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


# --- features are rows ---


def read(feature: Any) -> Any:
    """A feature with its lists read, whether they are written as lists or as texts; an empty one is null."""
    properties = {
        name: json.loads(value) if isinstance(value, str) and value.startswith("[") and name != "date_edtf" else value
        for name, value in feature["properties"].items()
        if value != []
    }
    properties |= dict.fromkeys(feature["properties"].keys() - properties.keys())
    return feature | {"properties": properties}


ASKED: list[tuple[str, dict[str, str]]] = [
    *((name, {}) for name in COLLECTIONS),
    ("events", {"place": "balkh", "sort": "date"}),
    ("events", {"place": "Hayratan,ocha-cod-ab:AF2113"}),
    ("events", {"bbox": "66,36,69,38"}),
    ("events", {"bbox": "100,-10,60,90"}),  # across the antimeridian
    ("events", {"bbox": "66,36,0,69,38,8000"}),
    ("events", {"near": "67.53,37.13", "radius_km": "50"}),
    ("events", {"category": "clash,movement", "sort": "-category,status"}),
    ("events", {"status": "disputed"}),
    ("events", {"actor": "afghan-government", "actor_role": "initiator"}),
    ("events", {"source": "ariana-news", "known_by": "2021-07-05"}),
    ("events", {"known_by": "2021-07-02"}),
    ("events", {"q": '"tent camp"'}),
    ("events", {"country": "TJK,UZB", "sort": "id"}),
    ("events", {"datetime": "2021-06-28/2021-07-05", "date_match": "certain"}),
    ("events", {"deaths_min": "1000"}),
    ("events", {"fields": "id,title,date"}),
    ("control-changes", {"gained_by": "taliban", "kind": "district"}),
    ("control-changes", {"extent": "full", "means": "recaptured,captured"}),
    ("movements", {"to": "tajikistan", "population": "troops"}),
    ("movements", {"cross_border": "true", "outcome": "expelled"}),
    ("locations", {"kind": "district", "sort": "-name"}),
    ("locations", {"place": "balkh", "q": "Hairaton"}),
    ("locations", {"bbox": "0,0,1,1"}),
]


@pytest.mark.parametrize(("name", "query"), ASKED, ids=[f"{name} {query}" for name, query in ASKED])
def test_the_items_of_a_collection_are_the_located_rows_of_its_list(
    get_ok: GetOk, name: str, query: dict[str, str]
) -> None:
    rows = get_ok(f"/v1/{name}", limit=1000, f="geojson", **query)["features"]
    page = get_ok(items(name), limit=1000, **query)
    assert page["type"] == "FeatureCollection"
    located = [read(feature) for feature in rows if feature["geometry"] is not None]
    assert [read(feature) for feature in page["features"]] == located
    assert page["numberMatched"] == page["numberReturned"] == len(page["features"])
    assert (page["revision"], [pack["id"] for pack in page["packs"]]) == (1, [PACK])
    assert "next" not in linked(page)
    assert linked(page)["collection"] == f"{HERE}/collections/{name}"


def test_the_questions_find_something_or_nothing_as_they_are_meant_to(get_ok: GetOk) -> None:
    empty = [(name, query) for name, query in ASKED if get_ok(items(name), limit=1, **query)["features"] == []]
    assert empty == [("events", {"deaths_min": "1000"}), ("locations", {"bbox": "0,0,1,1"})]


def test_a_row_without_a_place_is_no_feature(get_ok: GetOk) -> None:
    rows = get_ok("/v1/events", limit=1000)["items"]
    assert [row["id"] for row in rows if row["location"] is None] == ["mirziyoyev-un-speech"]
    assert "mirziyoyev-un-speech" not in ids(get_ok(items("events"), limit=1000))
    assert "amu-darya" not in ids(get_ok(items("locations"), limit=1000))


@everywhere
def test_properties_are_flat_and_as_they_are_described(get_ok: GetOk, name: str) -> None:
    described = get_ok("/ogc/api")["components"]["schemas"][f"{name}-feature"]["properties"]["properties"]["properties"]
    python: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for feature in get_ok(items(name), limit=1000)["features"]:
        assert list(feature["properties"]) == list(described)
        for property_, value in feature["properties"].items():
            assert value is None or isinstance(value, python[described[property_]["type"]]), (property_, value)


def test_a_place_lies_where_it_lies(get_ok: GetOk) -> None:
    (kaldar,) = get_ok(items("events"), place="kaldar", q="retake")["features"]
    place = get_ok("/v1/locations/kaldar")
    assert kaldar["geometry"] == {"type": "Point", "coordinates": [place["longitude"], place["latitude"]]}
    assert kaldar["properties"]["point_kind"] == place["point_kind"] == "centroid"


# --- pages ---


def pages(client: AppClient, path: str, **query: str) -> Iterator[Any]:
    response = client.get(path, params=query)
    while True:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == GEOJSON
        yield response.json()
        following = linked(response.json()).get("next")
        if following is None:
            return
        assert f'<{following}>; rel="next"' in response.headers["link"]
        response = client.get(following)


@pytest.mark.parametrize(
    "query", [{}, {"sort": "-category"}, {"datetime": "2021-06-01/2021-07-05", "bbox": "60,29,75,39"}]
)
@pytest.mark.parametrize("limit", [1, 7, 10])
def test_next_leads_over_every_feature_once(
    client: AppClient, get_ok: GetOk, query: dict[str, str], limit: int
) -> None:
    whole = get_ok(items("events"), limit=1000, **query)
    found = list(pages(client, items("events"), limit=str(limit), **query))
    assert [id_ for page in found for id_ in ids(page)] == ids(whole)
    assert [page["numberReturned"] for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[0]["numberMatched"] == whole["numberMatched"] == len(whole["features"])
    assert {page.get("numberMatched", found[0]["numberMatched"]) for page in found} == {found[0]["numberMatched"]}


def test_a_page_has_as_many_features_as_were_asked_for_and_by_default_a_hundred(
    get_ok: GetOk, coast: AppClient
) -> None:
    assert get_ok(items("events"), limit=5)["numberReturned"] == 5
    assert coast.get(items("locations")).json()["numberReturned"] == 100


@pytest.mark.parametrize("limit", ["1001", "5000", "10000", "100000000000"])
def test_a_limit_above_the_most_is_the_most(coast: AppClient, limit: str) -> None:
    most = coast.get(items("locations"), params={"limit": "1000"}).json()
    page = coast.get(items("locations"), params={"limit": limit}).json()
    assert (page["numberMatched"], page["numberReturned"]) == (1003, 1000)
    assert page["features"] == most["features"]
    rest = coast.get(linked(page)["next"]).json()
    assert (rest["numberReturned"], linked(rest).get("next")) == (3, None)
    assert set(ids(rest)).isdisjoint(ids(page))


def test_next_obeys_a_limit_that_a_program_puts_into_it(client: AppClient, get_ok: GetOk) -> None:
    first = get_ok(items("events"), limit=2)
    following = linked(first)["next"].replace("limit=2", "limit=1000")
    assert ids(first) + ids(client.get(following).json()) == ids(get_ok(items("events"), limit=1000))


def test_next_asks_the_same_question(get_ok: GetOk) -> None:
    page = get_ok(items("events"), limit=3, bbox="66,36,69,38", datetime="2021-06-04T/2021-07-05T", place="balkh")
    asked = parse_qs(urlsplit(linked(page)["next"]).query)
    assert asked.pop("cursor")
    assert asked == {
        "limit": ["3"],
        "bbox": ["66,36,69,38"],
        "datetime": ["2021-06-04T/2021-07-05T"],
        "place": ["balkh"],
    }


# --- time ---


def every_id(get_ok: GetOk) -> list[str]:
    return ids(get_ok(items("events"), limit=1000))


def undated(get_ok: GetOk) -> set[str]:
    features = get_ok(items("events"), limit=1000)["features"]
    return {feature["id"] for feature in features if days([feature]) == []}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2021-07-04", "2021-07-04/2021-07-04"),
        ("2021-06-28T/2021-07-05T", "2021-06-28/2021-07-05"),  # GDAL
        ("../2021-06-04T", "../2021-06-04"),
        ("2021-07-04T/..", "2021-07-04/.."),
        ("2021-06-04T00:00:00Z/2021-06-29T12:00:00Z", "2021-06-04/2021-06-29"),
        ("2021-06-27/9999-12-31T00:00:00Z", "2021-06-27/.."),  # QGIS
        ("0000-01-01T00:00:00Z/2021-06-27", "../2021-06-27"),
        ("0000-01-01T00:00:00Z/2021-06-27T00:00:00Z", "../2021-06-27"),
        ("2021-06-27T23:00:00-05:00/..", "2021-06-28/.."),
        ("/2021-06-27", "../2021-06-27"),
        ("2021-06-27/", "2021-06-27/.."),
    ],
)
def test_dates_are_understood_as_programs_send_them(get_ok: GetOk, sent: str, meant: str) -> None:
    found = get_ok(items("events"), limit=1000, datetime=sent)
    assert ids(found) == ids(get_ok(items("events"), limit=1000, datetime=meant))
    dated = {row["id"] for row in get_ok("/v1/events", limit=1000, datetime=meant)["items"]}
    every_one, met = every_id(get_ok), dated | undated(get_ok)
    assert 0 < len(dated) < len(every_one)
    assert ids(found) == [id_ for id_ in every_one if id_ in met]
    assert found["numberMatched"] == len(found["features"])


def test_a_feature_without_time_meets_every_time_unless_its_time_must_be_certain(get_ok: GetOk) -> None:
    without = undated(get_ok)
    assert {"doha-talks", "taliban-refuse-ceasefire"} < without
    dated = {row["id"] for row in get_ok("/v1/events", datetime="1066-10-14")["items"]}
    ends = {row["id"]: row["date"] for row in get_ok("/v1/events", limit=1000)["items"]}
    assert dated == {id_ for id_, date in ends.items() if date["latest"] and not date["earliest"]}
    assert {"us-war-in-afghanistan", "garmsir-clashes-2021"} < dated  # of which only an end is known
    assert set(ids(get_ok(items("events"), limit=1000, datetime="1066-10-14"))) == without | dated
    assert ids(get_ok(items("events"), limit=1000, datetime="1066-10-14", date_match="certain")) == []
    certain = ids(get_ok(items("events"), limit=1000, datetime="../2021-07-05", date_match="certain"))
    assert certain
    assert set(certain).isdisjoint(without)


@pytest.mark.parametrize("open_", ["../..", "/", "../", "/.."])
def test_a_time_without_ends_asks_nothing(get_ok: GetOk, open_: str) -> None:
    assert ids(get_ok(items("events"), limit=1000, datetime=open_)) == every_id(get_ok)


def test_no_count_of_what_could_not_be_judged_is_given_for_nothing_is_left_out(get_ok: GetOk) -> None:
    page = get_ok(items("events"), datetime="2021-07-04", bbox="66,36,69,38")
    assert "omitted" not in page


# --- what is refused ---


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=unlimited", "limit"),
        ("limit=all", "limit"),
        ("limit=10.5", "limit"),
        ("limit=", "limit"),
        ("ooga=booga", "ooga"),
        ("dateTime=2015-01-01/2024-01-01", "dateTime"),
        ("offset=10", "offset"),
        ("count=exact", "count"),
        ("filter=status%3D%27disputed%27", "filter"),
        ("bbox=66,36,69", "bbox"),
        ("bbox=66,36,0,69,38", "bbox"),
        ("bbox=66,36,69,38,0,1,2", "bbox"),
        ("bbox=west,36,69,38", "bbox"),
        ("bbox=66,38,69,36", "bbox"),
        ("bbox=181,36,182,38", "bbox"),
        ("bbox=nan,36,69,38", "bbox"),
        ("bbox=66,36,69,38&bbox=66,36,69,38", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2021-13-01", "datetime"),
        ("datetime=2021-07-05/2021-06-01", "datetime"),
        ("datetime=2021-07-05/2021-07-06/2021-07-07", "datetime"),
        ("datetime=2021-07-05T12:00:00", "datetime"),
        ("datetime=0000-01-01", "datetime"),
        ("date_match=certain", "date_match"),
        ("crs=http://www.opengis.net/def/crs/EPSG/0/4326", "crs"),
        ("bbox=66,36,69,38&bbox-crs=EPSG:4326", "bbox-crs"),
        ("f=csv", "f"),
        ("f=html", "f"),
        ("cursor=x", "cursor"),
        ("status=disputd", "status"),
        ("place=Kalder", "place"),
    ],
)
def test_what_is_not_understood_is_a_400_problem(client: AppClient, query: str, parameter: str) -> None:
    response = client.get(f"{items('events')}?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == PROBLEM
    assert response.json()["parameter"] == parameter
    assert response.json()["reason"]


@pytest.mark.parametrize("path", [*DOCUMENTS, "/ogc/docs", f"/ogc/collections/events/items/{KALDAR}"])
def test_documents_take_no_parameter_that_they_do_not_know(client: AppClient, path: str) -> None:
    for query in ("ooga=booga", "limit=1", "f=csv"):
        response = client.get(f"{path}?{query}")
        assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)
        assert response.json()["parameter"] == query.partition("=")[0]


def test_a_wrong_name_of_a_parameter_names_the_right_one(get_problem: GetProblem) -> None:
    assert get_problem(items("events"), Bbox="66,36,69,38")["did_you_mean"][0] == "bbox"
    assert get_problem(items("movements"), form="badakhshan")["did_you_mean"][0] == "from"


@pytest.mark.parametrize(
    "path", ["/ogc/collections/event", "/ogc/collections/event/items", "/ogc/collections/event/items/x"]
)
def test_an_unknown_collection_names_the_nearest(client: AppClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert response.json()["did_you_mean"] == ["events"]


@pytest.mark.parametrize("path", ["/ogc/nothing", "/ogc/collections/sources", "/ogc/collections/claims/items"])
def test_what_is_not_there_is_a_404(client: AppClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
