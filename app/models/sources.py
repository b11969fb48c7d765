"""Sources and their names."""

from datetime import date

from sqlmodel import Field

from app import vocab
from app.db.column_types import BinaryText
from app.models.base import NameColumns, ServedRow, one_of


class Source(ServedRow, table=True):
    """A document, outlet, ministry, person or unnamed voice: a hop of claims."""

    __table_args__ = (one_of("kind", vocab.SourceKind),)

    name: str = Field(sa_type=BinaryText)
    kind: str = Field(sa_type=BinaryText)
    organisation_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="source.id")
    actor_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="actor.id")
    published_on: date | None = None


class SourceName(NameColumns, table=True):
    """A name that finds a source."""

    __tablename__ = "source_name"
    __table_args__ = (one_of("kind", ("id", "name", "alias")),)

    owner_id: str = Field(sa_type=BinaryText, foreign_key="source.id", index=True)
