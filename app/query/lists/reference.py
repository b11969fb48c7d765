"""The lists of what events and claims refer to: sources, actors, places, packs."""

from app import models, vocab
from app.models.base import table_of
from app.query.lists.definition import define_list, field_names
from app.query.params.filters import ANY_VALUE_HELP, COUNTRY, NAME_HELP, NAMES_SCHEMA, SPACE
from app.query.params.param import Param, code_param, split_list
from app.query.predicates import conditions as where
from app.query.predicates import entities as refers
from app.query.predicates import time
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

LOCATION_POINT_COLUMNS = (where.location.c.longitude, where.location.c.latitude, where.location.c.point_kind)
MISSING_VALUE_PREDICATES = {"undated": time.has_no_date, "unlocated": where.has_no_point}
SOURCES_LIST = define_list(
    "sources",
    table_of(models.Source),
    (
        code_param("kind", vocab.SourceKind, "outlet", where.in_column("kind")),
        Param(
            "organisation",
            f"The source it belongs to. {NAME_HELP} {ANY_VALUE_HELP}",
            "eurasianet",
            split_list,
            refers.in_ids("organisation_id"),
            NAMES_SCHEMA,
            resolver=refers.resolve_sources("organisation"),
        ),
        Param(
            "actor",
            f"The actor that it is. {NAME_HELP} {ANY_VALUE_HELP}",
            "zabihullah-mujahid",
            split_list,
            refers.in_ids("actor_id"),
            NAMES_SCHEMA,
            resolver=refers.resolve_named_actors("actor"),
        ),
        Param(
            "q",
            "All words, in name, aliases, author and description.",
            "news",
            where.parse_text_query,
            where.matches_text("source", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    field_names(SourceRow),
)
ACTORS_LIST = define_list(
    "actors",
    table_of(models.Actor),
    (
        code_param("kind", vocab.ActorKind, "state_forces", where.in_column("kind")),
        Param(
            "country",
            f"ISO 3166-1 alpha-3 code of its country. {ANY_VALUE_HELP}",
            "AFG",
            where.parse_countries,
            where.in_column("country"),
            NAMES_SCHEMA,
            resolver=where.check_actor_countries,
        ),
        Param(
            "actor",
            f"The actor and what is part of it. {NAME_HELP} {ANY_VALUE_HELP}",
            "afghan-government",
            split_list,
            refers.within_actor,
            NAMES_SCHEMA,
            resolver=refers.resolve_named_actors("actor"),
        ),
        Param(
            "q",
            "All words, in name and aliases.",
            "Taliban",
            where.parse_text_query,
            where.matches_text("actor", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    field_names(ActorRow),
)
LOCATIONS_LIST = define_list(
    "locations",
    where.location,
    (
        *SPACE,
        code_param("kind", vocab.LocationKind, "district", where.in_column("kind")),
        Param(
            "place",
            f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY_VALUE_HELP}",
            "balkh",
            split_list,
            refers.column_in_location(None, "id"),
            NAMES_SCHEMA,
            resolver=refers.resolve_locations("place"),
        ),
        COUNTRY,
        Param(
            "q",
            "All words, in name and aliases.",
            "Hairatan",
            where.parse_text_query,
            where.matches_text("location", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    field_names(LocationRow),
    missing_value_predicates=MISSING_VALUE_PREDICATES,
    point_columns=LOCATION_POINT_COLUMNS,
)
PACKS_LIST = define_list("packs", table_of(models.Pack), (), {"id": "id"}, "id", field_names(PackRow))
