"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from app import __version__
from app.api import acled, ogc, pages, ucdp, v1
from app.api.answers import EXPOSED, Reader
from app.api.assets import read_assets
from app.api.describe import describe_problems
from app.api.headers import Hashes, Headers
from app.api.methods import Methods
from app.api.problems import handle_errors
from app.api.remembered import Remembered
from app.db.engine import make_engine
from app.db.state import Watch
from app.settings import Settings

DESCRIPTION = """
Who held this district on that day, who crossed which border and how many, who said so, who denied it, and what
was known at the time.

**Claims first, events derived.** A source says something: a *claim*. An *event* is what claims are about; its status,
date and counts follow from them. Contradictions stay visible, and every number and date is kept as printed beside as
understood. `known_by=DAY` shows what was known on a day.

**No silent wrong answer.** Unknown parameters, values, places and actors are errors that name the nearest valid
choice; an empty list means: searched, none.

Every list is paged: follow `next`; or `limit=all` in any format but JSON. `f=` or Accept choose json, geojson, csv,
ndjson or parquet: the same rows. An unchanged answer is a 304 to `If-None-Match`. GIS programs take [/ogc](ogc/docs)
(OGC API - Features).
"""
TAGS = ("events", "control-changes", "control", "movements", "claims", "figures", "contradictions", "stats", "names")
"""What people come for, first."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """An application that answers from the database of the settings, and cannot write to it."""
    chosen = settings or Settings()
    engine = make_engine(chosen.database_url, read_only=True)
    watch = Watch(engine, chosen.fresh_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        watch.close()
        engine.dispose()

    app = FastAPIOffline(
        title="Oxus",
        version=__version__,
        summary="A curated database of conflict events: claims, control, movements.",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        swagger_ui_parameters={
            "defaultModelsExpandDepth": 0,
            "docExpansion": "list",
            "tryItOutEnabled": True,
        },
        openapi_tags=[{"name": tag} for tag in TAGS],
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: str(route.name),  # names of generated clients' functions
    )
    app.state.reader = Reader(engine, chosen.query_seconds, chosen.export_seconds, chosen.exports)
    app.state.assets = read_assets()
    app.include_router(v1.router)
    app.include_router(ogc.router)
    app.include_router(acled.router)
    app.include_router(ucdp.router)
    app.include_router(pages.router)
    handle_errors(app)
    describe_problems(app)
    app.add_middleware(Hashes)
    app.add_middleware(Methods)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    app.add_middleware(Headers)
    app.add_middleware(Remembered, watch=watch, most_bytes=chosen.cache_mb * 2**20)  # added last: it answers first
    return app
