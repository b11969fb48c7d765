"""Every list and its parameters. Adding a filter is one entry here (and a row in tests/test_filters.py)."""

import operator
from typing import Any

from app import models, vocab
from app.models.base import table_of
from app.query import conditions as where
from app.query.listing import Listing, listing
from app.query.params import Asked, Param, of_vocabulary, one_code, split, whole_number
from app.query.resolve import ACTORS, SOURCES
from app.schemas.claims import ClaimRow
from app.schemas.events import EventRow
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow
from app.timespan import parse_day

view = table_of(models.EventView)
change = table_of(models.ControlChange)
move = table_of(models.Movement)
claim = table_of(models.Claim)
location = table_of(models.Location)

NAMES = {"type": "array", "items": {"type": "string"}}
MOST_DEATHS = 10_000_000
ANY = "Several values separated by commas mean any of them."
NAME = "An id or exact alias, without regard to case, accents, hyphens or spaces."


def _fields(row: Any) -> list[str]:
    return [name.rstrip("_") for name in row.model_fields]


KNOWN_BY = Param(
    "known_by",
    "Only claims reported up to this day; dates, statuses and counts follow from what is left.",
    "2021-07-02",
    parse_day,
    schema={"type": "string", "format": "date"},
)
TIME = (
    Param(
        "datetime",
        "A day, or an interval with `..` for an open end; RFC 3339 as in OGC API - Features.",
        "2021-06-28/2021-07-05",
        where.read_days,
        where.in_time,
        judges="undated",
    ),
    Param(
        "date_match",
        "`possible`: the dates overlap the window; `certain`: they lie wholly inside it.",
        "certain",
        one_code("date_match", "possible", "certain"),
        schema={"type": "string", "enum": ["possible", "certain"], "default": "possible"},
    ),
)
SPACE = (
    Param(
        "bbox",
        "West, south, east, north in degrees; west > east crosses the antimeridian.",
        "66,36,69,38",
        where.read_box,
        where.in_box,
        judges="unlocated",
    ),
    Param(
        "near",
        "Longitude and latitude in degrees; with `radius_km`.",
        "67.53,37.13",
        where.read_point,
        where.near,
        judges="unlocated",
    ),
    Param(
        "radius_km",
        "Great-circle distance from `near` in kilometres.",
        "50",
        where.read_radius,
        where.needs_near,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": where.LARGEST_RADIUS_KM},
    ),
)
COUNTRY = Param(
    "country",
    f"ISO 3166-1 alpha-3 code of the country it lies in. {ANY}",
    "AFG",
    where.read_country,
    where.in_country,
    NAMES,
)
EVENT_FILTERS = (
    *TIME,
    KNOWN_BY,
    *SPACE,
    Param(
        "place",
        "The place and everything inside it: an id, exact alias or `scheme:code` such as `ocha-cod-ab:AF21`; "
        f"for movements their from, to and via too. {ANY}",
        "balkh",
        split,
        where.event_place,
        NAMES,
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME} Includes what is part of the actor, never its allies. {ANY}",
        "taliban",
        split,
        where.event_actor,
        NAMES,
    ),
    of_vocabulary("actor_role", vocab.ROLE, "initiator", where.event_role),
    Param(
        "source",
        f"{NAME} Matches any hop of a claim's chain, or its document. {ANY}",
        "ariana-news",
        split,
        where.event_source,
        NAMES,
    ),
    of_vocabulary("category", vocab.CATEGORY, "movement", where.any_of("category")),
    of_vocabulary("status", vocab.STATUS, "disputed", where.any_of("status")),
    Param(
        "min_origins",
        "At least so many independent origins tell it.",
        "1",
        whole_number(0, 1000),
        where.at_least("origins"),
        {"type": "integer", "minimum": 0, "maximum": 1000},
    ),
    Param(
        "deaths_min",
        "At least so many deaths: best, else low.",
        "1",
        whole_number(0, MOST_DEATHS),
        where.deaths(operator.ge),
        {"type": "integer", "minimum": 0, "maximum": MOST_DEATHS},
    ),
    Param(
        "deaths_max",
        "At most so many deaths: best, else low.",
        "10",
        whole_number(0, MOST_DEATHS),
        where.deaths(operator.le),
        {"type": "integer", "minimum": 0, "maximum": MOST_DEATHS},
    ),
    Param(
        "q",
        "All words, in title, summary and all names; quotes make a phrase; there are no operators.",
        "Hairaton",
        where.read_words,
        where.full_text("event", "event_pk"),
    ),
)
EVENT_SORTS = {"date": "sort_date", "id": "id", "category": "category", "status": "status"}
UNJUDGED = {"undated": where.undated, "unlocated": where.unlocated}


