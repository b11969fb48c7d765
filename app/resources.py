"""The registry: every list, how it is found, the shape of its rows. The API, the commands and the tests walk it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from app.formats.base import Attribution, ResultMetadata
from app.formats.columns import Column, columns_of
from app.query.analyses import changes, contradictions, control, density, lookups, search, stats
from app.query.lists.computed import ID_ORDER
from app.query.lists.cursors import Sort
from app.query.lists.definition import ListDefinition, read_paged
from app.query.lists.events import CLAIMS, CONTROL_CHANGES, EVENTS, FIGURES, MOVEMENTS
from app.query.lists.fetch import Page, fetch_page
from app.query.lists.reference import ACTORS_LIST, LOCATIONS_LIST, PACKS_LIST, SOURCES_LIST
from app.query.params.param import Param
from app.schemas.analysis import (
    ChangeRow,
    ContradictionRow,
    ControlPeriodRow,
    ControlRow,
    DensityRow,
    FigureEntry,
    GroupRow,
    SearchHit,
    TallyRow,
)
from app.schemas.base import ApiModel
from app.schemas.claims import ClaimRow
from app.schemas.envelope import Candidate
from app.schemas.events import EventDetail, EventRow
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ListEndpoint:
    """A list of rows of one shape: what may be asked, and what finds the rows; `spatial` if they may lie somewhere."""

    name: str
    row: type[ApiModel]
    summary: str
    params: Mapping[str, Param]
    fetch: Callable[[Connection, Values, bool], Page] = field(repr=False)
    spatial: bool

    @cached_property
    def columns(self) -> list[Column]:
        """Its rows flattened."""
        return columns_of(self.row)

    def metadata(
        self, revision: int, packs: Sequence[PackRow], values: Values, page: Page, links: Sequence[Mapping[str, str]]
    ) -> ResultMetadata:
        """What travels with the rows of an answer, whatever its format."""
        return ResultMetadata(
            revision,
            [Attribution(pack.id, pack.licence, pack.citation) for pack in packs],
            self.columns,
            self.spatial,
            values.get("fields"),
            page.matched,
            page.omitted,
            links,
        )


@dataclass(frozen=True)
class StoredList(ListEndpoint):
    """Rows that are stored: `/v1/<name>` lists them, `/v1/<name>/{id}` shows one (if `detail` is not None)."""

    listing: ListDefinition
    detail: type[ApiModel] | None

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return self.listing.read(pairs)


@dataclass(frozen=True)
class ComputedList(ListEndpoint):
    """Rows that are worked out when asked: `/v1/<name>`, described under `tag`."""

    tag: str
    sort: Sort

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return read_paged(pairs, self.params, self.sort)


def _stored_list(
    name: str, listing: ListDefinition, row: type[ApiModel], detail: type[ApiModel] | None, summary: str
) -> StoredList:
    def fetch(connection: Connection, values: Values, with_points: bool) -> Page:
        return fetch_page(listing, values, connection, with_points=with_points)

    return StoredList(name, row, summary, listing.params, fetch, listing.point_columns is not None, listing, detail)


def _computed_list(
    name: str,
    tag: str,
    row: type[ApiModel],
    params: Mapping[str, Param],
    fetch: Callable[[Connection, Values], Page],
    summary: str,
    sort: Sort = ID_ORDER,
    spatial: bool = False,
) -> ComputedList:
    def ignore_points(connection: Connection, values: Values, with_points: bool) -> Page:
        return fetch(connection, values)

    ignore_points.__doc__ = (fetch.__doc__ or summary).partition(" Raises")[0]
    return ComputedList(name, row, summary, params, ignore_points, spatial, tag, sort)


STORED_LISTS = {
    resource.name: resource
    for resource in (
        _stored_list("events", EVENTS, EventRow, EventDetail, "What happened, as it follows from the claims in view"),
        _stored_list("control-changes", CONTROL_CHANGES, EventRow, None, "Events in which a place changed hands"),
        _stored_list("movements", MOVEMENTS, EventRow, None, "Events in which troops or others moved"),
        _stored_list("claims", CLAIMS, ClaimRow, ClaimRow, "Who said what, through whom, and as it was printed"),
        _stored_list("figures", FIGURES, FigureEntry, None, "Every figure of every claim"),
        _stored_list("sources", SOURCES_LIST, SourceRow, SourceRow, "Who says so"),
        _stored_list("actors", ACTORS_LIST, ActorRow, ActorRow, "Who does things"),
        _stored_list("locations", LOCATIONS_LIST, LocationRow, LocationRow, "Where things happen"),
        _stored_list("packs", PACKS_LIST, PackRow, PackRow, "What is loaded: version, licence, citation, coverage"),
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
            "Who held what on a day",
            spatial=True,
        ),
        _computed_list(
            "control/summary",
            "control",
            TallyRow,
            control.SUMMARY_PARAMS,
            control.summary,
            "What each side gained and lost within a window",
        ),
        _computed_list(
            "contradictions",
            "contradictions",
            ContradictionRow,
            contradictions.PARAMS,
            contradictions.contradictions,
            "Claims that cannot all be true",
        ),
        _computed_list("stats", "stats", GroupRow, stats.STATS_PARAMS, stats.stats, "How many events, by group"),
        _computed_list(
            "density",
            "stats",
            DensityRow,
            density.PARAMS,
            density.density,
            "How many events, by cell of a map",
            spatial=True,
        ),
        _computed_list(
            "search",
            "names",
            SearchHit,
            search.SEARCH_PARAMS,
            search.search,
            "One search over events, places, actors and sources",
            search.SORT,
        ),
        _computed_list(
            "resolve", "names", Candidate, lookups.RESOLVE_PARAMS, lookups.resolve_name, "What a name may mean"
        ),
        _computed_list(
            "changes",
            "changes",
            ChangeRow,
            changes.CHANGES_PARAMS,
            changes.changes,
            "What changed since a revision",
            changes.FEED_ORDER,
        ),
    )
}


def timeline_list(location: str) -> ComputedList:
    """The list of the states that a place went through."""
    return _computed_list(
        f"locations/{location}/control",
        "control",
        ControlPeriodRow,
        control.TIMELINE_PARAMS,
        lambda connection, values: control.control_of(connection, location, values),
        "Who held a place through time",
    )
