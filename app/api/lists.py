"""Lists: one path from a question to a page in any format, whether its rows are stored or worked out."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import Request, Response

from app.api.answers import Link, Snapshot, address, answer, pairs_of
from app.formats import FORMATS
from app.query.pages import Page
from app.resources import Analysis, Answered, Resource, Values

Check = Callable[[Snapshot], Any]


async def list_rows(
    request: Request, asked: Resource | Analysis, check: Check | None = None, fixed: Values | None = None
) -> Response:
    """Answer with the rows of a list; `check` may refuse before, `fixed` are values that the path gives."""
    pairs = pairs_of(request)
    values = asked.read(pairs)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        if check:
            check(snapshot)
        found = asked.find(snapshot.connection, values | dict(fixed or {}), snapshot.format.flat)
        return paged(request, snapshot, values, asked, found)

    return await answer(request, values, write, short=isinstance(asked, Resource), offered=tuple(FORMATS.values()))


def paged(
    request: Request, snapshot: Snapshot, values: Values, asked: Answered, found: Page, links: Iterable[Link] = ()
) -> Iterable[bytes]:
    """A page in the format that was asked for, with links to itself, to the next one, and those given."""
    snapshot.pages.append(found)
    media = {"type": snapshot.format.media_types[0]}
    if snapshot.format is not FORMATS["json"]:  # its envelope has a place for the next page alone
        snapshot.links = [{"rel": "self", "href": address(request)} | media, *links]
    if snapshot.format.name != "json":
        snapshot.headers |= _beside(found, asked, snapshot.format.name)
    if found.next:
        snapshot.links.append({"rel": "next", "href": address(request, cursor=found.next)} | media)
    head = asked.head(snapshot.revision, snapshot.packs, values, found, snapshot.links)
    return snapshot.format.write(head, found.batches)


def _beside(found: Page, asked: Answered, extension: str) -> dict[str, str]:
    """In headers what only the JSON envelope has a place for, and a name for the file."""
    headers = {"Content-Disposition": f'inline; filename="{asked.name.replace("/", "-")}.{extension}"'}
    if found.matched is not None:
        headers["Oxus-Matched"] = str(found.matched)
    if found.omitted is not None:
        headers["Oxus-Omitted"] = ", ".join(f"{name}={count}" for name, count in found.omitted.items())
    return headers
