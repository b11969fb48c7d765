"""The map page at `/`, in a real Chromium without internet."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from clients.conftest import Server, run, started
from conftest import engine_for
from factories.ged import ged_bytes
from factories.ged import many_ged_rows as made_up
from factories.packs import War
from playwright.sync_api import Browser, Locator, Page, Route, expect

from app.db.migrate import upgrade
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.settings import PROJECT_ROOT
from web.conftest import PHONE, PageSession, Visit, browser_session

MAX_FIRST_VIEW_KB = 210
MAX_FIRST_VIEW_REQUESTS = 50
PLAYBACK_INTERVAL_MS = 1100
COPY_FEEDBACK_MS = 1500
MIN_LOAD_INTERVAL_MS = 250
MAX_LOAD_INTERVAL_MS = 1000
DRAG_STEPS = 90
DRAG_STEP_MS = 17  # browsers report 60 positions a second
MAX_REQUESTS_OF_A_STEP = 8
"""Requests that one position of a slider makes, of which two are of the event that is open."""
LABEL_TOLERANCE_PX = 2
SECOND_PACK = "tajik-border-2021"
CONTROL_QUERY = "as_of=2021-06-29&f=geojson&fields=location,holder,last_holder,state,candidates&limit=1000"


def move_slider(page: Page, name: str, day: str) -> None:
    """Move a slider to a day by the input event that a finger would cause."""
    page.evaluate(
        """([name, day]) => {
            const slider = document.getElementById(`${name}-slider`);
            slider.value = String(Date.parse(`${day}T00:00:00Z`) / 86400000);
            slider.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        [name, day],
    )


def queries_to(session: PageSession, path: str) -> list[dict[str, list[str]]]:
    """Return the parsed query strings of all requests to an endpoint."""
    urls = [urlsplit(url) for url in session.requested_urls]
    return [parse_qs(url.query) for url in urls if url.path == path]


def labels(markers: Locator) -> list[str]:
    """Return the sorted accessible names of markers."""
    return sorted(marker.get_attribute("aria-label") or "" for marker in markers.all())


def facts(page: Page) -> dict[str, str]:
    """Return the facts of the event that is open, by their terms, with single spaces."""
    terms, values = page.locator(".fact-list dt"), page.locator(".fact-list dd")
    texts = [" ".join(text.split()) for text in values.all_inner_texts()]
    return dict(zip(terms.all_inner_texts(), texts, strict=True))


def call_module(page: Page, module: str, function: str, *arguments: object) -> object:
    """Call a function of one of the page's modules, as the page has loaded it."""
    return page.evaluate(
        """async ([module, name, values]) => {
            const main = document.querySelector("script[type=module]").src;
            const loaded = await import(new URL(`${module}.js`, main));
            return loaded[name](...values);
        }""",
        [module, function, list(arguments)],
    )


def freeze_clock(page: Page) -> None:
    """Stop the timers of a page whose clock is fake, so that a busy machine cannot miss a momentary state."""
    page.clock.pause_at(datetime(2030, 1, 2, tzinfo=UTC))


@pytest.fixture
def fake_now() -> datetime:
    return datetime(2030, 1, 1, tzinfo=UTC)


# --- control, events and time ---


