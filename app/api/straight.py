"""Paths found by how they begin: FastAPI tries one route after the other, which costs more than many an answer."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from app.api.guards import path_of
from app.api.methods import Receive, Scope, Send


class Straight(BaseRoute):
    """Leads to those of the routes that answer a request; what it does not know, the routes themselves find."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.path_format = ""
        """Of the route found last, under which FastAPI's traces name a request: it is asked for it at once."""
        known = [route for route in routes if isinstance(route, APIRoute)]
        self._at = {route.path: route for route in known if "{" not in route.path}
        self._below = [(route.path.partition("{")[0], route) for route in known if "{" in route.path]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The route with exactly this path, else the first whose path this may be."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = path_of(scope)
        exact = self._at.get(path)
        if exact is not None:
            return self._found(exact, {"endpoint": exact.endpoint, "path_params": {}}, scope)
        for begin, route in self._below:
            if path.startswith(begin):
                match, found = route.matches(scope)
                if match == Match.FULL:
                    return self._found(route, found, scope)
        return Match.NONE, {}

    def _found(self, route: APIRoute, found: Scope, scope: Scope) -> tuple[Match, Scope]:
        if scope["method"] not in (route.methods or ()):
            return Match.NONE, {}
        self.path_format = route.path_format
        return Match.FULL, {**found, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the route does."""
        await scope["route"].app(scope, receive, send)
