"""One query, many shapes: rows, ids and order are those of the JSON envelope in every format."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from asgi_client import AppClient
from conftest import Databases

from app.main import create_app
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.settings import Settings
from formats import (
    LISTS,
    MEDIA,
    PAGED,
    SPATIAL,
    STREAMED,
    VARIED,
    csv_of,
    duckdb_of,
    fetched,
    flat,
    links_of,
    parquet_of,
    same_cell,
    same_value,
    whole,
)

EMPTY = ("/v1/duplicates",)
"""Lists that have no rows while one pack alone is loaded."""
SPOT = ("longitude", "latitude", "point_kind")
SOMETHING: list[tuple[str, dict[str, str]]] = [
    *((path, whole(path)) for path in LISTS if path not in EMPTY),
    ("/v1/events", {"place": "balkh", "sort": "date", "limit": "1000"}),
    ("/v1/events", {"place": "balkh", "sort": "-category,status", "fields": "id,category,status,date,actors"}),
    ("/v1/events", {"bbox": "66,36,69,38", "datetime": "2021-06-28/2021-07-05", "count": "exact"}),
    ("/v1/events", {"known_by": "2021-07-01", "limit": "7"}),
    ("/v1/events", {"q": "Kaldar", "fields": "title"}),
    ("/v1/control-changes", {"lost_by": "taliban", "sort": "id"}),
    ("/v1/movements", {"to": "tajikistan", "fields": "id,movement,figures,deaths"}),
    ("/v1/claims", {"stance": "denies", "sort": "reported_on"}),
    ("/v1/claims", {"fields": "printed,attribution,note", "limit": "50"}),
    ("/v1/figures", {"measure": "persons_moved", "sort": "-reported_on"}),
    ("/v1/locations", {"kind": "country", "sort": "-name"}),
    ("/v1/locations", {"near": "67.53,37.13", "radius_km": "80", "fields": "id,path,latitude"}),
    ("/v1/actors", {"sort": "-kind,name", "fields": "id,relations,codes"}),
    ("/v1/sources", {"q": "news", "sort": "name"}),
    ("/v1/control", {"as_of": "2021-07-02", "kind": "district", "fields": "location,state,candidates"}),
    ("/v1/stats", {"group_by": "province", "place": "afghanistan"}),
    ("/v1/changes", {"since": "0", "limit": "20", "fields": "action,resource,id,row"}),
]
NOTHING = [
    *((path, whole(path)) for path in EMPTY),
    ("/v1/events", {"deaths_min": "1000"}),
    ("/v1/events", {"deaths_min": "1000", "fields": "id,date"}),
    ("/v1/control-changes", {"datetime": "2030-01-01"}),
    ("/v1/movements", {"datetime": "1999-01-01"}),
    ("/v1/claims", {"stance": "denies", "known_by": "1999-01-01"}),
    ("/v1/figures", {"measure": "injuries", "datetime": "1999-01-01"}),
    ("/v1/locations", {"bbox": "0,0,1,1"}),
    ("/v1/actors", {"q": "nobody of this name"}),
    ("/v1/sources", {"kind": "website", "q": "nobody of this name"}),
    ("/v1/control", {"as_of": "2021-06-29", "holder": "taliban", "known_by": "1999-01-01"}),
    ("/v1/control/summary", {"datetime": "1999-01-01"}),
    ("/v1/stats", {"group_by": "day", "datetime": "1999-01-01", "date_match": "certain"}),
    ("/v1/search", {"q": "nobody of this name"}),
    ("/v1/resolve", {"q": "§§"}),
    ("/v1/changes", {"since": "1"}),
]
ASKED = [*SOMETHING, *NOTHING]
IDS = [f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}" for path, query in ASKED]
asked = pytest.mark.parametrize(("path", "query"), ASKED, ids=IDS)


@pytest.fixture(scope="module")
def placed(client: AppClient) -> Any:
    """Where a row of any spatial list lies, told by the lists of places and claims."""
    places = {row["id"]: row for row in fetched(client, "/v1/locations", limit="1000").json()["items"]}
    claims = {row["id"]: row for row in fetched(client, "/v1/claims", limit="1000").json()["items"]}

    def of(row: Mapping[str, Any]) -> dict[str, Any]:
        if "latitude" in row:
            return {name: row[name] for name in SPOT}
        place = claims[row["claim"]["id"]]["location"] if "claim" in row else row["location"]
        return dict.fromkeys(SPOT) if place is None else {name: places[place["id"]][name] for name in SPOT}

    return of


def compare(found: list[Mapping[str, Any]], rows: list[dict[str, Any]], same: Any) -> None:
    """Every value of every row is there, and nothing else is."""
    assert len(found) == len(rows)
    for one, row in zip(found, rows, strict=True):
        for name, value in row.items():
            # of an object that is null or a list that is empty, the fields have columns of their own
            if name in one:
                assert same(one[name], value), (name, one[name], value)
            else:
                assert value in (None, []), name
        # lists within lists are one JSON text, also where there are none
        assert {name for name in one if name not in row and one[name] not in (None, [], "", "[]")} == set()


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@asked
def test_every_format_has_the_rows_of_the_envelope(
    client: AppClient, placed: Any, duck: Any, tmp_path: Path, path: str, query: dict[str, str]
) -> None:
    envelope, geojson, csv, ndjson, parquet = (fetched(client, path, f=name, **query) for name in MEDIA)
    beside = path in SPATIAL and "fields" not in query  # where they lie is told beside whole rows
    rows = [flat(row) | (placed(row) if beside else {}) for row in envelope.json()["items"]]

    lines = ndjson.content.decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == envelope.json()["items"]
    assert f'"items":[{",".join(lines)}]'.encode() in envelope.content

    header, found = csv_of(csv.content)
    assert len(set(header)) == len(header) > 0
    compare(found, rows, same_cell)

    features = geojson.json()["features"]
    assert all(list(feature["properties"]) == header for feature in features)
    compare([feature["properties"] for feature in features], rows, lambda one, value: one == value)

    table = parquet_of(parquet.content)
    assert table.column_names == [*header, *(["geometry"] if path in SPATIAL else [])]
    compare(table.select(header).to_pylist(), rows, same_value)
    compare(duckdb_of(duck, parquet.content, tmp_path / "rows.parquet", header), rows, same_value)

    name = "claims" if path.endswith("/claims") else path.removeprefix("/v1/").replace("/", "-")
    for format_, response in zip(MEDIA, (envelope, geojson, csv, ndjson, parquet), strict=True):
        assert response.headers["content-type"] == MEDIA[format_]
        assert int(response.headers["content-length"]) == len(response.content)
        named = None if format_ == "json" else f'inline; filename="{name}.{format_}"'
        assert response.headers.get("content-disposition") == named


def test_the_questions_find_something_or_nothing_as_they_are_meant_to(client: AppClient) -> None:
    for questions, found in ((SOMETHING, True), (NOTHING, False)):
        for path, query in questions:
            assert bool(fetched(client, path, **query).json()["items"]) == found, (path, query)


def test_the_questions_ask_every_list(client: AppClient) -> None:
    described = client.get("/openapi.json").json()["paths"]
    lists = {path for path, found in described.items() if "text/csv" in found["get"]["responses"]["200"]["content"]}
    templates = {"/v1/locations/{id}/control", "/v1/events/{id}/claims"}
    own = {path for path in lists if path.startswith("/v1/")}
    assert own == {f"/v1/{name}" for name in (*STORED_LISTS, *COMPUTED_LISTS)} | templates
    assert len(LISTS) == len(own)


@pytest.mark.parametrize("path", PAGED)
def test_next_leads_through_the_same_rows_in_every_format(client: AppClient, path: str) -> None:
    rows = fetched(client, path, **whole(path)).json()["items"]
    limit = len(rows) // 3 + 1
    ids = [row.get("id") for row in rows]
    for format_ in STREAMED if path in VARIED else ("csv",):
        found = [ids_in(response.content, format_) for response in pages(client, path, limit, format_)]
        assert [len(page) for page in found] == [
            min(limit, len(rows) - at) for at in range(0, max(len(rows), 1), limit)
        ]
        assert [id_ for page in found for id_ in page] == ids


def pages(client: AppClient, path: str, limit: int, format_: str) -> Iterator[Any]:
    """The pages of a list, by the link of each to the next one."""
    response = fetched(client, path, f=format_, limit=str(limit), **LISTS[path])
    yield response
    while following := links_of(response).get("next"):
        response = client.get(following)
        assert response.headers["content-type"] == MEDIA[format_]
        yield response


def ids_in(content: bytes, format_: str) -> list[Any]:
    """The ids of the rows of a page; None where rows have none."""
    if format_ == "csv":
        return [row.get("id") for row in csv_of(content)[1]]
    if format_ == "geojson":
        return [feature.get("id") for feature in json.loads(content)["features"]]
    if format_ == "ndjson":
        return [json.loads(line).get("id") for line in content.splitlines()]
    return [row.get("id") for row in parquet_of(content).to_pylist()]


def test_pages_chosen_by_accept_go_on_in_the_same_format(client: AppClient) -> None:
    accept = {"Accept": "text/csv"}
    first = client.get("/v1/sources", params={"limit": 3}, headers=accept)
    second = client.get(links_of(first)["next"], headers=accept)
    ids = [row["id"] for row in fetched(client, "/v1/sources", limit="6").json()["items"]]
    assert ids_in(first.content, "csv") + ids_in(second.content, "csv") == ids


def test_what_is_counted_travels_with_every_format(client: AppClient) -> None:
    query = {"bbox": "66,36,69,38", "datetime": "2021-06-28/2021-07-05", "count": "exact", "limit": "3"}
    envelope = fetched(client, "/v1/events", **query).json()
    assert envelope["matched"] > 3
    assert set(envelope["omitted"]) == {"undated", "unlocated"}
    for format_ in ("csv", "ndjson", "parquet", "geojson"):
        headers = fetched(client, "/v1/events", f=format_, **query).headers
        assert headers["oxus-matched"] == str(envelope["matched"])
        told = dict(part.split("=") for part in headers["oxus-omitted"].split(", "))
        assert told == {name: str(count) for name, count in envelope["omitted"].items()}
    assert "oxus-matched" not in fetched(client, "/v1/events", f="csv").headers
    assert "oxus-omitted" not in fetched(client, "/v1/events", f="csv").headers


def test_a_database_without_rows_has_headers_schemas_and_empty_lists(databases: Databases) -> None:
    with AppClient(create_app(Settings(database_url=databases.migrated()))) as client:
        for name in STORED_LISTS:
            path = f"/v1/{name}"
            header, rows = csv_of(fetched(client, path, f="csv").content)
            assert (rows, header[0]) == ([], "id")
            assert fetched(client, path, f="ndjson").content == b""
            table = parquet_of(fetched(client, path, f="parquet").content)
            assert (table.num_rows, table.column_names[: len(header)]) == (0, header)
            body = fetched(client, path, f="geojson").json()
            assert (body["features"], body["numberReturned"], body["packs"], body["revision"]) == ([], 0, [], 0)
            assert fetched(client, path, f="csv", limit="all").text == f"{','.join(header)}\r\n"
            assert fetched(client, path, f="ndjson", limit="all").content == b""


def test_no_flat_name_stands_for_two_fields() -> None:
    for answered in (*STORED_LISTS.values(), *COMPUTED_LISTS.values()):
        names = [column.name for column in answered.columns]
        assert len(set(names)) == len(names), answered.name
        assert "geometry" not in names
        if answered.spatial and "longitude" in names:
            assert set(SPOT) <= set(names)
