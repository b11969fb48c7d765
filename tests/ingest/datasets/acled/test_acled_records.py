"""What rows of ACLED become: events, claims, places and actors."""

from pathlib import Path
from typing import Any

import pytest
from conftest import engine_for
from factories.acled import ACLED_ROW as PLAIN
from fastapi.testclient import TestClient
from stored_state import answering

from app.commands import check_database
from app.ingest.packs.load import load_packs
from app.settings import Settings
from ingest.datasets.acled.acled_import import (
    ARMY,
    AT_THE_MILL,
    BACK,
    CONTROL,
    FRONT,
    MILL,
    READ,
    TRANSFER,
    Cells,
    GetOk,
    Write,
    ids,
    row,
    run,
)
from ingest.datasets.acled.acled_import import client as client
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import get_ok as get_ok
from ingest.datasets.acled.acled_import import imported as imported
from ingest.datasets.acled.acled_import import write as write

UNDATED = "When it was said is not given: the last day of the event stands in."


# What a row becomes.


@pytest.mark.each_database
def test_the_database_is_sound_after_the_import(imported: str) -> None:
    assert check_database(Settings(database_url=imported)) == []


@pytest.mark.each_database
def test_a_row_is_an_event_with_every_field(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/acled:XMP1")
    claims = event.pop("claims")
    front, army = {"id": FRONT, "name": "Mill Front"}, {"id": ARMY, "name": "Military Forces of Nowhere (2010-2020)"}
    count = {
        "measure": "deaths",
        "low": 3,
        "best": 3,
        "high": 3,
        "of": None,
        "count_kind": "cumulative",
        "as_of": "2014-03-05",
    }
    told_by = [{"id": "acled:XMP1:0", "name": "event XMP1"}]
    deaths = count | {"claims": told_by, "contradicted": False}
    wire = {"id": "acled-source:imaginary-wire", "name": "Imaginary Wire"}
    radio = {"id": "acled-source:village-radio", "name": "Village Radio"}
    assert event == {
        "id": "acled:XMP1",
        "category": "clash",
        "title": "Armed clash, Mill Front and Military Forces of Nowhere (2010-2020): Mill village",
        "summary": "Battles, Armed clash: Mill Front and Military Forces of Nowhere (2010-2020) (with Police Forces of "
        "Nowhere (2010-2020), Mill Guard); Mill village, Mill district, Mill province, Afghanistan.",
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
            "admin1": {"id": "acled-place:afg:mill-province", "name": "Mill province"},
            "admin2": {"id": MILL, "name": "Mill district"},
            "longitude": 67.25,
            "latitude": 36.5,
            "point_kind": "exact",
        },
        "location_precision": "exact",
        "actors": [
            front | {"roles": ["participant"]},
            army | {"roles": ["participant"]},
            {
                "id": "acled-actor:police-forces-of-nowhere-2010-2020",
                "name": "Police Forces of Nowhere (2010-2020)",
                "roles": ["ally"],
            },
            {"id": "acled-actor:mill-guard", "name": "Mill Guard", "roles": ["ally"]},
        ],
        "status": "corroborated",
        "corroboration": {
            "documents": 1,
            "origins": [wire, radio],
            "unattributed": 0,
            "asserting": 3,
            "denying": 0,
        },
        "deaths": deaths,
        "control_change": None,
        "movement": None,
        "figures": [deaths],
        "part_of": None,
        "packs": ["acled"],
        "revision": 2,
    }
    dataset = {"id": "acled", "name": "Armed Conflict Location & Event Data"}
    said = {
        "event": {"id": "acled:XMP1", "name": event["title"]},
        "document": dataset,
        "stance": "asserts",
        "reported_on": "2014-03-05",
        "reported_basis": "document",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day"},
        "paragraph": None,
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "printed": {"date": [], "place": ["Mill village"], "quantity": [], "name": [], "other": []},
        "note": UNDATED,
    }
    assert claims[0] == said | {
        "id": "acled:XMP1:0",
        "locator": "event XMP1",
        "summary": "ACLED records 3 reported deaths.",
        "modality": "fact",
        "attribution": [dataset],
        "origin": dataset,
        "figures": [count | {"since": "2014-03-05", "printed": None}],
    }
    assert claims[1] == said | {
        "id": "acled:XMP1:1",
        "locator": "event XMP1, source 1",
        "summary": "Named by ACLED as a source.",
        "modality": "reported",
        "attribution": [wire, dataset],
        "origin": wire,
        "figures": [],
    }
    assert [claim["id"] for claim in claims] == ["acled:XMP1:0", "acled:XMP1:1", "acled:XMP1:2"]


