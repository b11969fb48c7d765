"""Texts that would harm a page: no script runs, no policy is broken, nothing leaves this machine, and it all fits."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from clients.conftest import Server, started
from conftest import engine_for
from factories.ged import ged_bytes
from factories.packs import War
from playwright.sync_api import Browser, expect

from app.db.migrate import upgrade
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.packs.load import load_packs
from web.conftest import DESKTOP, PHONE, PageSession, browser_session

MARK = "zqxmark"
"""Stands in every text of the database that other people write, until a hostile text takes its place."""
MARKUP = (
    "<img src=x onerror=alert(1)>'\"><script>alert(2)</script></script><svg onload=alert(3)>"
    "<!-- {{7*7}} ${alert(4)} <a href=javascript:alert(5)>x</a> <style>*{display:none}</style> &lt;b&gt;"
)
HOSTILE = {
    "markup": MARKUP,
    "url": "javascript:alert(document.domain)//https://example.org/?q=<script>",
    "json": '"}],"items":[</script>\u2028\u2029\\u003cscript\\u003e\\',
    "letters": "W" * 2_000,
    "emoji": "👩‍👩‍👧‍👦" * 250,
    "marks": "Z\u0351\u036b\u0343" * 500,
    "right-to-left": "\u0645\u0632\u0627\u0631 \u0634\u0631\u06cc\u0641 " * 60,
    "overrides": "\u202egnp.exe\u202c\u2066\u202dabc" * 20,
    "controls": "a\x01\x08\x1b[31mb\x7f\x85c\ufeff\u200b\u200d\u2060" * 20,
    "invisible": "\u3164\u200b\u2060\u00ad",
    "formula": "=cmd|'/C calc'!A0",
    "no-letters": "%00%0d%0aSet-Cookie: a=1 ../../etc/passwd ?#&=%",
}
NOT_SHOWN = "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]"
"""Characters that change what stands around them, or how a terminal behaves into which they are pasted."""
VIEWS = {
    "day": "#day=2021-07-01",
    "all days": "#all=1",
    "event": "#day=2021-07-01&event=ford-taken",
    "movement": "#day=2021-07-02&event=crossing",
    "place": "#day=2021-07-01&event=place:ford",
    "actor": "#all=1&actor=rebels",
    "imported": "#period=ucdp-ged&all=1&event=ucdp-ged:999000010",
}
DISPLAYS = {"desktop": (DESKTOP, tuple(VIEWS)), "phone": (PHONE, ("day", "event", "place", "imported"))}
DOCUMENTS = (
    *("events", "claims", "sources", "actors", "locations", "packs", "movements", "figures", "contradictions"),
    *("control?as_of=2021-07-01", "locations/ford/control", "events/ford-taken", "search?q=gazette", "changes?since=0"),
    *("events?f=geojson", "stats?group_by=category"),
)
PAGES = ("docs", "redoc", "ogc/docs", "?f=json", "ogc", "ogc/collections", "ogc/collections/events/items?f=json")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of a pack and an import in which the mark stands in all texts, beside markup."""
    folder = tmp_path_factory.mktemp("marked")
    War(
        title=MARK, rebels=f"{MARK} rebels", ford=f"{MARK} ford", crossing=f"{MARK} crossing", denied=True, flood=True
    ).write(folder / "packs")
    for file in (folder / "packs").rglob("*.toml"):
        text = file.read_text("utf-8")
        for old, new in (
            ("[coverage]\n", "[coverage]\nfrom = 2021-06-30\nuntil = 2021-07-05\n"),
            ('kind = "district"\n', 'kind = "district"\nlatitude = 60.1\nlongitude = 9.1\npoint_kind = "exact"\n'),
            ('title = "War"', f'title = "War {MARK}"'),
            ('citation = "War."', f'citation = "{MARK}"'),
            ('licence = "CC-BY-4.0"', f'licence = "{MARK}"'),
            ('name = "Gazette"', f'name = "{MARK} gazette"'),
            ('name = "Trust"', f'name = "{MARK} trust"'),
            (
                'name = "South"\n',
                f'name = "{MARK} south"\nlatitude = -30.0\nlongitude = 25.0\npoint_kind = "centroid"\n',
            ),
            ("published_on", 'url = "https://example.org/"\npublished_on'),
            (
                'summary = "It fell."\ndate',
                f'summary = "{MARK}"\nnote = "{MARK}"\nprinted = {{ place = "{MARK}" }}\ndate',
            ),
            ('summary = "It fell."\nlocation', f'summary = "{MARK}"\nlocation'),
        ):
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    database = folder / "oxus.db"
    upgrade(str(database))
    imported = folder / "made_up.csv"
    cells = ("conflict_name", "side_a", "where_coordinates", "adm_1", "adm_2", "source_headline", "source_office")
    other = ("side_b", "where_description", "source_original")
    row = dict.fromkeys(cells, MARKUP) | dict.fromkeys(other, f"{MARK} x")
    imported.write_bytes(ged_bytes(row, {"id": "999000011", "side_a": MARK}))
    with engine_for(str(database), read_only=False) as engine:
        load_packs(engine, folder / "packs")
        import_dataset(engine, UCDP_GED, [imported], None, lambda *_: None)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def put_into_database(path: Path, text: str) -> int:
    """Put a text in place of the mark, as an old or foreign database may hold it; return the number of cells."""
    count = 0
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in (name for name in tables if "_text" not in name):
            for column in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                if column.endswith("key"):
                    continue
                new = json.dumps(text)[1:-1] if column == "row" else text
                done = connection.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE {column} LIKE ?",  # noqa: S608
                    (MARK, new, f"%{MARK}%"),
                )
                count += done.rowcount
        connection.execute(
            "UPDATE source SET row = json_set(row, '$.url', 'javascript:alert(6)') WHERE row LIKE '%example.org%'"
        )
    return count


