"""`/compat/ucdp`: rows imported from UCDP GED, in the shape of UCDP's API, for scripts written for that.

Rows are served as the files hold them, whatever curated packs say of the same days. Unknown parameters such as keys and
orders are ignored, as UCDP ignores them, and named in the header `Oxus-Ignored`.
"""

from collections.abc import Sequence
from functools import partial
from math import ceil

from fastapi import APIRouter, Request, Response

from app.api.http.headers import ignored_header
from app.api.http.openapi import route_spec
from app.api.http.read_pool import ReadSession
from app.api.http.respond import Body, respond
from app.api.http.urls import query_pairs, request_url
from app.formats.base import Format, dumps
from app.query.compat.ucdp import DEFAULT_ROWS, PARAMS, ged_page, is_index_only
from app.query.params.param import FilterValues, parse_query
from app.schemas.compat import GedPage

router = APIRouter(prefix="/compat/ucdp", tags=["compat"])
PARAM_BY_LOWER_NAME = {name.lower(): name for name in PARAMS}


def split_known_params(pairs: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
    """Split parameters into known ones, by canonical name, and the names of the others; empty values are dropped."""
    known = [
        (PARAM_BY_LOWER_NAME[name.lower()], value)
        for name, value in pairs
        if name.lower() in PARAM_BY_LOWER_NAME and value
    ]
    return known, [name for name, _ in pairs if name.lower() not in PARAM_BY_LOWER_NAME]


@router.get(
    "/api/gedevents/{version}",
    name="list_ged_events",
    summary="Events as UCDP's API gives them",
    **route_spec(GedPage, PARAMS.values(), path={"version": "Any version. Example: `25.1`"}),
)
async def gedevents(request: Request) -> Response:
    """List rows imported from UCDP GED with all 49 columns; any version is answered with what was imported."""
    known, ignored = split_known_params(query_pairs(request))
    values = parse_query(known, PARAMS)
    return await respond(request, partial(_render_page, request, values, ignored), inline=is_index_only(values))


def _render_page(
    request: Request, values: FilterValues, ignored: Sequence[str], session: ReadSession, _format: Format
) -> Body:
    total, rows = ged_page(session.connection, values)
    page, pages = values.get("page", 0), ceil(total / values.get("pagesize", DEFAULT_ROWS))
    envelope = {
        "TotalCount": total,
        "TotalPages": pages,
        "PreviousPageUrl": _page_url(request, page - 1) if page > 0 else "",
        "NextPageUrl": _page_url(request, page + 1) if page + 1 < pages else "",
    }
    body = f'{dumps(envelope)[:-1]},"Result":[{",".join(rows)}]}}'
    return Body([body.encode()], ignored_header(ignored))


def _page_url(request: Request, page: int) -> str:
    """Return the URL of another page, with the filters of this one."""
    return request_url(request, drop=[name for name in request.query_params if name.lower() == "page"], page=page)
