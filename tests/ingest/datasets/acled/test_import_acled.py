"""Importing ACLED: what rows become, what an import changes and leaves alone, and that what went in comes out again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from conftest import SEED, Databases, engine_for
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import OLD_ACLED_COLUMNS as OLD_COLUMNS
from factories.acled import OLD_ACLED_ROW as OLD
from factories.acled import acled_bytes
from factories.acled import acled_sample as sample
from factories.ged import ged_bytes
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from stored_state import answering, clean, counts_of, emptied, holds, newest, reader, removals
from typer.testing import CliRunner, Result

from app import cli, models
from app.codebooks.acled import ACLED_COLUMNS
from app.commands import check_database
from app.errors import BrokenPackError
from app.ingest.datasets.acled.dataset import ACLED
from app.ingest.datasets.acled.event_rows import AcledRowBuilder
from app.ingest.datasets.core import run as imports
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings
from ingest.datasets.acled.acled_import import (
    ARMY,
    AT_THE_MILL,
    BACK,
    CONTROL,
    FRONT,
    MILL,
    ROWS,
    TRANSFER,
    Cells,
    Write,
    row,
    run,
)
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import other_empty_url as other_empty_url
from ingest.datasets.acled.acled_import import write as write

GetOk = Callable[..., Any]
READ = "/compat/acled/api/acled/read"
UNDATED = "When it was said is not given: the last day of the event stands in."


@pytest.fixture(scope="module")
def imported(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The article's pack and the eight rows."""
    url = databases.loaded()
    path = tmp_path_factory.mktemp("eight") / "acled.csv"
    path.write_bytes(acled_bytes(*ROWS))
    done = run(url, path)
    assert (done.dataset, done.rows, done.revision, done.rejected) == ("acled", 8, 2, [])
    return url


@pytest.fixture(scope="module")
def client(imported: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=imported))) as client:
        yield client


@pytest.fixture(scope="module")
def get_ok(client: TestClient) -> GetOk:
    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return get


def ids(answer: Any) -> set[str]:
    return {item["id"] for item in answer["items"]}


# What a row becomes.


def test_the_database_is_sound_after_the_import(imported: str) -> None:
    assert check_database(Settings(database_url=imported)) == []


