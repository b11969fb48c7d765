"""Counts by group: they add up, they are the list's own counts, and what fits nowhere says so."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from query.analyses.event_filters import FILTERS

GetOk = Callable[..., Any]
SINGLE = ("category", "status", "day", "week", "month", "country", "province")


def counts(found: Any) -> dict[str | None, int]:
    rows = {row["group"]: row["count"] for row in found["items"]}
    assert len(rows) == len(found["items"])
    return rows


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: ",".join(filters) or "everything")
def test_groups_add_up_to_what_the_list_of_events_counts(get_ok: GetOk, filters: dict[str, Any]) -> None:
    listed = get_ok("/v1/events", limit=1, count="exact", **filters)
    assert listed["matched"] > 0
    for by in SINGLE:
        found = get_ok("/v1/stats", group_by=by, **filters)
        assert found["matched"] == listed["matched"]
        assert sum(counts(found).values()) == listed["matched"], by
        assert found.get("omitted") == listed.get("omitted")
        assert found["returned"] == len(found["items"])


@pytest.mark.parametrize("by", ["category", "status"])
def test_a_group_of_a_column_holds_what_its_filter_finds(get_ok: GetOk, by: str) -> None:
    found = counts(get_ok("/v1/stats", group_by=by))
    for group, count in found.items():
        assert get_ok("/v1/events", limit=1, count="exact", **{by: group})["matched"] == count
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_disputed_and_denied_events_are_counted(get_ok: GetOk) -> None:
    found = counts(get_ok("/v1/stats", group_by="status", actor="abdul-rashid-dostum"))
    assert found["disputed"] == 2
    assert counts(get_ok("/v1/stats", group_by="status", place="hairatan"))["denied"] == 1


BUCKETS: dict[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": lambda day: "{}-W{:02}".format(*day.isocalendar()[:2]),
    "month": lambda day: day.isoformat()[:7],
}


@pytest.mark.parametrize("by", BUCKETS)
def test_a_fuzzy_date_is_in_a_bucket_only_if_it_fits(get_ok: GetOk, by: str) -> None:
    expected: Counter[str | None] = Counter()
    for row in get_ok("/v1/events", limit=1000)["items"]:
        ends = row["date"]["earliest"], row["date"]["latest"]
        fits = {BUCKETS[by](date.fromisoformat(end)) if end else None for end in ends}
        expected[fits.pop() if len(fits) == 1 else None] += 1
    found = get_ok("/v1/stats", group_by=by)
    assert counts(found) == dict(expected)
    *buckets, rest = found["items"]
    assert [row["group"] for row in buckets] == sorted(row["group"] for row in buckets)
    assert rest["group"] is None
    assert by in rest["label"]
    assert "not known" in rest["label"]


def test_the_changes_of_kaldar_by_day_week_and_month(get_ok: GetOk) -> None:
    kaldar = {"q": "kaldar", "category": "control_change", "place": "kaldar", "actor": "afghan-government"}
    ids = {row["id"] for row in get_ok("/v1/events", **kaldar)["items"]}
    assert {"kaldar-captured-2021-06", "kaldar-recaptured-2021-06-29", "kaldar-lost-again-2021-06-30"} <= ids
    kaldar |= {"datetime": "2021-06-21/2021-06-30", "date_match": "certain"}
    assert counts(get_ok("/v1/stats", group_by="day", **kaldar)) == {"2021-06-29": 1, "2021-06-30": 1, None: 1}
    assert counts(get_ok("/v1/stats", group_by="week", **kaldar)) == {"2021-W26": 2, None: 1}
    assert counts(get_ok("/v1/stats", group_by="month", **kaldar)) == {"2021-06": 3}


def test_countries_are_codes_and_provinces_ids_with_names(get_ok: GetOk) -> None:
    countries = get_ok("/v1/stats", group_by="country")["items"]
    names = {row["group"]: row["label"] for row in countries}
    assert (names["AFG"], names["UZB"], names[None]) == ("Afghanistan", "Uzbekistan", "without country")
    for row in countries[:-1]:
        assert get_ok("/v1/events", limit=1, count="exact", country=row["group"])["matched"] == row["count"]
    provinces = get_ok("/v1/stats", group_by="province")["items"]
    assert {row["group"]: row["label"] for row in provinces}["balkh"] == "Balkh"
    assert provinces[-1]["label"] == "without province"
    for row in provinces[:-1]:
        found = get_ok("/v1/events", limit=1000, place=row["group"], fields="id,movement,location")["items"]
        inside = {place["id"] for place in get_ok("/v1/locations", place=row["group"], limit=1000)["items"]}
        assert row["count"] == sum(event["location"]["id"] in inside for event in found)


def test_an_event_counts_once_for_each_of_its_actors(get_ok: GetOk) -> None:
    expected: Counter[str | None] = Counter()
    for row in get_ok("/v1/events", limit=1000)["items"]:
        expected.update({actor["id"] for actor in row["actors"]} or {None})
    found = get_ok("/v1/stats", group_by="actor")
    assert counts(found) == dict(expected)
    assert sum(counts(found).values()) > found["matched"]
    assert found["items"][-1]["label"] == "without actor"
    assert {row["group"]: row["label"] for row in found["items"]}["taliban"] == "Taliban"


@pytest.mark.parametrize("known_by", [None, "2021-07-04"])
def test_an_event_counts_once_for_each_of_its_sources(get_ok: GetOk, known_by: str | None) -> None:
    params = {"known_by": known_by} if known_by else {}
    sources: dict[str, set[str]] = {}
    for claim in get_ok("/v1/claims", limit=1000, **params)["items"]:
        hops = {hop["id"] for hop in claim["attribution"]} | {claim["document"]["id"]}
        sources.setdefault(claim["event"]["id"], set()).update(hops)
    expected = Counter(source for found in sources.values() for source in found)
    found = get_ok("/v1/stats", group_by="source", **params)
    assert counts(found) == dict(expected)
    assert sum(counts(found).values()) > found["matched"]


def test_groups_that_nothing_is_in_are_not_there(get_ok: GetOk) -> None:
    found = get_ok("/v1/stats", group_by="category", place="kaldar", known_by="2021-06-01")
    assert (found["matched"], found["items"]) == (0, [])


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({}, "group_by"),
        ({"group_by": "year"}, "group_by"),
        ({"group_by": "category,status"}, "group_by"),
        ({"group_by": "category", "limit": 3}, "limit"),
        ({"group_by": "category", "place": "Kalder"}, "place"),
    ],
)
def test_what_is_not_understood_is_refused(get_problem: GetOk, params: Any, parameter: str) -> None:
    assert get_problem("/v1/stats", **params)["parameter"] == parameter
