"""PostgreSQL answers over HTTP as SQLite does: same bytes, for each list, filter, format and compatible API."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from urllib.parse import urlencode

import pytest
from asgi_client import AppClient
from conftest import Databases
from formats import LISTS, STREAMED, whole

from app.main import create_app
from app.query.params.param import Param
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.settings import Settings

PAIRED = {
    "radius_km": {"near": "67.1,36.7"},
    "date_match": {"datetime": "2021-06-20/2021-07-03"},
}
"""Parameters that need another one."""
OTHER_PATHS = (
    "/v1/events/kaldar-recaptured-2021-06-29",
    "/v1/locations/kaldar",
    "/v1/resolve?q=Hairatn",
    "/v1/search?q=takhar",
    "/v1/vocabularies",
    "/v1/events?sort=-category&limit=7",
    "/v1/claims?count=exact&limit=3",
    "/ogc/collections",
    "/ogc/collections/events/items?bbox=66,36,68,38&datetime=2021-07-01/..&limit=5",
    "/ogc/collections/movements/items?limit=3",
    "/compat/acled/api/acled/read?limit=50",
    "/compat/acled/api/acled/read?country=Afghanistan&event_date=2021-06-01|2021-07-03&event_date_where=BETWEEN",
    "/compat/ucdp/api/gedevents/25.1?pagesize=50",
    "/compat/ucdp/api/gedevents/25.1?pagesize=5&page=2&Country=700",
)


@pytest.fixture(scope="module")
def sqlite_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """Serve the packs from SQLite."""
    url = Databases("sqlite", tmp_path_factory.mktemp("sqlite"), None).loaded()
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client


@pytest.fixture(scope="module")
def postgresql_client(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """Serve the packs from PostgreSQL."""
    url = Databases("postgresql", Path(tmp_path_factory.mktemp("unused")), postgresql).loaded()
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client


def comparable(body: bytes) -> bytes:
    """Drop the moment of the load, and round means of degrees (density), which depend on the order of addition."""
    body = re.sub(rb'("(?:timestamp|last_update)": ?"?)\d+', rb"\1", body)
    return re.sub(rb"\d+\.\d{5,}", lambda number: b"%.4f" % float(number[0]), body)


def assert_same(one: AppClient, other: AppClient, target: str) -> int:
    """Compare two responses to a target in all but what tells one load from another; return the status."""
    mine, theirs = one.get(target), other.get(target)
    assert mine.status_code == theirs.status_code, target
    assert comparable(mine.content) == comparable(theirs.content), target
    assert mine.headers.get("link") == theirs.headers.get("link"), target
    return mine.status_code


def filter_queries(params: dict[str, Param]) -> Iterator[dict[str, str]]:
    """Yield a query for each parameter with an example."""
    for name, param in params.items():
        if param.example and name not in ("cursor", "f", "fields"):
            yield PAIRED.get(name, {}) | {name: param.example}


@pytest.mark.parametrize("name", [*STORED_LISTS, *COMPUTED_LISTS])
def test_every_filter_of_a_list(sqlite_client: AppClient, postgresql_client: AppClient, name: str) -> None:
    resource = STORED_LISTS.get(name) or COMPUTED_LISTS[name]
    path = f"/v1/{name}"
    for query in filter_queries(dict(resource.params)):
        assert_same(sqlite_client, postgresql_client, f"{path}?{urlencode(LISTS[path] | query)}")


@pytest.mark.parametrize("path", LISTS)
def test_every_format_of_a_list(sqlite_client: AppClient, postgresql_client: AppClient, path: str) -> None:
    for format_ in chain(("json",), STREAMED):
        target = f"{path}?{urlencode(whole(path) | {'f': format_})}"
        if format_ != "parquet":  # compared by tests/formats, row by row
            assert_same(sqlite_client, postgresql_client, target)


@pytest.mark.parametrize("target", OTHER_PATHS)
def test_other_endpoints(sqlite_client: AppClient, postgresql_client: AppClient, target: str) -> None:
    assert assert_same(sqlite_client, postgresql_client, target) == 200
