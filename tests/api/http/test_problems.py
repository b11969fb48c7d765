"""Everything that is refused: how it is said, what is suggested, and what never leaks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import AppClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw_http import leaks

from api.http.problem_client import PATHS, PROBLEM, SUGGESTED, GetProblem
from api.http.problem_client import raw_client as raw_client
from app.resources import STORED_LISTS

GetOk = Callable[..., Any]


@pytest.mark.parametrize(("name", "parameter", "value", "nearest"), SUGGESTED)
def test_what_is_not_known_names_the_nearest_valid_choice(
    get_problem: GetProblem, name: str, parameter: str, value: str, nearest: list[str]
) -> None:
    problem = get_problem(f"/v1/{name}", **{parameter: value})
    assert problem["parameter"] == parameter
    assert problem["value"] in value
    assert problem["did_you_mean"][: len(nearest)] == nearest


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [row[:3] for row in SUGGESTED if row[1] in {"place", "actor", "source", "event", "category", "sort", "country"}],
)
def test_what_is_suggested_is_accepted(
    get_ok: GetOk, get_problem: GetProblem, name: str, parameter: str, value: str
) -> None:
    for suggestion in get_problem(f"/v1/{name}", **{parameter: value})["did_you_mean"]:
        assert get_ok(f"/v1/{name}", **{parameter: suggestion}, limit=1)["returned"] in (0, 1)


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("events", "place", "zzzzzzzz"),
        ("events", "place", "kal"),
        ("events", "place", "%"),
        ("events", "place", "_aldar_"),
        ("events", "place", "-"),
        ("events", "place", "ocha-cod-ab:AF9999"),
        ("events", "place", "nothing:AF21"),
        ("events", "actor", "ucdp-actor:999999"),
        ("events", "actor", "taliban' OR '1'='1"),
        ("events", "source", "ariana-news:1"),
        ("events", "country", "XXX"),
        ("events", "country", "AF"),
        ("events", "country", "AFGH"),
        ("events", "country", "AFG,"),
        ("actors", "country", "DEU"),
        ("events", "category", "clash,"),
        ("events", "category", ",clash"),
        ("events", "category", ",".join(["clash"] * 101)),
        ("claims", "event", "nothing-like-it"),
        ("claims", "stance", "assertsdenies"),
        ("movements", "cross_border", "yes"),
        ("movements", "cross_border", "True"),
        ("events", "limit", "0"),
        ("events", "limit", "-1"),
        ("events", "limit", "1001"),
        ("events", "limit", "all"),
        ("events", "limit", "abc"),
        ("events", "limit", "1.5"),
        ("events", "limit", "1e2"),
        ("events", "limit", " 5"),
        ("events", "limit", "٥"),
        ("events", "limit", "²"),
        ("events", "limit", "9" * 400),
        ("events", "min_origins", "-1"),
        ("events", "min_origins", "1001"),
        ("events", "deaths_min", "99999999999999999999"),
        ("events", "deaths_max", "some"),
        ("events", "datetime", "0000-01-01"),
        ("events", "datetime", "2021-02-30"),
        ("events", "datetime", "2021-13-01"),
        ("events", "datetime", "10000-01-01"),
        ("events", "datetime", "-0001-01-01"),
        ("events", "datetime", "2021-7-4"),
        ("events", "datetime", "20210704"),
        ("events", "datetime", "2021-W26-7"),
        ("events", "datetime", "2021-07"),
        ("events", "datetime", "٢٠٢١-٠٧-٠٤"),
        ("events", "datetime", "yesterday"),
        ("events", "datetime", "0"),
        ("events", "datetime", "2021-07-04T10:00:00"),
        ("events", "datetime", "2021-07-04T25:00:00Z"),
        ("events", "datetime", "2021-07-04T10:00:00+99:00"),
        ("events", "datetime", "0001-01-01T00:00:00+01:00"),
        ("events", "datetime", "9999-12-31T23:00:00-02:00"),
        ("events", "datetime", "2021-07-05/2021-07-04"),
        ("events", "datetime", "2021-07-05T23:00:00Z/2021-07-05T23:30:00+02:00/2021-07-06"),
        ("events", "datetime", "2021-07-04/2021-07-05/2021-07-06"),
        ("events", "datetime", "2021-07-04/soon"),
        ("events", "known_by", "2021-06-31"),
        ("events", "known_by", "../2021-07-01"),
        ("claims", "reported", "2021-07-02/2021-07-01"),
        ("events", "bbox", "1,2,3"),
        ("events", "bbox", "1,2,3,4,5"),
        ("events", "bbox", "1,2,3,"),
        ("events", "bbox", "nan,1,2,3"),
        ("events", "bbox", "inf,1,2,3"),
        ("events", "bbox", "-Infinity,1,2,3"),
        ("events", "bbox", "1e999,1,2,3"),
        ("events", "bbox", "a,b,c,d"),
        ("events", "bbox", "1_0,1,20,3"),
        ("events", "bbox", "٦٦,٣٦,٦٩,٣٨"),
        ("events", "bbox", "60,38,70,30"),
        ("events", "bbox", "-181,30,70,38"),
        ("events", "bbox", "60,30,70,91"),
        ("events", "near", "67,37"),
        ("events", "near", "67"),
        ("events", "near", "nan,nan"),
        ("events", "near", "37,67,5"),
        ("events", "radius_km", "50"),
        ("locations", "radius_km", "50"),
        ("events", "q", '""'),
        ("events", "q", "*"),
        ("events", "q", "- ! ("),
        ("events", "q", "a " * 51),
        ("events", "sort", "title"),
        ("events", "sort", "date;drop"),
        ("events", "sort", "date,"),
        ("events", "sort", "--date"),
        ("events", "fields", "id,,title"),
        ("events", "fields", "row"),
        ("events", "f", "xml"),
        ("events", "date_match", "possible,certain"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(get_problem: GetProblem, name: str, parameter: str, value: str) -> None:
    problem = get_problem(f"/v1/{name}", **{parameter: value})
    assert problem["parameter"] == parameter
    assert problem["reason"]


@pytest.mark.parametrize(
    ("parameter", "near", "radius"),
    [
        ("radius_km", "67,37", "0"),
        ("radius_km", "67,37", "-5"),
        ("radius_km", "67,37", "nan"),
        ("radius_km", "67,37", "inf"),
        ("radius_km", "67,37", "20039"),
        ("radius_km", "67,37", "far"),
        ("radius_km", "67,37", "1_0"),
        ("near", "190,37", "5"),
        ("near", "67,97", "5"),
    ],
)
def test_a_circle_that_is_none_is_refused(get_problem: GetProblem, parameter: str, near: str, radius: str) -> None:
    assert get_problem("/v1/locations", near=near, radius_km=radius)["parameter"] == parameter


def test_the_first_and_the_last_day_there_are_can_be_asked_for(get_ok: GetOk) -> None:
    first = get_ok("/v1/events", datetime="0001-01-01")
    assert "us-war-in-afghanistan" in {row["id"] for row in first["items"]}
    assert {row["date"]["earliest"] for row in first["items"]} == {None}
    assert {row["date"]["latest"] for row in get_ok("/v1/events", datetime="9999-12-31")["items"]} == {None}
    every = get_ok("/v1/events", limit=1, count="exact")["matched"]
    whole = get_ok("/v1/events", datetime="0001-01-01/9999-12-31", limit=1, count="exact")
    assert whole["matched"] + whole["omitted"]["undated"] == every
    assert get_ok("/v1/events", known_by="0001-01-01", limit=1, count="exact")["matched"] == 0


def test_every_problem_has_the_whole_shape(get_problem: GetProblem) -> None:
    for path in PATHS:
        problem = get_problem(path, limti="5")
        reason = problem.pop("reason")
        assert problem == {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": f"limti=5: {reason}",
            "parameter": "limti",
            "value": "5",
            "did_you_mean": ["limit"],
        }
        for name in STORED_LISTS[path.rpartition("/")[2]].listing.params:
            assert name in reason


def test_nothing_near_means_no_suggestion(get_problem: GetProblem) -> None:
    assert "did_you_mean" not in get_problem("/v1/events", place="zzzzzzzz")
    assert "did_you_mean" not in get_problem("/v1/events", xqzw="1")


def test_every_parameter_of_every_list_refuses_an_empty_value(get_problem: GetProblem) -> None:
    for name, resource in STORED_LISTS.items():
        for parameter in resource.listing.params:
            problem = get_problem(f"/v1/{name}", **{parameter: ""})
            assert (problem["parameter"], problem["value"]) == (parameter, "")
            assert "empty" in problem["reason"]


def test_every_parameter_but_a_list_refuses_to_be_given_twice(raw_client: AppClient) -> None:
    for name, resource in STORED_LISTS.items():
        for parameter, param in resource.listing.params.items():
            value = param.example or "WyJpZCIsWyJ4Il1d"
            response = raw_client.get(f"/v1/{name}", params=[(parameter, value), (parameter, value)])
            if param.schema.get("type") == "array":  # generated clients write a list in parts
                assert response.status_code == 200, response.text
                continue
            assert response.status_code == 400
            assert response.json()["parameter"] == parameter
            assert "twice" in response.json()["reason"]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\n", "\x7f", "\u202e", "\ue000", "\U0001f9ff\x00"])
def test_what_cannot_be_printed_is_refused_everywhere(get_problem: GetProblem, character: str) -> None:
    for name, resource in STORED_LISTS.items():
        for parameter in resource.listing.params:
            problem = get_problem(f"/v1/{name}", **{parameter: f"a{character}b"})
            assert problem["parameter"] == parameter
            assert character not in json.dumps(problem, ensure_ascii=False)
    for asked in ({f"a{character}b": "1"}, {"place": f"a{character}b" + "c" * 3000}):
        assert character not in json.dumps(get_problem("/v1/events", **asked), ensure_ascii=False)


@pytest.mark.parametrize("bytes_", ["%ED%A0%80", "%ED%BF%BF", "%FF", "%C3%28", "%F8%88%80%80%80", "%80abc"])
@pytest.mark.each_database
def test_bytes_that_are_no_text_are_refused_and_can_still_be_answered(raw_client: AppClient, bytes_: str) -> None:
    for query in (f"place={bytes_}", f"q={bytes_}", f"{bytes_}=1", f"cursor={bytes_}", f"fields={bytes_}"):
        response = raw_client.get(f"/v1/events?{query}")
        if query == "q=%80abc":
            assert response.status_code == 200
            continue
        assert response.status_code == 400, query
        assert response.headers["content-type"] == PROBLEM
        assert response.json()["status"] == 400


def test_a_value_that_is_too_long_is_refused_and_not_repeated_whole(get_problem: GetProblem) -> None:
    for name, resource in STORED_LISTS.items():
        for parameter in resource.listing.params:
            problem = get_problem(f"/v1/{name}", **{parameter: "a" * 20_000})
            assert problem["parameter"] == parameter
            assert len(json.dumps(problem)) < 3000
    assert len(json.dumps(get_problem("/v1/events", **{"x" * 20_000: "1"}))) < 3000


def test_a_value_just_short_enough_is_read(get_problem: GetProblem) -> None:
    assert "longer" not in get_problem("/v1/events", place="a" * 2000)["reason"]
    assert "longer" in get_problem("/v1/events", place="a" * 2001)["reason"]


NAMES = sorted({name for resource in STORED_LISTS.values() for name in resource.listing.params})


@settings(max_examples=60)
@given(
    path=st.sampled_from(PATHS),
    parameter=st.sampled_from(NAMES) | st.text(max_size=12),
    value=st.text(max_size=40) | st.sampled_from(["'", '"', "\\", "%", "_", ";--", "{}", "$1", ":x", "\\x00"]),
)
@example(path="/v1/events", parameter="q", value="'")
@example(path="/v1/events", parameter="q", value='"a')
@example(path="/v1/claims", parameter="q", value="a<->b & !c | d:*")
@example(path="/v1/locations", parameter="q", value="ﷺ ½ ①")
@example(path="/v1/actors", parameter="q", value="ß ŉ İ")
@example(path="/v1/locations", parameter="place", value=":")
@example(path="/v1/locations", parameter="place", value="\\")
@pytest.mark.each_database
def test_no_query_whatever_is_more_than_a_400(raw_client: AppClient, path: str, parameter: str, value: str) -> None:
    safe = [text.encode("utf-8", "replace").decode() for text in (parameter, value)]
    response = raw_client.get(path, params={safe[0]: safe[1]})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response.headers["content-type"] == PROBLEM
        assert (
            leaks(response.text.replace(safe[1], "").replace(json.dumps(safe[1], ensure_ascii=False)[1:-1], "")) == []
        )
