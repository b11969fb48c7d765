"""What a name may mean: which row, how it matched, who printed it so, and the nearest spellings of what has none."""

from collections.abc import Callable
from typing import Any

import pytest

GetOk = Callable[..., Any]
GetProblem = Callable[..., Any]

DOCUMENT = {"id": "bne-intellinews-2021-07-05", "name": "bne IntelliNews, 5 July 2021"}


def meant(get_ok: GetOk, name: str) -> list[tuple[str, str, str]]:
    """(resource, id, match) of every candidate, in order."""
    return [(row["resource"], row["id"], row["match"]) for row in get_ok("/v1/resolve", q=name)["items"]]


def test_a_spelling_of_the_article_leads_to_the_place_and_to_the_article(get_ok: GetOk) -> None:
    found = get_ok("/v1/resolve", q="Hairaton")
    assert found["items"] == [
        {
            "resource": "locations",
            "id": "hairatan",
            "name": "Hairatan",
            "kind": "town",
            "match": "alias",
            "matched": "Hairaton",
            "language": None,
            "as_printed": DOCUMENT,
        }
    ]
    assert (found["returned"], found["next"]) == (1, None)


@pytest.mark.parametrize(
    ("name", "resource", "id_", "match"),
    [
        ("kaldar", "locations", "kaldar", "id"),
        ("Mazar-el-sharif", "locations", "mazar-e-sharif", "alias"),
        ("MAZAR E SHARIF", "locations", "mazar-e-sharif", "id"),
        ("کلدار", "locations", "kaldar", "alias"),
        ("lashkar gah", "locations", "lashkargah", "id"),
        ("Turkiye", "locations", "turkey", "alias"),
        ("hilmand", "locations", "helmand", "alias"),
        ("ANDSF", "actors", "andsf", "id"),
        ("General Dostum", "actors", "abdul-rashid-dostum", "alias"),
        ("us MILITARY", "actors", "us-forces", "alias"),
        ("Recep Tayyip Erdogan", "actors", "recep-tayyip-erdogan", "id"),
        ("Pazhvak", "sources", "pajhwok", "alias"),
        ("RFE/RL", "sources", "rfe-rl", "id"),
        ("ocha-cod-ab:AF21", "locations", "balkh", "code"),
        ("iso-3166-1-alpha-3:UZB", "locations", "uzbekistan", "code"),
        ("ucdp-actor:303", "actors", "taliban", "code"),
    ],
)
def test_a_name_leads_to_its_row_first(get_ok: GetOk, name: str, resource: str, id_: str, match: str) -> None:
    assert meant(get_ok, name)[0] == (resource, id_, match)


def test_a_name_of_several_resources_leads_to_all_of_them(get_ok: GetOk) -> None:
    rows = {(resource, id_) for resource, id_, match in meant(get_ok, "Abror Kurbanmuradov") if match != "near"}
    assert rows == {("actors", "abror-kurbanmuradov"), ("sources", "abror-kurbanmuradov")}
    ministry = {(resource, id_) for resource, id_, match in meant(get_ok, "MoD") if match == "alias"}
    assert ministry == {("actors", "afghan-ministry-of-defence"), ("sources", "afghan-ministry-of-defence")}


def test_a_row_is_a_candidate_only_once(get_ok: GetOk) -> None:
    for name in ("Kaldar", "Balkh", "taliban", "Eurasianet", "ANDSF"):
        rows = [(resource, id_) for resource, id_, match in meant(get_ok, name) if match != "near"]
        assert len(rows) == len(set(rows)), name


def test_a_name_that_is_exact_has_no_candidates_that_are_only_near(get_ok: GetOk) -> None:
    for name in ("Hairaton", "taliban", "Eurasianet"):
        assert {match for _, _, match in meant(get_ok, name)} <= {"id", "name", "alias", "code"}, name


@pytest.mark.parametrize(
    ("name", "resource", "id_"),
    [
        ("Kaldr", "locations", "kaldar"),
        ("Hairatonn", "locations", "hairatan"),
        ("Talibann", "actors", "taliban"),
        ("Sherkan Bandar", "locations", "sherkhan-bandar"),
        ("Eurasiannet", "sources", "eurasianet"),
    ],
)
def test_a_misspelt_name_leads_to_the_nearest_spelling_first(get_ok: GetOk, name: str, resource: str, id_: str) -> None:
    found = meant(get_ok, name)
    assert {match for _, _, match in found} == {"near"}
    assert found[0][:2] == (resource, id_)


def test_a_near_spelling_says_which_name_it_is_near_to(get_ok: GetOk) -> None:
    first = get_ok("/v1/resolve", q="Hairatonn")["items"][0]
    assert (first["id"], first["matched"], first["as_printed"]) == ("hairatan", "Hairaton", DOCUMENT)


@pytest.mark.parametrize("name", ["zzzzqqqq", "?!", "%", "_", "ocha-cod-ab:", ":", "ocha-cod-ab:AF9999"])
def test_a_name_of_nothing_has_no_candidates(get_ok: GetOk, name: str) -> None:
    assert get_ok("/v1/resolve", q=name)["items"] == []


def test_a_code_means_here_what_it_means_in_a_filter(get_ok: GetOk) -> None:
    for code in ("OCHA-COD-AB:AF21", "ocha-cod-ab:af21", "Ocha-Cod-Ab:Af21"):
        places = get_ok("/v1/locations", place=code, sort="id")["items"]
        assert places == get_ok("/v1/locations", place="balkh", sort="id")["items"]
        assert meant(get_ok, code) == [("locations", "balkh", "code")]


def test_a_name_has_to_be_given(get_problem: GetProblem) -> None:
    for params in ({}, {"q": ""}):
        problem = get_problem("/v1/resolve", **params)
        assert (problem["parameter"], problem["value"]) == ("q", "")
    assert get_problem("/v1/resolve", name="Kaldar")["parameter"] == "name"
    assert get_problem("/v1/resolve", q="Kal\x00dar")["parameter"] == "q"
    assert get_problem("/v1/resolve", q="k" * 2001)["parameter"] == "q"


def test_every_name_of_every_row_resolves_to_it(get_ok: GetOk) -> None:
    for resource in ("locations", "actors", "sources"):
        for row in get_ok(f"/v1/{resource}", limit=1000)["items"]:
            for name in [row["id"], row["name"], *(alias["name"] for alias in row["aliases"])]:
                assert (resource, row["id"]) in {found[:2] for found in meant(get_ok, name)}, name
