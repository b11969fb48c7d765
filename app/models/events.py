"""Events as coded, their versions by report day, and the tables that belong to an event."""

from collections.abc import Callable
from datetime import date
from functools import partial

from sqlalchemy import Index, Text, TextClause, text
from sqlmodel import Field, SQLModel

from app import vocab
from app.db.column_types import BinaryText
from app.db.indexes import END_OF_TIME, IS_CURRENT, is_true, partial_index
from app.db.sql_functions import imprecise_sql
from app.models.base import (
    COVERING_COLUMNS,
    LIST_ORDER,
    WITHOUT_ROWID,
    ServedRow,
    between,
    one_of,
    ordered,
)


class Event(ServedRow, table=True):
    """An occasion that one or more claims are about, as coded. Its versions hold what follows from the claims."""

    __table_args__ = (
        one_of("category", vocab.EventCategory),
        one_of("location_precision", vocab.LocationPrecision),
    )

    category: str
    title: str
    title_key: str = Field(sa_type=BinaryText, index=True, description="as `key` of a name, for search by title")
    location_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)
    location_precision: str | None = None
    part_of_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="event.id", index=True)


def current_index(name: str, *columns: str | TextClause, only: Callable[[str], str] = lambda _dialect: "") -> Index:
    """Make an index of the current versions, or of those that also meet `only`."""

    def where(dialect: str) -> str:
        return " AND ".join(filter(None, (IS_CURRENT, only(dialect))))

    return partial_index(name, *columns, where=where)


EVENT_COVERING = ("event_pk", "known_until", "known_from", "sort_date", "id", "earliest", "latest", *COVERING_COLUMNS)
"""Columns of the index by event: versions are filtered and sorted without being read."""


class EventVersion(SQLModel, table=True):
    """An event as it follows from the claims reported before `known_until` (exclusive).

    Each day with a new report begins a version. `known_by=DAY` is then a plain predicate,
    `known_from <= DAY < known_until`, and filters have one meaning with it and without it.
    """

    __tablename__ = "event_version"
    __table_args__ = (
        one_of("status", vocab.EventStatus),
        one_of("precision", vocab.Precision),
        ordered("earliest", "latest"),
        ordered("known_from", "known_until"),
        between("latitude", -90, 90),
        between("longitude", -180, 180),
        Index("ix_event_version_sort_date_id", *LIST_ORDER, "known_from", "known_until"),
        Index("ix_event_version_event_pk", *EVENT_COVERING),
        current_index("ix_event_version_current", *LIST_ORDER, *COVERING_COLUMNS),
        current_index("ix_event_version_country", "country", *LIST_ORDER),
        current_index("ix_event_version_category", "category", *LIST_ORDER),
        current_index("ix_event_version_status", "status", *LIST_ORDER),
        current_index("ix_event_version_origins", "origins"),
        current_index("ix_event_version_deaths", text("coalesce(deaths_best, deaths_low)")),
        current_index("ix_event_version_imprecise", *LIST_ORDER, "country", only=imprecise_sql),
        current_index("ix_event_version_open_start", *LIST_ORDER, only=lambda _dialect: "earliest IS NULL"),
        current_index("ix_event_version_unlocated", *LIST_ORDER, "country", only=lambda _dialect: "latitude IS NULL"),
        current_index("ix_event_version_contradictory", "event_pk", only=partial(is_true, "contradictory")),
    )

    pk: int | None = Field(default=None, primary_key=True)
    event_pk: int = Field(foreign_key="event.pk")
    id: str = Field(sa_type=BinaryText, index=True, description="the event's id, here for sorting")
    known_from: date
    known_until: date = END_OF_TIME
    earliest: date | None = None
    latest: date | None = None
    sort_date: date = Field(description="earliest, else latest, else the first day there is")
    precision: str
    status: str = Field(sa_type=BinaryText)
    origins: int
    planned: bool = Field(description="every asserting claim only plans it")
    contradictory: bool = Field(description="its claims contradict each other")
    deaths_low: int | None = None
    deaths_best: int | None = None
    deaths_high: int | None = None
    category: str = Field(sa_type=BinaryText)
    location_id: str | None = Field(default=None, sa_type=BinaryText)
    country: str | None = Field(default=None, sa_type=BinaryText)
    latitude: float | None = None
    longitude: float | None = None
    row: str = Field(sa_type=Text)


class EventActor(SQLModel, table=True):
    """A role of an actor in an event; gains, loses and mover are derived."""

    __tablename__ = "event_actor"
    __table_args__ = (
        one_of("role", vocab.ActorRole),
        Index("ix_event_actor_actor_id", "actor_id", "event_pk", "role"),
        Index("ix_event_actor_role", "role", "event_pk"),
        WITHOUT_ROWID,
    )

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    actor_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", primary_key=True)
    role: str = Field(primary_key=True)


class EventDistinction(SQLModel, table=True):
    """Another event that looks like this one, but is another occasion by a curator's judgement."""

    __tablename__ = "event_distinction"
    __table_args__ = (WITHOUT_ROWID,)

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    other_id: str = Field(sa_type=BinaryText, primary_key=True)


class EventLocation(SQLModel, table=True):
    """Derived: each place of an event, its own and those of its movement."""

    __tablename__ = "event_location"
    __table_args__ = (Index("ix_event_location_location_id", "location_id", "event_pk"), WITHOUT_ROWID)

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    location_id: str = Field(sa_type=BinaryText, foreign_key="location.id", primary_key=True)


class ControlChange(SQLModel, table=True):
    """A change of control in an event: the sides that gained and lost a place."""

    __tablename__ = "control_change"
    __table_args__ = (one_of("extent", vocab.ControlExtent), one_of("means", vocab.ControlMeans))

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    location_id: str = Field(sa_type=BinaryText, foreign_key="location.id", index=True)
    gained_by_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="actor.id", index=True)
    lost_by_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="actor.id", index=True)
    extent: str
    means: str


class Movement(SQLModel, table=True):
    """A movement in an event: mover, places and outcome. Its count follows from the claims."""

    __table_args__ = (one_of("population", vocab.Population), one_of("outcome", vocab.MovementOutcome))

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    from_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)
    to_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)
    via_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)
    mover_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="actor.id", index=True)
    population: str
    outcome: str
    cross_border: bool
