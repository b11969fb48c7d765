"""What HTTP clients rely on: validators, methods, links, probes, and a connection that cannot write."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from waiting import MAX_WAIT_SECONDS

from app import __version__
from app.db.engine import read_transaction, write_transaction
from app.db.schema import CURRENT_SCHEMA
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings

GetOk = Callable[..., Any]

DETAIL = "/v1/events/kaldar-recaptured-2021-06-29"
READ = [
    *(f"/v1/{name}" for name in STORED_LISTS),
    DETAIL,
    f"{DETAIL}/claims",
    "/v1/locations/kaldar",
    "/v1/resolve?q=Hairaton",
    "/v1/vocabularies",
    "/",
    "/readyz",
]
ORIGIN = {"Origin": "https://newsroom.example"}


@pytest.fixture
def own(databases: Databases) -> Iterator[tuple[AppClient, str]]:
    """A client over a database of its own, to be loaded again, and its URL."""
    url = databases.loaded()
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client, url


@pytest.mark.parametrize("path", READ)
def test_an_unchanged_answer_keeps_its_etag_and_is_not_sent_again(client: AppClient, path: str) -> None:
    first, second = client.get(path), client.get(path)
    etag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]+"', etag)
    assert second.headers["etag"] == etag
    assert second.content == first.content
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag


def test_every_question_has_its_own_etag(client: AppClient) -> None:
    asked = [*READ, "/v1/events?place=balkh", "/v1/events?place=kunduz", "/v1/events?limit=5", "/v1/events?limit=6"]
    etags = [client.get(path).headers["etag"] for path in asked]
    assert len(set(etags)) == len(asked)


def test_each_spelling_of_an_address_has_its_own_etag_because_links_repeat_it(client: AppClient) -> None:
    spellings = ["limit=5&place=balkh", "place=balkh&limit=5", "place=balk%68&limit=5"]
    responses = [client.get(f"/v1/events?{query}") for query in spellings]
    assert len({response.json()["next"] for response in responses}) == len(spellings)
    assert len({response.headers["etag"] for response in responses}) == len(spellings)


@pytest.mark.parametrize("unseen", ["%0a", "%0d", "%09", "%3F", "%23"])
def test_the_etag_of_an_entity_confirms_no_other_path(client: AppClient, unseen: str) -> None:
    path = "/v1/events/kaldar-recaptured-2021-06-29"
    condition = {"If-None-Match": client.get(path).headers["etag"]}
    assert client.get(path, headers=condition).status_code == 304
    assert client.get(path + unseen, headers=condition).status_code == 404


@pytest.mark.parametrize("given", ["{}", "W/{}", '"x", {}', '"x", W/{} , "y"', "*", " {} "])
def test_every_form_of_if_none_match_is_understood(client: AppClient, given: str) -> None:
    etag = client.get("/v1/events").headers["etag"]
    assert client.get("/v1/events", headers={"If-None-Match": given.replace("{}", etag)}).status_code == 304


@pytest.mark.parametrize("given", ['"x"', "x", "", 'W/"x", "y"', "**"])
def test_another_etag_gets_the_answer(client: AppClient, given: str) -> None:
    response = client.get("/v1/events", headers={"If-None-Match": given})
    assert response.status_code == 200
    assert response.json()["returned"] > 0


def test_an_etag_of_another_question_gets_the_answer(client: AppClient) -> None:
    etag = client.get("/v1/events").headers["etag"]
    assert client.get("/v1/actors", headers={"If-None-Match": etag}).status_code == 200


def test_a_wrong_question_is_a_400_even_with_a_star(client: AppClient) -> None:
    assert client.get("/v1/events?plase=balkh", headers={"If-None-Match": "*"}).status_code == 400


def test_a_star_does_not_make_an_id_that_is_not_there_an_unchanged_one(client: AppClient) -> None:
    response = client.get("/v1/events/nothing-like-this", headers={"If-None-Match": "*"})
    assert response.status_code == 404
    assert "etag" not in response.headers


@pytest.mark.each_database
def test_a_load_that_changes_something_changes_every_etag(own: tuple[AppClient, str], seed_dir: Path) -> None:
    client, url = own
    before = {path: client.get(path).headers["etag"] for path in READ}
    balkh = seed_dir / "northern-afghanistan-2021" / "events" / "balkh.toml"
    title = "Taliban take Kaldar for the first time"
    changed = balkh.read_text("utf-8").replace(title, "Kaldar falls for the first time")
    balkh.write_text(changed, "utf-8")
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, seed_dir)
    for path, etag in before.items():
        response = client.get(path, headers={"If-None-Match": etag})
        assert response.status_code == 200, path
        assert response.headers["etag"] != etag
    assert client.get("/v1/events/kaldar-captured-2021-06").json()["title"] == "Kaldar falls for the first time"
    assert client.get("/readyz").json()["revision"] == 2


def test_a_load_that_changes_nothing_keeps_every_etag(own: tuple[AppClient, str], seed_dir: Path) -> None:
    client, url = own
    before = {path: client.get(path).headers["etag"] for path in READ}
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, seed_dir)
    assert {path: client.get(path).headers["etag"] for path in READ} == before


@pytest.mark.parametrize("path", [*READ, "/healthz", "/docs", "/openapi.json", "/v1/events?limit=3"])
def test_head_is_get_without_its_body(client: AppClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert int(head.headers["content-length"]) == len(get.content)


def test_head_of_what_is_not_there_says_so_without_a_body(client: AppClient) -> None:
    for path, status in (("/v1/events/nothing", 404), ("/v1/events?limit=0", 400), ("/nothing", 404)):
        response = client.head(path)
        assert (response.status_code, response.content) == (status, b"")


def test_head_knows_304_too(client: AppClient) -> None:
    etag = client.head("/v1/events").headers["etag"]
    assert client.head("/v1/events", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", [*READ, "/healthz", "/docs"])
def test_options_tells_what_is_allowed(client: AppClient, path: str) -> None:
    response = client.options(path)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(("path", "status"), [("/v1/events", 200), ("/v1/events?limit=0", 400), ("/v1/events/x", 404)])
def test_any_page_on_the_web_may_read_and_sees_our_headers(client: AppClient, path: str, status: int) -> None:
    response = client.get(path, headers=ORIGIN)
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
    ours = {f"oxus-{name}" for name in ("revision", "licence", "citation", "matched", "omitted", "ignored")}
    assert exposed == {"etag", "link", "content-disposition"} | ours


def test_a_preflight_lets_conditional_requests_through_and_no_writing(client: AppClient) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "If-None-Match"}
    response = client.options("/v1/events", headers=ORIGIN | asked)
    assert response.status_code == 200
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "if-none-match" in response.headers["access-control-allow-headers"].lower()
    write = {"Access-Control-Request-Method": "DELETE"}
    assert client.options("/v1/events", headers=ORIGIN | write).status_code == 400


def links(response: Any) -> dict[str, str]:
    found = re.findall(r'<([^>]+)>; rel="([a-z]+)"', response.headers["link"])
    return {relation: url for url, relation in found}


def test_link_leads_to_the_next_page_and_to_the_licence(client: AppClient) -> None:
    first = client.get("/v1/events", params={"limit": 60, "place": "afghanistan", "q": "taliban"})
    assert links(first) == {"license": "https://spdx.org/licenses/CC-BY-4.0.html"} | (
        {"next": first.json()["next"]} if first.json()["next"] else {}
    )
    page = client.get("/v1/events", params={"limit": 50})
    following = links(page)["next"]
    assert following == page.json()["next"]
    last = client.get(following)
    assert last.json()["next"] is None
    assert links(last) == {"license": "https://spdx.org/licenses/CC-BY-4.0.html"}


def test_next_leads_to_the_address_that_was_asked(own: tuple[AppClient, str]) -> None:
    client, _ = own
    response = client.get("/v1/events?limit=1&q=%22take%20Kaldar%22", headers={"Host": "oxus.example:8443"})
    assert response.json()["next"].startswith("http://oxus.example:8443/v1/events?")
    assert client.get(response.json()["next"]).json()["returned"] == 1


def test_answers_may_be_kept_only_if_they_are_checked_and_problems_not_at_all(client: AppClient) -> None:
    assert client.get("/v1/events").headers["cache-control"] == "no-cache"
    assert "Accept" in client.get("/v1/events").headers["vary"]
    assert client.get("/v1/events?limit=0").headers["cache-control"] == "no-store"


def test_the_landing_document_leads_everywhere(client: AppClient) -> None:
    body = client.get("/").json()
    assert body["version"] == __version__
    assert body["packs"] == ["northern-afghanistan-2021"]
    assert set(STORED_LISTS) <= set(body["links"])
    for url in body["links"].values():
        assert client.get(url).status_code == 200


def test_the_detail_of_an_event_has_its_claims_first_reports_first(get_ok: GetOk) -> None:
    detail = get_ok("/v1/events/taliban-reach-uzbek-border-2021")
    first, second = detail["claims"]
    assert (first["id"], second["id"]) == (
        "taliban-reach-uzbek-border-2021-p6",
        "taliban-reach-uzbek-border-2021-p27",
    )
    assert first["reported_on"] < second["reported_on"]
    (row,) = get_ok("/v1/events", q="spreads uzbekistan", category="offensive")["items"]
    assert detail == row | {"claims": detail["claims"]}
    assert first == get_ok("/v1/claims/taliban-reach-uzbek-border-2021-p6")


def test_a_list_leaves_out_the_part_that_is_empty_by_definition(get_ok: GetOk) -> None:
    for name, without in (("movements", "control_change"), ("control-changes", "movement")):
        for row in get_ok(f"/v1/{name}", limit=1000)["items"]:
            assert get_ok(f"/v1/events/{row['id']}", fields=",".join([*row, without])) == row | {without: None}


def test_the_claims_of_an_event_are_a_list_like_any_other(get_ok: GetOk) -> None:
    path = "/v1/events/dostum-evacuated-2021/claims"
    assert [row["id"] for row in get_ok(path, sort="id")["items"]] == [
        "dostum-evacuated-2021-p42",
        "dostum-evacuated-2021-p43",
    ]
    assert [row["id"] for row in get_ok(path, stance="denies")["items"]] == ["dostum-evacuated-2021-p43"]
    assert get_ok(path, source="tajik-president-website")["items"] == []
    assert get_ok(path, count="exact", limit=1)["matched"] == 2


def test_every_row_of_every_list_has_a_page_that_says_the_same(get_ok: GetOk) -> None:
    for name, resource in STORED_LISTS.items():
        if resource.detail is None:
            continue
        for row in get_ok(f"/v1/{name}", limit=7)["items"]:
            detail = get_ok(f"/v1/{name}/{row['id']}")
            assert {field: detail[field] for field in row} == row


def test_the_probes_answer(client: AppClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = {"status": "ok", "revision": 1, "schema": CURRENT_SCHEMA, "packs": ["northern-afghanistan-2021"]}
    assert client.get("/readyz").json() == ready


def assert_unavailable(response: Any, url: str) -> None:
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Service Unavailable"
    assert int(response.headers["retry-after"]) > 0
    for leak in ("select", "revision", "sqlite", "psycopg", url.lower(), "traceback", ".db"):
        assert leak not in response.text.lower()


@pytest.mark.each_database
def test_a_database_without_tables_is_not_ready_but_the_process_lives(databases: Databases) -> None:
    url = databases.new()
    if databases.kind == "sqlite":
        sqlite3.connect(url).execute("VACUUM").connection.close()  # the file is there, and empty
    with AppClient(create_app(Settings(database_url=url))) as client:
        for path in ("/readyz", "/v1/events", "/", "/v1/resolve?q=Kaldar"):
            assert_unavailable(client.get(path), url)
        assert client.get("/healthz").json() == {"status": "ok"}


def test_a_database_that_is_not_there_is_not_ready(databases: Databases) -> None:
    url = databases.new() + "_gone"
    with AppClient(create_app(Settings(database_url=url))) as client:
        assert_unavailable(client.get("/readyz"), url)
        assert client.get("/healthz").status_code == 200
    assert not Path(url).exists()


def test_a_migrated_database_is_ready_and_empty(databases: Databases) -> None:
    with AppClient(create_app(Settings(database_url=databases.migrated()))) as client:
        assert client.get("/readyz").json() == {"status": "ok", "revision": 0, "schema": CURRENT_SCHEMA, "packs": []}
        for name in STORED_LISTS:
            body = client.get(f"/v1/{name}", params={"count": "exact"}).json()
            assert body == {"revision": 0, "packs": [], "matched": 0, "returned": 0, "next": None, "items": []}


@pytest.mark.parametrize("schema", ["0001", "9999"])
def test_a_database_of_another_schema_is_not_ready_and_the_answer_says_what_to_do(
    databases: Databases, schema: str
) -> None:
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{schema}'"))  # noqa: S608 - of this test
    with AppClient(create_app(Settings(database_url=url))) as client:
        response = client.get("/readyz")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert ("oxus db upgrade" if schema == "0001" else "needs a newer Oxus") in response.json()["detail"]


WRITES = [
    "INSERT INTO pack (id, version, digest, revision, \"row\") VALUES ('x', '1', '', 1, '{}')",
    "INSERT INTO revision (id, summary) VALUES (99, 'x')",
    "UPDATE event_version SET status = 'denied'",
    "UPDATE claim SET stance = 'denies'",
    "DELETE FROM claim",
    "DELETE FROM event_text",
    "CREATE TABLE mine (id INTEGER)",
    "DROP TABLE claim",
    "ALTER TABLE claim ADD COLUMN mine INTEGER",
    "CREATE INDEX mine ON claim (id)",
]


@pytest.mark.parametrize("statement", WRITES)
def test_the_connection_of_the_http_side_cannot_write(pack_url: str, statement: str) -> None:
    with engine_for(pack_url, read_only=True) as engine:
        with pytest.raises(DBAPIError, match=r"(?i)read-?only"), engine.begin() as connection:
            connection.execute(text(statement))
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            assert connection.scalar(text("SELECT count(*) FROM claim WHERE stance = 'denies'")) == 3


def test_the_application_holds_no_other_connection(client: AppClient) -> None:
    engine = client.app.state.read_pool.engine  # type: ignore[attr-defined]
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"), engine.begin() as connection:
        connection.execute(text("DELETE FROM claim"))
