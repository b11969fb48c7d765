"""Registry of lists: parameters, row schema and fetching. The API, commands and tests iterate over it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from sqlalchemy import Connection

from app.formats.base import Attribution, ResultMetadata
from app.formats.columns import Column, columns_of
from app.query.analyses import (
    changes,
    contradictions,
    control,
    control_summary,
    density,
    duplicates,
    lookups,
    search,
    stats,
)
from app.query.lists.cursors import Sort
from app.query.lists.definition import ListDefinition
from app.query.lists.events import CLAIMS, CONTROL_CHANGES, EVENTS, FIGURES, MOVEMENTS
from app.query.lists.fetch import fetch_page
from app.query.lists.page import Page
from app.query.lists.reference import ACTORS_LIST, LOCATIONS_LIST, PACKS_LIST, SOURCES_LIST
from app.query.lists.request import ID_ORDER, ListRequest, parse_list_request
from app.query.params.param import Param
from app.schemas.analysis import (
    ChangeRow,
    ContradictionRow,
    ControlPeriodRow,
    ControlRow,
    DensityRow,
    DuplicateRow,
    FigureEntry,
    GroupRow,
    SearchHit,
    TallyRow,
)
from app.schemas.base import ApiModel
from app.schemas.claims import ClaimRow
from app.schemas.envelope import Candidate
from app.schemas.events import ControlChangeEventRow, EventDetail, EventRow, MovementEventRow
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

Compute = Callable[[Connection, ListRequest], Page]


@dataclass(frozen=True)
class ListEndpoint(ABC):
    """A list endpoint: its parameters and the schema of its rows; `spatial` if rows may have a point."""

    name: str
    row: type[ApiModel]
    summary: str
    params: Mapping[str, Param]
    spatial: bool

    @cached_property
    def columns(self) -> list[Column]:
        """Columns of its rows in flat formats."""
        return columns_of(self.row)

    @property
    @abstractmethod
    def description(self) -> str:
        """Description in the OpenAPI document."""

    @abstractmethod
    def parse(self, pairs: Sequence[tuple[str, str]]) -> ListRequest:
        """Parse a query string. Raises InvalidParameterError."""

    @abstractmethod
    def fetch(self, connection: Connection, request: ListRequest, *, with_points: bool) -> Page:
        """Return the page that a request asks for; `with_points` adds coordinates to stored rows."""

    def metadata(
        self,
        revision: int,
        packs: Sequence[PackRow],
        fields: Sequence[str] | None,
        page: Page,
        links: Sequence[Mapping[str, str]] = (),
    ) -> ResultMetadata:
        """Return the metadata that every format writes beside the rows."""
        return ResultMetadata(
            revision,
            [Attribution(pack.id, pack.licence, pack.citation) for pack in packs],
            self.columns,
            self.spatial,
            fields,
            page.matched,
            page.omitted,
            links,
        )


@dataclass(frozen=True)
class StoredList(ListEndpoint):
    """A list of stored rows: `/v1/<name>`, and `/v1/<name>/{id}` for one of them unless `detail` is None."""

    listing: ListDefinition
    detail: type[ApiModel] | None

    @property
    def description(self) -> str:
        """Summary as a sentence."""
        return f"{self.summary}."

    def parse(self, pairs: Sequence[tuple[str, str]]) -> ListRequest:
        """Parse a query string. Raises InvalidParameterError."""
        return self.listing.parse(pairs)

    def fetch(self, connection: Connection, request: ListRequest, *, with_points: bool) -> Page:
        """Return the page that a request asks for."""
        return fetch_page(self.listing, request, connection, with_points=with_points)


@dataclass(frozen=True)
class ComputedList(ListEndpoint):
    """A list whose rows are computed on request: `/v1/<name>`, described under `tag`."""

    tag: str
    sort: Sort
    compute: Compute = field(repr=False)

    @property
    def description(self) -> str:
        """Docstring of the computation, without the errors it raises."""
        return (self.compute.__doc__ or self.summary).partition(" Raises")[0]

    def parse(self, pairs: Sequence[tuple[str, str]]) -> ListRequest:
        """Parse a query string. Raises InvalidParameterError."""
        return parse_list_request(pairs, self.params, self.sort)

    def fetch(self, connection: Connection, request: ListRequest, *, with_points: bool) -> Page:
        """Return the page that a request asks for; computed rows bring their points with them."""
        return self.compute(connection, request)


def _stored_list(
    name: str, listing: ListDefinition, row: type[ApiModel], detail: type[ApiModel] | None, summary: str
) -> StoredList:
    return StoredList(name, row, summary, listing.params, listing.point_columns is not None, listing, detail)


def _computed_list(
    name: str,
    tag: str,
    row: type[ApiModel],
    params: Mapping[str, Param],
    compute: Compute,
    summary: str,
    sort: Sort = ID_ORDER,
    spatial: bool = False,
) -> ComputedList:
    return ComputedList(name, row, summary, params, spatial, tag, sort, compute)


STORED_LISTS = {
    resource.name: resource
    for resource in (
        _stored_list("events", EVENTS, EventRow, EventDetail, "Events, derived from the claims in view"),
        _stored_list(
            "control-changes", CONTROL_CHANGES, ControlChangeEventRow, None, "Events that tell who held a place"
        ),
        _stored_list("movements", MOVEMENTS, MovementEventRow, None, "Events in which troops or others moved"),
        _stored_list("claims", CLAIMS, ClaimRow, ClaimRow, "Claims: who said what, through whom, and as printed"),
        _stored_list("figures", FIGURES, FigureEntry, None, "All figures of all claims"),
        _stored_list("sources", SOURCES_LIST, SourceRow, SourceRow, "Sources of claims"),
        _stored_list("actors", ACTORS_LIST, ActorRow, ActorRow, "Actors of events"),
        _stored_list("locations", LOCATIONS_LIST, LocationRow, LocationRow, "Locations"),
        _stored_list("packs", PACKS_LIST, PackRow, PackRow, "Loaded packs: version, licence, citation, coverage"),
    )
}
COMPUTED_LISTS = {
    analysis.name: analysis
    for analysis in (
        _computed_list(
            "control",
            "control",
            ControlRow,
            control.CONTROL_PARAMS,
            control.control,
            "Control of places on a day",
            spatial=True,
        ),
        _computed_list(
            "control/summary",
            "control",
            TallyRow,
            control_summary.SUMMARY_PARAMS,
            control_summary.summary,
            "Gains and losses of each side within a window",
        ),
        _computed_list(
            "contradictions",
            "contradictions",
            ContradictionRow,
            contradictions.PARAMS,
            contradictions.contradictions,
            "Claims that cannot all be true",
        ),
        _computed_list(
            "duplicates",
            "contradictions",
            DuplicateRow,
            duplicates.DUPLICATES_PARAMS,
            duplicates.duplicates,
            "Rows of several packs that may be one",
        ),
        _computed_list("stats", "stats", GroupRow, stats.STATS_PARAMS, stats.stats, "Number of events by group"),
        _computed_list(
            "density",
            "stats",
            DensityRow,
            density.PARAMS,
            density.density,
            "Number of events by cell of a map",
            spatial=True,
        ),
        _computed_list(
            "search",
            "names",
            SearchHit,
            search.SEARCH_PARAMS,
            search.search,
            "Search over events, places, actors and sources",
            search.SORT,
        ),
        _computed_list(
            "resolve", "names", Candidate, lookups.RESOLVE_PARAMS, lookups.resolve_name, "Candidates for a name"
        ),
        _computed_list(
            "changes",
            "changes",
            ChangeRow,
            changes.CHANGES_PARAMS,
            changes.changes,
            "Changes since a revision",
            changes.FEED_ORDER,
        ),
    )
}


def timeline_list(location_id: str) -> ComputedList:
    """Return the list of the periods of control of one location."""
    return _computed_list(
        f"locations/{location_id}/control",
        "control",
        ControlPeriodRow,
        control.TIMELINE_PARAMS,
        partial(control.timeline_of, location_id),
        "Control of a place through time",
    )
