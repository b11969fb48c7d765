"""Places of the gazetteer, their names, codes and hierarchy."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app import vocab
from app.db.column_types import BinaryText
from app.db.indexes import partial_index
from app.models.base import WITHOUT_ROWID, CodeColumns, NameColumns, ServedRow, between, one_of


class Location(ServedRow, table=True):
    """A place in the gazetteer: a country, a unit of it, a settlement, crossing, river or region."""

    __table_args__ = (
        one_of("kind", vocab.LocationKind),
        one_of("point_kind", vocab.PointKind),
        between("latitude", -90, 90),
        between("longitude", -180, 180),
        Index("ix_location_kind", "kind", "id"),
        partial_index("ix_location_unlocated", "id", where=lambda _dialect: "latitude IS NULL"),
    )

    name: str = Field(sa_type=BinaryText)
    kind: str = Field(sa_type=BinaryText)
    country: str | None = Field(default=None, sa_type=BinaryText, index=True)
    parent_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)
    latitude: float | None = None
    longitude: float | None = None
    point_kind: str | None = None


class LocationName(NameColumns, table=True):
    """A name that finds a place."""

    __tablename__ = "location_name"
    __table_args__ = (one_of("kind", ("id", "name", "alias")),)

    owner_id: str = Field(sa_type=BinaryText, foreign_key="location.id", index=True)


class LocationCode(CodeColumns, table=True):
    """A code of a place: a P-code, an ISO code, a number in another dataset."""

    __tablename__ = "location_code"

    owner_id: str = Field(sa_type=BinaryText, foreign_key="location.id", index=True)


class LocationCover(SQLModel, table=True):
    """A place that a region, border or river takes in although it lies in another unit."""

    __tablename__ = "location_cover"
    __table_args__ = (WITHOUT_ROWID,)

    location_id: str = Field(sa_type=BinaryText, foreign_key="location.id", primary_key=True)
    covered_id: str = Field(sa_type=BinaryText, foreign_key="location.id", primary_key=True, index=True)


class LocationAncestor(SQLModel, table=True):
    """Derived from parents and covers: every place with itself and each place that it lies in or that takes it in."""

    __tablename__ = "location_ancestor"
    __table_args__ = (WITHOUT_ROWID,)

    ancestor_id: str = Field(sa_type=BinaryText, foreign_key="location.id", primary_key=True)
    location_id: str = Field(sa_type=BinaryText, foreign_key="location.id", primary_key=True, index=True)