@pytest.mark.smoke
def test_kaldar_falls_returns_and_falls_again(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-27").page
        assert session.control_of("kaldar") == (None, "uncertain")
        kaldar = page.locator("#control-list [data-place-id='kaldar']")
        expect(kaldar).to_contain_text("last held by Government of Afghanistan")
        for day, holder, changed in (
            ("2021-06-28", "taliban", True),
            ("2021-06-29", "afghan-government", True),
            ("2021-06-30", "taliban", True),
            ("2021-07-01", "taliban", False),
        ):
            move_slider(page, "day", day)
            session.settle()
            assert session.control_of("kaldar") == (holder, "held")
            expect(page.locator("#control-title")).to_contain_text(str(int(day[-2:])))
            expect(page.locator("#control-list [data-place-id='kaldar'] .changed-tag")).to_have_count(int(changed))
            if day != "2021-07-01":
                session.screenshot(f"kaldar-{day}")
        days = {query["as_of"][0] for query in queries_to(session, "/v1/control")}
        assert days >= {"2021-06-28", "2021-06-29", "2021-06-30"}
        assert ["2021-06-29"] in [query.get("datetime") for query in queries_to(session, "/v1/events")]


def test_the_readme_picture_exists_and_is_small(visit: Visit) -> None:
    with visit(viewport={"width": 1280, "height": 840}) as session:
        session.open("#day=2021-06-29&at=6.5/35.3/67.4")
        assert session.control_of("kaldar") == ("afghan-government", "held")
        session.screenshot("readme")
    assert 20_000 < (PROJECT_ROOT / "tests" / "web" / "screenshot.png").stat().st_size < 250_000
    assert "](tests/web/screenshot.png)" in (PROJECT_ROOT / "README.md").read_text("utf-8")


def test_symbols_show_holder_control_state_category_and_precision(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-29&at=8/37/67.6").page
        places = labels(page.locator(".control-marker"))
        assert "Kaldar: Government of Afghanistan, held" in places
        assert any(name.startswith("Khakrez: last held by Government of Afghanistan, uncertain") for name in places)
        dashes = page.eval_on_selector_all(
            ".control-marker .control-outline",
            "outlines => outlines.map(outline => getComputedStyle(outline).strokeDasharray)",
        )
        assert len(set(dashes)) > 1, "held and uncertain control look different"
        session.open("#day=2021-07-04")
        assert page.locator(".event-marker.areal circle.uncertainty-circle").count() > 0
        assert page.locator(".event-marker.areal ellipse.uncertainty-circle").count() > 0, "along a border"
        assert page.locator(".movement-label", has_text="545").count() == 1
        assert page.locator("path.movement-line").count() > 2
        expect(page.locator("#disclaimer")).to_contain_text("take no position on borders")
        assert page.locator(".country").count() > 150


def test_playback_advances_by_days_and_stops_at_the_end(visit: Visit, fake_now: datetime) -> None:
    with visit() as session:
        session.page.clock.install(time=fake_now)
        page = session.open("#day=2021-07-03").page
        freeze_clock(page)
        page.click("#play")
        expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
        for day in ("4 July 2021", "5 July 2021"):
            page.clock.run_for(PLAYBACK_INTERVAL_MS)
            expect(page.locator("#date")).to_have_text(day)
        expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
        page.clock.run_for(PLAYBACK_INTERVAL_MS)
        expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
        expect(page.locator("#date")).to_have_text("5 July 2021")
        assert "day=2021-07-05" in page.url


def test_the_known_by_slider_shows_the_knowledge_of_that_day(visit: Visit, server: Server) -> None:
    with visit() as session:
        page = session.open("#day=2021-07-02").page
        events = page.locator("#event-list .event-row")
        count_now = events.count()
        move_slider(page, "known-by", "2021-07-02")
        expect(page.locator("#known-by-output")).to_have_text("2 July 2021")
        path = "/v1/events?datetime=2021-07-02&known_by=2021-07-02&count=exact"
        count_then = server.json(path)["matched"]
        expect(events).to_have_count(count_then)
        assert count_now > count_then > 0
        assert "known=2021-07-02" in page.url
        session.settle()
        assert any(query.get("known_by") == ["2021-07-02"] for query in queries_to(session, "/v1/control"))
        session.screenshot("known-by-2-july")


def test_a_shared_url_restores_the_view(visit: Visit) -> None:
    with visit() as session:
        page = session.open().page
        move_slider(page, "day", "2021-06-29")
        page.locator("#category-options input[value=control_change]").evaluate("box => box.click()")
        page.fill("#filter-place", "Balkh")
        page.keyboard.press("Enter")
        expect(page.locator("#event-list .event-row")).to_have_count(2)
        page.locator(".event-row", has_text="retake Kaldar").click()
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")
        page.evaluate("document.querySelector('.leaflet-control-zoom-in').click()")
        page.wait_for_url(re.compile("at="))  # written at the end of Leaflet's zoom animation
        session.settle()
        fragment, markers = page.url.partition("/#")[2], labels(page.locator(".event-marker, .control-marker"))
    with visit() as session:
        page = session.open(f"#{fragment}").page
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")
        expect(page.locator("#date")).to_have_text("29 June 2021")
        assert page.input_value("#filter-place") == "Balkh"
        assert page.is_checked("#category-options input[value=control_change]")
        assert labels(page.locator(".event-marker, .control-marker")) == markers
        page.click("#close-detail")
        expect(page.locator("#event-list .event-row")).to_have_count(2)
        page.go_back()
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")


@pytest.mark.parametrize("name", ["day", "known-by"])
def test_a_dragged_slider_asks_a_few_times_a_second_and_ends_where_it_stops(
    visit: Visit, fake_now: datetime, name: str
) -> None:
    with visit(allowed_error="404 (Not Found)") as session:  # the event is not known in June
        session.page.clock.install(time=fake_now)
        page = session.open("#day=2021-07-05&event=dostum-evacuated-2021").page
        freeze_clock(page)
        first_view = len(session.requested_urls)
        for step in range(DRAG_STEPS):
            move_slider(page, name, f"2021-06-{21 + step % 10}")
            page.clock.run_for(DRAG_STEP_MS)
        move_slider(page, name, "2021-06-29")
        text = page.locator("#date" if name == "day" else "#known-by-output")
        expect(text).to_have_text("29 June 2021")
        page.clock.run_for(MAX_LOAD_INTERVAL_MS + MIN_LOAD_INTERVAL_MS)
        logged = page.locator("#request-list [data-purpose=control] code")
        expect(logged).to_contain_text("as_of=2021-06-29" if name == "day" else "known_by=2021-06-29")
        loads = DRAG_STEPS * DRAG_STEP_MS // MIN_LOAD_INTERVAL_MS + 2
        assert len(queries_to(session, "/v1/movements")) <= loads + 1
        asked = [url for url in session.requested_urls[first_view:] if "/v1/" in url]
        assert len(asked) <= loads * MAX_REQUESTS_OF_A_STEP


def test_a_refusal_in_html_is_reported(visit: Visit) -> None:
    with visit(allowed_error="502 (Bad Gateway)") as session:
        session.page.route("**/v1/packs*", lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"))
        session.open()
        expect(session.page.locator("#problem")).to_have_text("the server answered 502")


# --- details ---


def test_an_event_shows_attribution_and_printed_wording_beside_its_coding(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-29&event=kaldar-recaptured-2021-06-29").page
        expect(page.locator(".claim").first.locator(".attribution")).to_contain_text("→")
        session.open("#day=2021-07-04&event=khwahan-crossing-2021-07-04")
        assert page.locator(".printed .printed-date td").all_inner_texts() == ["“June 4”", "4 July 2021"]
        rows = page.eval_on_selector_all(".printed tr", "rows => rows.map(row => getComputedStyle(row).display)")
        assert set(rows) == {"table-row"}
        assert page.locator(".printed .printed-place td").first.inner_text() == "“Khwahan”, “Badakhshan”, “Tajikistan”"
        assert "July" in page.locator(".claim .note").first.inner_text()
        expect(page.locator(".claim").first).to_contain_text("paragraph 24")
        urls = {link.get_attribute("href") or "" for link in page.locator("#detail .json").all()}
        assert any(url.endswith("/v1/events/khwahan-crossing-2021-07-04") for url in urls)
        session.screenshot("event")


def test_an_event_shows_its_facts_in_plain_words(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#event=khwahan-crossing-2021-07-04").page
        assert facts(page) == {
            "When": "4 July 2021",
            "Printed": "“June 4”",
            "Where": "Khwahan (district), Badakhshan, AFG: somewhere in the district",
            "Movement": (
                "94; troops of Afghan National Defence and Security Forces from Khwahan to Tajikistan; admitted"
            ),
            "Part of": "Government soldiers flee to Tajikistan",
            "Actors": (
                "Taliban initiator Government of Tajikistan host Afghan National Defence and Security Forces mover"
            ),
            "Sources": "1 independent: Government of Tajikistan; 1 claim asserts; in 1 document",
        }
        session.open("#event=balkh-districts-taken-2021")
        assert facts(page)["Control"] == "Government of Afghanistan → Taliban, a part of it, captured"
        assert facts(page)["Numbers"] == "districts held: 7 of 14 at that time"
        session.open("#event=special-visa-applications-2021")
        assert facts(page)["Numbers"] == "visa applicants: about 18,000 a running total"
        session.open("#event=khwahan-crossing-2021-07-04")
        page.get_by_role("button", name="Government soldiers flee to Tajikistan").click()
        expect(page.locator("#detail-title")).to_contain_text("Government soldiers flee to Tajikistan")


def test_contradictions_show_their_sides_next_to_each_other(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#event=dostum-evacuated-2021").page
        sides = page.locator(".contradiction .side")
        assert sides.count() == 2
        assert "It happened. Unattributed reports Assertion" in " ".join(sides.nth(0).inner_text().split())
        assert "It did not happen. Pajhwok Afghan News Denial" in " ".join(sides.nth(1).inner_text().split())
        session.open("#event=northern-offensive-2021")
        assert sides.locator(".says").all_inner_texts() == [
            "between 21 Jun and 25 June 2021",
            "between 26 Jun and 30 June 2021",
        ]
        session.open("#event=balkh-captured-2021")
        expect(page.locator(".contradiction").first).to_contain_text("Taliban hold half of the districts")
        session.screenshot("contradiction")


def test_a_place_shows_its_control_history(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-29").page
        page.locator("#control-list [data-place-id=kaldar] button").click()
        periods = page.locator(".control-periods > li")
        expect(periods).to_have_count(8)
        titles = [" ".join(text.split()) for text in periods.locator(".title").all_inner_texts()]
        government, taliban = "Government of Afghanistan", "Taliban"
        assert titles == [
            f"last held by {government}",
            government,
            f"last held by {government}",
            taliban,
            government,
            taliban,
            taliban,
            f"last held by {taliban}",
        ]
        assert "carried back" in periods.nth(1).inner_text()
        assert "Taliban take Kaldar for the first time" in periods.nth(2).locator(".open").inner_text()
        assert "between 21 Jun and 28 June 2021" in periods.nth(3).locator(".since").inner_text()
        current = page.locator(".control-periods > li.current")
        expect(current.locator(".title")).to_have_text(government)
        expect(current).to_be_in_viewport()


def test_a_place_lists_what_is_not_settled_and_who_holds_places_inside(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-07-05&event=place:balkh").page
        current = page.locator(".control-periods > li.current")
        expect(current.locator(".title")).to_have_text("last held by Government of Afghanistan")
        expect(current.locator(".open li")).to_contain_text(
            ["Taliban hold half of the districts of Balkh, partial", "fallen to the Taliban, all of it, unconfirmed"]
        )
        expect(current.locator(".inside li")).to_have_text("Kaldar, held by Taliban")
        session.screenshot("place")
        current.locator(".inside button").click()
        expect(page.locator("#detail-title")).to_contain_text("Kaldar")


def test_a_place_of_which_nothing_is_known_then_is_unknown(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-07-05&known=2021-06-21&place=kaldar").page
        assert session.control_of("kaldar") == (None, "unknown")
        expect(page.locator("#control-list [data-place-id=kaldar]")).to_contain_text("nobody known")


# --- two packs ---


@pytest.fixture(scope="module")
def two_packs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on the first pack and on another document that retells some of it."""
    folder = tmp_path_factory.mktemp("two-packs")
    shutil.copytree(PROJECT_ROOT / "seed", folder / "packs")
    shutil.copytree(PROJECT_ROOT / "tests" / "data" / "packs" / SECOND_PACK, folder / "packs" / SECOND_PACK)
    with started(folder / "server", "--seed", str(folder / "packs")) as server:
        yield server


def test_contradicted_numbers_are_marked_and_their_sides_shown(browser: Browser, two_packs_server: Server) -> None:
    with browser_session(browser, two_packs_server.url) as session:
        page = session.open("#day=2021-07-05&event=flight-to-tajikistan-2021").page
        assert facts(page)["Movement"].startswith("at least 1,579, contradicted; troops")
        assert page.locator(".movement-label.contradicted").all_inner_texts() == ["at least 1,579, contradicted"]
        says = " ".join(page.locator(".says").all_inner_texts())
        assert "545, between 28 Jun and 5 July 2021" in says
        assert "1037 in a part of it" in says
        assert "at least 1579 in its parts together" in says
        assert page.locator(".side").last.locator(".claim-brief").count() == 3
        expect(page.locator(".side").last).to_contain_text("more claims")
        session.screenshot("two-packs-event")
        session.open("#event=sherkhan-bandar-captured-2021-06-21")
        expect(page.locator(".contradiction")).to_contain_text("Two events that may be one")
        assert page.locator(".says").all_inner_texts() == ["22 June 2021", "21 June 2021"]


def test_labels_of_movements_do_not_cover_each_other(browser: Browser, two_packs_server: Server) -> None:
    with browser_session(browser, two_packs_server.url) as session:
        page = session.open("#day=2021-07-05").page
        session.screenshot("two-packs")
        boxes = [label.bounding_box() for label in page.locator(".movement-label span").all()]
        assert len(boxes) > 4
        for one, other in combinations(filter(None, boxes), 2):
            apart = (
                abs(one["x"] + one["width"] / 2 - other["x"] - other["width"] / 2)
                - (one["width"] + other["width"]) / 2,
                abs(one["y"] - other["y"]) - one["height"],
            )
            assert max(apart) >= -LABEL_TOLERANCE_PX


# --- text of values ---


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ({"low": 94, "best": 94, "high": 94, "of": None}, "94"),
        ({"low": 0, "best": 0, "high": 0, "of": None}, "0"),
        ({"low": 501, "best": None, "high": 545, "of": None}, "501–545"),
        ({"low": 1131, "best": None, "high": None, "of": None}, "at least 1,131"),
        ({"low": 0, "best": None, "high": 545, "of": None}, "up to 545"),
        ({"low": None, "best": 18000, "high": None, "of": None}, "about 18,000"),
        ({"low": 24, "best": 40, "high": 99, "of": None}, "about 40 (24–99)"),
        ({"low": 7, "best": 7, "high": 7, "of": 14}, "7 of 14"),
        ({"low": 0, "best": None, "high": None, "of": None}, ""),
        ({"low": 1131, "best": None, "high": 1425, "of": None, "contradicted": True}, "1,131–1,425, contradicted"),
        ({"low": 0, "best": None, "high": None, "of": None, "contradicted": True}, "number unknown, contradicted"),
    ],
)
def test_a_figure_shows_its_bounds(visit: Visit, figure: dict[str, int | bool | None], text: str) -> None:
    with visit() as session:
        assert call_module(session.open().page, "labels", "formatFigure", figure) == text


@pytest.mark.parametrize(
    ("earliest", "latest", "precision", "certain"),
    [
        ("2021-07-04", "2021-07-04", "day", True),
        ("2021-07-03", "2021-07-05", "range", False),
        ("2021-07-03", "2021-07-05", "span", True),
        (None, "2021-07-05", "span", False),
        (None, "2021-07-04", "span", True),
        ("2021-07-04", None, "span", True),
        ("2021-07-03", None, "span", False),
        (None, None, "unknown", False),
    ],
)
def test_an_event_is_certain_or_possible_on_a_day(
    visit: Visit, earliest: str | None, latest: str | None, precision: str, certain: bool
) -> None:
    date = {"earliest": earliest, "latest": latest, "precision": precision}
    with visit() as session:
        assert call_module(session.open().page, "dates", "isCertainlyOn", date, "2021-07-04") is certain


# --- problems and empty results ---


def test_a_misspelt_name_is_refused_with_a_suggestion(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-29&place=Kalder").page
        problem = page.locator("#problem")
        expect(problem).to_contain_text("no such name")
        session.screenshot("did-you-mean")
        problem.locator(".suggestion", has_text="Kaldar").click()
        expect(problem).to_be_hidden()
        assert page.input_value("#filter-place") == "Kaldar"
        expect(page.locator("#event-list .event-row").first).to_contain_text("Kaldar")


def test_a_missing_event_is_reported(visit: Visit) -> None:
    with visit(allowed_error="404 (Not Found)") as session:
        page = session.open("#event=kaldar-retaken").page
        expect(page.locator("#problem")).to_contain_text("events has no 'kaldar-retaken'")
        page.click("#close-detail")
        expect(page.locator("#problem")).to_be_hidden()
        expect(page.locator("#lists")).to_be_visible()


def test_an_empty_database_is_reported(visit: Visit) -> None:
    with visit() as session:
        body = '{"revision": 0, "packs": [], "returned": 0, "next": null, "items": []}'
        session.page.route("**/v1/*", lambda route: route.fulfill(body=body, content_type="application/json"))
        session.open()
        expect(session.page.locator("#lists")).to_have_text("Nothing is loaded yet.")


def test_a_busy_server_is_retried_and_a_failing_one_is_reported(visit: Visit) -> None:
    with visit(allowed_error="503 (Service Unavailable)") as session:
        body = '{"title": "Service Unavailable", "status": 503, "detail": "the database cannot answer now"}'
        refusal_headers = [{"Retry-After": "0"}]

        def refuse_or_continue(route: Route) -> None:
            if refusal_headers:
                route.fulfill(status=503, body=body, headers=refusal_headers.pop())
            else:
                route.continue_()

        session.page.route("**/v1/packs*", refuse_or_continue)
        session.open("#day=2021-06-29")
        assert session.control_of("kaldar") == ("afghan-government", "held")
        refusal_headers.append({})
        session.open()
        expect(session.page.locator("#problem")).to_have_text("the database cannot answer now")


def test_names_are_suggested_by_the_search_of_the_api(visit: Visit) -> None:
    with visit() as session:
        page = session.open().page
        page.locator("#filter-place").press_sequentially("Kal")
        expect(page.locator("#place-suggestions option[value=Kaldar]")).to_be_attached()


# --- request log ---


def test_the_request_log_is_complete_and_curl_gets_the_same_rows(visit: Visit, server: Server) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-29&place=kaldar&category=control_change").page
        commands = page.locator("#request-list code").all_text_contents()
        logged_urls = {re.fullmatch(r"curl '(.*)'", command)[1] for command in commands}  # type: ignore[index]
        assert logged_urls == {url for url in session.requested_urls if "/v1/" in url}
        (control,) = [command for command in commands if "as_of=2021-06-29" in command]
        assert '"afghan-government"' in run(["bash", "-c", control]).stdout
        (events,) = [command for command in commands if "/v1/events?" in command and "geojson" in command]
        assert "kaldar-recaptured-2021-06-29" in run(["bash", "-c", events]).stdout


def test_the_link_and_a_request_can_be_copied(browser: Browser, server: Server, fake_now: datetime) -> None:
    with browser_session(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as session:
        session.page.clock.install(time=fake_now)
        page = session.open("#day=2021-06-29").page
        freeze_clock(page)
        page.click("#copy-link")
        expect(page.locator("#copy-link")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").endswith("#day=2021-06-29")
        page.click("#request-log summary")
        copy = page.locator("#request-list [data-purpose=control] button")
        copy.click()
        expect(copy).to_have_text("Copied")
        command = page.evaluate("navigator.clipboard.readText()")
        assert command == f"curl '{server.url}/v1/control?{CONTROL_QUERY}'"
        page.clock.run_for(COPY_FEEDBACK_MS)
        expect(page.locator("#copy-link")).to_have_text("Copy link")
        expect(copy).to_have_text("Copy")


# --- keyboard, phone and size ---


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    with visit() as session:
        page = session.open("#day=2021-06-28").page
        page.focus("#day-slider")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#date")).to_have_text("29 June 2021")
        session.settle()  # a list that is rendered again loses the focus
        page.evaluate("document.querySelector('.skip-link').focus()")
        page.keyboard.press("Enter")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.event-row')"):
                break
        title = page.evaluate("document.activeElement.querySelector('.title').textContent")
        page.keyboard.press("Enter")
        expect(page.locator("#detail-title")).to_contain_text(title)
        expect(page.locator("#detail-title")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#lists")).to_be_visible()
        expect(page.locator("#panel")).to_be_focused()
        page.locator(".event-marker[aria-label*='events:']").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#event-list h3")).to_contain_text("at this place")


def test_the_first_view_is_small(browser: Browser, server: Server) -> None:
    with browser_session(browser, server.url) as session:
        session.open()
        session.settle()
        requests = [request for request in session.requests if request.url.startswith(server.url)]
        sizes: dict[str, int] = {}
        for request in requests:
            response = request.response()
            assert response
            response.finished()
            sizes[request.url] = request.sizes()["responseBodySize"]
    assert 15 < len(requests) < MAX_FIRST_VIEW_REQUESTS
    assert sum(sizes.values()) < MAX_FIRST_VIEW_KB * 1000, sizes


def test_the_page_works_below_another_path(browser: Browser, server: Server) -> None:
    def proxy(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace("/atlas/", "/", 1)))

    with browser_session(browser, server.url) as session:
        session.page.route("**/atlas/**", proxy)
        session.page.goto(f"{server.url}/atlas/#day=2021-06-30")
        session.page.wait_for_selector("body[data-ready=true]")
        assert session.control_of("kaldar") == ("taliban", "held")
        assert all("/atlas/" in url for url in session.requested_urls)


def test_a_phone_shows_everything_within_its_width(visit: Visit) -> None:
    with visit(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as session:
        page = session.open("#day=2021-06-30").page
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for name in ("map", "day-slider", "known-by-slider", "play"):
            assert page.locator(f"#{name}").is_visible()
        session.screenshot("phone")
        session.open("#day=2021-06-30&event=dostum-evacuated-2021")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        session.screenshot("phone-event")


# --- other databases ---


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on a pack whose names and titles are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    evil = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    War(title=f"{evil} take it", rebels=f"{evil} rebels", ford=f"{evil} ford", denied=True).write(folder / "packs")
    pack = folder / "packs" / "eastern-war"
    metadata = (pack / "pack.toml").read_text("utf-8")
    coverage = "[coverage]\nfrom = 2021-06-30\nuntil = 2021-07-05\n"
    (pack / "pack.toml").write_text(metadata.replace("[coverage]\n", coverage), "utf-8")
    locations = (pack / "locations.toml").read_text("utf-8")
    district = 'kind = "district"\n'
    point = 'latitude = 60.1\nlongitude = 9.1\npoint_kind = "exact"\n'
    (pack / "locations.toml").write_text(locations.replace(district, district + point), "utf-8")
    with started(folder / "server", "--seed", str(folder / "packs")) as server:
        yield server


def test_markup_in_names_and_titles_is_shown_as_text(browser: Browser, hostile_server: Server) -> None:
    with browser_session(browser, hostile_server.url) as session:
        page = session.page
        for fragment in ("#day=2021-07-01", "#day=2021-07-01&event=ford-taken", "#day=2021-07-01&event=place:ford"):
            session.open(fragment)
            expect(page.locator("#panel")).to_contain_text("<img src=x onerror=")
            assert page.locator("#panel img, #map img, #panel script").count() == 0
            assert page.title().startswith("Oxus")


@pytest.fixture(scope="module")
def large_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on two thousand imported events beside the shipped packs."""
    folder = tmp_path_factory.mktemp("large")
    server_folder = folder / "server"
    server_folder.mkdir()
    database = str(server_folder / "oxus.db")
    file = folder / "made_up.csv"
    file.write_bytes(ged_bytes(*map(made_up, range(2000))))
    upgrade(database)
    with engine_for(database, read_only=False) as engine:
        import_dataset(engine, UCDP_GED, [file], None, lambda *_: None)
    with started(server_folder) as server:
        yield server


def test_many_events_are_counted_by_cell_until_few_are_in_view(browser: Browser, large_server: Server) -> None:
    with browser_session(browser, large_server.url) as session:
        page = session.open("#period=ucdp-ged&all=1&at=4/25/55").page
        cells = page.locator(".event-marker.density-cell")
        assert cells.count() > 3
        expect(page.locator("#event-list")).to_contain_text("events match in this part of the map")
        session.screenshot("many")
        counts = [int(label.partition(" ")[0].replace(",", "")) for label in labels(cells)]
        assert sum(counts) > 300
        session.open("#period=ucdp-ged&all=1&at=9/25.3/55")
        expect(page.locator("#event-list .event-row").first).to_be_visible()
        assert cells.count() == 0
        limits = [int(query["limit"][0]) for query in queries_to(session, "/v1/events")]
        assert max(limits) <= 500
        assert all("bbox" in query and query["zoom"] for query in queries_to(session, "/v1/density"))
        assert not any(unquote(url).endswith("limit=all") for url in session.requested_urls)
