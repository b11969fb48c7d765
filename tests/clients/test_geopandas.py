"""pandas, geopandas, pyogrio and DuckDB: lists over HTTP, layers of `/ogc`, and files of `oxus export`."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app.settings import PROJECT_ROOT
from clients.conftest import Server, run

BALKH = "/v1/control-changes?place=balkh&sort=date&limit=all"


def needed(name: str) -> Any:
    """A library. Skips when it is not installed."""
    return pytest.importorskip(name, reason=f"{name} is not installed (tests/clients/gis.txt)")


@pytest.fixture(scope="module")
def exported(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All events, as `oxus export` writes them from the database that is being served."""
    path = tmp_path_factory.mktemp("exported") / "events.parquet"
    line = [sys.executable, "-m", "app.cli", "export", "events", "--out", str(path), "--database", str(server.database)]
    run(line, cwd=PROJECT_ROOT)
    return path


def test_pandas_reads_the_csv_of_a_list(server: Server) -> None:
    pandas = needed("pandas")
    frame = pandas.read_csv(f"{server.url}{BALKH}&f=csv", parse_dates=["date_earliest", "date_latest"])
    rows = server.json("/v1/control-changes?place=balkh&sort=date&limit=1000")["items"]
    assert frame["id"].tolist() == [row["id"] for row in rows]
    kaldar = frame.set_index("id").loc["kaldar-recaptured-2021-06-29"]
    assert (kaldar["control_change_gained_by_id"], kaldar["status"]) == ("afghan-government", "reported")
    assert kaldar["date_latest"] == pandas.Timestamp("2021-06-29")
    assert kaldar["actors_id"].split("|")[:2] == ["andsf", "atta-mohammad-noor"]
    assert kaldar["corroboration_origins_id"] == "bne-intellinews"
    assert json.loads(kaldar["actors_roles"]) == [
        actor["roles"] for row in rows if row["id"] == "kaldar-recaptured-2021-06-29" for actor in row["actors"]
    ]
    assert kaldar["location_admin1_name"] == "Balkh"
    assert frame["latitude"].dtype == "float64"
    assert frame["corroboration_documents"].dtype == "int64"


def test_pandas_reads_ndjson_and_the_rows_of_json(server: Server) -> None:
    pandas = needed("pandas")
    lines = pandas.read_json(f"{server.url}/v1/movements?limit=all&f=ndjson", lines=True)
    rows = server.json("/v1/movements?limit=1000")["items"]
    assert lines["id"].tolist() == pandas.json_normalize(rows)["id"].tolist()
    assert pandas.json_normalize(rows)["movement.population"].tolist() == [
        row["movement"]["population"] for row in rows
    ]


def test_geopandas_reads_the_geojson_of_a_list(server: Server) -> None:
    geopandas = needed("geopandas")
    frame = geopandas.read_file(f"{server.url}/v1/events?f=geojson&limit=1000")
    rows = server.json("/v1/events?limit=1000")["items"]
    assert frame["id"].tolist() == [row["id"] for row in rows]
    assert frame.crs.to_epsg() == 4326
    assert frame[frame.geometry.isna()]["id"].tolist() == ["mirziyoyev-un-speech"]
    kaldar = frame.set_index("id").loc["kaldar-recaptured-2021-06-29"]
    assert (kaldar.geometry.x, kaldar.geometry.y) == (67.5269, 37.13249)
    assert kaldar["date_latest"].date().isoformat() == "2021-06-29"


def test_geopandas_reads_a_stream_of_all_rows(server: Server) -> None:
    geopandas = needed("geopandas")
    assert len(geopandas.read_file(f"{server.url}/v1/events?f=geojson&limit=all")) == 87


def test_pyogrio_lists_the_layers(server: Server) -> None:
    pyogrio = needed("pyogrio")
    layers = [name for name, kind in pyogrio.list_layers(f"OAPIF:{server.ogc}")]
    assert layers == ["events", "control-changes", "movements", "locations"]
    about = pyogrio.read_info(f"OAPIF:{server.ogc}", layer="events")
    assert (about["features"], about["geometry_type"]) == (86, "Point")


def test_pyogrio_lets_the_server_filter(server: Server) -> None:
    needed("pyogrio")
    geopandas = needed("geopandas")
    with server.watched() as asked:
        frame = geopandas.read_file(
            f"OAPIF:{server.ogc}", layer="events", where="status = 'disputed'", bbox=(60, 30, 75, 40)
        )
    assert "bbox=60,30,75,40" in asked[-1]
    assert "status=disputed" in asked[-1]
    wanted = server.json("/v1/events?limit=1000&status=disputed&bbox=60,30,75,40")["items"]
    assert sorted(frame["id"]) == sorted(row["id"] for row in wanted)
    assert len(frame) > 0


def test_pyogrio_reads_every_page(server: Server) -> None:
    geopandas = needed("geopandas")
    needed("pyogrio")
    frame = geopandas.read_file(f"OAPIF:{server.ogc}", layer="locations", PAGE_SIZE=10)
    rows = server.json("/v1/locations?limit=1000")["items"]
    assert sorted(frame["id"]) == sorted(row["id"] for row in rows if row["latitude"] is not None)


def test_geopandas_reads_an_exported_file(server: Server, exported: Path) -> None:
    geopandas = needed("geopandas")
    frame = geopandas.read_parquet(exported)
    rows = server.json("/v1/events?limit=1000")["items"]
    assert frame["id"].tolist() == [row["id"] for row in rows]
    assert frame.crs.to_authority() == ("OGC", "CRS84")
    kaldar = frame.set_index("id").loc["kaldar-recaptured-2021-06-29"]
    assert (kaldar.geometry.x, kaldar.geometry.y) == (67.5269, 37.13249)
    assert list(kaldar["actors_id"])[:2] == ["andsf", "atta-mohammad-noor"]
    assert frame[frame.geometry.isna()]["id"].tolist() == ["mirziyoyev-un-speech"]


def test_duckdb_counts_what_an_exported_file_holds(server: Server, exported: Path) -> None:
    duckdb = needed("duckdb")
    found = duckdb.sql(
        f"SELECT category, count(*) FROM '{exported}' WHERE list_contains(actors_id, 'taliban') "  # noqa: S608
        "GROUP BY category ORDER BY 2 DESC, 1"
    ).fetchall()
    rows = server.json("/v1/events?limit=1000")["items"]
    counted: dict[str, int] = {}
    for row in rows:
        if "taliban" in [actor["id"] for actor in row["actors"]]:
            counted[row["category"]] = counted.get(row["category"], 0) + 1
    assert found == sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    assert len(found) > 3


def test_duckdb_takes_lists_apart_and_knows_days(exported: Path) -> None:
    duckdb = needed("duckdb")
    found = duckdb.sql(
        f"SELECT unnest(actors_id) AS actor, date_latest - date_earliest AS days FROM '{exported}' "  # noqa: S608
        "WHERE id = 'kaldar-captured-2021-06' ORDER BY actor"
    ).fetchall()
    assert found == [("afghan-government", 7), ("taliban", 7)]


def test_duckdb_reads_csv_and_ndjson_that_were_downloaded(server: Server, tmp_path: Path) -> None:
    duckdb = needed("duckdb")
    for format_ in ("csv", "ndjson"):
        path = tmp_path / f"events.{format_}"
        path.write_bytes(server.content(f"/v1/events?limit=all&f={format_}"))
        assert duckdb.sql(f"SELECT count(DISTINCT id) FROM '{path}'").fetchall() == [(87,)]  # noqa: S608
