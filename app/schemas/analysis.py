"""Rows of answers that are worked out when asked: control, totals, contradictions, stats, search, changes."""

from datetime import date
from typing import Any

from pydantic import Field

from app import vocab
from app.schemas.base import Bounds, Ref, Said, coded
from app.schemas.claims import FigureRow
from app.schemas.envelope import Omitted


class StateRow(Said):
    """Who controls a place; `candidates` are all who may, the holder first; `change` is what the holder rests on."""

    holder: Ref | None
    state: coded(vocab.CONTROL_STATE)  # type: ignore[valid-type]
    candidates: list[Ref]
    since: date | None = Field(description="the first day on which the holder holds it for certain")
    change: Ref | None
    basis: coded(vocab.CONTROL_BASIS) | None  # type: ignore[valid-type]


class _Located(Said):
    location: Ref


class ControlRow(StateRow, _Located):
    """Who controls a place on the day asked for."""


class _Days(Said):
    from_: date | None
    until: date | None


class StretchRow(StateRow, _Days):
    """Days with one state; `until` is exclusive, null is open."""


class _OfClaim(Said):
    id: str
    claim: str
    event: Ref
    stance: coded(vocab.STANCE)  # type: ignore[valid-type]
    modality: coded(vocab.MODALITY)  # type: ignore[valid-type]
    origin: Ref
    reported_on: date


class FigureEntry(FigureRow, _OfClaim):
    """A figure with the claim that gives it and the event that it is about."""


class TallyRow(Said):
    """What an actor gained and lost among places of one kind, and what totals are reported."""

    actor: Ref
    kind: coded(vocab.LOCATION_KIND)  # type: ignore[valid-type]
    captured: int
    lost_again: int
    net_held: int
    figures: list[FigureEntry]


class _OfPopulation(Said):
    population: coded(vocab.POPULATION)  # type: ignore[valid-type]


class PopulationTotal(Bounds, _OfPopulation):
    """The total of one population."""


class SupersededRow(Said):
    """A claim that does not decide a count, and why."""

    claim: str
    reason: coded(vocab.SUPERSEDED)  # type: ignore[valid-type]


class IncludedRow(Said):
    """A movement that counts, the claim that decides its count, and those that add to it or do not."""

    id: str
    claim: str
    counts: coded(vocab.COUNTS)  # type: ignore[valid-type]
    added: list[str]
    superseded: list[SupersededRow]


class ExcludedRow(Said):
    """A movement that does not count, and why."""

    id: str
    reason: coded(vocab.EXCLUDED)  # type: ignore[valid-type]


class _Answered(Said):
    revision: int
    packs: list[str]


class TotalRow(Bounds, _Answered):
    """A total without double counting; at the top level only when all that counts is of one population."""

    by_population: list[PopulationTotal]
    included: list[IncludedRow]
    excluded: list[ExcludedRow]
    omitted: Omitted | None = None


class SideRow(Said):
    """Claims that say one thing."""

    claims: list[str]


class ContradictionRow(Said):
    """Claims that cannot all be true."""

    id: str
    kind: coded(vocab.CONTRADICTION)  # type: ignore[valid-type]
    events: list[Ref]
    sides: list[SideRow]


class GroupRow(Said):
    """How many events are in a group; `group` is null for those that fit into none, and `label` says why."""

    group: str | None
    label: str
    count: int


class DensityRow(Said):
    """How many events lie in a cell of a grid; its `id` is zoom/column/row, counted from -180 and -90 degrees."""

    id: str
    count: int
    longitude: float = Field(description="mean of the events' points")
    latitude: float = Field(description="mean of the events' points")
    point_kind: coded(vocab.POINT_KIND)  # type: ignore[valid-type]
    west: float
    south: float
    east: float
    north: float


class Hit(Said):
    """A row that a search found: by its exact name, the beginning of a name, or all words."""

    resource: str
    id: str
    name: str
    kind: str
    match: str = Field(description="exact, prefix or words")


class ChangeRow(Said):
    """What became of a row after a revision: `row` is what it is now; a removed one may be merged into another."""

    revision: int
    action: str = Field(description="added, updated or removed")
    resource: str
    id: str
    merged_into: str | None = None
    row: dict[str, Any] | None = None
