"""GeoParquet 1.1: typed columns, the point as WKB, metadata, groups of rows; and what is said where it cannot be."""

import importlib.util
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asgi_client import AppClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats import FORMATS
from app.formats.base import Attribution, ResultMetadata
from app.formats.columns import columns_of
from app.geo import LocatedPoint
from app.resources import STORED_LISTS
from formats import LISTS, SPATIAL, VARIED, fetched, flat, parquet_of, same_value, whole

WITHOUT_GEOPANDAS = "geopandas is not installed here: pip install geopandas, and GeoParquet is read back by it too"
TEXT, TEXTS, INTEGER, DAY = pa.string(), pa.list_(pa.string()), pa.int64(), pa.date32()
TYPES: dict[str, dict[str, pa.DataType]] = {
    "/v1/events": {
        "id": TEXT,
        "date_earliest": DAY,
        "date_latest": DAY,
        "date_printed": TEXTS,
        "date_edtf": TEXT,
        "location_id": TEXT,
        "location_country": TEXT,
        "location_admin1_id": TEXT,
        "location_longitude": pa.float64(),
        "actors_id": TEXTS,
        "actors_roles": TEXTS,
        "corroboration_documents": INTEGER,
        "corroboration_origins_id": TEXTS,
        "deaths_best": INTEGER,
        "deaths_contradicted": pa.bool_(),
        "movement_cross_border": pa.bool_(),
        "movement_count_low": INTEGER,
        "figures_measure": TEXTS,
        "figures_best": pa.list_(INTEGER),
        "figures_as_of": pa.list_(DAY),
        "figures_claims": TEXTS,
        "part_of_id": TEXT,
        "packs": TEXTS,
        "revision": INTEGER,
        "longitude": pa.float64(),
        "latitude": pa.float64(),
        "point_kind": TEXT,
        "geometry": pa.binary(),
    },
    "/v1/claims": {"reported_on": DAY, "attribution_name": TEXTS, "printed_date": TEXTS, "note": TEXT},
    "/v1/figures": {"low": INTEGER, "of": INTEGER, "as_of": DAY, "event_id": TEXT, "claim_id": TEXT, "since": DAY},
    "/v1/locations": {
        "latitude": pa.float64(),
        "path": TEXTS,
        "codes_code": TEXTS,
        "parent_id": TEXT,
        "covers_id": TEXTS,
    },
    "/v1/sources": {"published_on": DAY, "organisation_id": TEXT, "url": TEXT},
    "/v1/actors": {"relations_actor_id": TEXTS, "relations_from": pa.list_(DAY), "relations_until": pa.list_(DAY)},
    "/v1/packs": {"coverage_from": DAY, "coverage_area": TEXTS, "cut_off": DAY, "document_id": TEXT},
    "/v1/control": {
        "last_holder_id": TEXT,
        "since_earliest": DAY,
        "candidates_id": TEXTS,
        "change_id": TEXT,
        "open_change_id": TEXTS,
        "open_date_latest": pa.list_(DAY),
        "inside_holder_id": TEXTS,
        "geometry": pa.binary(),
    },
    "/v1/control/summary": {
        "captured_low": INTEGER,
        "net_high": INTEGER,
        "changes_id": TEXTS,
        "figures_reported_on": pa.list_(DAY),
    },
    "/v1/contradictions": {"events_id": TEXTS, "sides_claims": TEXTS, "sides_says": TEXTS},
    "/v1/duplicates": {"items_id": TEXTS, "packs": TEXTS, "reason": TEXT},
    "/v1/stats": {"group": TEXT, "label": TEXT, "count": INTEGER},
    "/v1/changes": {"revision": INTEGER, "merged_into": TEXT, "row": TEXT},
    "/v1/locations/kaldar/control": {"from": DAY, "until": DAY, "since_latest": DAY},
}


@pytest.mark.parametrize("path", TYPES)
def test_columns_have_types_whether_rows_were_found_or_not(client: AppClient, path: str) -> None:
    full = parquet_of(fetched(client, path, f="parquet", **whole(path)).content).schema
    assert {name: full.field(name).type for name in TYPES[path]} == TYPES[path]
    assert all(field.nullable and not pa.types.is_null(field.type) for field in full)


