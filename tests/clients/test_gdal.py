"""GDAL's ogrinfo and ogr2ogr: layers of `/ogc`, and the files of `/v1`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from clients.conftest import Server, program, run

LAYERS = {"events": 86, "control-changes": 12, "movements": 9, "locations": 59}
Ogr = Callable[..., str]


@pytest.fixture(scope="module")
def ogrinfo() -> Ogr:
    """Runs ogrinfo, which must have nothing to complain about."""
    path = program("ogrinfo", "gdal-bin")

    def told(*arguments: str) -> str:
        ended = run([path, "-ro", *arguments])
        assert "ERROR" not in ended.stderr
        return ended.stdout

    return told


@pytest.fixture(scope="module")
def ogr2ogr() -> Ogr:
    """Runs ogr2ogr."""
    path = program("ogr2ogr", "gdal-bin")

    def written(*arguments: str) -> str:
        ended = run([path, *arguments])
        assert "ERROR" not in ended.stderr
        return ended.stderr

    return written


def source(server: Server) -> str:
    return f"OAPIF:{server.ogc}"


def ids(told: str) -> list[str]:
    """The ids of features as ogrinfo prints them."""
    return re.findall(r"^  id \(String\) = (.+)$", told, re.MULTILINE)


def types_of(told: str) -> dict[str, str]:
    """How ogrinfo types each field."""
    return dict(re.findall(r"^(\w+): (\w+(?:\(\w+\))?) \(", told, re.MULTILINE))


def test_the_layers_are_the_collections(server: Server, ogrinfo: Ogr) -> None:
    assert re.findall(r"^\d: ([\w-]+) .*\(Point\)$", ogrinfo("-q", source(server)), re.MULTILINE) == list(LAYERS)


@pytest.mark.parametrize(("layer", "count"), LAYERS.items())
def test_a_layer_tells_its_count_its_extent_and_its_fields_from_one_page(
    server: Server, ogrinfo: Ogr, layer: str, count: int
) -> None:
    with server.watched() as asked:
        told = ogrinfo("-so", source(server), layer)
    assert asked == ["/ogc/collections", f"/ogc/collections/{layer}/items?limit=10"]
    assert f"Feature Count: {count}\n" in told
    assert "Geometry: Point\n" in told
    assert 'GEOGCRS["WGS 84"' in told
    extent = server.json(f"/ogc/collections/{layer}")["extent"]
    west, south, east, north = (f"{degrees:.6f}" for degrees in extent["spatial"]["bbox"][0])
    assert f"Extent: ({west}, {south}) - ({east}, {north})\n" in told
    types = types_of(told)
    feature = server.json(f"/ogc/collections/{layer}/items?limit=1")["features"][0]
    assert list(types) == list(feature["properties"])
    assert (types["id"], types["longitude"], types["latitude"]) == ("String", "Real", "Real")
    if layer != "locations":
        assert (types["date_earliest"], types["date_latest"], types["revision"]) == ("Date", "Date", "Integer")


def test_all_pages_are_read_through_next(server: Server, ogr2ogr: Ogr, ogrinfo: Ogr, tmp_path: Path) -> None:
    with server.watched() as asked:
        ogr2ogr("-f", "GeoJSON", str(tmp_path / "events.geojson"), source(server), "events")
    pages = [path for path in asked if "/items?" in path]
    assert len(pages) == 1 + 9  # one to learn the fields, then 86 features by ten
    assert all("limit=10" in path for path in pages)
    assert sum("cursor=" in path for path in pages) == 8
    written = json.loads((tmp_path / "events.geojson").read_text("utf-8"))["features"]
    wanted = server.json("/ogc/collections/events/items?limit=1000")["features"]
    assert [feature["properties"]["id"] for feature in written] == [feature["id"] for feature in wanted]
    assert [feature["geometry"] for feature in written] == [feature["geometry"] for feature in wanted]


@pytest.mark.parametrize("size", ["1000", "5000"])
def test_a_larger_page_is_one_request(server: Server, ogrinfo: Ogr, size: str) -> None:
    with server.watched() as asked:
        told = ogrinfo("-q", "-oo", f"PAGE_SIZE={size}", source(server), "events")
    assert [path for path in asked if "/items?" in path] == [f"/ogc/collections/events/items?limit={size}"] * 2
    assert len(ids(told)) == 86


@pytest.mark.parametrize(
    ("layer", "where", "parameter"),
    [
        ("events", "status = 'disputed'", "status=disputed"),
        ("events", "category = 'movement' AND status = 'reported'", "category=movement&status=reported"),
        ("locations", "kind = 'border_crossing'", "kind=border_crossing"),
        ("locations", "country = 'TJK' AND name LIKE 'P%'", "country=TJK"),
    ],
)
def test_a_condition_reaches_the_server_as_a_parameter(
    server: Server, ogrinfo: Ogr, layer: str, where: str, parameter: str
) -> None:
    with server.watched() as asked:
        told = ogrinfo("-q", "-oo", "PAGE_SIZE=1000", source(server), layer, "-where", where)
    assert asked[-1] == f"/ogc/collections/{layer}/items?limit=1000&{parameter}"
    found = [row["id"] for row in server.json(f"/v1/{layer}?limit=1000&{parameter}")["items"]]
    assert found
    assert ids(told) == ([id_ for id_ in found if id_.startswith("p")] if "LIKE" in where else found)


def test_a_feature_is_asked_for_by_its_id(server: Server, ogrinfo: Ogr) -> None:
    with server.watched() as asked:
        told = ogrinfo("-q", source(server), "events", "-where", "id = 'kaldar-recaptured-2021-06-29'")
    assert asked[-1] == "/ogc/collections/events/items/kaldar-recaptured-2021-06-29"
    assert ids(told) == ["kaldar-recaptured-2021-06-29"]
    assert "  POINT (67.5269 37.13249)" in told


def test_a_condition_that_no_parameter_can_tell_is_judged_by_gdal(server: Server, ogrinfo: Ogr) -> None:
    told = ogrinfo("-q", "-oo", "PAGE_SIZE=1000", source(server), "events", "-where", "title LIKE '%Kaldar%'")
    rows = server.json("/v1/events?limit=1000")["items"]
    assert ids(told) == [row["id"] for row in rows if "kaldar" in row["title"].lower()]


def test_a_box_reaches_the_server(server: Server, ogrinfo: Ogr) -> None:
    box = ["66", "36", "69", "38"]
    with server.watched() as asked:
        told = ogrinfo("-q", "-oo", "PAGE_SIZE=1000", source(server), "events", "-spat", *box)
    assert asked[-1] == "/ogc/collections/events/items?limit=1000&bbox=66,36,69,38"
    assert ids(told) == [row["id"] for row in server.json("/v1/events?limit=1000&bbox=66,36,69,38")["items"]]


@pytest.mark.parametrize(
    ("where", "datetime"),
    [
        ("date_earliest >= '2021/06/28' AND date_earliest <= '2021/06/30'", "2021-06-28T/2021-06-30T"),
        ("date_latest >= '2021/06/28'", "2021-06-28T/.."),
        ("date_latest <= '2021/06/21'", "../2021-06-21T"),
    ],
)
def test_a_comparison_of_dates_reaches_the_server_as_a_time(
    server: Server, ogrinfo: Ogr, where: str, datetime: str
) -> None:
    with server.watched() as asked:
        told = ogrinfo("-q", "-oo", "PAGE_SIZE=1000", source(server), "events", "-where", where)
    assert asked[-1] == f"/ogc/collections/events/items?limit=1000&datetime={datetime}"
    answer = server.json(f"/ogc/collections/events/items?limit=1000&datetime={datetime}")
    assert 0 < len(answer["features"]) < 83
    # Newer versions look again at the column; none shows what the server did not send.
    assert set(ids(told)) <= {feature["id"] for feature in answer["features"]}
    sure = server.json(f"/ogc/collections/events/items?limit=1000&datetime={datetime}&date_match=certain")
    assert set(ids(told)) >= {feature["id"] for feature in sure["features"]}


def test_a_wrong_value_is_told_with_the_words_of_the_problem(server: Server) -> None:
    path = program("ogrinfo", "gdal-bin")
    ended = run([path, "-ro", "-q", source(server), "events", "-where", "status = 'disputd'"])
    assert '"did_you_mean": ["disputed"]' in ended.stderr


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", ["GPKG", "CSV"])
def test_a_layer_is_written_to_a_file_with_every_feature(
    server: Server, ogr2ogr: Ogr, ogrinfo: Ogr, tmp_path: Path, layer: str, kind: str
) -> None:
    path = tmp_path / f"out.{kind.lower()}"
    geometry = ["-lco", "GEOMETRY=AS_XY"] if kind == "CSV" else []
    said = ogr2ogr("-f", kind, str(path), source(server), layer, "-oo", "PAGE_SIZE=1000", *geometry)
    assert said == ""  # no field that the file cannot hold
    told = ogrinfo("-al", str(path))
    rows = server.json(f"/ogc/collections/{layer}/items?limit=1000")["features"]
    assert ids(told) == [feature["id"] for feature in rows]


def test_the_geojson_of_a_list_is_a_layer(server: Server, ogrinfo: Ogr) -> None:
    told = ogrinfo("-al", f"{server.url}/v1/events?f=geojson&limit=all")
    assert ids(told) == [row["id"] for row in server.json("/v1/events?limit=1000")["items"]]
    assert told.count("  POINT (") == 86
    assert types_of(told)["date_earliest"] == "Date"


def test_the_csv_of_a_list_is_a_layer_of_points(server: Server, ogrinfo: Ogr, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(server.content("/v1/events?f=csv&limit=all"))
    opened = ["-oo", "X_POSSIBLE_NAMES=longitude", "-oo", "Y_POSSIBLE_NAMES=latitude", "-oo", "AUTODETECT_TYPE=YES"]
    told = ogrinfo("-al", str(path), *opened)
    assert ids(told) == [row["id"] for row in server.json("/v1/events?limit=1000")["items"]]
    assert "Geometry: Point\n" in told
    types = types_of(told)
    assert {types[name] for name in ("longitude", "latitude")} == {"Real"}
    assert {types[name] for name in ("date_earliest", "date_latest")} == {"Date"}
    assert types["corroboration_documents"] == "Integer"
    assert {types[name] for name in ("location_longitude", "location_latitude")} == {"Real"}
