"""Rows that lack what a filter needs are counted; which fields are served; filters on made data."""

from collections.abc import Iterator
from datetime import date
from math import acos, cos, radians, sin
from typing import Any

import pytest
from conftest import Databases, serving
from factories.packs import cite_one_paper
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.resources import STORED_LISTS
from query.lists.filter_cases import CHANGES, MOVES, GetOk, Params, ids_of


def overlaps(when: dict[str, str | None], first: str, last: str) -> bool:
    return (when["earliest"] or first) <= last and (when["latest"] or last) >= first


def lies_within(when: dict[str, str | None], first: str, last: str) -> bool:
    """Whether it happened within the window for certain: a moment lies inside, a span touches it by a known day."""
    earliest, latest = when["earliest"], when["latest"]
    if when["precision"] == "span":
        known = [day for day in (earliest, latest) if day]
        return min(known) <= last and max(known) >= first
    return earliest is not None and latest is not None and earliest >= first and latest <= last


def is_dated(row: Any) -> bool:
    return bool(row["date"]["earliest"] or row["date"]["latest"])


class Everything:
    """All rows of a list beside their points, to be filtered here."""

    def __init__(self, get_ok: GetOk, name: str) -> None:
        places = get_ok("/v1/locations", limit=1000)["items"]
        points = {place["id"]: (place["longitude"], place["latitude"]) for place in places}
        self.rows = get_ok(f"/v1/{name}", limit=1000)["items"]
        self.points = {
            row["id"]: points[row["id"] if name == "locations" else (row["location"] or {"id": "amu-darya"})["id"]]
            for row in self.rows
        }

    def located(self, row: Any) -> bool:
        return self.points[row["id"]][0] is not None


DAYS = st.dates(min_value=date(2021, 6, 15), max_value=date(2021, 7, 10))


@settings(max_examples=25)
@given(
    window=st.tuples(DAYS, DAYS),
    match=st.sampled_from(["possible", "certain"]),
    box=st.tuples(*[st.integers(-180, 180)] * 2, *[st.integers(-90, 90)] * 2),
    name=st.sampled_from(["events", CHANGES, MOVES, "claims"]),
)
@example(window=(date(2021, 7, 1), date(2021, 7, 1)), match="certain", box=(60, 75, 30, 40), name="events")
def test_omitted_tells_how_many_rows_no_filter_could_judge(
    get_ok: GetOk, window: Any, match: str, box: tuple[int, int, int, int], name: str
) -> None:
    first, last = (str(day) for day in sorted(window))
    west, east, south, north = *box[:2], *sorted(box[2:])
    everything = Everything(get_ok, name)
    judge = overlaps if match == "possible" else lies_within

    def in_time(row: Any) -> bool:
        return is_dated(row) and judge(row["date"], first, last)

    def in_box(row: Any) -> bool:
        if not everything.located(row):
            return False
        longitude, latitude = everything.points[row["id"]]
        across = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
        return bool(south <= latitude <= north and across)

    found = get_ok(
        f"/v1/{name}",
        datetime=f"{first}/{last}",
        date_match=match,
        bbox=f"{west},{south},{east},{north}",
        limit=1000,
        sort="id",
    )
    rows = everything.rows
    assert ids_of(found) == sorted(row["id"] for row in rows if in_time(row) and in_box(row))
    assert found["omitted"] == {
        "undated": sum(not is_dated(row) and in_box(row) for row in rows),
        "unlocated": sum(not everything.located(row) and in_time(row) for row in rows),
    }


@settings(max_examples=15)
@given(
    longitude=st.integers(-180, 180),
    latitude=st.integers(-90, 90),
    radius=st.sampled_from([1, 60, 500, 3000, 9000, 15000, 20038]),
)
@example(longitude=69, latitude=35, radius=500)
def test_near_finds_what_lies_within_the_radius_along_a_great_circle(
    get_ok: GetOk, longitude: int, latitude: int, radius: int
) -> None:
    everything = Everything(get_ok, "locations")

    def distance(id_: str) -> float:  # by the spherical law of cosines, another formula than the one under test
        to_longitude, to_latitude = everything.points[id_]
        a, b, turn = radians(latitude), radians(to_latitude), radians(to_longitude - longitude)
        return 6371.0088 * acos(max(-1.0, min(1.0, sin(a) * sin(b) + cos(a) * cos(b) * cos(turn))))

    located = [row["id"] for row in everything.rows if everything.located(row)]
    sure = {id_ for id_ in located if distance(id_) < radius - 0.1}
    maybe = {id_ for id_ in located if distance(id_) < radius + 0.1}
    found = get_ok("/v1/locations", near=f"{longitude},{latitude}", radius_km=radius, limit=1000)
    assert sure <= set(ids_of(found)) <= maybe
    assert found["omitted"] == {"unlocated": len(everything.rows) - len(located)}


