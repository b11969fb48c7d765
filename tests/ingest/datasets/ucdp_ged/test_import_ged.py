"""Importing UCDP GED: what records become, what an import changes and leaves alone, and what survives a kill."""

import csv
import gzip
import io
import random
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import PACK, SEED, Databases, engine_for
from factories.ged import csv_bytes, ged_bytes
from factories.packs import War
from factories.packs import write_pack as write_pack
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from readme_commands import TOUR, path_of
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from stored_state import (
    answering,
    applied,
    clean,
    counts_of,
    emptied,
    entries,
    holds,
    lists,
    load,
    newest,
    reader,
    removals,
    revisions,
    run_killed,
    served,
)
from typer.testing import CliRunner, Result

from app import cli, models
from app.codebooks.ucdp import GED_COLUMNS
from app.commands import check_database
from app.db.bulk import insert_rows
from app.db.engine import read_transaction, write_transaction
from app.errors import BrokenPackError, InvalidParameterError
from app.ingest.datasets.core import run as imports
from app.ingest.datasets.core import streams
from app.ingest.datasets.core.files import UnreadableFileError
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.datasets.ucdp_ged.event_rows import GedRowBuilder
from app.ingest.datasets.ucdp_ged.reader import LAYOUT
from app.main import create_app
from app.models.base import table_of
from app.names import match_key
from app.query.params.resolve import ACTORS, LOCATIONS, SOURCES
from app.query.params.resolve import resolve_ids as resolved
from app.settings import PROJECT_ROOT, Settings
from ingest.datasets.ucdp_ged.ged_import import FERRY, GIVEN, NEWER, NO_SOURCE, RECORDS, Cells, Write, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import other_empty_url as other_empty_url
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"


# What records become: eleven made-up ones beside the article's pack.

MILL = "ucdp-place:afg:mill-province:mill-district"
AT_THE_MILL = f"{MILL}:mill-village@36.5_67.25:1"


@pytest.fixture(scope="module")
def imported(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The article's pack and the eleven records."""
    url = databases.loaded()
    path = tmp_path_factory.mktemp("eleven") / "GEDEvent_v25_1.csv"
    path.write_bytes(ged_bytes(*RECORDS))
    done = run(url, path)
    assert (done.dataset, done.rows, done.revision, done.rejected) == (GIVEN, 11, 2, [])
    return url


@pytest.fixture(scope="module")
def client(imported: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=imported))) as client:
        yield client


@pytest.fixture(scope="module")
def get_ok(client: TestClient) -> Callable[..., Any]:
    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return get


GetOk = Callable[..., Any]


def test_the_database_is_sound_after_the_import(imported: str) -> None:
    assert check_database(Settings(database_url=imported)) == []


DEATHS = {
    "measure": "deaths",
    "low": 3,
    "best": 3,
    "high": 4,
    "of": None,
    "count_kind": "cumulative",
    "as_of": "2014-03-05",
    "printed": None,
}
TITLE = "Government of Afghanistan and Taleban movement: Mill village"
PRINTED = {"date": None, "place": "Mill village", "quantity": None, "name": None, "other": None}
UCDP = {"id": GIVEN, "name": "UCDP Georeferenced Event Dataset"}


