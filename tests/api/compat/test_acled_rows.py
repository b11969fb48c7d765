"""Rows in ACLED's shape: what events of packs become, cell for cell."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from conftest import PACK
from fastapi.testclient import TestClient

from api.compat.acled_client import COLUMNS, READ, SHOWN, answer, ids, refused, row, rows
from api.compat.acled_client import hills as hills
from app import vocab
from app.codebooks.acled import CROSSWALK, DISORDER_TYPES
from app.query.compat.acled.crosswalk import interaction

TALIBAN, FORCES = "Taliban", "Afghan National Defence and Security Forces"
KALDAR = {
    "region": "Caucasus and Central Asia",
    "iso": "4",
    "country": "Afghanistan",
    "admin1": "Balkh",
    "admin2": "Kaldar",
    "admin3": "",
    "location": "Kaldar",
    "latitude": "37.13249",
    "longitude": "67.5269",
    "geo_precision": "2",
    "source_scale": "",
    "fatalities": "0",
    "civilian_targeting": "",
    "year": "2021",
}
CHANGE = {"disorder_type": "Political violence", "event_type": "Battles", "interaction": "State forces-Rebel group"}


# --- rows ---


@pytest.mark.each_database
def test_the_first_fall_of_kaldar(client: TestClient) -> None:
    assert row(client, "kaldar-captured-2021-06") == KALDAR | CHANGE | {
        "event_id_cnty": "kaldar-captured-2021-06",
        "event_date": "2021-06-24",  # the middle of 21 to 28 June
        "time_precision": "3",
        "sub_event_type": "Non-state actor overtakes territory",
        "actor1": TALIBAN,
        "assoc_actor_1": "",
        "inter1": "Rebel group",
        "actor2": "Government of Afghanistan",
        "assoc_actor_2": "",
        "inter2": "State forces",
        "source": "bne IntelliNews",
        "notes": row(client, "kaldar-captured-2021-06")["notes"],
        "tags": f"status=reported; pack={PACK}",
    }


def test_the_recapture_of_kaldar(client: TestClient) -> None:
    assert row(client, "kaldar-recaptured-2021-06-29") == KALDAR | CHANGE | {
        "event_id_cnty": "kaldar-recaptured-2021-06-29",
        "event_date": "2021-06-29",
        "time_precision": "1",
        "sub_event_type": "Government regains territory",
        "actor1": FORCES,
        "assoc_actor_1": "Atta Mohammad Noor; Local militia in Balkh led by Atta Mohammad Noor; "
        "Government of Afghanistan",
        "inter1": "State forces",
        "actor2": TALIBAN,
        "assoc_actor_2": "",
        "inter2": "Rebel group",
        "source": "bne IntelliNews",
        "notes": "Government forces, with a local militia led by a former governor of Balkh, Atta Mohammad Noor, "
        "regain the district for one day.",
        "tags": f"status=reported; pack={PACK}",
    }


def test_the_second_fall_of_kaldar(client: TestClient) -> None:
    found = row(client, "kaldar-lost-again-2021-06-30")
    assert found == KALDAR | CHANGE | {
        "event_id_cnty": "kaldar-lost-again-2021-06-30",
        "event_date": "2021-06-30",
        "time_precision": "1",
        "sub_event_type": "Non-state actor overtakes territory",
        "actor1": TALIBAN,
        "assoc_actor_1": "",
        "inter1": "Rebel group",
        "actor2": FORCES,
        "assoc_actor_2": "Government of Afghanistan",
        "inter2": "State forces",
        "source": "Reports of the fall of Kaldar; bne IntelliNews",
        "notes": found["notes"],
        "tags": f"status=reported; pack={PACK}",
    }
    assert found["notes"].startswith("The Taliban win Kaldar back a day after losing it.")


def test_what_is_said_of_dostum(client: TestClient) -> None:
    assert rows(client, event_id_cnty="dostum-wounded-2021") == []
    assert row(client, "dostum-wounded-2021", status="disputed") == {
        "event_id_cnty": "dostum-wounded-2021",
        "event_date": "2021-06-28",  # the middle of two weeks
        "year": "2021",
        "time_precision": "3",
        "disorder_type": "Political violence",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": "Abdul Rashid Dostum",
        "assoc_actor_1": "",
        "inter1": "",
        "actor2": TALIBAN,
        "assoc_actor_2": "",
        "inter2": "Rebel group",
        "interaction": "",
        "civilian_targeting": "",
        "iso": "4",
        "region": "Caucasus and Central Asia",
        "country": "Afghanistan",
        "admin1": "",
        "admin2": "",
        "admin3": "",
        "location": "Afghanistan",
        "latitude": "33.94",
        "longitude": "67.71",
        "geo_precision": "3",
        "source": "Unattributed reports; Pajhwok Afghan News",
        "source_scale": "",
        "notes": "Reported by some and denied by the agency Pajhwok.",
        "fatalities": "0",
        "tags": f"status=disputed; pack={PACK}",
    }


def test_the_crossing_from_khwahan_to_tajikistan(client: TestClient) -> None:
    # It is part of the flight to Tajikistan, which has its row.
    assert rows(client, event_id_cnty="khwahan-crossing-2021-07-04") == []
    assert row(client, "khwahan-crossing-2021-07-04", status="reported") == {
        "event_id_cnty": "khwahan-crossing-2021-07-04",
        "event_date": "2021-07-04",
        "year": "2021",
        "time_precision": "1",
        "disorder_type": "Strategic developments",
        "event_type": "Strategic developments",
        "sub_event_type": "Change to group/activity",
        "actor1": TALIBAN,
        "assoc_actor_1": "",
        "inter1": "Rebel group",
        "actor2": FORCES,
        "assoc_actor_2": "Government of Tajikistan",
        "inter2": "State forces",
        "interaction": "State forces-Rebel group",
        "civilian_targeting": "",
        "iso": "4",
        "region": "Caucasus and Central Asia",
        "country": "Afghanistan",
        "admin1": "Badakhshan",
        "admin2": "Khwahan",
        "admin3": "",
        "location": "Khwahan",
        "latitude": "37.83718",
        "longitude": "70.39425",
        "geo_precision": "2",
        "source": "Website of the President of Tajikistan",
        "source_scale": "",
        "notes": "Soldiers driven out of Khwahan, a district of Badakhshan, cross into Tajikistan.",
        "fatalities": "0",
        "tags": f"status=reported; pack={PACK}",
    }


ALL_STATUSES = ",".join(status.value for status in vocab.EventStatus)
SERVED = ("reported", "corroborated")


def middle(when: dict[str, Any]) -> str | None:
    """The middle of an interval, or the end that is known."""
    earliest, latest = when["earliest"], when["latest"]
    if not (earliest and latest):
        return str(earliest or latest) if earliest or latest else None
    first, last = (date.fromisoformat(day) for day in (earliest, latest))
    return date.fromordinal((first.toordinal() + last.toordinal()) // 2).isoformat()


@pytest.mark.each_database
def test_what_is_reported_and_repeats_no_part_of_another_has_its_row_newest_first(client: TestClient) -> None:
    every = {item["id"]: item for item in client.get("/v1/events", params={"limit": 1000}).json()["items"]}
    days = {
        id_: day
        for id_, found in every.items()
        if found["location"] and found["location"]["country"] and (day := middle(found["date"]))
    }
    expected = sorted(days, key=lambda id_: (-date.fromisoformat(days[id_]).toordinal(), id_))
    everything = rows(client, status=ALL_STATUSES)
    assert [(found["event_date"], found["event_id_cnty"]) for found in everything] == [
        (days[id_], id_) for id_ in expected
    ]
    sure = [id_ for id_ in expected if every[id_]["status"] in SERVED]
    response = client.get(READ)
    assert ids(response.json()["data"]) == [
        id_ for id_ in sure if not (every[id_]["part_of"] and every[id_]["part_of"]["id"] in sure)
    ]
    assert (len(expected), len(sure), response.json()["total_count"]) == (70, 59, SHOWN)
    assert response.headers["oxus-omitted"] == "undated=10, unlocated=0"


@pytest.mark.each_database
def test_events_of_a_status_are_those_that_the_list_has(client: TestClient, hills: TestClient) -> None:
    for served in (client, hills):
        everything = set(ids(rows(served, status=ALL_STATUSES)))
        for status in vocab.EventStatus:
            listed = served.get("/v1/events", params={"status": status.value, "limit": 1000}).json()["items"]
            expected = everything & {found["id"] for found in listed}
            found = answer(served, status=status.value)
            assert set(ids(found["data"])) == expected
            assert {row["tags"].partition(";")[0] for row in found["data"]} <= {f"status={status.value}"}
            assert answer(served, status=status.value, limit=1)["total_count"] == len(expected)


@pytest.mark.each_database
def test_what_is_unsure_or_repeats_a_part_has_no_row_unless_its_status_is_asked_for(hills: TestClient) -> None:
    shown = set(ids(rows(hills)))
    # A part stands for itself where what it is part of has no row.
    assert {"raid", "rumour-seen", "row-blows", "nowhere-seen"} <= shown
    assert shown.isdisjoint({"raid-camp", "raid-tent", "rumour", "row"})
    assert {"raid", "raid-camp", "raid-tent"} <= set(ids(rows(hills, status="reported")))
    assert ids(rows(hills, status="unconfirmed")) == ["rumour"]
    assert ids(rows(hills, status="disputed", fields="event_id_cnty|tags")) == ["row"]
    assert refused(hills, status="certain")["parameter"] == "status"


def cells(client: TestClient, id_: str, *names: str) -> list[str]:
    found = row(client, id_)
    return [found[name] for name in names]


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("gift", ["Strategic developments", "Strategic developments", "Non-violent transfer of territory"]),
        ("left", ["Strategic developments", "Strategic developments", "Non-violent transfer of territory"]),
        ("lost", ["Political violence", "Battles", "Non-state actor overtakes territory"]),
        ("regained", ["Political violence", "Battles", "Government regains territory"]),
        ("march", ["Strategic developments", "Strategic developments", "Change to group/activity"]),
        ("trek", ["Strategic developments", "Strategic developments", "Other"]),
        ("talks", ["Strategic developments", "Strategic developments", "Other"]),
        ("attack", ["Political violence", "Violence against civilians", ""]),
        ("crowd", ["Political violence", "Battles", "Armed clash"]),
    ],
)
def test_an_event_is_what_the_crosswalk_and_its_details_say(hills: TestClient, id_: str, expected: list[str]) -> None:
    assert cells(hills, id_, "disorder_type", "event_type", "sub_event_type") == expected


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        # Crown and the lent legion belong to Guard while they are tied to it; nothing ties the bandits to anyone.
        ("crowd", ["Rebels", "", "Guard", "Crown; Lent Légion", "State forces-Rebel group"]),
        ("crowd-later", ["Rebels", "", "Crown", "", "State forces-Rebel group"]),
        # Who is allied with the giver is no other side.
        ("gift", ["Lent Légion", "Crown", "", "", "External/Other forces only"]),
        ("left", ["", "", "Guard", "", "State forces only"]),
        ("attack", ["", "", "Herders", "", "Civilians only"]),
        ("talks", ["League", "", "Herders", "", ""]),
        ("march", ["=Bandits(1)", "", "", "", "Political militia only"]),
    ],
)
def test_actors_stand_beside_those_they_are_tied_to(hills: TestClient, id_: str, expected: list[str]) -> None:
    assert cells(hills, id_, "actor1", "assoc_actor_1", "actor2", "assoc_actor_2", "interaction") == expected


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("attack", ["West", "Upper", "-Summit", "-1.0", "-30.5", "1"]),
        ("left", ["West", "Upper", "Hamlet", "-1.25", "-30.75", "3"]),  # a hamlet without a point, in a province
        ("march", ["West", "Upper", "Upper", "-1.25", "-30.75", "3"]),
        ("talks", ["", "", "Hills", "-1.5", "-30.25", "3"]),
        ("trek", ["West", "", "West", "-1.25", "-30.75", "1"]),
    ],
)
def test_a_place_has_its_units_and_the_nearest_point(hills: TestClient, id_: str, expected: list[str]) -> None:
    names = ("admin1", "admin2", "location", "latitude", "longitude", "geo_precision")
    assert cells(hills, id_, *names) == expected
    assert cells(hills, id_, "iso", "country", "region") == ["0", "Kosovo", "Europe"]


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("attack", ["2021-07-01", "1", "5"]),  # "at least 5": no best, so the low
        ("crowd", ["2021-07-04", "2", "7"]),  # the middle of seven days
        ("crowd-later", ["2021-07-09", "3", "0"]),  # of eight days
        ("march", ["2021-07-04", "3", "0"]),  # no first day
        ("talks", ["2019-12-31", "3", "0"]),  # no last day
        ("trek", ["2020-02-29", "1", "0"]),
    ],
)
def test_days_and_deaths_are_always_numbers(hills: TestClient, id_: str, expected: list[str]) -> None:
    assert cells(hills, id_, "event_date", "time_precision", "fatalities") == expected


@pytest.mark.each_database
def test_sources_are_first_hops_and_outlets(hills: TestClient) -> None:
    assert cells(hills, "attack", "source", "civilian_targeting") == ["Shepherds; +Wire", "Civilian targeting"]


@pytest.mark.each_database
def test_what_has_no_country_date_or_point_is_counted_and_left_out(hills: TestClient) -> None:
    response = hills.get(READ)
    assert {"mystery", "nowhere", "sea-fight"}.isdisjoint(ids(response.json()["data"]))
    assert response.json()["total_count"] == 14
    assert response.headers["oxus-omitted"] == "undated=1, unlocated=1"


def test_no_cell_is_null_and_those_that_clients_read_as_numbers_are_numbers(
    client: TestClient, hills: TestClient
) -> None:
    for served in (client, hills):
        found = rows(served, limit=0)
        assert found
        for cell in found:
            assert list(cell) == COLUMNS
            assert all(isinstance(value, str) for value in cell.values())
            for name in ("year", "time_precision", "fatalities", "timestamp", "iso", "geo_precision"):
                assert re.fullmatch(r"\d+", cell[name]), (name, cell)
            assert datetime.strptime(cell["event_date"], "%Y-%m-%d").replace(tzinfo=UTC).year == int(cell["year"])
            assert -90 <= float(cell["latitude"]) <= 90
            assert -180 <= float(cell["longitude"]) <= 180
            assert cell["time_precision"] in "123"
            assert cell["geo_precision"] in "123"


def test_the_rows_say_what_the_served_crosswalks_say(client: TestClient, hills: TestClient) -> None:
    for served in (client, hills):
        lists = served.get("/v1/vocabularies").json()["vocabularies"]
        told = {entry["name"]: {term["code"]: term["acled"] for term in entry["terms"]} for entry in lists}
        events = {found["id"]: found for found in served.get("/v1/events?limit=1000").json()["items"]}
        kinds = {found["name"]: found["kind"] for found in served.get("/v1/actors?limit=1000").json()["items"]}
        for cell in rows(served, limit=0):
            known = events[cell["event_id_cnty"]]
            pair = (cell["event_type"], cell["sub_event_type"])
            assert pair in (counterparts(told["category"][known["category"]]) or (("", ""),))
            assert cell["disorder_type"] == DISORDER_TYPES.get(cell["event_type"], "")
            for actor, kind in (("actor1", "inter1"), ("actor2", "inter2")):
                side = told["actor_kind"][kinds[cell[actor]]] if cell[actor] else None
                assert cell[kind] == (side or "").removeprefix("inter1: ")
            precision = told["location_precision"].get(known["location_precision"])
            assert f"geo_precision {cell['geo_precision']}" in (precision, "geo_precision 3")


def counterparts(served: str | None) -> tuple[tuple[str, str], ...]:
    """Parse a served crosswalk: `A: b / c; d; E: f` are b, c and d of A, and f of E."""
    result: list[tuple[str, str]] = []
    event_type = ""
    for part in (served or "").split("; "):
        head, colon, rest = part.partition(": ")
        if colon or not event_type:
            event_type, part = head, rest
        result += [(event_type, name) for name in part.split(" / ")] if event_type else []
    return tuple(result)


def test_the_served_crosswalks_are_those_of_the_code_book() -> None:
    strategic = "Strategic developments"
    assert counterparts("Battles: Armed clash / Shelling; " + strategic + ": Agreement; Other") == (
        ("Battles", "Armed clash"),
        ("Battles", "Shelling"),
        (strategic, "Agreement"),
        (strategic, "Other"),
    )
    served = {category.value: counterparts(category.term.acled) for category in vocab.EventCategory}
    assert served == CROSSWALK


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Rebel group", "State forces", "State forces-Rebel group"),
        ("Civilians", "External/Other forces", "External/Other forces-Civilians"),
        ("External/Other forces", "Protesters", "Protesters-External/Other forces"),
        ("Rioters", "", "Rioters only"),
        ("", "Civilians", "Civilians only"),
        ("Rebel group", "Rebel group", "Rebel group-Rebel group"),
        ("", "", ""),
    ],
)
def test_an_interaction_has_one_order(one: str, other: str, expected: str) -> None:
    assert interaction(one, other) == expected