def test_a_row_is_an_event_with_every_field(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/acled:XMP1")
    claims = event.pop("claims")
    front, army = {"id": FRONT, "name": "Mill Front"}, {"id": ARMY, "name": "Military Forces of Nowhere (2010-2020)"}
    deaths = {"low": 3, "best": 3, "high": 3}
    figure = deaths | {
        "measure": "deaths",
        "of": None,
        "count_kind": "cumulative",
        "as_of": "2014-03-05",
        "printed": None,
    }
    assert event == {
        "id": "acled:XMP1",
        "category": "clash",
        "title": "Armed clash, Mill Front and Military Forces of Nowhere (2010-2020): Mill village",
        "summary": "Battles, Armed clash: Mill Front and Military Forces of Nowhere (2010-2020) (with Police Forces of "
        "Nowhere (2010-2020), Mill Guard); Mill village, Mill district, Mill province, Afghanistan.",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day", "printed": None},
        "location": {"id": AT_THE_MILL, "name": "Mill village"},
        "location_precision": "exact",
        "actors": [
            front | {"role": "participant"},
            army | {"role": "participant"},
            {
                "id": "acled-actor:police-forces-of-nowhere-2010-2020",
                "name": "Police Forces of Nowhere (2010-2020)",
                "role": "ally",
            },
            {"id": "acled-actor:mill-guard", "name": "Mill Guard", "role": "ally"},
        ],
        "status": "corroborated",
        "corroboration": {"documents": 1, "origins": 2, "asserting": 3, "denying": 0},
        "deaths": deaths,
        "control_change": None,
        "movement": None,
        "figures": [figure],
        "part_of": None,
        "packs": ["acled"],
        "revision": 2,
    }
    dataset = {"id": "acled", "name": "Armed Conflict Location & Event Data"}
    wire = {"id": "acled-source:imaginary-wire", "name": "Imaginary Wire"}
    said = {
        "event": {"id": "acled:XMP1", "name": event["title"]},
        "document": dataset,
        "stance": "asserts",
        "reported_on": "2014-03-05",
        "reported_basis": "document",
        "date": {"earliest": "2014-03-05", "latest": "2014-03-05", "precision": "day"},
        "location": event["location"],
        "printed": {"date": None, "place": "Mill village", "quantity": None, "name": None, "other": None},
        "note": UNDATED,
    }
    assert claims[0] == said | {
        "id": "acled:XMP1:0",
        "locator": "event XMP1",
        "summary": "ACLED records 3 reported deaths.",
        "modality": "fact",
        "attribution": [dataset],
        "origin": dataset,
        "figures": [figure],
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
        assert [actor["role"] for actor in event["actors"] if actor["name"] == name] == expected


def test_who_shot_at_protesters_initiates(get_ok: GetOk) -> None:
    roles = {actor["id"]: actor["role"] for actor in get_ok("/v1/events/acled:XMP6")["actors"]}
    assert roles[ARMY] == "initiator"


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
    assert change["location"] == event["location"]
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


@pytest.mark.parametrize(
    ("day", "state", "holder"),
    [
        ("2022-07-03", "held", ARMY),
        ("2022-07-04", "held", FRONT),
        ("2022-08-01", "held", ARMY),
        ("2022-09-01", "uncertain", ARMY),
        ("2022-09-30", "held", FRONT),
    ],
)
def test_control_follows_imported_changes_of_territory(get_ok: GetOk, day: str, state: str, holder: str) -> None:
    [found] = get_ok("/v1/control", as_of=day, place=AT_THE_MILL)["items"]
    assert (found["state"], found["holder"]["id"]) == (state, holder)


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
    assert event["date"] == {"earliest": earliest, "latest": latest, "precision": precision, "printed": None}
    assert {claim["reported_on"] for claim in event["claims"]} == {latest}


@pytest.mark.parametrize(
    ("number", "deaths", "summary"),
    [
        (1, {"low": 3, "best": 3, "high": 3}, "ACLED records 3 reported deaths."),
        (5, {"low": 0, "best": 0, "high": 0}, "ACLED records no deaths: none, or none reported."),
        (7, None, "ACLED gives no number of deaths."),
    ],
)
def test_fatalities_are_a_bare_number_and_none_is_not_0(get_ok: GetOk, number: int, deaths: Any, summary: str) -> None:
    event = get_ok(f"/v1/events/acled:XMP{number}")
    assert event["deaths"] == deaths
    assert event["claims"][0]["summary"] == summary


def test_a_source_that_is_not_named_is_no_origin(get_ok: GetOk) -> None:
    event = get_ok("/v1/events/acled:XMP5")
    assert event["corroboration"] == {"documents": 1, "origins": 0, "asserting": 2, "denying": 0}
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
    assert (event["location"], event["location_precision"]) == ({"id": id_, "name": name}, precision)
    place = get_ok(f"/v1/locations/{id_}")
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
            "role": "participant",
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


# What went in comes out again.


def served(asked: GetOk, **params: Any) -> dict[str, Cells]:
    return {found["event_id_cnty"]: found for found in asked(READ, **params)["data"]}


def test_every_cell_of_todays_layout_comes_out_again(get_ok: GetOk) -> None:
    found = served(get_ok, event_id_cnty="XMP")
    expected = {cells["event_id_cnty"]: PLAIN | cells for cells in ROWS}
    expected["XMP1"]["event_date"] = "2014-03-05"  # as the API prints days
    expected["XMP7"]["fatalities"] = "0"  # a number that is not given is derived: its clients need one
    assert found == expected


def test_every_cell_of_the_old_layout_comes_out_again(empty_url: str, write: Write) -> None:
    hard = {"notes": 'He said "no",\nthen left.', "event_date": "05-Mar-14"}
    run(empty_url, write(row(1, **hard), row(2), columns=OLD_COLUMNS, plain=OLD))
    with answering(empty_url) as asked:
        found = served(asked)
    assert found.keys() == {"XMP1", "XMP2"}
    kept = [name for name in OLD_COLUMNS if name in ACLED_COLUMNS]
    assert {name: found["XMP1"][name] for name in kept} == {name: (OLD | row(1))[name] for name in kept} | {
        "notes": hard["notes"]
    }
    filled = {"disorder_type": "Political violence", "civilian_targeting": "", "tags": ""}
    assert {name: found["XMP2"][name] for name in ACLED_COLUMNS if name not in kept} == filled


@pytest.mark.parametrize("name", ["acled_format_SYNTHETIC_3rows.csv", "acled_hdx2021_header_SYNTHETIC_1row.csv"])
def test_the_shared_samples_come_out_again(empty_url: str, name: str) -> None:
    path = sample(name)
    done = run(empty_url, path)
    assert (done.rejected, done.warned_rows) == ([], 1 if "3rows" in name else 0)
    with answering(empty_url) as asked:
        assert set(served(asked)) == ({"SYN0001", "SYN0002", "SYN0003"} if "3rows" in name else {"SYN1"})
    assert counts_of(run(empty_url, path)) == {}


def test_cells_come_out_as_csv_too(client: TestClient) -> None:
    text = client.get(f"{READ}.csv", params={"event_id_cnty": "XMP7", "fields": "event_id_cnty|tags|admin3"}).text
    assert text == "event_id_cnty,admin3,tags\r\nXMP7,Mill ward,crowd size=no report\r\n"


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        ({"inter1": "Rebel group"}, {1, 2, 4, 5, 7, 8}),
        ({"inter1": "2"}, {1, 2, 4, 5, 7, 8}),
        ({"inter2": "0"}, {4, 7}),
        ({"interaction": "26"}, set()),
        ({"interaction": "16"}, {6}),
        ({"interaction": "Rebel group only"}, {4, 7}),
        ({"event_type": "Protests"}, {6}),
        ({"event_type": "Strategic developments"}, {4}),
        ({"event_type": "Battles|Protests"}, {1, 2, 3, 6, 8}),
        ({"sub_event_type": "Grenade"}, {7}),
        ({"disorder_type": "Demonstrations"}, {6}),
        ({"civilian_targeting": "Civilian"}, {5, 6}),
        ({"event_date": "2022-09-16"}, {4}),
        ({"event_date": "2022-09-01"}, set()),
        ({"event_date": "2014-03-05"}, {1, 5, 6, 7, 8}),
        ({"event_date": "2022-07-05|2022-09-16", "event_date_where": "BETWEEN"}, {3, 4}),
        ({"event_date": "2022-07-04", "event_date_where": ">"}, {3, 4}),
        ({"event_date": "2022-07-04", "event_date_where": "<="}, {1, 2, 5, 6, 7, 8}),
        ({"event_date": "2022", "event_date_where": "LIKE"}, {2, 3, 4}),
        ({"year": "2022"}, {2, 3, 4}),
        ({"time_precision": "3"}, {4}),
        ({"geo_precision": "2"}, {5}),
        ({"iso": "566"}, {7}),
        ({"region": "1"}, {7}),
        ({"country": "Nigeria"}, {7}),
        ({"country": "Sea", "country_where": "LIKE"}, {8}),
        ({"admin3": "ward"}, {7}),
        ({"admin1": "mill"}, {1, 2, 3, 4, 5, 6, 7}),
        ({"actor2": "civilians (now"}, {5}),
        ({"assoc_actor_2": "2020); Mill"}, {1, 2, 3, 6, 8}),
        ({"source": "wire; village"}, {1, 2, 3, 4, 6, 8}),
        ({"source_scale": "subnational"}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"notes": "shots%mill"}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"fatalities": "0"}, {5, 7}),
        ({"fatalities": "3", "fatalities_where": ">="}, {1, 2, 3, 4, 6, 8}),
        ({"tags": "crowd"}, {7}),
        ({"tags": "status=reported"}, set()),
        ({"timestamp": "1400000000", "timestamp_where": "="}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"timestamp": "1400000001"}, set()),
        ({"latitude": "36.5"}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"event_id_cnty": "XMP3", "event_id_cnty_where": "="}, {3}),
    ],
)
def test_filters_agree_with_the_cells_that_are_served(get_ok: GetOk, asked_for: Cells, expected: set[int]) -> None:
    found = {id_ for id_ in served(get_ok, limit=0, **asked_for) if id_.startswith("XMP")}
    assert found == {f"XMP{number}" for number in expected}
    shown = get_ok(READ, limit=1, **asked_for)
    assert shown["total_count"] == len(served(get_ok, limit=0, **asked_for))


