"""Dispatch by path: FastAPI's linear scan over all routes costs more than many an answer."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from app.api.http.scope import request_path


class RouteIndex(BaseRoute):
    """Match a request by exact path, then by literal prefix; unknown paths fall through to the routes themselves."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.path_format = ""
        """Template of the last match: FastAPI's tracing reads it right after `matches()` to name the span."""
        api_routes = [route for route in routes if isinstance(route, APIRoute)]
        self._exact = {route.path: route for route in api_routes if "{" not in route.path}
        self._by_prefix = [(route.path.partition("{")[0], route) for route in api_routes if "{" in route.path]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Find the route with this path, else the first whose template fits."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = request_path(scope)
        exact = self._exact.get(path)
        if exact is not None:
            return self._matched(exact, {"endpoint": exact.endpoint, "path_params": {}}, scope)
        for prefix, route in self._by_prefix:
            if path.startswith(prefix):
                match, child_scope = route.matches(scope)
                if match == Match.FULL:
                    return self._matched(route, child_scope, scope)
        return Match.NONE, {}

    def _matched(self, route: APIRoute, child_scope: Scope, scope: Scope) -> tuple[Match, Scope]:
        if scope["method"] not in (route.methods or ()):
            return Match.NONE, {}
        self.path_format = route.path_format
        return Match.FULL, {**child_scope, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the matched route."""
        await scope["route"].app(scope, receive, send)
