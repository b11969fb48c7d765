"""Rows of what events and claims refer to: sources, actors, locations, packs."""

from datetime import date

from pydantic import Field

from app.schemas.base import Alias, ApiModel, CodeRow, Ref
from app.vocab import ActorKind, LocationKind, PointKind, RelationType, SourceKind


class SourceRow(ApiModel):
    """A source: a document, outlet, ministry, person or unnamed voice."""

    id: str
    name: str
    kind: SourceKind
    organisation: Ref | None
    actor: Ref | None
    published_on: date | None
    author: str | None
    url: str | None
    language: str | None
    aliases: list[Alias]
    description: str | None


class RelationRow(ApiModel):
    """A relation of an actor to another, with its first and last day where known."""

    type: RelationType
    actor: Ref
    from_: date | None
    until: date | None


class ActorRow(ApiModel):
    """An actor: a state, force, group, organisation or person that takes part in events."""

    id: str
    name: str
    kind: ActorKind
    country: str | None
    aliases: list[Alias]
    codes: list[CodeRow]
    relations: list[RelationRow]


class LocationRow(ApiModel):
    """A place; `path` leads from the outermost place down to this one."""

    id: str
    name: str
    kind: LocationKind
    country: str | None
    parent: Ref | None
    path: list[str]
    admin1: Ref | None = Field(description="the province that it is or lies in")
    admin2: Ref | None = Field(description="the district that it is or lies in")
    latitude: float | None
    longitude: float | None
    point_kind: PointKind | None
    covers: list[Ref] = Field(description="places that a region, border or river takes in although they lie elsewhere")
    aliases: list[Alias]
    codes: list[CodeRow]


class CoverageRow(ApiModel):
    """Coverage of a pack: period, area (ids of locations) and the sources that were searched."""

    from_: date | None
    until: date | None
    area: list[str]
    sources_searched: str


class PackRow(ApiModel):
    """A loaded pack: its licence, how to cite it, and the day up to which it was curated."""

    id: str
    title: str
    version: str
    licence: str
    citation: str
    coverage: CoverageRow
    cut_off: date | None
    document: Ref | None
    revision: int
