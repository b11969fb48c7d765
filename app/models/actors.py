"""Actors, their names, codes and relations."""

from datetime import date

from sqlmodel import Field, SQLModel

from app import vocab
from app.db.column_types import BinaryText
from app.models.base import CodeColumns, NameColumns, ServedRow, one_of, ordered


class Actor(ServedRow, table=True):
    """A force, government, organisation, person or group of people."""

    __table_args__ = (one_of("kind", vocab.ActorKind),)

    name: str = Field(sa_type=BinaryText)
    kind: str = Field(sa_type=BinaryText)
    country: str | None = Field(default=None, sa_type=BinaryText, index=True)


class ActorName(NameColumns, table=True):
    """A name that finds an actor."""

    __tablename__ = "actor_name"
    __table_args__ = (one_of("kind", ("id", "name", "alias")),)

    owner_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)


class ActorCode(CodeColumns, table=True):
    """A code of an actor in another dataset."""

    __tablename__ = "actor_code"

    owner_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)


class ActorRelation(SQLModel, table=True):
    """A relation of one actor to another, with its days where known."""

    __tablename__ = "actor_relation"
    __table_args__ = (one_of("type", vocab.RelationType), ordered("starts_on", "ends_on"))

    pk: int | None = Field(default=None, primary_key=True)
    actor_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)
    type: str
    other_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)
    starts_on: date | None = None
    ends_on: date | None = None


class ActorAncestor(SQLModel, table=True):
    """Derived from `part_of`: every actor with itself and each whole that it belongs to, and the days of that."""

    __tablename__ = "actor_ancestor"

    pk: int | None = Field(default=None, primary_key=True)
    ancestor_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)
    actor_id: str = Field(sa_type=BinaryText, foreign_key="actor.id", index=True)
    starts_on: date
    ends_on: date
