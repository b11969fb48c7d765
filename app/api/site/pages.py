"""The map page, its static files, and the landing document."""

from functools import partial

from fastapi import APIRouter, Request, Response

from app import __version__
from app.api.http.etag import entity_tag, etag_matches, if_none_match
from app.api.http.headers import content_security_policy
from app.api.http.negotiate import parse_accept, quality_of
from app.api.http.read_pool import ReadSession
from app.api.http.respond import JSON_MEDIA_TYPE, Body, accept_of, respond
from app.api.http.urls import query_pairs
from app.api.site.assets import Assets
from app.errors import NotFoundError
from app.formats.base import Format, dumps
from app.query.lists.definition import format_param
from app.query.params.param import parse_query
from app.resources import STORED_LISTS

router = APIRouter()

COMPUTED_LINKS = {
    "control": "control?as_of=2021-06-29",
    "control-summary": "control/summary?datetime=2021-06-21/2021-07-05",
    "control-timeline": "locations/kaldar/control",
    "totals": "movements/totals?to=tajikistan",
    "contradictions": "contradictions",
    "stats": "stats?group_by=category",
    "density": "density?zoom=6",
    "search": "search?q=Hairaton",
    "resolve": "resolve?q=Hairaton",
    "changes": "changes?since=0",
    "vocabularies": "vocabularies",
}
"""Endpoints beside the lists of the registry, with the parameters that they require."""

HTML = "text/html"
PAGE_CSP = content_security_policy(
    script_src="'self'", style_src="'self'", img_src="'self'", connect_src="'self'", manifest_src="'self'"
)
"""Policy of the page: its own files and its own API; no inline script or style."""
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
"""Cache for ever, because the URL of a file holds the hash of its content."""
LANDING_PARAMS = {"f": format_param(("json", "html"))}


@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """Answer with the page if HTML is preferred, else with links to every resource and to the documentation."""
    values = parse_query(query_pairs(request), LANDING_PARAMS)
    if _prefers_html(request, values.get("f")):
        return _html_page(request)
    base = str(request.base_url).rstrip("/")

    return await respond(request, partial(_render_landing, base), requested=values.get("f"))


def _render_landing(base_url: str, session: ReadSession, _format: Format) -> Body:
    document = {
        "title": "Oxus",
        "description": "Who held what, who crossed, who said so, and what was known when.",
        "version": __version__,
        "revision": session.revision,
        "packs": [pack.id for pack in session.packs],
        "links": {
            "docs": f"{base_url}/docs",
            "openapi": f"{base_url}/openapi.json",
            **{name: f"{base_url}/v1/{name}" for name in STORED_LISTS},
            **{name: f"{base_url}/v1/{path}" for name, path in COMPUTED_LINKS.items()},
        },
    }
    return Body([dumps(document).encode()])


def _prefers_html(request: Request, requested: str | None) -> bool:
    """Return whether HTML is requested or preferred; clients that accept anything (curl, scripts) get JSON."""
    if requested is not None:
        return requested == "html"
    media_ranges = parse_accept(accept_of(request))
    return quality_of(media_ranges, HTML) > quality_of(media_ranges, JSON_MEDIA_TYPE)


def _html_page(request: Request) -> Response:
    """Answer with the page, whose bytes do not depend on the database: its scripts read the API."""
    assets: Assets = request.app.state.assets
    etag = entity_tag(f"{assets.version} html")
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept", "Content-Security-Policy": PAGE_CSP}
    if etag_matches(if_none_match(request), etag):
        return Response(status_code=304, headers=headers)
    return Response(assets.page, headers=headers, media_type=HTML)


@router.get("/assets/{version}/{name:path}", include_in_schema=False)
async def asset(request: Request) -> Response:
    """Answer with a static file, compressed if the client accepts gzip. Raises NotFoundError for other versions."""
    parse_query(query_pairs(request), {})
    assets: Assets = request.app.state.assets
    name = str(request.path_params["name"])
    asset_file = assets.files.get(name) if request.path_params["version"] == assets.version else None
    if asset_file is None:
        raise NotFoundError("assets", name, reason="there is no such file of the page")
    headers = {"Cache-Control": IMMUTABLE_CACHE_CONTROL, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset_file.content, headers=headers, media_type=asset_file.media_type)
    return Response(
        asset_file.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset_file.media_type
    )
