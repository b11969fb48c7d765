"""The registry: every list, how it is found, the shape of its rows. The API, the commands and the tests walk it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from app.formats.base import Credit, Head
from app.formats.columns import Column, columns_of
from app.query import changes, contradictions, control, density, lookups, search, stats
from app.query.computed import BY_ID
from app.query.cursors import Sort
from app.query.listing import Listing, read_paged
from app.query.listings import CLAIMS, CONTROL_CHANGES, EVENTS, FIGURES, MOVEMENTS
from app.query.pages import Page, page
from app.query.params import Param
from app.query.reference_listings import ACTORS_LIST, LOCATIONS_LIST, PACKS, SOURCES_LIST
from app.schemas.analysis import (
    ChangeRow,
    ContradictionRow,
    ControlRow,
    DensityRow,
    FigureEntry,
    GroupRow,
    Hit,
    StretchRow,
    TallyRow,
)
from app.schemas.base import Said
from app.schemas.claims import ClaimRow
from app.schemas.envelope import Candidate
from app.schemas.events import EventDetail, EventRow
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """A list of rows of one shape: what may be asked, and what finds the rows; `spatial` if they may lie somewhere."""

    name: str
    row: type[Said]
    summary: str
    params: Mapping[str, Param]
    find: Callable[[Connection, Values, bool], Page] = field(repr=False)
    spatial: bool

    @cached_property
    def columns(self) -> list[Column]:
        """Its rows flattened."""
        return columns_of(self.row)

    def head(
        self, revision: int, packs: Sequence[PackRow], values: Values, found: Page, links: Sequence[Mapping[str, str]]
    ) -> Head:
        """What travels with the rows of an answer, whatever its format."""
        return Head(
            revision,
            [Credit(pack.id, pack.licence, pack.citation) for pack in packs],
            self.columns,
            self.spatial,
            values.get("fields"),
            found.matched,
            found.omitted,
            links,
        )


@dataclass(frozen=True)
class Resource(Answered):
    """Rows that are stored: `/v1/<name>` lists them, `/v1/<name>/{id}` shows one (if `detail` is not None)."""

    listing: Listing
    detail: type[Said] | None

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return self.listing.read(pairs)


@dataclass(frozen=True)
class Analysis(Answered):
    """Rows that are worked out when asked: `/v1/<name>`, described under `tag`."""

    tag: str
    sort: Sort

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return read_paged(pairs, self.params, self.sort)


def _resource(name: str, listing: Listing, row: type[Said], detail: type[Said] | None, summary: str) -> Resource:
    def find(connection: Connection, values: Values, spots: bool) -> Page:
        return page(listing, values, connection, spots=spots)

    return Resource(name, row, summary, listing.params, find, listing.spot is not None, listing, detail)


def _analysis(
    name: str,
    tag: str,
    row: type[Said],
    params: Mapping[str, Param],
    find: Callable[[Connection, Values], Page],
    summary: str,
    sort: Sort = BY_ID,
    spatial: bool = False,
) -> Analysis:
    def found(connection: Connection, values: Values, spots: bool) -> Page:
        return find(connection, values)

    found.__doc__ = (find.__doc__ or summary).partition(" Raises")[0]
    return Analysis(name, row, summary, params, found, spatial, tag, sort)


RESOURCES = {
    resource.name: resource
    for resource in (
        _resource("events", EVENTS, EventRow, EventDetail, "What happened, as it follows from the claims in view"),
        _resource("control-changes", CONTROL_CHANGES, EventRow, None, "Events in which a place changed hands"),
        _resource("movements", MOVEMENTS, EventRow, None, "Events in which troops or others moved"),
        _resource("claims", CLAIMS, ClaimRow, ClaimRow, "Who said what, through whom, and as it was printed"),
        _resource("figures", FIGURES, FigureEntry, None, "Every figure of every claim"),
        _resource("sources", SOURCES_LIST, SourceRow, SourceRow, "Who says so"),
        _resource("actors", ACTORS_LIST, ActorRow, ActorRow, "Who does things"),
        _resource("locations", LOCATIONS_LIST, LocationRow, LocationRow, "Where things happen"),
        _resource("packs", PACKS, PackRow, PackRow, "What is loaded: version, licence, citation, coverage"),
    )
}
ANALYSES = {
    analysis.name: analysis
    for analysis in (
        _analysis(
            "control",
            "control",
            ControlRow,
            control.CONTROL_PARAMS,
            control.control,
            "Who held what on a day",
            spatial=True,
        ),
        _analysis(
            "control/summary",
            "control",
            TallyRow,
            control.SUMMARY_PARAMS,
            control.summary,
            "What each side gained and lost within a window",
        ),
        _analysis(
            "contradictions",
            "contradictions",
            ContradictionRow,
            contradictions.PARAMS,
            contradictions.contradictions,
            "Claims that cannot all be true",
        ),
        _analysis("stats", "stats", GroupRow, stats.STATS_PARAMS, stats.stats, "How many events, by group"),
        _analysis(
            "density",
            "stats",
            DensityRow,
            density.PARAMS,
            density.density,
            "How many events, by cell of a map",
            spatial=True,
        ),
        _analysis(
            "search",
            "names",
            Hit,
            search.SEARCH_PARAMS,
            search.search,
            "One search over events, places, actors and sources",
            search.SORT,
        ),
        _analysis("resolve", "names", Candidate, lookups.RESOLVE_PARAMS, lookups.resolve, "What a name may mean"),
        _analysis(
            "changes",
            "changes",
            ChangeRow,
            changes.CHANGES_PARAMS,
            changes.changes,
            "What changed since a revision",
            changes.SORT,
        ),
    )
}


def timeline_of(location: str) -> Analysis:
    """The list of the states that a place went through."""
    return _analysis(
        f"locations/{location}/control",
        "control",
        StretchRow,
        control.TIMELINE_PARAMS,
        lambda connection, values: control.control_of(connection, location, values),
        "Who held a place through time",
    )