@pytest.mark.parametrize("window", ["../..", "/", "../", "/.."])
def test_an_interval_without_ends_judges_every_row_and_omits_none(get_ok: GetOk, window: str) -> None:
    every = get_ok("/v1/events", limit=1000, count="exact")
    found = get_ok("/v1/events", datetime=window, limit=1000)
    assert found["returned"] + found["omitted"]["undated"] == every["matched"]


def test_omitted_is_there_only_with_filters_of_time_or_space(get_ok: GetOk) -> None:
    assert "omitted" not in get_ok("/v1/events", place="kaldar")
    assert get_ok("/v1/events", datetime="2021-07-04", place="doha")["omitted"] == {"undated": 1}
    assert get_ok("/v1/events", bbox="60,30,75,40", q="committee")["omitted"] == {"unlocated": 1}
    assert get_ok("/v1/locations", near="67,37", radius_km=9)["omitted"] == {"unlocated": 1}
    assert "omitted" not in get_ok("/v1/claims", reported="2021-07-05", place="doha")


def test_fields_are_those_asked_for_and_no_others(get_ok: GetOk) -> None:
    found = get_ok("/v1/events", fields="title,id", place="khwahan")
    assert found["items"] == [
        {"id": "khwahan-crossing-2021-07-04", "title": "A further 94 soldiers cross from Khwahan to Tajikistan"}
    ]
    for name, resource in STORED_LISTS.items():
        whole = [field.rstrip("_") for field in resource.row.model_fields]
        assert list(get_ok(f"/v1/{name}", limit=1)["items"][0]) == whole
        for field in whole:
            assert list(get_ok(f"/v1/{name}", limit=1, fields=field)["items"][0]) == [field]


def test_the_fields_of_one_row_can_be_chosen_too(get_ok: GetOk) -> None:
    assert get_ok("/v1/locations/kaldar", fields="id,parent") == {
        "id": "kaldar",
        "parent": {"id": "balkh", "name": "Balkh"},
    }


def test_the_format_can_be_named(get_ok: GetOk) -> None:
    assert get_ok("/v1/packs", f="json")["items"][0]["id"] == "northern-afghanistan-2021"


# --- small made data for what the article does not have ---

MADE = cite_one_paper("made", "2020-12-31") | {
    "actors.toml": """
        [[actor]]
        id = "brigade"
        name = "Brigade"
        kind = "militia"
        relations = [
          { type = "part_of", actor = "old-army", until = 2020-03-31 },
          { type = "part_of", actor = "rebels", from = 2020-04-01 },
          { type = "allied_with", actor = "villagers" },
        ]

        [[actor]]
        id = "old-army"
        name = "Old Army"
        kind = "state_forces"
        relations = [{ type = "part_of", actor = "state" }]

        [[actor]]
        id = "rebels"
        name = "Rebels"
        kind = "rebel_group"

        [[actor]]
        id = "state"
        name = "State"
        kind = "government"

        [[actor]]
        id = "villagers"
        name = "Villagers"
        kind = "civilians"
    """,
    "locations.toml": """
        [[location]]
        id = "fiji"
        name = "Fiji"
        kind = "country"
        country = "FJI"
        latitude = -17.8
        longitude = 178.0
        point_kind = "approximate"

        [[location]]
        id = "lau"
        name = "Lau"
        kind = "region"
        parent = "fiji"
        latitude = -17.8
        longitude = -179.0
        point_kind = "approximate"
        aliases = [{ name = "Śląsk OR Ōta" }]

        [[location]]
        id = "tonga"
        name = "Tonga"
        kind = "country"
        country = "TON"
        latitude = -21.2
        longitude = -175.2
        point_kind = "approximate"
    """,
}
DEATHS = {  # event -> (place, day, printed deaths, modality)
    "deaths-at-least-10": ("fiji", "2020-03-30", "at least 10", "fact"),
    "deaths-five": ("lau", "2020-04-02", "five", "fact"),
    "deaths-none": ("tonga", "2020-05-01", "no one", "fact"),
    "deaths-planned": ("tonga", "2021-05-01", "40", "planned"),
    "deaths-unknown": ("tonga", "2020-05-02", "", "fact"),
    "deaths-up-to-3": ("tonga", "2020-05-03", "up to 3", "fact"),
}


