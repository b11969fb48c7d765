"""Headers that grow with what is asked or loaded: each has a bound, and nothing is cut off silently."""

from collections.abc import Iterator

import pytest
from asgi_client import AppClient
from conftest import Databases, serving
from factories.packs import cite_one_paper
from long_questions import long_question, percent_encoded
from starlette.testclient import TestClient

from app.api.http.headers import MAX_CITATIONS_BYTES, MAX_HEADER_URL_BYTES, MAX_NAMES_BYTES, fitting, joined_within
from app.api.middleware.request_limits import MAX_TARGET_BYTES

MAX_HEADERS_BYTES = 16_000
"""Bytes of all headers of an answer, of which Node.js takes 16,384."""
SIZES = (1_000, 3_500, 7_500, 8_500, 30_000, 59_000)
PAGED = ("json", "geojson")
HEADER_ONLY = ("csv", "ndjson", "parquet")


def size_of_headers(response: object) -> int:
    return sum(len(name) + len(value) + 4 for name, value in response.headers.raw)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format_", PAGED)
def test_the_next_page_of_a_long_question_is_named(client: TestClient, format_: str, size: int) -> None:
    response = client.get(long_question(f"/v1/events?limit=2&f={format_}", size))
    assert response.status_code == 200
    assert size_of_headers(response) < MAX_HEADERS_BYTES
    body = response.json()
    urls = [body["next"]] if format_ == "json" else [link["href"] for link in body["links"] if link["rel"] == "next"]
    assert len(urls) == 1
    assert ('rel="next"' in response.headers["link"]) is (len(urls[0]) <= MAX_HEADER_URL_BYTES)
    assert 'rel="license"' in response.headers["link"]
    following = client.get(urls[0]).json()
    assert following.get("items", following.get("features"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format_", HEADER_ONLY)
def test_rows_never_end_early_because_a_header_is_too_short(client: TestClient, format_: str, size: int) -> None:
    url = long_question(f"/v1/events?limit=2&f={format_}", size)
    response, head = client.get(url), client.head(url)
    assert (head.status_code, head.headers.get("link")) == (response.status_code, response.headers.get("link"))
    assert size_of_headers(response) < MAX_HEADERS_BYTES
    if size < MAX_HEADER_URL_BYTES:
        assert response.status_code == 200
        assert client.get(response.links["next"]["url"]).status_code == 200
    else:
        assert (response.status_code, response.headers["content-type"]) == (414, "application/problem+json")
        assert "too long for a header" in response.json()["detail"]
        assert client.get(url.replace("limit=2", "limit=all")).status_code == 200
        assert client.get(url.replace("limit=2", "limit=1000")).status_code == 200  # the only page


@pytest.mark.parametrize("path", ["/compat/acled/api/acled/read", "/compat/ucdp/api/gedevents/25.1"])
@pytest.mark.parametrize("name", ["🙂" * 80, "x", "a,b %\r\nSet-Cookie: x", "\udcff"])
def test_ignored_parameters_are_named_as_far_as_a_header_holds_them(client: TestClient, path: str, name: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in name.encode("utf-8", "surrogateescape"))
    count = min(500, (MAX_TARGET_BYTES - 100) // (len(escaped) + 6))
    response = client.get(f"{path}?" + "&".join(f"{number:03}{escaped}=1" for number in range(count)))
    assert response.status_code == 200
    named = response.headers["oxus-ignored"]
    assert len(named) <= MAX_NAMES_BYTES + len(", 500 more")
    names = named.split(", ")
    assert int(names[-1].removesuffix(" more")) + len(names) - 1 == count
    assert "set-cookie" not in response.headers
    assert size_of_headers(response) < MAX_HEADERS_BYTES


PACKS = 60


@pytest.fixture(scope="module")
def many_packs(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """Serve packs with a long licence and citation each, of which the first has a merged source."""
    files = {"pack-0/merged.toml": '[sources]\n"old" = "paper-0"\n'}
    for number in range(PACKS):
        about = cite_one_paper(f"pack-{number}", "2020-01-02")
        pack = about["pack.toml"].replace('"None."', f'"{number} {"Ж" * 160}."', 1)
        pack = pack.replace("CC0-1.0", f"LicenseRef-{number}-{'Ж' * 160}").replace('"paper"', f'"paper-{number}"')
        files[f"pack-{number}/pack.toml"] = pack
        files[f"pack-{number}/sources.toml"] = about["sources.toml"].replace('"paper"', f'"paper-{number}"')
    with serving(databases, tmp_path_factory.mktemp("many"), "", files) as client:
        yield client


def test_licences_and_citations_of_many_packs_are_counted_where_they_do_not_fit(many_packs: AppClient) -> None:
    for format_ in (*PAGED, *HEADER_ONLY):
        response = many_packs.get("/v1/sources", params={"limit": "2", "f": format_})
        assert response.status_code == 200
        assert size_of_headers(response) < MAX_HEADERS_BYTES
        for name, separator, bound in (
            ("oxus-licence", ", ", MAX_NAMES_BYTES),
            ("oxus-citation", "; ", MAX_CITATIONS_BYTES),
        ):
            *named, last = response.headers[name].split(separator)
            assert len(response.headers[name]) <= bound + len("; 60 more")
            assert len(named) + int(last.removesuffix(" more")) == PACKS
        assert response.links["next"]["url"]
        assert response.headers["link"].count('rel="license"') >= 1
    assert len(many_packs.get("/v1/sources").json()["packs"]) == PACKS


def test_a_redirect_carries_the_longest_query_that_is_understood(many_packs: AppClient) -> None:
    query = f"fields={percent_encoded(','.join(['id', 'name'] * 50))}&f=json"
    response = many_packs.get(f"/v1/sources/old?{query}{'&' * 50_000}", follow_redirects=False)
    assert response.status_code == 308
    assert response.headers["location"].endswith(f"/v1/sources/paper-0?{query}")
    assert size_of_headers(response) < MAX_HEADERS_BYTES


@pytest.mark.parametrize(
    ("max_bytes", "kept", "joined"),
    [(13, 3, "one, two, six"), (12, 2, "one, two, 1 more"), (8, 2, "one, two, 1 more"), (0, 0, "3 more")],
)
def test_texts_are_joined_as_far_as_they_fit(max_bytes: int, kept: int, joined: str) -> None:
    texts = ["one", "two", "six"]
    assert list(fitting(max_bytes, texts, ", ")) == texts[:kept]
    assert joined_within(max_bytes, texts, ", ") == joined


def test_nothing_is_joined_to_nothing() -> None:
    assert joined_within(10, [], ", ") == ""
