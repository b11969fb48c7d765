"""What every format is given: rows as they are stored, where they lie, and what travels with them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.formats.columns import Column
from app.geo import LocatedPoint

RowWithPoint = tuple[str, LocatedPoint | None]
"""A row as the JSON that is served, and where it lies."""

Batches = Iterable[Sequence[RowWithPoint]]


@dataclass(frozen=True)
class Attribution:
    """What a reader owes to a pack: its licence (SPDX) and how to cite it."""

    id: str
    licence: str
    citation: str


@dataclass(frozen=True)
class ResultMetadata:
    """What travels with the rows of one answer, whatever the format.

    `fields` are those that were asked for, None for all. `columns` are the rows flattened. `spatial` says whether
    rows of this kind lie anywhere at all. `links` have rel and href, as in RFC 8288, and may have type and title.
    """

    revision: int
    attributions: Sequence[Attribution]
    columns: Sequence[Column]
    spatial: bool
    fields: Sequence[str] | None = None
    matched: int | None = None
    omitted: Mapping[str, int] | None = None
    links: Sequence[Mapping[str, str]] = ()

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return next((link["href"] for link in self.links if link["rel"] == "next"), None)

    def provenance(self) -> dict[str, Any]:
        """The state of the database, and whose data it is."""
        return {"revision": self.revision, "packs": [asdict(credit) for credit in self.attributions]}


@dataclass(frozen=True)
class Format:
    """One way to write rows.

    `media_type` is sent as Content-Type, and `aliases` are other names of it that Accept may use. `streams` says
    whether any number of rows can be written without holding them all. `flat` formats want to know where rows lie.
    """

    name: str
    media_type: str
    write: Callable[[ResultMetadata, Batches], Iterator[bytes]]
    streams: bool = True
    flat: bool = False
    aliases: tuple[str, ...] = ()
    binary: bool = False

    @property
    def media_types(self) -> tuple[str, ...]:
        """What Accept may ask for, without parameters such as the charset."""
        return (self.media_type.partition(";")[0], *self.aliases)


def dumps(value: Any) -> str:
    """JSON as it is served: no spaces, no escapes that are not needed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def select_fields(row: str, fields: Sequence[str] | None) -> str:
    """The row with no more than the fields that were asked for."""
    if fields is None:
        return row
    document = json.loads(row)
    return dumps({name: document[name] for name in fields if name in document})
