"""`/v1`: the lists of the registry, single rows, totals and vocabularies."""

from dataclasses import asdict, replace
from functools import partial

from fastapi import APIRouter, Request, Response

from app import vocab
from app.api.http.lists import render_list, respond_in_any_format, respond_with_list
from app.api.http.openapi import list_route_spec, route_spec
from app.api.http.read_pool import ReadSession
from app.api.http.respond import Body, json_body, respond
from app.api.http.urls import query_pairs
from app.formats.base import Format, select_fields
from app.query.analyses import totals
from app.query.analyses.lookups import claims_on_event, get_row
from app.query.lists.definition import field_names, presentation_params, with_examples
from app.query.lists.events import CLAIMS
from app.query.lists.request import ListRequest, parse_list_request
from app.query.params.param import Param, parse_query
from app.resources import COMPUTED_LISTS, STORED_LISTS, ComputedList, StoredList, timeline_list
from app.schemas.analysis import TotalRow
from app.schemas.envelope import Vocabularies

router = APIRouter(prefix="/v1")

EXAMPLE_KNOWN_BY = {"known_by": "2021-07-05"}
"""Example of `known_by` by which the rows of `EXAMPLE_IDS` were known."""
EXAMPLE_EVENT_FILTERS = EXAMPLE_KNOWN_BY | {
    "reported": "2021-07-05",
    "actor_role": "initiator",
    "source": "bne-intellinews",
    "category": "control_change",
    "stance": "asserts",
    "modality": "fact",
}
"""Examples of filters that match claims on the event of `EXAMPLE_IDS`."""


def _add_list(endpoint: StoredList | ComputedList) -> None:
    async def list_endpoint(request: Request) -> Response:
        return await respond_with_list(request, endpoint)

    list_endpoint.__doc__ = endpoint.description
    router.add_api_route(
        f"/{endpoint.name}",
        list_endpoint,
        name="list_" + endpoint.name.replace("-", "_").replace("/", "_"),
        tags=[endpoint.tag if isinstance(endpoint, ComputedList) else endpoint.name],
        summary=endpoint.summary,
        **list_route_spec(endpoint),
    )


def _detail_params(resource: StoredList) -> dict[str, Param]:
    """Return the parameters of the endpoint of one row."""
    listed = resource.params
    fields = field_names(resource.detail) if resource.detail else []
    own = {param.name: param for param in presentation_params({"id": "id"}, "id", fields, ("json",))}
    known = {"known_by": listed["known_by"]} if "known_by" in listed else {}
    return with_examples({**known, "fields": own["fields"], "f": own["f"]}, EXAMPLE_KNOWN_BY)


def _add_detail(resource: StoredList) -> None:
    params = _detail_params(resource)
    with_claims = resource.name == "events"

    async def detail_endpoint(request: Request) -> Response:
        id_ = str(request.path_params["id"])  # not a parameter of the function, for which FastAPI would describe a 422
        detail_request = parse_list_request(query_pairs(request), params)
        render = partial(_render_detail, resource, id_, detail_request, with_claims)
        return await respond(request, render, requested=detail_request.format)

    singular = resource.name.removesuffix("s")
    detail_endpoint.__doc__ = (
        f"Return one {singular} by its id; an id that was merged redirects to the one that took over."
    )
    router.add_api_route(
        f"/{resource.name}/{{id}}",
        detail_endpoint,
        name=f"get_{singular.replace('-', '_')}",
        tags=[resource.name],
        summary=f"One {singular}" + (" with its claims" if with_claims else ""),
        **route_spec(resource.detail, params.values(), example_resource=resource.name),
    )


def _render_detail(
    resource: StoredList, id_: str, request: ListRequest, with_claims: bool, session: ReadSession, _format: Format
) -> Body:
    row = get_row(resource.listing, id_, request.filters, session.connection)
    if with_claims:
        row = f'{row[:-1]},"claims":[{",".join(claims_on_event(id_, request.filters, session.connection))}]}}'
    return Body([select_fields(row, request.fields).encode()])