def test_filters_on_other_events_are_as_they_were(databases: Databases, get_ok: GetOk) -> None:
    asked_for = (
        {"event_type": "Battles", "year": "2021"},
        {"inter1": "2", "year": "2021"},
        {"event_date": "2021-06-29|2021-07-01", "event_date_where": "BETWEEN"},
        {"sub_event_type": "Non-violent", "year": "2021"},
        {"disorder_type": "Strategic", "event_date": "2021-06-30", "event_date_where": ">="},
        {"admin1": "Balkh"},
        {"tags": "status=disputed"},
        {"fatalities": "0", "year": "2021"},
    )
    with TestClient(create_app(Settings(database_url=databases.loaded()))) as alone:
        for params in asked_for:
            before = alone.get(READ, params=params).json()["data"]
            after = [found for found in get_ok(READ, **params)["data"] if not found["event_id_cnty"].startswith("XMP")]
            assert [found["event_id_cnty"] for found in after] == [found["event_id_cnty"] for found in before]
            assert before


# Importing again.


@pytest.mark.parametrize("snapshot", [None, "acled"])
def test_importing_the_same_again_changes_nothing(empty_url: str, write: Write, snapshot: str | None) -> None:
    path = write(*ROWS)
    run(empty_url, path, snapshot=snapshot)
    before = holds(empty_url)
    again = run(empty_url, path, snapshot=snapshot)
    assert (again.revision, counts_of(again)) == (None, {})
    assert holds(empty_url) == before


