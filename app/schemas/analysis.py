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
    CountedBound,
    ExclusionReason,
    LocationKind,
    Modality,
    PointKind,
    Population,
    Stance,
    SupersessionReason,
)


class StateRow(ApiModel):
    """Control of a place; `candidates` are all who may hold it, the holder first; the holder rests on `change`."""

    holder: Ref | None
    state: ControlCertainty
    candidates: list[Ref]
    since: date | None = Field(description="the first day on which the holder holds it for certain")
    change: Ref | None
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
    claim: str
    event: Ref
    stance: Stance
    modality: Modality
    origin: Ref
    reported_on: date


class FigureEntry(FigureRow, _OfClaim):
    """A figure with the claim that gives it and the event that it is about."""


class TallyRow(ApiModel):
    """Gains and losses of an actor among places of one kind, and the totals that are reported."""

    actor: Ref
    kind: LocationKind
    captured: int
    lost_again: int
    net_held: int
    figures: list[FigureEntry]


class _OfPopulation(ApiModel):
    population: Population


class PopulationTotal(Bounds, _OfPopulation):
    """The total of one population."""


class SupersededRow(ApiModel):
    """A claim that does not decide a count, and why."""

    claim: str
    reason: SupersessionReason


class IncludedRow(ApiModel):
    """A movement that counts, the claim that decides its count, and those that add to it or do not."""

    id: str
    claim: str
    counts: CountedBound
    added: list[str]
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

    by_population: list[PopulationTotal]
    included: list[IncludedRow]
    excluded: list[ExcludedRow]
    omitted: Omitted | None = None


class SideRow(ApiModel):
    """Claims that agree with each other, by id."""

    claims: list[str]


class ContradictionRow(ApiModel):
    """Claims that cannot all be true."""

    id: str
    kind: ContradictionKind
    events: list[Ref]
    sides: list[SideRow]


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
