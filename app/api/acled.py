"""`/compat/acled`: events in the shape in which ACLED's API answers, for scripts that know it.

The shape is copied, not the coding: what an event is called follows the crosswalks that the vocabularies serve, and
its columns are filled from what the claims in view say. Cells are text, as that API has always sent them, and none is
null: clients count on both. Errors keep their status, which is 400 for what is asked wrongly. Their body is the problem
that it is everywhere, with `success` and `error` beside it, under the one media type that these clients read.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import Field, create_model
from sqlalchemy import Connection

from app.api.answers import Reader, Snapshot, answer, pairs_of
from app.api.describe import describe
from app.api.problems import STATUS, problem
from app.errors import InvalidParameterError, OxusError
from app.formats import FORMATS
from app.formats.base import Credit, Head, dumps
from app.formats.columns import Column
from app.query.acled.columns import EVENT_COLUMNS, REMOVAL_COLUMNS
from app.query.acled.question import Columns, Question, params_of, read_question
from app.query.acled.reading import Events, Reading, Removals, Shape, Shown, count_shown
from app.schemas.base import Said
from app.schemas.envelope import ProblemRow

router = APIRouter(prefix="/compat/acled", tags=["compat"])

LARGEST_PAGE = 5000  # what ACLED gives unless told otherwise; more is sent while it is read
OFFERED = (replace(FORMATS["json"], streams=True), FORMATS["csv"])
MOST_IGNORED = 20  # names in one header
PLAIN = "!#$&'()*+-./:;<=>?@[]^_`{|}~"  # what a header may hold beside letters and digits, without comma, % and space


class Cause(Said):
    """What went wrong, for clients that look for it here."""

    status: int
    message: str


class Refusal(ProblemRow):
    """A problem (RFC 9457), as this shape tells it."""

    success: bool = Field(description="false")
    error: Cause


def _page_model(name: str, columns: Columns) -> Any:
    """How answers with these columns are described."""
    cells: dict[str, Any] = {column.name: (str, Field(description=column.meaning)) for column in columns.values()}
    row = create_model(f"{name}Row", __base__=Said, __doc__="Cells are text, and never null.", **cells)
    return create_model(
        f"{name}Page",
        __base__=Said,
        __doc__="A page of rows; the next one has the next number.",
        status=(int, Field(description="200")),
        success=(bool, Field(description="true")),
        last_update=(int, Field(description="when the database last changed, in Unix seconds")),
        messages=(list[str], Field(description="what may be meant otherwise than it was asked")),
        data=(list[row], ...),
        count=(int, Field(description="rows on this page")),
        total_count=(int, Field(description="rows on all pages")),
    )


def _described(name: str, columns: Columns) -> dict[str, Any]:
    described = describe(_page_model(name, columns), params_of(columns).values())
    responses = described["responses"]
    responses[200]["content"] = {"text/csv": {"schema": {"type": "string"}}}
    for status in (400, 406, 503):
        responses[status] = {"model": Refusal, "description": responses[status]["description"]}
    return described


async def _answered(
    request: Request, columns: Columns, shape: Callable[[Connection, Question], Shape], csv: bool
) -> Response:
    try:
        question = read_question(pairs_of(request), columns)
        streamed = question.limit is None or question.limit > LARGEST_PAGE
        reader: Reader = request.app.state.reader
        seconds = reader.export_seconds if streamed else reader.seconds

        def write(snapshot: Snapshot) -> Iterable[bytes]:
            found = shape(snapshot.connection, question)
            counts: Shown = reader.kept(snapshot.connection, "acled", lambda: count_shown(snapshot.connection))
            known = counts.shown if columns is EVENT_COLUMNS and not question.filters else None
            reading = Reading(snapshot.connection, found, question, time.monotonic() + seconds, known)
            snapshot.headers |= _beside(snapshot, question, counts)
            if snapshot.format.name == "csv":
                return FORMATS["csv"].write(_head(snapshot, question, columns), _batches(reading))
            return _envelope(reading, question, found.stamps.get(snapshot.revision, 0))

        format_ = "csv" if csv else question.format
        values = {"limit": None if streamed else question.limit} | ({"f": format_} if format_ else {})
        return await answer(request, values, write, short=False, offered=OFFERED)
    except OxusError as error:
        return _refused(error)


def _envelope(reading: Reading, question: Question, last_update: int) -> Iterator[bytes]:
    """A chunk per batch; what must be counted comes last."""
    start = {"status": 200, "success": True, "last_update": last_update, "messages": question.hints}
    text = f'{dumps(start)[:-1]},"data":['
    for rows in reading:
        yield (text + ",".join(dumps(row) for row in rows)).encode()
        text = ","
    text = text.removesuffix(",")
    yield f'{text}],"count":{reading.returned},"total_count":{reading.total}}}'.encode()


def _batches(reading: Reading) -> Iterator[list[tuple[str, None]]]:
    for rows in reading:
        yield [(dumps(row), None) for row in rows]


def _head(snapshot: Snapshot, question: Question, columns: Columns) -> Head:
    """What the writer of CSV must know. Only words can be taken for a formula: a longitude may start with a minus."""
    worded = ("text", "country", "region", "side", "sides")
    flat = [Column(name, (name,), "text" if column.kind in worded else "number") for name, column in columns.items()]
    credits_ = [Credit(pack.id, pack.licence, pack.citation) for pack in snapshot.packs]
    return Head(snapshot.revision, credits_, flat, spatial=False, fields=question.fields)


def _beside(snapshot: Snapshot, question: Question, counts: Shown) -> dict[str, str]:
    """In headers what the shape has no place for."""
    headers = {"Oxus-Omitted": f"undated={counts.undated}, unlocated={counts.unlocated}"}
    if question.ignored:
        names = [quote(name[:80], safe=PLAIN) for name in question.ignored[:MOST_IGNORED]]
        headers["Oxus-Ignored"] = ", ".join(names)
    if snapshot.format.name == "csv":
        headers["Content-Disposition"] = 'inline; filename="acled.csv"'
    return headers


def _refused(error: OxusError) -> Response:
    status = STATUS.get(type(error), 500)
    told = vars(error) if isinstance(error, InvalidParameterError) else {}
    near = ", ".join(getattr(error, "did_you_mean", ()))
    cause = {"status": int(status), "message": f"{error}; did you mean {near}?" if near else str(error)}
    response = problem(status, str(error), **told, success=False, error=cause)
    response.headers["Content-Type"] = "application/json"
    return response


async def read_events(request: Request) -> Response:
    """Every event with a country, a date and a point, in ACLED's 31 columns: newest first, then by id.

    The shape is ACLED's, the coding is Oxus's: types come from the crosswalk of the category in `/v1/vocabularies`.
    Only events that were imported from ACLED have the cells that ACLED gave them, and filters look at those; they
    stand in the order of the first day on which they may have happened, which is before `event_date` where
    `time_precision` is 2 or 3.
    Events without any date, or without a point up to their country, have no row; `Oxus-Omitted` counts them. What is
    denied, disputed or merely possible has one: `tags=status=reported|status=corroborated` leaves it out, as it does
    what was imported from ACLED, whose tags are ACLED's.
    `fatalities` is 0 also where nobody tells, as ACLED has it, and nowhere else in Oxus. `a|b` or `a:OR:b` are
    alternatives, `%` or `*` stand for any text, case does not matter; numbers and days take
    `<column>_where=BETWEEN` with `a|b`. Names of parameters that mean nothing are passed over and named in
    `Oxus-Ignored`. Keys and e-mail addresses are not needed. `limit=0` sends all rows while they are read.
    """
    csv = request.url.path.endswith(".csv")
    return await _answered(request, EVENT_COLUMNS, lambda connection, asked: Events(connection, asked.filters), csv)


async def read_removals(request: Request) -> Response:
    """Ids of events that are gone or were merged into others, and when: the last removed first."""
    csv = request.url.path.endswith(".csv")
    return await _answered(request, REMOVAL_COLUMNS, lambda connection, asked: Removals(connection, asked.filters), csv)


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
                **_described(_name, _columns),
            )
