"""Rows of published datasets as given, beside the events made of them."""

from datetime import date

from sqlalchemy import Index, Text
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
    """One row of ACLED: its 31 cells, and the columns by which its own users ask for it."""

    __tablename__ = "acled_event"

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    event_id_cnty: str = Field(sa_type=BinaryText, unique=True)
    event_date: date = Field(index=True)
    year: int
    event_type: str = Field(sa_type=BinaryText, index=True)
    sub_event_type: str = Field(sa_type=BinaryText, index=True)
    inter1: str = Field(sa_type=BinaryText, index=True, description="as printed: in words, or by its old number")
    inter2: str = Field(sa_type=BinaryText, index=True)
    iso: int | None = Field(default=None, index=True)
    region: str = Field(sa_type=BinaryText, index=True)
    country: str = Field(sa_type=BinaryText, index=True)
    fatalities: int | None = None
    timestamp: int | None = Field(default=None, index=True, description="Unix seconds: when ACLED last changed the row")
    cells: str = Field(sa_type=Text, description="JSON list, in the order of the published columns; null is not given")
