"""Requests in the shape of ACLED's API, and the rows they get."""

from collections.abc import Iterator
from typing import Any

import pytest
from acled_pack import FILES
from conftest import Databases, serving
from fastapi.testclient import TestClient

Row = dict[str, str]
SHOWN = 49
"""Rows that the article's pack has without `status=`."""
READ, DELETED = "/compat/acled/api/acled/read", "/compat/acled/api/deleted/read"
HEADER = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,"
    "actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,"
    "latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp"
)
COLUMNS = HEADER.split(",")


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


def row(client: TestClient, id_: str, **params: str) -> Row:
    """The one row of an event, without what depends on the day of loading."""
    (found,) = rows(client, event_id_cnty=id_, event_id_cnty_where="=", **params)
    assert found.pop("timestamp").isdecimal()
    return found


def ids(found: list[Row]) -> list[str]:
    return [row["event_id_cnty"] for row in found]


def refused(client: TestClient, path: str = READ, **params: Any) -> Any:
    response = client.get(path, params=params)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()
