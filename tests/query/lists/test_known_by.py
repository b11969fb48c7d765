"""What was known when: rows as they follow from the claims that had been made by a day, and from nothing else."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from conftest import Databases, serving

from app.resources import STORED_LISTS
from app.rules.dates import edtf, event_date
from app.rules.facts import Claim, Figure
from app.rules.figures import is_loose
from app.rules.published import Published, published_figures
from app.rules.status import corroboration, status
from app.rules.tellings import EventFacts
from app.timespan import DateRange

GetOk = Callable[..., Any]

PACK = {
    "pack.toml": """
        id = "late"
        title = "Made data"
        version = "1"
        licence = "CC0-1.0"
        citation = "None."
        document = "paper"
        [coverage]
        sources_searched = "None."
    """,
    "sources.toml": """
        [[source]]
        id = "agency"
        name = "Agency"
        kind = "agency"

        [[source]]
        id = "agency-reporter"
        name = "Reporter of the agency"
        kind = "journalist"
        organisation = "agency"

        [[source]]
        id = "ministry"
        name = "Ministry"
        kind = "ministry"

        [[source]]
        id = "paper"
        name = "Paper"
        kind = "article"
        published_on = 2020-01-31

        [[source]]
        id = "rumour"
        name = "Rumour"
        kind = "unattributed"
    """,
    "actors.toml": "",
    "locations.toml": """
        [[location]]
        id = "here"
        name = "Here"
        kind = "country"
        country = "AAA"

        [[location]]
        id = "there"
        name = "There"
        kind = "country"
        country = "BBB"
    """,
    "events/all.toml": """
        [[event]]
        id = "flight"
        category = "movement"
        title = "Flight"
        summary = "Made up."
        location = "here"
        movement = { from = "here", to = "there", population = "civilians", outcome = "admitted" }
        [[event.claim]]
        id = "flight-1-rumour"
        paragraph = 1
        modality = "possible"
        via = ["rumour"]
        reported_on = 2020-01-10
        summary = "Made up."
        date = { earliest = 2020-01-01, latest = 2020-01-20 }
        figures = [{ measure = "persons_moved", printed = "dozens", count_kind = "cumulative", as_of = 2020-01-09 }]
        [[event.claim]]
        id = "flight-2-agency"
        paragraph = 2
        modality = "fact"
        via = ["agency"]
        reported_on = 2020-01-12
        summary = "Made up."
        date = { earliest = 2020-01-05, latest = 2020-01-12 }
        printed = { date = "5 to 12 January" }
        note = "Made up."
        figures = [{ measure = "persons_moved", printed = "100", count_kind = "cumulative", as_of = 2020-01-11 }]
        [[event.claim]]
        id = "flight-3-reporter"
        paragraph = 3
        modality = "reported"
        via = ["agency-reporter"]
        reported_on = 2020-01-13
        summary = "Made up."
        date = 2020-01-12
        figures = [
          { measure = "persons_moved", printed = "20", count_kind = "increment", as_of = 2020-01-12 },
          { measure = "deaths", printed = "two", count_kind = "increment", as_of = 2020-01-12 },
        ]
        [[event.claim]]
        id = "flight-4-ministry"
        paragraph = 4
        modality = "fact"
        via = ["ministry"]
        reported_on = 2020-01-15
        summary = "Made up."
        date = 2020-01-12
        [[event.claim]]
        id = "flight-5-denied"
        paragraph = 5
        modality = "fact"
        stance = "denies"
        via = ["ministry"]
        reported_on = 2020-01-20
        summary = "Made up."

        [[event]]
        id = "flight-of-a-group"
        category = "movement"
        title = "Flight of a group"
        summary = "Made up."
        location = "here"
        part_of = "flight"
        movement = { from = "here", to = "there", population = "civilians", outcome = "admitted" }
        [[event.claim]]
        paragraph = 6
        modality = "fact"
        via = ["agency"]
        reported_on = 2020-01-05
        summary = "Made up."
        date = 2020-01-04

        [[event]]
        id = "never-so"
        category = "clash"
        title = "Never so"
        summary = "Made up."
        location = "there"
        [[event.claim]]
        id = "never-so-denied"
        paragraph = 7
        modality = "fact"
        stance = "denies"
        via = ["ministry"]
        reported_on = 2020-01-11
        summary = "Made up."
        date = 2020-01-10
        [[event.claim]]
        paragraph = 8
        modality = "fact"
        summary = "Made up; the document's own."
        date = { earliest = 2020-01-25, latest = 2020-01-26 }
    """,
}


@pytest.fixture(scope="session")
def get_late(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GetOk]:
    files = PACK
    with serving(databases, tmp_path_factory.mktemp("packs"), "late", files) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params=params)
            assert response.status_code in (200, 404), response.text
            return response.json()

        yield get


@pytest.fixture(params=["the article's pack", "made data"])
def get_known(request: pytest.FixtureRequest, get_ok: GetOk, get_late: GetOk) -> GetOk:
    return get_ok if request.param == "the article's pack" else get_late


LISTS = [name for name, resource in STORED_LISTS.items() if "known_by" in resource.listing.params]


def test_all_lists_of_events_and_claims_can_be_asked_what_was_known(get_ok: GetOk) -> None:
    assert {"events", "control-changes", "movements", "claims"} <= set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_the_last_report_and_any_later_day_know_everything(get_known: GetOk, name: str) -> None:
    last = max(row["reported_on"] for row in get_known("/v1/claims", limit=1000)["items"])
    everything = get_known(f"/v1/{name}", limit=1000)
    for day in (last, "2021-12-31"):
        assert get_known(f"/v1/{name}", limit=1000, known_by=day) == everything


def test_the_last_day_there_is_knows_everything(get_known: GetOk) -> None:
    assert get_known("/v1/claims", known_by="9999-12-31", limit=1000) == get_known("/v1/claims", limit=1000)
    assert get_known("/v1/events", known_by="9999-12-31", limit=1000) == get_known("/v1/events", limit=1000)


# --- the same rows, derived again from the claims in view ---


def origin_of(source: str, sources: dict[str, Any]) -> str | None:
    if sources[source]["kind"] == "unattributed":
        return None
    while sources[source]["organisation"]:
        source = sources[source]["organisation"]["id"]
    return source


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def fact_of(claim: Any, sources: dict[str, Any]) -> Claim:
    return Claim(
        id=claim["id"],
        document=claim["document"]["id"],
        is_narration=claim["origin"]["id"] in (claim["document"]["id"], outlet_of(claim, sources)),
        origin=origin_of(claim["origin"]["id"], sources),
        stance=claim["stance"],
        modality=claim["modality"],
        reported_on=date.fromisoformat(claim["reported_on"]),
        date=DateRange(day_of(claim["date"]["earliest"]), day_of(claim["date"]["latest"])),
        precision=claim["date"]["precision"],
        figures=tuple(map(figure_of, claim["figures"])),
    )


def outlet_of(claim: Any, sources: dict[str, Any]) -> str | None:
    outlet = sources[claim["document"]["id"]]["organisation"]
    return str(outlet["id"]) if outlet else None


def figure_of(figure: Any) -> Figure:
    days = {name: day_of(figure[name]) for name in ("since", "as_of")}
    return Figure(**figure | days, loose=bool(figure["printed"]) and is_loose(figure["printed"]))


class World:
    """Claims in view, and the events that they are about, as the rules take them."""

    def __init__(self, claims: list[Any], sources: dict[str, Any], coded: dict[str, Any]) -> None:
        self.claims, self.sources, self.coded = claims, sources, coded
        self.locators = {claim["id"]: claim["locator"] for claim in claims}

    def facts(self, event: str) -> EventFacts:
        """The event with the claims on it and its parts."""
        claims = tuple(fact_of(claim, self.sources) for claim in self.claims if claim["event"]["id"] == event)
        known = {claim["event"]["id"] for claim in self.claims}
        parts = [id_ for id_, row in self.coded.items() if row["part_of"] and row["part_of"]["id"] == event]
        return EventFacts(event, status(claims), claims, tuple(self.facts(part) for part in parts if part in known))

    def derived(self, event: str) -> dict[str, Any]:
        """What the rules say of the event."""
        facts = self.facts(event)
        (when, precision), rests_on = event_date(facts.claims), corroboration(facts.claims)
        figures = [self.figure(figure) for figure in published_figures(facts)]
        return {
            "status": facts.status,
            "corroboration": vars(rests_on)
            | {"origins": [{"id": id_, "name": self.sources[id_]["name"]} for id_ in rests_on.origins]},
            "earliest": when.earliest.isoformat() if when.earliest else None,
            "latest": when.latest.isoformat() if when.latest else None,
            "precision": precision,
            "edtf": edtf(when, precision),
            "figures": {json.dumps(figure, sort_keys=True) for figure in figures},
            "printed": {
                day for claim in self.claims if claim["event"]["id"] == event for day in claim["printed"]["date"]
            },
        }

    def figure(self, figure: Published) -> dict[str, Any]:
        names = ("measure", "low", "best", "high", "of", "count_kind")
        return {name: getattr(figure, name) for name in names} | {
            "as_of": figure.as_of.isoformat() if figure.as_of else None,
            "claims": [{"id": id_, "name": self.locators[id_]} for id_ in figure.claims],
            "contradicted": figure.contradicted,
        }


def served(row: Any) -> dict[str, Any]:
    """The same of an event as it is served."""
    return {
        "status": row["status"],
        "corroboration": row["corroboration"],
        "earliest": row["date"]["earliest"],
        "latest": row["date"]["latest"],
        "precision": row["date"]["precision"],
        "edtf": row["date"]["edtf"],
        "figures": {json.dumps(figure, sort_keys=True) for figure in row["figures"]},
        "printed": set(row["date"]["printed"]),
    }


def of_measure(row: Any, measure: str) -> Any:
    """The published figure of a flow among those of an event."""
    return next((figure for figure in row["figures"] if figure["measure"] == measure), None)


def days_to_ask(claims: list[Any]) -> list[str]:
    """Every day of a report, the day before the first and one after the last."""
    days = sorted({claim["reported_on"] for claim in claims})
    return [date.fromordinal(date.fromisoformat(days[0]).toordinal() - 1).isoformat(), *days, "2022-01-01"]


def test_on_every_day_rows_follow_from_the_claims_made_by_then(get_known: GetOk) -> None:
    claims = get_known("/v1/claims", limit=1000)["items"]
    sources = {row["id"]: row for row in get_known("/v1/sources", limit=1000)["items"]}
    coded = {row["id"]: row for row in get_known("/v1/events", limit=1000)["items"]}
    for day in days_to_ask(claims):
        in_view = [claim for claim in claims if claim["reported_on"] <= day]
        rows = get_known("/v1/events", known_by=day, limit=1000)["items"]
        assert {row["id"] for row in rows} == {claim["event"]["id"] for claim in in_view}
        found = get_known("/v1/claims", known_by=day, limit=1000)["items"]
        assert found == in_view
        world = World(in_view, sources, coded)
        known = {claim["event"]["id"] for claim in in_view}
        for row in rows:
            assert served(row) == world.derived(row["id"]), (day, row["id"])
            assert row["deaths"] == of_measure(row, "deaths")
            if row["movement"]:
                assert row["movement"]["count"] == of_measure(row, "persons_moved")
            parent = coded[row["id"]]["part_of"]
            assert row["part_of"] == (parent if parent and parent["id"] in known else None)


def test_on_no_day_does_anything_show_a_claim_that_was_made_later(get_known: GetOk) -> None:
    claims = get_known("/v1/claims", limit=1000)["items"]
    for day in days_to_ask(claims):
        for row in get_known("/v1/events", known_by=day, limit=10, sort="date")["items"]:
            detail = get_known(f"/v1/events/{row['id']}", known_by=day)
            assert detail == row | {"claims": detail["claims"]}
            listed = get_known(f"/v1/events/{row['id']}/claims", known_by=day)["items"]
            ids = {claim["id"] for claim in detail["claims"]}
            assert ids == {claim["id"] for claim in listed}
            assert ids == {
                claim["id"] for claim in claims if claim["event"]["id"] == row["id"] and claim["reported_on"] <= day
            }


def happened_on(when: Any, day: str) -> bool:
    """Whether it happened on a day for certain: on that day alone, or throughout days of which it is one."""
    if when["precision"] != "span":
        return bool(when["earliest"] == when["latest"] == day)
    first, last = when["earliest"] or when["latest"], when["latest"] or when["earliest"]
    return bool(first <= day <= last)


def test_filters_judge_a_row_as_it_was_known_then(get_known: GetOk) -> None:
    for day in days_to_ask(get_known("/v1/claims", limit=1000)["items"]):
        rows = get_known("/v1/events", known_by=day, limit=1000, sort="id")["items"]
        for name in ("reported", "corroborated", "unconfirmed", "disputed", "denied"):
            found = get_known("/v1/events", known_by=day, status=name, limit=1000, sort="id")["items"]
            assert found == [row for row in rows if row["status"] == name]
        for least in (0, 1, 2):
            found = get_known("/v1/events", known_by=day, min_origins=least, limit=1000, sort="id")["items"]
            assert found == [row for row in rows if len(row["corroboration"]["origins"]) >= least]
        for window in (day, "2021-06-28", "2020-01-12"):
            found = get_known("/v1/events", known_by=day, datetime=window, date_match="certain", limit=1000, sort="id")
            assert found["items"] == [row for row in rows if happened_on(row["date"], window)]
            assert found["omitted"] == {
                "undated": sum(not row["date"]["earliest"] and not row["date"]["latest"] for row in rows)
            }


def flight(get_late: GetOk, day: str) -> Any:
    row = get_late("/v1/events/flight", known_by=day, fields="status,date,corroboration,movement,deaths")
    count = row["movement"]["count"]
    return (
        row["status"],
        row["date"]["earliest"],
        row["date"]["latest"],
        len(row["corroboration"]["origins"]),
        count and (count["low"], count["best"], count["high"], *(claim["id"] for claim in count["claims"])),
        row["deaths"] and row["deaths"]["best"],
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # a total up to a day before the last possible one bounds the whole only from below
        ("2020-01-10", ("unconfirmed", "2020-01-01", "2020-01-20", 0, (24, None, None, "flight-1-rumour"), None)),
        ("2020-01-11", ("unconfirmed", "2020-01-01", "2020-01-20", 0, (24, None, None, "flight-1-rumour"), None)),
        ("2020-01-12", ("reported", "2020-01-05", "2020-01-12", 1, (100, 100, None, "flight-2-agency"), None)),
        # 20 on the day of the occasion contradict 100 before it
        ("2020-01-14", ("reported", "2020-01-12", "2020-01-12", 1, (20, None, None, "flight-3-reporter"), 2)),
        ("2020-01-15", ("corroborated", "2020-01-12", "2020-01-12", 2, (20, None, None, "flight-3-reporter"), 2)),
        # the ministry gives up what it said, so that one origin is left
        ("2020-01-20", ("disputed", "2020-01-12", "2020-01-12", 1, (20, None, None, "flight-3-reporter"), 2)),
    ],
)
def test_status_date_and_count_change_with_what_is_reported(get_late: GetOk, day: str, expected: Any) -> None:
    assert flight(get_late, day) == expected


def test_an_event_is_not_there_before_its_first_report(get_late: GetOk) -> None:
    assert [row["id"] for row in get_late("/v1/events", known_by="2020-01-05")["items"]] == ["flight-of-a-group"]
    assert get_late("/v1/events", known_by="2020-01-04")["items"] == []
    assert get_late("/v1/events/flight", known_by="2020-01-09")["status"] == 404
    assert get_late("/v1/events/flight/claims", known_by="2020-01-09")["status"] == 404
    assert get_late("/v1/claims/flight-2-agency", known_by="2020-01-11")["status"] == 404
    assert get_late("/v1/claims/flight-2-agency", known_by="2020-01-12")["id"] == "flight-2-agency"


def test_a_part_does_not_tell_of_a_whole_that_is_not_known_yet(get_late: GetOk) -> None:
    def parent(day: str) -> str | None:
        parent = get_late("/v1/events/flight-of-a-group", known_by=day)["part_of"]
        return str(parent["id"]) if parent else None

    assert [parent(day) for day in ("2020-01-05", "2020-01-09", "2020-01-10")] == [None, None, "flight"]
    assert get_late("/v1/movements", known_by="2020-01-09")["items"][0]["part_of"] is None


def test_a_denial_before_any_claim_denies_and_later_disputes(get_late: GetOk) -> None:
    def told(day: str) -> tuple[str, str]:
        row = get_late("/v1/events/never-so", known_by=day)
        return row["status"], row["date"]["earliest"]

    assert told("2020-01-11") == ("denied", "2020-01-10")
    assert told("2020-01-31") == ("disputed", "2020-01-25")
    assert [row["id"] for row in get_late("/v1/events", status="denied", known_by="2020-01-30")["items"]] == [
        "never-so"
    ]
    assert get_late("/v1/events", status="denied")["items"] == []


def test_sources_and_deaths_are_those_known_then(get_late: GetOk) -> None:
    def ids(**params: Any) -> list[str]:
        return [row["id"] for row in get_late("/v1/events", **params, sort="id")["items"]]

    assert ids(source="ministry", known_by="2020-01-14") == ["never-so"]
    assert ids(source="ministry", known_by="2020-01-15") == ["flight", "never-so"]
    assert ids(source="agency-reporter", known_by="2020-01-12") == []
    assert ids(deaths_min=1, known_by="2020-01-12") == []
    assert ids(deaths_min=1, known_by="2020-01-13") == ["flight"]


def test_rows_are_sorted_by_what_was_known_then(get_late: GetOk) -> None:
    def order(day: str) -> list[str]:
        return [row["id"] for row in get_late("/v1/events", known_by=day, sort="date")["items"]]

    assert order("2020-01-11") == ["flight", "flight-of-a-group", "never-so"]
    assert order("2020-01-20") == ["flight-of-a-group", "never-so", "flight"]


def test_what_the_article_says_was_known_a_week_before_it(get_ok: GetOk) -> None:
    (row,) = get_ok("/v1/movements", known_by="2021-06-28")["items"]
    assert (row["id"], row["status"]) == ("uzbek-border-crossing-attempts-2021", "reported")
    assert row["corroboration"] == {
        "documents": 1,
        "origins": [{"id": "uzbek-government", "name": "Government of Uzbekistan"}],
        "unattributed": 0,
        "asserting": 1,
        "denying": 0,
    }
    around = get_ok("/v1/events/hairatan-surroundings-taken-2021", known_by="2021-07-04")
    assert (around["status"], around["corroboration"]["origins"]) == ("reported", [])
    now = get_ok("/v1/events/hairatan-surroundings-taken-2021")
    assert [origin["id"] for origin in now["corroboration"]["origins"]] == ["eurasianet-interviewees"]
