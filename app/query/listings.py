"""Every list and its parameters. Adding a filter is one entry here (and a row in tests/test_filters.py)."""

from typing import Any

from sqlalchemy import Table, select

from app import models, vocab
from app.models.base import table_of
from app.query import conditions as where
from app.query import references as refers
from app.query import times
from app.query.figures import present
from app.query.filters import ANY, COUNTRY, EVENT_FILTERS, KNOWN_BY, NAME, NAMES, SPACE, TIME
from app.query.listing import Listing, fields_of, listing
from app.query.params import Among, Param, of_vocabulary, split
from app.query.paths import BY_PK, Indexes
from app.query.reference_listings import PLACE_SPOT, UNJUDGED
from app.schemas.analysis import FigureEntry
from app.schemas.claims import ClaimRow
from app.schemas.events import EventRow

view = table_of(models.EventView)
change = table_of(models.ControlChange)
move = table_of(models.Movement)
claim = table_of(models.Claim)
location = table_of(models.Location)
place = location.alias("place")
EVENT_SPOT = (
    view.c.longitude,
    view.c.latitude,
    select(place.c.point_kind).where(place.c.id == view.c.location_id).scalar_subquery(),
)


EVENT_INDEXES = Indexes(
    order="ix_event_view_now",
    past="ix_event_view_sort_date_id",
    above="ix_event_view_open",
    below="ix_event_view_vague",
    ordered={name: f"ix_event_view_{name}" for name in ("country", "category", "status")},
    sorted_by={
        "deaths_min": "ix_event_view_deaths",
        "deaths_max": "ix_event_view_deaths",
        "min_origins": "ix_event_view_origins",
    },
    keys={"event_pk": "ix_event_view_event_pk"},
    lacking={"undated": "ix_event_view_vague", "unlocated": "ix_event_view_unlocated"},
    now=where.NOW,
)
CLAIM_INDEXES = Indexes(
    order="ix_claim_sort_date_id",
    past="ix_claim_sort_date_id",
    above="ix_claim_open",
    below="ix_claim_vague",
    rare={name: (f"ix_claim_{name}", codes) for name, codes in where.RARE_CODES.items()},
    sorted_by={"reported": "ix_claim_reported_on"},
    keys={
        "event_pk": "ix_claim_event_pk",
        "location_id": "ix_claim_location_id",
        "pk": BY_PK,
    },
    lacking={"undated": "ix_claim_vague"},
)
EVENT_SORTS = {"date": "sort_date", "id": "id", "category": "category", "status": "status"}


def _events(
    name: str,
    filters: tuple[Param, ...] = (),
    source: Any = None,
    examples: dict[str, str] | None = None,
    joined: Table | None = None,
) -> Listing:
    """A list of event rows: all of them, or those joined with what the list is about."""
    return listing(
        name,
        view,
        (*EVENT_FILTERS, *filters),
        EVENT_SORTS,
        "-date,id",
        fields_of(EventRow),
        examples,
        source=source,
        always=where.known_views,
        unjudged=UNJUDGED,
        spot=EVENT_SPOT,
        indexes=EVENT_INDEXES,
        joined=None if joined is None else Among(view.c.event_pk, select(joined.c.event_pk)),
    )


def _place(name: str, description: str, example: str, column: str) -> Param:
    text = f"{description} An id, exact alias or `scheme:code`; includes everything inside it. {ANY}"
    return Param(name, text, example, split, refers.placed_in(move, column), NAMES, means=refers.places(name))


def _side(name: str, description: str, example: str, column: str) -> Param:
    text = f"{description} {NAME} Includes what is part of the actor. {ANY}"
    return Param(name, text, example, split, refers.side(change, column), NAMES, means=refers.actors(name))


