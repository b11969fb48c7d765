"""Odd, long and shared names of imported rows, and imports that order and batches do not change."""

import csv
import gzip
import io
import random
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from conftest import Databases
from factories.ged import ged_bytes
from fastapi.testclient import TestClient
from stored_state import (
    answering,
    clean,
    holds,
    newest,
)

from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.datasets.core import run as imports
from app.main import create_app
from app.names import match_key
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import (
    FERRY,
    RECORDS,
    Write,
    ids,
    rec,
    run,
)
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import other_empty_url as other_empty_url
from ingest.datasets.ucdp_ged.ged_import import write as write

# Names of any kind.

ODD = (
    "/", "@", "a|b", "a,b", "a, b, c, d", '"q"', "=cmd|' /C calc'!A0", "..", "%2F", "a/b/../c", "?x=1&y=2", "#1",
    "مزار شریف", "\u200fمزار\u200c", "ａｂ", "O'Brien", "<script>", "\\", "  x  ", "٣", "İ", "!!",
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


@pytest.mark.each_database
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


@pytest.mark.each_database
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


@pytest.mark.each_database
def test_an_actor_may_have_a_name_of_5000_characters(empty_url: str, write: Write) -> None:
    done = run(empty_url, write(rec(1, side_a=LONG_NAME, dyad_name=f"{LONG_NAME} - Front")))
    assert (done.rows, done.revision) == (1, 1)


@pytest.mark.each_database
def test_two_outlets_are_two_however_long_their_names(empty_url: str, write: Write) -> None:
    name = "The Very Long Name of a Committee that Watches over the Invented Peace of the Mill"
    article = f'"{name} North,2014-03-06,x";"{name} South,2014-03-06,x"'
    run(empty_url, write(rec(1, source_article=article, source_original="")))
    with answering(empty_url) as asked:
        origins = asked("/v1/events/ucdp-ged:1")["corroboration"]["origins"]
    assert sorted(origin["name"] for origin in origins) == [f"{name} North", f"{name} South"]


def test_two_spellings_of_a_long_name_are_one_outlet_as_those_of_a_short_one_are(empty_url: str, write: Write) -> None:
    short, long = (
        "Fable Times",
        "The Very Long Name of a Committee that Watches over the Invented Peace of the Mill North",
    )
    for name in (short, long):
        article = f'"{name},2014-03-06,x";"{name.upper()},2014-03-06,x"'
        run(empty_url, write(rec(1, source_article=article, source_original="")))
        with answering(empty_url) as asked:
            assert len(asked("/v1/events/ucdp-ged:1")["corroboration"]["origins"]) == 1


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


@pytest.mark.each_database
def test_one_file_in_two_halves_is_one_import(empty_url: str, other_empty_url: str, write: Write) -> None:
    run(empty_url, write(*RECORDS, name="GEDEvent_v25_1.csv"))
    done = run(
        other_empty_url,
        write(*RECORDS[:6], name="GEDEvent_v25_1.csv"),
        write(*RECORDS[6:], name="GEDEvent_v25_1.csv"),
    )
    assert (done.rows, newest(other_empty_url)) == (11, 1)
    assert holds(empty_url) == holds(other_empty_url)


@pytest.mark.each_database
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
