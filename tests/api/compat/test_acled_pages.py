"""The shape of ACLED's API: pages, formats, changes and removals, and clients as they ask."""

import csv
import gc
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import PACK, Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from waiting import MAX_WAIT_SECONDS

from api.compat.acled_client import COLUMNS, DELETED, HEADER, READ, SHOWN, Row, answer, ids, refused, row, rows
from api.compat.acled_client import hills as hills
from app.codebooks.countries import BY_ISO3
from app.db.engine import read_transaction, write_transaction
from app.db.revision import NEWEST_REVISION
from app.deadlines import deadline_in
from app.errors import TooSlowError
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.query.compat.acled import fetch as acled_reading
from app.query.compat.acled.columns import EVENT_COLUMNS
from app.query.compat.acled.fetch import PagedReader, events_shape
from app.query.compat.acled.request import parse_acled_query, query_params
from app.settings import Settings

# --- pages and formats ---


def test_the_envelope_has_what_clients_read(client: TestClient) -> None:
    body = answer(client, limit=2)
    assert list(body) == ["status", "success", "last_update", "messages", "data", "count", "total_count"]
    assert (body["count"], body["total_count"], body["messages"]) == (2, SHOWN, [])
    assert body["last_update"] == int(body["data"][0]["timestamp"])
    assert abs(datetime.now(UTC).timestamp() - body["last_update"]) < 24 * 3600


@pytest.mark.each_database
@pytest.mark.parametrize("limit", [1, 7, 33, SHOWN, SHOWN + 1])
@pytest.mark.parametrize("query", [{}, {"actor1": "taliban"}, {"notes": "no such words"}])
def test_pages_give_every_row_once(client: TestClient, limit: int, query: dict[str, str]) -> None:
    every = answer(client, **query)
    found: list[Row] = []
    for page in range(1, every["count"] // limit + 3):
        body = answer(client, limit=limit, page=page, **query)
        assert body["total_count"] == every["count"]
        found += body["data"]
    assert found == every["data"]


@pytest.mark.each_database
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


@pytest.mark.each_database
def test_an_answer_that_nobody_reads_to_its_end_leaves_nothing_open(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acled_reading, "ROWS_PER_BATCH", 7)
    for query in ("limit=0", "limit=60", "limit=0&_format=csv", "limit=0&actor1=taliban"):
        assert client.head(f"{READ}?{query}").status_code == 200
        assert client.get(f"{READ}?{query}", headers={"If-None-Match": "*"}).status_code == 304
    gc.collect()  # a cursor that is still open would warn, and warnings are errors


@pytest.mark.each_database
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
        assert asked(limit=5) == asked(limit=SHOWN + 1) == asked() == 2
        # With a filter, how many rows there are in all, unless the page is the last one.
        assert asked(limit=5, country="Afghanistan") == 3
        assert asked(country="Afghanistan") == 2
        assert asked(fields="notes", admin1="balkh") == 2
        monkeypatch.setattr(acled_reading, "ROWS_PER_BATCH", 11)
        assert asked(limit=SHOWN, fields="event_id_cnty|admin1") == 2
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_an_answer_that_takes_too_long_is_given_up(pack_url: str) -> None:
    question = parse_acled_query([("actor1", "taliban")], EVENT_COLUMNS)
    with engine_for(pack_url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        late = PagedReader(connection, events_shape(()), question)
        with deadline_in(-1), pytest.raises(TooSlowError):
            list(late)


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


@pytest.mark.each_database
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

    assert count(FIRST) == count("2021-07-01") == SHOWN
    assert count("2021-07-02") == count(FIRST, ">") == 1
    assert count(FIRST, "=") == count(FIRST, "<=") == count(newest, "<") == SHOWN - 1
    assert count(f"{FIRST}|{newest}", "BETWEEN") == SHOWN
    assert count(newest + 1) == count(FIRST, "<") == 0
    assert count(str(FIRST)[:6], "LIKE") == SHOWN - 1


@pytest.mark.each_database
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
    assert body["total_count"] == len(gone) == 10  # whatever their status
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


@pytest.mark.each_database
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
    assert client.get(f"/compat/acled/acled/read/?limit=0&{regions}").json()["count"] == 46
    # It reads the problem of a failed request from one object, under this media type only.
    failed = client.get("/compat/acled/acled/read/?event_date=2018-11-01|2018-11-31&event_date_where=BETWEEN")
    assert failed.headers["content-type"] == "application/json"
    error = failed.json()["error"]
    assert (failed.json()["success"], error["status"]) == (False, 400)
    assert "2018-11-31" in error["message"]


@pytest.mark.each_database
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
    turkish = client.get(f"{READ}?iso=792&fields=country&limit=1&status=unconfirmed")
    assert turkish.json()["data"] == [{"country": "Turkey"}]
