"""Imported records of UCDP GED are found: by filters, names, days, words, and in every format."""

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from stored_state import answering

from ingest.datasets.ucdp_ged.ged_import import (
    AT_THE_MILL,
    GIVEN,
    MILL,
    PUBLISHED,
    UCDP,
    Cells,
    GetOk,
    Write,
    ids,
    rec,
    run,
)
from ingest.datasets.ucdp_ged.ged_import import client as client
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import get_ok as get_ok
from ingest.datasets.ucdp_ged.ged_import import imported as imported
from ingest.datasets.ucdp_ged.ged_import import write as write

ALL = frozenset(range(1, 12))


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"place": "afghanistan"}, ALL - {6, 7, 11}),
        ({"place": "central-asia"}, {6}),  # a region of the pack, which covers Tajikistan
        ({"place": "ucdp-place:afg:mill-province"}, {1, 2, 3, 4, 8, 9, 10}),
        ({"place": MILL}, {1, 3, 9, 10}),
        ({"place": AT_THE_MILL}, {1}),
        ({"place": "Ferry town"}, {2}),
        ({"place": "ferry-TOWN"}, {2}),
        ({"place": "gwno:9998"}, {7}),
        ({"place": "iso-3166-1-alpha-3:NGA"}, {11}),
        ({"place": "Nigeria"}, {11}),
        ({"country": "AFG"}, ALL - {6, 7, 11}),
        ({"country": "NGA,TJK"}, {6, 11}),
        ({"actor": "League"}, {2, 3}),
        ({"actor": "ucdp-actor:2003"}, {2}),
        ({"actor": "League", "actor_role": "initiator"}, {3}),
        ({"actor": "Government of Afghanistan"}, {1}),
        ({"actor": "ucdp-dyad:735"}, {1}),
        ({"source": "Imaginary Wire"}, ALL - {3, 4, 5}),
        ({"source": "army spokesman"}, {1}),
        ({"source": GIVEN}, ALL),
        ({"bbox": "67.2,36.45,67.3,36.515"}, {1, 5, 6, 7, 9}),
        ({"near": "67.25,36.5", "radius_km": "2"}, {1, 5, 6, 7, 9}),
        ({"q": "mill village"}, {1, 9}),
        ({"q": '"near the mill"', "place": "Ferry town"}, {2}),
        ({"q": "taleban movement"}, {1}),
        ({"q": "طالبان"}, {1}),
        ({"deaths_min": "4"}, {11}),
        ({"deaths_max": "3"}, ALL - {10, 11}),
        ({"deaths_min": "0"}, ALL - {10}),
        ({"category": "violence_against_civilians"}, {3}),
        ({"status": "corroborated"}, {2}),
        ({"datetime": "2014-03-08"}, {2}),
        ({"datetime": "2014-03-08/2014-03-09", "date_match": "certain"}, set()),
        ({"datetime": "2015-06-10/2015-06-11"}, {5}),
        ({"datetime": "1994-01-01/1994-12-31"}, {4}),
    ],
)
def test_filters_find_records(client: TestClient, asked: dict[str, str], expected: set[int]) -> None:
    period = {} if "datetime" in asked else {"datetime": "../2015-12-31"}
    response = client.get("/v1/events", params=asked | period | {"limit": "1000"})
    assert response.status_code == 200, response.text
    found = {row["id"] for row in response.json()["items"] if row["packs"] == [GIVEN]}
    assert found == {f"ucdp-ged:{number}" for number in expected}


def test_a_name_that_two_imported_places_share_is_a_400_that_lists_them(client: TestClient) -> None:
    response = client.get("/v1/events", params={"place": "Mill village"})
    assert response.status_code == 400
    problem = response.json()
    assert (problem["parameter"], problem["value"]) == ("place", "Mill village")
    assert sorted(problem["did_you_mean"]) == sorted([AT_THE_MILL, f"{MILL}:mill-village@36.51_67.25:1"])


@pytest.mark.parametrize("name", ["Mill province", "Mill district"])
def test_the_name_of_a_province_means_the_province_not_also_its_own_centroid(get_ok: GetOk, name: str) -> None:
    assert "ucdp-ged:1" in ids(get_ok("/v1/events", place=name, limit=1000))


@pytest.mark.parametrize(
    "cells",
    [
        {"where_prec": "2", "where_coordinates": "Mill district"},
        {"where_prec": "1", "where_coordinates": "Mill district"},
        {"where_prec": "3", "where_coordinates": "mill District"},
        {"where_prec": "4", "adm_2": "Mill province", "where_coordinates": "Mill province"},
    ],
)
def test_of_places_within_each_other_that_share_a_name_the_outermost_is_meant(
    empty_url: str, write: Write, cells: Cells
) -> None:
    run(empty_url, write(rec(1), rec(2, **cells)))
    with answering(empty_url) as asked:
        named = cells["where_coordinates"]
        assert ids(asked("/v1/events", place=named)) == {"ucdp-ged:1", "ucdp-ged:2"}


