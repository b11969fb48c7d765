"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline

from app import __version__
from app.api import acled, ogc, pages, ucdp, v1
from app.api.access_log import AccessLog, Lines, has_secrets
from app.api.answers import EXPOSED, Reader
from app.api.assets import read_assets
from app.api.describe import describe_problems
from app.api.guards import Bounds, Hosts, Rate, Token
from app.api.headers import Hashes, Headers
from app.api.methods import ASGI, Methods
from app.api.metrics import Counts, Metrics
from app.api.problems import handle_errors
from app.api.remembered import Remembered
from app.api.straight import Straight
from app.db.engine import make_engine
from app.db.state import Watch
from app.memory import keep_memory_together
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

STANDARD_OUTPUT = 1  # the file that every process has as its first one to write to


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
        telemetry=traces(chosen),
        redirect_slashes=False,
        generate_unique_id_function=lambda route: str(route.name),  # names of generated clients' functions
    )
    app.state.reader = Reader(engine, chosen.query_seconds, chosen.export_seconds, chosen.exports, chosen.wait_seconds)
    app.state.assets = read_assets()
    routers = (v1.router, ogc.router, acled.router, ucdp.router, pages.router)
    for router in routers:
        app.include_router(router)
    app.router.routes.insert(0, Straight(route for router in routers for route in router.routes))
    handle_errors(app)
    describe_problems(app, guarding(chosen))
    app.add_middleware(Hashes)
    app.add_middleware(Methods)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    app.add_middleware(Bounds)
    app.add_middleware(Headers)
    app.middleware_stack = stack(app, watch, chosen)
    return app


def create_process(settings: Settings | None = None) -> FastAPI:
    """The application of a process that does nothing else."""
    keep_memory_together()
    return create_app(settings)


def traces(settings: Settings) -> TelemetryConfig:
    """What FastAPI traces: nothing, so that it need not look for a collector at each request, or all without secrets.

    Its traces show whole queries; what holds a secret is left out of them.
    """
    if not settings.telemetry:
        return {"tracing": False, "metrics": False, "logs": False}
    return {"exclude": lambda scope: has_secrets(scope.get("query_string", b""))}


def guarding(settings: Settings) -> set[int]:
    """The statuses with which guards refuse that not every server has."""
    wanted = {401: settings.read_token, 421: settings.hosts, 429: settings.rate_per_minute}
    return {status for status, set_ in wanted.items() if set_}


def stack(app: FastAPI, watch: Watch, settings: Settings) -> ASGI:
    """What a request goes through, given from the inside: the last is the first that is asked. Off costs nothing.

    What was answered before passes through nothing of the application itself.
    """
    found: ASGI = app.build_middleware_stack()
    if settings.cache_mb:
        found = Remembered(found, watch, settings.cache_mb * 2**20)
    if settings.rate_per_minute:
        found = Rate(found, settings.rate_per_minute)
    if settings.read_token:
        found = Token(found, settings.read_token)
    if settings.hosts:
        found = Hosts(found, settings.hosts)
    if settings.metrics:
        counts = Counts(settings.metrics_file)
        app.add_api_route("/metrics", pages.metrics_of(counts), name="metrics", include_in_schema=False)
        found = Metrics(found, counts)
    if settings.access_log:
        lines = Lines(STANDARD_OUTPUT)
        found = AccessLog(found, lines, lines.flush)
    return found