def test_a_record_is_an_event_with_every_field(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/ucdp-ged:1")
    assert [claim["id"] for claim in event.pop("claims")] == ["ucdp-ged:1:1", "ucdp-ged:1:0", "ucdp-ged:1:2"]
    assert event == {
        "id": "ucdp-ged:1",
        "category": "clash",
        "title": TITLE,
        "summary": "State-based violence in Nowhere: Invented quarrel: near the mill, "
        "Mill district, Mill province, Nowhere.",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day", "printed": None},
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "location_precision": "exact",
        "actors": [
            {"id": "afghan-government", "name": "Government of Afghanistan", "role": "participant"},
            {"id": "taliban", "name": "Taliban", "role": "participant"},
            {"id": "ucdp-dyad:735", "name": "Government of Afghanistan - Taleban", "role": "participant"},
        ],
        "status": "reported",
        "corroboration": {"documents": 1, "origins": 0, "asserting": 3, "denying": 0},
        "deaths": {"low": 3, "best": 3, "high": 4},
        "control_change": None,
        "movement": None,
        "figures": [DEATHS],
        "part_of": None,
        "packs": [GIVEN],
        "revision": 2,
    }


def test_what_ucdp_says_itself_is_a_claim_of_the_dataset(get_ok: GetOk) -> None:
    assert get_ok("/v1/claims/ucdp-ged:1:0") == {
        "id": "ucdp-ged:1:0",
        "event": {"id": "ucdp-ged:1", "name": TITLE},
        "document": UCDP,
        "locator": "record 1",
        "summary": "UCDP estimates 3 deaths, from 3 to 4, over all sources that it names.",
        "stance": "asserts",
        "modality": "fact",
        "attribution": [UCDP],
        "origin": UCDP,
        "reported_on": "2014-03-09",
        "reported_basis": "document",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day"},
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "printed": PRINTED,
        "figures": [DEATHS],
        "note": None,
    }


def test_every_source_is_a_claim_with_its_chain(get_ok: GetOk) -> None:
    spokesman = {"id": "ucdp-original:army-spokesman", "name": "army spokesman"}
    assert get_ok("/v1/claims/ucdp-ged:1:2") == {
        "id": "ucdp-ged:1:2",
        "event": {"id": "ucdp-ged:1", "name": TITLE},
        "document": UCDP,
        "locator": "record 1, source 2",
        "summary": "Named by UCDP as a source: The mill, again",
        "stance": "asserts",
        "modality": "reported",
        "attribution": [spokesman, {"id": "ucdp-source:fable-times", "name": "Fable Times"}, UCDP],
        "origin": spokesman,
        "reported_on": "2014-03-09",
        "reported_basis": "stated",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day"},
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "printed": PRINTED | {"other": "Fable Times ,2014-03-09,The mill, again"},
        "figures": [],
        "note": None,
    }


UNDATED = "When it was said is not given: the last day of the event stands in."


@pytest.mark.parametrize(
    ("claim", "chain", "reported_on", "basis", "other", "note"),
    [
        ("1:1", ["ucdp-original:army-spokesman", "ucdp-source:imaginary-wire"], "2014-03-06", "stated",
         "Imaginary Wire,2014-03-06,Shots near the mill", None),
        ("2:1", ["ucdp-source:imaginary-wire"], "2014-03-10", "stated", "Imaginary Wire,2014-03-10,Feud", None),
        ("2:0", [], "2014-03-11", "document", None, None),
        ("3:0", [], "2014-03-05", "document", None, UNDATED),
        ("4:0", [], "1994-12-02", "document", "police; witnesses", None),
        ("4:1", [], "1994-12-02", "document", "lr 3/12", UNDATED),
        ("5:1", ["ucdp-source:saga-monitor"], "2015-06-30", "document", "Saga Monitor,1753-01-01,-", UNDATED),
    ],
)  # fmt: skip
def test_who_said_it_and_when(
    get_ok: GetOk, claim: str, chain: list[str], reported_on: str, basis: str, other: str | None, note: str | None
) -> None:
    row = get_ok(f"/v1/claims/ucdp-ged:{claim}")
    assert [hop["id"] for hop in row["attribution"]] == [*chain, GIVEN]
    assert row["origin"] == row["attribution"][0]
    assert (row["reported_on"], row["reported_basis"]) == (reported_on, basis)
    assert (row["printed"]["other"], row["note"]) == (other, note)


# id: category, precision, deaths, origins, claims, status
EVENTS: dict[int, tuple[str, str, list[int | None] | None, int, int, str]] = {
    1: ("clash", "exact", [3, 3, 4], 0, 3, "reported"),
    2: ("clash", "near", [3, 3, 4], 2, 3, "corroborated"),
    3: ("violence_against_civilians", "district", [9, 3, 4], 0, 1, "reported"),
    4: ("clash", "province", [3, 3, 4], 0, 2, "reported"),
    5: ("clash", "area", [3, 3, 4], 1, 2, "reported"),
    6: ("clash", "country", [3, 3, 4], 0, 2, "reported"),
    7: ("clash", "international", [3, 3, 4], 0, 2, "reported"),
    8: ("clash", "province", [3, 3, 4], 0, 2, "reported"),
    9: ("clash", "exact", [3, 3, 4], 0, 2, "reported"),
    10: ("clash", "exact", None, 0, 2, "reported"),
    11: ("clash", "exact", [20, 30, 40], 0, 2, "reported"),
}


@pytest.mark.parametrize("number", EVENTS)
def test_what_follows_from_the_claims_of_a_record(get_ok: GetOk, number: int) -> None:
    event = get_ok(f"/v1/events/ucdp-ged:{number}")
    deaths = event["deaths"] and [event["deaths"][name] for name in ("low", "best", "high")]
    attested = event["corroboration"]
    assert (attested["documents"], attested["denying"]) == (1, 0)
    assert (
        event["category"], event["location_precision"], deaths, attested["origins"], attested["asserting"],
        event["status"],
    ) == EVENTS[number]  # fmt: skip


def test_a_dataset_is_no_origin_so_that_a_record_alone_is_not_corroborated_by_being_in_it(get_ok: GetOk) -> None:
    alone = get_ok("/v1/events/ucdp-ged:3")
    assert [claim["origin"]["id"] for claim in alone["claims"]] == [GIVEN]
    assert alone["corroboration"]["origins"] == 0
    assert "ucdp-ged:3" not in ids(get_ok("/v1/events", min_origins=1, limit=1000))


def test_the_sides_of_one_sided_violence_are_initiator_and_target(get_ok: GetOk) -> None:
    roles = {row["id"]: row["role"] for row in get_ok("/v1/events/ucdp-ged:3")["actors"]}
    assert roles == {"ucdp-actor:2002": "initiator", "ucdp-actor:9999": "target", "ucdp-dyad:2099": "participant"}


def test_a_range_of_days_is_an_interval(get_ok: GetOk) -> None:
    assert get_ok("/v1/events/ucdp-ged:2")["date"] == {
        "earliest": "2014-03-07",
        "latest": "2014-03-09",
        "precision": "range",
        "printed": None,
    }


# id: location, its kind, its parent, its country, its point
PLACES: dict[int, tuple[str, str, str | None, str | None, list[Any]]] = {
    1: (AT_THE_MILL, "town", MILL, "AFG", [36.5, 67.25, "exact"]),
    2: ("ucdp-place:afg:mill-province:ferry-town@36.75_68.9:2", "town", "ucdp-place:afg:mill-province", "AFG",
        [36.75, 68.9, "approximate"]),
    3: (f"{MILL}:mill-district@36.4_67.3:3", "region", MILL, "AFG", [36.4, 67.3, "centroid"]),
    4: ("ucdp-place:afg:mill-province:mill-province@36.6_67.5:4", "region", "ucdp-place:afg:mill-province", "AFG",
        [36.6, 67.5, "centroid"]),
    5: ("ucdp-place:afg:amber-river@36.5_67.25:5", "region", "afghanistan", "AFG", [36.5, 67.25, "approximate"]),
    6: ("ucdp-place:tjk:tajikistan@36.5_67.25:6", "region", "tajikistan", "TJK", [36.5, 67.25, "centroid"]),
    7: ("ucdp-place:9998:open-sea@36.5_67.25:7", "region", "ucdp-country:9998", None, [36.5, 67.25, "approximate"]),
    8: ("ucdp-place:afg:mill-province", "province", "afghanistan", "AFG", [None, None, None]),
    9: (f"{MILL}:mill-village@36.51_67.25:1", "town", MILL, "AFG", [36.51, 67.25, "exact"]),
    11: ("ucdp-place:nga:borno-state:maiduguri@11.84_13.15:1", "town", "ucdp-place:nga:borno-state", "NGA",
         [11.84, 13.15, "exact"]),
}  # fmt: skip


@pytest.mark.parametrize("number", PLACES)
def test_where_a_record_lies(get_ok: GetOk, number: int) -> None:
    where = get_ok(f"/v1/events/ucdp-ged:{number}")["location"]
    place = get_ok(f"/v1/locations/{where['id']}")
    point = [place[name] for name in ("latitude", "longitude", "point_kind")]
    assert (place["id"], place["kind"], place["parent"], place["country"], point) == PLACES[number]
    above = get_ok(f"/v1/locations/{place['parent']}")
    assert place["path"] == [*above["path"], place["id"]]
    for outer in place["path"]:
        found = ids(get_ok("/v1/events", place=outer, limit=1000))
        assert f"ucdp-ged:{number}" in found


def test_places_lie_in_the_country_that_a_curated_pack_has(get_ok: GetOk) -> None:
    assert get_ok(f"/v1/locations/{AT_THE_MILL}")["path"] == [
        "afghanistan",
        "ucdp-place:afg:mill-province",
        MILL,
        AT_THE_MILL,
    ]


def test_a_country_that_no_pack_has_is_made_with_its_codes(get_ok: GetOk) -> None:
    nigeria, atlantis = get_ok("/v1/locations/ucdp-country:nga"), get_ok("/v1/locations/ucdp-country:9998")
    assert (nigeria["name"], nigeria["country"], nigeria["parent"]) == ("Nigeria", "NGA", None)
    assert nigeria["codes"] == [{"scheme": "iso-3166-1-alpha-3", "version": None, "code": "NGA"}]
    assert (atlantis["name"], atlantis["country"]) == ("Atlantis", None)
    assert atlantis["codes"] == [{"scheme": "gwno", "version": None, "code": "9998"}]


def test_an_actor_with_the_code_of_a_curated_one_is_that_one(client: TestClient, get_ok: GetOk) -> None:
    for id_ in ("ucdp-actor:130", "ucdp-actor:303"):
        assert client.get(f"/v1/actors/{id_}").status_code == 404
    for name in ("taliban", "ucdp-actor:303", "Taleban", "طالبان"):
        found = ids(get_ok("/v1/events", actor=name, datetime="2014-01-01/2014-12-31"))
        assert found == {"ucdp-ged:1"}
    assert get_ok("/v1/actors/taliban")["name"] == "Taliban"


@pytest.mark.parametrize(
    ("id_", "name", "kind", "country"),
    [
        ("ucdp-actor:12", "Army", "government", "AFG"),
        ("ucdp-actor:14", "Front", "other", None),
        ("ucdp-actor:2003", "Guild", "other", None),
        ("ucdp-actor:9999", "Civilians", "civilians", None),
        ("ucdp-dyad:2023", "League - Guild", "other", None),
    ],
)
def test_a_new_actor_has_its_number_as_code(get_ok: GetOk, id_: str, name: str, kind: str, country: str | None) -> None:
    scheme, _, code = id_.partition(":")
    assert get_ok(f"/v1/actors/{id_}") == {
        "id": id_,
        "name": name,
        "kind": kind,
        "country": country,
        "aliases": [],
        "codes": [{"scheme": scheme, "version": None, "code": code}],
        "relations": [],
    }


def test_sources_are_made_once_for_all_records(get_ok: GetOk) -> None:
    made = [row for row in get_ok("/v1/sources", limit=1000)["items"] if row["id"].startswith("ucdp-")]
    assert {row["id"]: (row["name"], row["kind"]) for row in made} == {
        GIVEN: ("UCDP Georeferenced Event Dataset", "dataset"),
        "ucdp-original:army": ("army", "unattributed"),
        "ucdp-original:army-spokesman": ("army spokesman", "unattributed"),
        "ucdp-source:fable-times": ("Fable Times", "outlet"),
        "ucdp-source:imaginary-wire": ("Imaginary Wire", "outlet"),
        "ucdp-source:saga-monitor": ("Saga Monitor", "outlet"),
    }


def ids(page: Any) -> set[str]:
    return {row["id"] for row in page["items"]}


ALL = frozenset(range(1, 12))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"place": "afghanistan"}, ALL - {6, 7, 11}),
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


@pytest.mark.parametrize(
    ("day", "claims", "deaths", "status"),
    [
        ("2014-03-06", ["1:1"], None, "reported"),
        ("2014-03-08", ["1:1"], None, "reported"),
        ("2014-03-09", ["1:1", "1:0", "1:2"], {"low": 3, "best": 3, "high": 4}, "reported"),
    ],
)
def test_what_was_known_on_a_day(get_ok: GetOk, day: str, claims: list[str], deaths: Any, status: str) -> None:
    event = get_ok("/v1/events/ucdp-ged:1", known_by=day)
    assert [claim["id"] for claim in event["claims"]] == [f"ucdp-ged:{claim}" for claim in claims]
    assert (event["deaths"], event["status"]) == (deaths, status)


def test_before_the_first_report_nothing_was_known(client: TestClient) -> None:
    assert client.get("/v1/events/ucdp-ged:1", params={"known_by": "2014-03-05"}).status_code == 404
    assert client.get("/v1/events/ucdp-ged:3", params={"known_by": "2014-03-05"}).status_code == 200