def _add_claims_of_event() -> None:
    claims = STORED_LISTS["claims"]
    params = with_examples({name: p for name, p in CLAIMS.params.items() if name != "event"}, EXAMPLE_EVENT_FILTERS)

    async def list_claims_of_event(request: Request) -> Response:
        id_ = str(request.path_params["id"])
        list_request = claims.parse(query_pairs(request))
        if "event" in list_request.filters:
            parse_query(query_pairs(request), params)  # the path names the event: raises InvalidParameterError
        return await respond_in_any_format(
            request, list_request, partial(_render_claims_of_event, request, id_, list_request), inline=True
        )

    list_claims_of_event.__doc__ = "List the claims of one event, from which its status, date and counts are derived."
    router.add_api_route(
        "/events/{id}/claims",
        list_claims_of_event,
        name="list_claims_of_event",
        tags=["events"],
        summary="The claims of one event",
        **list_route_spec(claims, params.values(), example_resource="events"),
    )


def _render_claims_of_event(
    request: Request, id_: str, list_request: ListRequest, session: ReadSession, format_: Format
) -> Body:
    get_row(STORED_LISTS["events"].listing, id_, list_request.filters, session.connection)  # raises NotFoundError
    of_event = replace(list_request, filters={**list_request.filters, "event": [id_]})
    return render_list(request, STORED_LISTS["claims"], of_event, session, format_)


@router.get(
    "/movements/totals",
    name="get_movement_totals",
    tags=["movements"],
    summary="Totals of movements, without counting anyone twice",
    **route_spec(TotalRow, totals.TOTALS_PARAMS.values()),
)
async def movement_totals(request: Request) -> Response:
    """Return the total over matching movements, the movements it is made of, and those left out with the reason."""
    total_request = parse_list_request(query_pairs(request), totals.TOTALS_PARAMS)
    render = partial(_render_total, total_request)
    return await respond(request, render, requested=total_request.format, inline=False)


def _render_total(request: ListRequest, session: ReadSession, _format: Format) -> Body:
    total = totals.totals(session.connection, request, session.revision, [pack.id for pack in session.packs])
    return Body([total.model_dump_json(exclude_unset=True).encode()])


TIMELINE = timeline_list("{id}")


@router.get(
    f"/{TIMELINE.name}",
    name="list_control_of_location",
    tags=[TIMELINE.tag],
    summary=TIMELINE.summary,
    **list_route_spec(TIMELINE, example_resource="locations"),
)
async def timeline(request: Request) -> Response:
    """List the periods of control of a place, without gaps and overlaps; each day is as `/v1/control` gives it."""
    return await respond_with_list(request, timeline_list(str(request.path_params["id"])))


for _analysis in COMPUTED_LISTS.values():
    _add_list(_analysis)
for _resource in STORED_LISTS.values():
    _add_list(_resource)
_add_claims_of_event()
for _resource in STORED_LISTS.values():
    if _resource.detail:
        _add_detail(_resource)


@router.get(
    "/vocabularies",
    tags=["vocabularies"],
    summary="Code lists and conversion tables",
    **route_spec(Vocabularies, ()),
)
async def vocabularies(request: Request) -> Response:
    """Return all code lists and conversion tables, with definitions, version and crosswalks to ACLED, UCDP, PLOVER."""
    parse_query(query_pairs(request), {})
    body = {
        "version": vocab.VERSION,
        "vocabularies": [asdict(vocabulary) for vocabulary in vocab.VOCABULARIES.values()],
        "vague_numbers": [asdict(entry) for entry in vocab.QUANTITY_PHRASES],
        "relative_dates": [asdict(entry) for entry in vocab.RELATIVE_DATES],
    }
    return await respond(request, json_body(body))
