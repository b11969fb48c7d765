"""Control over HTTP: who held what on a day, through time and summed up over a window."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, serving

GetOk = Callable[..., Any]
GOVERNMENT = {"id": "afghan-government", "name": "Government of Afghanistan"}
TALIBAN = {"id": "taliban", "name": "Taliban"}
HAIRATAN = ("hairatan", "hairatan-crossing")
JUNE_AND_JULY = [(date(2021, 5, 25) + timedelta(days=at)).isoformat() for at in range(55)]


def one(get_ok: GetOk, place: str, day: str, **params: Any) -> Any:
    """The row of exactly this place."""
    rows = get_ok("/v1/control", place=place, as_of=day, **params)["items"]
    (row,) = [row for row in rows if row["location"]["id"] == place]
    return row


def short(row: Any) -> tuple[str | None, str, list[str], tuple[str, str] | None, str | None, str | None]:
    """The last holder, who is the holder exactly while the state is `held`, and what it rests on."""
    last_holder = row["last_holder"] and row["last_holder"]["id"]
    assert row["holder"] == (row["last_holder"] if row["state"] == "held" else None)
    return (
        last_holder,
        row["state"],
        [side["id"] for side in row["candidates"]],
        row["since"] and (row["since"]["earliest"], row["since"]["latest"]),
        row["change"] and row["change"]["id"],
        row["basis"],
    )


G, T = "afghan-government", "taliban"
RECAPTURED, LOST_AGAIN = ("2021-06-29", "2021-06-29"), ("2021-06-30", "2021-06-30")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2021-05-21", (G, "unknown", [], None, None, "carried_back")),
        ("2021-06-01", (G, "held", [G], None, None, "carried_back")),
        ("2021-06-24", (G, "uncertain", [G, T], None, None, "inferred")),
        ("2021-06-27", (G, "uncertain", [G, T], None, None, "inferred")),
        ("2021-06-28", (T, "held", [T], ("2021-06-21", "2021-06-28"), "kaldar-captured-2021-06", "stated")),
        ("2021-06-29", (G, "held", [G], RECAPTURED, "kaldar-recaptured-2021-06-29", "stated")),
        ("2021-06-30", (T, "held", [T], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "stated")),
        ("2021-07-05", (T, "held", [T], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "stated")),
        ("2021-07-06", (T, "held", [T], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "carried")),
        ("2021-08-04", (T, "held", [T], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "carried")),
        ("2021-08-05", (T, "unknown", [], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "carried")),
        ("2025-01-01", (T, "unknown", [], LOST_AGAIN, "kaldar-lost-again-2021-06-30", "carried")),
    ],
)
def test_kaldar_changes_hands_three_times(get_ok: GetOk, day: str, expected: Any) -> None:
    assert short(one(get_ok, "kaldar", day)) == expected


def test_a_row_refers_to_its_place_its_sides_and_its_change(get_ok: GetOk) -> None:
    assert one(get_ok, "kaldar", "2021-06-29") == {
        "location": {"id": "kaldar", "name": "Kaldar"},
        "holder": GOVERNMENT,
        "last_holder": GOVERNMENT,
        "state": "held",
        "candidates": [GOVERNMENT],
        "since": {"earliest": "2021-06-29", "latest": "2021-06-29"},
        "change": {"id": "kaldar-recaptured-2021-06-29", "name": "Government forces and militia retake Kaldar"},
        "open": [],
        "inside": [],
        "basis": "stated",
    }


def test_an_open_change_is_there_with_its_dates_and_a_place_inside_with_its_holder(get_ok: GetOk) -> None:
    row = one(get_ok, "balkh", "2021-07-05")
    assert row["open"] == [
        {
            "change": {"id": "balkh-districts-taken-2021", "name": "Taliban hold half of the districts of Balkh"},
            "extent": "partial",
            "status": "reported",
            "date": {"earliest": "2021-06-30", "latest": "2021-07-04"},
        },
        {
            "change": {"id": "balkh-captured-2021", "name": "All of Balkh said to have fallen to the Taliban"},
            "extent": "full",
            "status": "unconfirmed",
            "date": {"earliest": "2021-06-30", "latest": "2021-07-05"},
        },
    ]
    assert row["inside"] == [{"location": {"id": "kaldar", "name": "Kaldar"}, "holder": TALIBAN}]


def test_sherkhan_bandar_turns_on_21_june(get_ok: GetOk) -> None:
    assert short(one(get_ok, "sherkhan-bandar", "2021-06-20")) == (G, "held", [G], None, None, "carried_back")
    assert short(one(get_ok, "sherkhan-bandar", "2021-06-21")) == (
        T,
        "held",
        [T],
        ("2021-06-21", "2021-06-21"),
        "sherkhan-bandar-captured-2021-06-21",
        "stated",
    )


@pytest.mark.parametrize("known_by", [None, "2021-07-04", "2021-07-05"])
def test_hairatan_and_its_crossing_are_on_no_day_plainly_held_by_the_taliban(
    get_ok: GetOk, known_by: str | None
) -> None:
    params = {"known_by": known_by} if known_by else {}
    for place in HAIRATAN:
        for stretch in get_ok(f"/v1/locations/{place}/control", **params)["items"]:
            assert stretch["last_holder"] == GOVERNMENT
            assert stretch["holder"] in (GOVERNMENT, None)
        held = [row for row in get_ok(f"/v1/locations/{place}/control", **params)["items"] if row["state"] == "held"]
        assert (held[0]["from"], held[-1]["until"]) == ("2021-05-22", "2021-06-30")
    for day in ("2021-06-30", "2021-07-05", "2021-07-20"):
        assert one(get_ok, "hairatan", day, **params)["state"] == "contested"
        assert one(get_ok, "hairatan-crossing", day, **params)["state"] == "unconfirmed"
        # nobody says that they are in the town
        assert one(get_ok, "hairatan", day, **params)["candidates"] == [GOVERNMENT]
        assert one(get_ok, "hairatan-crossing", day, **params)["candidates"] == [GOVERNMENT, TALIBAN]


def test_balkh_of_which_a_part_has_fallen_is_contested(get_ok: GetOk) -> None:
    row = one(get_ok, "balkh", "2021-07-05")
    assert short(row) == (G, "contested", [G, T], None, None, "inferred")


def test_a_place_asked_for_by_name_has_its_row_even_if_nothing_is_known(get_ok: GetOk) -> None:
    rows = get_ok("/v1/control", as_of="2021-07-05", place="Kabul,sherkhan bandar")["items"]
    found = {row["location"]["id"]: short(row) for row in rows}
    assert found["kabul"] == (None, "unknown", [], None, None, None)
    assert found["sherkhan-bandar"][:2] == (T, "held")
    everywhere = {row["location"]["id"] for row in get_ok("/v1/control", as_of="2021-07-05")["items"]}
    assert "kabul" not in everywhere
    assert {"kaldar", "sherkhan-bandar", *HAIRATAN} <= everywhere


def test_a_place_includes_what_is_inside_it_and_hands_nothing_up_or_down(get_ok: GetOk) -> None:
    rows = get_ok("/v1/control", as_of="2021-06-29", place="balkh")["items"]
    assert {row["location"]["id"]: row["state"] for row in rows} == {
        "balkh": "held",
        "hairatan": "held",
        "hairatan-crossing": "held",
        "kaldar": "held",
    }
    assert short(one(get_ok, "kunduz", "2021-07-05"))[1] == "unknown"


def test_a_kind_of_place_is_a_filter(get_ok: GetOk) -> None:
    everything = get_ok("/v1/control", as_of="2021-07-05")["items"]
    kinds = {row["id"]: row["kind"] for row in get_ok("/v1/locations", limit=1000)["items"]}
    assert len({kinds[row["location"]["id"]] for row in everything}) > 3
    for kind in set(kinds.values()):
        found = get_ok("/v1/control", as_of="2021-07-05", kind=kind)["items"]
        assert found == [row for row in everything if kinds[row["location"]["id"]] == kind]


def test_a_holder_is_a_filter(get_ok: GetOk) -> None:
    everything = get_ok("/v1/control", as_of="2021-07-05")["items"]
    for side in (G, T):
        found = get_ok("/v1/control", as_of="2021-07-05", holder=side)["items"]
        assert found == [row for row in everything if row["holder"] and row["holder"]["id"] == side]
        last = get_ok("/v1/control", as_of="2021-07-05", last_holder=side)["items"]
        assert last == [row for row in everything if row["last_holder"]["id"] == side]
        assert set(map(str, found)) <= set(map(str, last))
    assert {row["location"]["id"] for row in get_ok("/v1/control", as_of="2021-07-05", holder=T)["items"]} >= {
        "kaldar",
        "sherkhan-bandar",
    }
    both = get_ok("/v1/control", as_of="2021-07-05", holder="Taliban,afghan-government")["items"]
    assert both == [row for row in everything if row["state"] == "held"]
    assert get_ok("/v1/control", as_of="2021-07-05", last_holder="Taliban,afghan-government")["items"] == everything
    assert get_ok("/v1/control", as_of="2021-07-05", holder="uzbek-government")["items"] == []
    assert get_ok("/v1/control", as_of="2021-07-05", last_holder="uzbek-government")["items"] == []


def test_a_state_is_a_filter(get_ok: GetOk) -> None:
    everything = get_ok("/v1/control", as_of="2021-07-05")["items"]
    states = {row["location"]["id"]: row["state"] for row in everything}
    assert states == {
        "bagram-air-base": "held",
        "balkh": "contested",
        "hairatan": "contested",
        "hairatan-crossing": "unconfirmed",
        "kaldar": "held",
        "khakrez": "held",
        "northern-afghanistan": "contested",
        "sherkhan-bandar": "held",
    }
    for state in ("held", "uncertain", "disputed", "unconfirmed", "contested", "unknown"):
        found = get_ok("/v1/control", as_of="2021-07-05", state=state)["items"]
        assert found == [row for row in everything if row["state"] == state]
    found = get_ok("/v1/control", as_of="2021-07-05", state="contested,unconfirmed", last_holder=G, place="balkh")
    assert [row["location"]["id"] for row in found["items"]] == ["balkh", "hairatan", "hairatan-crossing"]


def test_what_is_not_known_any_more_has_a_row_only_if_it_is_asked_for(get_ok: GetOk) -> None:
    places = [row["location"]["id"] for row in get_ok("/v1/control", as_of="2021-07-05")["items"]]
    for day in ("1995-06-01", "2026-01-01"):
        assert get_ok("/v1/control", as_of=day)["items"] == []
        unknown = get_ok("/v1/control", as_of=day, state="unknown")["items"]
        assert [row["location"]["id"] for row in unknown] == places
        assert {row["state"] for row in unknown} == {"unknown"}
        assert None not in [row["last_holder"] for row in unknown]
        assert one(get_ok, "kaldar", day) in unknown


def test_the_horizon_is_counted_in_days_from_what_the_packs_cover(get_ok: GetOk) -> None:
    for days, day, state in [
        (0, "2021-06-21", "uncertain"),
        (0, "2021-06-20", "unknown"),
        (0, "2021-07-05", "held"),
        (0, "2021-07-06", "unknown"),
        (5, "2021-07-10", "held"),
        (5, "2021-07-11", "unknown"),
        (31, "2021-08-05", "held"),
        (36525, "1995-06-01", "held"),
        (36525, "2026-01-01", "held"),
    ]:
        row = one(get_ok, "kaldar", day, horizon_days=days)
        assert (row["state"], row["last_holder"]["id"]) == (state, T if day > "2021-06-30" else G), (days, day)
    rows = get_ok("/v1/control", as_of="2021-07-10", horizon_days=5)["items"]
    assert rows == get_ok("/v1/control", as_of="2021-07-10")["items"]
    assert get_ok("/v1/control", as_of="2021-07-10", horizon_days=4)["items"] == []


def test_what_was_not_yet_reported_is_hidden(get_ok: GetOk) -> None:
    early = get_ok("/v1/control", as_of="2021-07-05", known_by="2021-07-04")["items"]
    assert {row["location"]["id"] for row in early} == set(HAIRATAN)
    assert short(one(get_ok, "kaldar", "2021-07-05", known_by="2021-07-04"))[1] == "unknown"
    assert get_ok("/v1/control", as_of="2021-07-05", known_by="2021-07-03")["items"] == []
    assert get_ok("/v1/locations/kaldar/control", known_by="2021-07-04")["items"] == [
        {
            "from": None,
            "until": None,
            "holder": None,
            "last_holder": None,
            "state": "unknown",
            "candidates": [],
            "since": None,
            "change": None,
            "open": [],
            "inside": [],
            "basis": None,
        }
    ]
    everything = get_ok("/v1/control", as_of="2021-07-05")
    assert get_ok("/v1/control", as_of="2021-07-05", known_by="2021-07-05") == everything


def test_a_day_must_be_named(get_problem: GetOk) -> None:
    assert get_problem("/v1/control")["parameter"] == "as_of"
    assert "needed" in get_problem("/v1/control", place="kaldar")["reason"]
    assert get_problem("/v1/control/summary")["parameter"] == "datetime"


@pytest.mark.parametrize(
    ("params", "parameter", "meant"),
    [
        ({"as_of": "29 June"}, "as_of", None),
        ({"as_of": "2021-06-29", "place": "Kalder"}, "place", "kaldar"),
        ({"as_of": "2021-06-29", "holder": "Talibans"}, "holder", "taliban"),
        ({"as_of": "2021-06-29", "kind": "districts"}, "kind", "district"),
        ({"as_of": "2021-06-29", "state": "conteste"}, "state", "contested"),
        ({"as_of": "2021-06-29", "last_holder": "Talibans"}, "last_holder", "taliban"),
        ({"as_of": "2021-06-29", "horizon_days": "-1"}, "horizon_days", None),
        ({"as_of": "2021-06-29", "horizon_days": "a month"}, "horizon_days", None),
        ({"as_of": "2021-06-29", "knownby": "2021-06-29"}, "knownby", "known_by"),
    ],
)
def test_what_is_not_understood_is_refused(get_problem: GetOk, params: Any, parameter: str, meant: str | None) -> None:
    problem = get_problem("/v1/control", **params)
    assert problem["parameter"] == parameter
    assert meant is None or meant in str(problem["did_you_mean"]).casefold()


def test_the_timeline_of_kaldar(get_ok: GetOk) -> None:
    rows = get_ok("/v1/locations/kaldar/control")["items"]
    assert [(row["from"], row["until"], *short(row)[:2], row["basis"]) for row in rows] == [
        (None, "2021-05-22", G, "unknown", "carried_back"),
        ("2021-05-22", "2021-06-21", G, "held", "carried_back"),
        ("2021-06-21", "2021-06-28", G, "uncertain", "inferred"),
        ("2021-06-28", "2021-06-29", T, "held", "stated"),
        ("2021-06-29", "2021-06-30", G, "held", "stated"),
        ("2021-06-30", "2021-07-06", T, "held", "stated"),
        ("2021-07-06", "2021-08-05", T, "held", "carried"),
        ("2021-08-05", None, T, "unknown", "carried"),
    ]


@pytest.mark.parametrize("known_by", [None, "2021-07-04"])
def test_reading_a_timeline_at_a_day_gives_the_control_of_that_day(get_ok: GetOk, known_by: str | None) -> None:
    params = {"known_by": known_by} if known_by else {}
    places = [row["location"]["id"] for row in get_ok("/v1/control", as_of="2021-07-05")["items"]]
    timelines = {place: get_ok(f"/v1/locations/{place}/control", **params)["items"] for place in places}
    for rows in timelines.values():
        assert rows[0]["from"] is None
        assert rows[-1]["until"] is None
        assert [row["until"] for row in rows[:-1]] == [row["from"] for row in rows[1:]]
    for day in ("0001-01-01", *JUNE_AND_JULY[:: 1 if known_by is None else 7], "9999-12-31"):
        on_the_day = get_ok("/v1/control", as_of=day, place=",".join(places), **params)["items"]
        states = {row["location"]["id"]: row for row in on_the_day}
        for place, rows in timelines.items():
            (at,) = [row for row in rows if (row["from"] or "") <= day and (row["until"] is None or day < row["until"])]
            state = {name: value for name, value in at.items() if name not in ("from", "until")}
            assert state | {"location": states[place]["location"]} == states[place], (place, day)


def test_the_timeline_of_an_unknown_place_is_a_404(client: AppClient) -> None:
    assert client.get("/v1/locations/atlantis/control").status_code == 404


def tally(row: Any) -> tuple[tuple[int, int], ...]:
    """Captured, lost and net, each from low to high."""
    return tuple((row[name]["low"], row[name]["high"]) for name in ("captured", "lost", "net"))


def exactly(*numbers: int) -> tuple[tuple[int, int], ...]:
    return tuple((number, number) for number in numbers)


def test_the_districts_and_crossings_that_the_taliban_took(get_ok: GetOk) -> None:
    rows = get_ok("/v1/control/summary", datetime="2021-06-01/2021-07-05", actor="taliban")["items"]
    assert {row["kind"]: tally(row) for row in rows} == {
        "district": exactly(3, 1, 2),
        "border_crossing": exactly(1, 0, 1),
    }
    (districts,) = [row for row in rows if row["kind"] == "district"]
    assert [change["id"] for change in districts["changes"]] == [
        "kaldar-captured-2021-06",
        "kaldar-recaptured-2021-06-29",
        "kaldar-lost-again-2021-06-30",
        "khakrez-captured-2021",
    ]
    (figure,) = districts["figures"]
    assert (figure["best"], figure["of"], figure["measure"]) == (7, 14, "districts_held")
    assert (figure["claim"]["id"], figure["event"]["id"], figure["origin"]["id"]) == (
        "balkh-districts-taken-2021-p18",
        "balkh-districts-taken-2021",
        "ariana-news",
    )


def test_kaldar_alone_is_captured_twice_lost_once_and_kept(get_ok: GetOk) -> None:
    rows = get_ok("/v1/control/summary", datetime="2021-06-01/2021-07-05", place="kaldar", kind="district")["items"]
    assert {row["actor"]["id"]: tally(row) for row in rows} == {T: exactly(2, 1, 1), G: exactly(1, 2, -1)}
    rows = get_ok("/v1/control/summary", datetime="2021-06-01/2021-06-29", place="kaldar", kind="district")["items"]
    assert {row["actor"]["id"]: tally(row) for row in rows} == {T: exactly(1, 1, 0), G: exactly(1, 1, 0)}


def test_a_fuzzy_capture_is_only_possible_in_a_part_of_its_days(get_ok: GetOk, get_problem: GetOk) -> None:
    window = {"datetime": "2021-06-25/2021-06-29", "place": "kaldar", "kind": "district"}
    rows = get_ok("/v1/control/summary", **window)["items"]
    assert {row["actor"]["id"]: tally(row) for row in rows} == {
        T: ((0, 1), (1, 1), (-1, 0)),
        G: ((1, 1), (0, 1), (0, 1)),
    }
    assert get_problem("/v1/control/summary", **window, date_match="certain")["parameter"] == "date_match"


def test_a_reported_total_counts_only_if_its_day_is_in_the_window(get_ok: GetOk) -> None:
    def printed(window: str, **params: Any) -> list[str]:
        rows = get_ok("/v1/control/summary", datetime=window, actor="taliban", **params)["items"]
        return [figure["printed"] for row in rows for figure in row["figures"]]

    assert printed("2021-07-04/2021-07-04") == ["seven"]
    assert printed("2021-06-01/2021-07-03") == []
    assert printed("2021-06-01/2021-07-05", known_by="2021-07-04") == []
    assert printed("2021-06-01/2021-07-05", place="balkh") == ["seven"]
    assert printed("2021-06-01/2021-07-05", place="kunduz") == []


def test_a_summary_may_begin_on_the_first_day_of_the_calendar(get_ok: GetOk) -> None:
    whole = get_ok("/v1/control/summary", datetime="../2021-07-05")["items"]
    assert get_ok("/v1/control/summary", datetime="0001-01-01/2021-07-05")["items"] == whole


# Made data: holders that are part of others, and reports that come one after the other.

FILES = {
    "pack": 'id = "shore"\ntitle = "Shore"\nversion = "1"\nlicence = "CC0-1.0"\ncitation = "None."\n'
    'document = "paper"\ncut_off = 2020-01-31\n[coverage]\nsources_searched = "None."\n',
    "sources": '[[source]]\nid = "agency"\nname = "Agency"\nkind = "agency"\n'
    '[[source]]\nid = "paper"\nname = "Paper"\nkind = "article"\npublished_on = 2020-01-31\n'
    '[[source]]\nid = "rumour"\nname = "Rumour"\nkind = "unattributed"\n',
    "actors": '[[actor]]\nid = "crown"\nname = "Crown"\nkind = "government"\n'
    '[[actor]]\nid = "guards"\nname = "Guards"\nkind = "militia"\n'
    'relations = [{ type = "part_of", actor = "crown", until = 2020-01-15 }]\n'
    '[[actor]]\nid = "lancers"\nname = "Lancers"\nkind = "militia"\n'
    'relations = [{ type = "part_of", actor = "rebels" }, { type = "allied_with", actor = "crown" }]\n'
    '[[actor]]\nid = "rebels"\nname = "Rebels"\nkind = "rebel_group"\n',
    "locations": "".join(
        f'[[location]]\nid = "{place}"\nname = "{place.title()}"\nkind = "country"\ncountry = "{place[:3].upper()}"\n'
        for place in ("ford", "mill", "north", "tower")
    ),
}


def taken(place: str, gained_by: str, lost_by: str, *claims: str) -> str:
    said = "".join(
        f'[[event.claim]]\nid = "{place}-taken-{at}"\nparagraph = {at}\nsummary = "Made up."\n{claim}\n'
        for at, claim in enumerate(claims, 1)
    )
    return (
        f'[[event]]\nid = "{place}-taken"\ncategory = "control_change"\ntitle = "{place}"\nsummary = "Made up."\n'
        f'location = "{place}"\n[event.control_change]\ngained_by = "{gained_by}"\nlost_by = "{lost_by}"\n'
        f'extent = "full"\nmeans = "captured"\n{said}'
    )


EVENTS = "".join(
    [
        taken("ford", "lancers", "crown", 'modality = "fact"\ndate = 2020-01-05'),
        taken("mill", "guards", "rebels", 'modality = "fact"\ndate = 2020-01-05'),
        taken(
            "tower",
            "rebels",
            "crown",
            'modality = "possible"\nvia = ["rumour"]\nreported_on = 2020-01-10\ndate = 2020-01-05',
            'modality = "fact"\nvia = ["agency"]\nreported_on = 2020-01-12\ndate = 2020-01-05',
            'modality = "fact"\nstance = "denies"\nvia = ["agency"]\nreported_on = 2020-01-20\ndate = 2020-01-05',
        ),
        taken("north", "rebels", "crown", 'modality = "fact"\ndate = { earliest = 2020-01-05, precision = "range" }'),
    ]
)


@pytest.fixture(scope="module")
def shore(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GetOk]:
    files = {f"{file}.toml": text for file, text in {**FILES, "events/all": EVENTS}.items()}
    with serving(databases, tmp_path_factory.mktemp("packs"), "shore", files) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params=params or None)
            assert response.status_code == 200, response.text
            return response.json()

        yield get


def held_by(shore: GetOk, holder: str, day: str, param: str = "holder") -> list[str]:
    return [row["location"]["id"] for row in shore("/v1/control", as_of=day, **{param: holder})["items"]]


def test_a_holder_includes_what_is_part_of_it_and_never_its_allies(shore: GetOk) -> None:
    assert held_by(shore, "rebels", "2020-01-06") == ["ford"]
    assert held_by(shore, "lancers", "2020-01-06") == ["ford"]
    assert held_by(shore, "crown", "2020-01-06") == ["mill"]
    assert held_by(shore, "crown", "2020-01-06", "last_holder") == ["mill", "north", "tower"]


def test_a_part_counts_for_its_whole_only_while_it_is_part_of_it(shore: GetOk) -> None:
    assert "mill" in held_by(shore, "crown", "2020-01-15")
    assert "mill" not in held_by(shore, "crown", "2020-01-16")
    assert held_by(shore, "guards", "2020-01-16") == ["mill"]


def test_a_summary_of_a_side_includes_what_is_part_of_it(shore: GetOk) -> None:
    def sides(actor: str) -> set[str]:
        rows = shore("/v1/control/summary", datetime="2020-01-01/2020-01-10", actor=actor)["items"]
        return {row["actor"]["id"] for row in rows}

    assert sides("rebels") == {"rebels", "lancers"}
    assert sides("crown") == {"crown", "guards"}
    assert sides("guards") == {"guards"}


@pytest.mark.parametrize(
    ("known_by", "state", "holder"),
    [
        ("2020-01-09", "unknown", None),
        ("2020-01-10", "unconfirmed", "crown"),
        ("2020-01-12", "held", "rebels"),
        ("2020-01-19", "held", "rebels"),
        ("2020-01-20", "disputed", "crown"),
        ("2020-01-31", "disputed", "crown"),
    ],
)
def test_an_earlier_day_never_shows_a_later_status(shore: GetOk, known_by: str, state: str, holder: str | None) -> None:
    found = one(shore, "tower", "2020-01-06", known_by=known_by)
    assert (found["state"], short(found)[0]) == (state, holder)
    (stretch,) = [
        row
        for row in shore("/v1/locations/tower/control", known_by=known_by)["items"]
        if (row["from"] or "") <= "2020-01-06" and (row["until"] or "9") > "2020-01-06"
    ]
    assert (stretch["state"], short(stretch)[0]) == (state, holder)


def test_what_may_not_have_happened_yet_stays_uncertain_for_ever(shore: GetOk) -> None:
    last = shore("/v1/locations/north/control")["items"][-1]
    assert (last["until"], last["state"], last["basis"]) == (None, "uncertain", "carried")
    for day in ("2400-01-01", "9999-12-30", "9999-12-31"):
        assert one(shore, "north", day)["state"] == "uncertain", day


def test_what_may_not_have_happened_yet_is_certain_only_in_an_open_window(shore: GetOk) -> None:
    def tallies(window: str) -> dict[str, tuple[tuple[int, int], ...]]:
        rows = shore("/v1/control/summary", datetime=window, place="north")["items"]
        return {row["actor"]["id"]: tally(row) for row in rows}

    assert tallies("2020-01-01/2400-01-01") == {"rebels": ((0, 1), (0, 0), (0, 1)), "crown": ((0, 0), (0, 1), (-1, 0))}
    assert tallies("2020-01-01/..") == {"rebels": exactly(1, 0, 1), "crown": exactly(0, 1, -1)}


def test_pages_of_control_hold_every_row_once(shore: GetOk) -> None:
    whole = shore("/v1/control", as_of="2020-01-06", count="exact")
    assert (whole["matched"], whole["returned"]) == (4, 4)
    rows, page = [], shore("/v1/control", as_of="2020-01-06", limit=1)
    while True:
        rows += page["items"]
        if page["next"] is None:
            break
        page = shore(page["next"].removeprefix("http://testserver"))
    assert rows == whole["items"]
    assert [row["location"]["id"] for row in rows] == ["ford", "mill", "north", "tower"]