EVENTS = _events("events")
CONTROL_CHANGES = _events(
    "control-changes",
    (
        _side("gained_by", "The side that gains the place.", "taliban", "gained_by_id"),
        _side("lost_by", "The side that loses the place.", "afghan-government", "lost_by_id"),
        of_vocabulary("extent", vocab.EXTENT, "full", where.column_of(change, "extent")),
        of_vocabulary("means", vocab.MEANS, "recaptured", where.column_of(change, "means")),
        of_vocabulary("kind", vocab.LOCATION_KIND, "district", where.column_of(location, "kind")),
    ),
    view.join(change, change.c.event_pk == view.c.event_pk).join(location, location.c.id == change.c.location_id),
    {"category": "control_change", "status": "unconfirmed"},
    change,
)
MOVEMENTS = _events(
    "movements",
    (
        _place("from", "Where the movement starts.", "badakhshan", "from_id"),
        _place("to", "Where the movement leads.", "tajikistan", "to_id"),
        _place("via", "What the movement goes through.", "uzbekistan", "via_id"),
        of_vocabulary("population", vocab.POPULATION, "troops", where.column_of(move, "population")),
        of_vocabulary("outcome", vocab.OUTCOME, "expelled", where.column_of(move, "outcome")),
        Param(
            "cross_border",
            "Whether the movement leads from one country into another.",
            "true",
            where.yes_or_no,
            where.is_so(move, "cross_border"),
            {"type": "boolean"},
        ),
    ),
    view.join(move, move.c.event_pk == view.c.event_pk),
    {
        "bbox": "60,29,75,39",
        "near": "70.39,37.84",
        "radius_km": "500",
        "place": "badakhshan",
        "source": "pajhwok",
        "q": "Tajikistan",
        "known_by": "2021-07-05",
    },
    move,
)


CLAIM_FILTERS = (
    *TIME,
    Param(
        "reported",
        "The day on which it was said, or an interval of days.",
        "../2021-07-04",
        times.read_days,
        times.reported,
    ),
    KNOWN_BY,
    *SPACE,
    Param(
        "event",
        f"The id of the event that the claim is about. {ANY}",
        "kaldar-recaptured-2021-06-29",
        split,
        refers.known_event,
        NAMES,
        means=refers.events,
    ),
    Param(
        "place",
        f"The place of the claim and everything inside it. {ANY}",
        "balkh",
        split,
        refers.placed_in(claim, "location_id"),
        NAMES,
        means=refers.places("place"),
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME} Takes part in the event. {ANY}",
        "taliban",
        split,
        refers.event_actor,
        NAMES,
        means=refers.actors("actor"),
    ),
    of_vocabulary("actor_role", vocab.ROLE, "speaker", refers.event_role),
    Param(
        "source",
        f"{NAME} Matches any hop of the chain, or the document. {ANY}",
        "eurasianet",
        split,
        refers.claim_source,
        NAMES,
        means=refers.sources("source"),
    ),
    of_vocabulary("category", vocab.CATEGORY, "movement", refers.category_of_event),
    of_vocabulary("stance", vocab.STANCE, "denies", where.any_of_rare("stance")),
    of_vocabulary("modality", vocab.MODALITY, "possible", where.any_of_rare("modality")),
    Param(
        "q",
        "All words, in the claim, its event's title and the names of its sources.",
        "Kaldar",
        where.read_words,
        where.full_text("claim", "pk"),
    ),
)
CLAIM_SORTS = {"date": "sort_date", "id": "id", "reported_on": "reported_on"}
CLAIM_SOURCE = claim.outerjoin(location, location.c.id == claim.c.location_id)
CLAIMS = listing(
    "claims",
    claim,
    CLAIM_FILTERS,
    CLAIM_SORTS,
    "-date,id",
    fields_of(ClaimRow),
    source=CLAIM_SOURCE,
    always=where.known_claims,
    unjudged=UNJUDGED,
    spot=PLACE_SPOT,
    indexes=CLAIM_INDEXES,
)
figure = table_of(models.Figure)
FIGURES = listing(
    "figures",
    claim,
    (
        *CLAIM_FILTERS,
        of_vocabulary("measure", vocab.MEASURE, "persons_moved", where.figure_with("measure")),
        of_vocabulary("count_kind", vocab.COUNT_KIND, "cumulative", where.figure_with("count_kind")),
    ),
    CLAIM_SORTS,
    "-date,id",
    fields_of(FigureEntry),
    {
        "event": "flight-to-tajikistan-2021",
        "actor_role": "mover",
        "stance": "asserts",
        "modality": "reported",
        "q": "Tajikistan",
    },
    source=CLAIM_SOURCE.join(figure, figure.c.claim_pk == claim.c.pk),
    always=where.known_claims,
    unjudged=UNJUDGED,
    spot=PLACE_SPOT,
    indexes=CLAIM_INDEXES,
    joined=Among(claim.c.pk, select(figure.c.claim_pk)),
    shown=figure,
    present=present,
)