def test_whatever_is_held_in_memory_at_a_time_importing_again_changes_nothing(
    empty_url: str, other_empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*ROWS, row(20, actor1="Mill Guard", inter1="Political militia"), row(21, assoc_actor_1="Mill Front")]
    path = write(*rows)
    run(other_empty_url, path, snapshot="made-up")
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 1)
    run(empty_url, path, snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    for snapshot in (None, "made-up"):
        if snapshot:
            again = run(empty_url, path, snapshot=snapshot)
            assert (again.revision, counts_of(again)) == (None, {})


def test_the_order_of_rows_and_files_makes_no_difference(empty_url: str, other_empty_url: str, write: Write) -> None:
    rows = [
        row(1, actor1="Mill Guard", inter1="Political militia"),
        *(row(n, assoc_actor_1="Mill Guard") for n in (2, 3)),
    ]
    run(empty_url, write(*rows))
    for one in reversed(rows):
        run(other_empty_url, write(one))
    assert holds(empty_url) == holds(other_empty_url)
    assert counts_of(run(empty_url, write(rows[1]))) == {}


def test_an_actor_keeps_the_spelling_that_was_read_first(empty_url: str, write: Write) -> None:
    one, other = write(row(1)), write(row(2, actor1="MILL-FRONT"))
    run(empty_url, one)
    assert counts_of(run(empty_url, other)) == {"claims added": 3, "events added": 1}
    assert counts_of(run(empty_url, one)) == counts_of(run(empty_url, other)) == {}
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP2")["actors"][0]["name"] == "Mill Front"
        assert served(asked)["XMP2"]["actor1"] == "MILL-FRONT"


variants = st.fixed_dictionaries(
    {
        "actor1": st.sampled_from(["Mill Front", "MILL FRONT", "Mill Guard"]),
        "inter1": st.sampled_from(["Rebel group", "State forces", "8", "0"]),
        "assoc_actor_1": st.sampled_from(["", "Mill Guard; Mill Front"]),
        "sub_event_type": st.sampled_from(["Armed clash", "Government regains territory"]),
        "iso": st.sampled_from(["4", "566", "0"]),
        "country": st.sampled_from(["Nowhere", "Tajikistan"]),
        "admin1": st.sampled_from(["Mill province", ""]),
        "geo_precision": st.sampled_from(["1", "3"]),
        "time_precision": st.sampled_from(["1", "2"]),
        "source": st.sampled_from(["", "Imaginary Wire", "Imaginary Wire; Village Radio"]),
        "timestamp": st.sampled_from(["", "1400000000", "1500000000"]),
        "notes": st.sampled_from(["One.", "Other."]),
    }
)
states = st.dictionaries(st.integers(1, 4), variants, max_size=4)
few = settings(max_examples=5, deadline=None, database=None, derandomize=True, phases=[Phase.generate])


@few
@given(sequence=st.lists(states, min_size=2, max_size=4), held=st.sampled_from([1, 2, 1000]))
def test_any_sequence_of_snapshots_ends_like_a_fresh_import_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[int, Cells]], held: int
) -> None:
    path = tmp_path_factory.mktemp("states") / "acled.csv"
    url, fresh = map(emptied, empty_urls)
    with patch.object(imports, "RECORDS_PER_BATCH", held):
        for state in sequence:
            path.write_bytes(acled_bytes(*(row(number, **cells) for number, cells in state.items())))
            run(url, path, snapshot="made-up")
            assert counts_of(run(url, path, snapshot="made-up")) == {}
    run(fresh, path, snapshot="made-up")
    assert holds(url) == holds(fresh)
    assert clean(url)


