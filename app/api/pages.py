"""The landing document and the probes of operation."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from app import __version__
from app.api.answers import JSON, Snapshot, answer, pairs_of
from app.api.describe import describe
from app.formats.base import dumps
from app.query.params import read_query
from app.resources import RESOURCES
from app.schemas.envelope import Health, Ready

router = APIRouter()

WORKED_OUT = {
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


@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """What is here: links to every resource and to the description."""
    values = read_query(pairs_of(request), {})
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
                **{name: f"{base}/v1/{name}" for name in RESOURCES},
                **{name: f"{base}/v1/{path}" for name, path in WORKED_OUT.items()},
            },
        }
        yield dumps(body).encode()

    return await answer(request, values, write)


@router.get("/healthz", tags=["operation"], summary="The process is alive", **describe(Health, ()))
async def healthz(request: Request) -> Response:
    """Answers as long as the process does; touches no database."""
    read_query(pairs_of(request), {})
    return Response(dumps({"status": "ok"}), media_type=JSON)


@router.get("/readyz", tags=["operation"], summary="The database answers", **describe(Ready, ()))
async def readyz(request: Request) -> Response:
    """Answers with the revision when the database can be read, and with a 503 problem when it cannot."""
    values = read_query(pairs_of(request), {})
    return await answer(
        request, values, lambda snapshot: [dumps({"status": "ok", "revision": snapshot.revision}).encode()]
    )
