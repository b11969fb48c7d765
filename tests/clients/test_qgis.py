"""QGIS without a screen: a layer of `/ogc` as a user adds it, filters it, and saves it to a file."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import Server, program, run

PYTHON = "/usr/bin/python3"  # Debian's, which its PyQGIS is for
SCRIPT = """
import json, os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
url, *asked = sys.argv[1:]
told = {}
for name in ("events", "control-changes", "movements", "locations"):
    layer = QgsVectorLayer(f"url='{url}' typename='{name}'", name, "OAPIF")
    features = {feature["id"]: feature for feature in layer.getFeatures()}
    told[name] = {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "ids": list(features),
        "types": {field.name(): field.typeName() for field in layer.fields()},
        "kaldar": [
            [feature["title"], feature["date_latest"].toString("yyyy-MM-dd"), feature.geometry().asWkt(5)]
            for id_, feature in features.items() if id_ == "kaldar-recaptured-2021-06-29"
        ],
    }
layer = QgsVectorLayer(f"url='{url}' typename='events'", "events", "OAPIF")
for condition in asked:
    told[condition] = [layer.setSubsetString(condition), [feature["id"] for feature in layer.getFeatures()]]
box = QgsVectorLayer(f"url='{url}' typename='events' restrictToRequestBBOX='1'", "events", "OAPIF")
request = QgsFeatureRequest(QgsRectangle(66, 36, 69, 38))
told["box"] = [feature["id"] for feature in box.getFeatures(request)]
print("TOLD", json.dumps(told))
sys.stdout.flush()
os._exit(0)  # layers that are still open crash an orderly end
"""
CONDITIONS = {
    "status = 'disputed'": None,
    "date_latest >= '2021-06-28'": "2021-06-28/..",
    "date_earliest <= '2021-06-21'": "../2021-06-21",
    "date_latest = '2021-06-29'": "2021-06-29",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """No screen, and nothing kept from another run."""
    folder = str(tmp_path_factory.mktemp("qgis"))
    return {"QT_QPA_PLATFORM": "offscreen", "HOME": folder, "XDG_RUNTIME_DIR": folder}


@pytest.fixture(scope="module")
def qgis_report(server: Server, home: dict[str, str]) -> Any:
    """What QGIS says of the layers, and what was asked of the server meanwhile."""
    if (
        not Path(PYTHON).exists()
        or subprocess.run([PYTHON, "-c", "import qgis.core"], check=False, capture_output=True).returncode
    ):
        pytest.skip("PyQGIS is not installed (tests/clients/install --qgis)")
    with server.watched() as asked:
        ended = run([PYTHON, "-c", SCRIPT, server.ogc, *CONDITIONS], env=home)
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("TOLD ")]
    return json.loads(line.removeprefix("TOLD ")) | {"asked": asked}


@pytest.mark.parametrize(
    ("name", "count"), [("events", 86), ("control-changes", 12), ("movements", 9), ("locations", 59)]
)
def test_a_layer_has_the_features_of_its_collection(server: Server, qgis_report: Any, name: str, count: int) -> None:
    layer = qgis_report[name]
    assert (layer["valid"], layer["count"], layer["crs"]) == (True, count, "EPSG:4326")
    wanted = server.json(f"/ogc/collections/{name}/items?limit=1000")["features"]
    assert sorted(layer["ids"]) == sorted(feature["id"] for feature in wanted)
    assert set(layer["types"]) >= set(wanted[0]["properties"])
    assert {layer["types"][field] for field in ("longitude", "latitude")} == {"Real"}
    assert "JSON" not in layer["types"].values()  # QGIS cannot save such a field


def test_the_attributes_of_a_feature_are_those_of_the_row(qgis_report: Any) -> None:
    assert qgis_report["events"]["kaldar"] == [
        ["Government forces and militia retake Kaldar", "2021-06-29", "Point (67.5269 37.13249)"]
    ]
    assert qgis_report["events"]["types"]["date_latest"] == "Date"


def test_pages_and_filters_are_asked_of_the_server(qgis_report: Any) -> None:
    assert qgis_report["asked"][:2] == ["/ogc", "/ogc/api"]
    assert "/ogc/collections/events/items?limit=10" in qgis_report["asked"]
    assert [path for path in qgis_report["asked"] if "bbox=66,36,69,38" in path]


@pytest.mark.parametrize(("condition", "datetime"), CONDITIONS.items())
def test_a_filter_shows_what_the_server_means_by_it(
    server: Server, qgis_report: Any, condition: str, datetime: str | None
) -> None:
    accepted, ids = qgis_report[condition]
    query = "status=disputed" if datetime is None else f"datetime={datetime}"
    wanted = server.json(f"/ogc/collections/events/items?limit=1000&{query}")["features"]
    assert accepted
    assert 0 < len(ids) < 86
    assert sorted(ids) == sorted(feature["id"] for feature in wanted)


def test_a_box_shows_what_lies_in_it(server: Server, qgis_report: Any) -> None:
    assert sorted(qgis_report["box"]) == sorted(
        row["id"] for row in server.json("/v1/events?limit=1000&bbox=66,36,69,38&fields=id")["items"]
    )


@pytest.mark.parametrize(
    ("name", "count"), [("events", 86), ("control-changes", 12), ("movements", 9), ("locations", 59)]
)
def test_a_layer_is_saved_to_a_file(
    server: Server, home: dict[str, str], tmp_path: Path, name: str, count: int
) -> None:
    process, ogrinfo = program("qgis_process.bin", "qgis"), program("ogrinfo", "gdal-bin")
    path = tmp_path / f"{name}.gpkg"
    line = [process, "run", "native:extractbyexpression", f"--INPUT=OAPIF://url='{server.ogc}' typename='{name}'"]
    run([*line, "--EXPRESSION=id IS NOT NULL", f"--OUTPUT={path}"], env=home)
    assert f"Feature Count: {count}\n" in run([ogrinfo, "-ro", "-so", "-al", str(path)]).stdout