def made_events() -> str:
    text = ""
    for id_, (place, day, printed, modality) in DEATHS.items():
        text += f"""
            [[event]]
            id = "{id_}"
            category = "clash"
            title = "{id_.replace("-", " ").capitalize()}"
            summary = "Made up."
            location = "{place}"
            actors = [{{ actor = "brigade", role = "initiator" }}]
            [[event.claim]]
            paragraph = 1
            modality = "{modality}"
            summary = "Made up."
            date = {day}
        """
        if printed:
            text += f"""
            [[event.claim.figures]]
            measure = "deaths"
            printed = "{printed}"
            count_kind = "increment"
            """
    return text


@pytest.fixture(scope="session")
def made(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GetOk]:
    files = MADE | {"events/all.toml": made_events()}
    with serving(databases, tmp_path_factory.mktemp("packs"), "made", files) as client:

        def get(path: str, /, **params: Any) -> list[str]:
            response = client.get(path, params={**params, "sort": "id"})
            assert response.status_code == 200, response.text
            return ids_of(response.json())

        yield get


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"deaths_min": 0}, ["deaths-at-least-10", "deaths-five", "deaths-none", "deaths-up-to-3"]),
        ({"deaths_min": 1}, ["deaths-at-least-10", "deaths-five"]),
        ({"deaths_min": 5}, ["deaths-at-least-10", "deaths-five"]),
        ({"deaths_min": 6}, ["deaths-at-least-10"]),
        ({"deaths_min": 11}, []),
        ({"deaths_max": 0}, ["deaths-none", "deaths-up-to-3"]),
        ({"deaths_max": 4}, ["deaths-none", "deaths-up-to-3"]),
        ({"deaths_max": 5}, ["deaths-five", "deaths-none", "deaths-up-to-3"]),
        ({"deaths_min": 5, "deaths_max": 5}, ["deaths-five"]),
        ({"deaths_min": 6, "deaths_max": 5}, []),
    ],
)
def test_deaths_are_judged_by_best_else_by_low(made: GetOk, params: dict[str, int], expected: list[str]) -> None:
    assert made("/v1/events", **params) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"bbox": "170,-30,-170,0"}, ["fiji", "lau", "tonga"]),
        ({"bbox": "170,-30,-178,0"}, ["fiji", "lau"]),
        ({"bbox": "-180,-30,180,0"}, ["fiji", "lau", "tonga"]),
        ({"bbox": "-178,-30,170,0"}, ["tonga"]),
        ({"bbox": "179,-30,180,0"}, []),
        ({"bbox": "180,-30,-179,0"}, ["lau"]),
        ({"near": "179.9,-17.8", "radius_km": 150}, ["lau"]),
        ({"near": "179.9,-17.8", "radius_km": 250}, ["fiji", "lau"]),
        ({"near": "-179.9,-17.8", "radius_km": 250}, ["fiji", "lau"]),
        ({"near": "0,90", "radius_km": 12000}, ["fiji", "lau"]),
    ],
)
def test_boxes_and_circles_cross_the_antimeridian(made: GetOk, params: Params, expected: list[str]) -> None:
    assert made("/v1/locations", **params) == expected


def test_a_member_counts_for_the_whole_only_while_it_belongs_to_it(made: GetOk) -> None:
    assert made("/v1/events", actor="old-army") == ["deaths-at-least-10"]
    assert made("/v1/events", actor="state", actor_role="initiator") == ["deaths-at-least-10"]
    assert made("/v1/events", actor="rebels") == [id_ for id_ in DEATHS if id_ != "deaths-at-least-10"]
    assert made("/v1/events", actor="villagers") == []
    assert made("/v1/claims", actor="state") == ["deaths-at-least-10-p1"]
    assert made("/v1/events", actor="brigade") == list(DEATHS)
    assert made("/v1/events", actor="state", actor_role="target") == []


@pytest.mark.parametrize("words", ["slask", "ŚLĄSK", "ota", "or", "OR", "Ōta or", '"slask or ota"', "lau slask"])
def test_words_are_found_without_accents_and_or_is_a_word(made: GetOk, words: str) -> None:
    assert made("/v1/locations", q=words) == ["lau"]
    assert made("/v1/events", q=words) == ["deaths-five"]


def test_a_phrase_does_not_reach_from_one_name_into_the_next(made: GetOk) -> None:
    assert made("/v1/locations", q="lau slask") == ["lau"]
    assert made("/v1/locations", q='"lau slask"') == []
