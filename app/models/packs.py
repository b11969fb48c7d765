"""Packs, revisions, and tombstones of ids that are gone."""

from datetime import date, datetime

from sqlalchemy import DateTime, Text, false
from sqlmodel import Field, SQLModel

from app.db.column_types import BinaryText
from app.models.base import ordered


class Revision(SQLModel, table=True):
    """One committed load. Its number is the third clock: when this database said so."""

    id: int = Field(primary_key=True)
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    summary: str


class Pack(SQLModel, table=True):
    """A seed pack or imported dataset; the digest of its files tells whether it changed."""

    __table_args__ = (ordered("covers_from", "covers_until"),)

    id: str = Field(sa_type=BinaryText, primary_key=True)
    version: str
    covers_from: date | None = None
    covers_until: date | None = None
    cut_off: date | None = None
    digest: str
    dataset: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="imported, not curated: its names give way to those of curated packs",
    )
    added_in: int = Field(foreign_key="revision.id")
    revision: int = Field(foreign_key="revision.id")
    row: str = Field(sa_type=Text)


class Tombstone(SQLModel, table=True):
    """An id that is no longer served, and the one that took over if it was merged."""

    resource: str = Field(sa_type=BinaryText, primary_key=True)
    id: str = Field(sa_type=BinaryText, primary_key=True)
    pack_id: str = Field(sa_type=BinaryText)
    revision: int = Field(foreign_key="revision.id", index=True)
    merged_into: str | None = Field(default=None, sa_type=BinaryText)
