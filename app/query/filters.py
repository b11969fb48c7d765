"""Parameters that filter; lists that share one share it from here."""

import operator

from app import vocab
from app.query import conditions as where
from app.query import references as refers
from app.query import times
from app.query.params import Param, of_vocabulary, one_code, split, whole_number
from app.timespan import parse_day

NAMES = {"type": "array", "items": {"type": "string"}}
MOST_DEATHS = 10_000_000
ANY = "Several values separated by commas mean any of them."
NAME = "An id or exact alias, without regard to case, accents, hyphens or spaces."


KNOWN_BY = Param(
    "known_by",
    "Only claims reported up to this day; dates, statuses and counts follow from what is left.",
    "2021-07-04",
    parse_day,
    schema={"type": "string", "format": "date"},
    means=where.known_day,
)
TIME = (
    Param(
        "datetime",
        "A day, or an interval with `..` for an open end; RFC 3339 as in OGC API - Features.",
        "2021-06-28/2021-07-05",
        times.read_days,
        times.in_time,
        judges="undated",
        means=times.window,
    ),
    Param(
        "date_match",
        "`possible`: the dates overlap the window; `certain`: they lie wholly inside it.",
        "certain",
        one_code("date_match", "possible", "certain"),
        schema={"type": "string", "enum": ["possible", "certain"]},  # no default: clients would send it alone
        means=where.needs("date_match", "datetime"),
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
        means=where.boxes,
    ),
    Param(
        "near",
        "Longitude and latitude in degrees; with `radius_km`.",
        "67.53,37.13",
        where.read_point,
        where.near,
        judges="unlocated",
        means=where.disc,
    ),
    Param(
        "radius_km",
        "Great-circle distance from `near` in kilometres.",
        "50",
        where.read_radius,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": where.LARGEST_RADIUS_KM},
        means=where.needs("radius_km", "near"),
    ),
)
COUNTRY = Param(
    "country",
    f"ISO 3166-1 alpha-3 code of the country it lies in. {ANY}",
    "AFG",
    where.read_country,
    where.in_country,
    NAMES,
    means=where.country_of_places,
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
        refers.event_place,
        NAMES,
        means=refers.places("place"),
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME} Includes what is part of the actor, never its allies. {ANY}",
        "taliban",
        split,
        refers.event_actor,
        NAMES,
        means=refers.actors("actor"),
    ),
    of_vocabulary("actor_role", vocab.ROLE, "initiator", refers.event_role),
    Param(
        "source",
        f"{NAME} Matches any hop of a claim's chain, or its document. {ANY}",
        "ariana-news",
        split,
        refers.event_source,
        NAMES,
        means=refers.sources("source"),
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
