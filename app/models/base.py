"""Parts that tables share: constraint names, the columns of a served row, check constraints."""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, MetaData, Table, Text, text
from sqlmodel import Field, SQLModel

from app.db.column_types import BinaryText

METADATA: MetaData = SQLModel.metadata
# Named constraints can be dropped by a migration on both databases.
METADATA.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

LIST_ORDER = (text("sort_date DESC"), "id", "earliest", "latest", "event_pk")
"""Columns of list indexes: the order of lists, then the columns that date filters and joins read."""

COVERING_COLUMNS = ("status", "category", "country", "origins", "deaths_best", "deaths_low", "latitude", "longitude")
"""Columns that filters of events read. An index that covers them spares reading rows, each of which is a page."""

WITHOUT_ROWID = {"sqlite_with_rowid": False}
"""Table option for tables that are nothing but their key: SQLite stores them once, in key order."""


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a model class, for statements that name columns and build no objects."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def one_of(column: str, codes: Iterable[str]) -> CheckConstraint:
    """Make the check that a column holds one of these codes, or null where it may be null."""
    quoted = ", ".join(f"'{code}'" for code in codes)
    return CheckConstraint(f"{column} IN ({quoted})", name=f"{column}_code")


def between(column: str, low: float, high: float) -> CheckConstraint:
    """Make the check that a column lies within the bounds, both included."""
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=f"{column}_range")


def ordered(low: str, high: str) -> CheckConstraint:
    """Make the check that the first column is not above the second where both are known."""
    return CheckConstraint(f"{low} <= {high}", name=f"{low}_{high}_order")


class ServedRow(SQLModel):
    """The columns of every row that a reader can ask for by id, and the row as it is said."""

    pk: int | None = Field(default=None, primary_key=True)
    id: str = Field(sa_type=BinaryText, unique=True)
    pack_id: str = Field(sa_type=BinaryText, foreign_key="pack.id", index=True)
    added_in: int = Field(foreign_key="revision.id")
    revision: int = Field(foreign_key="revision.id", index=True)
    row: str = Field(sa_type=Text, description="JSON, validated by its schema when written")


class NameColumns(SQLModel):
    """One name of a row; `key` is what spellings share that differ only in case, accents, hyphens or spaces."""

    pk: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=BinaryText, index=True)
    name: str
    kind: str = Field(description="id, name or alias")
    language: str | None = None
    as_printed: str | None = Field(default=None, sa_type=BinaryText, description="id of the document that prints it")


class CodeColumns(SQLModel):
    """One code of a row in a scheme, such as a P-code or an ISO code."""

    pk: int | None = Field(default=None, primary_key=True)
    scheme: str = Field(sa_type=BinaryText)
    version: str | None = Field(default=None, sa_type=BinaryText)
    code: str = Field(sa_type=BinaryText, index=True)
