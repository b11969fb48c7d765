"""The probes of a load balancer: liveness and readiness."""

from fastapi import APIRouter, Request, Response

from app.api.http.openapi import route_spec
from app.api.http.read_pool import ReadSession
from app.api.http.respond import JSON_MEDIA_TYPE, Body, respond
from app.api.http.urls import query_pairs
from app.db.schema import CURRENT_SCHEMA
from app.formats.base import Format, dumps
from app.query.params.param import parse_query
from app.schemas.envelope import Health, Ready

router = APIRouter()


@router.get("/healthz", tags=["operation"], summary="The process is alive", **route_spec(Health, ()))
async def healthz(request: Request) -> Response:
    """Answer while the process lives, without the database."""
    parse_query(query_pairs(request), {})
    return Response(dumps({"status": "ok"}), media_type=JSON_MEDIA_TYPE)


@router.get("/readyz", tags=["operation"], summary="The database answers", **route_spec(Ready, ()))
async def readyz(request: Request) -> Response:
    """Answer with revision and packs if the database can be read and has this version's schema, else with a 503."""
    parse_query(query_pairs(request), {})
    return await respond(request, _render_readiness)


def _render_readiness(session: ReadSession, _format: Format) -> Body:
    packs = [pack.id for pack in session.packs]
    document = {"status": "ok", "revision": session.revision, "schema": CURRENT_SCHEMA, "packs": packs}
    return Body([dumps(document).encode()])
