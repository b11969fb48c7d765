"""Which format is written: `f`, else what Accept prefers (RFC 9110); and the ETag that belongs to each."""

from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import AppClient

from formats import LISTS, MEDIA, STREAMED, VARIED, csv_of, fetched

GetProblem = Callable[..., Any]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ACCEPTED = [
    # Accept, the format that is written; None for a 406
    ("", "json"),
    ("*/*", "json"),
    ("application/json", "json"),
    ("application/geo+json", "geojson"),
    ("text/csv", "csv"),
    ("application/x-ndjson", "ndjson"),
    ("application/ndjson", "ndjson"),
    ("application/jsonl", "ndjson"),
    ("application/vnd.apache.parquet", "parquet"),
    # the case of a media type and spaces around it mean nothing
    ("Text/CSV", "csv"),
    (" text/csv ", "csv"),
    ("text/csv ; q=0.9 , application/json ; q=0.8", "csv"),
    ("text/csv;Q=0.2, application/json;Q=0.1", "csv"),
    # weights
    ("application/json;q=0.4, text/csv;q=0.5", "csv"),
    ("application/json;q=0.5, text/csv;q=0.4", "json"),
    ("text/csv;q=0.001, application/json;q=0", "csv"),
    ("text/csv;q=1.000, application/json;q=0.999", "csv"),
    ("text/csv;q=0, */*", "json"),
    ("application/json;q=0, */*;q=0.1", "geojson"),
    ("application/json;q=0, application/geo+json;q=0, */*;q=0.1", "csv"),
    ("application/x-ndjson;q=0.9, application/jsonl;q=0.1, text/csv;q=0.5", "ndjson"),
    ("application/jsonl;q=0.9, application/x-ndjson;q=0.1, text/csv;q=0.5", "ndjson"),
    # the most exact range decides, whatever comes first
    ("text/*", "csv"),
    ("text/*;q=0.1, application/json;q=0.2", "json"),
    ("application/*", "json"),
    ("application/*;q=0.3, text/csv;q=0.4", "csv"),
    ("*/*;q=0.9, text/csv;q=0.1", "json"),
    ("*/*;q=0.1, text/csv", "csv"),
    ("text/*;q=1, text/csv;q=0.2, application/json;q=0.5", "json"),
    ("application/*, application/json;q=0.1, application/geo+json;q=0.1", "ndjson"),
    # equals: the order of the formats, not that of the header
    ("text/csv, application/json", "json"),
    ("application/vnd.apache.parquet, text/csv", "csv"),
    ("application/x-ndjson, application/geo+json", "geojson"),
    # parameters of a media type are not looked at
    ("text/csv; header=present", "csv"),
    ("text/csv; charset=utf-8; header=present; q=0.5, application/json; q=0.4", "csv"),
    ("application/json; profile=x", "json"),
    ("application/geo+json; charset=utf-8", "geojson"),
    # what others of this kind of client send
    (BROWSER, "json"),
    ("text/html", None),
    ("text/html, image/*", None),
    ("application/xml", None),
    ("image/*", None),
    ("*/*;q=0", None),
    ("application/json;q=0", None),
    ("text/csv;q=0.0, application/json;q=0.000", None),
    ("text/plain, application/json-patch+json", None),
    ("json", None),
    ("csv", None),
    # weights that are none: the type is wanted all the same
    ("text/csv;q=", "csv"),
    ("text/csv;q=x", "csv"),
    ("text/csv;q=-1", "csv"),
    ("text/csv;q=nan", "csv"),
    ("text/csv;q=1e999", "csv"),
    ("text/csv;q=٠", "csv"),
    # noise
    (",", "json"),
    (", ,", "json"),
    ("text/csv,", "csv"),
    (",text/csv", "csv"),
    (";q=1, text/csv", "csv"),
    ("text/csv;;;q=0.5", "csv"),
    ("/", None),
    ("*", None),
]


def get_with_accept(client: AppClient, accept: str, path: str = "/v1/sources", **query: str) -> Any:
    headers = {"Accept": accept.encode()} if accept else {"Accept": ""}
    return client.get(path, params={"limit": "2"} | query, headers=headers)


@pytest.mark.parametrize(("accept", "format_"), ACCEPTED)
def test_the_format_that_accept_prefers_is_written(client: AppClient, accept: str, format_: str | None) -> None:
    response = get_with_accept(client, accept)
    if format_ is None:
        assert response.status_code == 406
        assert response.headers["content-type"] == "application/problem+json"
        for media in MEDIA.values():
            assert media.partition(";")[0] in response.json()["detail"]
    else:
        assert response.status_code == 200
        assert response.headers["content-type"] == MEDIA[format_]
        assert "Accept" in response.headers["vary"]


def test_a_weight_above_one_is_no_more_than_one(client: AppClient) -> None:
    assert get_with_accept(client, "text/csv;q=5, application/json").headers["content-type"] == MEDIA["json"]


def test_several_headers_are_one_list(client: AppClient) -> None:
    headers = [("Accept", "application/json;q=0.1"), ("Accept", "text/csv;q=0.9")]
    assert client.get("/v1/sources", headers=headers).headers["content-type"] == MEDIA["csv"]


def test_no_accept_at_all_gets_json(client: AppClient) -> None:
    request = client.build_request("GET", "/v1/sources")
    del request.headers["accept"]
    assert client.send(request).headers["content-type"] == MEDIA["json"]


