"""What people see at `/`, in a real Chromium without a network."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from clients.conftest import Server, run, started
from conftest import engine_for
from ingest.test_ged_reading import ged_bytes
from ingest.test_loading import War
from playwright.sync_api import Browser, Page, Route, expect
from test_query_plans import made_up

from app.db.migrate import upgrade
from app.ingest.datasets.ged_pack import UCDP_GED
from app.ingest.datasets.load import import_dataset
from app.settings import HOME
from web.conftest import PHONE, Seen, Visit, visiting

LARGEST_KB = 200


def slide(page: Page, name: str, day: str) -> None:
    """Move a handle to a day, as a finger would: by the input's own event."""
    page.evaluate(
        """([name, day]) => {
            const handle = document.getElementById(name);
            handle.value = String(Date.parse(`${day}T00:00:00Z`) / 86400000);
            handle.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        [name, day],
    )


def asked_for(seen: Seen, path: str) -> list[dict[str, list[str]]]:
    """The questions that the page put to a list."""
    parts = [urlsplit(url) for url in seen.asked]
    return [parse_qs(part.query) for part in parts if part.path == path]


def place_row(page: Page, place: str, holder: str) -> str:
    return f"#control [data-place='{place}'][data-holder='{holder}']"


def test_kaldar_is_seen_to_fall_to_return_and_to_fall_again(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-27")
        assert seen.held("kaldar") == ("afghan-government", "uncertain")
        for day, holder, changed in (
            ("2021-06-28", "taliban", True),
            ("2021-06-29", "afghan-government", True),
            ("2021-06-30", "taliban", True),
            ("2021-07-01", "taliban", False),
        ):
            slide(seen.page, "day", day)
            row = seen.page.locator(f"#control [data-place='kaldar'][data-holder='{holder}']")
            expect(row).to_have_attribute("data-state", "held")
            expect(seen.page.locator("#control-title")).to_contain_text(str(int(day[-2:])))
            expect(row.locator(".tag")).to_have_count(int(changed))
            if day != "2021-07-01":
                seen.keep(f"kaldar-{day}")
        assert {query["as_of"][0] for query in asked_for(seen, "/v1/control")} >= {
            "2021-06-28",
            "2021-06-29",
            "2021-06-30",
        }
        days = [query.get("datetime") for query in asked_for(seen, "/v1/events")]
        assert ["2021-06-29"] in days


def test_the_picture_of_the_readme_is_kept_and_light(visit: Visit) -> None:
    with visit(viewport={"width": 1280, "height": 840}) as seen:
        seen.open("#day=2021-06-29&at=6.5/35.3/67.4")
        assert seen.held("kaldar") == ("afghan-government", "held")
        seen.keep("readme")
    assert 20_000 < (HOME / "tests" / "web" / "screenshot.png").stat().st_size < 250_000
    assert "](tests/web/screenshot.png)" in (HOME / "README.md").read_text("utf-8")


def test_the_map_shows_places_by_holder_and_state_and_events_by_category_and_precision(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-29&at=8/37/67.6")
        page = seen.page
        grounds = {mark.get_attribute("aria-label") or "" for mark in page.locator(".ground").all()}
        assert "Kaldar: Government of Afghanistan, held" in grounds
        assert any(name.startswith("Hairatan: Government of Afghanistan, uncertain") for name in grounds)
        looks = page.eval_on_selector_all(
            ".ground .edge", "edges => edges.map(edge => getComputedStyle(edge).strokeDasharray)"
        )
        assert len(set(looks)) > 1, "what is held looks other than what is uncertain"
        seen.open("#day=2021-07-04")
        assert page.locator(".mark.wide").count() > 0
        assert page.locator(".arrow-count", has_text="545").count() == 1
        assert page.locator("path.arrow").count() > 2
        expect(page.locator("#note")).to_contain_text("Outlines are for orientation and take no position on borders")
        assert page.locator(".country").count() > 150


def test_playing_goes_on_from_day_to_day_and_stops_at_the_end(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-07-03")
        seen.page.click("#play")
        expect(seen.page.locator("#play")).to_have_attribute("aria-pressed", "true")
        expect(seen.page.locator("#date")).to_have_text("5 July 2021")
        expect(seen.page.locator("#play")).to_have_attribute("aria-pressed", "false")
        assert "day=2021-07-05" in seen.page.url


def test_the_second_handle_shows_what_was_known_then(visit: Visit, server: Server) -> None:
    with visit() as seen:
        seen.open("#day=2021-07-02")
        before = seen.page.locator("#events .event").count()
        slide(seen.page, "known", "2021-07-02")
        expect(seen.page.locator("#known-text")).to_have_text("2 July 2021")
        path = "/v1/events?datetime=2021-07-02&known_by=2021-07-02&count=exact"
        known = server.json(path)["matched"]
        expect(seen.page.locator("#events .event")).to_have_count(known)
        assert before > known > 0
        assert "known=2021-07-02" in seen.page.url
        assert any(query.get("known_by") == ["2021-07-02"] for query in asked_for(seen, "/v1/control"))
        seen.keep("known-by-2-july")


def test_a_shared_address_shows_the_same_again(visit: Visit) -> None:
    with visit() as seen:
        seen.open()
        page = seen.page
        slide(page, "day", "2021-06-29")
        page.locator("#category-codes input[value=control_change]").evaluate("box => box.click()")
        page.fill("#place", "Balkh")
        page.keyboard.press("Enter")
        expect(page.locator("#events .event")).to_have_count(4)
        page.locator(".event", has_text="retake Kaldar").click()
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")
        page.evaluate("document.querySelector('.leaflet-control-zoom-in').click()")
        page.wait_for_url(re.compile("at="))
        page.wait_for_timeout(600)  # Leaflet's movement
        shared, marks = page.url.partition("/#")[2], labels(page)
    with visit() as other:
        other.open(f"#{shared}")
        page = other.page
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")
        expect(page.locator("#date")).to_have_text("29 June 2021")
        assert page.input_value("#place") == "Balkh"
        assert page.is_checked("#category-codes input[value=control_change]")
        assert labels(page) == marks
        page.click("#back")
        expect(page.locator("#events .event")).to_have_count(4)
        page.go_back()
        expect(page.locator("#detail-title")).to_contain_text("retake Kaldar")


def labels(page: Page) -> list[str | None]:
    """What the marks on the map are called."""
    return sorted(mark.get_attribute("aria-label") or "" for mark in page.locator(".mark, .ground").all())


def test_an_event_shows_who_said_so_through_whom_and_printed_beside_understood(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-29&event=kaldar-recaptured-2021-06-29")
        page = seen.page
        expect(page.locator(".claim").first.locator(".chain")).to_contain_text("→")
        seen.open("#day=2021-07-04&event=khwahan-crossing-2021-07-04")
        row = page.locator(".printed .of-date td")
        assert row.all_inner_texts() == ["“June 4”", "4 July 2021"]
        rows = page.eval_on_selector_all(".printed tr", "rows => rows.map(row => getComputedStyle(row).display)")
        assert set(rows) == {"table-row"}
        assert "July" in page.locator(".claim .note").first.inner_text()
        links = {link.get_attribute("href") or "" for link in page.locator("#detail .json").all()}
        assert any(link.endswith("/v1/events/khwahan-crossing-2021-07-04") for link in links)
        seen.keep("event")


def test_contradictions_stand_side_by_side(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#event=dostum-evacuated-2021")
        sides = seen.page.locator(".contradiction .side")
        assert sides.count() == 2
        assert "Unattributed reports Assertion" in " ".join(sides.nth(0).inner_text().split())
        assert "Pajhwok Afghan News Denial" in " ".join(sides.nth(1).inner_text().split())
        seen.open("#event=balkh-captured-2021")
        expect(seen.page.locator(".contradiction").first).to_contain_text("Taliban hold half of the districts")
        seen.keep("contradiction")


def test_a_place_shows_who_held_it_through_time(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-29")
        seen.page.locator("#control [data-place=kaldar] button").click()
        expect(seen.page.locator(".stretches li")).to_have_count(6)
        expect(seen.page.locator(".stretches li.now")).to_contain_text("Government of Afghanistan")


def test_a_name_that_nobody_has_is_refused_with_one_that_somebody_has(visit: Visit) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-29&place=Kalder")
        problem = seen.page.locator("#problem")
        expect(problem).to_contain_text("no such name")
        seen.keep("did-you-mean")
        problem.locator(".suggestion", has_text="Kaldar").click()
        expect(problem).to_be_hidden()
        assert seen.page.input_value("#place") == "Kaldar"
        expect(seen.page.locator("#events .event").first).to_contain_text("Kaldar")


def test_an_event_that_is_not_there_is_said_not_to_be(visit: Visit) -> None:
    with visit(blocked="404 (Not Found)") as seen:
        seen.open("#event=kaldar-retaken")
        expect(seen.page.locator("#problem")).to_contain_text("events has no 'kaldar-retaken'")
        seen.page.click("#back")
        expect(seen.page.locator("#problem")).to_be_hidden()
        expect(seen.page.locator("#lists")).to_be_visible()


def test_a_database_without_anything_says_so(visit: Visit) -> None:
    with visit() as seen:
        nothing = '{"revision": 0, "packs": [], "returned": 0, "next": null, "items": []}'
        seen.page.route("**/v1/*", lambda route: route.fulfill(body=nothing, content_type="application/json"))
        seen.open()
        expect(seen.page.locator("#lists")).to_have_text("Nothing is loaded yet.")


def test_a_server_that_is_busy_is_asked_again_and_one_that_fails_is_told_of(visit: Visit) -> None:
    with visit(blocked="503 (Service Unavailable)") as seen:
        body = '{"title": "Service Unavailable", "status": 503, "detail": "the database cannot answer now"}'
        refusals = [{"Retry-After": "0"}]

        def refuse(route: Route) -> None:
            if refusals:
                route.fulfill(status=503, body=body, headers=refusals.pop())
            else:
                route.continue_()

        seen.page.route("**/v1/packs*", refuse)
        seen.open("#day=2021-06-29")
        assert seen.held("kaldar") == ("afghan-government", "held")
        refusals.append({})
        seen.open()
        expect(seen.page.locator("#problem")).to_have_text("the database cannot answer now")


def test_names_are_completed_by_the_search_of_the_api(visit: Visit) -> None:
    with visit() as seen:
        seen.open()
        seen.page.locator("#place").press_sequentially("Kal")
        expect(seen.page.locator("#place-names option[value=Kaldar]")).to_be_attached()


def test_what_was_asked_is_shown_and_gives_the_same_as_curl(visit: Visit, server: Server) -> None:
    with visit() as seen:
        seen.open("#day=2021-06-29&place=kaldar&category=control_change")
        lines = seen.page.locator("#request-list code").all_text_contents()
        shown = {re.fullmatch(r"curl '(.*)'", line)[1] for line in lines}  # type: ignore[index]
        api = {url for url in seen.asked if "/v1/" in url}
        assert shown == api
        (control,) = [line for line in lines if "as_of=2021-06-29" in line]
        assert '"taliban"' in run(["bash", "-c", control]).stdout
        (events,) = [line for line in lines if "/v1/events?" in line and "geojson" in line]
        assert "kaldar-recaptured-2021-06-29" in run(["bash", "-c", events]).stdout


def test_an_address_and_a_question_can_be_copied(browser: Browser, server: Server) -> None:
    with visiting(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as seen:
        page = seen.open("#day=2021-06-29").page
        page.click("#share")
        expect(page.locator("#share")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").endswith("#day=2021-06-29")
        page.click("#requests summary")
        page.locator("#request-list [data-kind=control] button").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"curl '{server.url}/v1/control?as_of=2021-06-29&f=geojson&limit=1000'"


def test_the_keyboard_is_enough(visit: Visit) -> None:
    with visit() as seen:
        page = seen.open("#day=2021-06-28").page
        page.focus("#day")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#date")).to_have_text("29 June 2021")
        page.evaluate("document.querySelector('.skip').focus()")
        page.keyboard.press("Enter")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.event')"):
                break
        title = page.evaluate("document.activeElement.querySelector('.title').textContent")
        page.keyboard.press("Enter")
        expect(page.locator("#detail-title")).to_contain_text(title)
        expect(page.locator("#detail-title")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#lists")).to_be_visible()
        expect(page.locator("#panel")).to_be_focused()
        mark = page.locator(".mark[aria-label*='events:']").first
        mark.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#events h3")).to_contain_text("at this place")


def test_the_first_view_is_small(browser: Browser, server: Server) -> None:
    sizes: dict[str, int] = {}
    with visiting(browser, server.url) as seen:
        seen.page.on(
            "requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]})
        )
        seen.open()
        seen.page.wait_for_timeout(200)
    assert 15 < len(sizes) < 50
    assert sum(sizes.values()) < LARGEST_KB * 1000, sizes


def test_the_page_works_below_another_path(browser: Browser, server: Server) -> None:
    def passed_on(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace("/atlas/", "/", 1)))

    with visiting(browser, server.url) as seen:
        seen.page.route("**/atlas/**", passed_on)
        seen.page.goto(f"{server.url}/atlas/#day=2021-06-30")
        seen.page.wait_for_selector("body[data-ready=true]")
        assert seen.held("kaldar") == ("taliban", "held")
        assert all("/atlas/" in url for url in seen.asked)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a pack whose names and titles are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    evil = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    War(title=f"{evil} take it", rebels=f"{evil} rebels", ford=f"{evil} ford", denied=True).write(folder / "packs")
    pack = folder / "packs" / "eastern-war"
    text = (pack / "pack.toml").read_text("utf-8")
    dated = text.replace("[coverage]\n", "[coverage]\nfrom = 2021-06-30\nuntil = 2021-07-05\n")
    (pack / "pack.toml").write_text(dated, "utf-8")
    places = (pack / "locations.toml").read_text("utf-8")
    placed = places.replace(
        'kind = "district"\n', 'kind = "district"\nlatitude = 60.1\nlongitude = 9.1\npoint_kind = "exact"\n'
    )
    (pack / "locations.toml").write_text(placed, "utf-8")
    with started(folder / "server", "--seed", str(folder / "packs")) as server:
        yield server


def test_markup_in_what_is_shown_is_text(browser: Browser, hostile: Server) -> None:
    with visiting(browser, hostile.url) as seen:
        for hash_ in ("#day=2021-07-01", "#day=2021-07-01&event=ford-taken", "#day=2021-07-01&event=place:ford"):
            seen.open(hash_)
            expect(seen.page.locator("#panel")).to_contain_text("<img src=x onerror=")
            assert seen.page.locator("#panel img, #map img, #panel script").count() == 0
            assert seen.page.title().startswith("Oxus")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over two thousand imported events beside the article's."""
    folder = tmp_path_factory.mktemp("large")
    server = folder / "server"
    server.mkdir()
    file = folder / "made_up.csv"
    file.write_bytes(ged_bytes(*map(made_up, range(2000))))
    upgrade(str(server / "oxus.db"))
    with engine_for(str(server / "oxus.db"), read_only=False) as engine:
        import_dataset(engine, UCDP_GED, [file], None, lambda *_: None)
    with started(server) as found:
        yield found


def test_many_events_are_counted_by_cell_until_few_are_in_view(browser: Browser, large: Server) -> None:
    with visiting(browser, large.url) as seen:
        page = seen.open("#period=ucdp-ged&all=1&at=4/25/55").page
        assert page.locator(".mark.dense").count() > 3
        expect(page.locator("#events")).to_contain_text("events match in this part of the map")
        seen.keep("many")
        names = [mark.get_attribute("aria-label") or "" for mark in page.locator(".mark.dense").all()]
        in_view = sum(int(name.partition(" ")[0].replace(",", "")) for name in names)
        assert in_view > 300
        seen.open("#period=ucdp-ged&all=1&at=9/25.3/55")
        expect(page.locator("#events .event").first).to_be_visible()
        assert page.locator(".mark.dense").count() == 0
        limits = [int(query["limit"][0]) for query in asked_for(seen, "/v1/events")]
        assert max(limits) <= 500
        assert all("bbox" in query and query["zoom"] for query in asked_for(seen, "/v1/density"))
        assert not any(unquote(url).endswith("limit=all") for url in seen.asked)


def test_on_a_phone_everything_is_within_the_width(visit: Visit) -> None:
    with visit(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as seen:
        seen.open("#day=2021-06-30")
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        for name in ("map", "day", "known", "play"):
            assert seen.page.locator(f"#{name}").is_visible()
        seen.keep("phone")
        seen.open("#day=2021-06-30&event=dostum-evacuated-2021")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        seen.keep("phone-event")
