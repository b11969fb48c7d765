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
    """An actor and what it does in the event."""

    id: str
    name: str
    role: ActorRole


class CorroborationRow(ApiModel):
    """What an event rests on: documents, independent origins, asserting and denying claims."""

    documents: int
    origins: int
    asserting: int
    denying: int


class ControlChangeRow(ApiModel):
    """Which side gained and which lost a place; null where the sources do not say."""

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
    """Who moved from where to where, how it ended, and how many."""

    from_: Ref | None
    to: Ref | None
    via: Ref | None
    mover: Ref | None
    population: Population
    outcome: MovementOutcome
    cross_border: bool
    count: CountRow | None


class CodedEventRow(ApiModel):
    """The part of an event that is coded by hand; everything else follows from its claims. Never served alone."""

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
    """What happened, derived from the claims in view."""

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
