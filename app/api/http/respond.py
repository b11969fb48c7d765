"""Prepare and send a response: session, ETag, body, headers, in this order, for every endpoint that reads.

A read goes in one direction, by values: an endpoint parses its query string, `respond` opens a session and compares
the ETag, the endpoint's `render` turns the session into a `Body`, and a `PreparedResponse` is sent.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from urllib.parse import quote

from anyio import CancelScope, move_on_after
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.api.http.etag import etag_matches, etag_of_request, if_none_match
from app.api.http.negotiate import negotiate_format
from app.api.http.read_pool import ReadPool, ReadSession
from app.api.http.scope import IS_HEAD_SCOPE_KEY
from app.db.engine import is_embedded, translated_errors
from app.errors import InvalidParameterError, UnavailableError
from app.formats import FORMATS
from app.formats.as_geojson import licence_url
from app.formats.base import Format, dumps
from app.schemas.reference import PackRow

JSON_MEDIA_TYPE = FORMATS["json"].media_type
CORS_EXPOSED_HEADERS = (
    "ETag",
    "Link",
    "Content-Disposition",
    *(f"Oxus-{name}" for name in ("Revision", "Licence", "Citation", "Matched", "Omitted", "Ignored")),
)
"""Response headers that scripts of other origins may read."""
SAFE_IN_HEADER = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
"""Headers hold ASCII; everything else is percent-encoded."""

ONLY_JSON = (FORMATS["json"],)
"""The formats of endpoints that answer with one document."""
Link = dict[str, str]
"""A link (RFC 8288): rel and href, mostly type and title."""


def _do_nothing() -> None:
    """Close a body that holds nothing open."""


@dataclass(frozen=True)
class Body:
    """The body of a response, and the headers that belong to it.

    `next_url` is the next page of a list. `close` frees what the chunks are read from.
    """

    chunks: Iterable[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    next_url: str | None = None
    close: Callable[[], None] = _do_nothing


Render = Callable[[ReadSession, Format], Body]
"""Turns a session into a body. Errors it raises become problem documents, since no byte has been sent."""


def json_body(document: object) -> Render:
    """Return a render function for a document that depends on nothing in the session."""
    return lambda _session, _format: Body([dumps(document).encode()])


@dataclass(frozen=True)
class PreparedResponse:
    """A response whose first chunk is made, so that errors still have a status. `close` ends its session."""

    status: HTTPStatus
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    close: Callable[[], None]


def accept_of(request: Request) -> str:
    """Return the value of Accept; several headers are one list."""
    return ", ".join(request.headers.getlist("accept"))


def pool_of(request: Request) -> ReadPool:
    """Return the application's read pool."""
    pool: ReadPool = request.app.state.read_pool
    return pool


async def respond(
    request: Request,
    render: Render,
    *,
    formats: Sequence[Format] = ONLY_JSON,
    requested: str | None = None,
    inline: bool = True,
    stream: bool = False,
) -> Response:
    """Answer a request: 304 if the client has the response already, else the body that `render` makes.

    The format is `requested`, else what Accept prefers of the `formats`. On SQLite an `inline` request (no more than
    indexed reads) runs on the event loop, because the way to a thread and back takes longer than the read. A `stream`
    is sent while it is read. Raises NotAcceptableError, and InvalidParameterError if the format cannot be streamed.
    """
    pool = pool_of(request)
    format_ = negotiate_format(requested, accept_of(request), formats)
    if stream:
        if not format_.streams:
            names = ", ".join(other.name for other in formats if other.streams)
            raise InvalidParameterError("limit", "all", f"{format_.name} is paged: follow next, or ask for f={names}")
        return await _respond_streaming(pool, request, render, format_)
    if inline and is_embedded(pool.engine):
        return _buffered(pool, request, render, format_)
    return await pool.run_in_thread(lambda: _buffered(pool, request, render, format_))


