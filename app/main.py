"""The application: wiring only."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware

from app import __version__
from app.api import v1
from app.api.compat import acled, ucdp
from app.api.http.masking import holds_secrets
from app.api.http.openapi import describe_problems
from app.api.http.problems import handle_errors, unexpected_error
from app.api.http.read_pool import ReadPool
from app.api.http.respond import CORS_EXPOSED_HEADERS
from app.api.http.routing import RouteIndex
from app.api.middleware.access_log import AccessLogMiddleware, open_stdout, write_access_log
from app.api.middleware.bearer_token import BearerTokenMiddleware
from app.api.middleware.head_options import HeadOptionsMiddleware
from app.api.middleware.metrics import MetricsMiddleware, RequestMetrics
from app.api.middleware.rate_limit import RateLimitMiddleware
from app.api.middleware.request_limits import RequestLimitsMiddleware
from app.api.middleware.response_cache import ResponseCacheMiddleware
from app.api.middleware.security_headers import DocsCspMiddleware, SecurityHeadersMiddleware
from app.api.middleware.trusted_hosts import TrustedHostMiddleware
from app.api.ogc import routes as ogc_routes
from app.api.site import health, pages
from app.api.site.assets import read_assets
from app.api.site.metrics import router as metrics_router
from app.db.change_detector import ChangeDetector
from app.db.engine import make_engine
from app.malloc import limit_malloc_arenas
from app.processes import end_with_parent
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
SWITCH_SECONDS = 0.001
"""Time after which a thread that computes lets the event loop have the interpreter: a fifth of Python's default."""
TAGS = ("events", "control-changes", "control", "movements", "claims", "figures", "contradictions", "stats", "names")
"""Sections of the documentation, in the order of how often readers need them."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application over the settings' database, with a connection that cannot write."""
    settings = settings or Settings()
    engine = make_engine(settings.database_url, read_only=True)
    change_detector = ChangeDetector(engine, settings.revision_ttl_seconds)
    metrics = RequestMetrics(settings.metrics_dir) if settings.metrics else None
    routers = [v1.router, ogc_routes.router, acled.router, ucdp.router, pages.router, health.router]
    if metrics:
        routers.append(metrics_router)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with write_access_log(open_stdout()) if settings.access_log else nullcontext():
            yield
        change_detector.close()
        engine.dispose()

    app = FastAPIOffline(
        title="Oxus",
        version=__version__,
        summary="A curated database of conflict events: claims, control, movements.",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        swagger_ui_parameters={"defaultModelsExpandDepth": 0, "docExpansion": "list", "tryItOutEnabled": True},
        openapi_tags=[{"name": tag} for tag in TAGS],
        routes=[RouteIndex(route for router in routers for route in router.routes)],
        middleware=list(middleware(settings, change_detector, metrics)),
        lifespan=lifespan,
        telemetry=telemetry_config(settings),
        redirect_slashes=False,
        generate_unique_id_function=lambda route: str(route.name),  # names of generated clients' functions
    )
    app.state.read_pool = ReadPool(
        engine,
        settings.query_timeout_seconds,
        settings.export_timeout_seconds,
        settings.max_concurrent_exports,
        settings.max_exports_per_client,
        settings.queue_timeout_seconds,
    )
    app.state.assets = read_assets()
    app.state.metrics = metrics
    for router in routers:
        app.include_router(router)
    handle_errors(app)
    describe_problems(app, guard_statuses(settings))
    return app


def create_worker_app(settings: Settings | None = None) -> FastAPI:
    """Build the application of a process that does nothing else, tune that process for it, and have it end in time."""
    limit_malloc_arenas()
    sys.setswitchinterval(SWITCH_SECONDS)
    end_with_parent()
    return create_app(settings)


def middleware(
    settings: Settings, change_detector: ChangeDetector, metrics: RequestMetrics | None
) -> Iterator[Middleware]:
    """Yield the middleware, outermost first; what the settings switch off is not there and costs nothing.

    Log and metrics see every request, and keep a bounded piece of each. Limits on requests come before all else that
    keeps something. Guards come before the response cache, so that cached answers are guarded too. The cache comes
    before everything that makes an answer, so that a cached one costs nothing else.
    """
    if settings.access_log:
        yield Middleware(AccessLogMiddleware)
    if metrics:
        yield Middleware(MetricsMiddleware, metrics)
    yield Middleware(RequestLimitsMiddleware)
    if settings.hosts:
        yield Middleware(TrustedHostMiddleware, settings.hosts)
    if settings.read_token:
        yield Middleware(BearerTokenMiddleware, settings.read_token)
    if settings.rate_limit_per_minute:
        yield Middleware(RateLimitMiddleware, settings.rate_limit_per_minute)
    if settings.cache_mb:
        yield Middleware(ResponseCacheMiddleware, change_detector, settings.cache_mb * 2**20)
    yield Middleware(SecurityHeadersMiddleware)
    # Here rather than outermost, where Starlette puts it: the log and the metrics see its response as any other.
    yield Middleware(ServerErrorMiddleware, handler=unexpected_error)
    yield Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=CORS_EXPOSED_HEADERS,
    )
    yield Middleware(HeadOptionsMiddleware)
    yield Middleware(DocsCspMiddleware)


def telemetry_config(settings: Settings) -> TelemetryConfig:
    """Configure FastAPI's OpenTelemetry; requests with secrets are excluded, since traces show whole queries.

    Switched off explicitly, because FastAPI would look for a collector at each request.
    """
    if not settings.telemetry:
        return {"tracing": False, "metrics": False, "logs": False}
    return {"exclude": lambda scope: holds_secrets(scope.get("path", ""), scope.get("query_string", b""))}


def guard_statuses(settings: Settings) -> set[int]:
    """Return the statuses with which this server's guards refuse, for its OpenAPI description."""
    configured = {401: settings.read_token, 421: settings.hosts, 429: settings.rate_limit_per_minute}
    return {status for status, setting in configured.items() if setting}
