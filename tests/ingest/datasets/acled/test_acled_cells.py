"""Cells of ACLED come out again in ACLED's shape, and its filters agree with them."""

import pytest
from conftest import Databases
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import OLD_ACLED_COLUMNS as OLD_COLUMNS
from factories.acled import OLD_ACLED_ROW as OLD
from factories.acled import acled_sample as sample
from fastapi.testclient import TestClient
from sqlalchemy import select
from stored_state import answering, clean, counts_of, reader

from app import models
from app.codebooks.acled import ACLED_COLUMNS
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings
from ingest.datasets.acled.acled_import import (
    READ,
    ROWS,
    Cells,
    GetOk,
    Write,
    row,
    run,
    served,
)
from ingest.datasets.acled.acled_import import client as client
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import get_ok as get_ok
from ingest.datasets.acled.acled_import import imported as imported
from ingest.datasets.acled.acled_import import write as write


@pytest.mark.each_database
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


@pytest.mark.each_database
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


@pytest.mark.each_database
def test_filters_on_other_events_are_as_they_were(databases: Databases, get_ok: GetOk) -> None:
    asked_for = (
        {"event_type": "Battles", "year": "2021"},
        {"inter1": "2", "year": "2021"},
        {"event_date": "2021-06-29|2021-07-01", "event_date_where": "BETWEEN"},
        {"sub_event_type": "Non-violent", "year": "2021"},
        {"disorder_type": "Strategic", "event_date": "2021-06-30", "event_date_where": ">="},
        {"admin1": "Balkh"},
        {"tags": "status=disputed", "status": "disputed"},
        {"fatalities": "0", "year": "2021"},
    )
    with TestClient(create_app(Settings(database_url=databases.loaded()))) as alone:
        for params in asked_for:
            before = alone.get(READ, params=params).json()["data"]
            after = [found for found in get_ok(READ, **params)["data"] if not found["event_id_cnty"].startswith("XMP")]
            assert [found["event_id_cnty"] for found in after] == [found["event_id_cnty"] for found in before]
            assert before


# Odd cells.


@pytest.mark.each_database
def test_odd_and_long_cells_are_stored_and_served(empty_url: str, write: Write) -> None:
    long = "x " * 100_000
    odd = {
        "actor1": "=Ünï\u200bcode, “quoted” \\ 'n' %_",
        "location": "../a?b#c",
        "admin1": "/ /",
        "assoc_actor_1": ";; ; ",
        "source": "A;B;;a",
    }
    run(empty_url, write(row(1, **odd), row(2, notes=long, actor1=long, location=long)))
    with answering(empty_url) as asked:
        found = served(asked)
        assert {name: found["XMP1"][name] for name in odd} == odd
        assert found["XMP2"]["notes"] == found["XMP2"]["actor1"] == long
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


@pytest.mark.each_database
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
