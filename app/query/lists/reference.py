"""Lists of what events and claims refer to: sources, actors, locations, packs."""

from app import models, vocab
from app.models.base import table_of
from app.query.lists.definition import define_list, field_names
from app.query.params.filters import ANY_VALUE_HELP, COUNTRY, NAME_HELP, NAMES_SCHEMA, SPACE
from app.query.params.param import Param, code_param, split_list
from app.query.predicates import column_values, countries, entities, space, text, time
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

location = table_of(models.Location)
LOCATION_POINT_COLUMNS = (location.c.longitude, location.c.latitude, location.c.point_kind)
MISSING_VALUE_PREDICATES = {"undated": time.has_no_date, "unlocated": space.has_no_point}
SOURCES_LIST = define_list(
    "sources",
    table_of(models.Source),
    (
        code_param("kind", vocab.SourceKind, "outlet", column_values.in_column("kind")),
        Param(
            "organisation",
            f"The source it belongs to. {NAME_HELP} {ANY_VALUE_HELP}",
            "eurasianet",
            split_list,
            entities.in_ids("organisation_id"),
            NAMES_SCHEMA,
            resolver=entities.resolve_sources("organisation"),
        ),
        Param(
            "actor",
            f"The actor that it is. {NAME_HELP} {ANY_VALUE_HELP}",
            "zabihullah-mujahid",
            split_list,
            entities.in_ids("actor_id"),
            NAMES_SCHEMA,
            resolver=entities.resolve_named_actors("actor"),
        ),
        Param(
            "q",
            "All words, in name, aliases, author and description.",
            "news",
            text.parse_text_query,
            text.matches_text("source", "pk"),
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
        code_param("kind", vocab.ActorKind, "state_forces", column_values.in_column("kind")),
        Param(
            "country",
            f"ISO 3166-1 alpha-3 code of its country. {ANY_VALUE_HELP}",
            "AFG",
            countries.parse_countries,
            column_values.in_column("country"),
            NAMES_SCHEMA,
            resolver=countries.check_actor_countries,
        ),
        Param(
            "actor",
            f"The actor and what is part of it. {NAME_HELP} {ANY_VALUE_HELP}",
            "afghan-government",
            split_list,
            entities.within_actor,
            NAMES_SCHEMA,
            resolver=entities.resolve_named_actors("actor"),
        ),
        Param(
            "q",
            "All words, in name and aliases.",
            "Taliban",
            text.parse_text_query,
            text.matches_text("actor", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    field_names(ActorRow),
)
LOCATIONS_LIST = define_list(
    "locations",
    location,
    (
        *SPACE,
        code_param("kind", vocab.LocationKind, "district", column_values.in_column("kind")),
        Param(
            "place",
            f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY_VALUE_HELP}",
            "balkh",
            split_list,
            entities.column_in_location(None, "id"),
            NAMES_SCHEMA,
            resolver=entities.resolve_locations("place"),
        ),
        COUNTRY,
        Param(
            "q",
            "All words, in name and aliases.",
            "Hairatan",
            text.parse_text_query,
            text.matches_text("location", "pk"),
        ),
    ),
    {"id": "id", "name": "name", "kind": "kind"},
    "id",
    field_names(LocationRow),
    missing_value_predicates=MISSING_VALUE_PREDICATES,
    point_columns=LOCATION_POINT_COLUMNS,
)
PACKS_LIST = define_list("packs", table_of(models.Pack), (), {"id": "id"}, "id", field_names(PackRow))