@pytest.mark.parametrize("format_", MEDIA)
def test_f_wins_over_accept_and_gives_the_same_bytes(client: AppClient, format_: str) -> None:
    for accept in (*(media.partition(";")[0] for media in MEDIA.values()), "text/html", "*/*;q=0", ""):
        response = get_with_accept(client, accept, f=format_)
        assert (response.status_code, response.headers["content-type"]) == (200, MEDIA[format_])
    chosen = get_with_accept(client, MEDIA[format_].partition(";")[0], fields="id,name", limit="1000")
    named = fetched(client, "/v1/sources", f=format_, fields="id,name", limit="1000")
    for text in (b"f=" + format_.encode() + b"&", b"&f=" + format_.encode()):
        assert named.content.replace(text, b"") == chosen.content or format_ == "geojson"
    if format_ == "geojson":
        assert named.json()["features"] == chosen.json()["features"]


def test_f_names_the_formats_there_are(get_problem: GetProblem) -> None:
    for value in ("xml", "CSV", "csv,json", "text/csv", "jsonl"):
        problem = get_problem("/v1/events", f=value)
        assert problem["parameter"] == "f"
        assert all(format_ in problem["reason"] for format_ in MEDIA)


ONLY_JSON = [
    "/v1/events/kaldar-recaptured-2021-06-29",
    "/v1/claims/kaldar-recaptured-2021-06-29-p17",
    "/v1/locations/kaldar",
    "/v1/actors/taliban",
    "/v1/sources/ariana-news",
    "/v1/packs/northern-afghanistan-2021",
    "/v1/movements/totals",
    "/v1/vocabularies",
    "/readyz",
    "/",
]


@pytest.mark.parametrize("path", ONLY_JSON)
def test_what_is_no_list_is_written_as_json_only(client: AppClient, path: str) -> None:
    for accept, status in (("application/json", 200), ("*/*", 200), (BROWSER, 200), ("", 200)):
        assert client.get(path, headers={"Accept": accept}).status_code == status
    for name, media in MEDIA.items():
        if name != "json":
            response = client.get(path, headers={"Accept": media})
            assert response.status_code == 406
            assert "application/json" in response.json()["detail"]
            assert client.get(path, headers={"Accept": f"{media}, */*;q=0.1"}).status_code == 200


@pytest.mark.parametrize("path", ONLY_JSON[:7])
def test_f_of_what_is_no_list_takes_json_only(client: AppClient, get_problem: GetProblem, path: str) -> None:
    assert client.get(path, params={"f": "json"}, headers={"Accept": "text/csv"}).status_code == 200
    for name in STREAMED:
        problem = get_problem(path, f=name)
        assert (problem["parameter"], problem["value"]) == ("f", name)


@pytest.mark.parametrize("path", [*VARIED, "/v1/stats"])
def test_each_format_has_its_own_etag_however_it_was_chosen(client: AppClient, path: str) -> None:
    etags = {}
    for name, media in MEDIA.items():
        for how, query, headers in (("f", {"f": name}, {}), ("Accept", {}, {"Accept": media})):
            response = client.get(path, params=LISTS[path] | query, headers=headers)
            etags[name, how] = etag = response.headers["etag"]
            again = client.get(path, params=LISTS[path] | query, headers=headers | {"If-None-Match": etag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
            assert "content-type" not in again.headers
    assert len(set(etags.values())) == len(etags)


def test_an_etag_of_another_format_gets_the_answer(client: AppClient) -> None:
    etag = client.get("/v1/events", headers={"Accept": "text/csv"}).headers["etag"]
    for accept in ("application/json", "application/geo+json", "application/x-ndjson"):
        response = client.get("/v1/events", headers={"Accept": accept, "If-None-Match": etag})
        assert (response.status_code, response.headers["content-type"]) == (200, accept)
    assert client.get("/v1/events", headers={"Accept": "text/csv", "If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", MEDIA)
def test_head_is_get_without_its_body_in_every_format(client: AppClient, name: str) -> None:
    for path in VARIED:
        get, head = (client.request(method, path, params=LISTS[path] | {"f": name}) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(get.headers))


def test_options_asks_for_no_format(client: AppClient) -> None:
    for query in ({"f": "csv", "limit": "all"}, {"f": "nothing"}):
        response = client.options("/v1/events", params=query, headers={"Accept": "text/html"})
        assert (response.status_code, response.content) == (204, b"")


def test_every_list_is_described_with_every_format_and_its_columns(client: AppClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    templates = {"/v1/locations/kaldar/control": "/v1/locations/{id}/control"}
    templates["/v1/events/flight-to-tajikistan-2021/claims"] = "/v1/events/{id}/claims"
    for path, query in LISTS.items():
        content = paths[templates.get(path, path)]["get"]["responses"]["200"]["content"]
        assert set(content) == {media.partition(";")[0] for media in MEDIA.values()}
        assert content["application/json"]["schema"]["$ref"].startswith("#/components/schemas/Envelope")
        assert (
            content["application/vnd.apache.parquet"]["schema"].items()
            >= {"type": "string", "format": "binary"}.items()
        )
        header, _ = csv_of(fetched(client, path, f="csv", **query).content)
        for name in ("text/csv", "application/geo+json", "application/vnd.apache.parquet"):
            assert content[name]["schema"]["description"] == f"Columns: {', '.join(header)}."
    for path in ("/v1/events/{id}", "/v1/movements/totals", "/v1/vocabularies"):
        assert list(paths[path]["get"]["responses"]["200"]["content"]) == ["application/json"]
