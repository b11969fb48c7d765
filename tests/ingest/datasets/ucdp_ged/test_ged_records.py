"""What records of UCDP GED become: events, claims, places, actors."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.commands import check_database
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import AT_THE_MILL, COUNT, GIVEN, MILL, PUBLISHED, UCDP, GetOk, ids
from ingest.datasets.ucdp_ged.ged_import import client as client
from ingest.datasets.ucdp_ged.ged_import import get_ok as get_ok
from ingest.datasets.ucdp_ged.ged_import import imported as imported


@pytest.mark.each_database
def test_the_database_is_sound_after_the_import(imported: str) -> None:
    assert check_database(Settings(database_url=imported)) == []


TITLE = "Government of Afghanistan and Taleban movement: Mill village"
PRINTED = {"date": [], "place": ["Mill village"], "quantity": [], "name": [], "other": []}


@pytest.mark.each_database
def test_a_record_is_an_event_with_every_field(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/ucdp-ged:1")
    assert [claim["id"] for claim in event.pop("claims")] == ["ucdp-ged:1:1", "ucdp-ged:1:0", "ucdp-ged:1:2"]
    assert event == {
        "id": "ucdp-ged:1",
        "category": "clash",
        "title": TITLE,
        "summary": "State-based violence in Nowhere: Invented quarrel: near the mill, "
        "Mill district, Mill province, Nowhere.",
        "date": {
            "earliest": "2014-03-05",
            "latest": "2014-03-05",
            "precision": "day",
            "printed": [],
            "edtf": "2014-03-05",
        },
        "location": {
            "id": AT_THE_MILL,
            "name": "Mill village",
            "kind": "town",
            "country": "AFG",
            "admin1": {"id": "ucdp-place:afg:mill-province", "name": "Mill province"},
            "admin2": {"id": MILL, "name": "Mill district"},
            "longitude": 67.25,
            "latitude": 36.5,
            "point_kind": "exact",
        },
        "location_precision": "exact",
        "actors": [
            {"id": "afghan-government", "name": "Government of Afghanistan", "roles": ["participant"]},
            {"id": "taliban", "name": "Taliban", "roles": ["participant"]},
            {"id": "ucdp-dyad:735", "name": "Government of Afghanistan - Taleban", "roles": ["participant"]},
        ],
        "status": "reported",
        "corroboration": {"documents": 1, "origins": [], "unattributed": 2, "asserting": 3, "denying": 0},
        "deaths": PUBLISHED,
        "control_change": None,
        "movement": None,
        "figures": [PUBLISHED],
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
        "paragraph": None,
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
        "figures": [COUNT | {"since": "2014-03-05", "printed": None}],
        "note": None,
    }


def test_every_source_is_a_claim_with_its_chain(get_ok: GetOk) -> None:
    spokesman = {"id": "ucdp-original:army-spokesman", "name": "army spokesman"}
    assert get_ok("/v1/claims/ucdp-ged:1:2") == {
        "id": "ucdp-ged:1:2",
        "event": {"id": "ucdp-ged:1", "name": TITLE},
        "document": UCDP,
        "locator": "record 1, source 2",
        "paragraph": None,
        "summary": "Named by UCDP as a source: The mill, again",
        "stance": "asserts",
        "modality": "reported",
        "attribution": [spokesman, {"id": "ucdp-source:fable-times", "name": "Fable Times"}, UCDP],
        "origin": spokesman,
        "reported_on": "2014-03-09",
        "reported_basis": "stated",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day"},
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "printed": PRINTED | {"other": ["Fable Times ,2014-03-09,The mill, again"]},
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
    assert (row["printed"]["other"], row["note"]) == ([other] if other else [], note)


# id: category, precision, deaths, origins, claims, status
EVENTS: dict[int, tuple[str, str, list[int | None] | None, int, int, str]] = {
    1: ("clash", "exact", [3, 3, 4], 0, 3, "reported"),
    2: ("clash", "near", [3, 3, 4], 2, 3, "corroborated"),
    3: ("violence_against_civilians", "district", [3, 3, 9], 0, 1, "reported"),  # its low of 9 is out of order
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
        event["category"], event["location_precision"], deaths, len(attested["origins"]), attested["asserting"],
        event["status"],
    ) == EVENTS[number]  # fmt: skip


def test_a_dataset_is_no_origin_so_that_a_record_alone_is_not_corroborated_by_being_in_it(get_ok: GetOk) -> None:
    alone = get_ok("/v1/events/ucdp-ged:3")
    assert [claim["origin"]["id"] for claim in alone["claims"]] == [GIVEN]
    assert (alone["corroboration"]["origins"], alone["corroboration"]["unattributed"]) == ([], 0)
    assert "ucdp-ged:3" not in ids(get_ok("/v1/events", min_origins=1, limit=1000))


def test_the_sides_of_one_sided_violence_are_initiator_and_target(get_ok: GetOk) -> None:
    roles = {row["id"]: row["roles"] for row in get_ok("/v1/events/ucdp-ged:3")["actors"]}
    assert roles == {"ucdp-actor:2002": ["initiator"], "ucdp-actor:9999": ["target"], "ucdp-dyad:2099": ["participant"]}


def test_a_range_of_days_is_an_interval(get_ok: GetOk) -> None:
    assert get_ok("/v1/events/ucdp-ged:2")["date"] == {
        "earliest": "2014-03-07",
        "latest": "2014-03-09",
        "precision": "range",
        "printed": [],
        "edtf": "[2014-03-07..2014-03-09]",
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
    assert (place["id"], place["kind"], place["parent"]["id"], place["country"], point) == PLACES[number]
    assert where == {name: place[name] for name in where}
    above = get_ok(f"/v1/locations/{place['parent']['id']}")
    assert place["parent"] == {"id": above["id"], "name": above["name"]}
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
        found = ids(get_ok("/v1/events", actor=name, source=GIVEN, datetime="2014-01-01/2014-12-31"))
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
