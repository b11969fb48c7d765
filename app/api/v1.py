"""`/v1`: every list of the registry, by one path; single rows; totals; vocabularies."""

from collections.abc import Iterable
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from app import vocab
from app.api.answers import Snapshot, answer, pairs_of
from app.api.describe import describe, describe_list
from app.api.lists import list_rows
from app.formats.base import cut, dumps
from app.query import totals
from app.query.listing import fields_of, steering, with_examples
from app.query.listings import CLAIMS
from app.query.lookups import claims_of, one_row
from app.query.params import Param, read_query
from app.resources import ANALYSES, RESOURCES, Analysis, Resource, timeline_of
from app.schemas.analysis import TotalRow
from app.schemas.envelope import Vocabularies

router = APIRouter(prefix="/v1")

# Examples that find something where one event is asked about: the one that `describe` names.
ALL_KNOWN = {"known_by": "2021-07-05"}
KALDAR = ALL_KNOWN | {
    "reported": "2021-07-05",
    "actor_role": "initiator",
    "source": "bne-intellinews",
    "category": "control_change",
    "stance": "asserts",
    "modality": "fact",
}


def _add_list(asked: Resource | Analysis) -> None:
    async def endpoint(request: Request) -> Response:
        return await list_rows(request, asked)

    endpoint.__doc__ = asked.find.__doc__ or f"{asked.summary}."
    router.add_api_route(
        f"/{asked.name}",
        endpoint,
        name="list_" + asked.name.replace("-", "_").replace("/", "_"),
        tags=[asked.tag if isinstance(asked, Analysis) else asked.name],
        summary=asked.summary,
        **describe_list(asked),
    )


def _detail_params(resource: Resource) -> dict[str, Param]:
    """What may be asked of one row."""
    listed = resource.params
    fields = fields_of(resource.detail) if resource.detail else []
    own = {param.name: param for param in steering({"id": "id"}, "id", fields, ("json",))}
    known = {"known_by": listed["known_by"]} if "known_by" in listed else {}
    return with_examples({**known, "fields": own["fields"], "f": own["f"]}, ALL_KNOWN)


def _add_detail(resource: Resource) -> None:
    params = _detail_params(resource)
    detailed = resource.name == "events"

    async def endpoint(request: Request) -> Response:
        id_ = str(request.path_params["id"])  # declared in `describe`, so that no 422 is promised
        values = read_query(pairs_of(request), params)

        def write(snapshot: Snapshot) -> Iterable[bytes]:
            row = one_row(resource.listing, id_, values, snapshot.connection)
            if detailed:
                row = f'{row[:-1]},"claims":[{",".join(claims_of(id_, values, snapshot.connection))}]}}'
            yield cut(row, values.get("fields")).encode()

        return await answer(request, values, write)

    singular = resource.name.removesuffix("s")
    endpoint.__doc__ = f"One {singular} by its id; an id that was merged redirects to the one that took over."
    router.add_api_route(
        f"/{resource.name}/{{id}}",
        endpoint,
        name=f"get_{singular.replace('-', '_')}",
        tags=[resource.name],
        summary=f"One {singular}" + (" with its claims" if detailed else ""),
        **describe(resource.detail, params.values(), id_of=resource.name),
    )


def _add_claims_of_event() -> None:
    params = with_examples({n: param for n, param in CLAIMS.params.items() if n != "event"}, KALDAR)
    claims = RESOURCES["claims"]

    async def endpoint(request: Request) -> Response:
        id_ = str(request.path_params["id"])
        values = claims.read(pairs_of(request))
        if "event" in values:
            read_query(pairs_of(request), params)  # the path says which event; this raises

        def check(snapshot: Snapshot) -> None:
            one_row(RESOURCES["events"].listing, id_, values, snapshot.connection)

        return await list_rows(request, claims, check, {"event": [id_]})

    endpoint.__doc__ = "The claims of one event: what its status, date and counts follow from."
    router.add_api_route(
        "/events/{id}/claims",
        endpoint,
        name="list_claims_of_event",
        tags=["events"],
        summary="The claims of one event",
        **describe_list(claims, params.values(), id_of="events"),
    )


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

    def write(snapshot: Snapshot) -> Iterable[bytes]:
        found = totals.totals(snapshot.connection, values)
        head = {"revision": snapshot.revision, "packs": [pack.id for pack in snapshot.packs]}
        given = {name: value for name, value in found.items() if value is not None or name != "omitted"}
        yield TotalRow(**head, **given).model_dump_json(exclude_unset=True).encode()

    return await answer(request, values, write, short=False)


TIMELINE = timeline_of("{id}")


@router.get(
    f"/{TIMELINE.name}",
    name="list_control_of_location",
    tags=[TIMELINE.tag],
    summary=TIMELINE.summary,
    **describe_list(TIMELINE, id_of="locations"),
)
async def timeline(request: Request) -> Response:
    """The timeline of a place, without gaps and overlaps: reading it at a day gives what `/v1/control` gives."""
    id_ = str(request.path_params["id"])

    def check(snapshot: Snapshot) -> None:
        one_row(RESOURCES["locations"].listing, id_, {}, snapshot.connection)

    return await list_rows(request, timeline_of(id_), check)


for _analysis in ANALYSES.values():
    _add_list(_analysis)
for _resource in RESOURCES.values():
    _add_list(_resource)
_add_claims_of_event()
for _resource in RESOURCES.values():
    if _resource.detail:
        _add_detail(_resource)


@router.get(
    "/vocabularies",
    tags=["vocabularies"],
    summary="Code lists and conversion tables",
    **describe(Vocabularies, ()),
)
async def vocabularies(request: Request) -> Response:
    """Every code list and conversion table, with definitions, version and crosswalks to ACLED, UCDP and PLOVER."""
    values = read_query(pairs_of(request), {})
    body = {
        "version": vocab.VERSION,
        "vocabularies": [asdict(found) for found in vocab.VOCABULARIES.values()],
        "vague_numbers": [asdict(entry) for entry in vocab.VAGUE_NUMBERS],
        "relative_dates": [asdict(entry) for entry in vocab.RELATIVE_DATES],
    }
    return await answer(request, values, lambda _: [dumps(body).encode()])
