"""Rows of events, as they follow from the claims in view."""

from datetime import date
from typing import Any

from pydantic import Field, create_model

from app.schemas.base import ApiModel, Bounds, DateRangeRow, Ref
from app.schemas.claims import ClaimRow
from app.vocab import (
    ActorRole,
    ControlExtent,
    ControlMeans,
    CountKind,
    EventCategory,
    EventStatus,
    LocationKind,
    LocationPrecision,
    Measure,
    MovementOutcome,
    PointKind,
    Population,
)


class EventDateRow(DateRangeRow):
    """The date of an event, and the dates that its claims print."""

    printed: list[str]
    edtf: str | None = Field(description="the date in the Extended Date/Time Format (ISO 8601-2); null if unknown")


class EventLocationRow(Ref):
    """The place of an event, with the units that it lies in and its point, so that no second request is needed."""

    kind: LocationKind
    country: str | None = Field(description="ISO 3166-1 alpha-3")
    admin1: Ref | None = Field(description="the province that it is or lies in")
    admin2: Ref | None = Field(description="the district that it is or lies in")
    longitude: float | None = Field(description="degrees on WGS 84")
    latitude: float | None = Field(description="degrees on WGS 84")
    point_kind: PointKind | None


class EventActorRow(Ref):
    """An actor with all its roles in the event."""

    roles: list[ActorRole]


class CorroborationRow(ApiModel):
    """Documents, independent origins, and asserting and denying claims that an event rests on."""

    documents: int
    origins: list[Ref] = Field(description="organisations that assert it as fact or reported, each once")
    unattributed: int = Field(description="asserting claims that name nobody")
    asserting: int
    denying: int


class ControlChangeRow(ApiModel):
    """The sides that gained and lost the event's place; null where the sources do not say."""

    gained_by: Ref | None
    lost_by: Ref | None
    extent: ControlExtent
    means: ControlMeans


class _OfMeasure(ApiModel):
    measure: Measure


class PublishedFigureRow(Bounds, _OfMeasure):
    """A number as all claims in view together give it; see `contradicted` before relying on it."""

    of: int | None = Field(description="a denominator, as in 7 of 14")
    count_kind: CountKind
    as_of: date | None = Field(description="the last day that it counts")
    claims: list[Ref] = Field(description="those that give its bounds, with their locators")
    contradicted: bool = Field(description="true if claims cannot all be true; the bounds then take in each of them")


class MovementRow(ApiModel):
    """A movement: its mover, from, to and via, its outcome, and its count."""

    from_: Ref | None
    to: Ref | None
    via: Ref | None
    mover: Ref | None
    population: Population
    outcome: MovementOutcome
    cross_border: bool
    count: PublishedFigureRow | None


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
    part_of: Ref | None


class EventRow(ApiModel):
    """An event, derived from the claims in view."""

    id: str
    category: EventCategory
    title: str
    summary: str
    date: EventDateRow
    location: EventLocationRow | None
    location_precision: LocationPrecision | None
    actors: list[EventActorRow]
    status: EventStatus
    corroboration: CorroborationRow
    deaths: PublishedFigureRow | None
    control_change: ControlChangeRow | None
    movement: MovementRow | None
    figures: list[PublishedFigureRow]
    part_of: Ref | None
    packs: list[str]
    revision: int


class EventDetail(EventRow):
    """An event with the claims it follows from."""

    claims: list[ClaimRow]


def _without(field: str, name: str, summary: str) -> type[ApiModel]:
    """Make the row model of a list of events in which a field is empty by definition, and not served."""
    fields: dict[str, Any] = {
        key: (info.annotation, info) for key, info in EventRow.model_fields.items() if key != field
    }
    return create_model(name, __base__=ApiModel, __doc__=summary, **fields)


ControlChangeEventRow = _without("movement", "ControlChangeEventRow", "An event in which a place changed hands.")
MovementEventRow = _without("control_change", "MovementEventRow", "An event in which people moved.")
