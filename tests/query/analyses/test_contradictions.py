"""Contradictions over HTTP: those of the article, and that they follow from the claims alone."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases
from factories.packs import War
from stored_state import load

from app.main import create_app
from app.settings import Settings

GetOk = Callable[..., Any]


def by_id(found: Any) -> dict[str, Any]:
    rows = {row["id"]: row for row in found["items"]}
    assert len(rows) == len(found["items"])
    return rows


def sides(row: Any) -> list[set[str]]:
    return [{claim["id"] for claim in side["claims"]} for side in row["sides"]]


def says(row: Any) -> list[str]:
    return [side["says"] for side in row["sides"]]


def test_whether_dostum_was_flown_out_is_asserted_and_denied(get_ok: GetOk) -> None:
    row = by_id(get_ok("/v1/contradictions"))["polarity:dostum-evacuated-2021"]
    assert row["kind"] == "polarity"
    assert [event["id"] for event in row["events"]] == ["dostum-evacuated-2021"]
    assert sides(row) == [{"dostum-evacuated-2021-p42"}, {"dostum-evacuated-2021-p43"}]
    assert says(row) == ["It happened.", "It did not happen."]
    assert row["sides"][0]["claims"] == [{"id": "dostum-evacuated-2021-p42", "name": "paragraph 42"}]


def test_when_the_offensive_began_is_told_in_two_ways(get_ok: GetOk) -> None:
    (row,) = get_ok("/v1/contradictions", kind="date")["items"]
    assert [event["id"] for event in row["events"]] == ["northern-offensive-2021"]
    assert sides(row) == [{"northern-offensive-2021-p14"}, {"northern-offensive-2021-p5"}]
    assert says(row) == ["2021-06-21/2021-06-25", "2021-06-26/2021-06-30"]


def test_that_all_of_balkh_fell_stands_against_what_is_said_of_hairatan(get_ok: GetOk) -> None:
    rows = by_id(get_ok("/v1/contradictions", kind="control"))
    row = rows["control:balkh-captured-2021:hairatan-entered-2021"]
    assert [event["id"] for event in row["events"]] == ["balkh-captured-2021", "hairatan-entered-2021"]
    assert sides(row) == [{"balkh-captured-2021-p29"}, {"hairatan-entered-2021-p29"}]
    around = rows["control:balkh-captured-2021:hairatan-surroundings-taken-2021"]
    assert sides(around) == [
        {"balkh-captured-2021-p29"},
        {"hairatan-surroundings-taken-2021-p6", "hairatan-surroundings-taken-2021-p29"},
    ]


def test_kaldar_which_changed_hands_on_other_days_contradicts_nothing(get_ok: GetOk) -> None:
    events = {event["id"] for row in get_ok("/v1/contradictions")["items"] for event in row["events"]}
    assert not {id_ for id_ in events if id_.startswith("kaldar")}


def test_every_disputed_event_and_no_other_has_a_polarity(get_ok: GetOk) -> None:
    torn = {row["events"][0]["id"] for row in get_ok("/v1/contradictions", kind="polarity")["items"]}
    assert torn == {row["id"] for row in get_ok("/v1/events", status="disputed", limit=1000)["items"]}
    assert {"dostum-evacuated-2021", "dostum-wounded-2021"} <= torn


def test_every_side_holds_claims_on_the_events_named(get_ok: GetOk) -> None:
    events = {row["id"]: row["event"]["id"] for row in get_ok("/v1/claims", limit=1000)["items"]}
    for row in get_ok("/v1/contradictions")["items"]:
        named = {event["id"] for event in row["events"]}
        assert len(row["sides"]) >= 2
        assert all(side["claims"] and side["says"] for side in row["sides"])
        claims = [claim["id"] for side in row["sides"] for claim in side["claims"]]
        assert len(claims) == len(set(claims))
        assert {events[claim] for claim in claims} == named


def test_a_kind_is_a_filter_and_keeps_ids(get_ok: GetOk) -> None:
    whole = get_ok("/v1/contradictions")["items"]
    assert {row["kind"] for row in whole} == {"control", "date", "polarity"}
    for kind in ("control", "date", "figure", "occasion", "polarity"):
        assert get_ok("/v1/contradictions", kind=kind)["items"] == [row for row in whole if row["kind"] == kind]
    assert get_ok("/v1/contradictions", kind="date,polarity")["items"] == [
        row for row in whole if row["kind"] in ("date", "polarity")
    ]


def test_a_filter_keeps_what_touches_a_matching_event_under_the_same_id(get_ok: GetOk) -> None:
    whole = by_id(get_ok("/v1/contradictions"))
    for params in ({"actor": "abdul-rashid-dostum"}, {"place": "hairatan"}, {"category": "offensive"}):
        events = {row["id"] for row in get_ok("/v1/events", limit=1000, **params)["items"]}
        found = by_id(get_ok("/v1/contradictions", **params))
        expected = {
            id_: row for id_, row in whole.items() if not events.isdisjoint(event["id"] for event in row["events"])
        }
        assert found == expected
        assert found


def test_what_was_not_yet_reported_contradicts_nothing(get_ok: GetOk) -> None:
    assert get_ok("/v1/contradictions", known_by="2021-07-04")["items"] == []
    assert get_ok("/v1/contradictions", known_by="2021-07-05") == get_ok("/v1/contradictions")


def test_pages_hold_every_contradiction_once(get_ok: GetOk) -> None:
    whole = get_ok("/v1/contradictions", count="exact")
    assert whole["matched"] == len(by_id(whole))
    rows, page = [], get_ok("/v1/contradictions", limit=1)
    while True:
        rows += page["items"]
        if page["next"] is None:
            break
        page = get_ok("/v1/contradictions", limit=1, cursor=page["next"].partition("cursor=")[2])
    assert rows == whole["items"]


# Made data: contradictions come and go with the claims.


@contextmanager
def _answering(url: str) -> Any:
    with AppClient(create_app(Settings(database_url=url))) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params=params)
            assert response.status_code == 200, response.text
            return response.json()

        yield get


def answering(url: str) -> AbstractContextManager[GetOk]:
    return _answering(url)


def test_a_contradiction_goes_with_the_claim_that_made_it(databases: Databases, tmp_path: Path) -> None:
    url = databases.migrated()
    for denied in (True, False, True):
        War(denied=denied).write(tmp_path)
        load(url, tmp_path)
        with answering(url) as asked:
            found = by_id(asked("/v1/contradictions"))
            before = asked("/v1/contradictions", known_by="2021-07-04")["items"]
        if denied:
            assert {id_: sides(row) for id_, row in found.items()} == {
                "polarity:ford-taken": [{"ford-taken-p1"}, {"ford-taken-p2"}]
            }
        else:
            assert found == {}
        assert before == []


def claim_toml(number: int, printed: str, reported: str) -> str:
    """A telling of another origin than the paper, which would replace its own."""
    return (
        f'[[event.claim]]\nparagraph = {number}\nmodality = "fact"\nvia = ["trust"]\nreported_on = {reported}\n'
        f'summary = "They went."\ndate = 2021-07-02\n[[event.claim.figures]]\nmeasure = "persons_moved"\n'
        f'count_kind = "increment"\nprinted = "{printed}"\nas_of = 2021-07-02\n'
    )


@pytest.fixture
def crowd(databases: Databases, tmp_path: Path) -> Callable[..., str]:
    """Loads the small pack with further tellings of how many crossed, into one database; its URL."""
    url = databases.migrated()

    def tell(*more: tuple[int, str, str]) -> str:
        War().write(tmp_path)
        path = tmp_path / "eastern-war" / "events" / "all.toml"
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(claim_toml(*one) for one in more))
        load(url, tmp_path)
        return url

    return tell


def test_numbers_that_cannot_both_be_right_contradict_until_one_is_corrected(crowd: Callable[..., str]) -> None:
    with answering(crowd((7, "200", "2021-07-04"))) as asked:
        (row,) = asked("/v1/contradictions")["items"]
        assert (row["id"], row["kind"]) == ("figure:crossing:crossing-p3:crossing-p7", "figure")
        assert sorted(map(sorted, sides(row))) == [["crossing-p3"], ["crossing-p7"]]
        assert asked("/v1/contradictions", kind="polarity,date,control")["items"] == []
        assert asked("/v1/contradictions", known_by="2021-07-04")["items"] == []
    with answering(crowd((7, "dozens", "2021-07-04"))) as asked:
        assert asked("/v1/contradictions")["items"] == []


def test_several_contradictions_of_one_event_have_ids_of_their_own(crowd: Callable[..., str]) -> None:
    url = crowd((7, "200", "2021-07-04"), (8, "2,000", "2021-07-04"))
    with answering(url) as asked:
        rows = by_id(asked("/v1/contradictions"))
        assert list(rows) == [
            "figure:crossing:crossing-p3:crossing-p7",
            "figure:crossing:crossing-p3:crossing-p8",
            "figure:crossing:crossing-p7:crossing-p8",
        ]
        assert [says(row)[0].partition(",")[0] for row in rows.values()] == ["94", "94", "200"]
        pairs = sorted(sorted(claim for side in sides(row) for claim in side) for row in rows.values())
        assert pairs == [
            ["crossing-p3", "crossing-p7"],
            ["crossing-p3", "crossing-p8"],
            ["crossing-p7", "crossing-p8"],
        ]
        assert by_id(asked("/v1/contradictions", category="movement")) == rows
    with answering(crowd((7, "200", "2021-07-04"), (8, "2,000", "2021-07-04"))) as asked:
        assert by_id(asked("/v1/contradictions")) == rows
