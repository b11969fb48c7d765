"""The article's events over HTTP: exact answers."""

from collections.abc import Callable
from typing import Any

Ask = Callable[..., Any]


def test_control_changes_in_balkh_are_found_by_the_name_of_the_province(ask: Ask) -> None:
    found = ask("/v1/control-changes", place="balkh", sort="date")
    kaldar = [row for row in found["items"] if row["control_change"]["location"]["id"] == "kaldar"]
    assert [(row["date"]["earliest"], row["date"]["latest"]) for row in kaldar] == [
        ("2021-06-21", "2021-06-28"),
        ("2021-06-29", "2021-06-29"),
        ("2021-06-30", "2021-06-30"),
    ]
    sides = [(row["control_change"]["gained_by"]["id"], row["control_change"]["lost_by"]["id"]) for row in kaldar]
    government, taliban = "afghan-government", "taliban"
    assert sides == [(taliban, government), (government, taliban), (taliban, government)]


def test_the_flight_to_tajikistan_counts_545(ask: Ask) -> None:
    flight = ask("/v1/events/flight-to-tajikistan-2021")
    assert flight["movement"]["count"] == {
        "low": 545,
        "best": 545,
        "high": 545,
        "count_kind": "cumulative",
        "claim": "flight-to-tajikistan-2021-p25",
    }
