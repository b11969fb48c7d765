"""Rows of events, as they follow from the claims in view."""

from pydantic import Field

from app import vocab
from app.schemas.base import ApiModel, Bounds, DateRangeRow, Ref, code_of
from app.schemas.claims import ClaimRow, FigureRow


class EventDateRow(DateRangeRow):
    """The date of an event, and the dates that its claims print."""

    printed: str | None


class EventActorRow(ApiModel):
    """An actor and what it does in the event."""

    id: str
    name: str
    role: code_of(vocab.ROLE)  # type: ignore[valid-type]


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
    extent: code_of(vocab.EXTENT)  # type: ignore[valid-type]
    means: code_of(vocab.MEANS)  # type: ignore[valid-type]


class CountRow(Bounds):
    """The published count of a movement and the claim that decided it."""

    count_kind: code_of(vocab.COUNT_KIND)  # type: ignore[valid-type]
    claim: str


class MovementRow(ApiModel):
    """Who moved from where to where, how it ended, and how many."""

    from_: Ref | None
    to: Ref | None
    via: Ref | None
    mover: Ref | None
    population: code_of(vocab.POPULATION)  # type: ignore[valid-type]
    outcome: code_of(vocab.OUTCOME)  # type: ignore[valid-type]
    cross_border: bool
    count: CountRow | None


class CodedEventRow(ApiModel):
    """The part of an event that is coded by hand; everything else follows from its claims. Never served alone."""

    id: str
    category: str
    title: str
    summary: str
    location: Ref | None
    location_precision: str | None
    actors: list[EventActorRow]
    control_change: ControlChangeRow | None
    movement: MovementRow | None = Field(description="without its count")
    part_of: str | None


class EventRow(ApiModel):
    """What happened, derived from the claims in view."""

    id: str
    category: code_of(vocab.CATEGORY)  # type: ignore[valid-type]
    title: str
    summary: str
    date: EventDateRow
    location: Ref | None
    location_precision: code_of(vocab.LOCATION_PRECISION) | None  # type: ignore[valid-type]
    actors: list[EventActorRow]
    status: code_of(vocab.STATUS)  # type: ignore[valid-type]
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
