"""`/compat/acled`: events in the shape in which ACLED's API answers, for scripts that know it.

The shape is copied, not the coding: what an event is called follows the crosswalks that the vocabularies serve, and
its columns are filled from what the claims in view say. Cells are text, as that API has always sent them, and none is
null: clients count on both. Errors keep their status, which is 400 for what is asked wrongly. Their body is the problem
that it is everywhere, with `success` and `error` beside it, under the one media type that these clients read.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, create_model
from sqlalchemy import Connection

from app.api.http.headers import ignored_header
from app.api.http.openapi import RouteSpec, route_spec
from app.api.http.problems import HTTP_STATUS, problem
from app.api.http.read_pool import ReadSession
from app.api.http.respond import Body, respond
from app.api.http.urls import query_pairs
from app.errors import InvalidParameterError, OxusError
from app.formats import FORMATS
from app.formats.base import Attribution, Format, ResultMetadata, dumps
from app.formats.columns import Column
from app.query.compat.acled.columns import EVENT_COLUMNS, REMOVAL_COLUMNS
from app.query.compat.acled.fetch import (
    PagedReader,
    Shape,
    VisibleCounts,
    count_visible,
    events_shape,
    removals,
    revision_timestamps,
)
from app.query.compat.acled.request import AcledQuery, Columns, parse_acled_query, query_params
from app.schemas.base import ApiModel
from app.schemas.envelope import ProblemRow

router = APIRouter(prefix="/compat/acled", tags=["compat"])

MAX_BUFFERED_ROWS = 5000  # what ACLED gives unless told otherwise; more is sent while it is read
FORMATS_OFFERED = (replace(FORMATS["json"], streams=True), FORMATS["csv"])

ShapeOf = Callable[[Connection, AcledQuery], Shape]


class AcledError(ApiModel):
    """The error of a response, for clients that look for it here."""

    status: int
    message: str


class AcledProblem(ProblemRow):
    """A problem (RFC 9457), as this shape tells it."""

    success: bool = Field(description="false")
    error: AcledError


def _page_model(name: str, columns: Columns) -> Any:
    """Build the model that describes a page with these columns."""
    cells: dict[str, Any] = {column.name: (str, Field(description=column.description)) for column in columns.values()}
    row = create_model(f"{name}Row", __base__=ApiModel, __doc__="Cells are text, and never null.", **cells)
    return create_model(
        f"{name}Page",
        __base__=ApiModel,
        __doc__="A page of rows; the next one has the next number.",
        status=(int, Field(description="200")),
        success=(bool, Field(description="true")),
        last_update=(int, Field(description="when the database last changed, in Unix seconds")),
        messages=(list[str], Field(description="what may be meant otherwise than it was asked")),
        data=(list[row], ...),
        count=(int, Field(description="rows on this page")),
        total_count=(int, Field(description="rows on all pages")),
    )


def _operation_spec(name: str, columns: Columns) -> RouteSpec:
    described = route_spec(_page_model(name, columns), query_params(columns).values())
    responses = described["responses"]
    responses[200]["content"] = {"text/csv": {"schema": {"type": "string"}}}
    for status in (400, 406, 503):
        responses[status] = {"model": AcledProblem, "description": responses[status]["description"]}
    return described


async def _respond(request: Request, columns: Columns, shape_of: ShapeOf) -> Response:
    try:
        query = parse_acled_query(query_pairs(request), columns)
        is_export = query.limit is None or query.limit > MAX_BUFFERED_ROWS
        render = partial(_render, columns, shape_of, query)
        requested = "csv" if request.scope["path"].endswith(".csv") else query.format
        return await respond(
            request, render, formats=FORMATS_OFFERED, requested=requested, inline=False, stream=is_export
        )
    except OxusError as error:
        return _error_response(error)


def _render(
    columns: Columns,
    shape_of: ShapeOf,
    query: AcledQuery,
    session: ReadSession,
    format_: Format,
) -> Body:
    counts = session.cached("acled", lambda: count_visible(session.connection))
    total = counts.visible if columns is EVENT_COLUMNS and not (query.filters or query.statuses) else None
    shape = shape_of(session.connection, query)
    reader = PagedReader(session.connection, shape, query, total)
    headers = _headers(query, counts, format_)
    if format_.name == "csv":
        return Body(FORMATS["csv"].write(_csv_metadata(session, query, columns), _row_batches(reader)), headers)
    last_update = revision_timestamps(session.connection).get(session.revision, 0)
    return Body(_envelope(reader, query, last_update), headers)


def _envelope(reader: PagedReader, query: AcledQuery, last_update: int) -> Iterator[bytes]:
    """Yield a chunk per batch; counts come last, because they are known then."""
    start = {"status": 200, "success": True, "last_update": last_update, "messages": query.hints}
    text = f'{dumps(start)[:-1]},"data":['
    for rows in reader:
        yield (text + ",".join(dumps(row) for row in rows)).encode()
        text = ","
    text = text.removesuffix(",")
    yield f'{text}],"count":{reader.returned},"total_count":{reader.total}}}'.encode()


def _row_batches(reader: PagedReader) -> Iterator[list[tuple[str, None]]]:
    for rows in reader:
        yield [(dumps(row), None) for row in rows]


def _csv_metadata(session: ReadSession, query: AcledQuery, columns: Columns) -> ResultMetadata:
    """Return the metadata of CSV. Only words can be taken for formulas: a longitude may start with a minus."""
    worded = ("text", "country", "region", "side", "sides")
    flat = [Column(name, (name,), "text" if column.kind in worded else "number") for name, column in columns.items()]
    credits_ = [Attribution(pack.id, pack.licence, pack.citation) for pack in session.packs]
    return ResultMetadata(session.revision, credits_, flat, spatial=False, fields=query.fields)


def _headers(query: AcledQuery, counts: VisibleCounts, format_: Format) -> dict[str, str]:
    """In headers what the shape has no place for."""
    headers = {"Oxus-Omitted": f"undated={counts.undated}, unlocated={counts.unlocated}"}
    headers |= ignored_header(query.ignored)
    if format_.name == "csv":
        headers["Content-Disposition"] = 'inline; filename="acled.csv"'
    return headers


def _error_response(error: OxusError) -> Response:
    status = HTTP_STATUS.get(type(error), 500)
    fields = vars(error) if isinstance(error, InvalidParameterError) else {}
    near = ", ".join(getattr(error, "did_you_mean", ()))
    cause = {"status": int(status), "message": f"{error}; did you mean {near}?" if near else str(error)}
    response = problem(status, str(error), **fields, success=False, error=cause)
    response.headers["Content-Type"] = "application/json"
    return response


async def read_events(request: Request) -> Response:
    """List reported and corroborated events with a country, a date and a point in ACLED's 31 columns, newest first.

    What is denied, disputed or merely possible has a row with `status=` alone, which is no parameter of ACLED. Events
    that are part of another one are left out without it, so that nothing counts twice.

    The shape is ACLED's, the coding is Oxus's: types come from the crosswalk of the category in `/v1/vocabularies`.
    Only events that were imported from ACLED have the cells that ACLED gave them, and filters look at those. An event
    of unknown day is put to the middle of the days on which it may have happened, and `time_precision` is 2 or 3.
    Events without any date, or without a point up to their country, have no row; `Oxus-Omitted` counts them.
    `fatalities` is 0 also where nobody tells, as ACLED has it, and nowhere else in Oxus. `a|b` or `a:OR:b` are
    alternatives, `%` or `*` stand for any text, case does not matter; numbers and days take
    `<column>_where=BETWEEN` with `a|b`. Names of parameters that mean nothing are passed over and named in
    `Oxus-Ignored`. Keys and e-mail addresses are not needed. `limit=0` sends all rows while they are read.
    """
    return await _respond(request, EVENT_COLUMNS, lambda _, query: events_shape(query.statuses))


async def read_removals(request: Request) -> Response:
    """Ids of events that are gone or were merged into others, and when: the last removed first."""
    return await _respond(request, REMOVAL_COLUMNS, lambda connection, _: removals(connection))


for _path, _endpoint, _name, _summary, _columns in (
    ("acled/read", read_events, "Acled", "Events as ACLED's API gives them", EVENT_COLUMNS),
    ("deleted/read", read_removals, "AcledRemoval", "Removed events as ACLED's API gives them", REMOVAL_COLUMNS),
):
    for _root in ("/api", ""):
        for _end in ("", "/", ".csv"):
            router.add_api_route(
                f"{_root}/{_path}{_end}",
                _endpoint,
                name=_endpoint.__name__.replace("read", "read_acled"),
                summary=_summary,
                include_in_schema=(_root, _end) == ("/api", ""),
                **_operation_spec(_name, _columns),
            )
