"""The registry: every resource, its list, the shape of its rows. The API, its description and its tests walk it."""

from dataclasses import dataclass

from app.query.listing import Listing
from app.query.listings import (
    ACTORS_LIST,
    CLAIMS,
    CONTROL_CHANGES,
    EVENTS,
    FIGURES,
    LOCATIONS_LIST,
    MOVEMENTS,
    PACKS,
    SOURCES_LIST,
)
from app.schemas.analysis import FigureEntry
from app.schemas.base import Said
from app.schemas.claims import ClaimRow
from app.schemas.events import EventDetail, EventRow
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow


@dataclass(frozen=True)
class Resource:
    """One resource: `/v1/<name>` lists rows, `/v1/<name>/{id}` shows one (if `detail` is not None)."""

    name: str
    listing: Listing
    row: type[Said]
    detail: type[Said] | None
    summary: str


RESOURCES = {
    resource.name: resource
    for resource in (
        Resource("events", EVENTS, EventRow, EventDetail, "What happened, as it follows from the claims in view"),
        Resource("control-changes", CONTROL_CHANGES, EventRow, None, "Events in which a place changed hands"),
        Resource("movements", MOVEMENTS, EventRow, None, "Events in which troops or others moved"),
        Resource("claims", CLAIMS, ClaimRow, ClaimRow, "Who said what, through whom, and as it was printed"),
        Resource("figures", FIGURES, FigureEntry, None, "Every figure of every claim"),
        Resource("sources", SOURCES_LIST, SourceRow, SourceRow, "Who says so"),
        Resource("actors", ACTORS_LIST, ActorRow, ActorRow, "Who does things"),
        Resource("locations", LOCATIONS_LIST, LocationRow, LocationRow, "Where things happen"),
        Resource("packs", PACKS, PackRow, PackRow, "What is loaded: version, licence, citation, coverage"),
    )
}
