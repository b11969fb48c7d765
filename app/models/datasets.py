"""Rows of published datasets as they were given, beside the events that were made of them."""

from datetime import date

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from app.models.base import between


class GedEvent(SQLModel, table=True):
    """One row of UCDP GED: its 49 cells, and the columns by which its own users ask for it."""

    __tablename__ = "ged_event"
    __table_args__ = (between("type_of_violence", 1, 3),)

    event_pk: int = Field(foreign_key="event.pk", primary_key=True)
    number: int = Field(unique=True, description="the id in GED")
    type_of_violence: int
    country_id: int | None = Field(default=None, index=True, description="Gleditsch-Ward number")
    dyad_id: int | None = Field(default=None, index=True)
    side_a_id: int | None = Field(default=None, index=True)
    side_b_id: int | None = Field(default=None, index=True)
    ends_on: date = Field(index=True)
    latitude: float | None = None
    longitude: float | None = None
    cells: str = Field(sa_type=Text, description="JSON list, in the order of the published columns")
