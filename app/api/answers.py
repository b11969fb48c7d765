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
from app.api.methods import HEAD, Receive, Scope, Send
from app.db.engine import is_embedded, reading
from app.db.state import current_mark, current_revision
from app.errors import InvalidParameterError, NotAcceptableError, UnavailableError
from app.formats import FORMATS
from app.formats.as_geojson import licence_url
from app.formats.base import Format
from app.query.lookups import pack_rows
from app.query.pages import Page
from app.schemas.reference import PackRow

JSON = FORMATS["json"].media_type
EXPOSED = (
    "ETag",
    "Link",
    "Content-Disposition",
    *(f"Oxus-{name}" for name in ("Revision", "Licence", "Citation", "Matched", "Omitted", "Ignored")),
)
"""Headers that a page from elsewhere may read."""

THREADS = 32
"""Answers worked out at a time, fewer than a process has threads (40) and connections: exports need some, and on SQLite
short questions a connection at once."""


@dataclass
class Reader:
    """What every answer needs: the reading engine, its limits, and what was worked out of the newest revision.

    `seconds` is the longest that an answer may take, `export_seconds` the longest that all rows may take to be sent,
    `exports` how many such answers are sent at a time. What is not short has one of the `threads`, for which it waits
    at most `wait_seconds`: who comes when all are taken by long questions is told so, instead of waiting for ever.
    """

    engine: Engine
    seconds: float
    export_seconds: float
    exports: int
    wait_seconds: float = 5.0
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(THREADS))
    _kept: tuple[str, dict[str, Any]] = field(default_factory=lambda: ("", {}))
    _exporting: int = 0

    def kept(self, connection: Connection, name: str, make: Callable[[], Any]) -> Any:
        """What `make` works out of the present revision; it is made again only after a load."""
        mark = current_mark(connection)
        of, values = self._kept  # taken once: meanwhile another thread may see another server's revision
        if of != mark:
            values = {}
            self._kept = mark, values
        if name not in values:
            values[name] = make()
        return values[name]

    def packs(self, connection: Connection) -> list[PackRow]:
        """The packs that are loaded."""

        def read() -> list[PackRow]:
            return [PackRow.model_validate_json(row) for row in pack_rows(connection)]

        found: list[PackRow] = self.kept(connection, "packs", read)
        return found

    async def in_thread(self, work: Callable[..., Response], *given: Any) -> Response:
        """What some work gives, done in a thread. Raises UnavailableError when there is none for too long."""
        place = object()
        try:
            with fail_after(self.wait_seconds):
                await self.threads.acquire_on_behalf_of(place)
        except TimeoutError:
            raise UnavailableError("too many long questions are being answered; ask again later") from None
        try:
            return await run_in_threadpool(work, *given)
        finally:
            self.threads.release_on_behalf_of(place)

    @contextmanager
    def exporting(self) -> Iterator[None]:
        """One of the exports that may run at a time. Raises UnavailableError when there are as many already."""
        if self._exporting >= self.exports:
            raise UnavailableError(f"{self.exports} exports are running, which is as many as may; ask again later")
        self._exporting += 1
        try:
            yield
        finally:
            self._exporting -= 1


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


Answer = Callable[[Snapshot], Iterable[bytes]]
Sent = Generator[Any, None, None]
"""First the status and the headers, then the body in chunks."""


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """The query string as it was given."""
    return list(request.query_params.multi_items())


def address(request: Request, path: str | None = None, without: Sequence[str] = (), **query: str | int) -> str:
    """The address that was asked, with this path and these parameters instead; ASCII, as a header wants it."""
    given = request.scope["query_string"]
    kept = [part for part in given.split(b"&") if part and _name(part) not in query and _name(part) not in without]
    parts = [quote(part, safe=WRITTEN) for part in kept] + ([urlencode(query)] if query else [])
    there = quote(path or request.scope["path"], safe=IN_A_PATH, errors="replace")
    return f"{request.url.scheme}://{request.url.netloc}{there}{'?' if parts else ''}{'&'.join(parts)}"


IN_A_PATH = "/:@!$&'()*+,;=~"
WRITTEN = "/:@!$'()*+,;=~?%"
"""Signs that stand in a path, and in a part of a query, as they were given."""


def _name(part: bytes) -> str:
    """The name of a parameter, of a part of a query string."""
    name = part.partition(b"=")[0].decode("utf-8", "replace")
    return unquote_plus(name) if "%" in name or "+" in name else name


def format_of(request: Request, values: Mapping[str, Any], offered: Sequence[Format]) -> Format:
    """The format to write: `f`, else what Accept prefers. Raises NotAcceptableError when none can be written."""
    if "f" in values:
        return next(format_ for format_ in offered if format_.name == values["f"])
    accept = ", ".join(request.headers.getlist("accept"))
    given = ranges_of(accept)
    weights = [max(weight(given, media) for media in format_.media_types) for format_ in offered]
    if max(weights) == 0:
        media = ", ".join(format_.media_types[0] for format_ in offered)
        raise NotAcceptableError(f"this can be written as {media}; ask for one of them, or leave Accept out")
    return offered[weights.index(max(weights))]  # the first of equals


def ranges_of(accept: str) -> dict[str, float]:
    """The media ranges that Accept names, and how much each is wanted; nothing means anything (RFC 9110)."""
    if not accept.strip(", "):
        return {"*/*": 1.0}
    weights: dict[str, float] = {}
    for part in accept.split(","):
        given, *options = (piece.strip().lower() for piece in part.split(";"))
        stated = next((option[2:] for option in options if option.startswith("q=")), "1")
        number = stated.replace(".", "", 1).isdecimal() and stated.isascii()
        weights[given] = min(float(stated), 1.0) if number else 1.0
    return weights


