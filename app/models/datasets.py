"""Rows of published datasets as given, beside the events made of them."""

from datetime import date

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from app.db.column_types import BinaryText
from app.models.base import between


class GedEvent(SQLModel, table=True):
    """One row of UCDP GED: its 49 cells, and the columns by which its own users ask for it."""

    __tablename__ = "ged_event"
    __table_args__ = (
        between("type_of_violence", 1, 3),
        Index("ix_ged_event_country_id", "country_id", "ends_on", "number", "type_of_violence"),
        Index("ix_ged_event_event_pk", "event_pk", "number", "latitude", "longitude"),
    )

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    number: int = Field(unique=True, description="the id in GED")
    type_of_violence: int
    country_id: int | None = Field(default=None, description="Gleditsch-Ward number")
    dyad_id: int | None = Field(default=None, index=True)
    side_a_id: int | None = Field(default=None, index=True)
    side_b_id: int | None = Field(default=None, index=True)
    ends_on: date = Field(index=True)
    latitude: float | None = None
    longitude: float | None = None
    cells: str = Field(sa_type=Text, description="JSON, one cell on a line, in the order of the published columns")


class AcledEvent(SQLModel, table=True):
    """An event in ACLED's shape: one row for each event with a country, or imported from ACLED.

    The 31 cells stand in columns of their names, as ACLED prints them. What filters compare as a number or a day is
    stored as that. Rows without `event_date` or `latitude` are not served. Events that are not reported or
    corroborated, or are part of another that is served, are served if their status is asked for.
    """

    __tablename__ = "acled_event"
    __table_args__ = (Index("ix_acled_event_sort_date_id", text("sort_date DESC"), "id"),)

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    id: str = Field(sa_type=BinaryText, description="the event's id, here for sorting; event_id_cnty follows from it")
    sort_date: date = Field(description="as of the event, here for sorting")
    event_date: date | None = None
    year: int | None = None
    time_precision: int
    disorder_type: str = Field(sa_type=BinaryText)
    event_type: str = Field(sa_type=BinaryText)
    sub_event_type: str = Field(sa_type=BinaryText)
    civilian_targeting: str = Field(sa_type=BinaryText)
    actor1: str = Field(sa_type=BinaryText)
    assoc_actor_1: str = Field(sa_type=BinaryText)
    inter1: str = Field(sa_type=BinaryText, description="in words, or as printed until 2024 by its number")
    actor2: str = Field(sa_type=BinaryText)
    assoc_actor_2: str = Field(sa_type=BinaryText)
    inter2: str = Field(sa_type=BinaryText)
    interaction: str = Field(sa_type=BinaryText)
    iso: int
    region: str = Field(sa_type=BinaryText)
    country: str = Field(sa_type=BinaryText)
    admin1: str = Field(sa_type=BinaryText)
    admin2: str = Field(sa_type=BinaryText)
    admin3: str = Field(sa_type=BinaryText)
    location: str = Field(sa_type=BinaryText)
    latitude: str | None = Field(default=None, sa_type=BinaryText, description="degrees, as printed")
    longitude: str | None = Field(default=None, sa_type=BinaryText)
    latitude_degrees: float | None = None
    longitude_degrees: float | None = None
    geo_precision: int
    source: str = Field(sa_type=BinaryText)
    source_scale: str = Field(sa_type=BinaryText)
    notes: str = Field(sa_type=BinaryText)
    fatalities: int
    tags: str = Field(sa_type=BinaryText)
    status: str = Field(sa_type=BinaryText)
    is_repeated: bool = Field(description="true if it is part of an event that is served itself")
    timestamp: int | None = Field(default=None, description="Unix seconds: when ACLED last changed the row")
    changed_at: int = Field(description="Unix seconds: when the event last changed here; served without a timestamp")
    folded: str | None = Field(
        default=None, sa_type=Text, description="JSON: by column, cells whose case is not that of ASCII letters alone"
    )
    omitted: str | None = Field(
        default=None, description="columns that an imported row left empty; null if the event is not from ACLED"
    )
    digest: str | None = Field(default=None, description="of an imported row: the hash of its cells as given")