@pytest.mark.parametrize("name", STORED_LISTS)
def test_a_file_without_rows_has_the_schema_of_one_with_rows(client: AppClient, name: str) -> None:
    full = parquet_of(fetched(client, f"/v1/{name}", f="parquet").content)
    assert full.num_rows > 0
    after_all = {"events": {"deaths_min": "1000"}, "packs": {}}.get(name, {"q": "nothing of this name at all"})
    if "q" in after_all and "q" not in STORED_LISTS[name].params:
        after_all = {"known_by": "1999-01-01"}
    if after_all:
        empty = parquet_of(fetched(client, f"/v1/{name}", f="parquet", **after_all).content)
        assert empty.num_rows == 0
        assert empty.schema.equals(full.schema, check_metadata=True)


@pytest.mark.parametrize("path", LISTS)
def test_geo_metadata_is_valid_and_only_where_rows_lie_somewhere(client: AppClient, path: str) -> None:
    schema = parquet_of(fetched(client, path, f="parquet", **LISTS[path]).content).schema
    if path not in SPATIAL:
        assert b"geo" not in schema.metadata
        assert "geometry" not in schema.names
        return
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    column = geo["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["Point"]
    assert set(column) <= {"encoding", "geometry_types", "bbox"}  # no crs: longitude and latitude on WGS 84
    assert schema.field("geometry").type == pa.binary()
    assert schema.names[-1] == "geometry"


@pytest.mark.parametrize("path", SPATIAL)
def test_wkb_is_the_point_of_the_feature(client: AppClient, path: str) -> None:
    features = fetched(client, path, f="geojson", **whole(path)).json()["features"]
    points = [feature["geometry"] and feature["geometry"]["coordinates"] for feature in features]
    column = parquet_of(fetched(client, path, f="parquet", **whole(path)).content)["geometry"].to_pylist()
    assert [wkb and point(wkb) for wkb in column] == points
    assert any(points)


def point(wkb: bytes) -> list[float]:
    order, kind, longitude, latitude = struct.unpack("<BIdd", wkb)
    assert (len(wkb), order, kind) == (21, 1, 1)
    return [longitude, latitude]


def test_a_file_says_whose_data_it_is_and_of_which_revision(client: AppClient) -> None:
    [pack] = fetched(client, "/v1/packs").json()["items"]
    for path in VARIED:
        schema = parquet_of(fetched(client, path, f="parquet", **LISTS[path]).content).schema
        assert json.loads(schema.metadata[b"oxus"]) == {
            "revision": 1,
            "packs": [{"id": pack["id"], "licence": "CC-BY-4.0", "citation": pack["citation"]}],
        }


def test_geopandas_reads_it_back(client: AppClient, tmp_path: Path) -> None:
    if importlib.util.find_spec("geopandas") is None:
        pytest.skip(WITHOUT_GEOPANDAS)
    import geopandas

    for path in SPATIAL:
        file = tmp_path / "rows.parquet"
        file.write_bytes(fetched(client, path, f="parquet", **whole(path)).content)
        frame = geopandas.read_parquet(file)
        features = fetched(client, path, f="geojson", **whole(path)).json()["features"]
        assert frame.crs == "OGC:CRS84"
        found = [None if shape is None else [shape.x, shape.y] for shape in frame.geometry]
        assert found == [feature["geometry"] and feature["geometry"]["coordinates"] for feature in features]
        assert [feature["properties"].get("id") for feature in features] == (
            list(frame["id"]) if "id" in frame else [None] * len(frame)
        )


def test_duckdb_answers_questions_over_a_file(client: AppClient, tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    file.write_bytes(fetched(client, "/v1/events", f="parquet", limit="1000").content)
    rows = fetched(client, "/v1/events", limit="1000").json()["items"]
    with duckdb.connect() as connection:
        counted = connection.execute(
            "SELECT category, count(*) FROM read_parquet(?) WHERE list_contains(actors_id, 'taliban')"
            " AND date_earliest >= DATE '2021-06-28' GROUP BY category ORDER BY category",
            [str(file)],
        ).fetchall()
    expected: dict[str, int] = {}
    for row in rows:
        since = row["date"]["earliest"]
        if since and since >= "2021-06-28" and any(actor["id"] == "taliban" for actor in row["actors"]):
            expected[row["category"]] = expected.get(row["category"], 0) + 1
    assert dict(counted) == expected
    assert len(expected) > 2


def test_many_groups_of_rows_are_one_table(client: AppClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_file = fetched(client, "/v1/claims", f="parquet", limit="all").content
    monkeypatch.setattr("app.formats.as_parquet.ROWS_PER_GROUP", 10)
    monkeypatch.setattr("app.query.lists.fetch.ROWS_PER_BATCH", 4)
    content = fetched(client, "/v1/claims", f="parquet", limit="all").content
    file = pq.ParquetFile(io.BytesIO(content))
    rows = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    assert set(rows[:-1]) == {12}  # whole batches, ten rows at the least
    assert 0 < rows[-1] <= 12
    assert sum(rows) == file.metadata.num_rows > 50
    assert parquet_of(content).equals(parquet_of(whole_file))


NOT_INSTALLED = [
    ({"f": "parquet"}, {}),
    ({"f": "parquet", "limit": "all"}, {}),
    ({}, {"Accept": "application/vnd.apache.parquet"}),
    ({"limit": "all"}, {"Accept": "application/vnd.apache.parquet"}),
    ({"f": "parquet", "deaths_min": "1000"}, {}),
    ({"f": "parquet", "limit": "all"}, {"If-None-Match": "*"}),
]


@pytest.mark.parametrize(("query", "headers"), NOT_INSTALLED)
def test_without_pyarrow_a_problem_names_the_command_that_installs_it(
    client: AppClient, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], headers: dict[str, str]
) -> None:
    monkeypatch.setattr("app.formats.as_parquet.find_spec", lambda _: None)
    # asked for nowhere else: an answer that is remembered needs no pyarrow
    response = client.get("/v1/events", params=query | {"min_origins": "0"}, headers=headers)
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/problem+json"
    assert "pip install -c requirements.lock -e '.[parquet]'" in response.json()["detail"]
    reader = client.app.state.read_pool  # type: ignore[attr-defined]
    assert (reader.running_exports, reader.engine.pool.checkedout()) == (0, 0)
    assert fetched(client, "/v1/events", f="csv", limit="1").status_code == 200


def test_without_pyarrow_a_wrong_question_is_still_told_first(
    client: AppClient, monkeypatch: pytest.MonkeyPatch, get_problem: Callable[..., Any]
) -> None:
    monkeypatch.setattr("app.formats.as_parquet.find_spec", lambda _: None)
    assert get_problem("/v1/events", f="parquet", plase="balkh")["parameter"] == "plase"
    assert client.get("/v1/locations/nowhere/control", params={"f": "parquet"}).status_code == 404


def test_without_pyarrow_another_format_that_is_accepted_too_is_written(
    client: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.formats.as_parquet.find_spec", lambda _: None)
    accept = "application/vnd.apache.parquet;q=0.8, text/csv"
    response = client.get("/v1/events", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"][:8]) == (200, "text/csv")


VALUES = st.fixed_dictionaries(
    {
        "id": st.text(),
        "name": st.text(),
        "kind": st.text(max_size=3),
        "country": st.none() | st.text(max_size=3),
        "parent": st.none() | st.fixed_dictionaries({"id": st.text(), "name": st.text()}),
        "path": st.lists(st.text(max_size=4), max_size=3),
        "latitude": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "longitude": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "point_kind": st.none() | st.text(max_size=3),
        "aliases": st.lists(
            st.fixed_dictionaries(
                {"name": st.text(), "language": st.none() | st.text(max_size=2), "as_printed": st.none()}
            ),
            max_size=3,
        ),
        "codes": st.just([]),
    }
)


@settings(max_examples=60)
@given(rows=st.lists(VALUES, max_size=4), cut=st.integers(0, 4))
def test_every_value_can_be_read_back(rows: list[dict[str, Any]], cut: int) -> None:
    credit = Attribution("odd", "CC0-1.0", 'Ünï "quoted" \x07\n')
    head = ResultMetadata(3, [credit], columns_of(STORED_LISTS["locations"].row), spatial=True)
    placed = [
        (json.dumps(row), None if at % 2 else LocatedPoint(at + 0.1, -0.1, "exact")) for at, row in enumerate(rows)
    ]
    table = parquet_of(b"".join(FORMATS["parquet"].write(head, [placed[:cut], placed[cut:]])))
    assert json.loads(table.schema.metadata[b"oxus"])["packs"][0]["citation"] == credit.citation
    assert table.num_rows == len(rows)
    for at, (found, row) in enumerate(zip(table.to_pylist(), rows, strict=True)):
        assert (found["geometry"] and point(found["geometry"])) == (None if at % 2 else [at + 0.1, -0.1])
        for name, value in flat(row).items():
            # of an object that is null or a list that is empty, the fields have columns of their own
            assert value in (None, []) if name not in found else same_value(found[name], value), name
