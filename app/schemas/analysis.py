"""Rows that are computed on request: control, totals, contradictions, stats, density, search, changes."""

from datetime import date
from typing import Any

from pydantic import Field

from app.schemas.base import ApiModel, Bounds, Ref
from app.schemas.claims import FigureRow
from app.schemas.envelope import Omitted
from app.vocab import (
    ContradictionKind,
    ControlBasis,
    ControlCertainty,
    ControlExtent,
    EventStatus,
    ExclusionReason,
    LocationKind,
    Modality,
    PointKind,
    Population,
    Stance,
    SupersessionReason,
)


class SinceRow(ApiModel):
    """The date of a change: it happened between these days; null is an open end."""

    earliest: date | None
    latest: date | None


class OpenChangeRow(ApiModel):
    """A change that may have happened, or is not of the whole place, or not confirmed."""

    change: Ref
    extent: ControlExtent
    status: EventStatus
    date: SinceRow


class InsideRow(ApiModel):
    """A place inside that another side holds."""

    location: Ref
    holder: Ref


class StateRow(ApiModel):
    """Control of a place; `candidates` are all who may hold it, the last holder first."""

    holder: Ref | None = Field(description="null unless the state is `held`")
    last_holder: Ref | None = Field(description="who held the place last, as far as the claims in view tell")
    state: ControlCertainty
    candidates: list[Ref]
    since: SinceRow | None = Field(description="the date of the change by which the last holder gained the place")
    change: Ref | None = Field(description="that change")
    open: list[OpenChangeRow]
    inside: list[InsideRow]
    basis: ControlBasis | None


class _Located(ApiModel):
    location: Ref


class ControlRow(StateRow, _Located):
    """Control of a place on the day asked for."""


class _Period(ApiModel):
    from_: date | None
    until: date | None


class ControlPeriodRow(StateRow, _Period):
    """Days with one state; `until` is exclusive, null is open."""


class _OfClaim(ApiModel):
    id: str
    claim: Ref
    event: Ref
    stance: Stance
    modality: Modality
    origin: Ref
    reported_on: date


class FigureEntry(FigureRow, _OfClaim):
    """A figure with the claim that gives it and the event that it is about."""


class IntervalRow(ApiModel):
    """A number that is certainly at least `low` and possibly as much as `high`."""

    low: int
    high: int


class TallyRow(ApiModel):
    """Gains and losses of an actor among places of one kind, and the totals that are reported."""

    actor: Ref
    kind: LocationKind
    captured: IntervalRow
    lost: IntervalRow
    net: IntervalRow = Field(description="captured less lost")
    changes: list[Ref] = Field(description="the changes of control that possibly happened in the window")
    figures: list[FigureEntry]


class _OfPopulation(ApiModel):
    population: Population


class PopulationTotal(Bounds, _OfPopulation):
    """The total of one population."""


class SupersededRow(ApiModel):
    """A claim that gives no bound of a count, and why."""

    claim: Ref
    reason: SupersessionReason


class _Identified(ApiModel):
    id: str


class IncludedRow(Bounds, _Identified):
    """A movement that counts: its number within the window, and the claims that do and do not give its bounds."""

    contradicted: bool
    claims: list[Ref]
    superseded: list[SupersededRow]


class ExcludedRow(ApiModel):
    """A movement that does not count, and why."""

    id: str
    reason: ExclusionReason


class _Stamped(ApiModel):
    revision: int
    packs: list[str]


class TotalRow(Bounds, _Stamped):
    """A total without double counting; at the top level only when all that counts is of one population."""

    contradicted: bool = Field(description="true if a movement that counts has claims that cannot all be true")
    contradictions: list[str] = Field(description="ids in /v1/contradictions of the numbers that it rests on")
    by_population: list[PopulationTotal]
    included: list[IncludedRow]
    excluded: list[ExcludedRow]
    omitted: Omitted | None = None


class SideRow(ApiModel):
    """Claims that agree with each other, and what they say."""

    claims: list[Ref]
    says: str = Field(description="the date, number or holder that they give, or that it happened or not")


class ContradictionRow(ApiModel):
    """Claims that cannot all be true."""

    id: str
    kind: ContradictionKind
    events: list[Ref]
    sides: list[SideRow]


class DuplicateRow(ApiModel):
    """Two rows of different packs that may be one, or more that are linked by such pairs."""

    id: str
    resource: str
    items: list[Ref]
    packs: list[str]
    reason: str = Field(description="what they have in common")


class GroupRow(ApiModel):
    """Number of events in a group; `group` is null for events that fit into none, and `label` says why."""

    group: str | None
    label: str
    count: int


class DensityRow(ApiModel):
    """Number of events in a cell of a grid; its `id` is zoom/column/row, counted from -180 and -90 degrees."""

    id: str
    count: int
    longitude: float = Field(description="mean of the events' points")
    latitude: float = Field(description="mean of the events' points")
    point_kind: PointKind
    west: float
    south: float
    east: float
    north: float


class SearchHit(ApiModel):
    """A row that a search found: by its exact name, the beginning of a name, or all words."""

    resource: str
    id: str
    name: str
    kind: str
    match: str = Field(description="exact, prefix or words")


class ChangeRow(ApiModel):
    """A change of a row after a revision; `row` is its current state; a removed row may be merged into another."""

    revision: int
    action: str = Field(description="added, updated or removed")
    resource: str
    id: str
    merged_into: str | None = None
    row: dict[str, Any] | None = None