def test_what_acled_wrote_itself_is_in_no_answer_but_in_its_own_shape(client: TestClient, get_ok: GetOk) -> None:
    told = client.get("/v1/events", params={"source": "acled", "limit": 1000}).text
    told += client.get("/v1/claims", params={"source": "acled", "limit": 1000}).text
    assert "XMP1" in told
    assert "Shots near the mill" not in told
    assert get_ok("/v1/events", q="shots mill")["items"] == []
    assert {found["notes"] for found in get_ok(READ, notes="Shots near")["data"]} == {PLAIN["notes"]}


@pytest.mark.parametrize(
    ("number", "category", "roles", "status"),
    [
        (2, "control_change", {"Mill Front": ["participant", "gains"]}, "corroborated"),
        (5, "violence_against_civilians", {"Mill Front": ["initiator"], "Civilians (Nowhere)": ["target"]}, "reported"),
        (6, "violence_against_civilians", {"Protesters (Nowhere)": ["target"]}, "corroborated"),
        (7, "offensive", {"Mill Front": ["participant"]}, "reported"),
    ],
)
def test_what_kind_of_event_it_is_and_who_does_what(
    get_ok: GetOk, number: int, category: str, roles: dict[str, list[str]], status: str
) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    assert (event["category"], event["status"]) == (category, status)
    for name, expected in roles.items():
        assert [actor["roles"] for actor in event["actors"] if actor["name"] == name] == [expected]


def test_who_shot_at_protesters_initiates(get_ok: GetOk) -> None:
    roles = {actor["id"]: actor["roles"] for actor in get_ok("/v1/events/acled:XMP6")["actors"]}
    assert roles[ARMY] == ["initiator"]


@pytest.mark.parametrize(
    ("number", "gained", "lost", "extent", "means", "note"),
    [
        (2, FRONT, ARMY, "full", "captured", UNDATED),
        (3, ARMY, FRONT, "full", "recaptured", UNDATED),
        (4, FRONT, None, "full", "unknown", UNDATED),
    ],
)
def test_who_gained_and_who_lost_a_place(
    get_ok: GetOk, number: int, gained: str, lost: str | None, extent: str, means: str, note: str
) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    change = event["control_change"]
    assert (change["gained_by"]["id"], (change["lost_by"] or {}).get("id")) == (gained, lost)
    assert (change["extent"], change["means"], event["claims"][0]["note"]) == (extent, means, note)


@pytest.mark.parametrize(
    ("cells", "gained", "lost", "by_order", "extent"),
    [
        (CONTROL | {"inter1": "State forces", "inter2": "Rebel group"}, ARMY, FRONT, False, "full"),
        (CONTROL | {"inter2": "Rebel group"}, FRONT, ARMY, True, "full"),
        (BACK | {"inter1": "Rebel group"}, ARMY, FRONT, False, "full"),
        (BACK | {"inter1": "External/Other forces", "inter2": "Rebel group"}, FRONT, ARMY, True, "full"),
        (TRANSFER, FRONT, ARMY, True, "full"),
        (CONTROL | {"geo_precision": "2"}, FRONT, ARMY, False, "partial"),
        (TRANSFER | {"actor1": "", "inter1": ""}, ARMY, None, True, "full"),
        (CONTROL | {"inter1": "State forces", "actor2": "", "inter2": ""}, None, FRONT, False, "full"),
        (CONTROL | {"actor2": "", "inter2": ""}, FRONT, None, True, "full"),
        (BACK | {"actor1": "", "inter1": ""}, ARMY, None, False, "full"),
    ],
)
def test_where_the_kinds_of_both_sides_do_not_tell_who_gained_their_order_does(
    empty_url: str, write: Write, cells: Cells, gained: str | None, lost: str | None, by_order: bool, extent: str
) -> None:
    run(empty_url, write(row(1, **cells)))
    with answering(empty_url) as asked:
        event = asked("/v1/events/acled:XMP1")
    change = event["control_change"]
    assert [(change[side] or {}).get("id") for side in ("gained_by", "lost_by")] == [gained, lost]
    assert change["extent"] == extent
    order = " Which side gained is taken from the order of the actors."
    assert event["claims"][0]["note"] == UNDATED + order * by_order


