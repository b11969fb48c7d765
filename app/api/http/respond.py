"""One answer: its format, its snapshot, its ETag, its links. Every resource goes through here."""

import hashlib
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

from anyio import CancelScope, CapacityLimiter, fail_after, move_on_after
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from app import __version__
from app.api.middleware.head_options import IS_HEAD_SCOPE_KEY, Receive, Scope, Send
from app.db.engine import is_embedded, read_transaction
from app.db.revision import current_revision, revision_token
from app.errors import InvalidParameterError, NotAcceptableError, UnavailableError
from app.formats import FORMATS
from app.formats.as_geojson import licence_url
from app.formats.base import Format
from app.query.analyses.lookups import pack_rows
from app.query.lists.fetch import Page
from app.schemas.reference import PackRow

JSON = FORMATS["json"].media_type
CORS_EXPOSED_HEADERS = (
    "ETag",
    "Link",
    "Content-Disposition",
    *(f"Oxus-{name}" for name in ("Revision", "Licence", "Citation", "Matched", "Omitted", "Ignored")),
)
"""Headers that a page from elsewhere may read."""

MAX_WORKER_THREADS = 32
"""Answers worked out at a time, fewer than a process has threads (40) and connections: exports need some, and on SQLite
short questions a connection at once."""


@dataclass
class ReadPool:
    """What every answer needs: the reading engine, its limits, and what was worked out of the newest revision.

    `query_timeout_seconds` is the longest that an answer may take, `export_timeout_seconds` the longest that all rows
    may take to be sent, `max_concurrent_exports` how many such answers are sent at a time. What is not short has one of
    the `limiter`, for which it waits at most `queue_timeout_seconds`: who comes when all are taken by long questions is
    told so, instead of waiting for ever.
    """

    engine: Engine
    query_timeout_seconds: float
    export_timeout_seconds: float
    max_concurrent_exports: int
    queue_timeout_seconds: float = 5.0
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MAX_WORKER_THREADS))
    _revision_cache: tuple[str, dict[str, Any]] = field(default_factory=lambda: ("", {}))
    _running_exports: int = 0

    def cached_for_revision(self, connection: Connection, name: str, compute: Callable[[], Any]) -> Any:
        """What `compute` works out of the present revision; it is made again only after a load."""
        token = revision_token(connection)
        of, values = self._revision_cache  # taken once: meanwhile another thread may see another server's revision
        if of != token:
            values = {}
            self._revision_cache = token, values
        if name not in values:
            values[name] = compute()
        return values[name]

    def packs(self, connection: Connection) -> list[PackRow]:
        """The packs that are loaded."""

        def read() -> list[PackRow]:
            return [PackRow.model_validate_json(row) for row in pack_rows(connection)]

        packs: list[PackRow] = self.cached_for_revision(connection, "packs", read)
        return packs

    async def run_in_thread(self, work: Callable[..., Response], *args: Any) -> Response:
        """What some work gives, done in a thread. Raises UnavailableError when there is none for too long."""
        borrower = object()
        try:
            with fail_after(self.queue_timeout_seconds):
                await self.limiter.acquire_on_behalf_of(borrower)
        except TimeoutError:
            raise UnavailableError("too many long questions are being answered; ask again later") from None
        try:
            return await run_in_threadpool(work, *args)
        finally:
            self.limiter.release_on_behalf_of(borrower)

    @contextmanager
    def export_slot(self) -> Iterator[None]:
        """One of the exports that may run at a time. Raises UnavailableError when there are as many already."""
        if self._running_exports >= self.max_concurrent_exports:
            raise UnavailableError(
                f"{self.max_concurrent_exports} exports are running, which is as many as may; ask again later"
            )
        self._running_exports += 1
        try:
            yield
        finally:
            self._running_exports -= 1


Link = dict[str, str]
"""One link: rel, href, and mostly type and title."""


@dataclass
class Snapshot:
    """One consistent state of the database, and what an answer from it carries.

    `links` and `headers` are filled while the answer is made, before its first byte.
    """

    connection: Connection
    revision: int
    packs: list[PackRow]
    format: Format
    links: list[Link] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    """What is read while it is sent."""


BodyWriter = Callable[[Snapshot], Iterable[bytes]]
ResponseParts = Generator[Any, None, None]
"""First the status and the headers, then the body in chunks."""


def query_pairs(request: Request) -> list[tuple[str, str]]:
    """The query string as it was given."""
    return list(request.query_params.multi_items())