def test_an_actor_of_a_snapshot_is_what_its_files_say_now(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, inter1="State forces"), row(2)), snapshot="made-up")
    kinds = []
    for inter1 in ("Rebel group", "External/Other forces"):
        run(empty_url, write(row(1, inter1=inter1), row(2, inter1=inter1)), snapshot="made-up")
        with answering(empty_url) as asked:
            kinds.append(asked(f"/v1/actors/{FRONT}")["kind"])
    assert kinds == ["rebel_group", "international_forces"]
    assert clean(empty_url)


def test_a_newer_timestamp_updates_and_an_older_one_does_not(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, fatalities="5", timestamp="1500000000"), row(2)))
    newer = run(empty_url, write(row(1, fatalities="6", timestamp="1500000001"), row(2)))
    assert counts_of(newer) == {"events updated": 1, "claims updated": 1}
    older = run(empty_url, write(row(1, fatalities="5", timestamp="1500000000"), row(2)))
    assert (older.revision, older.outdated_rows, counts_of(older)) == (None, 1, {})
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP1")["deaths"]["best"] == 6
        assert served(asked)["XMP1"]["timestamp"] == "1500000001"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("held", [1, 1000])
def test_of_two_rows_of_one_event_the_newer_counts(
    empty_url: str,
    other_empty_url: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    order: tuple[int, int],
    held: int,
) -> None:
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", held)
    versions = [row(1, fatalities="9", source="Imaginary Wire"), row(1, timestamp="1500000000")]
    done = run(empty_url, write(*(versions[at] for at in order)))
    assert (done.rejected, done.outdated_rows) == ([], 1 if order == (1, 0) else 0)
    run(other_empty_url, write(versions[1]))
    assert holds(empty_url) == holds(other_empty_url)


def test_the_same_row_twice_is_one_and_two_rows_that_differ_without_telling_why_are_not(
    empty_url: str, write: Write
) -> None:
    path = write(row(1), row(1), row(1, fatalities="8"))
    done = run(empty_url, path)
    assert [(name, found.line, found.field, found.reason) for name, found in done.rejected] == [
        (str(path), 4, "timestamp", "was there before with this timestamp and other cells")
    ]
    with answering(empty_url) as asked:
        assert asked("/v1/events/acled:XMP1")["deaths"]["best"] == 3


