"""One answer: its snapshot, its ETag, its links. Every resource goes through here."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from app import __version__
from app.db.engine import is_embedded, reading
from app.errors import NotAcceptableError
from app.query.lookups import current_revision, pack_rows
from app.schemas.reference import PackRow

JSON = "application/json"


@dataclass
class Reader:
    """What every answer needs: the reading engine, its time limit, and the packs as of a revision."""

    engine: Engine
    seconds: float
    _packs: tuple[int, list[PackRow]] = field(default=(-1, []))

    def packs(self, connection: Connection, revision: int) -> list[PackRow]:
        """The packs that are loaded; read again only after a load."""
        if self._packs[0] != revision:
            self._packs = revision, [PackRow.model_validate_json(row) for row in pack_rows(connection)]
        return self._packs[1]


@dataclass
class Snapshot:
    """One consistent state of the database, and what an answer from it carries."""

    connection: Connection
    revision: int
    packs: list[PackRow]
    links: dict[str, str] = field(default_factory=dict)


Answer = Callable[[Snapshot], bytes]


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """The query string as it was given."""
    return list(request.query_params.multi_items())


def check_accept(request: Request, values: Mapping[str, Any]) -> None:
    """`f` wins over Accept. Raises NotAcceptableError when no format that is asked for can be written."""
    if "f" not in values and not _accepts(", ".join(request.headers.getlist("accept")), JSON):
        raise NotAcceptableError(f"this can be written as {JSON}; ask for it, or leave Accept out")


def _accepts(accept: str, media: str) -> bool:
    """Whether a media type is acceptable: the most exact range that covers it decides (RFC 9110)."""
    if not accept.strip(", "):
        return True
    weights: dict[str, str] = {}
    for part in accept.split(","):
        given, *options = (piece.strip().lower() for piece in part.split(";"))
        weights[given] = next((option[2:] for option in options if option.startswith("q=")), "1")
    for covering in (media, media.partition("/")[0] + "/*", "*/*"):
        if covering in weights:
            return weights[covering].strip("0.") != ""
    return False


async def answer(request: Request, values: Mapping[str, Any], write: Answer, *, short: bool = True) -> Response:
    """The answer to a request: 304 if the reader has it already, else what `write` makes of one snapshot.

    What is not `short` (more than an indexed read) gets a thread on either database, so that others go on.
    """
    check_accept(request, values)
    reader: Reader = request.app.state.reader
    task = partial(_answer, reader, request, write)
    if short and is_embedded(reader.engine):
        return task()  # an indexed read in this process is shorter than the way to a thread and back
    return await run_in_threadpool(task)


def _answer(reader: Reader, request: Request, write: Answer) -> Response:
    with reading(reader.engine, reader.seconds) as connection:
        revision = current_revision(connection)
        etag = _etag(request, revision)
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        if _has(request, etag):
            return Response(status_code=304, headers=headers)
        snapshot = Snapshot(connection, revision, reader.packs(connection, revision))
        body = write(snapshot)
    if request.headers.get("if-none-match", "").strip() == "*":  # whatever there is, once it is known to be there
        return Response(status_code=304, headers=headers)
    licences = dict.fromkeys(pack.licence for pack in snapshot.packs)
    links = [f'<{url}>; rel="{relation}"' for relation, url in snapshot.links.items()]
    links += [f'<https://spdx.org/licenses/{licence}.html>; rel="license"' for licence in licences]
    if links:
        headers["Link"] = ", ".join(links)
    return Response(body, headers=headers, media_type=JSON)


def _etag(request: Request, revision: int) -> str:
    """Software version, revision and query: nothing else can change an answer."""
    asked = f"{__version__} {revision} {request.url.path}?{urlencode(sorted(pairs_of(request)), errors='replace')}"
    # The address under which the server is reached is part of `next`.
    digest = hashlib.sha256(f"{asked} {request.base_url}".encode("utf-8", "replace"))
    return f'"{digest.hexdigest()[:32]}"'


def _has(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this answer (weak comparison, RFC 9110)."""
    given = ", ".join(request.headers.getlist("if-none-match"))
    return etag in (part.strip().removeprefix("W/") for part in given.split(","))