@pytest.fixture(scope="module", params=HOSTILE)
def hostile(request: pytest.FixtureRequest, marked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on a database with one hostile text wherever people write."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(marked, folder / "oxus.db")
    assert put_into_database(folder / "oxus.db", HOSTILE[request.param]) > 20
    with started(folder, "--seed", str(marked.parent / "packs")) as server:  # unchanged, so it is not loaded again
        yield server


def assert_harmless(session: PageSession) -> None:
    """Assert that a page runs nothing of a text, holds its width, and shows no character that changes others."""
    found = session.page.evaluate(
        """(notShown) => ({
            links: [...document.querySelectorAll("[href], [src], [action]")]
                .map((element) => element.getAttribute("href") ?? element.getAttribute("src") ?? "")
                .filter((url) => /^\\s*(javascript|data|vbscript):/i.test(url)),
            elements: document.querySelectorAll("body script, body img, body iframe, body style, [onerror]").length,
            overflow: [document.documentElement, document.getElementById("panel")]
                .filter((element) => element && element.scrollWidth > element.clientWidth + 1)
                .map((element) => [element.id, element.scrollWidth, element.clientWidth]),
            windowOverflow: document.documentElement.scrollWidth > innerWidth,
            shown: (document.body.innerText.match(new RegExp(notShown, "g")) ?? []).length,
            titles: [...document.querySelectorAll("[title], [aria-label], [alt]")]
                .filter((element) => ["title", "aria-label", "alt"]
                    .some((name) => new RegExp(notShown).test(element.getAttribute(name) ?? ""))).length,
        })""",
        NOT_SHOWN,
    )
    assert found == {
        "links": [], "elements": 0, "overflow": [], "windowOverflow": False, "shown": 0, "titles": 0,
    }  # fmt: skip


@pytest.mark.parametrize("display", DISPLAYS)
def test_no_view_of_the_map_page_is_harmed(browser: Browser, hostile: Server, display: str) -> None:
    viewport, views = DISPLAYS[display]
    with browser_session(browser, hostile.url, viewport=viewport) as session:
        dialogs = list[str]()
        session.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for name in views:
            page = session.open(VIEWS[name]).page
            page.evaluate("for (const box of document.querySelectorAll('details:not([name])')) box.open = true")
            session.settle()
            session.screenshot(f"hostile-{display}-{name}")
            expect(page.locator("#problem")).to_be_hidden()
            assert page.title().startswith("Oxus")
            assert_harmless(session)
        assert dialogs == []


def test_no_document_runs_in_a_browser(browser: Browser, hostile: Server) -> None:
    with browser_session(browser, hostile.url) as session:
        dialogs = list[str]()
        session.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in (*(f"v1/{name}" for name in DOCUMENTS), *PAGES[3:]):
            response = session.page.goto(f"{hostile.url}/{path}")
            assert response
            assert response.status == 200, path
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["content-security-policy"].startswith("default-src 'none'")
            assert session.page.locator("script, img, iframe, a, svg").count() == 0
        assert dialogs == []


@pytest.mark.parametrize("kind", ["markup", "url", "letters", "overrides", "no-letters"])
def test_hostile_addresses_and_fields_are_only_text(browser: Browser, server: Server, kind: str) -> None:
    text = HOSTILE[kind][:300]
    with browser_session(browser, server.url, allowed_error="the server responded with a status of 4") as session:
        dialogs = list[str]()
        session.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for name in ("period", "event", "place", "actor", "q", "category", "day", "at"):
            session.open(f"#{name}={quote(text)}")
            session.settle()
            assert_harmless(session)
        page = session.open().page
        for name in ("actor", "place", "q"):
            page.fill(f"#filter-{name}", text)
            page.keyboard.press("Enter")
            session.settle()
            assert_harmless(session)
        session.page.goto(f"{server.url}/v1/events?place={quote(text)}")
        assert session.page.locator("script, img, iframe, a, svg").count() == 0
        assert dialogs == []


@pytest.mark.parametrize("path", PAGES[:3])
def test_documentation_is_not_harmed_by_its_address(browser: Browser, server: Server, path: str) -> None:
    with browser_session(browser, server.url, allowed_error="cdn.redoc.ly") as session:
        page = session.page
        page.goto(f"{server.url}/{path}#/{quote(MARKUP)}")
        expect(page.locator(".opblock, [data-section-id]").nth(5)).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_files_have_names_of_ours(hostile: Server) -> None:
    for format_ in ("csv", "ndjson", "geojson", "parquet"):
        for name in ("events", "sources", "actors", "locations"):
            with urlopen(f"{hostile.url}/v1/{name}?f={format_}") as answer:  # noqa: S310 - the scheme is http
                assert answer.headers["content-disposition"] == f'inline; filename="{name}.{format_}"'
                assert not [key for key in answer.headers if key.lower() == "set-cookie"]
