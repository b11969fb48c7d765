"""The lists of what events and claims refer to: sources, actors, places, packs."""

from app import models, vocab
from app.models.base import table_of
from app.query import conditions as where
from app.query import references as refers
from app.query import times
from app.query.filters import ANY, COUNTRY, NAME, NAMES, SPACE
from app.query.listing import fields_of, listing
from app.query.params import Param, of_vocabulary, split
from app.schemas.reference import ActorRow, LocationRow, PackRow, SourceRow

PLACE_SPOT = (where.location.c.longitude, where.location.c.latitude, where.location.c.point_kind)
UNJUDGED = {"undated": times.undated, "unlocated": where.unlocated}
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
            refers.named("organisation_id"),
            NAMES,
            means=refers.sources("organisation"),
        ),
        Param(
            "actor",
            f"The actor that it is. {NAME} {ANY}",
            "zabihullah-mujahid",
            split,
            refers.named("actor_id"),
            NAMES,
            means=refers.named_actors("actor"),
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
    fields_of(SourceRow),
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
            where.any_of("country"),
            NAMES,
            means=where.country_of_actors,
        ),
        Param(
            "actor",
            f"The actor and what is part of it. {NAME} {ANY}",
            "afghan-government",
            split,
            refers.part_of_actor,
            NAMES,
            means=refers.named_actors("actor"),
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
    fields_of(ActorRow),
)
LOCATIONS_LIST = listing(
    "locations",
    where.location,
    (
        *SPACE,
        of_vocabulary("kind", vocab.LOCATION_KIND, "district", where.any_of("kind")),
        Param(
            "place",
            f"The place and everything inside it: an id, exact alias or `scheme:code`. {ANY}",
            "balkh",
            split,
            refers.placed_in(None, "id"),
            NAMES,
            means=refers.places("place"),
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
    fields_of(LocationRow),
    unjudged=UNJUDGED,
    spot=PLACE_SPOT,
)
PACKS = listing("packs", table_of(models.Pack), (), {"id": "id"}, "id", fields_of(PackRow))