def request_url(request: Request, path: str | None = None, drop: Sequence[str] = (), **query: str | int) -> str:
    """The address that was asked, with this path and these parameters instead; ASCII, as a header wants it."""
    query_string = request.scope["query_string"]
    kept_parts = [
        part
        for part in query_string.split(b"&")
        if part and _param_name(part) not in query and _param_name(part) not in drop
    ]
    parts = [quote(part, safe=SAFE_IN_QUERY) for part in kept_parts] + ([urlencode(query)] if query else [])
    quoted_path = quote(path or request.scope["path"], safe=SAFE_IN_PATH, errors="replace")
    return f"{request.url.scheme}://{request.url.netloc}{quoted_path}{'?' if parts else ''}{'&'.join(parts)}"


SAFE_IN_PATH = "/:@!$&'()*+,;=~"
SAFE_IN_QUERY = "/:@!$'()*+,;=~?%"
"""Signs that stand in a path, and in a part of a query, as they were given."""


def _param_name(part: bytes) -> str:
    """The name of a parameter, of a part of a query string."""
    name = part.partition(b"=")[0].decode("utf-8", "replace")
    return unquote_plus(name) if "%" in name or "+" in name else name


def negotiate_format(request: Request, values: Mapping[str, Any], formats: Sequence[Format]) -> Format:
    """The format to write: `f`, else what Accept prefers. Raises NotAcceptableError when none can be written."""
    if "f" in values:
        return next(format_ for format_ in formats if format_.name == values["f"])
    accept = ", ".join(request.headers.getlist("accept"))
    accepted = parse_accept(accept)
    weights = [max(quality_of(accepted, media) for media in format_.media_types) for format_ in formats]
    if max(weights) == 0:
        media = ", ".join(format_.media_types[0] for format_ in formats)
        raise NotAcceptableError(f"this can be written as {media}; ask for one of them, or leave Accept out")
    return formats[weights.index(max(weights))]  # the first of equals


def parse_accept(accept: str) -> dict[str, float]:
    """The media ranges that Accept names, and how much each is wanted; nothing means anything (RFC 9110)."""
    if not accept.strip(", "):
        return {"*/*": 1.0}
    weights: dict[str, float] = {}
    for part in accept.split(","):
        pieces, *options = (piece.strip().lower() for piece in part.split(";"))
        quality = next((option[2:] for option in options if option.startswith("q=")), "1")
        number = quality.replace(".", "", 1).isdecimal() and quality.isascii()
        weights[pieces] = min(float(quality), 1.0) if number else 1.0
    return weights


def quality_of(weights: Mapping[str, float], media: str) -> float:
    """How much a media type is wanted: the most exact range that covers it decides."""
    for covering in (media, media.partition("/")[0] + "/*", "*/*"):
        if covering in weights:
            return weights[covering]
    return 0.0


async def respond(
    request: Request,
    values: Mapping[str, Any],
    write: BodyWriter,
    *,
    inline: bool = True,
    formats: Sequence[Format] = (FORMATS["json"],),
) -> Response:
    """The answer to a request: 304 if the reader has it already, else what `write` makes of one snapshot.

    What is not `inline` (more than an indexed read) gets a thread on either database, so that others go on. With
    `limit=all` the answer is sent while it is made.
    """
    format_ = negotiate_format(request, values, formats)
    reader: ReadPool = request.app.state.reader
    if values.get("limit", 0) is None:
        if not format_.streams:
            names = ", ".join(other.name for other in formats if other.streams)
            raise InvalidParameterError("limit", "all", f"{format_.name} is paged: follow next, or ask for f={names}")
        return await _streamed(reader, request, write, format_)
    if inline and is_embedded(reader.engine):
        return _buffered(reader, request, write, format_)  # shorter than the way to a thread and back
    return await reader.run_in_thread(_buffered, reader, request, write, format_)


def _buffered(reader: ReadPool, request: Request, write: BodyWriter, format_: Format) -> Response:
    with closing(_prepare(reader, request, write, format_)) as sent:
        status, headers = next(sent)
        return Response(b"".join(sent), status, headers)


async def _streamed(reader: ReadPool, request: Request, write: BodyWriter, format_: Format) -> Response:
    """Rows are read while they are sent; the first of them before the first byte, so that errors keep their status."""
    sent = _export(reader, request, write, format_)

    def begin() -> tuple[int, dict[str, str], bytes]:
        try:
            status, headers = next(sent)
            return status, headers, next(sent, b"")
        except BaseException:
            sent.close()
            raise

    status, headers, first = await run_in_threadpool(begin)
    if status == HTTPStatus.OK and not request.scope.get(IS_HEAD_SCOPE_KEY):
        return _ExportResponse(first, sent, headers, reader.export_timeout_seconds)
    await run_in_threadpool(sent.close)
    return Response(b"", status, headers) if status != HTTPStatus.OK else StreamingResponse(iter(()), status, headers)


