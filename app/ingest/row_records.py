"""Rows on their way into the database: served JSON, columns, child rows, and the text that is indexed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import SQLModel

from app.db.text_index import SEPARATOR
from app.names import match_key
from app.schemas.claims import ClaimRow, printed_texts
from app.timespan import DateRange

Children = dict[type[SQLModel], list[dict[str, Any]]]
"""Child rows by table."""


@dataclass
class RowRecord:
    """Row to write: served JSON, columns, child rows, and the text that is indexed for full-text search."""

    id: str
    row: str
    columns: dict[str, Any]
    children: Children = field(default_factory=dict)
    text: str = ""


def sort_date(dates: DateRange) -> date:
    """Return the date that a row is sorted by: its earliest, else its latest, else the first of the calendar."""
    return dates.earliest or dates.latest or date.min


def name_rows(id_: str, name: str, aliases: Iterable[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return the name rows of an id, a name and aliases, each with its key."""
    own_names: list[dict[str, Any]] = [{"name": id_, "kind": "id"}, {"name": name, "kind": "name"}]
    blank = {"language": None, "as_printed": None}
    result = [*own_names, *(alias | {"kind": "alias"} for alias in aliases)]
    return [blank | spelling | {"key": match_key(spelling["name"])} for spelling in result]


def joined_text(*parts: str | None) -> str:
    """Join parts of an indexed text with a separator that no phrase reaches over."""
    return SEPARATOR.join(part for part in parts if part)


def claim_text(row: ClaimRow) -> str:
    """Return the text by which full-text search finds a claim."""
    place = row.location.name if row.location else None
    printed = printed_texts(row.printed, row.paragraph)
    hops = (hop.name for hop in row.attribution)
    return joined_text(row.event.name, row.summary, *hops, *dict.fromkeys((place, *printed)))
