"""Rows of events, as they follow from the claims in view."""

from pydantic import Field

from app.schemas.base import ApiModel, Bounds, DateRangeRow, Ref
from app.schemas.claims import ClaimRow, FigureRow
from app.vocab import (
    ActorRole,
    ControlExtent,
    ControlMeans,
    CountKind,
    EventCategory,
    EventStatus,
    LocationPrecision,
    MovementOutcome,
    Population,
)


class EventDateRow(DateRangeRow):
    """The date of an event, and the dates that its claims print."""

    printed: str | None


class EventActorRow(ApiModel):
    """An actor and its role in the event."""

    id: str
    name: str
    role: ActorRole


class CorroborationRow(ApiModel):
    """Counts of documents, independent origins, asserting and denying claims that an event rests on."""

    documents: int
    origins: int
    asserting: int
    denying: int


class ControlChangeRow(ApiModel):
    """The sides that gained and lost a place; null where the sources do not say."""

    location: Ref
    gained_by: Ref | None
    lost_by: Ref | None
    extent: ControlExtent
    means: ControlMeans


class CountRow(Bounds):
    """The published count of a movement and the claim that decided it."""

    count_kind: CountKind
    claim: str


class MovementRow(ApiModel):
    """A movement: its mover, from, to and via, its outcome, and its count."""

    from_: Ref | None
    to: Ref | None
    via: Ref | None
    mover: Ref | None
    population: Population
    outcome: MovementOutcome
    cross_border: bool
    count: CountRow | None


class CodedEventRow(ApiModel):
    """The coded part of an event; the rest is derived from its claims. Never served alone."""

    id: str
    category: EventCategory
    title: str
    summary: str
    location: Ref | None
    location_precision: LocationPrecision | None
    actors: list[EventActorRow]
    control_change: ControlChangeRow | None
    movement: MovementRow | None = Field(description="without its count")
    part_of: str | None


class EventRow(ApiModel):
    """An event, derived from the claims in view."""

    id: str
    category: EventCategory
    title: str
    summary: str
    date: EventDateRow
    location: Ref | None
    location_precision: LocationPrecision | None
    actors: list[EventActorRow]
    status: EventStatus
    corroboration: CorroborationRow
    deaths: Bounds | None
    control_change: ControlChangeRow | None
    movement: MovementRow | None
    figures: list[FigureRow]
    part_of: str | None
    packs: list[str]
    revision: int


class EventDetail(EventRow):
    """An event with the claims it follows from."""

    claims: list[ClaimRow]
