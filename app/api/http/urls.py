"""Query strings and URLs of requests."""

from collections.abc import Sequence
from urllib.parse import quote, unquote_plus, urlencode

from fastapi import Request

SAFE_IN_PATH = "/:@!$&'()*+,;=~"
SAFE_IN_QUERY = "/:@!$'()*+,;=~?%"


def query_pairs(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of the query string, decoded, in their order."""
    return list(request.query_params.multi_items())


def request_url(request: Request, path: str | None = None, drop: Sequence[str] = (), **query: str | int) -> str:
    """Return the requested URL with another path or with parameters replaced or dropped.

    The result is ASCII, as a header needs it. What stays of the query string keeps its spelling.
    """
    parts = request.scope["query_string"].split(b"&")
    kept = [part for part in parts if part and _name_of(part) not in query and _name_of(part) not in drop]
    pairs = [quote(part, safe=SAFE_IN_QUERY) for part in kept] + ([urlencode(query)] if query else [])
    url_path = quote(path or request.scope["path"], safe=SAFE_IN_PATH, errors="replace")
    # The base URL is short: `request.url` would be kept whole by Python's own cache of split URLs.
    return f"{request.base_url.scheme}://{request.base_url.netloc}{url_path}{'?' if pairs else ''}{'&'.join(pairs)}"


def _name_of(part: bytes) -> str:
    name = part.partition(b"=")[0].decode("utf-8", "replace")
    return unquote_plus(name) if "%" in name or "+" in name else name
