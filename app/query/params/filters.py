"""Parameters that filter; lists that share one share it from here."""

import operator

from app import vocab
from app.query.params.param import Param, code_param, integer_between, single_code_parser, split_list
from app.query.predicates import conditions as where
from app.query.predicates import entities as refers
from app.query.predicates import time
from app.timespan import parse_day

NAMES_SCHEMA = {"type": "array", "items": {"type": "string"}}
MAX_DEATHS = 10_000_000
ANY_VALUE_HELP = "Several values separated by commas mean any of them."
NAME_HELP = "An id or exact alias, without regard to case, accents, hyphens or spaces."


KNOWN_BY = Param(
    "known_by",
    "Only claims reported up to this day; dates, statuses and counts follow from what is left.",
    "2021-07-04",
    parse_day,
    schema={"type": "string", "format": "date"},
    resolver=where.normalise_known_by,
)
TIME = (
    Param(
        "datetime",
        "A day, or an interval with `..` for an open end; RFC 3339 as in OGC API - Features.",
        "2021-06-28/2021-07-05",
        time.parse_days,
        time.overlaps_window,
        omits="undated",
        resolver=time.resolve_window,
    ),
    Param(
        "date_match",
        "`possible`: the dates overlap the window; `certain`: they lie wholly inside it.",
        "certain",
        single_code_parser("date_match", "possible", "certain"),
        schema={"type": "string", "enum": ["possible", "certain"]},  # no default: clients would send it alone
        structural=True,
        resolver=where.requires_param("date_match", "datetime"),
    ),
)
SPACE = (
    Param(
        "bbox",
        "West, south, east, north in degrees; west > east crosses the antimeridian.",
        "66,36,69,38",
        where.parse_box,
        where.within_boxes,
        omits="unlocated",
        resolver=where.split_at_antimeridian,
    ),
    Param(
        "near",
        "Longitude and latitude in degrees; with `radius_km`.",
        "67.53,37.13",
        where.parse_point_param,
        where.within_circle,
        omits="unlocated",
        resolver=where.resolve_circle,
    ),
    Param(
        "radius_km",
        "Great-circle distance from `near` in kilometres.",
        "50",
        where.parse_radius,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": where.MAX_RADIUS_KM},
        resolver=where.requires_param("radius_km", "near"),
    ),
)
COUNTRY = Param(
    "country",
    f"ISO 3166-1 alpha-3 code of the country it lies in. {ANY_VALUE_HELP}",
    "AFG",
    where.parse_countries,
    where.located_in_country,
    NAMES_SCHEMA,
    resolver=where.check_location_countries,
)
EVENT_FILTERS = (
    *TIME,
    KNOWN_BY,
    *SPACE,
    Param(
        "place",
        "The place and everything inside it: an id, exact alias or `scheme:code` such as `ocha-cod-ab:AF21`; "
        f"for movements their from, to and via too. {ANY_VALUE_HELP}",
        "balkh",
        split_list,
        refers.event_at_location,
        NAMES_SCHEMA,
        resolver=refers.resolve_locations("place"),
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME_HELP} Includes what is part of the actor, never its allies. {ANY_VALUE_HELP}",
        "taliban",
        split_list,
        refers.event_has_actor,
        NAMES_SCHEMA,
        resolver=refers.resolve_members("actor"),
    ),
    code_param("actor_role", vocab.ActorRole, "initiator", refers.event_has_role),
    Param(
        "source",
        f"{NAME_HELP} Matches any hop of a claim's chain, or its document. {ANY_VALUE_HELP}",
        "ariana-news",
        split_list,
        refers.event_from_source,
        NAMES_SCHEMA,
        resolver=refers.resolve_sources("source"),
    ),
    code_param("category", vocab.EventCategory, "movement", where.in_column("category")),
    code_param("status", vocab.EventStatus, "disputed", where.in_column("status")),
    Param(
        "min_origins",
        "At least so many independent origins tell it.",
        "1",
        integer_between(0, 1000),
        where.at_least("origins"),
        {"type": "integer", "minimum": 0, "maximum": 1000},
    ),
    Param(
        "deaths_min",
        "At least so many deaths: best, else low.",
        "1",
        integer_between(0, MAX_DEATHS),
        where.compare_deaths(operator.ge),
        {"type": "integer", "minimum": 0, "maximum": MAX_DEATHS},
    ),
    Param(
        "deaths_max",
        "At most so many deaths: best, else low.",
        "10",
        integer_between(0, MAX_DEATHS),
        where.compare_deaths(operator.le),
        {"type": "integer", "minimum": 0, "maximum": MAX_DEATHS},
    ),
    Param(
        "q",
        "All words, in title, summary and all names; quotes make a phrase; there are no operators.",
        "Hairaton",
        where.parse_text_query,
        where.matches_text("event", "event_pk"),
    ),
)
