"""`/v1`: every resource of the registry, listed and shown by the same code."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from app import vocab
from app.api.answers import Snapshot, answer, pairs_of
from app.api.describe import describe
from app.api.envelopes import chosen, dumps, envelope, paged
from app.query.listing import page, steering, with_examples
from app.query.listings import CLAIMS
from app.query.lookups import candidates, claims_of, one_row
from app.query.params import Param, read_query
from app.resources import RESOURCES, Resource
from app.schemas.envelope import Candidate, Envelope, Vocabularies

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


def _list_of(
    request: Request, resource: Resource, pairs: Sequence[tuple[str, str]], values: dict[str, Any]
) -> Callable[[Snapshot], bytes]:
    return lambda snapshot: paged(request, snapshot, pairs, values, page(resource.listing, values, snapshot.connection))


def _add_list(resource: Resource) -> None:
    async def endpoint(request: Request) -> Response:
        pairs = pairs_of(request)
        values = resource.listing.read(pairs)
        return await answer(request, values, _list_of(request, resource, pairs, values))

    endpoint.__doc__ = resource.summary + "."
    router.add_api_route(
        f"/{resource.name}",
        endpoint,
        name=f"list_{resource.name.replace('-', '_')}",
        tags=[resource.name],
        summary=resource.summary,
        **describe(Envelope[resource.row], resource.listing.params.values()),  # type: ignore[name-defined]
    )


def _detail_params(resource: Resource) -> dict[str, Param]:
    """What may be asked of one row."""
    listed = resource.listing.params
    fields = [name.rstrip("_") for name in resource.detail.model_fields] if resource.detail else []
    own = {param.name: param for param in steering({"id": "id"}, "id", fields) if param.name in ("fields", "f")}
    known = {"known_by": listed["known_by"]} if "known_by" in listed else {}
    return with_examples({**known, **own}, ALL_KNOWN)


def _add_detail(resource: Resource) -> None:
    params = _detail_params(resource)
    detailed = resource.name == "events"

    async def endpoint(request: Request) -> Response:
        id_ = str(request.path_params["id"])  # declared in `describe`, so that no 422 is promised
        values = read_query(pairs_of(request), params)

        def write(snapshot: Snapshot) -> bytes:
            row = one_row(resource.listing, id_, values, snapshot.connection)
            if detailed:
                row = f'{row[:-1]},"claims":[{",".join(claims_of(id_, values, snapshot.connection))}]}}'
            return chosen([row], values)[0].encode()

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
        pairs = pairs_of(request)
        values = CLAIMS.read(pairs)
        if "event" in values:
            read_query(pairs, params)  # the path says which event; this raises
        inner = _list_of(request, claims, pairs, values | {"event": [id_]})

        def write(snapshot: Snapshot) -> bytes:
            one_row(RESOURCES["events"].listing, id_, values, snapshot.connection)
            return inner(snapshot)

        return await answer(request, values, write)

    endpoint.__doc__ = "The claims of one event: what its status, date and counts follow from."
    router.add_api_route(
        "/events/{id}/claims",
        endpoint,
        name="list_claims_of_event",
        tags=["events"],
        summary="The claims of one event",
        **describe(Envelope[claims.row], params.values(), id_of="events"),  # type: ignore[name-defined]
    )


for _resource in RESOURCES.values():
    _add_list(_resource)
_add_claims_of_event()
for _resource in RESOURCES.values():
    if _resource.detail:
        _add_detail(_resource)

NAME = Param("q", "The name, in any spelling; or `scheme:code`.", "Hairaton", str, needed=True)
RESOLVE = {"q": NAME}


@router.get(
    "/resolve",
    tags=["names"],
    summary="What a name may mean",
    **describe(Envelope[Candidate], RESOLVE.values()),
)
async def resolve(request: Request) -> Response:
    """Candidates for a name: how each matched, which document printed it, and the nearest spellings."""
    values = read_query(pairs_of(request), RESOLVE)

    def write(snapshot: Snapshot) -> bytes:
        rows = [dumps(row) for row in candidates(snapshot.connection, values["q"])]
        return envelope(snapshot, rows)

    return await answer(request, values, write)


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
    return await answer(request, values, lambda _: dumps(body).encode())
