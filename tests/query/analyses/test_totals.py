"""Totals and figures over HTTP: exact numbers of the article, and made data for what it has not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Databases, serving

GetOk = Callable[..., Any]
FLIGHT = "flight-to-tajikistan-2021"
GROUP = "khwahan-crossing-2021-07-04"
REFUGE = "refuge-in-uzbekistan-2021-06-23"
UNKNOWN = {"low": None, "best": None, "high": None}


def totals(get_ok: GetOk, **params: Any) -> Any:
    return get_ok("/v1/movements/totals", **params)


def bounds(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("low", "best", "high")}


def populations(found: Any) -> dict[str, Any]:
    return {row["population"]: bounds(row) for row in found["by_population"]}


def left_out(found: Any) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in found["excluded"]}


def ids(rows: Any) -> list[str]:
    return [row["id"] for row in rows]


def reasons(row: Any) -> dict[str, str]:
    return {told["claim"]["id"]: told["reason"] for told in row["superseded"]}


def test_545_soldiers_came_to_tajikistan_and_nobody_twice(get_ok: GetOk) -> None:
    found = totals(get_ok, to="tajikistan", population="troops", datetime="../2021-07-05")
    assert bounds(found) == {"low": 545, "best": 545, "high": 545}
    assert populations(found) == {"troops": bounds(found)}
    assert left_out(found) == {GROUP: "part_of"}
    (flight,) = found["included"]
    assert (flight["id"], bounds(flight), flight["contradicted"]) == (FLIGHT, bounds(found), False)
    assert flight["claims"] == [{"id": f"{FLIGHT}-p25", "name": "paragraph 25"}]


def test_every_other_telling_of_the_flight_is_superseded_with_its_reason(get_ok: GetOk) -> None:
    (flight,) = totals(get_ok, to="tajikistan", datetime="../2021-07-05")["included"]
    told = {row["claim"]["id"]: row["reason"] for row in flight["superseded"]}
    assert told == {
        f"{FLIGHT}-p1": "no_figure",
        f"{FLIGHT}-p3": "no_figure",
        f"{FLIGHT}-p5": "less_exact",
        f"{FLIGHT}-p21": "less_exact",
        f"{FLIGHT}-p23-week": "less_exact",
        f"{FLIGHT}-p23-total": "less_exact",
        f"{FLIGHT}-p23-badakhshan": "no_figure",
    }
    claims = {row["id"]: row["locator"] for row in get_ok(f"/v1/events/{FLIGHT}/claims")["items"]}
    assert set(claims) == {*told, f"{FLIGHT}-p25"}
    assert {row["claim"]["id"]: row["claim"]["name"] for row in flight["superseded"]}.items() <= claims.items()


def test_on_4_july_94_came_for_certain_and_at_most_those_who_had_not_come_before(get_ok: GetOk) -> None:
    for params in ({}, {"date_match": "certain"}):
        found = totals(get_ok, to="tajikistan", population="troops", datetime="2021-07-04", **params)
        assert bounds(found) == {"low": 94, "best": None, "high": 245}
        assert left_out(found) == {GROUP: "part_of"}
        (flight,) = found["included"]
        assert [claim["id"] for claim in flight["claims"]] == [f"{FLIGHT}-p25", f"{GROUP}-p24"]


def test_on_a_day_without_a_part_of_its_own_perhaps_nobody_came(get_ok: GetOk) -> None:
    found = totals(get_ok, to="tajikistan", datetime="2021-07-02")
    assert bounds(found) == {"low": 0, "best": None, "high": 545}
    assert bounds(totals(get_ok, to="tajikistan", datetime="2021-06-01")) == UNKNOWN


def test_dozens_were_expelled_from_uzbekistan(get_ok: GetOk) -> None:
    found = totals(get_ok, to="uzbekistan", outcome="expelled")
    assert bounds(found) == {"low": 24, "best": None, "high": 99}
    assert populations(found) == {"mixed": {"low": 24, "best": None, "high": 99}}
    assert [row["id"] for row in found["included"]] == [REFUGE]


def test_no_troops_were_admitted_to_uzbekistan(get_ok: GetOk) -> None:
    found = totals(get_ok, to="uzbekistan", outcome="admitted", population="troops")
    assert bounds(found) == UNKNOWN
    assert (found["by_population"], found["included"], found["excluded"]) == ([], [], [])


def test_those_barred_have_no_figure(get_ok: GetOk) -> None:
    found = totals(get_ok, to="uzbekistan", outcome="barred")
    assert bounds(found) == UNKNOWN
    assert left_out(found) == {"uzbek-border-crossing-attempts-2021": "no_figure"}


def test_troops_and_a_mixed_group_are_never_added_up(get_ok: GetOk) -> None:
    found = totals(get_ok)
    assert bounds(found) == UNKNOWN
    assert populations(found) == {
        "mixed": {"low": 24, "best": None, "high": 99},
        "troops": {"low": 545, "best": 545, "high": 545},
    }
    assert left_out(found)["dostum-evacuated-2021"] == "disputed"
    assert left_out(found)[GROUP] == "part_of"


def test_every_movement_that_matches_is_counted_or_left_out_once(get_ok: GetOk) -> None:
    for params in ({}, {"to": "tajikistan"}, {"actor": "afghan-government"}, {"datetime": "2021-07-04"}):
        found = totals(get_ok, **params)
        told = [row["id"] for row in (*found["included"], *found["excluded"])]
        assert sorted(told) == sorted(row["id"] for row in get_ok("/v1/movements", limit=1000, **params)["items"])
        assert len(told) == len(set(told))


def test_a_doubted_movement_that_is_asked_for_still_needs_a_figure(get_ok: GetOk) -> None:
    assert left_out(totals(get_ok, status="disputed")) == {"dostum-evacuated-2021": "no_figure"}


def test_what_was_not_yet_reported_does_not_count(get_ok: GetOk) -> None:
    found = totals(get_ok, known_by="2021-07-04")
    assert bounds(found) == UNKNOWN
    assert left_out(found) == {"uzbek-border-crossing-attempts-2021": "no_figure"}
    assert totals(get_ok, known_by="2021-07-05") == totals(get_ok)


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"limit": 5}, "limit"),
        ({"population": "soldiers"}, "population"),
        ({"to": "Tadjikistan"}, "to"),
        ({"outcome": "admited"}, "outcome"),
    ],
)
def test_what_is_not_understood_is_refused(get_problem: GetOk, params: Any, parameter: str) -> None:
    assert get_problem("/v1/movements/totals", **params)["parameter"] == parameter


# Figures.


def test_every_figure_of_every_claim_is_there_exactly_once(get_ok: GetOk) -> None:
    claims = get_ok("/v1/claims", limit=1000)["items"]
    found = get_ok("/v1/figures", limit=1000, count="exact")
    rows = {row["id"]: row for row in found["items"]}
    assert found["matched"] == len(rows) == len(found["items"]) == sum(len(claim["figures"]) for claim in claims)
    for claim in claims:
        for at, figure in enumerate(claim["figures"], 1):
            assert rows[f"{claim['id']}-f{at}"] == figure | {
                "id": f"{claim['id']}-f{at}",
                "claim": {"id": claim["id"], "name": claim["locator"]},
                "event": claim["event"],
                "stance": claim["stance"],
                "modality": claim["modality"],
                "origin": claim["origin"],
                "reported_on": claim["reported_on"],
            }


@pytest.mark.parametrize("name", ["measure", "count_kind"])
def test_figures_are_filtered_by(get_ok: GetOk, name: str) -> None:
    rows = get_ok("/v1/figures", limit=1000, sort="id")["items"]
    values = {row[name] for row in rows}
    assert len(values) > 1
    for value in values:
        found = get_ok("/v1/figures", limit=1000, sort="id", **{name: value})["items"]
        assert found == [row for row in rows if row[name] == value]


def test_figures_are_filtered_by_what_was_known(get_ok: GetOk) -> None:
    rows = get_ok("/v1/figures", limit=1000, sort="id")["items"]
    for day in ("2021-06-27", "2021-06-28", "2021-07-02", "2021-07-04", "2021-07-05"):
        found = get_ok("/v1/figures", limit=1000, sort="id", known_by=day)["items"]
        assert found == [row for row in rows if row["reported_on"] <= day]
    (attempts,) = get_ok("/v1/figures", known_by="2021-06-28")["items"]
    assert (attempts["measure"], attempts["low"], attempts["high"]) == ("attempts", 3, 9)


def test_seven_of_14_districts_is_a_figure(get_ok: GetOk) -> None:
    (row,) = get_ok("/v1/figures", measure="districts_held")["items"]
    assert (row["best"], row["of"], row["count_kind"], row["printed"]) == (7, 14, "stock", "seven")


def test_pages_of_figures_hold_every_one_once(get_ok: GetOk) -> None:
    whole = get_ok("/v1/figures", limit=1000)["items"]
    rows, page = [], get_ok("/v1/figures", limit=3)
    while True:
        rows += page["items"]
        if page["next"] is None:
            break
        page = get_ok("/v1/figures", limit=3, cursor=page["next"].partition("cursor=")[2])
    assert rows == whole


# Made data: doubted movements with figures, increments after a total, parts, populations.

FILES = {
    "pack": 'id = "ferry"\ntitle = "Ferry"\nversion = "1"\nlicence = "CC0-1.0"\ncitation = "None."\n'
    'document = "paper"\n[coverage]\nsources_searched = "None."\n',
    "sources": '[[source]]\nid = "agency"\nname = "Agency"\nkind = "agency"\n'
    '[[source]]\nid = "paper"\nname = "Paper"\nkind = "article"\npublished_on = 2020-01-31\n',
    "actors": "",
    "locations": '[[location]]\nid = "here"\nname = "Here"\nkind = "country"\ncountry = "AAA"\n'
    '[[location]]\nid = "there"\nname = "There"\nkind = "country"\ncountry = "BBB"\n',
}


def movement(id_: str, population: str, *claims: str, part_of: str | None = None) -> str:
    said = "".join(
        f'[[event.claim]]\nid = "{id_}-{at}"\nparagraph = {at}\nsummary = "Made up."\n{claim}\n'
        for at, claim in enumerate(claims, 1)
    )
    outer = f'part_of = "{part_of}"\n' if part_of else ""
    return (
        f'[[event]]\nid = "{id_}"\ncategory = "movement"\ntitle = "{id_}"\nsummary = "Made up."\nlocation = "here"\n'
        f'{outer}[event.movement]\nfrom = "here"\nto = "there"\npopulation = "{population}"\n'
        f'outcome = "admitted"\n{said}'
    )


def said(day: int, printed: str, kind: str = "cumulative", more: str = 'modality = "fact"') -> str:
    return (
        f"{more}\ndate = 2020-01-{day:02}\n"
        f'figures = [{{ measure = "persons_moved", printed = "{printed}", count_kind = "{kind}" }}]'
    )


AGENCY = 'modality = "fact"\nvia = ["agency"]\n'
EVENTS = "".join(
    [
        movement("boats", "civilians", said(3, "100"), said(3, "dozens", "increment"), said(3, "dozens")),
        movement("rafts", "civilians", said(4, "10"), said(4, "50", more='modality = "fact"\nstance = "denies"')),
        movement("swimmers", "civilians", said(5, "7", more='modality = "possible"')),
        movement(
            "trucks",
            "mixed",
            said(7, "40", more=AGENCY + "reported_on = 2020-01-08"),
            said(7, "60", more=AGENCY + "reported_on = 2020-01-09"),
            said(7, "80", more='modality = "planned"'),
            said(7, "30", "stock"),
            'modality = "fact"\ndate = 2020-01-07',
        ),
        movement("columns", "troops", said(6, "20", "stock"), said(6, "30", more='modality = "planned"')),
    ]
)


@pytest.fixture(scope="module")
def ferry(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GetOk]:
    files = {f"{file}.toml": text for file, text in {**FILES, "events/all": EVENTS}.items()}
    with serving(databases, tmp_path_factory.mktemp("packs"), "ferry", files) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params=params)
            assert response.status_code == 200, response.text
            return response.json()

        yield get


def test_doubted_movements_count_if_their_status_is_asked_for(ferry: GetOk) -> None:
    plain = totals(ferry, population="civilians")
    assert bounds(plain) == {"low": 100, "best": 100, "high": 100}
    assert left_out(plain) == {"rafts": "disputed", "swimmers": "unconfirmed"}
    assert bounds(totals(ferry, status="disputed")) == {"low": 10, "best": 10, "high": 10}
    assert bounds(totals(ferry, population="civilians", status="unconfirmed")) == {"low": 7, "best": 7, "high": 7}
    every = totals(ferry, population="civilians", status="reported,disputed,unconfirmed")
    assert bounds(every) == {"low": 117, "best": 117, "high": 117}
    assert every["excluded"] == []


def test_a_stock_and_a_plan_are_no_count(ferry: GetOk) -> None:
    assert left_out(totals(ferry, population="troops")) == {"columns": "no_figure"}


def test_claims_that_do_not_decide_say_why(ferry: GetOk) -> None:
    (boats,) = totals(ferry, population="civilians")["included"]
    assert ids(boats["claims"]) == ["boats-1"]
    assert reasons(boats) == {"boats-2": "less_exact", "boats-3": "less_exact"}
    (rafts,) = totals(ferry, status="disputed")["included"]
    assert ids(rafts["claims"]) == ["rafts-1"]
    assert reasons(rafts) == {"rafts-2": "denies"}
    (trucks,) = totals(ferry, population="mixed")["included"]
    assert ids(trucks["claims"]) == ["trucks-2"]
    assert reasons(trucks) == {
        "trucks-1": "replaced",
        "trucks-3": "planned",
        "trucks-4": "not_a_count",
        "trucks-5": "no_figure",
    }
    assert bounds(trucks) == {"low": 60, "best": 60, "high": 60}
