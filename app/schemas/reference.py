"""Rows of what events refer to: sources, actors, locations, packs."""

from datetime import date

from app import vocab
from app.schemas.base import Alias, CodeIn, Ref, Said, coded


class SourceRow(Said):
    """Who says something: a document, outlet, ministry, person or unnamed voice."""

    id: str
    name: str
    kind: coded(vocab.SOURCE_KIND)  # type: ignore[valid-type]
    organisation: Ref | None
    actor: Ref | None
    published_on: date | None
    author: str | None
    url: str | None
    language: str | None
    aliases: list[Alias]
    description: str | None


class RelationRow(Said):
    """How an actor stands to another, from a day until a day where known."""

    type: coded(vocab.RELATION)  # type: ignore[valid-type]
    actor: Ref
    from_: date | None
    until: date | None


class ActorRow(Said):
    """Who does things."""

    id: str
    name: str
    kind: coded(vocab.ACTOR_KIND)  # type: ignore[valid-type]
    country: str | None
    aliases: list[Alias]
    codes: list[CodeIn]
    relations: list[RelationRow]


class LocationRow(Said):
    """A place; `path` leads from the outermost place down to this one."""

    id: str
    name: str
    kind: coded(vocab.LOCATION_KIND)  # type: ignore[valid-type]
    country: str | None
    parent: str | None
    path: list[str]
    latitude: float | None
    longitude: float | None
    point_kind: coded(vocab.POINT_KIND) | None  # type: ignore[valid-type]
    aliases: list[Alias]
    codes: list[CodeIn]


class CoverageRow(Said):
    """What a pack covers: period, area (ids of locations) and the sources that were searched."""

    from_: date | None
    until: date | None
    area: list[str]
    sources_searched: str


class PackRow(Said):
    """What is loaded, under which licence, how to cite it, and up to which day it was curated."""

    id: str
    title: str
    version: str
    licence: str
    citation: str
    coverage: CoverageRow
    cut_off: date | None
    document: Ref | None
    revision: int
