"""The page and its files over HTTP: who gets HTML, what may be kept, and what every answer tells a browser."""

import gzip
import re

import pytest
from asgi_client import AppClient
from fastapi import FastAPI

from app.api.middleware.security_headers import COMMON_HEADERS, HTML_HEADERS
from app.api.site.assets import MEDIA_TYPES, PAGE_DIR

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FILES = re.compile(r'(?:src|href)="(assets/[^"]+)"')


@pytest.fixture
def page(client: AppClient) -> str:
    return str(client.get("/", headers={"Accept": BROWSER}).text)


@pytest.mark.parametrize(
    ("accept", "query", "media"),
    [
        (BROWSER, "", "text/html; charset=utf-8"),
        ("text/html", "", "text/html; charset=utf-8"),
        ("*/*", "", "application/json"),
        ("", "", "application/json"),
        ("application/json", "", "application/json"),
        ("application/json, text/html", "", "application/json"),
        ("application/json;q=0.5, text/html;q=0.9", "", "text/html; charset=utf-8"),
        (BROWSER, "?f=json", "application/json"),
        ("application/json", "?f=html", "text/html; charset=utf-8"),
    ],
)
def test_who_prefers_html_gets_the_page_and_all_others_the_links(
    client: AppClient, accept: str, query: str, media: str
) -> None:
    for _ in range(2):  # the second answer comes from memory
        answer = client.get(f"/{query}", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert "Accept" in answer.headers["vary"]
        again = client.get(f"/{query}", headers={"Accept": accept, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_html_and_json_have_etags_of_their_own(client: AppClient, uncached_client: AppClient) -> None:
    tags = {client.get("/", headers={"Accept": accept}).headers["etag"] for accept in (BROWSER, "*/*")}
    assert len(tags) == 2
    page = uncached_client.get("/", headers={"Accept": BROWSER})
    unchanged = uncached_client.get("/", headers={"Accept": BROWSER, "If-None-Match": page.headers["etag"]})
    assert (unchanged.status_code, unchanged.headers["etag"]) == (304, page.headers["etag"])
    other = uncached_client.get("/", headers={"Accept": "*/*", "If-None-Match": page.headers["etag"]})
    assert other.status_code == 200


def test_what_is_asked_wrongly_is_refused(client: AppClient) -> None:
    assert client.get("/?f=csv").status_code == 400
    assert client.get("/?day=2021-06-29", headers={"Accept": BROWSER}).json()["parameter"] == "day"
    assert client.get("/", headers={"Accept": "text/csv"}).status_code == 406


def test_the_page_holds_no_script_or_style_and_leads_to_its_own_files_only(client: AppClient, page: str) -> None:
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    assert re.findall(r"(?:https?:)?//", page) == []
    names = FILES.findall(page)
    assert len(names) > 10
    for name in names:
        assert client.get(f"/{name}").status_code == 200, name


def test_every_module_is_announced_in_the_page(page: str) -> None:
    modules = {path.name for path in PAGE_DIR.glob("*.js")}
    assert {name.rpartition("/")[2] for name in FILES.findall(page)} >= modules


def test_modules_import_what_is_there_and_no_text_is_read_as_markup() -> None:
    for path in PAGE_DIR.glob("*.js"):
        text = path.read_text("utf-8")
        assert all((PAGE_DIR / name).exists() for name in re.findall(r'from "\./([^"]+)"', text)), path.name
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text) == []
        assert re.findall(r"\bvar\s|window\.\w+\s*=", text) == [], "no globals"


def test_files_are_kept_for_good_and_sent_compressed_to_those_who_take_that(client: AppClient, page: str) -> None:
    for name in FILES.findall(page):
        plain = client.get(f"/{name}", headers={"Accept-Encoding": "identity"})
        packed = client.get(f"/{name}", headers={"Accept-Encoding": "gzip, br"})
        assert plain.content == packed.content, "the client unpacks it"
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) or len(plain.content) < 400
        for answer in (plain, packed):
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"] in MEDIA_TYPES.values()
            assert "Accept-Encoding" in answer.headers["vary"]


def test_files_of_another_version_or_beside_the_page_are_not_there(client: AppClient, page: str) -> None:
    version = FILES.findall(page)[0].split("/")[1]
    for path in (
        "assets/0000000000000000/main.js",
        f"assets/{version}/nothing.js",
        f"assets/{version}/index.html",
        f"assets/{version}/../../main.py",
        f"assets/{version}/..%2f..%2fmain.py",
        f"assets/{version}/",
    ):
        answer = client.get(f"/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_files_fit_into_the_first_view(client: AppClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    sizes = {name: len(gzip.compress(file.content)) for name, file in app.state.assets.files.items()}
    assert sum(sizes.values()) < 150_000, sizes


EVERYWHERE = [
    *("/", "/?f=html", "/docs", "/redoc", "/ogc/docs", "/openapi.json", "/v1/events", "/v1/events?f=csv&limit=all"),
    *(
        "/v1/events?plase=x",
        "/v1/events/nothing",
        "/nothing",
        "/healthz",
        "/ogc",
        "/static-offline-docs/swagger-ui.css",
    ),
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_tells_browsers_what_they_may_not_do(client: AppClient, path: str) -> None:
    for answer in (client.get(path), client.get(path), client.head(path)):  # from memory the second time
        for name, value in COMMON_HEADERS:
            assert answer.headers[name.decode()] == value.decode()
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        if answer.headers["content-type"].startswith("text/html"):
            assert all(answer.headers[name.decode()] == value.decode() for name, value in HTML_HEADERS)
        else:
            assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_the_page_may_run_nothing_but_its_own_files(client: AppClient) -> None:
    policy = client.get("/?f=html").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "connect-src 'self';" in policy


@pytest.mark.parametrize("path", ["/docs", "/ogc/docs", "/redoc", "/docs/oauth2-redirect"])
def test_scripts_that_stand_in_the_description_run_by_their_hash(client: AppClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts
    assert "unsafe" not in scripts[1]
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert scripts[1].count("sha256-") == len(inline)


def test_what_is_not_changed_is_said_with_the_same_headers(client: AppClient) -> None:
    first = client.get("/v1/sources")
    unchanged = client.get("/v1/sources", headers={"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == 304
    assert unchanged.headers["etag"] == first.headers["etag"]