def weight(weights: Mapping[str, float], media: str) -> float:
    """How much a media type is wanted: the most exact range that covers it decides."""
    for covering in (media, media.partition("/")[0] + "/*", "*/*"):
        if covering in weights:
            return weights[covering]
    return 0.0


async def answer(
    request: Request,
    values: Mapping[str, Any],
    write: Answer,
    *,
    short: bool = True,
    offered: Sequence[Format] = (FORMATS["json"],),
) -> Response:
    """The answer to a request: 304 if the reader has it already, else what `write` makes of one snapshot.

    What is not `short` (more than an indexed read) gets a thread on either database, so that others go on. With
    `limit=all` the answer is sent while it is made.
    """
    format_ = format_of(request, values, offered)
    reader: Reader = request.app.state.reader
    if values.get("limit", 0) is None:
        if not format_.streams:
            names = ", ".join(other.name for other in offered if other.streams)
            raise InvalidParameterError("limit", "all", f"{format_.name} is paged: follow next, or ask for f={names}")
        return await _streamed(reader, request, write, format_)
    if short and is_embedded(reader.engine):
        return _whole(reader, request, write, format_)  # shorter than the way to a thread and back
    return await reader.in_thread(_whole, reader, request, write, format_)


def _whole(reader: Reader, request: Request, write: Answer, format_: Format) -> Response:
    with closing(_sent(reader, request, write, format_)) as sent:
        status, headers = next(sent)
        return Response(b"".join(sent), status, headers)


async def _streamed(reader: Reader, request: Request, write: Answer, format_: Format) -> Response:
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
    if status == HTTPStatus.OK and not request.scope.get(HEAD):
        return _Stream(first, sent, headers, reader.export_seconds)
    await run_in_threadpool(sent.close)
    return Response(b"", status, headers) if status != HTTPStatus.OK else StreamingResponse(iter(()), status, headers)


def _export(reader: Reader, request: Request, write: Answer, format_: Format) -> Sent:
    with reader.exporting():
        yield from _sent(reader, request, write, format_, everything=True)


class _Stream(StreamingResponse):
    """An answer that is sent while it is made; whatever becomes of the reader, it leaves no connection behind."""

    def __init__(self, first: bytes, rest: Sent, headers: dict[str, str], seconds: float) -> None:
        super().__init__(self._chunks(first, rest), headers=headers)
        self.rest = rest
        self.seconds = seconds

    @staticmethod
    async def _chunks(first: bytes, rest: Sent) -> AsyncIterator[bytes]:
        yield first
        while (chunk := await run_in_threadpool(next, rest, None)) is not None:
            yield chunk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, and give back what the answer was made from."""
        try:
            with move_on_after(self.seconds) as limit:
                await super().__call__(scope, receive, send)
            if limit.cancelled_caught:  # the connection breaks, so that nobody takes what was sent for the whole
                raise UnavailableError(f"an export took longer than {self.seconds:g} s")
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self.rest.close)


def _sent(reader: Reader, request: Request, write: Answer, format_: Format, *, everything: bool = False) -> Sent:
    seconds = reader.export_seconds if everything else reader.seconds
    with reading(reader.engine, seconds, everything=everything) as connection:
        revision = current_revision(connection)
        etag = _etag(request, current_mark(connection), format_)
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        if has_already(request, etag):
            yield HTTPStatus.NOT_MODIFIED, headers
            return
        snapshot = Snapshot(connection, revision, reader.packs(connection), format_)
        try:
            chunks = iter(write(snapshot))
            first = next(chunks, b"")
            if request.headers.get("if-none-match", "").strip() == "*":  # whatever there is, once it is known to be
                yield HTTPStatus.NOT_MODIFIED, headers
                return
            credit = reader.kept(connection, "credits", lambda: _credits(revision, snapshot.packs))
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


def _credits(revision: int, packs: Sequence[PackRow]) -> dict[str, str]:
    """What travels with every format: the revision, whose data it is, under which licence, how to cite it."""
    licences = dict.fromkeys(pack.licence for pack in packs)
    found = {
        "Link": ", ".join(f'<{licence_url(licence)}>; rel="license"' for licence in licences),
        "Oxus-Revision": str(revision),
        "Oxus-Licence": ", ".join(quote(licence, safe=PRINTABLE) for licence in licences),
        "Oxus-Citation": "; ".join(quote(pack.citation, safe=PRINTABLE) for pack in packs),
    }
    return {name: value for name, value in found.items() if value}


PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")  # a header holds ASCII: the rest is percent-encoded


def _etag(request: Request, mark: str, format_: Format) -> str:
    """Software version, revision, query and format: nothing else can change an answer."""
    pairs = b"&".join(sorted(request.scope["query_string"].split(b"&")))
    # The address under which the server is reached is part of `next`.
    asked = f"{__version__} {mark} {format_.name} {request.base_url} {request.url.path}?"
    return f'"{hashlib.sha256(asked.encode("utf-8", "replace") + pairs).hexdigest()[:32]}"'


def has_already(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this answer (weak comparison, RFC 9110)."""
    given = ", ".join(request.headers.getlist("if-none-match"))
    return etag in (part.strip().removeprefix("W/") for part in given.split(","))
