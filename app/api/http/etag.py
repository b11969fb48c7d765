"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13.1.2)."""

import hashlib

from fastapi import Request

from app import __version__
from app.formats.base import Format

HASH_DIGITS = 32


def entity_tag(content: str) -> str:
    """Return the ETag of a text that identifies a representation."""
    return f'"{hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:HASH_DIGITS]}"'


def etag_of_request(request: Request, revision_token: str, format_: Format) -> str:
    """Return the ETag of a response: software version, revision, URL and format; nothing else can change it.

    Links in the response name the URL as it was sent, so its spelling counts. The parts are quoted, so that no path
    passes for a path with a query; Starlette's `request.url` is not used, because it drops line ends.
    """
    url = str(request.base_url), request.scope["path"], request.scope["query_string"]
    return entity_tag(repr((__version__, revision_token, format_.name, *url)))


def if_none_match(request: Request) -> str:
    """Return the value of If-None-Match; several headers are one list."""
    return ", ".join(request.headers.getlist("if-none-match"))


def etag_matches(condition: str, etag: str) -> bool:
    """Return whether If-None-Match names an ETag, by weak comparison. `*` is left to the caller."""
    return etag in (part.strip().removeprefix("W/") for part in condition.split(","))
