"""Drafts: the tables of a pack's TOML files as typed models; `checks` tests what must hold between them."""

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.ingest.packs.limits import EARLIEST_DAY, LATEST_DAY, MAX_INTEGER, MAX_LIST
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
Day = Annotated[date, Field(ge=EARLIEST_DAY, le=LATEST_DAY)]
Reference = Annotated[str, StringConstraints(max_length=200)]
"""An id, which a check looks up."""
_Member = TypeVar("_Member")
Members = Annotated[list[_Member], Field(max_length=MAX_LIST)]
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
    as_printed: Reference | None = None


class CodeDraft(Draft):
    """A code in a scheme."""

    scheme: Id
    version: Text | None = None
    code: Text


class CoverageDraft(Draft):
    """Coverage of a pack: period, area and searched sources."""

    from_: Day | None = None
    until: Day | None = None
    area: Members[Reference] = []
    sources_searched: Text


class NamedDraft(IdentifiedDraft):
    """Draft of an entity that is found by names."""

    name: Text
    aliases: Members[AliasDraft] = []


class PackDraft(IdentifiedDraft):
    """The content of pack.toml."""

    title: Text
    version: Text
    licence: Text
    citation: Text
    cut_off: Day | None = None
    document: Reference | None = None
    coverage: CoverageDraft


class SourceDraft(NamedDraft):
    """One entry of sources.toml."""

    kind: SourceKind
    organisation: Reference | None = None
    actor: Reference | None = None
    published_on: Day | None = None
    author: Text | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] | None = None
    description: Text | None = None


class RelationDraft(Draft):
    """A relation of an actor to another."""

    type: RelationType
    actor: Reference
    from_: Day | None = None
    until: Day | None = None


class ActorDraft(NamedDraft):
    """One entry of actors.toml."""

    kind: ActorKind
    country: CountryCode | None = None
    codes: Members[CodeDraft] = []
    relations: Members[RelationDraft] = []


class LocationDraft(NamedDraft):
    """One entry of locations.toml."""

    kind: LocationKind
    country: CountryCode | None = None
    parent: Reference | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    point_kind: PointKind | None = None
    covers: Members[Reference] = []
    """Places that a region, border or river takes in although they lie elsewhere."""
    codes: Members[CodeDraft] = []


class DateDraft(Draft):
    """Dates of a claim; both ends may be left out."""

    earliest: Day | None = None
    latest: Day | None = None
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


def _coerce_tokens(value: object) -> object:
    """Accept a single token for a list of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Tokens = Annotated[tuple[Text, ...], Field(max_length=MAX_LIST), BeforeValidator(_coerce_tokens)]


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


CountValue = Annotated[int, Field(ge=0, le=MAX_INTEGER)]  # what a column of either database holds


class FigureDraft(Draft):
    """One number of a claim."""

    measure: Measure
    printed: Text
    count_kind: CountKind
    since: Day | None = None
    as_of: Day | None = None
    of: Annotated[int, Field(gt=0, le=MAX_INTEGER)] | None = None
    low: CountValue | None = None
    best: CountValue | None = None
    high: CountValue | None = None


class ClaimDraft(Draft):
    """One claim. `event` and `file` are put in by the reader where the claim stands under its event."""

    file: str
    event: Reference
    id: Id | None = None
    document: Reference | None = None
    paragraph: Annotated[int, Field(gt=0, le=MAX_INTEGER)] | None = None
    locator: Text | None = None
    summary: Text
    stance: Stance = Stance.ASSERTS
    modality: Modality
    via: tuple[Reference, ...] = Field(default=(), strict=False, max_length=MAX_LIST)
    reported_on: Day | None = None
    date: Annotated[DateDraft, BeforeValidator(_coerce_date)] = DateDraft(precision=Precision.UNKNOWN)
    location: Reference | None = None
    printed: PrintedDraft = PrintedDraft()
    figures: Members[FigureDraft] = []
    note: Text | None = None

    @property
    def full_id(self) -> str:
        """The id as served."""
        return self.id or (f"{self.event}-p{self.paragraph}" if self.paragraph else self.event)


class EventActorDraft(Draft):
    """A coded role of an actor in an event."""

    actor: Reference
    role: Literal["initiator", "target", "ally", "host", "speaker", "participant"]


class ControlChangeDraft(Draft):
    """A change of control: the sides that gained and lost a place."""

    gained_by: Reference | None = None
    lost_by: Reference | None = None
    extent: ControlExtent
    means: ControlMeans


class MovementDraft(Draft):
    """A movement: mover, places and outcome."""

    from_: Reference | None = None
    to: Reference | None = None
    via: Reference | None = None
    mover: Reference | None = None
    population: Population
    outcome: MovementOutcome


class EventDraft(IdentifiedDraft):
    """An event; its claims are read beside it."""

    category: EventCategory
    title: Text
    summary: Text
    location: Reference | None = None
    location_precision: LocationPrecision | None = None
    actors: Members[EventActorDraft] = []
    part_of: Reference | None = None
    control_change: ControlChangeDraft | None = None
    movement: MovementDraft | None = None
    distinct_from: Members[Reference] = []
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
