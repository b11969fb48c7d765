"""Drafts: the tables of a pack's TOML files as typed models; `checks` tests what must hold between them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.models.entity_types import ENTITY_TYPES
from app.timespan import DateRange
from app.vocab import (
    ActorKind,
    ControlExtent,
    ControlMeans,
    CountKind,
    EventCategory,
    LocationKind,
    LocationPrecision,
    Measure,
    Modality,
    MovementOutcome,
    PointKind,
    Population,
    Precision,
    RelationType,
    SourceKind,
    Stance,
)

Id = Annotated[
    str,
    StringConstraints(strip_whitespace=False, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^\S(.*\S)?$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Draft(BaseModel):
    """Base of all drafts: unknown keys are errors, and no value is converted from another type."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=lambda name: name.rstrip("_"),
        populate_by_name=True,
    )


class IdentifiedDraft(Draft):
    """Draft with an id, which stands on its own in a file."""

    file: str = Field(description="path inside the folder of packs, put in by the reader")
    id: Id


class AliasDraft(Draft):
    """Another name, in a language (BCP 47), or as a document prints it."""

    name: Text
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] | None = None
    as_printed: str | None = None


class CodeDraft(Draft):
    """A code in a scheme."""

    scheme: Id
    version: Text | None = None
    code: Text


class CoverageDraft(Draft):
    """Coverage of a pack: period, area and searched sources."""

    from_: date | None = None
    until: date | None = None
    area: list[str] = []
    sources_searched: Text


class NamedDraft(IdentifiedDraft):
    """Draft of an entity that is found by names."""

    name: Text
    aliases: list[AliasDraft] = []


class PackDraft(IdentifiedDraft):
    """The content of pack.toml."""

    title: Text
    version: Text
    licence: Text
    citation: Text
    cut_off: date | None = None
    document: str | None = None
    coverage: CoverageDraft


class SourceDraft(NamedDraft):
    """One entry of sources.toml."""

    kind: SourceKind
    organisation: str | None = None
    actor: str | None = None
    published_on: date | None = None
    author: Text | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] | None = None
    description: Text | None = None


class RelationDraft(Draft):
    """A relation of an actor to another."""

    type: RelationType
    actor: str
    from_: date | None = None
    until: date | None = None


class ActorDraft(NamedDraft):
    """One entry of actors.toml."""

    kind: ActorKind
    country: CountryCode | None = None
    codes: list[CodeDraft] = []
    relations: list[RelationDraft] = []


class LocationDraft(NamedDraft):
    """One entry of locations.toml."""

    kind: LocationKind
    country: CountryCode | None = None
    parent: str | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    point_kind: PointKind | None = None
    covers: list[str] = []
    """Places that a region, border or river takes in although they lie elsewhere."""
    codes: list[CodeDraft] = []


class DateDraft(Draft):
    """Dates of a claim; both ends may be left out."""

    earliest: date | None = None
    latest: date | None = None
    precision: Precision = Precision.RANGE

    @property
    def interval(self) -> DateRange:
        """The days without their precision."""
        return DateRange(self.earliest, self.latest)


def _coerce_date(value: object) -> object:
    """Accept a single day for a range of one day."""
    if isinstance(value, date):
        return {"earliest": value, "latest": value, "precision": Precision.DAY}
    return value


Tokens = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else tuple(value)),
]


class PrintedDraft(Draft):
    """Tokens as the document prints them."""

    date: Tokens = ()
    place: Tokens = ()
    quantity: Tokens = ()
    name: Tokens = ()
    other: Tokens = ()

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """(field, token) for every token."""
        return [(field, token) for field in type(self).model_fields for token in getattr(self, field)]


CountValue = Annotated[int, Field(ge=0, le=2_000_000_000)]  # what a column of either database holds


class FigureDraft(Draft):
    """One number of a claim."""

    measure: Measure
    printed: Text
    count_kind: CountKind
    since: date | None = None
    as_of: date | None = None
    of: Annotated[int, Field(gt=0, le=2_000_000_000)] | None = None
    low: CountValue | None = None
    best: CountValue | None = None
    high: CountValue | None = None


class ClaimDraft(Draft):
    """One claim. `event` and `file` are put in by the reader where the claim stands under its event."""

    file: str
    event: str
    id: Id | None = None
    document: str | None = None
    paragraph: Annotated[int, Field(gt=0)] | None = None
    locator: Text | None = None
    summary: Text
    stance: Stance = Stance.ASSERTS
    modality: Modality
    via: tuple[str, ...] = Field(default=(), strict=False)
    reported_on: date | None = None
    date: Annotated[DateDraft, BeforeValidator(_coerce_date)] = DateDraft(precision=Precision.UNKNOWN)
    location: str | None = None
    printed: PrintedDraft = PrintedDraft()
    figures: list[FigureDraft] = []
    note: Text | None = None

    @property
    def full_id(self) -> str:
        """The id as served."""
        return self.id or (f"{self.event}-p{self.paragraph}" if self.paragraph else self.event)


class EventActorDraft(Draft):
    """A coded role of an actor in an event."""

    actor: str
    role: Literal["initiator", "target", "ally", "host", "speaker", "participant"]


class ControlChangeDraft(Draft):
    """A change of control: the sides that gained and lost a place."""

    gained_by: str | None = None
    lost_by: str | None = None
    extent: ControlExtent
    means: ControlMeans


class MovementDraft(Draft):
    """A movement: mover, places and outcome."""

    from_: str | None = None
    to: str | None = None
    via: str | None = None
    mover: str | None = None
    population: Population
    outcome: MovementOutcome


class EventDraft(IdentifiedDraft):
    """An event; its claims are read beside it."""

    category: EventCategory
    title: Text
    summary: Text
    location: str | None = None
    location_precision: LocationPrecision | None = None
    actors: list[EventActorDraft] = []
    part_of: str | None = None
    control_change: ControlChangeDraft | None = None
    movement: MovementDraft | None = None
    distinct_from: list[str] = []
    """Events of other packs that look like this one but are other occasions."""


def _check_resource(name: str) -> str:
    if name not in ENTITY_TYPES:
        raise ValueError(f"not one of {', '.join(ENTITY_TYPES)}")
    return name


class MergeDraft(Draft):
    """One line of merged.toml: an id that was given up, and the one that took over."""

    file: str
    resource: Annotated[str, AfterValidator(_check_resource)]
    old: Id
    new: Id


class PackContent(Draft):
    """A whole pack as read, with its digest."""

    pack: PackDraft
    digest: str
    sources: list[SourceDraft] = []
    actors: list[ActorDraft] = []
    locations: list[LocationDraft] = []
    events: list[EventDraft] = []
    claims: list[ClaimDraft] = []
    merged: list[MergeDraft] = []
    unreadable: frozenset[tuple[str, str]] = frozenset()
    """(resource, id) of drafts that could not be read, and of events with such a claim."""

    def identified(self, resource: str) -> list[IdentifiedDraft]:
        """Return the drafts of a resource; of any but claims, whose ids may follow from their events."""
        drafts: list[IdentifiedDraft] = getattr(self, resource)
        return drafts


DRAFT_TYPES: dict[str, type[Draft]] = {
    "sources": SourceDraft,
    "actors": ActorDraft,
    "locations": LocationDraft,
    "events": EventDraft,
    "claims": ClaimDraft,
}
"""The draft of each entity type, by the name of the type."""
