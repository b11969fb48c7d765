"""Shared by the tests of filters."""

from collections.abc import Callable
from typing import Any

GetOk = Callable[..., Any]
Params = dict[str, str]


CHANGES, MOVES = "control-changes", "movements"


def ids_of(body: Any) -> list[str]:
    return [row["id"] for row in body["items"]]
