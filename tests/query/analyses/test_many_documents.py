"""Answers that hold when several documents tell the same war: exact numbers, of one pack and of two.

The first pack codes the article of 5 July 2021. The second codes another article of that day, which retells the flight
to Tajikistan and tells more of it. Both are asked over HTTP.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import SEED, Databases
from factories.packs import copy_with_second
from stored_state import load

from app.main import create_app
from app.settings import Settings

GetOk = Callable[..., Any]
Bounds = tuple[int | None, int | None, int | None]
FLIGHT, GROUP, NIGHT = "flight-to-tajikistan-2021", "khwahan-crossing-2021-07-04", "badakhshan-crossing-2021-07-05"
REFUGE, KHATLON = "refuge-in-uzbekistan-2021-06-23", "khatlon-crossing-2021-07"
PARTS_OF_NIGHT = [
    f"{place}-crossing-2021-07-05" for place in ("darvoz", "ishkashim", "shamsiddin-shohin", "shugnan")
] + ["vanj-crossing-2021-07-05"]
SHERKHAN = "sherkhan-bandar-captured-2021-06-21"
ASSAULT = "sherkhan-bandar-assault-2021-06-22"
HELMAND = [f"{place}-clashes-2021" for place in ("garmsir", "grishk", "lashkargah", "marjah", "nad-ali", "nawa")]
DISTRICTS_OF_BADAKHSHAN = ["ishkashim-afghanistan", "khwahan", "maimay", "nusay", "shekay", "shighnan"]
G, T = "afghan-government", "taliban"
LAST_REPORT = "2021-07-05"


@contextmanager
def asking(url: str) -> Iterator[GetOk]:
    with AppClient(create_app(Settings(database_url=url))) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params={name.rstrip("_"): value for name, value in params.items()})
            assert response.status_code == 200, response.text
            return response.json()

        yield get


@pytest.fixture(scope="session")
def two(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GetOk]:
    """The API over both packs."""
    url = databases.migrated()
    load(url, copy_with_second(tmp_path_factory.mktemp("two") / "packs"))
    with asking(url) as get:
        yield get


@pytest.fixture(params=["one pack", "two packs"])
def either(request: pytest.FixtureRequest, get_ok: GetOk, two: GetOk) -> GetOk:
    """The API over the first pack alone, and over both."""
    return get_ok if request.param == "one pack" else two


def totals(get: GetOk, window: str | None = None, **params: Any) -> Any:
    return get("/v1/movements/totals", **params, **({"datetime": window} if window else {}))


def bounds(row: Any) -> Bounds:
    return row["low"], row["best"], row["high"]


def ids(rows: Any) -> list[str]:
    return [row["id"] for row in rows]


def left_out(found: Any) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in found["excluded"]}


def control(get: GetOk, place: str, day: str, **params: Any) -> Any:
    (row,) = [r for r in get("/v1/control", place=place, as_of=day, **params)["items"] if r["location"]["id"] == place]
    return row


def id_of(ref: Any) -> str | None:
    return str(ref["id"]) if ref else None


def held(row: Any) -> tuple[str, str | None, str | None, list[str], str | None]:
    return row["state"], id_of(row["holder"]), id_of(row["last_holder"]), ids(row["candidates"]), row["basis"]


def opened(row: Any) -> dict[str, tuple[str, str]]:
    return {change["change"]["id"]: (change["extent"], change["status"]) for change in row["open"]}


def inside(row: Any) -> dict[str, str]:
    return {inner["location"]["id"]: inner["holder"]["id"] for inner in row["inside"]}


# Totals.

WINDOWS_OF_ONE: list[tuple[str | None, Bounds]] = [
    ("../2021-07-04", (501, None, 545)),
    ("2021-07-04", (94, None, 245)),
    ("../2021-07-03", (300, None, 545)),
    ("2021-06-30/2021-07-05", (501, None, 545)),
    ("2021-06-28/2021-06-29", (0, None, 545)),
    ("../2021-07-05", (545, 545, 545)),
    (None, (545, 545, 545)),
]
# 1,131 = 1,037 of the night + 94 from Khwahan. 1,425 = 1,573 less 131 over Sherkhan Bandar and 17 from Kaldar before.
# 1,579 = 1,037 + 94 + 131 + 17 + 300 into Khatlon: more than the total of 1,573, so nothing bounds it from above.
WINDOWS_OF_TWO: list[tuple[str | None, Bounds, bool]] = [
    ("../2021-07-04", (501, None, 1573), False),
    ("2021-07-04", (94, None, 245), False),
    ("../2021-07-03", (300, None, 1573), False),
    ("2021-06-30/2021-07-05", (1131, None, 1425), True),
    ("2021-06-28/2021-06-29", (0, None, 545), False),
    ("../2021-07-05", (1579, None, None), True),
    (None, (1579, None, None), True),
]


@pytest.mark.parametrize(("window", "expected"), WINDOWS_OF_ONE)
def test_soldiers_who_came_to_tajikistan_by_the_article(get_ok: GetOk, window: str | None, expected: Bounds) -> None:
    found = totals(get_ok, window, to="tajikistan", population="troops")
    assert bounds(found) == expected
    assert [(row["population"], bounds(row)) for row in found["by_population"]] == [("troops", expected)]
    assert (found["contradicted"], found["contradictions"]) == (False, [])
    assert ids(found["included"]) == [FLIGHT]
    assert set(left_out(found).items()) <= {(GROUP, "part_of")}


@pytest.mark.parametrize(("window", "expected", "contradicted"), WINDOWS_OF_TWO)
def test_soldiers_who_came_to_tajikistan_by_both(
    two: GetOk, window: str | None, expected: Bounds, contradicted: bool
) -> None:
    found = totals(two, window, to="tajikistan", population="troops")
    assert (bounds(found), found["contradicted"]) == (expected, contradicted)
    assert ids(found["included"]) == [FLIGHT]
    assert set(left_out(found).values()) <= {"part_of"}


def test_a_retelling_never_counts_anybody_twice(two: GetOk) -> None:
    found = totals(two, to="tajikistan")
    assert bounds(found) == (1579, None, None)
    assert left_out(found) == dict.fromkeys(
        [
            NIGHT,
            GROUP,
            KHATLON,
            "kaldar-crossing-2021-06-27",
            "sherkhan-bandar-crossing-2021-06-22",
            *PARTS_OF_NIGHT,
        ],
        "part_of",
    )


def test_a_contradicted_total_names_its_contradictions(two: GetOk) -> None:
    found = totals(two, "2021-06-30/2021-07-05", to="tajikistan")
    listed = {row["id"]: ids(row["events"]) for row in two("/v1/contradictions", kind="figure")["items"]}
    assert [FLIGHT, NIGHT] in [listed[id_] for id_ in found["contradictions"]]
    assert set(found["contradictions"]) <= set(listed)


def test_from_badakhshan_by_the_article(get_ok: GetOk) -> None:
    found = totals(get_ok, from_="badakhshan")
    assert bounds(found) == (94, None, None)
    assert [(row["id"], bounds(row)) for row in found["included"]] == [(GROUP, (94, 94, 94))]
    assert left_out(found) == {FLIGHT: "wider_place", REFUGE: "wider_place"}
    assert bounds(totals(get_ok, from_="badakhshan", to="tajikistan")) == (94, None, None)


def test_from_badakhshan_by_both(two: GetOk) -> None:
    found = totals(two, from_="badakhshan")
    assert bounds(found) == (1131, None, None)
    assert not found["contradicted"]
    assert [(row["id"], bounds(row)) for row in found["included"]] == [
        (NIGHT, (1037, 1037, 1037)),
        (GROUP, (94, 94, 94)),
    ]
    assert left_out(found) == dict.fromkeys([FLIGHT, KHATLON, REFUGE], "wider_place") | dict.fromkeys(
        PARTS_OF_NIGHT, "part_of"
    )


def test_the_crossing_of_the_night_has_one_origin_however_often_it_is_told(two: GetOk) -> None:
    night = two(f"/v1/events/{NIGHT}")
    assert (night["status"], ids(night["corroboration"]["origins"])) == ("reported", ["tajik-border-guards"])
    assert (night["corroboration"]["documents"], night["corroboration"]["asserting"]) == (1, 2)
    assert (bounds(night["movement"]["count"]), night["movement"]["count"]["contradicted"]) == (
        (1037, 1037, 1037),
        False,
    )
    assert night["part_of"]["id"] == FLIGHT
    assert night["date"] == {
        "earliest": "2021-07-04",
        "latest": "2021-07-05",
        "precision": "range",
        "printed": [],
        "edtf": "[2021-07-04..2021-07-05]",
    }


@pytest.mark.parametrize("date", ["2021-07-05", '{ earliest = 2021-06-21, latest = 2021-07-05, precision = "range" }'])
def test_a_retelling_counts_the_same_however_it_is_dated(databases: Databases, tmp_path: Path, date: str) -> None:
    folder = copy_with_second(tmp_path / "packs")
    file = folder / "tajik-border-2021" / "events" / "first.toml"
    told = 'printed = { quantity = "More than 1,000"'
    assert file.read_text("utf-8").count(told) == 1
    file.write_text(file.read_text("utf-8").replace(told, f"date = {date}\n{told}"), "utf-8")
    url = databases.migrated()
    load(url, folder)
    with asking(url) as get:
        assert bounds(totals(get, from_="badakhshan")) == (1131, None, None)
        assert bounds(get(f"/v1/events/{NIGHT}")["movement"]["count"]) == (1037, 1037, 1037)


# Summary of a window.


def tallies(get: GetOk, window: str) -> dict[str, tuple[tuple[int, int], ...]]:
    rows = get("/v1/control/summary", datetime=window, kind="district")["items"]
    return {
        row["actor"]["id"]: tuple((row[name]["low"], row[name]["high"]) for name in ("captured", "lost", "net"))
        for row in rows
    }


def test_districts_that_changed_hands_by_the_article(get_ok: GetOk) -> None:
    assert tallies(get_ok, "2021-06-28/2021-07-05") == {
        T: ((1, 3), (1, 1), (0, 2)),
        G: ((1, 1), (1, 3), (-2, 0)),
    }
    assert tallies(get_ok, "2021-06-29") == {T: ((0, 1), (1, 1), (-1, 0)), G: ((1, 1), (0, 1), (0, 1))}


def test_districts_that_changed_hands_by_both(two: GetOk) -> None:
    assert tallies(two, "2021-06-28/2021-07-05") == {
        T: ((7, 9), (1, 1), (6, 8)),
        G: ((1, 1), (7, 9), (-8, -6)),
    }
    assert tallies(two, "2021-06-29") == {T: ((0, 1), (1, 1), (-1, 0)), G: ((1, 1), (0, 1), (0, 1))}


# Control, which the second document leaves as it is where it tells nothing of it.


def test_the_north_is_contested_on_1_july(either: GetOk) -> None:
    row = control(either, "northern-afghanistan", "2021-07-01")
    assert held(row) == ("contested", None, G, [G], "inferred")
    assert opened(row) == {"northern-provinces-captured-2021": ("partial", "reported")}
    assert inside(row) == {"kaldar": T, "sherkhan-bandar": T}


def test_balkh_is_contested_on_5_july(either: GetOk) -> None:
    row = control(either, "balkh", "2021-07-05")
    assert held(row) == ("contested", None, G, [G, T], "inferred")
    assert opened(row) == {
        "balkh-districts-taken-2021": ("partial", "reported"),
        "balkh-captured-2021": ("full", "unconfirmed"),
    }
    assert inside(row) == {"kaldar": T}


def test_nobody_but_the_government_may_hold_hairatan_on_30_june(either: GetOk) -> None:
    assert held(control(either, "hairatan", "2021-06-29")) == ("held", G, G, [G], "inferred")
    row = control(either, "hairatan", "2021-06-30")
    assert held(row) == ("contested", None, G, [G], "inferred")
    assert opened(row) == {"hairatan-surroundings-taken-2021": ("surroundings", "reported")}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("1995-06-01", ("unknown", None, G, [], "carried_back")),
        ("2021-05-21", ("unknown", None, G, [], "carried_back")),
        ("2021-05-22", ("held", G, G, [G], "carried_back")),
        ("2021-06-10", ("held", G, G, [G], "carried_back")),
        ("2021-06-24", ("uncertain", None, G, [G, T], "inferred")),
        ("2021-06-28", ("held", T, T, [T], "stated")),
        ("2021-06-29", ("held", G, G, [G], "stated")),
        ("2021-06-30", ("held", T, T, [T], "stated")),
        ("2021-07-06", ("held", T, T, [T], "carried")),
        ("2021-08-04", ("held", T, T, [T], "carried")),
        ("2021-08-05", ("unknown", None, T, [], "carried")),
        ("2026-01-01", ("unknown", None, T, [], "carried")),
    ],
)
def test_kaldar(either: GetOk, day: str, expected: Any) -> None:
    assert held(control(either, "kaldar", day)) == expected


def test_nobody_is_known_to_hold_bagram_in_1995(either: GetOk) -> None:
    assert held(control(either, "bagram-air-base", "1995-06-01")) == (
        "unknown",
        None,
        "us-government",
        [],
        "carried_back",
    )
    row = control(either, "bagram-air-base", "2021-07-05")
    assert held(row) == ("held", G, G, [G], "stated")
    assert row["since"] == {"earliest": "2021-07-02", "latest": "2021-07-05"}


def test_badakhshan_is_contested_once_six_of_its_districts_are_told_to_have_fallen(get_ok: GetOk, two: GetOk) -> None:
    assert held(control(get_ok, "badakhshan", "2021-07-05")) == ("unknown", None, None, [], None)
    row = control(two, "badakhshan", "2021-07-05")
    assert held(row) == ("contested", None, G, [G], "inferred")
    assert opened(row) == {"badakhshan-falling-2021": ("partial", "reported")}
    assert inside(row) == dict.fromkeys(DISTRICTS_OF_BADAKHSHAN, T)
    for place in DISTRICTS_OF_BADAKHSHAN:
        assert held(control(two, place, "2021-07-05")) == ("held", T, T, [T], "stated")
        assert held(control(two, place, "2021-07-04")) == ("uncertain", None, G, [G, T], "inferred")


# Clashes, sources, words.


def test_six_clashes_in_helmand_certainly_go_on_on_5_july(either: GetOk) -> None:
    rows = either(
        "/v1/events", place="helmand", category="clash", datetime="2021-07-05", date_match="certain", sort="id"
    )["items"]
    assert ids(rows) == HELMAND
    assert {row["date"]["precision"] for row in rows} == {"span"}


@pytest.mark.parametrize(
    ("source", "events", "claims"),
    [
        ("RFE/RL", [FLIGHT], [f"{FLIGHT}-p25"]),
        (
            "Ministry of Defence",
            ["aman-statement-2021-06-30", "taliban-pushed-back-2021-06"],
            ["aman-statement-2021-06-30-p18", "taliban-pushed-back-2021-06-p18"],
        ),
    ],
)
def test_an_organisation_is_found_by_what_its_people_say(
    either: GetOk, source: str, events: list[str], claims: list[str]
) -> None:
    assert ids(either("/v1/events", source=source, sort="id")["items"]) == events
    assert ids(either("/v1/claims", source=source, sort="id")["items"]) == claims


def test_refugees_are_found_by_a_word(either: GetOk) -> None:
    found = ids(either("/v1/events", q="refugees", sort="id")["items"])
    assert found == [
        "civil-war-fears-2021",
        "special-visa-applications-2021",
        "termez-tent-camp-2021",
        "us-asks-for-tent-camp-2021",
    ]


# Contradictions and possible duplicates.


def test_a_total_and_a_larger_part_of_it_contradict_each_other(get_ok: GetOk, two: GetOk) -> None:
    assert get_ok("/v1/contradictions", kind="figure")["items"] == []
    rows = {tuple(ids(row["events"])): row["sides"] for row in two("/v1/contradictions", kind="figure")["items"]}
    whole, part = rows.pop((FLIGHT, NIGHT))
    assert (whole["says"], whole["claims"]) == (
        "545, 2021-06-28/2021-07-05",
        [{"id": f"{FLIGHT}-p25", "name": "paragraph 25"}],
    )
    assert part["says"] == "1037 in a part of it"
    assert set(ids(part["claims"])) == {f"{NIGHT}-p3", *(f"{id_}-p4" for id_ in PARTS_OF_NIGHT)}
    ((events, (total, parts)),) = rows.items()
    assert (events[0], total["says"], ids(total["claims"])) == (
        FLIGHT,
        "1573, 2021-06-21/2021-07-05",
        [f"{FLIGHT}-asia-plus-p6"],
    )
    assert parts["says"] == "at least 1579 in its parts together"


def test_sherkhan_bandar_was_attacked_a_day_after_it_fell(get_ok: GetOk, two: GetOk) -> None:
    assert get_ok("/v1/contradictions", kind="occasion")["items"] == []
    (row,) = two("/v1/contradictions", kind="occasion")["items"]
    assert ids(row["events"]) == [ASSAULT, SHERKHAN]
    assert [(side["says"], ids(side["claims"])) for side in row["sides"]] == [
        ("2021-06-22", [f"{ASSAULT}-p7"]),
        ("2021-06-21", [f"{SHERKHAN}-p22"]),
    ]


def test_two_stretches_of_one_campaign_are_no_contradiction(either: GetOk) -> None:
    rows = either("/v1/contradictions", kind="date")["items"]
    assert [ids(row["events"]) for row in rows] == [["northern-offensive-2021"]]


def test_what_the_second_document_may_tell_again_is_listed(get_ok: GetOk, two: GetOk) -> None:
    assert get_ok("/v1/duplicates")["items"] == []
    rows = two("/v1/duplicates")["items"]
    assert [(row["resource"], ids(row["items"])) for row in rows] == [
        ("events", ["kaldar-captured-2021-06", "kaldar-checkpoint-attacked-2021-06-27"]),
        ("events", [ASSAULT, SHERKHAN]),
    ]
    assert {tuple(row["packs"]) for row in rows} == {("northern-afghanistan-2021", "tajik-border-2021")}
    assert rows[1] == {
        "id": f"events:{ASSAULT}:{SHERKHAN}",
        "resource": "events",
        "items": [
            {"id": ASSAULT, "name": "Taliban attack Sherkhan Bandar"},
            {"id": SHERKHAN, "name": "Taliban capture the border crossing of Sherkhan Bandar"},
        ],
        "packs": ["northern-afghanistan-2021", "tajik-border-2021"],
        "reason": "control_change and offensive in sherkhan-bandar, 2021-06-21 and 2021-06-22, with andsf, taliban",
    }


# What must make no difference: the order in which packs come, and the day of the last report.

ASKED: list[tuple[str, dict[str, str]]] = [
    *(("/v1/movements/totals", {"to": "tajikistan"} | ({"datetime": w} if w else {})) for w, _ in WINDOWS_OF_ONE),
    ("/v1/movements/totals", {"from": "badakhshan"}),
    ("/v1/movements/totals", {"place": "badakhshan"}),
    ("/v1/control/summary", {"datetime": "2021-06-28/2021-07-05", "kind": "district"}),
    ("/v1/control/summary", {"datetime": "2021-06-29"}),
    *(
        ("/v1/control", {"as_of": day, "place": place})
        for day in ("1995-06-01", "2021-06-10", "2021-06-30", "2021-07-01", "2021-07-05", "2026-01-01")
        for place in ("northern-afghanistan", "bagram-air-base")
    ),
    ("/v1/control", {"as_of": "2021-07-05"}),
    ("/v1/locations/kaldar/control", {}),
    ("/v1/locations/badakhshan/control", {}),
    ("/v1/contradictions", {"limit": "1000"}),
    ("/v1/duplicates", {"limit": "1000"}),
    *((f"/v1/{name}", {"limit": "1000", "sort": "id"}) for name in ("events", "control-changes", "movements")),
    *((f"/v1/{name}", {"limit": "1000", "sort": "id"}) for name in ("claims", "figures")),
    ("/v1/stats", {"group_by": "status"}),
]


def without_history(body: Any) -> Any:
    """Return an answer without what tells of packs and revisions."""
    if isinstance(body, list):
        return [without_history(part) for part in body]
    if isinstance(body, dict):
        return {name: without_history(part) for name, part in body.items() if name not in ("revision", "packs")}
    return body


def test_the_order_in_which_packs_are_loaded_changes_no_answer(
    databases: Databases, tmp_path: Path, two: GetOk
) -> None:
    expected = [without_history(two(path, **params)) for path, params in ASKED]
    one_by_one, ahead = databases.migrated(), databases.migrated()
    load(one_by_one, SEED)
    load(one_by_one, copy_with_second(tmp_path / "one by one"))
    load(ahead, copy_with_second(tmp_path / "ahead", ahead=True))
    for url in (one_by_one, ahead):
        with asking(url) as get:
            for (path, params), answer in zip(ASKED, expected, strict=True):
                assert without_history(get(path, **params)) == answer, (path, params)


def test_taking_the_second_pack_out_again_leaves_the_answers_of_the_first(
    databases: Databases, tmp_path: Path, get_ok: GetOk
) -> None:
    folder, url = copy_with_second(tmp_path / "packs"), databases.migrated()
    load(url, folder)
    for events in (folder / "tajik-border-2021" / "events").iterdir():
        events.unlink()
    load(url, folder)
    with asking(url) as get:
        for path, params in ASKED:
            assert without_history(get(path, **params)) == without_history(get_ok(path, **params)), (path, params)


@pytest.mark.parametrize(("path", "params"), ASKED, ids=str)
def test_the_day_of_the_last_report_knows_everything(either: GetOk, path: str, params: dict[str, str]) -> None:
    assert either(path, **params, known_by=LAST_REPORT) == either(path, **params)
