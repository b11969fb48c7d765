"""Date windows: an interval open at both ends asks nothing of a row, however large the table is."""

from typing import Any

import pytest
from asgi_client import AppClient

from app.query.planner import planner

DATED = (
    "/v1/events",
    "/v1/control-changes",
    "/v1/movements",
    "/v1/claims",
    "/v1/figures",
    "/ogc/collections/events/items",
)


def rows_of(body: Any) -> list[Any]:
    return body.get("items", body.get("features"))


@pytest.mark.parametrize("path", DATED)
@pytest.mark.parametrize("interval", ["../..", "/", "../"])
def test_an_interval_open_at_both_ends_filters_nothing_in_a_large_table(
    uncached_client: AppClient, monkeypatch: pytest.MonkeyPatch, path: str, interval: str
) -> None:
    expected = rows_of(uncached_client.get(path).json())
    monkeypatch.setattr(planner, "SMALL_TABLE_ROWS", 0)  # every table counts as large
    response = uncached_client.get(
        path, params={"datetime": interval, "count": "exact"} if "v1" in path else {"datetime": interval}
    )
    assert response.status_code == 200, response.text
    assert rows_of(response.json()) == expected