def _buffered(pool: ReadPool, request: Request, render: Render, format_: Format) -> Response:
    prepared = prepare(pool, request, render, format_)
    try:
        return Response(b"".join(prepared.chunks), prepared.status, dict(prepared.headers))
    finally:
        prepared.close()


async def _respond_streaming(pool: ReadPool, request: Request, render: Render, format_: Format) -> Response:
    prepared = await run_in_threadpool(prepare, pool, request, render, format_, is_export=True)
    if prepared.status == HTTPStatus.OK and not request.scope.get(IS_HEAD_SCOPE_KEY):
        return _ExportResponse(prepared, pool.export_timeout_seconds)
    await run_in_threadpool(prepared.close)
    if prepared.status == HTTPStatus.OK:  # HEAD: no Content-Length, as for the GET
        return StreamingResponse(iter(()), headers=prepared.headers)
    return Response(b"", prepared.status, dict(prepared.headers))


class _ExportResponse(StreamingResponse):
    """Send a response while it is read, and end its session whatever becomes of the client."""

    def __init__(self, prepared: PreparedResponse, timeout_seconds: float) -> None:
        super().__init__(self._chunks(prepared.chunks), headers=prepared.headers)
        self._prepared = prepared
        self._timeout_seconds = timeout_seconds

    @staticmethod
    async def _chunks(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (chunk := await run_in_threadpool(next, chunks, None)) is not None:
            yield chunk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send. Raises UnavailableError after the timeout: the connection breaks, so no client takes a part for all."""
        try:
            with move_on_after(self._timeout_seconds) as limit:
                await super().__call__(scope, receive, send)
            if limit.cancelled_caught:
                raise UnavailableError(f"an export took longer than {self._timeout_seconds:g} s")
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._prepared.close)


def prepare(
    pool: ReadPool, request: Request, render: Render, format_: Format, *, is_export: bool = False
) -> PreparedResponse:
    """Open a session, compare ETags, and render up to the first chunk. The caller closes what is returned."""
    with ExitStack() as stack:
        if is_export:
            stack.enter_context(pool.export_slot())
        session = stack.enter_context(pool.session(full_scan=is_export))
        etag = etag_of_request(request, session.revision_token, format_)
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        condition = if_none_match(request)
        status = HTTPStatus.NOT_MODIFIED
        chunks: Iterator[bytes] = iter(())
        if not etag_matches(condition, etag):
            body = render(session, format_)
            stack.callback(body.close)
            rest = iter(body.chunks)
            first = next(rest, b"")
            if condition.strip() != "*":  # `*` matches any representation, once there is one
                status, chunks = HTTPStatus.OK, _translating(pool, chain((first,), rest))
                headers |= _body_headers(session, format_, body)
        close = stack.pop_all().close
    return PreparedResponse(status, headers, chunks, close)


def _translating(pool: ReadPool, chunks: Iterable[bytes]) -> Iterator[bytes]:
    with translated_errors(pool.engine):
        yield from chunks


def _body_headers(session: ReadSession, format_: Format, body: Body) -> dict[str, str]:
    attribution = session.cached("attribution", lambda: _attribution_headers(session.revision, session.packs))
    headers = {"Content-Type": format_.media_type, **attribution, **body.headers}
    if body.next_url:
        links = [f'<{body.next_url}>; rel="next"', attribution.get("Link")]
        headers["Link"] = ", ".join(filter(None, links))
    return headers


def _attribution_headers(revision: int, packs: Sequence[PackRow]) -> dict[str, str]:
    """Return what every format carries: the revision, the packs' licences, and how to cite them."""
    licences = dict.fromkeys(pack.licence for pack in packs)
    headers = {
        "Link": ", ".join(f'<{licence_url(licence)}>; rel="license"' for licence in licences),
        "Oxus-Revision": str(revision),
        "Oxus-Licence": ", ".join(quote(licence, safe=SAFE_IN_HEADER) for licence in licences),
        "Oxus-Citation": "; ".join(quote(pack.citation, safe=SAFE_IN_HEADER) for pack in packs),
    }
    return {name: value for name, value in headers.items() if value}
