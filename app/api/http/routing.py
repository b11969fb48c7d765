"""Paths found by how they begin: FastAPI tries one route after the other, which costs more than many an answer."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from app.api.middleware.guards import request_path
from app.api.middleware.head_options import Receive, Scope, Send


class RouteIndex(BaseRoute):
    """Leads to those of the routes that answer a request; what it does not know, the routes themselves find."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.path_format = ""
        """Of the route found last, under which FastAPI's traces name a request: it is asked for it at once."""
        api_routes = [route for route in routes if isinstance(route, APIRoute)]
        self._exact = {route.path: route for route in api_routes if "{" not in route.path}
        self._by_prefix = [(route.path.partition("{")[0], route) for route in api_routes if "{" in route.path]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The route with exactly this path, else the first whose path this may be."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = request_path(scope)
        exact = self._exact.get(path)
        if exact is not None:
            return self._matched(exact, {"endpoint": exact.endpoint, "path_params": {}}, scope)
        for begin, route in self._by_prefix:
            if path.startswith(begin):
                match, result = route.matches(scope)
                if match == Match.FULL:
                    return self._matched(route, result, scope)
        return Match.NONE, {}

    def _matched(self, route: APIRoute, child_scope: Scope, scope: Scope) -> tuple[Match, Scope]:
        if scope["method"] not in (route.methods or ()):
            return Match.NONE, {}
        self.path_format = route.path_format
        return Match.FULL, {**child_scope, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the route does."""
        await scope["route"].app(scope, receive, send)