def test_territory_that_nobody_gained_or_lost_is_no_change_of_control(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, **TRANSFER, actor1="", actor2="", assoc_actor_2="")))
    with answering(empty_url) as asked:
        event = asked("/v1/events/acled:XMP1")
    assert (event["category"], event["control_change"]) == ("other", None)
    assert event["title"] == "Non-violent transfer of territory, nobody named: Mill village"


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("day", "state", "holder"),
    [
        ("2022-07-03", "held", ARMY),
        ("2022-07-04", "held", FRONT),
        ("2022-08-01", "held", ARMY),
        ("2022-09-01", "uncertain", None),
        ("2022-09-30", "held", FRONT),
    ],
)
def test_control_follows_imported_changes_of_territory(get_ok: GetOk, day: str, state: str, holder: str) -> None:
    [found] = get_ok("/v1/control", as_of=day, place=AT_THE_MILL)["items"]
    assert (found["state"], (found["holder"] or {}).get("id")) == (state, holder)


@pytest.mark.parametrize(
    ("number", "earliest", "latest", "precision"),
    [
        (1, "2014-03-05", "2014-03-05", "day"),
        (5, "2014-03-02", "2014-03-08", "range"),
        (4, "2022-09-01", "2022-09-30", "range"),
    ],
)
def test_time_precision_is_an_interval(get_ok: GetOk, number: int, earliest: str, latest: str, precision: str) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    assert event["date"] == {
        "earliest": earliest,
        "latest": latest,
        "precision": precision,
        "printed": [],
        "edtf": earliest if precision == "day" else f"[{earliest}..{latest}]",
    }
    assert {claim["reported_on"] for claim in event["claims"]} == {latest}


@pytest.mark.parametrize(
    ("number", "deaths", "summary"),
    [
        (1, [3, 3, 3], "ACLED records 3 reported deaths."),
        (5, [0, 0, 0], "ACLED records no deaths: none, or none reported."),
        (7, None, "ACLED gives no number of deaths."),
    ],
)
def test_fatalities_are_a_bare_number_and_none_is_not_0(get_ok: GetOk, number: int, deaths: Any, summary: str) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    assert (event["deaths"] and [event["deaths"][name] for name in ("low", "best", "high")]) == deaths
    assert event["claims"][0]["summary"] == summary


