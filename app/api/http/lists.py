"""Lists: one path from a question to a page in any format, whether its rows are stored or worked out."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import Request, Response

from app.api.http.respond import Link, Snapshot, query_pairs, request_url, respond
from app.formats import FORMATS
from app.query.lists.fetch import Page
from app.resources import ComputedList, ListEndpoint, StoredList, Values

Precondition = Callable[[Snapshot], Any]


async def respond_with_list(
    request: Request,
    endpoint: StoredList | ComputedList,
    precondition: Precondition | None = None,
    path_values: Values | None = None,
) -> Response:
    """Answer with the rows of a list; `precondition` may refuse before, `path_values` are values that the path
    gives."""
    pairs = query_pairs(request)
    values = endpoint.read(pairs)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        if precondition:
            precondition(snapshot)
        page = endpoint.fetch(snapshot.connection, values | dict(path_values or {}), snapshot.format.flat)
        return render_page(request, snapshot, values, endpoint, page)

    return await respond(
        request, values, write, inline=isinstance(endpoint, StoredList), formats=tuple(FORMATS.values())
    )


def render_page(
    request: Request, snapshot: Snapshot, values: Values, endpoint: ListEndpoint, page: Page, links: Iterable[Link] = ()
) -> Iterable[bytes]:
    """A page in the format that was asked for, with links to itself, to the next one, and those given."""
    snapshot.pages.append(page)
    media = {"type": snapshot.format.media_types[0]}
    if snapshot.format is not FORMATS["json"]:  # its envelope has a place for the next page alone
        snapshot.links = [{"rel": "self", "href": request_url(request)} | media, *links]
    if snapshot.format.name != "json":
        snapshot.headers |= page_headers(page, endpoint, snapshot.format.name)
    if page.next:
        snapshot.links.append({"rel": "next", "href": request_url(request, cursor=page.next)} | media)
    metadata = endpoint.metadata(snapshot.revision, snapshot.packs, values, page, snapshot.links)
    return snapshot.format.write(metadata, page.batches)


def page_headers(page: Page, endpoint: ListEndpoint, extension: str) -> dict[str, str]:
    """In headers what only the JSON envelope has a place for, and a name for the file."""
    headers = {"Content-Disposition": f'inline; filename="{endpoint.name.replace("/", "-")}.{extension}"'}
    if page.matched is not None:
        headers["Oxus-Matched"] = str(page.matched)
    if page.omitted is not None:
        headers["Oxus-Omitted"] = ", ".join(f"{name}={count}" for name, count in page.omitted.items())
    return headers