def test_an_event_counts_for_one_province(get_ok: GetOk) -> None:
    groups = get_ok("/v1/stats", group_by="province", source=GIVEN, datetime="1994-01-01/1994-12-31")["items"]
    assert [(row["label"], row["count"]) for row in groups] == [("Mill province", 1)]


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("day", "claims", "deaths", "status"),
    [
        ("2014-03-06", ["1:1"], None, "reported"),
        ("2014-03-08", ["1:1"], None, "reported"),
        ("2014-03-09", ["1:1", "1:0", "1:2"], PUBLISHED, "reported"),
    ],
)
def test_what_was_known_on_a_day(get_ok: GetOk, day: str, claims: list[str], deaths: Any, status: str) -> None:
    event = get_ok("/v1/events/ucdp-ged:1", known_by=day)
    assert [claim["id"] for claim in event["claims"]] == [f"ucdp-ged:{claim}" for claim in claims]
    assert (event["deaths"], event["status"]) == (deaths, status)


def test_before_the_first_report_nothing_was_known(client: TestClient) -> None:
    assert client.get("/v1/events/ucdp-ged:1", params={"known_by": "2014-03-05"}).status_code == 404
    assert client.get("/v1/events/ucdp-ged:3", params={"known_by": "2014-03-05"}).status_code == 200


@pytest.mark.each_database
def test_search_and_resolve_find_imported_rows(get_ok: GetOk) -> None:
    hits = [(hit["resource"], hit["id"]) for hit in get_ok("/v1/search", q="Ferry town")["items"]]
    assert ("locations", "ucdp-place:afg:mill-province:ferry-town@36.75_68.9:2") in hits
    assert ("events", "ucdp-ged:2") in hits
    assert [(row["resource"], row["id"], row["match"]) for row in get_ok("/v1/resolve", q="Guild")["items"]] == [
        ("actors", "ucdp-actor:2003", "name")
    ]
    assert [row["id"] for row in get_ok("/v1/resolve", q="ucdp-actor:130")["items"]] == ["afghan-government"]


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("category", {"clash": 10, "violence_against_civilians": 1}),
        ("status", {"reported": 10, "corroborated": 1}),
        ("month", {"1994-12": 1, "2014-03": 9, "2015-06": 1}),
        ("actor", {"afghan-government": 1, "taliban": 1, "ucdp-actor:12": 8, "ucdp-actor:14": 8, "ucdp-actor:2002": 2,
                   "ucdp-actor:2003": 1, "ucdp-actor:9999": 1, "ucdp-dyad:735": 1, "ucdp-dyad:2023": 1,
                   "ucdp-dyad:2099": 1, "ucdp-dyad:10": 8}),
    ],
)  # fmt: skip
def test_statistics_count_imported_events(get_ok: GetOk, by: str, expected: dict[str | None, int]) -> None:
    groups = get_ok("/v1/stats", group_by=by, source=GIVEN)["items"]
    assert {row["group"]: row["count"] for row in groups} == expected


def test_countries_without_a_code_are_counted(get_ok: GetOk) -> None:
    groups = get_ok("/v1/stats", group_by="country", source=GIVEN)["items"]
    counts = {row["group"]: row["count"] for row in groups}
    assert (counts["AFG"], counts["NGA"], counts["TJK"], sum(counts.values())) == (8, 1, 1, 11)


def test_what_is_loaded_is_told_with_licence_citation_and_coverage(get_ok: GetOk) -> None:
    (pack,) = [row for row in get_ok("/v1/packs")["items"] if row["id"] == GIVEN]
    assert (pack["title"], pack["version"], pack["licence"]) == (UCDP["name"], "25.1", "CC-BY-4.0")
    assert "Sundberg" in pack["citation"]
    assert pack["document"] == UCDP
    assert {name: pack["coverage"][name] for name in ("from", "until", "area")} == {
        "from": "1994-12-02",
        "until": "2015-06-30",
        "area": ["afghanistan", "tajikistan", "ucdp-country:9998", "ucdp-country:nga"],
    }


def test_imported_rows_are_written_in_every_format(client: TestClient) -> None:
    asked = {"place": "Ferry town"}
    rows = list(csv.DictReader(io.StringIO(client.get("/v1/events", params=asked | {"f": "csv"}).text)))
    (row,) = rows
    assert (row["id"], row["date_earliest"], row["actors_id"]) == (
        "ucdp-ged:2",
        "2014-03-07",
        "ucdp-actor:2002|ucdp-actor:2003|ucdp-dyad:2023",
    )
    assert (row["longitude"], row["latitude"], row["point_kind"]) == ("68.9", "36.75", "approximate")
    collection = client.get("/v1/events", params=asked | {"f": "geojson"}).json()
    (feature,) = collection["features"]
    assert (feature["id"], feature["geometry"]) == ("ucdp-ged:2", {"type": "Point", "coordinates": [68.9, 36.75]})
    parquet = pytest.importorskip("pyarrow.parquet", reason="NOT RUN: pyarrow is missing")
    table = parquet.read_table(io.BytesIO(client.get("/v1/events", params=asked | {"f": "parquet"}).content))
    assert (table["id"].to_pylist(), table["deaths_best"].to_pylist()) == (["ucdp-ged:2"], [3])


def test_imported_rows_are_features(client: TestClient) -> None:
    item = client.get("/ogc/collections/events/items/ucdp-ged:2")
    assert (item.status_code, item.json()["geometry"]["coordinates"]) == (200, [68.9, 36.75])
    found = client.get("/ogc/collections/events/items", params={"bbox": "68.8,36.7,69,36.8", "limit": "1000"})
    assert "ucdp-ged:2" in [feature["id"] for feature in found.json()["features"]]
    place = client.get(f"/ogc/collections/locations/items/{quote(AT_THE_MILL, safe='')}")
    assert (place.status_code, place.json()["geometry"]["coordinates"]) == (200, [67.25, 36.5])