def _export(reader: ReadPool, request: Request, write: BodyWriter, format_: Format) -> ResponseParts:
    with reader.export_slot():
        yield from _prepare(reader, request, write, format_, full_scan=True)


class _ExportResponse(StreamingResponse):
    """An answer that is sent while it is made; whatever becomes of the reader, it leaves no connection behind."""

    def __init__(self, first: bytes, remaining: ResponseParts, headers: dict[str, str], timeout_seconds: float) -> None:
        super().__init__(self._chunks(first, remaining), headers=headers)
        self._remaining = remaining
        self._timeout_seconds = timeout_seconds

    @staticmethod
    async def _chunks(first: bytes, remaining: ResponseParts) -> AsyncIterator[bytes]:
        yield first
        while (chunk := await run_in_threadpool(next, remaining, None)) is not None:
            yield chunk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, and give back what the answer was made from."""
        try:
            with move_on_after(self._timeout_seconds) as limit:
                await super().__call__(scope, receive, send)
            if limit.cancelled_caught:  # the connection breaks, so that nobody takes what was sent for the whole
                raise UnavailableError(f"an export took longer than {self._timeout_seconds:g} s")
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._remaining.close)


def _prepare(
    reader: ReadPool, request: Request, write: BodyWriter, format_: Format, *, full_scan: bool = False
) -> ResponseParts:
    seconds = reader.export_timeout_seconds if full_scan else reader.query_timeout_seconds
    with read_transaction(reader.engine, seconds, full_scan=full_scan) as connection:
        revision = current_revision(connection)
        etag = _etag(request, revision_token(connection), format_)
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        if etag_matches(request, etag):
            yield HTTPStatus.NOT_MODIFIED, headers
            return
        snapshot = Snapshot(connection, revision, reader.packs(connection), format_)
        try:
            chunks = iter(write(snapshot))
            first = next(chunks, b"")
            if request.headers.get("if-none-match", "").strip() == "*":  # whatever there is, once it is known to be
                yield HTTPStatus.NOT_MODIFIED, headers
                return
            credit = reader.cached_for_revision(
                connection, "credits", lambda: _attribution_headers(revision, snapshot.packs)
            )
            headers |= {"Content-Type": format_.media_type, **credit, **snapshot.headers}
            links = [f'<{link["href"]}>; rel="next"' for link in snapshot.links if link["rel"] == "next"]
            if links:
                headers["Link"] = ", ".join([*links, *filter(None, [credit.get("Link")])])
            yield HTTPStatus.OK, headers
            yield first
            yield from chunks
        finally:
            for page in snapshot.pages:
                page.close()


def _attribution_headers(revision: int, packs: Sequence[PackRow]) -> dict[str, str]:
    """What travels with every format: the revision, whose data it is, under which licence, how to cite it."""
    licences = dict.fromkeys(pack.licence for pack in packs)
    headers = {
        "Link": ", ".join(f'<{licence_url(licence)}>; rel="license"' for licence in licences),
        "Oxus-Revision": str(revision),
        "Oxus-Licence": ", ".join(quote(licence, safe=SAFE_IN_HEADER) for licence in licences),
        "Oxus-Citation": "; ".join(quote(pack.citation, safe=SAFE_IN_HEADER) for pack in packs),
    }
    return {name: value for name, value in headers.items() if value}


SAFE_IN_HEADER = "".join(map(chr, range(0x20, 0x7F))).replace(
    "%", ""
)  # a header holds ASCII: the rest is percent-encoded


def _etag(request: Request, token: str, format_: Format) -> str:
    """Software version, revision, query and format: nothing else can change an answer."""
    pairs = b"&".join(sorted(request.scope["query_string"].split(b"&")))
    # The address under which the server is reached is part of `next`.
    identity = f"{__version__} {token} {format_.name} {request.base_url} {request.url.path}?"
    return f'"{hashlib.sha256(identity.encode("utf-8", "replace") + pairs).hexdigest()[:32]}"'


def etag_matches(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this answer (weak comparison, RFC 9110)."""
    if_none_match = ", ".join(request.headers.getlist("if-none-match"))
    return etag in (part.strip().removeprefix("W/") for part in if_none_match.split(","))
