"""OGC API - Features: what Part 1 asks for, what GIS programs send, and that a collection is the list of its name."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgi_client import AppClient
from conftest import PACK, Databases, engine_for, serving

from app.ingest.packs.load import load_packs
from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings

GetOk = Callable[..., Any]
GetProblem = Callable[..., Any]

HERE = "http://testserver/ogc"
COLLECTIONS = ["events", "control-changes", "movements", "locations"]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON = "application/geo+json"
PROBLEM = "application/problem+json"
KALDAR = "kaldar-recaptured-2021-06-29"
DOCUMENTS = ["/ogc", "/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/events"]
READ = [*DOCUMENTS, "/ogc/collections/events/items", f"/ogc/collections/events/items/{KALDAR}"]
everywhere = pytest.mark.parametrize("name", COLLECTIONS)


def items(name: str) -> str:
    return f"/ogc/collections/{name}/items"


def ids(page: Any) -> list[str]:
    return [feature["id"] for feature in page["features"]]


def linked(document: Any) -> dict[str, str]:
    """The targets of the links of a document, by relation."""
    return {link["rel"]: link["href"] for link in document["links"]}


def every(document: Any) -> Iterator[Any]:
    """Everything inside a JSON document, itself included."""
    yield document
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for value in inner:
        yield from every(value)


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
        name: json.loads(value) if isinstance(value, str) and value.startswith("[") else None if value == [] else value
        for name, value in feature["properties"].items()
    }
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
    assert dated == {"us-war-in-afghanistan"}  # of which only the end is known
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


# --- one feature ---


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


# --- the description ---


@pytest.fixture(scope="module")
def description(get_ok: GetOk) -> Any:
    return get_ok("/ogc/api")


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


COAST: Mapping[str, str] = {
    "pack.toml": """
        id = "coast"
        title = "Made data"
        version = "1"
        licence = "CC0-1.0"
        citation = "None."
        document = "paper"
        [coverage]
        sources_searched = "None."
    """,
    "sources.toml": """
        [[source]]
        id = "paper"
        name = "Paper"
        kind = "article"
        published_on = 2031-01-31
    """,
    "actors.toml": "",
    "locations.toml": """
        [[location]]
        id = "harbour"
        name = "Harbour"
        kind = "country"
        country = "AAA"
        latitude = 50
        longitude = 10
        point_kind = "exact"

        [[location]]
        id = "lighthouse"
        name = "Lighthouse"
        kind = "country"
        country = "BBB"
        latitude = 52
        longitude = 12
        point_kind = "exact"

        [[location]]
        id = "nowhere"
        name = "Nowhere"
        kind = "country"
        country = "CCC"
    """,
    "events/all.toml": "".join(
        f"""
        [[event]]
        id = "{id_}"
        category = "other"
        title = "Made up"
        summary = "Made up."
        {place and f'location = "{place}"'}
        [[event.claim]]
        id = "{id_}-p1"
        paragraph = {at}
        modality = "fact"
        summary = "Made up."
        {date and f"date = {date}"}
        printed = {{ date = "some day" }}
        note = "Made up."
        """
        for at, (id_, place, date) in enumerate(
            [
                ("founding", "harbour", "{ latest = 1975-01-02 }"),
                ("storm", "lighthouse", "2000-01-01"),
                ("repairs", "harbour", "{ earliest = 2030-05-06 }"),
                ("rumour", "harbour", ""),
                ("later-rumour", "nowhere", "2030-12-31"),
                ("placeless", "", "1900-01-01"),
            ],
            start=1,
        )
    ),
    "merged.toml": '[events]\n"old-storm" = "storm"\n',
}
BUOYS = "".join(
    f"""
        [[location]]
        id = "buoy-{at}"
        name = "Buoy {at}"
        kind = "river"
        parent = "harbour"
        latitude = 50
        longitude = 10
        point_kind = "approximate"
    """
    for at in range(1000, 2001)
)


@pytest.fixture(scope="module")
def coast(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """Few events, some dated at one end only, and more than a page of places."""
    files = {**COAST, "locations.toml": BUOYS + COAST["locations.toml"]}
    with serving(databases, tmp_path_factory.mktemp("packs"), "coast", files) as client:
        yield client


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
