"""The landing document and the probes of operation."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app import __version__
from app.api.answers import Snapshot, answer, pairs_of
from app.api.envelopes import dumps
from app.query.params import read_query
from app.resources import RESOURCES

router = APIRouter()


@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """What is here: links to every resource and to the description."""
    values = read_query(pairs_of(request), {})
    base = str(request.base_url).rstrip("/")

    def write(snapshot: Snapshot) -> bytes:
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
                "resolve": f"{base}/v1/resolve?q=Hairaton",
                "vocabularies": f"{base}/v1/vocabularies",
            },
        }
        return dumps(body).encode()

    return await answer(request, values, write)


@router.get("/healthz", tags=["operation"], summary="The process is alive")
async def healthz() -> dict[str, str]:
    """Answers as long as the process does; touches no database."""
    return {"status": "ok"}


@router.get("/readyz", tags=["operation"], summary="The database answers")
async def readyz(request: Request) -> Response:
    """Answers with the revision when the database can be read, and with a 503 problem when it cannot."""
    values = read_query(pairs_of(request), {})
    return await answer(
        request, values, lambda snapshot: dumps({"status": "ok", "revision": snapshot.revision}).encode()
    )