def _events(name: str, filters: tuple[Param, ...] = (), source: Any = None) -> Listing:
    """A list of event rows: all of them, or those joined with what the list is about."""
    return listing(
        name,
        view,
        (*EVENT_FILTERS, *filters),
        EVENT_SORTS,
        "-date,id",
        _fields(EventRow),
        source=source,
        always=where.known_views,
        unjudged=UNJUDGED,
    )


def _place(name: str, description: str, example: str, column: str) -> Param:
    text = f"{description} An id, exact alias or `scheme:code`; includes everything inside it. {ANY}"
    return Param(name, text, example, split, where.placed_in(name, move, column), NAMES)


def _side(name: str, description: str, example: str, column: str) -> Param:
    text = f"{description} {NAME} Includes what is part of the actor. {ANY}"
    return Param(name, text, example, split, where.side(name, change, column), NAMES)


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
)


def _claim_place(values: list[str], asked: Asked) -> Any:
    return where.placed_in("place", claim, "location_id")(values, asked)


CLAIMS = listing(
    "claims",
    claim,
    (
        *TIME,
        Param(
            "reported",
            "The day on which it was said, or an interval of days.",
            "../2021-07-04",
            where.read_days,
            where.reported,
        ),
        KNOWN_BY,
        *SPACE,
        Param(
            "event",
            f"The id of the event that the claim is about. {ANY}",
            "kaldar-recaptured-2021-06-29",
            split,
            where.known_event,
            NAMES,
        ),
        Param(
            "place",
            f"The place of the claim and everything inside it. {ANY}",
            "balkh",
            split,
            _claim_place,
            NAMES,
        ),
        COUNTRY,
        Param("actor", f"{NAME} Takes part in the event. {ANY}", "taliban", split, where.event_actor, NAMES),
        of_vocabulary("actor_role", vocab.ROLE, "speaker", where.event_role),
        Param(
            "source",
            f"{NAME} Matches any hop of the chain, or the document. {ANY}",
            "eurasianet",
            split,
            where.claim_source,
            NAMES,
        ),
        of_vocabulary("category", vocab.CATEGORY, "movement", where.event_of_claim("category")),
        of_vocabulary("stance", vocab.STANCE, "denies", where.any_of("stance")),
        of_vocabulary("modality", vocab.MODALITY, "possible", where.any_of("modality")),
        Param(
            "q",
            "All words, in the claim, its event's title and the names of its sources.",
            "Kaldar",
            where.read_words,
            where.full_text("claim", "pk"),
        ),
    ),
    {"date": "sort_date", "id": "id", "reported_on": "reported_on"},
    "-date,id",
    _fields(ClaimRow),
    source=claim.outerjoin(location, location.c.id == claim.c.location_id),
    always=where.known_claims,
    unjudged=UNJUDGED,
)
SOURCES_LIST = listing(
    "sources",
    table_of(models.Source),
    (
        of_vocabulary("kind", vocab.SOURCE_KIND, "outlet", where.any_of("kind")),
        Param(
            "organisation",
            f"The source it belongs to. {NAME} {ANY}",
            "eurasianet",
            split,
            where.named("organisation", SOURCES, "organisation_id"),
            NAMES,
        ),
        Param(
            "actor",
            f"The actor that it is. {NAME} {ANY}",
            "zabihullah-mujahid",
            split,
            where.named("actor", ACTORS, "actor_id"),
            NAMES,
        ),
        Param(
            "q",
            "All words, in name, aliases, author and description.",
            "news",
            where.read_words,
            where.full_text("source", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    _fields(SourceRow),
)
ACTORS_LIST = listing(
    "actors",
    table_of(models.Actor),
    (
        of_vocabulary("kind", vocab.ACTOR_KIND, "state_forces", where.any_of("kind")),
        Param(
            "country",
            f"ISO 3166-1 alpha-3 code of its country. {ANY}",
            "AFG",
            where.read_country,
            where.actor_country,
            NAMES,
        ),
        Param(
            "actor",
            f"The actor and what is part of it. {NAME} {ANY}",
            "afghan-government",
            split,
            where.part_of_actor,
            NAMES,
        ),
        Param(
            "q",
            "All words, in name and aliases.",
            "Taliban",
            where.read_words,
            where.full_text("actor", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    _fields(ActorRow),
)
LOCATIONS_LIST = listing(
    "locations",
    location,
    (
        *SPACE,
        of_vocabulary("kind", vocab.LOCATION_KIND, "district", where.any_of("kind")),
        Param(
            "place",
            f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY}",
            "balkh",
            split,
            where.placed_in("place", None, "id"),
            NAMES,
        ),
        COUNTRY,
        Param(
            "q",
            "All words, in name and aliases.",
            "Hairatan",
            where.read_words,
            where.full_text("location", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    _fields(LocationRow),
    unjudged=UNJUDGED,
)
PACKS = listing("packs", table_of(models.Pack), (), {"id": "id"}, "id", _fields(PackRow))