def test_a_source_that_is_not_named_is_no_origin(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/acled:XMP5")
    assert event["corroboration"] == {
        "documents": 1,
        "origins": [],
        "unattributed": 1,
        "asserting": 2,
        "denying": 0,
    }
    assert get_ok("/v1/sources/acled-source:undisclosed-source")["kind"] == "unattributed"
    assert get_ok("/v1/sources/acled-source:imaginary-wire")["kind"] == "outlet"


@pytest.mark.parametrize(
    ("number", "id_", "name", "kind", "point_kind", "precision", "path"),
    [
        (1, AT_THE_MILL, "Mill village", "town", "exact", "exact", ["afghanistan", "mill-province", "mill-district"]),
        (5, f"{MILL}:mill-village@36.5_67.25:2", "Mill village", "town", "approximate", "near", None),
        (
            6,
            f"{MILL}:mill-province@36.5_67.25:3",
            "Mill province (approximate)",
            "region",
            "approximate",
            "province",
            None,
        ),
        (
            7,
            "acled-place:nga:mill-province:mill-district:mill-ward:mill-village@36.5_67.25:1",
            "Mill village",
            "town",
            "exact",
            "exact",
            ["acled-country:nga", "mill-province", "mill-district", "mill-ward"],
        ),
        (8, "acled-place:sea-of-nowhere:at-sea@36.5_67.25:1", "At sea", "town", "exact", "exact", ["sea-of-nowhere"]),
    ],
)
def test_where_a_row_lies(
    get_ok: GetOk, number: int, id_: str, name: str, kind: str, point_kind: str, precision: str, path: list[str] | None
) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    assert (event["location"]["name"], event["location_precision"]) == (name, precision)
    place = get_ok(f"/v1/locations/{id_}")
    assert event["location"] == {field: place[field] for field in event["location"]}
    assert (place["kind"], place["point_kind"]) == (kind, point_kind)
    assert (place["latitude"], place["longitude"]) == (36.5, 67.25)
    if path:
        assert len(place["path"]) == len(path) + 1
        assert all(found.endswith(end) for found, end in zip(place["path"], path, strict=False))


def test_places_lie_in_the_country_that_a_curated_pack_has(get_ok: GetOk) -> None:
    assert get_ok(f"/v1/locations/{AT_THE_MILL}")["path"][0] == "afghanistan"
    assert "acled:XMP1" in ids(get_ok("/v1/events", place="Afghanistan", limit=1000))
    assert "acled:XMP1" in ids(get_ok("/v1/events", country="AFG", limit=1000))
    assert ids(get_ok("/v1/events", place="iso-3166-1-alpha-3:NGA")) == {"acled:XMP7"}
    assert get_ok("/v1/locations/acled-country:nga")["codes"] == [
        {"scheme": "iso-3166-1-alpha-3", "version": None, "code": "NGA"}
    ]


@pytest.mark.parametrize(
    ("id_", "name", "kind"),
    [
        (FRONT, "Mill Front", "rebel_group"),
        (ARMY, "Military Forces of Nowhere (2010-2020)", "state_forces"),
        ("acled-actor:civilians-nowhere", "Civilians (Nowhere)", "civilians"),
        ("acled-actor:protesters-nowhere", "Protesters (Nowhere)", "civilians"),
        ("acled-actor:mill-guard", "Mill Guard", "other"),
    ],
)
def test_a_new_actor_has_its_name_as_code(get_ok: GetOk, id_: str, name: str, kind: str) -> None:
    actor = get_ok(f"/v1/actors/{id_}")
    codes = [{"scheme": "acled-actor", "version": None, "code": name}]
    assert (actor["name"], actor["kind"], actor["country"], actor["codes"]) == (name, kind, None, codes)


CODED = """
[[actor]]
id = "front"
name = "The Front"
kind = "rebel_group"
codes = [{ scheme = "acled-actor", code = "Mill front" }]
"""
PACK = 'id = "codes"\ntitle = "Codes"\nversion = "1"\nlicence = "CC0-1.0"\ncitation = "Made up."\n'


def test_an_actor_with_the_name_that_a_curated_pack_codes_is_that_one(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    folder = tmp_path / "packs" / "codes"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(f'{PACK}[coverage]\nsources_searched = "None."\n', "utf-8")
    (folder / "actors.toml").write_text(CODED, "utf-8")
    with engine_for(empty_url, read_only=False) as engine:
        load_packs(engine, tmp_path / "packs")
    run(empty_url, write(row(1)))
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", actor="front")) == {"acled:XMP1"}
        assert asked("/v1/events/acled:XMP1")["actors"][0] == {
            "id": "front",
            "name": "The Front",
            "roles": ["participant"],
        }


def test_what_is_loaded_is_told_with_licence_citation_and_coverage(get_ok: GetOk) -> None:
    [pack] = [pack for pack in get_ok("/v1/packs")["items"] if pack["id"] == "acled"]
    assert (pack["licence"], pack["version"]) == ("LicenseRef-ACLED-terms", "2014-05-13")
    assert pack["citation"].startswith("Raleigh, Clionadh, Roudabeh Kishi, and Andrew Linke (2023)")
    assert pack["document"] == {"id": "acled", "name": "Armed Conflict Location & Event Data"}
    assert (pack["coverage"]["from"], pack["coverage"]["until"]) == ("2014-03-02", "2022-09-30")
    assert pack["coverage"]["area"] == ["acled-country:nga", "afghanistan"]


@pytest.mark.parametrize(
    ("name", "version"), [("2014-01-01-2024-05-17-Nowhere.csv", "2024-05-17"), ("acled.csv", "not told")]
)
def test_without_timestamps_the_version_is_the_last_day_in_the_name_of_the_file(
    empty_url: str, write: Write, name: str, version: str
) -> None:
    run(empty_url, write(row(1, timestamp=""), name=name))
    with answering(empty_url) as asked:
        assert asked("/v1/packs")["items"][0]["version"] == version
