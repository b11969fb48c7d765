"""Answer with a list in any format, whether its rows are stored or computed."""

from collections.abc import Sequence
from functools import partial

from fastapi import Request, Response

from app.api.http.read_pool import ReadSession
from app.api.http.respond import Body, Link, Render, respond
from app.api.http.urls import query_pairs, request_url
from app.formats import FORMATS
from app.formats.base import Format
from app.query.lists.page import Page
from app.query.lists.request import DEFAULT_ROWS, ListRequest
from app.resources import ListEndpoint, StoredList

MAX_INLINE_ROWS = DEFAULT_ROWS
"""Rows of a page that may be written on the event loop: a thousand take 50 ms and more."""


async def respond_with_list(request: Request, endpoint: ListEndpoint) -> Response:
    """Answer with the rows of a list."""
    list_request = endpoint.parse(query_pairs(request))
    render = partial(render_list, request, endpoint, list_request)
    return await respond_in_any_format(request, list_request, render, inline=isinstance(endpoint, StoredList))


async def respond_in_any_format(
    request: Request, list_request: ListRequest, render: Render, *, inline: bool
) -> Response:
    """Answer in the format asked for; without a limit, the rows are sent while they are read."""
    return await respond(
        request,
        render,
        formats=tuple(FORMATS.values()),
        requested=list_request.format,
        inline=inline and (list_request.limit or 0) <= MAX_INLINE_ROWS,
        stream=list_request.limit is None,
    )


def render_list(
    request: Request, endpoint: ListEndpoint, list_request: ListRequest, session: ReadSession, format_: Format
) -> Body:
    """Fetch the rows of a list, and write them in a format."""
    page = endpoint.fetch(session.connection, list_request, with_points=format_.flat)
    return page_body(request, endpoint, list_request, page, session, format_)


def page_body(
    request: Request,
    endpoint: ListEndpoint,
    list_request: ListRequest,
    page: Page,
    session: ReadSession,
    format_: Format,
    *,
    links: Sequence[Link] = (),
    headers: dict[str, str] | None = None,
) -> Body:
    """Return a page in a format, with links to itself, to the next page, and those given."""
    media = {"type": format_.media_types[0]}
    next_url = request_url(request, cursor=page.next) if page.next else None
    # The JSON envelope has a field for the next page, and for no other link.
    all_links = [] if format_ is FORMATS["json"] else [{"rel": "self", "href": request_url(request)} | media, *links]
    if next_url:
        all_links.append({"rel": "next", "href": next_url} | media)
    metadata = endpoint.metadata(session.revision, session.packs, list_request.fields, page, all_links)
    page_headers = {} if format_.name == "json" else _page_headers(page, endpoint, format_.name)
    return Body(
        format_.write(metadata, page.batches), page_headers | (headers or {}), next_url=next_url, close=page.close
    )


def _page_headers(page: Page, endpoint: ListEndpoint, extension: str) -> dict[str, str]:
    """Return as headers what only the JSON envelope has fields for, and a name for the file."""
    headers = {"Content-Disposition": f'inline; filename="{endpoint.name.replace("/", "-")}.{extension}"'}
    if page.matched is not None:
        headers["Oxus-Matched"] = str(page.matched)
    if page.omitted is not None:
        headers["Oxus-Omitted"] = ", ".join(f"{name}={count}" for name, count in page.omitted.items())
    return headers
