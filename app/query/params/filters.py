"""Filters that several lists share."""

import operator
from collections.abc import Callable
from typing import TypeVar

from app import vocab
from app.errors import InvalidParameterError
from app.geo import parse_bbox, parse_point
from app.query.params.param import (
    ListQuery,
    Param,
    code_param,
    integer_between,
    single_code_parser,
    split_list,
)
from app.query.predicates import column_values, countries, entities, space, text, time, versions
from app.timespan import parse_date_range, parse_day

NAMES_SCHEMA = {"type": "array", "items": {"type": "string"}}
MAX_DEATHS = 10_000_000
ANY_VALUE_HELP = "Several values separated by commas mean any of them."
NAME_HELP = "An id or exact alias, without regard to case, accents, hyphens or spaces."
T = TypeVar("T")


def _requires(parameter: str, other: str) -> Callable[[T, ListQuery], T]:
    """Return a resolver that keeps the value and raises InvalidParameterError if the other parameter is missing."""

    def resolver(value: T, query: ListQuery) -> T:
        if query.get(other) is None:
            raise InvalidParameterError(parameter, str(value), f"says nothing without {other}; needs {other} beside it")
        return value

    return resolver


KNOWN_BY = Param(
    "known_by",
    "Only claims reported up to this day; dates, statuses and counts follow from what is left.",
    "2021-07-04",
    parse_day,
    schema={"type": "string", "format": "date"},
    resolver=versions.normalise_known_by,
)
TIME = (
    Param(
        "datetime",
        "A day, or an interval with `..` for an open end; RFC 3339 as in OGC API - Features.",
        "2021-06-28/2021-07-05",
        parse_date_range,
        time.overlaps_window,
        omits="undated",
        resolver=time.resolve_window,
    ),
    Param(
        "date_match",
        "`possible`: it may have happened within the window; `certain`: it certainly did.",
        "certain",
        single_code_parser("date_match", "possible", "certain"),
        schema={"type": "string", "enum": ["possible", "certain"]},  # no default: clients would send it alone
        structural=True,
        resolver=_requires("date_match", "datetime"),
    ),
)
SPACE = (
    Param(
        "bbox",
        "West, south, east, north in degrees; west > east crosses the antimeridian.",
        "66,36,69,38",
        parse_bbox,
        space.within_boxes,
        omits="unlocated",
        resolver=space.split_at_antimeridian,
    ),
    Param(
        "near",
        "Longitude and latitude in degrees; with `radius_km`.",
        "67.53,37.13",
        parse_point,
        space.within_circle,
        omits="unlocated",
        resolver=space.resolve_circle,
    ),
    Param(
        "radius_km",
        "Great-circle distance from `near` in kilometres.",
        "50",
        space.parse_radius,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": space.MAX_RADIUS_KM},
        resolver=_requires("radius_km", "near"),
    ),
)
COUNTRY = Param(
    "country",
    f"ISO 3166-1 alpha-3 code of the country it lies in. {ANY_VALUE_HELP}",
    "AFG",
    countries.parse_countries,
    countries.located_in_country,
    NAMES_SCHEMA,
    resolver=countries.check_location_countries,
)
EVENT_FILTERS = (
    *TIME,
    KNOWN_BY,
    *SPACE,
    Param(
        "place",
        "The place, everything inside it and what it covers: an id, exact alias or `scheme:code` such as "
        f"`ocha-cod-ab:AF21`; for movements their from, to and via too. {ANY_VALUE_HELP}",
        "balkh",
        split_list,
        entities.event_at_location,
        NAMES_SCHEMA,
        resolver=entities.resolve_locations("place"),
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME_HELP} Includes what is part of the actor, never its allies. {ANY_VALUE_HELP}",
        "taliban",
        split_list,
        entities.event_has_actor,
        NAMES_SCHEMA,
        resolver=entities.resolve_members("actor"),
    ),
    code_param("actor_role", vocab.ActorRole, "initiator", entities.event_has_role),
    Param(
        "source",
        f"{NAME_HELP} Matches any hop of a claim's chain, or its document, with all that belongs to it. "
        f"{ANY_VALUE_HELP}",
        "ariana-news",
        split_list,
        entities.event_from_source,
        NAMES_SCHEMA,
        resolver=entities.resolve_sources("source"),
    ),
    code_param("category", vocab.EventCategory, "movement", column_values.in_column("category")),
    code_param("status", vocab.EventStatus, "disputed", column_values.in_column("status")),
    Param(
        "min_origins",
        "At least so many independent origins tell it.",
        "1",
        integer_between(0, 1000),
        column_values.at_least("origins"),
        {"type": "integer", "minimum": 0, "maximum": 1000},
    ),
    Param(
        "deaths_min",
        "At least so many deaths: best, else low.",
        "1",
        integer_between(0, MAX_DEATHS),
        column_values.compare_deaths(operator.ge),
        {"type": "integer", "minimum": 0, "maximum": MAX_DEATHS},
    ),
    Param(
        "deaths_max",
        "At most so many deaths: best, else low.",
        "10",
        integer_between(0, MAX_DEATHS),
        column_values.compare_deaths(operator.le),
        {"type": "integer", "minimum": 0, "maximum": MAX_DEATHS},
    ),
    Param(
        "q",
        "All words, in title, summary, all names, and what its claims say and print; quotes make a phrase; there are "
        "no operators.",
        "Hairaton",
        text.parse_text_query,
        text.matches_text("event", "event_pk"),
    ),
)
