"""OWSLib, the Python library that catalogues and scripts ask OGC services with."""

from typing import Any

import pytest

from clients.conftest import Server


@pytest.fixture(scope="module")
def features(server: Server) -> Any:
    """OWSLib's view of `/ogc`."""
    pytest.importorskip("owslib", reason="OWSLib is not installed (tests/clients/gis.txt)")
    from owslib.ogcapi.features import Features

    return Features(f"{server.ogc}")


def test_the_description_and_the_conformance_are_found(features: Any) -> None:
    assert features.api()["openapi"] == "3.0.3"
    classes = [uri.rpartition("/")[2] for uri in features.conformance()["conformsTo"]]
    assert classes == ["core", "oas30", "geojson", "crs"]


def test_the_collections_are_found(features: Any) -> None:
    assert features.feature_collections() == ["events", "control-changes", "movements", "locations"]
    assert features.collection("movements")["title"] == "Movements"


def test_features_are_filtered_by_box_time_and_property(server: Server, features: Any) -> None:
    with server.watched() as asked:
        page = features.collection_items(
            "events", limit=50, bbox=[66, 36, 69, 38], datetime_="2021-06-28/2021-07-05", category="control_change"
        )
    assert asked[-1] == (
        "/ogc/collections/events/items?limit=50&bbox=66,36,69,38&category=control_change&datetime=2021-06-28/2021-07-05"
    )
    rows = server.json(f"/v1/events{asked[-1].partition('items')[2]}")["items"]
    assert [feature["id"] for feature in page["features"]] == [row["id"] for row in rows]
    assert page["numberMatched"] == page["numberReturned"] == len(rows) > 3


def test_one_feature_is_found(features: Any) -> None:
    feature = features.collection_item("events", "kaldar-recaptured-2021-06-29")
    assert feature["geometry"]["coordinates"] == [67.5269, 37.13249]


def test_a_refusal_reaches_the_user_with_its_words(features: Any) -> None:
    with pytest.raises(RuntimeError, match="did_you_mean"):
        features.collection_items("events", status="disputd")
