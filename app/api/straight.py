"""Fixed paths found at once: FastAPI tries one route after the other, which costs more than many an answer."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from app.api.guards import path_of
from app.api.methods import Receive, Scope, Send


class Straight(BaseRoute):
    """Leads to those of the routes whose path has no parameters; what it does not know, the routes themselves find."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.path_format = ""
        """Of the route found last, under which FastAPI's traces name a request: it is asked for it at once."""
        self._at = {route.path: route for route in routes if isinstance(route, APIRoute) and "{" not in route.path}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The route with exactly this path."""
        route = self._at.get(path_of(scope)) if scope["type"] == "http" else None
        if route is None or scope["method"] not in (route.methods or ()):
            return Match.NONE, {}
        self.path_format = route.path_format
        return Match.FULL, {"endpoint": route.endpoint, "path_params": {}, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the route does."""
        await scope["route"].app(scope, receive, send)
