"""Derive rows in ACLED's shape while a dataset is imported.

The rows are those that `app.ingest.acled_rows` would derive. They are made here of what the importer knows already.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from app.ingest.acled_cells import EventCells, Row, derived_row, geo_precision, tags_cell, type_cells
from app.ingest.acled_sides import OUTLET_KINDS, Acting, ActorRelations, SideCells, join_names, side_cells
from app.ingest.datasets.core.entities import EntityRef
from app.query.compat.acled.crosswalk import INTER_OF

Actors = tuple[tuple[EntityRef, str], ...]
"""Actors with their roles."""


class _Deaths(Protocol):
    """Bounds of a number of deaths."""

    @property
    def low(self) -> int | None: ...
    @property
    def best(self) -> int | None: ...


class _Claim(Protocol):
    """A claim, as far as cells follow from it."""

    @property
    def chain(self) -> Sequence[EntityRef]: ...
    @property
    def origin(self) -> EntityRef | None: ...
    @property
    def deaths(self) -> _Deaths | None: ...


class _ControlChange(Protocol):
    """A change of control, as far as cells follow from it."""

    @property
    def gained(self) -> EntityRef | None: ...
    @property
    def means(self) -> str: ...


class _Event(Protocol):
    """An event, as far as cells follow from it."""

    @property
    def id(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def place(self) -> EntityRef | None: ...
    @property
    def precision(self) -> str | None: ...
    @property
    def actors(self) -> Sequence[tuple[EntityRef, str]]: ...
    @property
    def earliest(self) -> str: ...
    @property
    def latest(self) -> str: ...
    @property
    def change(self) -> _ControlChange | None: ...


class AcledContext(NamedTuple):
    """Context of the rows of an import, beside its records."""

    changed_at: int
    """Unix seconds of the revision that the import makes."""
    relations: ActorRelations
    """Relations of stored actors."""


class AcledRowBuilder:
    """Builds the rows of one import; `pack_id` is the pack of its events."""

    def __init__(self, context: AcledContext, pack_id: str) -> None:
        self.changed_at = context.changed_at
        self._relations = context.relations
        self._sides: dict[Actors, SideCells] = {}
        self._tags = {status: tags_cell(status, [pack_id]) for status in ("reported", "corroborated")}

    def row(self, event_pk: int, event: _Event, claims: Sequence[_Claim]) -> Row | None:
        """Build the row of an event from its claims, first reports first; None of an event without a country."""
        place, change = event.place, event.change
        if place is None or place.country is None:
            return None
        gainer = change.gained if change else None
        deaths = next((claim.deaths for claim in claims if claim.deaths), None)
        status = "corroborated" if len({claim.origin for claim in claims} - {None}) >= 2 else "reported"
        return derived_row(
            event_pk,
            EventCells(
                event.id,
                event.earliest,
                event.earliest,
                event.latest,
                type_cells(event.category, change.means if change else None, INTER_OF[gainer.kind] if gainer else None),
                self._side_cells(tuple(event.actors), event.earliest),
                place.country,
                place.name,
                place.cells,
                geo_precision(event.precision, has_own_point=place.latitude is not None),
                _source_cell(claims),
                event.summary,
                _fatalities(deaths),
                self._tags[status],
                status,
                False,  # a dataset's events are no parts of others
                self.changed_at,
            ),
        )

    def _side_cells(self, actors: Actors, day: str) -> SideCells:
        """Derive the cells of both sides, once for the same actors unless relations make them depend on the day."""
        cells = self._sides.get(actors)
        if cells is None:
            acting = [Acting(ref.id, ref.name, role) for ref, role in actors]
            inter_of = {ref.id: INTER_OF[ref.kind] for ref, _ in actors}
            on = date.fromisoformat(day)
            cells = side_cells(acting, inter_of, lambda one, other: self._relations.associated(one, other, on))
            if not any(self._relations.has(ref.id) for ref, _ in actors):
                self._sides[actors] = cells
        return cells


def _fatalities(deaths: _Deaths | None) -> int:
    if deaths is None:
        return 0
    return (deaths.low or 0) if deaths.best is None else deaths.best


def _source_cell(claims: Sequence[_Claim]) -> str:
    """Join the names of first sources and of the outlets that passed them on."""
    return join_names(
        [hop.name for claim in claims for hop in claim.chain if hop is claim.chain[0] or hop.kind in OUTLET_KINDS]
    )
