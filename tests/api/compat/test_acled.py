"""ACLED's shape: exact rows, pages, formats, errors, and what its clients count on."""

import csv
import gc
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from acled_pack import FILES
from conftest import PACK, Databases, engine_for, serving
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text

from app import vocab
from app.codebooks.acled import CROSSWALK, DISORDER_TYPES
from app.codebooks.countries import BY_ISO3
from app.db.engine import read_transaction, write_transaction
from app.db.revision import NEWEST_REVISION
from app.errors import UnavailableError
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.query.compat.acled import fetch as acled_reading
from app.query.compat.acled.columns import EVENT_COLUMNS
from app.query.compat.acled.crosswalk import interaction
from app.query.compat.acled.fetch import EVENTS, PagedReader
from app.query.compat.acled.request import parse_acled_query, query_params
from app.settings import Settings

Row = dict[str, str]
READ, DELETED = "/compat/acled/api/acled/read", "/compat/acled/api/deleted/read"
HEADER = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,"
    "actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,"
    "latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp"
)
COLUMNS = HEADER.split(",")
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


@pytest.fixture(scope="module")
def hills(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API over the pack of hard cases."""
    with serving(databases, tmp_path_factory.mktemp("packs"), "hills", FILES) as client:
        yield client


def answer(client: TestClient, path: str = READ, **params: Any) -> Any:
    response = client.get(path, params={name: str(value) for name, value in params.items()})
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["status"], body["success"]) == (200, True)
    assert body["count"] == len(body["data"])
    return body


def rows(client: TestClient, **params: Any) -> list[Row]:
    found: list[Row] = answer(client, **params)["data"]
    return found


def row(client: TestClient, id_: str) -> Row:
    """The one row of an event, without what depends on the day of loading."""
    (found,) = rows(client, event_id_cnty=id_, event_id_cnty_where="=")
    assert found.pop("timestamp").isdecimal()
    return found


def ids(found: list[Row]) -> list[str]:
    return [row["event_id_cnty"] for row in found]


def refused(client: TestClient, path: str = READ, **params: Any) -> Any:
    response = client.get(path, params=params)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


# --- rows ---


def test_the_first_fall_of_kaldar(client: TestClient) -> None:
    assert row(client, "kaldar-captured-2021-06") == KALDAR | CHANGE | {
        "event_id_cnty": "kaldar-captured-2021-06",
        "event_date": "2021-06-21",
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
        "source": "Peter Leonard; bne IntelliNews",
        "notes": found["notes"],
        "tags": f"status=corroborated; pack={PACK}",
    }
    assert found["notes"].startswith("The Taliban win Kaldar back a day after losing it.")


def test_what_is_said_of_dostum(client: TestClient) -> None:
    assert row(client, "dostum-wounded-2021") == {
        "event_id_cnty": "dostum-wounded-2021",
        "event_date": "2021-06-21",
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
    assert row(client, "khwahan-crossing-2021-07-04") == {
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


def test_every_event_with_a_country_and_a_date_has_its_row_newest_first(client: TestClient) -> None:
    every = client.get("/v1/events", params={"limit": 1000}).json()["items"]
    places = {place["id"]: place for place in client.get("/v1/locations", params={"limit": 1000}).json()["items"]}
    expected = []
    for found in every:
        when = found["date"]["earliest"] or found["date"]["latest"]
        if found["location"] and places[found["location"]["id"]]["country"] and when:
            expected.append((when, found["id"]))
    expected.sort(key=lambda pair: (-date.fromisoformat(pair[0]).toordinal(), pair[1]))
    response = client.get(READ)
    assert [(row["event_date"], row["event_id_cnty"]) for row in response.json()["data"]] == expected
    assert len(expected) == 66
    assert response.headers["oxus-omitted"] == "undated=11, unlocated=0"


def cells(client: TestClient, id_: str, *names: str) -> list[str]:
    found = row(client, id_)
    return [found[name] for name in names]


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


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("attack", ["2021-07-01", "1", "5"]),  # "at least 5": no best, so the low
        ("crowd", ["2021-07-01", "2", "7"]),
        ("crowd-later", ["2021-07-06", "3", "0"]),  # eight days
        ("march", ["2021-07-04", "3", "0"]),  # no first day
        ("talks", ["2019-12-31", "3", "0"]),  # no last day
        ("trek", ["2020-02-29", "1", "0"]),
    ],
)
def test_days_and_deaths_are_always_numbers(hills: TestClient, id_: str, expected: list[str]) -> None:
    assert cells(hills, id_, "event_date", "time_precision", "fatalities") == expected


def test_sources_are_first_hops_and_outlets(hills: TestClient) -> None:
    assert cells(hills, "attack", "source", "civilian_targeting") == ["Shepherds; +Wire", "Civilian targeting"]


def test_what_has_no_country_date_or_point_is_counted_and_left_out(hills: TestClient) -> None:
    response = hills.get(READ)
    assert {"mystery", "nowhere", "sea-fight"}.isdisjoint(ids(response.json()["data"]))
    assert response.json()["total_count"] == 10
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


# --- pages and formats ---


def test_the_envelope_has_what_clients_read(client: TestClient) -> None:
    body = answer(client, limit=2)
    assert list(body) == ["status", "success", "last_update", "messages", "data", "count", "total_count"]
    assert (body["count"], body["total_count"], body["messages"]) == (2, 66, [])
    assert body["last_update"] == int(body["data"][0]["timestamp"])
    assert abs(datetime.now(UTC).timestamp() - body["last_update"]) < 24 * 3600


@pytest.mark.parametrize("limit", [1, 7, 33, 66, 67])
@pytest.mark.parametrize("query", [{}, {"actor1": "taliban"}, {"notes": "no such words"}])
def test_pages_give_every_row_once(client: TestClient, limit: int, query: dict[str, str]) -> None:
    every = answer(client, **query)
    found: list[Row] = []
    for page in range(1, every["count"] // limit + 3):
        body = answer(client, limit=limit, page=page, **query)
        assert body["total_count"] == every["count"]
        found += body["data"]
    assert found == every["data"]


@pytest.mark.parametrize("query", [{}, {"actor1": "taliban"}, {"notes": "no such words"}])
def test_no_limit_gives_all_rows_while_they_are_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    whole = answer(client, **query)
    monkeypatch.setattr(acled_reading, "ROWS_PER_BATCH", 7)
    assert answer(client, limit=0, **query) == whole
    assert answer(client, limit=5001, **query) == whole
    assert answer(client, limit=0, page=2, **query) == whole | {"data": [], "count": 0}
    assert answer(client, limit=10, page=3, **query)["data"] == whole["data"][20:30]
    text = client.get(READ, params=query | {"limit": 0, "_format": "csv"}).text
    assert list(csv.DictReader(io.StringIO(text))) == whole["data"]


def test_fields_are_shown_in_the_order_of_the_columns(client: TestClient) -> None:
    (found, *_) = rows(client, fields="fatalities|event_date|COUNTRY", limit=1)
    assert list(found.items()) == [("event_date", "2021-07-05"), ("country", "Afghanistan"), ("fatalities", "0")]
    full = rows(client)
    for name in COLUMNS:
        assert rows(client, fields=name) == [{name: one[name]} for one in full]


def test_csv_has_a_header_and_the_same_cells(client: TestClient) -> None:
    response = client.get(READ, params={"_format": "csv", "country": "Afghanistan"})
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'inline; filename="acled.csv"'
    assert response.text.partition("\r\n")[0] == HEADER
    assert list(csv.DictReader(io.StringIO(response.text))) == rows(client, country="Afghanistan")
    for other in ("/compat/acled/acled/read.csv?", "/compat/acled/api/acled/read.csv?&email=a&key=b&"):
        assert client.get(other + "country=Afghanistan").content == response.content
    assert client.get(READ, params={"country": "Afghanistan"}, headers={"Accept": "text/csv"}).text == response.text
    empty = client.get(READ, params={"_format": "csv", "notes": "no such words", "fields": "notes|iso"})
    assert empty.text == "iso,notes\r\n"


def test_csv_has_no_formulas_and_leaves_numbers_alone(hills: TestClient) -> None:
    found = {cell["event_id_cnty"]: cell for cell in csv.DictReader(io.StringIO(hills.get(f"{READ}?_format=csv").text))}
    assert found["march"]["actor1"] == "'=Bandits(1)"
    assert found["trek"]["notes"] == '\'=HYPERLINK(1) 50% | a_b, "quoted" ÄÖ Straße back\\slash'
    assert (found["attack"]["location"], found["attack"]["longitude"]) == ("'-Summit", "-30.5")
    assert row(hills, "trek")["notes"] == '=HYPERLINK(1) 50% | a_b, "quoted" ÄÖ Straße back\\slash'


@pytest.mark.parametrize("what", ["acled", "deleted"])
def test_every_spelling_of_the_address_answers_alike(client: TestClient, what: str) -> None:
    first = client.get(f"/compat/acled/api/{what}/read?limit=3")
    assert first.status_code == 200
    for path in (f"/api/{what}/read/", f"/{what}/read", f"/{what}/read/"):
        assert client.get(f"/compat/acled{path}?limit=3").content == first.content
    assert client.get(f"/compat/acled/api/{what}/read.csv?limit=3").headers["content-type"].startswith("text/csv")


def test_an_unchanged_answer_is_not_sent_again(client: TestClient) -> None:
    for path in (READ, f"{READ}?limit=0", f"{READ}?_format=csv", DELETED):
        first = client.get(path)
        assert first.headers["oxus-revision"] == "1"
        assert '; rel="license"' in first.headers["link"]
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.head(READ).headers["etag"] == client.get(READ).headers["etag"]
    assert client.get(READ).headers["etag"] != client.get(f"{READ}?limit=3").headers["etag"]


def test_an_answer_that_nobody_reads_to_its_end_leaves_nothing_open(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acled_reading, "ROWS_PER_BATCH", 7)
    for query in ("limit=0", "limit=60", "limit=0&_format=csv", "limit=0&actor1=taliban"):
        assert client.head(f"{READ}?{query}").status_code == 200
        assert client.get(f"{READ}?{query}", headers={"If-None-Match": "*"}).status_code == 304
        gc.collect()  # a cursor that is still open would warn, and warnings are errors


def test_a_page_takes_as_many_queries_whatever_it_holds(
    uncached_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    def asked(**params: Any) -> int:
        answer(uncached_client, **params)  # what is kept of a revision is made once
        seen.clear()
        answer(uncached_client, **params)
        # PostgreSQL is asked for its revision each time; SQLite tells it without a query.
        read = [statement for statement in seen if statement.lstrip().startswith("SELECT")]
        return sum(statement != NEWEST_REVISION for statement in read)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        # The rows, and when revisions were made.
        assert asked(limit=5) == asked(limit=60) == asked() == 2
        # With a filter, how many rows there are in all, unless the page is the last one.
        assert asked(limit=5, country="Afghanistan") == 3
        assert asked(country="Afghanistan") == 2
        assert asked(fields="notes", admin1="balkh") == 2
        monkeypatch.setattr(acled_reading, "ROWS_PER_BATCH", 11)
        assert asked(limit=66, fields="event_id_cnty|admin1") == 2
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_an_answer_that_takes_too_long_is_given_up(pack_url: str) -> None:
    question = parse_acled_query([("actor1", "taliban")], EVENT_COLUMNS)
    with engine_for(pack_url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        late = PagedReader(connection, EVENTS, question, deadline=0)
        with pytest.raises(UnavailableError):
            list(late)


# --- errors ---


@pytest.mark.parametrize(
    ("params", "parameter", "reason"),
    [
        ({"event_date": "04/07/2021"}, "event_date", "expected a day such as 2021-07-04, or an RFC 3339 date-time"),
        ({"event_date": "2021-11-31"}, "event_date", "no such day"),
        ({"event_date": "2021-07-02|2021-07-01", "event_date_where": "BETWEEN"}, "event_date", "ends before it starts"),
        ({"event_date": "2021-07-02", "event_date_where": "BETWEEN"}, "event_date", "BETWEEN takes two values"),
        ({"event_date": "2021-07-01|2021-07-02", "event_date_where": ">"}, "event_date", "> takes one value"),
        ({"year": "MMXXI"}, "year", "not a whole number"),
        ({"year": "0"}, "year", "not between 1 and 9999"),
        ({"iso": "AFG"}, "iso", "not a whole number"),
        ({"latitude": "37N"}, "latitude", "not a number"),
        ({"latitude": "nan"}, "latitude", "not a number"),
        ({"fatalities": "many"}, "fatalities", "not a whole number"),
        ({"timestamp": "yesterday"}, "timestamp", "neither Unix seconds nor a day"),
        ({"country": "Afganistan"}, "country", "no such country"),
        ({"region": "6"}, "region", "no such region"),
        ({"inter1": "9"}, "inter1", "not between 0 and 8"),
        ({"interaction": "123"}, "interaction", "not a code of two digits"),
        ({"event_date_where": "NEAR"}, "event_date_where", "not one of ="),
        ({"actor1": "a|"}, "actor1", "one of the values is empty"),
        ({"actor1": "|".join("a" * 301)}, "actor1", "more than 300 values"),
        ({"actor1": "a\x00b"}, "actor1", "holds characters that cannot be printed"),
        ({"country": "Iran:OR:event_type=Riots"}, "country", "alternatives are of one column"),
        ({"fields": "country|iso3"}, "fields", "rows have event_id_cnty"),
        ({"page": "0"}, "page", "not between 1 and"),
        ({"limit": "-1"}, "limit", "not between 0 and"),
        ({"limit": "ten"}, "limit", "not a whole number"),
        ({"_format": "xml"}, "_format", "not one of json, csv"),
        ({"export_type": "monadic"}, "export_type", "not one of dyadic"),
    ],
)
def test_values_that_mean_nothing_are_errors_in_both_forms(
    client: TestClient, params: dict[str, str], parameter: str, reason: str
) -> None:
    body = refused(client, **params)
    assert (body["parameter"], body["title"], body["status"]) == (parameter, "Bad Request", 400)
    assert body["reason"].startswith(reason)
    assert body["success"] is False
    assert body["error"]["status"] == 400
    assert body["error"]["message"].startswith(body["detail"])


def test_an_error_names_the_nearest_choice(client: TestClient) -> None:
    body = refused(client, country="Uzbekistn")
    assert body["did_you_mean"][0] == "Uzbekistan"
    assert body["error"]["message"].startswith("country=Uzbekistn: no such country; did you mean Uzbekistan")
    assert refused(client, fields="eventdate")["did_you_mean"][0] == "event_date"


def test_a_parameter_given_twice_is_an_error(client: TestClient) -> None:
    response = client.get(f"{READ}?country=Iran&COUNTRY=Iraq")
    assert response.status_code == 400
    assert response.json()["reason"] == "is given twice; separate several values with |"
    assert client.get(f"{READ}?country=&country=Afghanistan").json()["total_count"] > 0


def test_a_format_that_cannot_be_written_is_refused_in_the_same_form(client: TestClient) -> None:
    response = client.get(READ, headers={"Accept": "application/xml"})
    assert response.status_code == 406
    assert response.json()["success"] is False
    assert response.json()["error"]["status"] == 406


def test_names_that_mean_nothing_are_passed_over_and_named(client: TestClient) -> None:
    secret = {"key": "k", "email": "a@b", "password": "p", "access_token": "t", "with_total": "true"}
    every = client.get(READ)
    response = client.get(READ, params=secret)
    assert response.content == every.content
    assert "oxus-ignored" not in response.headers
    odd = secret | {"terms": "accept", "?export_type": "monadic", "Köln, %\r\nX": "v", "": "v", "wordless": "secret"}
    response = client.get(READ, params=odd, headers={"Authorization": "Bearer abc"})
    assert response.content == every.content
    assert response.headers["oxus-ignored"] == "terms, ?export_type, K%C3%B6ln%2C%20%25%0D%0AX, wordless"
    response = client.get(READ, params={f"x{number}" * 50: "" for number in range(100)})
    assert len(response.headers["oxus-ignored"]) < 2000


def test_two_days_without_an_operator_come_with_a_word_of_what_is_mostly_meant(client: TestClient) -> None:
    body = answer(client, event_date="2021-06-28|2021-06-30")
    assert {row["event_date"] for row in body["data"]} == {"2021-06-28", "2021-06-30"}
    assert body["messages"] == [
        "event_date asks for each of these days; event_date_where=BETWEEN asks for all days between them"
    ]
    between = answer(client, event_date="2021-06-28|2021-06-30", event_date_where="between")
    assert {row["event_date"] for row in between["data"]} == {"2021-06-28", "2021-06-29", "2021-06-30"}
    assert between["messages"] == []


# --- changes, removals, ids ---


def loaded(url: str, folder: Path) -> None:
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, folder)


@pytest.fixture
def changing(databases: Databases, seed_dir: Path) -> Iterator[tuple[TestClient, Callable[[], None]]]:
    """The API over a database whose first revision is of 1 July 2021, and what loads the packs again."""
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(text("UPDATE revision SET made_at = '2021-07-01 00:00:30.900000+00:00'"))
        connection.execute(text(f"UPDATE acled_event SET changed_at = {FIRST}"))  # noqa: S608
    with TestClient(create_app(Settings(database_url=url))) as client:
        yield client, lambda: loaded(url, seed_dir)


FIRST = int(datetime(2021, 7, 1, 0, 0, 30, tzinfo=UTC).timestamp())


def test_a_timestamp_tells_when_an_event_last_changed(
    changing: tuple[TestClient, Callable[[], None]], seed_dir: Path
) -> None:
    client, load = changing
    before = rows(client)
    assert {row["timestamp"] for row in before} == {str(FIRST)}
    balkh = seed_dir / PACK / "events" / "balkh.toml"
    title = "Taliban take Kaldar for the first time"
    balkh.write_text(balkh.read_text("utf-8").replace(title, "Kaldar falls for the first time"), "utf-8")
    load()
    (changed,) = rows(client, timestamp=FIRST + 1)
    assert changed["event_id_cnty"] == "kaldar-captured-2021-06"
    newest = int(changed["timestamp"])
    assert answer(client, limit=1)["last_update"] == newest > FIRST

    def count(value: Any, where: str = ">=") -> int:
        total: int = answer(client, limit=1, timestamp=value, timestamp_where=where)["total_count"]
        return total

    assert count(FIRST) == count("2021-07-01") == 66
    assert count("2021-07-02") == count(FIRST, ">") == 1
    assert count(FIRST, "=") == count(FIRST, "<=") == count(newest, "<") == 65
    assert count(f"{FIRST}|{newest}", "BETWEEN") == 66
    assert count(newest + 1) == count(FIRST, "<") == 0
    assert count(str(FIRST)[:6], "LIKE") == 65


def test_what_was_removed_or_merged_is_told(changing: tuple[TestClient, Callable[[], None]], seed_dir: Path) -> None:
    client, load = changing
    assert answer(client, DELETED)["data"] == []
    folder = seed_dir / PACK
    (folder / "events" / "dostum.toml").unlink()
    load()
    newest = answer(client)["last_update"]
    body = answer(client, DELETED)
    gone = ids(body["data"])
    assert gone == sorted(gone)
    assert "dostum-wounded-2021" in gone
    assert {row["deleted_timestamp"] for row in body["data"]} == {str(newest)}
    assert body["total_count"] == len(gone) == 66 - answer(client)["total_count"] + 1  # one has no date
    assert "dostum-wounded-2021" not in ids(rows(client, limit=0))
    first = answer(client, DELETED, limit=3)
    assert (ids(first["data"]), first["total_count"]) == (gone[:3], len(gone))
    assert ids(answer(client, DELETED, limit=3, page=2)["data"]) == gone[3:6]
    assert ids(answer(client, DELETED, limit=0)["data"]) == gone
    assert answer(client, DELETED, deleted_timestamp=newest)["count"] == len(gone)
    assert answer(client, DELETED, deleted_timestamp=newest + 1)["count"] == 0
    assert answer(client, DELETED, deleted_timestamp=newest, deleted_timestamp_where="<")["count"] == 0
    between = {"deleted_timestamp": f"2021-07-01|{newest}", "deleted_timestamp_where": "BETWEEN"}
    assert answer(client, DELETED, **between)["count"] == len(gone)
    assert ids(answer(client, DELETED, event_id_cnty="WOUNDED")["data"]) == ["dostum-wounded-2021"]
    assert answer(client, DELETED, fields="deleted_timestamp", limit=1)["data"] == [{"deleted_timestamp": str(newest)}]
    text_ = client.get(DELETED, params={"_format": "csv", "event_id_cnty": "wounded"}).text
    assert text_ == f"event_id_cnty,deleted_timestamp\r\ndostum-wounded-2021,{newest}\r\n"
    assert refused(client, DELETED, deleted_timestamp="x")["parameter"] == "deleted_timestamp"


def test_a_merged_event_is_gone_under_its_old_id(
    changing: tuple[TestClient, Callable[[], None]], seed_dir: Path
) -> None:
    client, load = changing
    (seed_dir / PACK / "merged.toml").write_text('[events]\n"old-name" = "kaldar-captured-2021-06"\n', "utf-8")
    load()
    assert ids(answer(client, DELETED)["data"]) == ["old-name"]


def test_ids_of_acled_are_printed_as_acled_prints_them(databases: Databases) -> None:
    url, old = databases.loaded(), "kaldar-captured-2021-06"
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        for table in ("event", "event_version", "acled_event"):
            change = f"UPDATE {table} SET id = 'acled:AFG7' WHERE id = :id"  # noqa: S608
            connection.execute(text(change), {"id": old})
        connection.execute(text("UPDATE tombstone SET id = id"))
        connection.execute(
            text("INSERT INTO tombstone (resource, id, pack_id, revision) VALUES ('events', 'acled:AFG8', 'x', 1)")
        )
    with TestClient(create_app(Settings(database_url=url))) as client:
        for asked in ("AFG7", "afg7"):
            assert ids(rows(client, event_id_cnty=asked, event_id_cnty_where="=")) == ["AFG7"]
            assert ids(rows(client, event_id_cnty=asked)) == ["AFG7"]
        assert rows(client, event_id_cnty="acled") == rows(client, event_id_cnty="acled:afg7") == []
        assert ids(answer(client, DELETED)["data"]) == ["AFG8"]


# --- clients ---


def test_a_request_of_rs_acled_api_is_answered_as_it_expects(client: TestClient) -> None:
    """As acled.api 1.1 builds its address, and makes a matrix of all cells of all rows."""
    address = (
        "/compat/acled/acled/read/?key=k&email=a@b.example&limit=0&?export_type=monadic"
        "&event_date=2021-06-01|2021-07-05&event_date_where=BETWEEN"
        "&fields=region|country|year|event_date|source|admin1|admin2|admin3|location|event_type|sub_event_type|"
        "interaction|fatalities|timestamp&country=Afghanistan|United%States"
    )
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["success"] is True
    names = list(body["data"][0])
    flat = [value for found in body["data"] for value in found.values() if value is not None]
    assert len(flat) == len(names) * len(body["data"])
    assert {found["country"] for found in body["data"]} == {"Afghanistan", "United States"}
    numeric = {name for name in names if all(re.fullmatch("[0-9]+", found[name]) for found in body["data"])}
    assert numeric == {"year", "fatalities", "timestamp"}
    regions = "region=1|13&event_date=&event_date_where=BETWEEN"
    assert client.get(f"/compat/acled/acled/read/?limit=0&{regions}").json()["count"] == 59
    # It reads the problem of a failed request from one object, under this media type only.
    failed = client.get("/compat/acled/acled/read/?event_date=2018-11-01|2018-11-31&event_date_where=BETWEEN")
    assert failed.headers["content-type"] == "application/json"
    error = failed.json()["error"]
    assert (failed.json()["success"], error["status"]) == (False, 400)
    assert "2018-11-31" in error["message"]


def test_the_description_names_every_column_and_every_example_finds_something(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]
    assert [path for path in described if path.startswith("/compat/acled")] == [READ, DELETED]
    parameters = described[READ]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == list(query_params(EVENT_COLUMNS))
    assert list(EVENT_COLUMNS) == COLUMNS
    for parameter in parameters:
        found = re.search(r" Example: `([^`]+)`$", parameter["description"])
        assert found, parameter
        body = client.get(READ, params={parameter["name"]: found[1]}).json()
        assert body["count"] > 0, parameter
    schema = client.get("/openapi.json").json()["components"]["schemas"]["AcledRow"]
    assert list(schema["properties"]) == schema["required"] == COLUMNS


def test_countries_of_the_rows_are_those_of_the_table(client: TestClient) -> None:
    known = {(str(found.numeric), found.acled_region, found.acled_name) for found in BY_ISO3.values()}
    assert {(cell["iso"], cell["region"], cell["country"]) for cell in rows(client)} <= known
    assert json.loads(client.get(f"{READ}?iso=792&fields=country&limit=1").text)["data"] == [{"country": "Turkey"}]