def test_search_and_resolve_find_imported_rows(get_ok: GetOk) -> None:
    hits = [(hit["resource"], hit["id"]) for hit in get_ok("/v1/search", q="Ferry town")["items"]]
    assert ("locations", "ucdp-place:afg:mill-province:ferry-town@36.75_68.9:2") in hits
    assert ("events", "ucdp-ged:2") in hits
    assert [(row["resource"], row["id"], row["match"]) for row in get_ok("/v1/resolve", q="Guild")["items"]] == [
        ("actors", "ucdp-actor:2003", "name")
    ]
    assert [row["id"] for row in get_ok("/v1/resolve", q="ucdp-actor:130")["items"]] == ["afghan-government"]


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


# Names of any kind.

ODD = (
    "/", "@", "a|b", "a,b", "a, b, c, d", '"q"', "=cmd|' /C calc'!A0", "..", "%2F", "a/b/../c", "?x=1&y=2", "#1",
    "مزار شریف", "\u202bمزار\u202c", "\u200f", "ａｂ", "O'Brien", "<script>", "\\", "  x  ", "٣", "İ", "!!", "\ue000",
    "Ђорђе", "ß", "大同市", "'\"", "None", "null", "x" * 5000, "ﷺ" * 300,
)  # fmt: skip


@pytest.fixture(scope="module")
def odd_names_client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Records whose every name is odd, beside a place and an outlet that share a slug."""
    url = databases.migrated()
    path = tmp_path_factory.mktemp("odd") / "file.csv"
    rows = [
        rec(
            number,
            side_a=name,
            side_a_new_id=str(5000 + number),
            dyad_name=name,
            dyad_new_id=str(6000 + number),
            conflict_name=name,
            where_coordinates=name,
            where_description=name,
            adm_1=name,
            adm_2=name,
            source_article=f'"{name},2014-03-06,{name}"',
            source_original=name,
        )
        for number, name in enumerate(ODD, 1)
    ]
    path.write_bytes(ged_bytes(*rows))
    done = run(url, path)
    assert (done.rows, done.rejected) == (len(ODD), [])
    assert clean(url)
    assert run(url, path).revision is None
    with TestClient(create_app(Settings(database_url=url))) as client:
        yield client


@pytest.mark.parametrize("resource", ["events", "claims", "locations", "actors", "sources"])
def test_the_id_of_every_row_works_in_its_path_and_in_filters(odd_names_client: TestClient, resource: str) -> None:
    rows = odd_names_client.get(f"/v1/{resource}", params={"limit": 1000}).json()["items"]
    assert len(rows) >= len(ODD)
    for row in rows:
        found = odd_names_client.get(f"/v1/{resource}/{quote(row['id'], safe='')}")
        assert (found.status_code, found.json()["id"]) == (200, row["id"])
        name = {"locations": "place", "actors": "actor", "sources": "source"}.get(resource)
        if name:
            listed = odd_names_client.get("/v1/events", params={name: row["id"], "limit": 1000})
            assert (listed.status_code, listed.json()["returned"] > 0) == (200, True), row["id"]


@pytest.mark.parametrize("number", range(1, len(ODD) + 1))
def test_an_odd_name_is_kept(odd_names_client: TestClient, number: int) -> None:
    name = ODD[number - 1]
    event = odd_names_client.get(f"/v1/events/ucdp-ged:{number}").json()
    assert event["title"] == f"{name} and Front: {name}"[:300]
    assert odd_names_client.get(f"/v1/actors/ucdp-actor:{5000 + number}").json()["name"][:300] == name[:300]
    assert match_key(event["location"]["name"]) == match_key(name[:300])  # spellings of one name share the place
    cells = odd_names_client.get("/compat/ucdp/api/gedevents/25.1", params={"Id": number}).json()["Result"][0]
    assert [cells[column] for column in ("side_a", "adm_1", "where_coordinates", "source_original")] == [name] * 4
    assert cells["source_article"] == f'"{name},2014-03-06,{name}"'


@pytest.mark.parametrize("format_", ["csv", "ndjson", "geojson", "parquet", "json"])
@pytest.mark.parametrize("resource", ["events", "claims", "locations", "actors", "sources", "figures"])
def test_odd_names_are_written_in_every_format(odd_names_client: TestClient, resource: str, format_: str) -> None:
    if format_ == "parquet":
        pytest.importorskip("pyarrow", reason="NOT RUN: pyarrow is missing")
    response = odd_names_client.get(f"/v1/{resource}", params={"f": format_, "limit": 1000})
    assert response.status_code == 200
    if format_ == "csv":
        rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
        assert len(rows) >= len(ODD)
        names = [row.get("name") or row.get("title") or "" for row in rows]
        assert not [name for name in names if name.startswith(("=", "+", "-", "@"))]


def test_every_bookkeeping_list_takes_odd_names(odd_names_client: TestClient) -> None:
    for path in (
        "/v1/changes?since=0&limit=1000",
        *(f"/v1/stats?group_by={by}" for by in ("actor", "source", "province", "country", "week")),
        "/ogc/collections/events/items?limit=1000",
        "/ogc/collections/locations/items?limit=1000",
        "/v1/search?q=cmd",
        "/v1/search?q=%D9%85%D8%B2%D8%A7%D8%B1",
    ):
        assert odd_names_client.get(path).status_code == 200, path


LONG_NAME = "".join(random.Random(5000).choices("abcdefghijklmnopqrstuvwxyz ", k=5000))  # noqa: S311 - the same always


def test_an_actor_may_have_a_name_of_5000_characters(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(rec(1, side_a=LONG_NAME, dyad_name=f"{LONG_NAME} - Front")))
    assert (done.rows, done.revision) == (1, 1)


def test_two_outlets_are_two_however_long_their_names(empty_url: str, write: Write) -> None:
    name = "The Very Long Name of a Committee that Watches over the Invented Peace of the Mill"
    article = f'"{name} North,2014-03-06,x";"{name} South,2014-03-06,x"'
    run(empty_url, write(rec(1, source_article=article, source_original="")))
    with answering(empty_url) as asked:
        assert asked("/v1/events/ucdp-ged:1")["corroboration"]["origins"] == 2


def test_two_spellings_of_a_long_name_are_one_outlet_as_those_of_a_short_one_are(empty_url: str, write: Write) -> None:
    short, long = (
        "Fable Times",
        "The Very Long Name of a Committee that Watches over the Invented Peace of the Mill North",
    )
    for name in (short, long):
        article = f'"{name},2014-03-06,x";"{name.upper()},2014-03-06,x"'
        run(empty_url, write(rec(1, source_article=article, source_original="")))
        with answering(empty_url) as asked:
            assert asked("/v1/events/ucdp-ged:1")["corroboration"]["origins"] == 1


def test_places_of_countries_without_a_number_stay_apart(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1, country="Atlantis", country_id=""), rec(2, country="Lemuria", country_id="")))
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", place="Atlantis")) == {"ucdp-ged:1"}
        assert ids(asked("/v1/events", place="Lemuria")) == {"ucdp-ged:2"}


def test_a_district_without_a_province_is_no_province(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1, adm_1="Twin", adm_2=""), rec(2, adm_1="", adm_2="Twin")))
    with answering(empty_url) as asked:
        kinds = sorted(row["kind"] for row in asked("/v1/locations")["items"] if row["name"] == "Twin")
        assert kinds == ["district", "province"]


def test_what_an_actor_is_does_not_depend_on_the_order_of_the_records(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    rebels, feud = rec(1), rec(2, **FERRY | {"side_b_new_id": "14", "side_b": "Front"})
    run(empty_url, write(rebels, feud))
    run(other_empty_url, write(feud, rebels))
    assert holds(empty_url)["actor"] == holds(other_empty_url)["actor"]


def test_one_file_in_two_halves_is_one_import(empty_url: str, other_empty_url: str, write: Write) -> None:
    run(empty_url, write(*RECORDS, name="GEDEvent_v25_1.csv"))
    done = run(
        other_empty_url,
        write(*RECORDS[:6], name="GEDEvent_v25_1.csv"),
        write(*RECORDS[6:], name="GEDEvent_v25_1.csv"),
    )
    assert (done.rows, newest(other_empty_url)) == (11, 1)
    assert holds(empty_url) == holds(other_empty_url)


def test_however_many_records_are_held_at_a_time_the_rows_are_the_same(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(*RECORDS)
    run(empty_url, path)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 2)
    run(other_empty_url, path)
    assert holds(empty_url) == holds(other_empty_url)


def test_the_order_of_columns_and_the_compression_make_no_difference(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    path = write(*RECORDS)
    run(empty_url, path)
    packed = write(*RECORDS, columns=tuple(sorted(GED_COLUMNS)))
    packed.write_bytes(gzip.compress(packed.read_bytes()))
    run(other_empty_url, packed)
    assert holds(empty_url) == holds(other_empty_url)


# Curated packs keep their meaning.


def curated_answers(url: str) -> dict[str, Any]:
    """What the tour, control, totals and contradictions answer, without what tells of the state of the database."""
    found: dict[str, Any] = {}
    with TestClient(create_app(Settings(database_url=url))) as client:
        places = client.get("/v1/locations", params={"limit": 1000}).json()["items"]
        # to resolve a name is to ask for everything that it may mean, imported rows included
        paths = [path_of(command) for command, _ in TOUR if "/v1/resolve" not in command]
        paths += [f"/v1/control?as_of={day}" for day in ("2021-06-29", "2021-07-01", "2021-07-05")]
        paths += ["/v1/control/summary?datetime=2021-06-21/2021-07-05", "/v1/control-changes?limit=1000"]
        paths += ["/v1/movements?limit=1000", "/v1/movements/totals", "/v1/contradictions?limit=1000"]
        paths += ["/v1/movements/totals?to=tajikistan&known_by=2021-07-03", "/v1/movements?actor=taliban"]
        paths += [
            "/v1/events?actor=taliban&datetime=../2021-12-31",
            "/v1/events?place=balkh",
            "/v1/figures?place=kaldar",
        ]
        paths += ["/v1/events?source=Reuters", "/v1/events?place=Termez", "/v1/events?place=Kaldar"]
        paths += [f"/v1/locations/{row['id']}/control" for row in places if not row["id"].startswith("ucdp")]
        for path in paths:
            answer = client.get(path).json()
            found[path] = {name: value for name, value in answer.items() if name not in ("revision", "packs")}
    return found


def names_of(url: str) -> list[tuple[Any, str, str]]:
    """Every name of the curated rows, with where it is looked up and the parameter that takes it."""
    with reader(url) as connection:
        return [
            (where, parameter, name)
            for where, parameter in ((LOCATIONS, "place"), (ACTORS, "actor"), (SOURCES, "source"))
            for name in connection.scalars(select(where.names.c.name).order_by(where.names.c.pk))
        ]


def meanings(url: str, names: list[tuple[Any, str, str]]) -> list[Any]:
    with reader(url) as connection:
        return [(name, resolved(connection, where, parameter, [name])) for where, parameter, name in names]


def test_after_an_import_that_shares_names_and_codes_every_curated_answer_is_the_same(url: str, write: Write) -> None:
    names = names_of(url)
    before, meant = curated_answers(url), meanings(url, names)
    after_the_article = {"date_start": "2022-03-05", "date_end": "2022-03-05", "year": "2022"}
    rows = [
        rec(
            number,
            **after_the_article,
            side_a=name,
            side_a_new_id=str(70_000 + number),
            side_b="Taliban",
            side_b_new_id="303",
            where_coordinates=name,
            adm_1=name,
            adm_2="Kaldar",
            source_article=f'"{name},2022-03-06,{name}"',
            source_original=name,
        )
        for number, (_, _, name) in enumerate(names, 1)
    ]
    here = NO_SOURCE | {"side_a_new_id": "130", "country": "Tajikistan", "country_id": "702"}
    rows.append(rec(5000, **after_the_article | here))
    done = run(url, write(*rows))
    assert (done.revision, done.rejected) == (2, [])
    assert curated_answers(url) == before
    assert meanings(url, names) == meant
    assert clean(url)
    with answering(url) as asked:  # the imported rows are there beside them
        found = ids(asked("/v1/events", actor="taliban", datetime="2022-03-05", source=GIVEN, limit=1000))
        assert found == {f"ucdp-ged:{number}" for number in range(1, len(rows))}
        found = ids(asked("/v1/events", actor="Afghan government", datetime="2022-03-05", source=GIVEN))
        assert found == {"ucdp-ged:5000"}


def test_loading_the_seed_again_after_an_import_changes_nothing(url: str, write: Write) -> None:
    run(url, write(*RECORDS))
    before = holds(url)
    (loaded,) = load(url, SEED)
    assert (loaded.pack, loaded.revision) == (PACK, None)
    assert holds(url) == before


def test_a_changed_pack_loads_after_an_import_and_imported_rows_follow_its_names(
    url: str, seed_dir: Path, write: Write
) -> None:
    path = write(*RECORDS)
    run(url, path)
    for file, old, new in (
        ("actors.toml", 'name = "Taliban"', 'name = "The Movement"'),
        ("locations.toml", 'name = "Tajikistan"', 'name = "Tojikiston"'),
    ):
        toml = seed_dir / PACK / file
        text = toml.read_text("utf-8")
        assert old in text
        toml.write_text(text.replace(old, new, 1), "utf-8")
    assert [loaded.revision for loaded in load(url, seed_dir)] == [3]
    assert clean(url)
    with answering(url) as asked:
        actors = asked("/v1/events/ucdp-ged:1")["actors"]
        assert [row["name"] for row in actors][:2] == ["Government of Afghanistan", "The Movement"]
        assert "ucdp-ged:1" in ids(asked("/v1/events", q='"the movement"', limit=1000))
    assert run(url, path).revision is None  # the import would write the same
    assert clean(url)


def test_a_code_that_moves_in_a_pack_moves_imported_events_with_the_next_import(
    url: str, seed_dir: Path, write: Write
) -> None:
    path = write(*RECORDS)
    run(url, path)
    toml = seed_dir / PACK / "actors.toml"
    text = toml.read_text("utf-8")
    line = 'codes = [{ scheme = "ucdp-actor", code = "303" }]\n'
    assert text.count(line) == 1
    toml.write_text(text.replace(line, ""), "utf-8")
    load(url, seed_dir)
    done = run(url, path)
    assert counts_of(done) == {"actors added": 1, "events updated": 1}
    with answering(url) as asked:
        names = [(row["id"], row["name"]) for row in asked("/v1/events/ucdp-ged:1")["actors"]]
        assert names[1] == ("ucdp-actor:303", "Taleban movement")
    assert clean(url)


def test_packs_load_into_a_database_that_was_imported_into_first(empty_url: str, write: Write) -> None:
    run(empty_url, write(*RECORDS))
    assert [loaded.pack for loaded in load(empty_url, SEED)] == [PACK]


def test_a_country_that_shares_a_number_with_a_curated_place_is_that_place(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    location = '[[location]]\nid = "lost-land"\nname = "Lost Land"\nkind = "region"\n'
    second_pack(tmp_path / "packs", locations=location + 'codes = [{ scheme = "gwno", code = "9998" }]\n')
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(*RECORDS))
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", place="gwno:9998")) == {"ucdp-ged:7"}


def test_a_country_that_a_pack_has_without_a_code_is_not_there_twice(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    War().write(tmp_path / "packs")  # its country `north` is Norway
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(rec(1, country="Norway", country_id="385"), rec(2, country="Norway", country_id="385")))
    with answering(empty_url) as asked:
        assert asked("/v1/stats", group_by="country")["items"][0] == {"group": "NOR", "label": "North", "count": 4}
        assert {"ucdp-ged:1", "ford-taken"} <= ids(asked("/v1/events", place="North"))


@pytest.mark.parametrize("snapshot", [None, GIVEN])
def test_a_country_that_a_pack_adds_later_takes_over_what_was_imported_into_it(
    empty_url: str, tmp_path: Path, write: Write, snapshot: str | None
) -> None:
    path = write(rec(1, country="Nigeria", country_id="475"))
    run(empty_url, path, snapshot=snapshot)
    country = '[[location]]\nid = "nigeria"\nname = "Nigeria"\nkind = "country"\ncountry = "NGA"\n'
    second_pack(
        tmp_path / "packs",
        locations=country + 'codes = [{ scheme = "iso-3166-1-alpha-3", code = "NGA" }]\n',
    )
    load(empty_url, tmp_path / "packs")
    run(empty_url, path, snapshot=snapshot)
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", place="Nigeria")) == {"ucdp-ged:1"}
        where = asked("/v1/events/ucdp-ged:1")["location"]["id"]
        assert asked(f"/v1/locations/{where}")["path"][0] == "nigeria"
    assert clean(empty_url)
    assert run(empty_url, path, snapshot=snapshot).revision is None


def second_pack(folder: Path, **files: str) -> Path:
    """A curated pack that leans on what is there."""
    write_pack(
        folder / "second",
        {
            "pack": 'id = "second"\ntitle = "Second"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "Second."\n'
            'document = "herald-1"\n[coverage]\nsources_searched = "One paper."\n',
            "sources": '[[source]]\nid = "herald-1"\nname = "Herald"\nkind = "article"\npublished_on = 2021-07-10\n',
            **{name.replace("events", "events/all"): text for name, text in files.items()},
        },
    )
    return folder


# Importing again.


@pytest.mark.parametrize("snapshot", [None, GIVEN])
def test_importing_the_same_again_changes_nothing(url: str, write: Write, snapshot: str | None) -> None:
    path = write(*RECORDS)
    assert run(url, path, snapshot=snapshot).revision == 2
    before, rows = revisions(url), holds(url)
    done = run(url, path, snapshot=snapshot)
    assert (done.revision, done.rows, counts_of(done)) == (None, 11, {})
    assert (newest(url), revisions(url), holds(url)) == (2, before, rows)
    with answering(url) as asked:
        assert entries(asked, 2) == (2, [])


def test_the_same_content_under_another_name_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), name="GEDEvent_v25_1.csv"))
    assert run(empty_url, write(rec(1), name="copy.csv")).revision is None


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("GEDEvent_v25_1.csv", "25.1"),
        ("ged191.csv", "not told"),
        ("ged_v23_1_sample1000.csv.gz", "23.1"),
        pytest.param("GEDEvent_v25_0_3.csv", "25.0.3"),
        pytest.param("events_2021_12.csv", "not told"),
    ],
)
def test_the_version_is_what_the_name_of_the_file_tells(empty_url: str, write: Write, name: str, version: str) -> None:
    run(empty_url, write(rec(1), name=name))
    with answering(empty_url) as asked:
        assert asked("/v1/packs")["items"][0]["version"] == version


CHANGES: dict[str, tuple[Cells, dict[str, int], set[str]]] = {
    "a number of deaths": ({"best": "4"}, {"claims updated": 1, "events updated": 1}, {"ucdp-ged:1", "ucdp-ged:1:0"}),
    "a cell that only the shape of UCDP shows": ({"deaths_a": "2"}, {"events updated": 1}, {"ucdp-ged:1"}),
    "a headline": (
        {"source_article": '"Imaginary Wire,2014-03-06,Other"'},
        {"claims updated": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:1"},
    ),
    "a day": (
        {"date_end": "2014-03-06", "date_prec": "2"},
        {"claims updated": 2, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0", "ucdp-ged:1:1"},
    ),
    "another source": (
        {"source_article": '"Imaginary Wire,2014-03-06,Shots near the mill";"Imaginary Wire,2014-03-06,More"'},
        {"claims added": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:2"},
    ),
    "no source": (
        {"source_article": "", "source_office": "", "source_date": "", "source_headline": "", "source_original": ""},
        {"claims updated": 1, "claims removed": 1, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0"},
    ),
    "a side": (
        {"side_b_new_id": "15", "side_b": "Other Front"},
        {"actors added": 1, "claims updated": 2, "events updated": 1},
        {"ucdp-ged:1", "ucdp-ged:1:0", "ucdp-ged:1:1", "ucdp-actor:15"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_newer_version_updates_exactly_what_differs(empty_url: str, write: Write, change: str) -> None:
    cells, counts, changed = CHANGES[change]
    others = (rec(2, latitude="36.6"), rec(3, latitude="36.7"))
    run(empty_url, write(rec(1), *others))
    newer = write(rec(1, **cells), *others)
    done = run(empty_url, newer)
    assert (done.revision, counts_of(done)) == (2, counts)
    assert {id_ for (_, id_), revision in revisions(empty_url).items() if revision == 2} == changed
    assert clean(empty_url)
    assert run(empty_url, newer).revision is None


def test_a_cell_that_v1_does_not_show_changes_the_answer_in_ucdps_shape_and_every_etag(
    empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1)))
    paths = ("/compat/ucdp/api/gedevents/25.1", "/v1/events/ucdp-ged:1")
    with TestClient(create_app(Settings(database_url=empty_url))) as client:
        before = [client.get(path) for path in paths]
        run(empty_url, write(rec(1, deaths_a="2")))
        after = [client.get(path) for path in paths]
        assert before[0].json()["Result"][0]["deaths_a"] == 1
        assert after[0].json()["Result"][0]["deaths_a"] == 2
        assert [one.headers["etag"] == other.headers["etag"] for one, other in zip(before, after, strict=True)] == [
            False,
            False,
        ]
        assert after[1].json() == before[1].json() | {"revision": 2}
        _, told = entries(lambda path, **params: client.get(path, params=params).json(), 1)
        assert [(entry["resource"], entry["action"], entry["id"]) for entry in told] == [
            ("events", "updated", "ucdp-ged:1")
        ]


def test_fewer_sources_remove_claims(empty_url: str, write: Write) -> None:
    three = '"Imaginary Wire,2014-03-06,a";"Fable Times,2014-03-07,b";"Saga Monitor,2014-03-08,c"'
    run(empty_url, write(rec(1, source_article=three)))
    done = run(empty_url, write(rec(1, source_article='"Fable Times,2014-03-07,b"')))
    assert counts_of(done) == {"claims updated": 2, "claims removed": 2, "events updated": 1}
    assert set(removals(empty_url)) == {("claims", "ucdp-ged:1:2"), ("claims", "ucdp-ged:1:3")}
    assert clean(empty_url)


@pytest.mark.parametrize("cells", [{"side_b": "New Front"}, {"dyad_name": "Army - New Front"}])
def test_a_newer_version_renames_an_actor_in_every_row(
    empty_url: str, other_empty_url: str, write: Write, cells: Cells
) -> None:
    run(empty_url, write(rec(1), rec(2)))
    newer = write(rec(1, **cells), rec(2, **cells))
    run(empty_url, newer)
    run(other_empty_url, newer)
    assert holds(empty_url)["actor"] == holds(other_empty_url)["actor"]


def test_an_import_without_a_snapshot_removes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)))
    done = run(empty_url, write(rec(2)))
    assert (counts_of(done), removals(empty_url)) == ({}, {})


def test_what_is_covered_is_what_is_held_not_what_was_read_last(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1, date_start="1999-01-01", date_end="1999-01-01", country_id="475")))
    run(empty_url, write(rec(2)))
    with answering(empty_url) as asked:
        coverage = asked("/v1/packs")["items"][0]["coverage"]
    assert {name: coverage[name] for name in ("from", "until", "area")} == {
        "from": "1999-01-01",
        "until": "2014-03-05",
        "area": ["ucdp-country:afg", "ucdp-country:nga"],
    }


def test_a_file_with_a_header_alone_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)))
    before = holds(empty_url)
    done = run(empty_url, write())
    assert holds(empty_url) == before
    assert (done.rows, done.revision) == (0, None)


# Snapshots.


def test_a_snapshot_removes_what_its_files_lack_and_what_only_that_referred_to(empty_url: str, write: Write) -> None:
    gone = rec(
        2,
        side_b_new_id="15",
        side_b="Other Front",
        dyad_new_id="16",
        source_article='"Fable Times,2014-03-07,b"',
        source_original="police",
        where_coordinates="Weir",
    )
    run(empty_url, write(rec(1), gone), snapshot="made-up")
    with answering(empty_url) as asked:
        copy = lists(asked)
    done = run(empty_url, write(rec(1)), snapshot="made-up")
    assert counts_of(done) == {
        "claims removed": 2,
        "events removed": 1,
        "sources removed": 2,
        "actors removed": 2,
        "locations removed": 1,
    }
    weir = "ucdp-place:afg:mill-province:mill-district:weir@36.5_67.25:1"
    expected = {
        ("claims", "ucdp-ged:2:0"),
        ("claims", "ucdp-ged:2:1"),
        ("events", "ucdp-ged:2"),
        ("sources", "ucdp-source:fable-times"),
        ("sources", "ucdp-original:police"),
        ("actors", "ucdp-actor:15"),
        ("actors", "ucdp-dyad:16"),
        ("locations", weir),
    }
    assert removals(empty_url) == dict.fromkeys(expected, (2, None))
    with answering(empty_url) as asked:
        _, told = entries(asked, 1)
        assert {(entry["resource"], entry["id"]) for entry in told if entry["action"] == "removed"} == expected
        assert applied(copy, told) == lists(asked)
    assert clean(empty_url)


def test_a_snapshot_removes_provinces_and_countries_in_which_nothing_is_left(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    far = rec(2, country="Nigeria", country_id="475", adm_1="Borno state", adm_2="Borno district")
    run(empty_url, write(rec(1), far), snapshot="made-up")
    run(empty_url, write(rec(1)), snapshot="made-up")
    assert run(empty_url, write(rec(1)), snapshot="made-up").revision is None
    run(other_empty_url, write(rec(1)), snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)


def test_what_a_snapshot_removed_comes_back_whole(empty_url: str, other_empty_url: str, write: Write) -> None:
    both = write(rec(1), rec(2, where_coordinates="Weir"))
    run(empty_url, both, snapshot="made-up")
    run(empty_url, write(rec(1)), snapshot="made-up")
    run(empty_url, both, snapshot="made-up")
    run(other_empty_url, both, snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    assert removals(empty_url) == {}
    assert clean(empty_url)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"where_prec": "9"},
        {"date_end": "2013-01-01"},
        pytest.param({"id": "2.0", "where_prec": "9"}),
        pytest.param({"id": " 2 ", "where_prec": "9"}),
        pytest.param({"id": "002", "where_prec": "9"}),
    ],
)
def test_a_snapshot_keeps_what_a_rejected_row_is_the_newer_version_of(
    empty_url: str, write: Write, spoilt: Cells
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    before = holds(empty_url)
    path = write(rec(1), rec(2) | spoilt)
    done = run(empty_url, path, snapshot="made-up")
    assert [(name, row.line, row.id) for name, row in done.rejected] == [(str(path), 3, spoilt.get("id", "2"))]
    assert holds(empty_url)["event"] == before["event"]
    assert (done.revision, removals(empty_url)) == (None, {})


def test_a_snapshot_with_a_row_whose_id_cannot_be_read_removes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    path = write(rec(1), rec(2))
    path.write_bytes(path.read_bytes().replace(b"MADEUP-10", b'"MADEUP" 10').replace(b'"MADEUP" 10', b"MADEUP-10", 1))
    with suppress(BrokenPackError, UnreadableFileError):  # refused, or without removals: either will do
        run(empty_url, path, snapshot="made-up")
    assert ("events", "ucdp-ged:2") not in removals(empty_url)


def test_an_empty_snapshot_takes_away_every_event_of_the_dataset_and_no_other(url: str, write: Write) -> None:
    before = served(url)
    run(url, write(rec(1)), snapshot="made-up")
    done = run(url, write(), snapshot="made-up")
    assert (done.rows, counts_of(done)["events removed"], counts_of(done)["claims removed"]) == (0, 1, 2)
    for resource in ("events", "claims", "actors", "sources"):
        assert served(url)[resource] == before[resource]
    assert clean(url)


def test_an_empty_snapshot_of_nothing_adds_nothing_but_its_name(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(), snapshot="made-up")
    assert (done.rows, counts_of(done)) == (0, {})
    with answering(empty_url) as asked:
        assert asked("/v1/events")["items"] == []
    assert clean(empty_url)


def test_datasets_share_actors_places_and_sources_and_a_snapshot_keeps_what_another_refers_to(
    empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="one")
    done = run(empty_url, write(rec(3)), snapshot="two")
    assert counts_of(done) == {"claims added": 2, "events added": 1}
    done = run(empty_url, write(), snapshot="one")
    assert counts_of(done) == {"claims removed": 4, "events removed": 2}
    with answering(empty_url) as asked:
        event = asked("/v1/events/ucdp-ged:3")
        assert [asked(f"/v1/actors/{row['id']}")["id"] for row in event["actors"]]
        assert asked(f"/v1/locations/{event['location']['id']}")["name"] == "Mill village"
        assert ids(asked("/v1/events", place="Mill district")) == {"ucdp-ged:3"}
    assert clean(empty_url)
    assert run(empty_url, write(rec(3)), snapshot="two").revision is None


def test_a_rename_in_one_dataset_shows_in_the_rows_of_another(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)), snapshot="one")
    run(empty_url, write(rec(2)), snapshot="two")
    run(empty_url, write(rec(1, side_a="Renamed Army")), snapshot="one")
    with answering(empty_url) as asked:
        name = asked("/v1/actors/ucdp-actor:12")["name"]
        for number in (1, 2):
            assert asked(f"/v1/events/ucdp-ged:{number}")["actors"][0]["name"] == name


def test_an_event_of_another_dataset_is_refused_with_its_id_and_changes_nothing(empty_url: str, write: Write) -> None:
    run(empty_url, write(rec(1)), snapshot="one")
    before = holds(empty_url)
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(rec(1), rec(2)), snapshot="two")
    assert holds(empty_url) == before
    (problem,) = refused.value.problems
    assert ("ucdp-ged:1" in str(problem), "one" in problem.reason.split()) == (True, True)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("eastern-war", "is the name of a curated pack"),
        ("", "a name has small letters"),
        ("Über name/../x", "a name has small letters"),
        ("two--hyphens", "a name has small letters"),
        ("x" * 101, "a name has small letters"),
    ],
)
def test_a_snapshot_cannot_be_named(
    empty_urls: tuple[str, str], empty_url: str, tmp_path: Path, write: Write, name: str, bad: str
) -> None:
    War(part_of_side=False).write(tmp_path / "packs")
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(rec(1)))
    before = holds(empty_url)
    with pytest.raises(InvalidParameterError, match=rf"^--snapshot={re.escape(name)}: {bad}"):
        run(empty_url, write(rec(2)), snapshot=name)
    assert holds(empty_url) == before


# Curated packs that lean on imported rows.

CLAIM = (
    '[[claim]]\nid = "denied-2"\nevent = "ucdp-ged:2"\nparagraph = 1\nmodality = "fact"\nstance = "denies"\n'
    'summary = "Not so."\ndate = 2014-03-05\n'
)


def test_a_curated_claim_on_an_imported_event_counts_and_outlives_imports(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    for best in ("3", "9"):
        run(empty_url, write(rec(1), rec(2, best=best)), snapshot="made-up")
        with answering(empty_url) as asked:
            event = asked("/v1/events/ucdp-ged:2")
        assert (event["status"], event["packs"]) == ("disputed", ["made-up", "second"])
        assert event["corroboration"] == {"documents": 2, "origins": 0, "asserting": 2, "denying": 1}
        assert event["deaths"]["best"] == int(best)
        assert clean(empty_url)


def test_a_curated_claim_follows_the_title_of_the_imported_event(empty_url: str, tmp_path: Path, write: Write) -> None:
    run(empty_url, write(rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    run(empty_url, write(rec(2, where_coordinates="Weir")), snapshot="made-up")
    with answering(empty_url) as asked:
        event = asked("/v1/events/ucdp-ged:2")
    assert {claim["event"]["name"] for claim in event["claims"]} == {event["title"]}


def test_a_snapshot_that_would_remove_an_event_with_curated_claims_is_refused_whole(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    before, at = holds(empty_url), newest(empty_url)
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(rec(1, best="4"), rec(3)), snapshot="made-up")
    assert [problem.file for problem in refused.value.problems] == ["made-up"]
    assert (holds(empty_url), newest(empty_url), removals(empty_url)) == (before, at, {})
    assert clean(empty_url)


LEANING = {
    "an event": {
        "events": '[[event]]\nid = "hut"\ncategory = "clash"\ntitle = "Hut"\nsummary = "Hut."\n'
        'location = "ucdp-place:afg:far-province:far-district"\n'
        'actors = [{ actor = "ucdp-actor:15", role = "initiator" }]\n[[event.claim]]\nparagraph = 2\n'
        'modality = "fact"\nsummary = "Smoke."\ndate = 2021-07-03\nvia = ["ucdp-source:far-echo"]\n'
    },
    "a place": {
        "locations": '[[location]]\nid = "hut"\nname = "Hut"\nkind = "town"\n'
        'parent = "ucdp-place:afg:far-province:far-district"\n'
    },
    "an actor": {
        "actors": '[[actor]]\nid = "scouts"\nname = "Scouts"\nkind = "militia"\n'
        'relations = [{ type = "part_of", actor = "ucdp-actor:15" }]\n'
    },
}
FAR = rec(
    2,
    adm_1="Far province",
    adm_2="Far district",
    side_b_new_id="15",
    side_b="Far Front",
    source_article='"Far Echo,2014-03-06,x"',
)


@pytest.mark.parametrize(
    "leaning",
    [
        "an event",
        "a place",
        pytest.param("an actor"),
    ],
)
def test_a_snapshot_keeps_what_curated_rows_refer_to(
    empty_url: str, tmp_path: Path, write: Write, leaning: str
) -> None:
    run(empty_url, write(rec(1), FAR), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", **LEANING[leaning]))
    curated = served(empty_url)
    done = run(empty_url, write(rec(1)), snapshot="made-up")
    assert (counts_of(done)["events removed"], counts_of(done)["claims removed"]) == (1, 2)
    kept = served(empty_url)
    for resource in ("events", "actors", "locations", "sources"):
        own = {id_: row for id_, row in curated[resource].items() if not id_.startswith("ucdp")}
        assert {id_: row for id_, row in kept[resource].items() if id_ in own} == own
    assert ("ucdp-actor:15" in kept["actors"]) is (leaning != "a place")
    assert clean(empty_url)


# The same id twice.


def test_a_second_row_with_an_id_is_rejected_in_a_file_and_across_files(empty_url: str, write: Write) -> None:
    one = write(rec(1), rec(2), rec(1, best="9"), name="one.csv")
    other = write(rec("2.0", best="9"), rec(3), name="other.csv")
    done = run(empty_url, one, other, snapshot="made-up")
    assert [(name, row.line, row.id, row.field, row.value, row.reason) for name, row in done.rejected] == [
        (str(one), 4, "1", "id", "1", "was there before"),
        (str(other), 2, "2", "id", "2", "was there before"),
    ]
    with answering(empty_url) as asked:
        events = asked("/v1/events")["items"]
    assert {row["id"]: row["deaths"]["best"] for row in events} == {
        "ucdp-ged:1": 3,
        "ucdp-ged:2": 3,
        "ucdp-ged:3": 3,
    }


def test_a_good_row_after_a_rejected_one_with_its_id_is_read(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(rec(1, where_prec="9"), rec(1)))
    assert (done.rows, len(done.rejected)) == (1, 1)


# Any sequence of imports.

variants = st.fixed_dictionaries(
    {
        "best": st.sampled_from(["3", "7"]),
        "side_b": st.sampled_from(["Front", "Renamed Front"]),
        "side_b_new_id": st.sampled_from(["14", "15", "303"]),
        "where_coordinates": st.sampled_from(["Mill village", "Weir"]),
        "adm_1": st.sampled_from(["Mill province", "Far province", ""]),
        "country_id": st.sampled_from(["700", "475", "9998"]),
        "source_article": st.sampled_from(
            ["", '"Imaginary Wire,2014-03-06,x"', '"Fable Times,2014-03-06,y";"Saga Monitor,1753-01-01,z"']
        ),
        "source_original": st.sampled_from(["", "army", "police; witnesses"]),
        "deaths_a": st.sampled_from(["1", "2"]),
    }
)
states = st.dictionaries(st.integers(1, 4), variants, max_size=4)
few = settings(max_examples=4, deadline=None, database=None, derandomize=True, phases=[Phase.generate])


def write_state(folder: Path, state: dict[int, Cells]) -> Path:
    path = folder / "ged.csv"
    path.write_bytes(ged_bytes(*(rec(number, **cells) for number, cells in state.items())))
    return path


@few
@given(sequence=st.lists(states, min_size=2, max_size=4))
def test_any_sequence_of_snapshots_ends_like_a_fresh_import_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url, fresh = map(emptied, empty_urls)
    for state in sequence:
        run(url, write_state(folder, state), snapshot="made-up")
    run(fresh, write_state(folder, sequence[-1]), snapshot="made-up")
    assert holds(url) == holds(fresh)


@few
@given(sequence=st.lists(states, min_size=2, max_size=3), limit=st.sampled_from([9, 1000]))
def test_a_copy_kept_by_the_feed_follows_any_sequence_of_imports(
    empty_urls: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    sequence: list[dict[int, Cells]],
    limit: int,
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url = emptied(empty_urls[0])
    copies: list[tuple[int, Any]] = [(0, {})]
    with answering(url) as asked:
        for at, state in enumerate(sequence):
            run(url, write_state(folder, state), snapshot=None if at % 2 else GIVEN)
            now = lists(asked)
            for since, copy in copies:
                revision, told = entries(asked, since, limit)
                assert applied(copy, told) == now
            copies.append((revision, now))
    assert clean(url)


@few
@given(sequence=st.lists(states, min_size=2, max_size=3))
def test_any_sequence_of_imports_without_snapshot_keeps_the_last_version_of_each_record(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    url, fresh = map(emptied, empty_urls)
    last: dict[int, Cells] = {}
    for state in sequence:
        # One name for each number: of two in the files that are there, the one that was read last stands.
        named = {number: cells | {"side_b": f"Side {cells['side_b_new_id']}"} for number, cells in state.items()}
        run(url, write_state(folder, named))
        last |= named
    run(fresh, write_state(folder, last))
    now, wanted = holds(url), holds(fresh)
    for name in (
        "event",
        "claim",
        "event_version",
        "ged_event",
        "claim_hop",
        "figure",
        "event_actor",
        "event_location",
    ):
        assert now[name] == wanted[name]
    assert clean(url)


# All or nothing.

MOMENTS = 4


def steps_of(url: str, path: Path) -> int:
    """How many statements and commits an import takes."""
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1

    with engine_for(url, read_only=False) as engine:
        event.listen(engine, "before_cursor_execute", count)
        event.listen(engine, "commit", count)
        import_dataset(engine, UCDP_GED, [path], GIVEN, lambda *_: None)
    return steps


def test_an_import_killed_at_any_moment_leaves_the_old_content_or_the_new_one_whole(
    databases: Databases, url: str, write: Write
) -> None:
    earlier, later = write(*RECORDS), write(*NEWER)
    run(url, earlier)
    old = holds(url)
    steps = steps_of(url, later)
    new = holds(url)
    assert old != new
    chosen = random.Random(25)  # noqa: S311 - the same moments on every run
    moments = sorted({2, steps, *chosen.sample(range(3, steps), MOMENTS - 2)})
    killed = [(databases.loaded(), moment) for moment in moments]
    for one, _ in killed:
        run(one, earlier)
    again = killed[-2][0]
    ended = run_killed(
        [*killed, (again, 0)],
        "import",
        "ucdp-ged",
        str(later),
        "--snapshot",
        GIVEN,
        "--odd",
        str(later.with_name("odd.csv")),
    )
    assert ended == [-signal.SIGKILL] * len(killed) + [0]
    for one, moment in killed:
        assert clean(one), moment
        assert holds(one) == (new if one == again else old), moment


def test_ctrl_c_leaves_everything_as_it_was(url: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    run(url, write(*RECORDS))
    before, at = holds(url), newest(url)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 2)

    def interrupted(_bytes: int, rows: int) -> None:
        if rows >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(url, write(*NEWER), snapshot=GIVEN, told=interrupted)
    assert (holds(url), newest(url)) == (before, at)
    assert clean(url)


SPOILERS: dict[str, bytes] = {
    "no table at all": b"PK\x03\x04",
    "an empty file": b"",
    "a file that lacks columns": csv_bytes([[name for name in LAYOUT.required_columns if name != "best"]]),
    "a file that is cut off after good rows": gzip.compress(ged_bytes(*(rec(n) for n in range(100, 400))))[:-500],
    "a header that names a column twice": csv_bytes([[*GED_COLUMNS, "best"]]),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_second_file_that_cannot_be_read_leaves_everything_as_it_was(
    empty_url: str, tmp_path: Path, write: Write, spoiler: str
) -> None:
    run(empty_url, write(*RECORDS))
    before = holds(empty_url)
    second = tmp_path / "second.csv"
    second.write_bytes(SPOILERS[spoiler])
    with pytest.raises(UnreadableFileError, match=r"^second\.csv: "):
        run(empty_url, write(*NEWER), second, snapshot=GIVEN)
    assert holds(empty_url) == before
    assert clean(empty_url)


def test_what_a_database_refuses_of_many_rows_is_an_error_of_one_kind(empty_url: str) -> None:
    row = {"id": 1, "made_at": datetime(2014, 3, 5), "summary": "made up"}  # noqa: DTZ001
    with (
        engine_for(empty_url, read_only=False) as engine,
        pytest.raises(IntegrityError),
        write_transaction(engine) as connection,
    ):
        insert_rows(connection, table_of(models.Revision), [row, row])


# Readers go on.


def test_readers_go_on_with_the_old_content_while_an_import_runs_and_switch_at_once(
    url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(url, write(*RECORDS))
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 2)
    paths = ("/v1/events?limit=1000", "/v1/events?q=mill&limit=1000", "/compat/ucdp/api/gedevents/25.1", "/v1/packs")
    paths += ("/v1/changes?since=0&limit=1000", "/v1/events?limit=all&f=ndjson", f"/v1/locations/{AT_THE_MILL}")
    count = select(func.count()).select_from(table_of(models.Event))
    during: list[int] = []
    with (
        TestClient(create_app(Settings(database_url=url))) as client,
        engine_for(url, read_only=True) as engine,
        read_transaction(engine, 60) as long_reader,
    ):
        old = [client.get(path).content for path in paths]
        held = long_reader.scalar(count)

        def ask_in_the_middle(_bytes: int, rows: int) -> None:
            # A writer that blocked readers would give them a 503.
            assert [client.get(path).content for path in paths] == old
            during.append(rows)

        done = run(url, write(*NEWER), snapshot=GIVEN, told=ask_in_the_middle)
        assert done.revision == 3
        assert during[:4] == [2, 4, 6, 8]
        new = [client.get(path).content for path in paths]
        assert all(one != other for one, other in zip(old[:6], new[:6], strict=True))
        assert client.get("/v1/events/ucdp-ged:13").status_code == 200
        assert long_reader.scalar(count) == held  # one snapshot from the first statement to the last


def test_a_page_begun_before_an_import_goes_on_after_it(url: str, write: Write) -> None:
    run(url, write(*RECORDS))
    with TestClient(create_app(Settings(database_url=url))) as client:
        page = client.get("/v1/events", params={"limit": 5, "sort": "id"}).json()
        seen = [row["id"] for row in page["items"]]
        run(url, write(rec(12), rec(13)))
        while page["next"]:
            page = client.get(page["next"]).json()
            seen += [row["id"] for row in page["items"]]
    assert len(seen) == len(set(seen))
    assert {f"ucdp-ged:{number}" for number in range(1, 14)} <= set(seen)


# The command.


@pytest.fixture
def oxus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def invoked(*arguments: object) -> Result:
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoked


Oxus = Callable[..., Result]


def test_the_command_says_what_changed_and_exits_0(oxus: Oxus, empty_url: str, write: Write) -> None:
    path = write(rec(1), rec(2, low="9"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ucdp-ged: 2 rows read: revision 1: 3 sources added, 3 actors added, 4 locations added, 2 events added, "
        "4 claims added",
        "1 rows are odd (such as low above best) and were kept as they are; odd.csv lists them",
    ]
    again = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert again.stdout.splitlines()[0] == "ucdp-ged: 2 rows read: nothing changed"
    assert not Path("rejected.csv").exists()
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url, "--snapshot", GIVEN)
    assert result.stdout == "ucdp-ged: 1 rows read: revision 2: 1 events removed, 2 claims removed\n"


def test_no_progress_is_written_where_no_terminal_is(oxus: Oxus, empty_url: str, write: Write) -> None:
    assert oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url).stderr == ""


def test_progress_is_harmless_where_no_terminal_is(oxus: Oxus, empty_url: str, write: Write) -> None:
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url)
    assert (result.exit_code, result.stderr.strip()) == (0, "")


def test_rejected_rows_are_listed(oxus: Oxus, empty_url: str, write: Write) -> None:
    path = write(
        rec(1),
        rec("x", where_prec="9"),
        rec(3, country="", dyad_name=' "quoted", with comma\nand line '),
        rec(4, date_start='=HYPERLINK("a","b")'),
        rec(1),
        name="given.csv",
    )
    result = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "4 rows were left out; rejected.csv says why")
    with Path("rejected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "line", "id", "field", "value", "reason"]
    assert [row[:4] for row in rows[1:]] == [
        [str(path), "3", "x", "id"],
        [str(path), "3", "x", "where_prec"],
        [str(path), "4", "3", "country"],
        [str(path), "6", "4", "date_start"],
        [str(path), "7", "1", "id"],
    ]
    assert [row[5] for row in rows[1:4]] == ["is not a whole number", "is not between 1 and 7", "is missing"]


def test_odd_rows_are_listed_as_rejected_ones_are(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    report = tmp_path / "odd rows.csv"
    path = write(rec(1), rec(2, low="9"), rec(3, year="2015", deaths_b="1"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--odd", report)
    assert result.stdout.splitlines()[1] == (
        f"2 rows are odd (such as low above best) and were kept as they are; {report} lists them"
    )
    assert list(csv.reader(report.read_text("utf-8").splitlines())) == [
        ["file", "line", "id", "field", "value", "reason"],
        [str(path), "3", "2", "best", "3", "is not between low, 9, and high, 4"],
        [str(path), "4", "3", "best", "3", "is not the sum of the four counts of deaths, 2"],
        [str(path), "4", "3", "year", "2015", "is no year of the dates, 2014-03-05 to 2014-03-05"],
    ]


def test_no_cell_of_the_report_runs_in_a_spreadsheet(oxus: Oxus, empty_url: str, write: Write) -> None:
    oxus("import", "ucdp-ged", write(rec("=1+1", date_start="@SUM(A1)")), "--database", empty_url)
    with Path("rejected.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "@"))] == []


def test_the_report_goes_where_it_is_told_to(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    report = tmp_path / "why.csv"
    path = write(rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", report)
    assert result.stdout.splitlines()[-1] == f"1 rows were left out; {report} says why"
    assert report.read_text("utf-8").splitlines()[1:] == [f"{path},2,x,id,x,is not a whole number"]
    assert not Path("rejected.csv").exists()


def test_a_report_that_cannot_be_written_leaves_everything_as_it_was(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    path = write(rec(1), rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", tmp_path / "no" / "why.csv")
    assert result.exit_code == 1
    assert newest(empty_url) == 0


def test_a_report_that_would_replace_a_folder_leaves_everything_as_it_was(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    (tmp_path / "why").mkdir()
    path = write(rec(1), rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", tmp_path / "why")
    assert result.exit_code == 1
    assert newest(empty_url) == 0


def test_a_snapshot_that_removed_nothing_because_of_a_row_without_an_id_says_so(
    oxus: Oxus, empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    result = oxus("import", "ucdp-ged", write(rec(1), rec("x")), "--database", empty_url, "--snapshot", "made-up")
    assert result.stdout.splitlines()[1] == (
        "a row without an id that can be read may be any of those that are missing: nothing was removed"
    )
    assert removals(empty_url) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "bad.csv: has no header: its first line names none of the columns\n"),
        (ged_bytes(columns=tuple(c for c in GED_COLUMNS if c != "best")), "bad.csv: lacks columns: best\n"),
        (b"", "bad.csv: is empty: there is no header\n"),
        (b"PK\x03\x04", "bad.csv: a zip archive or a spreadsheet: take the CSV file out of it first\n"),
    ],
)
def test_a_file_that_is_no_ged_exits_1_and_says_why(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write, content: bytes, said: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    result = oxus("import", "ucdp-ged", write(rec(1)), bad, "--database", empty_url)
    assert (result.exit_code, result.stdout, result.stderr.lstrip("\n")) == (1, "", said)
    assert newest(empty_url) == 0


def test_a_zst_file_without_the_extra_says_what_to_install(
    oxus: Oxus, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(streams, "import_module", absent)
    packed = tmp_path / "ged.csv.zst"
    packed.write_bytes(b"\x28\xb5\x2f\xfd and more")
    result = oxus("import", "ucdp-ged", packed, "--database", empty_url)
    assert result.exit_code == 1
    assert "ged.csv.zst: compressed with zstd; to read it: pip install" in result.stderr


def test_a_missing_file_and_no_file_exit_2(oxus: Oxus, empty_url: str, tmp_path: Path) -> None:
    missing = oxus("import", "ucdp-ged", tmp_path / "absent.csv", "--database", empty_url)
    assert (missing.exit_code, "absent.csv" in "".join(missing.stderr.split()).replace("│", "")) == (2, True)
    assert oxus("import", "ucdp-ged", "--database", empty_url).exit_code == 2
    assert oxus("import", "nonsense").exit_code == 2


def test_a_folder_and_a_missing_database_exit_1(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    (tmp_path / "folder").mkdir()
    result = oxus("import", "ucdp-ged", tmp_path / "folder", "--database", empty_url)
    assert (result.exit_code, result.stderr.lstrip("\n")) == (1, "folder: Is a directory\n")
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", tmp_path / "absent.db")
    assert (result.exit_code, "there is no database file absent.db" in result.stderr) == (1, True)
    assert not (tmp_path / "absent.db").exists()


def test_a_refused_snapshot_exits_1_and_says_that_nothing_was_loaded(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url, "--snapshot", "made-up")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.lstrip("\n").startswith("made-up: ")
    assert result.stderr.endswith("1 problem(s); nothing was loaded.\n")


def test_ctrl_c_at_the_command_exits_130(
    oxus: Oxus, empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GedRowBuilder, "take", interrupted)
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url)
    assert result.exit_code == 130
    assert newest(empty_url) == 0
    monkeypatch.undo()
    assert oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url).exit_code == 0


def test_the_made_up_file_that_ships_is_imported_whole(oxus: Oxus, url: str) -> None:
    result = oxus("import", "ucdp-ged", MADE_UP, "--database", url)
    assert result.exit_code == 0
    assert "8 rows read: revision 2: " in result.stdout
    assert clean(url)
