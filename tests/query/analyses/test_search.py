"""One search over events, places, actors and sources: the order of hits, every spelling, pages."""

from collections.abc import Callable
from typing import Any

import pytest

from app.names import match_key

GetOk = Callable[..., Any]
TIERS = ["exact", "prefix", "words"]
NAMED = ("actors", "locations", "sources")


def every_hit(get_ok: GetOk, q: str, limit: int, **params: Any) -> list[Any]:
    rows: list[Any] = []
    page = get_ok("/v1/search", q=q, limit=limit, **params)
    while True:
        assert len(page["items"]) <= limit
        rows += page["items"]
        if page["next"] is None:
            return rows
        cursor = page["next"].partition("cursor=")[2]
        page = get_ok("/v1/search", q=q, limit=limit, cursor=cursor, **params)


def place_of(hit: Any) -> tuple[str, str]:
    return hit["resource"], hit["id"]


def test_exact_names_come_before_beginnings_before_words(get_ok: GetOk) -> None:
    hits = every_hit(get_ok, "Hairaton", 100)
    assert hits[0] == {
        "resource": "locations",
        "id": "hairatan",
        "name": "Hairatan",
        "kind": "town",
        "match": "exact",
    }
    assert hits[1]["id"] == "hairatan-crossing"
    assert hits[1]["match"] == "prefix"
    assert {hit["match"] for hit in hits[2:]} == {"words"}
    assert ("events", "hairatan-crossing-captured-2021") in map(place_of, hits)


@pytest.mark.parametrize("q", ["Taliban", "a", "Hairatan", "uzbek", "border crossing", "dostum", "Balkh", "ministry"])
def test_hits_are_in_the_order_of_tier_id_and_resource_and_each_is_there_once(get_ok: GetOk, q: str) -> None:
    hits = every_hit(get_ok, q, 1000)
    order = [(TIERS.index(hit["match"]), hit["id"], hit["resource"]) for hit in hits]
    assert order == sorted(order)
    assert len(set(map(place_of, hits))) == len(hits) > 1


@pytest.mark.parametrize("q", ["Taliban", "a", "uzbek", "Hairaton"])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_give_all_hits_once_and_in_order(get_ok: GetOk, q: str, limit: int) -> None:
    assert every_hit(get_ok, q, limit) == every_hit(get_ok, q, 1000)


def names_of(get_ok: GetOk) -> dict[tuple[str, str], set[str]]:
    """The keys of all names and ids of actors, places and sources, and of the titles of events."""
    found = {("events", row["id"]): {match_key(row["title"])} for row in get_ok("/v1/events", limit=1000)["items"]}
    for resource in NAMED:
        for row in get_ok(f"/v1/{resource}", limit=1000)["items"]:
            found[resource, row["id"]] = {
                match_key(row["id"]),
                match_key(row["name"]),
                *(match_key(alias["name"]) for alias in row["aliases"]),
            }
    return found


@pytest.mark.parametrize("q", ["Taliban", "t", "uzbek", "Mazar-e-Sharif", "MAZAR E SHARIF", "bne intellinews"])
def test_tiers_are_what_they_say(get_ok: GetOk, q: str) -> None:
    names, wanted = names_of(get_ok), match_key(q)
    tiers = {
        "exact": {at for at, keys in names.items() if wanted in keys},
        "prefix": {
            at for at, keys in names.items() if wanted not in keys and any(one.startswith(wanted) for one in keys)
        },
    }
    hits = every_hit(get_ok, q, 1000)
    for tier, expected in tiers.items():
        assert {place_of(hit) for hit in hits if hit["match"] == tier} == expected
    assert tiers["exact"] | tiers["prefix"]


def test_every_spelling_that_the_article_prints_is_an_exact_name(get_ok: GetOk) -> None:
    spellings = {
        (resource, row["id"]): [alias["name"] for alias in row["aliases"] if alias["as_printed"]]
        for resource in NAMED
        for row in get_ok(f"/v1/{resource}", limit=1000)["items"]
    }
    assert "Hairaton" in spellings["locations", "hairatan"]
    assert "ANDSF" in spellings["actors", "andsf"]
    for owner, printed in spellings.items():
        for spelling in printed:
            hits = get_ok("/v1/search", q=spelling, limit=20)["items"]
            assert owner in {place_of(hit) for hit in hits if hit["match"] == "exact"}, (owner, spelling)


def test_case_accents_and_hyphens_make_no_difference(get_ok: GetOk) -> None:
    expected = get_ok("/v1/search", q="Sherkhan Bandar")["items"]
    assert expected[0]["id"] == "sherkhan-bandar"
    for q in ("SHERKHAN BANDAR", "sherkhan-bandar", "Shérkhan  Bandár"):
        assert get_ok("/v1/search", q=q)["items"] == expected


def test_words_must_all_be_there_and_quotes_make_a_phrase(get_ok: GetOk) -> None:
    both = {place_of(hit) for hit in every_hit(get_ok, "Kaldar recaptured", 100)}
    kaldar = {place_of(hit) for hit in every_hit(get_ok, "Kaldar", 100)}
    assert both < kaldar
    phrase = {place_of(hit) for hit in every_hit(get_ok, '"take Kaldar again"', 100)}
    assert phrase == {("events", "kaldar-lost-again-2021-06-30")}
    assert get_ok("/v1/search", q='"again Kaldar take"')["items"] == []


def test_what_nothing_is_called_finds_nothing(get_ok: GetOk) -> None:
    found = get_ok("/v1/search", q="zzyzx")
    assert (found["items"], found["returned"], found["next"]) == ([], 0, None)


def test_events_that_were_not_yet_known_are_hidden(get_ok: GetOk) -> None:
    now, then = every_hit(get_ok, "uzbekistan", 1000), every_hit(get_ok, "uzbekistan", 1000, known_by="2021-06-28")
    known = {row["id"] for row in get_ok("/v1/events", known_by="2021-06-28", limit=1000)["items"]}
    assert then == [hit for hit in now if hit["resource"] != "events" or hit["id"] in known]
    assert [hit["id"] for hit in then if hit["resource"] == "events"] == [
        "uzbek-border-crossing-attempts-2021",
        "uzbek-spokesman-statement-2021-06-28",
    ]
    assert every_hit(get_ok, "uzbekistan", 3, known_by="2021-06-28") == then
    assert every_hit(get_ok, "uzbekistan", 1000, known_by="2021-07-05") == now


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({}, "q"),
        ({"q": "---"}, "q"),
        ({"q": "Kaldar", "sort": "id"}, "sort"),
        ({"q": "Kaldar", "limit": 0}, "limit"),
        ({"q": "Kaldar", "cursor": "made-up"}, "cursor"),
    ],
)
def test_what_is_not_understood_is_refused(get_problem: GetOk, params: Any, parameter: str) -> None:
    assert get_problem("/v1/search", **params)["parameter"] == parameter
