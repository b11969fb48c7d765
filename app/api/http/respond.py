"""Prepare and send a response: session, ETag, body, headers, in this order, for every endpoint that reads.

A read goes in one direction, by values: an endpoint parses its query string, `respond` opens a session and compares
the ETag, the endpoint's `render` turns the session into a `Body`, and a `PreparedResponse` is sent.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import chain
from urllib.parse import quote

from anyio import CancelScope, move_on_after
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.http.etag import etag_matches, etag_of_request, if_none_match
from app.api.http.headers import (
    MAX_CITATIONS_BYTES,
    MAX_HEADER_URL_BYTES,
    MAX_NAMES_BYTES,
    fitting,
    joined_within,
)
from app.api.http.least_rate import with_least_rate
from app.api.http.negotiate import negotiate_format
from app.api.http.read_pool import ReadPool, ReadSession, run_in_thread
from app.api.http.scope import IS_HEAD_SCOPE_KEY, client_key
from app.db.driver_errors import translated_errors
from app.deadlines import WorkLimit
from app.errors import InvalidParameterError, UnavailableError, UrlTooLongError
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
MAX_CHUNK_SECONDS = 120.0
"""Longest wait for the next rows of an export; a database that gives none counts as hung."""
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

    The format is `requested`, else what Accept prefers of the `formats`. On SQLite an `inline` request (mostly a few
    indexed reads) is tried on the event loop, because the way to a thread and back takes longer than the read. A
    `stream` is sent while it is read. Raises NotAcceptableError, and InvalidParameterError if the format cannot be
    streamed.
    """
    pool = pool_of(request)
    format_ = negotiate_format(requested, accept_of(request), formats)
    if stream:
        if not format_.streams:
            names = ", ".join(other.name for other in formats if other.streams)
            raise InvalidParameterError("limit", "all", f"{format_.name} is paged: follow next, or ask for f={names}")
        return await _respond_streaming(pool, request, render, format_)
    client = client_key(request.scope.get("client"))
    work = partial(_buffered, pool, request, render, format_)
    return await pool.run(work, client, request.receive, inline=inline and not format_.binary)


def _buffered(pool: ReadPool, request: Request, render: Render, format_: Format) -> Response:
    prepared = prepare(pool, request, render, format_)
    try:
        return Response(b"".join(prepared.chunks), prepared.status, dict(prepared.headers))
    finally:
        prepared.close()


async def _respond_streaming(pool: ReadPool, request: Request, render: Render, format_: Format) -> Response:
    limit = WorkLimit(pool.export_timeout_seconds)
    work = partial(prepare, pool, request, render, format_, is_export=True)
    prepared = await run_in_thread(work, limit, MAX_CHUNK_SECONDS)
    if prepared.status == HTTPStatus.OK and not request.scope.get(IS_HEAD_SCOPE_KEY):
        return _ExportResponse(prepared, limit)
    await run_in_thread(prepared.close, limit, MAX_CHUNK_SECONDS)
    if prepared.status == HTTPStatus.OK:  # HEAD: no Content-Length, as for the GET
        return StreamingResponse(iter(()), headers=prepared.headers)
    return Response(b"", prepared.status, dict(prepared.headers))


class _ExportResponse(StreamingResponse):
    """Send a response while it is read, and end its session whatever becomes of the client.

    A client that reads slower than MIN_EXPORT_BYTES_PER_SECOND is given up, since its export keeps others from theirs.
    """

    def __init__(self, prepared: PreparedResponse, limit: WorkLimit) -> None:
        super().__init__(self._chunks(prepared.chunks), headers=prepared.headers)
        self._prepared = prepared
        self._limit = limit

    async def _chunks(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (chunk := await run_in_thread(partial(next, chunks, None), self._limit, MAX_CHUNK_SECONDS)) is not None:
            yield chunk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send. Raises UnavailableError after the timeout: the connection breaks, so no client takes a part for all."""
        try:
            with move_on_after(self._limit.seconds_left) as timeout:
                await super().__call__(scope, receive, with_least_rate(send))
            if timeout.cancelled_caught:
                raise UnavailableError("an export took longer than it may")
        finally:
            with CancelScope(shield=True):
                await run_in_thread(self._prepared.close, self._limit, MAX_CHUNK_SECONDS)


def prepare(
    pool: ReadPool, request: Request, render: Render, format_: Format, *, is_export: bool = False
) -> PreparedResponse:
    """Open a session, compare ETags, and render up to the first chunk. The caller closes what is returned."""
    with ExitStack() as stack:
        if is_export:
            stack.enter_context(pool.export_slot(client_key(request.scope.get("client"))))
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
    if body.next_url and len(body.next_url) > MAX_HEADER_URL_BYTES:
        if not format_.names_next:
            raise UrlTooLongError(
                f"the next page has an address of more than {MAX_HEADER_URL_BYTES} bytes, too long for a header; "
                "ask in fewer words, with f=json, or with limit=all"
            )
    elif body.next_url:
        links = [f'<{body.next_url}>; rel="next"', attribution.get("Link")]
        headers["Link"] = ", ".join(filter(None, links))
    return headers


def _attribution_headers(revision: int, packs: Sequence[PackRow]) -> dict[str, str]:
    """Return what every format carries: the revision, the packs' licences, and how to cite them."""
    licences = list(dict.fromkeys(pack.licence for pack in packs))
    links = [f'<{licence_url(licence)}>; rel="license"' for licence in licences]
    names = [quote(licence, safe=SAFE_IN_HEADER) for licence in licences]
    citations = [quote(pack.citation, safe=SAFE_IN_HEADER) for pack in packs]
    headers = {
        "Link": ", ".join(fitting(MAX_NAMES_BYTES, links, ", ")),
        "Oxus-Revision": str(revision),
        "Oxus-Licence": joined_within(MAX_NAMES_BYTES, names, ", "),
        "Oxus-Citation": joined_within(MAX_CITATIONS_BYTES, citations, "; "),
    }
    return {name: value for name, value in headers.items() if value}
