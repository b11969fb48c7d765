"""The cache key, and the ETag, are all that an answer depends on."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from asgi_client import RawAnswer, RawRequest, answered
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.api.middleware.request_limits import refusal_of
from app.api.middleware.response_cache import cache_key
from app.main import create_app
from app.settings import Settings

Ask = Callable[[RawRequest], RawAnswer]

EVENT = "/v1/events/kaldar-recaptured-2021-06-29"
TARGETS = st.sampled_from(
    [
        *("/v1/events?limit=2&place=balkh", "/v1/events?limit=2", "/v1/claims?limit=2&place=balkh&f=geojson", EVENT),
        *("/v1/stats?group_by=category&place=balkh", "/ogc/collections/events/items?limit=2&place=balkh"),
        *("/compat/ucdp/api/gedevents/25.1?pagesize=1&page=1", "/compat/acled/api/acled/read?limit=1&page=2"),
        *("/v1/events?place=nowhere&limit=2", "/v1/nothing?limit=2", "/v1/packs?f=csv&limit=1"),
    ]
)
Query = list[str]
Mutation = Callable[[st.DrawFn, RawRequest], RawRequest]
PIECES = [
    "limit=2",
    "limit=3",
    "%6cimit=2",
    "LIMIT=2",
    "place=b%61lkh",
    "f=csv",
    "f=",
    "q=two+words",
    "q=%ff",
    "",
    "=",
    "&",
]
CONDITIONS = ["*", "ETAG", "W/ETAG", '"x", ETAG', '"x"']
UNREAD = [
    *[("cookie", "a=b"), ("range", "bytes=0-3"), ("x-forwarded-host", "c.example"), ("user-agent", "curl")],
    *[("accept-language", "ps"), ("accept-encoding", "gzip"), ("content-length", "0"), ("content-length", "5")],
]


def with_query(change: Callable[[st.DrawFn, Query], Query]) -> Mutation:
    def mutate(draw: st.DrawFn, request: RawRequest) -> RawRequest:
        path, _, query = request.target.partition("?")
        return replace(request, target="?".join(filter(None, (path, "&".join(change(draw, query.split("&")))))))

    return mutate


def with_path(change: Callable[[st.DrawFn, str], str]) -> Mutation:
    def mutate(draw: st.DrawFn, request: RawRequest) -> RawRequest:
        path, mark, query = request.target.partition("?")
        return replace(request, target=change(draw, path) + mark + query)

    return mutate


def with_header(name: str, *choices: Sequence[str]) -> Mutation:
    def mutate(draw: st.DrawFn, request: RawRequest) -> RawRequest:
        others = [header for header in request.headers if header[0] != name]
        values = draw(st.sampled_from(choices))
        return replace(request, headers=(*others, *((name, value) for value in values)))

    return mutate


def with_field(name: str, *choices: str) -> Mutation:
    return lambda draw, request: replace(request, **{name: draw(st.sampled_from(choices))})


def with_unread_header(draw: st.DrawFn, request: RawRequest) -> RawRequest:
    return replace(request, headers=(*request.headers, draw(st.sampled_from(UNREAD))))


MUTATIONS: list[Mutation] = [
    with_query(lambda draw, pairs: draw(st.permutations(pairs))),
    with_query(lambda draw, pairs: [*pairs, draw(st.sampled_from(pairs))]),
    with_query(lambda draw, pairs: [*pairs, draw(st.sampled_from(PIECES))]),
    with_query(lambda draw, pairs: [draw(st.sampled_from(PIECES)), *pairs[1:]]),
    with_path(lambda draw, path: path + draw(st.sampled_from(["%0a", "%09", "%3F", "%23", "%00", "/", "%2F"]))),
    with_path(lambda draw, path: path.replace("v", draw(st.sampled_from(["%76", "V", "v%0d"])), 1)),
    with_header("host", ["a.example"], ["a.", "example"], ["example", "a."], [], [""], ["b.example"], ["a.example:80"]),
    with_header("accept", [], ["*/*"], ["text/csv"], ["text/csv", "*/*"], ["text/csv,*/*"], ["image/png"], [""]),
    with_header("origin", [], [""], ["https://one.example"], ["https://two.example", "https://one.example"]),
    with_header("if-none-match", [], *([condition] for condition in CONDITIONS), ['"x"', "ETAG"]),
    with_field("method", "GET", "HEAD", "OPTIONS", "POST"),
    with_field("scheme", "http", "https"),
    with_field("root_path", "", "/oxus"),
    with_field("http_version", "1.0", "1.1"),
    with_unread_header,
]


def mutated(draw: st.DrawFn, request: RawRequest, most: int) -> RawRequest:
    for mutate in draw(st.lists(st.sampled_from(MUTATIONS), max_size=most)):
        request = mutate(draw, request)
    return request


@st.composite
def similar(draw: st.DrawFn) -> tuple[RawRequest, RawRequest]:
    """Draw two requests that differ in few parts, or in none."""
    headers = (("host", "a.example"), ("if-none-match", draw(st.sampled_from(CONDITIONS))))
    one = mutated(draw, RawRequest(draw(TARGETS), headers), most=2)
    return one, mutated(draw, one, most=2)


@pytest.fixture(scope="module")
def asks(pack_url: str) -> Iterator[tuple[Ask, Ask]]:
    """Answer with the cache off, and with it on."""
    with asyncio.Runner() as runner:
        apps: list[Any] = [create_app(Settings(database_url=pack_url, cache_mb=cache_mb)) for cache_mb in (0, 8)]
        yield tuple(lambda request, app=app: runner.run(answered(app, request)) for app in apps)  # type: ignore[misc]
        for app in apps:
            app.state.read_pool.engine.dispose()


def unconditional(request: RawRequest) -> RawRequest:
    return replace(request, headers=tuple(header for header in request.headers if header[0] != "if-none-match"))


def with_etag(request: RawRequest, answer: RawAnswer) -> RawRequest:
    """Replace ETAG in the conditions of a request by the ETag of an answer."""
    etag = dict(answer.headers).get(b"etag", b'"none"').decode()
    return replace(request, headers=tuple((name, value.replace("ETAG", etag)) for name, value in request.headers))


@examples(300)
@given(similar())
def test_requests_that_share_a_key_or_an_etag_have_equal_answers(
    asks: tuple[Ask, Ask], pair: tuple[RawRequest, RawRequest]
) -> None:
    uncached, cached = asks
    plain = [unconditional(request) for request in pair]
    answers = [uncached(request) for request in plain]
    keys = [cache_key(request.scope())[0] for request in plain if refusal_of(request.scope()) is None]
    etags = [dict(answer.headers).get(b"etag") for answer in answers]
    assert 500 not in {answer.status for answer in answers}
    if {request.method for request in pair} == {"GET"}:
        if keys[1:] and keys[0] is not None and keys[0] == keys[1]:
            assert answers[0] == answers[1]
        if etags[0] is not None and etags[0] == etags[1]:
            assert answers[0].body == answers[1].body
    for request, answer, other in [(pair[0], *answers), (pair[1], *answers[::-1])]:
        for conditional in (with_etag(request, answer), with_etag(request, other)):
            expected = uncached(conditional)
            if expected.status == 304:
                assert answer.status == 200
            assert cached(conditional) == expected
            assert cached(unconditional(request)) == answer
            assert cached(conditional) == expected
