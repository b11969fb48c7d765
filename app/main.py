"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline

from app import __version__
from app.api import v1
from app.api.compat import acled, ucdp
from app.api.http.openapi import describe_problems
from app.api.http.problems import handle_errors
from app.api.http.read_pool import ReadPool
from app.api.http.respond import CORS_EXPOSED_HEADERS
from app.api.http.routing import RouteIndex
from app.api.middleware.access_log import AccessLogMiddleware, BufferedLineWriter, has_sensitive_params
from app.api.middleware.guards import (
    BearerTokenMiddleware,
    RateLimitMiddleware,
    RequestLimitsMiddleware,
    TrustedHostMiddleware,
)
from app.api.middleware.head_options import ASGIApp, HeadOptionsMiddleware
from app.api.middleware.metrics import MetricsMiddleware, SharedCounters
from app.api.middleware.response_cache import ResponseCacheMiddleware
from app.api.middleware.security_headers import DocsCspMiddleware, SecurityHeadersMiddleware
from app.api.ogc import routes as ogc_routes
from app.api.site import health, pages
from app.api.site.assets import read_assets
from app.db.change_detector import ChangeDetector
from app.db.engine import make_engine
from app.malloc import limit_malloc_arenas
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

STDOUT_FD = 1  # the file that every process has as its first one to write to


def create_app(settings: Settings | None = None) -> FastAPI:
    """An application that answers from the database of the settings, and cannot write to it."""
    settings_ = settings or Settings()
    engine = make_engine(settings_.database_url, read_only=True)
    change_detector = ChangeDetector(engine, settings_.revision_ttl_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        change_detector.close()
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
        telemetry=telemetry_config(settings_),
        redirect_slashes=False,
        generate_unique_id_function=lambda route: str(route.name),  # names of generated clients' functions
    )
    app.state.read_pool = ReadPool(
        engine,
        settings_.query_timeout_seconds,
        settings_.export_timeout_seconds,
        settings_.max_concurrent_exports,
        settings_.queue_timeout_seconds,
    )
    app.state.assets = read_assets()
    routers = (v1.router, ogc_routes.router, acled.router, ucdp.router, pages.router, health.router)
    for router in routers:
        app.include_router(router)
    app.router.routes.insert(0, RouteIndex(route for router in routers for route in router.routes))
    handle_errors(app)
    describe_problems(app, guard_statuses(settings_))
    app.add_middleware(DocsCspMiddleware)
    app.add_middleware(HeadOptionsMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=CORS_EXPOSED_HEADERS,
    )
    app.add_middleware(RequestLimitsMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    app.middleware_stack = build_middleware_stack(app, change_detector, settings_)
    return app


def create_worker_app(settings: Settings | None = None) -> FastAPI:
    """The application of a process that does nothing else."""
    limit_malloc_arenas()
    return create_app(settings)


def telemetry_config(settings: Settings) -> TelemetryConfig:
    """What FastAPI traces: nothing, so that it need not look for a collector at each request, or all without secrets.

    Its traces show whole queries; what holds a secret is left out of them.
    """
    if not settings.telemetry:
        return {"tracing": False, "metrics": False, "logs": False}
    return {"exclude": lambda scope: has_sensitive_params(scope.get("query_string", b""))}


def guard_statuses(settings: Settings) -> set[int]:
    """The statuses with which guards refuse that not every server has."""
    configured = {401: settings.read_token, 421: settings.hosts, 429: settings.rate_limit_per_minute}
    return {status for status, set_ in configured.items() if set_}


def build_middleware_stack(app: FastAPI, change_detector: ChangeDetector, settings: Settings) -> ASGIApp:
    """What a request goes through, given from the inside: the last is the first that is asked. Off costs nothing.

    What was answered before passes through nothing of the application itself.
    """
    stack: ASGIApp = app.build_middleware_stack()
    if settings.cache_mb:
        stack = ResponseCacheMiddleware(stack, change_detector, settings.cache_mb * 2**20)
    if settings.rate_limit_per_minute:
        stack = RateLimitMiddleware(stack, settings.rate_limit_per_minute)
    if settings.read_token:
        stack = BearerTokenMiddleware(stack, settings.read_token)
    if settings.hosts:
        stack = TrustedHostMiddleware(stack, settings.hosts)
    if settings.metrics:
        counts = SharedCounters(settings.metrics_file)
        app.add_api_route("/metrics", pages.metrics_endpoint(counts), name="metrics", include_in_schema=False)
        stack = MetricsMiddleware(stack, counts)
    if settings.access_log:
        lines = BufferedLineWriter(STDOUT_FD)
        stack = AccessLogMiddleware(stack, lines, lines.flush)
    return stack
