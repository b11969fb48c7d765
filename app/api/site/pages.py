"""The page and the landing document, the files of the page, and the probes of operation."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from app import __version__
from app.api.http.openapi import route_spec
from app.api.http.respond import JSON, Snapshot, etag_matches, parse_accept, quality_of, query_pairs, respond
from app.api.middleware.metrics import MEDIA_TYPE, SharedCounters, exposition
from app.api.middleware.security_headers import content_security_policy
from app.api.site.assets import Assets
from app.db.schema import CURRENT_SCHEMA, check_schema
from app.errors import NotFoundError
from app.formats.base import dumps
from app.query.lists.definition import format_param
from app.query.params.param import read_query
from app.resources import STORED_LISTS
from app.schemas.envelope import Health, Ready

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
"""Answers that no list of the registry gives, each with what it needs."""


HTML = "text/html"
PAGE_CSP = content_security_policy(
    script_src="'self'", style_src="'self'", img_src="'self'", connect_src="'self'", manifest_src="'self'"
)
"""The page loads its own files and asks its own API; nothing stands in the HTML itself."""
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
"""A file's address holds its content's hash."""
LANDING_PARAMS = {"f": format_param(("json", "html"))}


@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """The page, if HTML is what is preferred; else what is here: links to every resource and to the description."""
    values = read_query(query_pairs(request), LANDING_PARAMS)
    if _prefers_html(request, values):
        return _html_page(request)
    base = str(request.base_url).rstrip("/")

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        body: dict[str, Any] = {
            "title": "Oxus",
            "description": "Who held what, who crossed, who said so, and what was known when.",
            "version": __version__,
            "revision": snapshot.revision,
            "packs": [pack.id for pack in snapshot.packs],
            "links": {
                "docs": f"{base}/docs",
                "openapi": f"{base}/openapi.json",
                **{name: f"{base}/v1/{name}" for name in STORED_LISTS},
                **{name: f"{base}/v1/{path}" for name, path in COMPUTED_LINKS.items()},
            },
        }
        yield dumps(body).encode()

    return await respond(request, values, write)


def metrics_endpoint(counts: SharedCounters) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that tells Prometheus what was counted."""

    async def metrics(request: Request) -> Response:
        read_query(query_pairs(request), {})
        return Response("".join(exposition(counts.sums())), media_type=MEDIA_TYPE)

    return metrics


def _prefers_html(request: Request, values: dict[str, Any]) -> bool:
    """Whether HTML is asked for, or preferred; who accepts anything (curl, scripts) gets JSON."""
    weights = parse_accept(", ".join(request.headers.getlist("accept")))
    return bool(values["f"] == "html" if "f" in values else quality_of(weights, HTML) > quality_of(weights, JSON))


def _html_page(request: Request) -> Response:
    """The page: the same bytes whatever the database holds, since all it shows is asked for over the API."""
    assets: Assets = request.app.state.assets
    etag = f'"{hashlib.sha256(f"{assets.version} html".encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept", "Content-Security-Policy": PAGE_CSP}
    if etag_matches(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(assets.page, headers=headers, media_type=HTML)


@router.get("/assets/{version}/{name:path}", include_in_schema=False)
async def asset(request: Request) -> Response:
    """A file of the page, compressed for those who take that. Raises NotFoundError for any that is not there now."""
    read_query(query_pairs(request), {})
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


@router.get("/healthz", tags=["operation"], summary="The process is alive", **route_spec(Health, ()))
async def healthz(request: Request) -> Response:
    """Answers as long as the process does; touches no database."""
    read_query(query_pairs(request), {})
    return Response(dumps({"status": "ok"}), media_type=JSON)


@router.get("/readyz", tags=["operation"], summary="The database answers", **route_spec(Ready, ()))
async def readyz(request: Request) -> Response:
    """Answers with what is loaded when the database can be read and has the schema of this version; else with a 503."""
    values = read_query(query_pairs(request), {})

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        check_schema(snapshot.connection)
        packs = [pack.id for pack in snapshot.packs]
        yield dumps({"status": "ok", "revision": snapshot.revision, "schema": CURRENT_SCHEMA, "packs": packs}).encode()

    return await respond(request, values, write)
