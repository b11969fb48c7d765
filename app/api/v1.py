"""`/v1`: every list of the registry, by one path; single rows; totals; vocabularies."""

from collections.abc import Iterable
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from app import vocab
from app.api.http.lists import respond_with_list
from app.api.http.openapi import list_route_spec, route_spec
from app.api.http.respond import Snapshot, query_pairs, respond
from app.formats.base import dumps, select_fields
from app.query.analyses import totals
from app.query.analyses.lookups import claims_on_event, get_row
from app.query.lists.definition import field_names, presentation_params, with_examples
from app.query.lists.events import CLAIMS
from app.query.params.param import Param, read_query
from app.resources import COMPUTED_LISTS, STORED_LISTS, ComputedList, StoredList, timeline_list
from app.schemas.analysis import TotalRow
from app.schemas.envelope import Vocabularies

router = APIRouter(prefix="/v1")

# Examples that find something where one event is asked about: the one that `describe` names.
EXAMPLE_KNOWN_BY = {"known_by": "2021-07-05"}
EXAMPLE_EVENT_FILTERS = EXAMPLE_KNOWN_BY | {
    "reported": "2021-07-05",
    "actor_role": "initiator",
    "source": "bne-intellinews",
    "category": "control_change",
    "stance": "asserts",
    "modality": "fact",
}


def _add_list(endpoint: StoredList | ComputedList) -> None:
    async def handler(request: Request) -> Response:
        return await respond_with_list(request, endpoint)

    handler.__doc__ = endpoint.fetch.__doc__ or f"{endpoint.summary}."
    router.add_api_route(
        f"/{endpoint.name}",
        handler,
        name="list_" + endpoint.name.replace("-", "_").replace("/", "_"),
        tags=[endpoint.tag if isinstance(endpoint, ComputedList) else endpoint.name],
        summary=endpoint.summary,
        **list_route_spec(endpoint),
    )


def _detail_params(resource: StoredList) -> dict[str, Param]:
    """What may be asked of one row."""
    listed = resource.params
    fields = field_names(resource.detail) if resource.detail else []
    own = {param.name: param for param in presentation_params({"id": "id"}, "id", fields, ("json",))}
    known = {"known_by": listed["known_by"]} if "known_by" in listed else {}
    return with_examples({**known, "fields": own["fields"], "f": own["f"]}, EXAMPLE_KNOWN_BY)


def _add_detail(resource: StoredList) -> None:
    params = _detail_params(resource)
    detailed = resource.name == "events"

    async def handler(request: Request) -> Response:
        id_ = str(request.path_params["id"])  # declared in `describe`, so that no 422 is promised
        values = read_query(query_pairs(request), params)

        def write(snapshot: Snapshot) -> Iterable[bytes]:
            row = get_row(resource.listing, id_, values, snapshot.connection)
            if detailed:
                row = f'{row[:-1]},"claims":[{",".join(claims_on_event(id_, values, snapshot.connection))}]}}'
            yield select_fields(row, values.get("fields")).encode()

        return await respond(request, values, write)

    singular = resource.name.removesuffix("s")
    handler.__doc__ = f"One {singular} by its id; an id that was merged redirects to the one that took over."
    router.add_api_route(
        f"/{resource.name}/{{id}}",
        handler,
        name=f"get_{singular.replace('-', '_')}",
        tags=[resource.name],
        summary=f"One {singular}" + (" with its claims" if detailed else ""),
        **route_spec(resource.detail, params.values(), example_resource=resource.name),
    )


def _add_claims_of_event() -> None:
    params = with_examples({n: param for n, param in CLAIMS.params.items() if n != "event"}, EXAMPLE_EVENT_FILTERS)
    claims = STORED_LISTS["claims"]

    async def handler(request: Request) -> Response:
        id_ = str(request.path_params["id"])
        values = claims.read(query_pairs(request))
        if "event" in values:
            read_query(query_pairs(request), params)  # the path says which event; this raises

        def check(snapshot: Snapshot) -> None:
            get_row(STORED_LISTS["events"].listing, id_, values, snapshot.connection)

        return await respond_with_list(request, claims, check, {"event": [id_]})

    handler.__doc__ = "The claims of one event: what its status, date and counts follow from."
    router.add_api_route(
        "/events/{id}/claims",
        handler,
        name="list_claims_of_event",
        tags=["events"],
        summary="The claims of one event",
        **list_route_spec(claims, params.values(), example_resource="events"),
    )


@router.get(
    "/movements/totals",
    name="get_movement_totals",
    tags=["movements"],
    summary="How many moved in all, without counting anyone twice",
    **route_spec(TotalRow, totals.TOTALS_PARAMS.values()),
)
async def movement_totals(request: Request) -> Response:
    """The total over matching movements, what it is made of, and what is left out, each with its reason."""
    values = read_query(query_pairs(request), totals.TOTALS_PARAMS)

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        found = totals.totals(snapshot.connection, values)
        envelope = {"revision": snapshot.revision, "packs": [pack.id for pack in snapshot.packs]}
        present_fields = {name: value for name, value in found.items() if value is not None or name != "omitted"}
        yield TotalRow(**envelope, **present_fields).model_dump_json(exclude_unset=True).encode()

    return await respond(request, values, write, inline=False)


TIMELINE = timeline_list("{id}")


@router.get(
    f"/{TIMELINE.name}",
    name="list_control_of_location",
    tags=[TIMELINE.tag],
    summary=TIMELINE.summary,
    **list_route_spec(TIMELINE, example_resource="locations"),
)
async def timeline(request: Request) -> Response:
    """The timeline of a place, without gaps and overlaps: reading it at a day gives what `/v1/control` gives."""
    id_ = str(request.path_params["id"])

    def check(snapshot: Snapshot) -> None:
        get_row(STORED_LISTS["locations"].listing, id_, {}, snapshot.connection)

    return await respond_with_list(request, timeline_list(id_), check)


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
    """Every code list and conversion table, with definitions, version and crosswalks to ACLED, UCDP and PLOVER."""
    values = read_query(query_pairs(request), {})
    body = {
        "version": vocab.VERSION,
        "vocabularies": [asdict(found) for found in vocab.VOCABULARIES.values()],
        "vague_numbers": [asdict(entry) for entry in vocab.QUANTITY_PHRASES],
        "relative_dates": [asdict(entry) for entry in vocab.RELATIVE_DATES],
    }
    return await respond(request, values, lambda _: [dumps(body).encode()])
