"""`/v1`: answers that are worked out: control, totals, contradictions, stats, search, changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from app.api.answers import Snapshot, answer, pairs_of
from app.api.describe import describe
from app.api.envelopes import envelope, paged
from app.query import changes, contradictions, control, search, stats, totals
from app.query.computed import BY_ID
from app.query.listing import Page, Sort, read_paged
from app.query.lookups import one_row
from app.query.params import Param, read_query
from app.resources import RESOURCES
from app.schemas.analysis import (
    ChangeRow,
    ContradictionRow,
    ControlRow,
    GroupRow,
    Hit,
    StretchRow,
    TallyRow,
    TotalRow,
)
from app.schemas.envelope import Envelope

router = APIRouter(prefix="/v1")

Find = Callable[[Connection, Mapping[str, Any]], Page]


def _add(
    path: str, tag: str, row: type[BaseModel], params: Mapping[str, Param], find: Find, summary: str, sort: Sort = BY_ID
) -> None:
    """A list whose rows are worked out, paged like every other."""

    async def endpoint(request: Request) -> Response:
        pairs = pairs_of(request)
        values = read_paged(pairs, params, sort)
        return await answer(
            request,
            values,
            lambda snapshot: paged(request, snapshot, pairs, values, find(snapshot.connection, values)),
            short=False,
        )

    endpoint.__doc__ = (find.__doc__ or summary).partition(" Raises")[0]
    name = "list_" + path.strip("/").replace("/", "_").replace("-", "_")
    router.add_api_route(
        path,
        endpoint,
        name=name,
        tags=[tag],
        summary=summary,
        **describe(Envelope[row], params.values()),  # type: ignore[valid-type]
    )


_add(
    "/control",
    "control",
    ControlRow,
    control.CONTROL_PARAMS,
    control.control,
    "Who held what on a day",
)
_add(
    "/control/summary",
    "control",
    TallyRow,
    control.SUMMARY_PARAMS,
    control.summary,
    "What each side gained and lost within a window",
)
_add(
    "/contradictions",
    "contradictions",
    ContradictionRow,
    contradictions.PARAMS,
    contradictions.contradictions,
    "Claims that cannot all be true",
)
_add(
    "/search",
    "names",
    Hit,
    search.SEARCH_PARAMS,
    search.search,
    "One search over events, places, actors and sources",
    search.SORT,
)
_add(
    "/changes",
    "changes",
    ChangeRow,
    changes.CHANGES_PARAMS,
    changes.changes,
    "What changed since a revision",
    changes.SORT,
)


@router.get(
    "/locations/{id}/control",
    name="list_control_of_location",
    tags=["control"],
    summary="Who held a place through time",
    **describe(Envelope[StretchRow], control.TIMELINE_PARAMS.values(), id_of="locations"),
)
async def timeline(request: Request) -> Response:
    """The timeline of a place, without gaps and overlaps: reading it at a day gives what `/v1/control` gives."""
    pairs, id_ = pairs_of(request), str(request.path_params["id"])
    values = read_paged(pairs, control.TIMELINE_PARAMS, BY_ID)

    def write(snapshot: Snapshot) -> bytes:
        one_row(RESOURCES["locations"].listing, id_, {}, snapshot.connection)
        found = control.control_of(snapshot.connection, id_, values)
        return paged(request, snapshot, pairs, values, found)

    return await answer(request, values, write, short=False)


@router.get(
    "/movements/totals",
    name="get_movement_totals",
    tags=["movements"],
    summary="How many moved in all, without counting anyone twice",
    **describe(TotalRow, totals.TOTALS_PARAMS.values()),
)
async def movement_totals(request: Request) -> Response:
    """The total over matching movements, what it is made of, and what is left out, each with its reason."""
    values = read_query(pairs_of(request), totals.TOTALS_PARAMS)

    def write(snapshot: Snapshot) -> bytes:
        found = totals.totals(snapshot.connection, values)
        head = {"revision": snapshot.revision, "packs": [pack.id for pack in snapshot.packs]}
        given = {name: value for name, value in found.items() if value is not None or name != "omitted"}
        return TotalRow(**head, **given).model_dump_json(exclude_unset=True).encode()

    return await answer(request, values, write, short=False)


@router.get(
    "/stats",
    name="get_stats",
    tags=["stats"],
    summary="How many events, by group",
    **describe(Envelope[GroupRow], stats.STATS_PARAMS.values()),
)
async def event_stats(request: Request) -> Response:
    """Counts of the events that match, by group; what fits into no group is counted under null and says why."""
    values = read_query(pairs_of(request), stats.STATS_PARAMS)

    def write(snapshot: Snapshot) -> bytes:
        groups, matched, omitted = stats.stats(snapshot.connection, values)
        rows: Sequence[str] = [group.model_dump_json() for group in groups]
        return envelope(snapshot, rows, None, matched, omitted)

    return await answer(request, values, write, short=False)