def test_a_cell_that_v1_does_not_show_changes_the_answer_in_acleds_shape(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    done = run(empty_url, write(row(1, notes="Other notes.", timestamp="1500000000")))
    assert counts_of(done) == {"events updated": 1}
    with answering(empty_url) as asked:
        assert served(asked)["XMP1"]["notes"] == "Other notes."


def test_the_old_layout_after_the_new_one_is_the_same_event_with_its_own_codes(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    done = run(empty_url, write(row(1), columns=OLD_COLUMNS, plain=OLD))
    assert counts_of(done) == {"events updated": 1}
    with answering(empty_url) as asked:
        assert served(asked)["XMP1"]["inter1"] == "2"


# Snapshots and removal.


def test_a_snapshot_removes_what_its_files_lack_and_what_only_that_referred_to(
    empty_url: str, other_empty_url: str, write: Write
) -> None:
    run(empty_url, write(*ROWS), snapshot="made-up")
    done = run(empty_url, write(*ROWS[:2]), snapshot="made-up")
    assert counts_of(done)["events removed"] == 6
    assert {id_ for (resource, id_) in removals(empty_url) if resource == "events"} == {
        f"acled:XMP{number}" for number in range(3, 9)
    }
    run(other_empty_url, write(*ROWS[:2]), snapshot="made-up")
    assert holds(empty_url) == holds(other_empty_url)
    with answering(empty_url) as asked:
        gone = asked("/compat/acled/api/deleted/read")["data"]
    assert sorted(found["event_id_cnty"] for found in gone) == [f"XMP{number}" for number in range(3, 9)]


def test_a_snapshot_keeps_what_a_rejected_row_is_the_newer_version_of(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1), row(2)), snapshot="made-up")
    done = run(empty_url, write(row(1), row(2, geo_precision="7")), snapshot="made-up")
    assert (done.revision, len(done.rejected)) == (None, 1)
    done = run(empty_url, write(row(1), row(2) | {"event_id_cnty": "X P"}), snapshot="made-up")
    assert (done.revision, len(done.rejected)) == (None, 1)


def test_an_event_of_another_dataset_is_refused(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)), snapshot="one")
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(row(1)), snapshot="other")
    assert "is in one already" in str(refused.value.problems[0])
    assert newest(empty_url) == 1


def test_ged_and_acled_share_the_countries_that_no_pack_has(
    empty_url: str, other_empty_url: str, write: Write, tmp_path: Path
) -> None:
    ged = tmp_path / "ged.csv"
    ged.write_bytes(ged_bytes({"country": "Nigeria", "country_id": "475"}))
    acled = write(row(7, iso="566", country="Nigeria"))
    nations = []
    for url, order in ((empty_url, (UCDP_GED, ACLED)), (other_empty_url, (ACLED, UCDP_GED))):
        for dataset in order:
            with engine_for(url, read_only=False) as engine:
                import_dataset(engine, dataset, [ged if dataset is UCDP_GED else acled], None, lambda *_: None)
        with answering(url) as asked:
            assert ids(asked("/v1/events", place="Nigeria")) == {"ucdp-ged:999000010", "acled:XMP7"}
            nations.append([item["id"] for item in asked("/v1/locations", kind="country")["items"]])
        assert clean(url)
    assert nations == [["ucdp-country:nga"], ["acled-country:nga"]]


def test_curated_answers_stay_and_the_seed_loads_again(databases: Databases, write: Write) -> None:
    url = databases.loaded()
    with answering(url) as asked:
        before = asked("/v1/events", limit=1000, category="control_change")["items"]
    run(url, write(*(row(at, actor1="Taliban", location="Kaldar", admin1="Balkh", admin2="Kaldar") for at in (1, 2))))
    with engine_for(url, read_only=False) as engine:
        assert [loaded.revision for loaded in load_packs(engine, SEED)] == [None]
    with answering(url) as asked:
        assert asked("/v1/events", limit=1000, category="control_change")["items"] == before
        assert "acled:XMP1" not in ids(asked("/v1/events", actor="taliban", limit=1000))
        assert ids(asked("/v1/events", actor="acled-actor:taliban")) == {"acled:XMP1", "acled:XMP2"}


# Odd cells.


def test_odd_and_long_cells_are_stored_and_served(empty_url: str, write: Write) -> None:
    million = "x " * 500_000
    odd = {
        "actor1": "=Ünï\u200bcode, “quoted” \\ 'n' %_",
        "location": "../a?b#c",
        "admin1": "/ /",
        "assoc_actor_1": ";; ; ",
        "source": "A;B;;a",
    }
    run(empty_url, write(row(1, **odd), row(2, notes=million, actor1=million, location=million)))
    with answering(empty_url) as asked:
        found = served(asked)
        assert {name: found["XMP1"][name] for name in odd} == odd
        assert found["XMP2"]["notes"] == found["XMP2"]["actor1"] == million
        event = asked("/v1/events/acled:XMP1")
        assert len(event["title"]) <= 300
        assert [claim["origin"]["id"] for claim in event["claims"]] == [
            "acled",
            *["acled-source:a"],
            "acled-source:b",
            "acled-source:a",
        ]
        assert asked("/v1/events/acled:XMP2")["title"][:30] == "Armed clash, x x x x x x x x x"
    assert clean(empty_url)


def test_a_filter_on_a_cell_that_is_no_number_of_its_kind_is_answered(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1, timestamp="", fatalities="", iso="", country="Sea")))
    with answering(empty_url) as asked:
        for name, value in (("iso", "0"), ("timestamp", "1"), ("fatalities", "0"), ("inter1", "2")):
            assert set(served(asked, **{name: value})) <= {"XMP1"}
        assert set(served(asked, fatalities="0")) == {"XMP1"}


def test_the_stored_columns_are_those_of_acled_and_what_an_imported_row_left_empty_is_told(imported: str) -> None:
    stored = table_of(models.AcledEvent)
    assert set(ACLED_COLUMNS) - set(stored.c.keys()) == {"event_id_cnty"}
    with reader(imported) as connection:
        for found in connection.execute(select(stored).where(stored.c.digest.is_not(None))).mappings():
            assert ("timestamp" in found["omitted"]) == (found["timestamp"] is None)
            assert all(found[name] is not None for name in ACLED_COLUMNS if name in found and name != "timestamp")


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


def test_the_command_says_what_changed_and_lists_what_was_left_out(
    oxus: Callable[..., Result], empty_url: str, write: Write, tmp_path: Path
) -> None:
    path = write(row(1, timestamp="1500000000"), row(2, year="2013"), row(3, geo_precision="9"))
    reports = ("--rejected", tmp_path / "why.csv", "--odd", tmp_path / "odd.csv")
    result = oxus("import", "acled", path, "--database", empty_url, *reports)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "acled: 2 rows read: revision 1: 3 sources added, 4 actors added, 4 locations added, 2 events added, "
        "6 claims added",
        "1 rows are odd (such as a sub-event type of another event type) and were kept as they are; "
        f"{tmp_path / 'odd.csv'} lists them",
        f"1 rows were left out; {tmp_path / 'why.csv'} says why",
    ]
    report = (tmp_path / "why.csv").read_text("utf-8").splitlines()
    assert report == [
        "file,line,id,field,value,reason",
        f"{path},4,XMP3,geo_precision,9,is not between 1 and 3",
    ]
    assert (tmp_path / "odd.csv").read_text("utf-8").splitlines() == [
        "file,line,id,field,value,reason",
        f'{path},3,XMP2,year,2013,"is not the year of event_date, 2014-03-05"',
    ]
    result = oxus("import", "acled", write(row(1)), "--database", empty_url)
    assert result.stdout.splitlines() == [
        "acled: 1 rows read: nothing changed",
        "1 rows were passed over, because a newer version of the same event is there",
    ]
    result = oxus("import", "acled", write(row(2)), "--database", empty_url, "--snapshot", "acled")
    assert result.stdout.startswith("acled: 1 rows read: revision 2: ")
    assert "1 events removed" in result.stdout


def test_a_file_that_is_not_acled_is_refused_and_changes_nothing(
    oxus: Callable[..., Result], empty_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "ged.csv"
    path.write_bytes(ged_bytes({}))
    result = oxus("import", "acled", path, "--database", empty_url)
    assert result.exit_code == 1
    assert "lacks columns: event_id_cnty" in result.stderr
    assert newest(empty_url) == 0


def test_ctrl_c_leaves_everything_as_it_was(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    before = holds(empty_url)
    with patch.object(AcledRowBuilder, "take", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        run(empty_url, write(row(1, timestamp="1500000000", fatalities="7"), row(2)))
    assert holds(empty_url) == before
