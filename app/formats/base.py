"""Input of every format: rows with their points, and the metadata of the result."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypedDict

from app.formats.columns import Column
from app.geo import LocatedPoint

RowWithPoint = tuple[str, LocatedPoint | None]
"""A row as served JSON, and its point if that was asked for."""

Batches = Iterable[Sequence[RowWithPoint]]


@dataclass(frozen=True)
class Attribution:
    """Attribution of a pack: its licence (SPDX) and citation."""

    id: str
    licence: str
    citation: str


class Provenance(TypedDict):
    """Revision of the database, and the attribution of each pack in it."""

    revision: int
    packs: list[dict[str, str]]


@dataclass(frozen=True)
class ResultMetadata:
    """Metadata of one result, in any format.

    `columns` are the flat columns of the rows. `fields` are the fields asked for, None for all. `spatial` says whether
    rows of this kind may have a point. `links` have rel and href, as in RFC 8288, and may have type and title.
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
        """URL of the next page; None on the last one."""
        return next((link["href"] for link in self.links if link["rel"] == "next"), None)

    def provenance(self) -> Provenance:
        """Return the revision of the database, and the attribution of its packs."""
        return {"revision": self.revision, "packs": [asdict(credit) for credit in self.attributions]}


@dataclass(frozen=True)
class Format:
    """An output format.

    `media_type` is sent as Content-Type, and `aliases` are other media types for which Accept may ask. `write` yields
    the chunks of the body. A format that `streams` writes any number of rows without holding them all. A `flat`
    format writes the point of each row. One that `names_next` has the address of the next page in its body, too.
    """

    name: str
    media_type: str
    write: Callable[[ResultMetadata, Batches], Iterator[bytes]]
    streams: bool = True
    flat: bool = False
    aliases: tuple[str, ...] = ()
    binary: bool = False
    names_next: bool = False

    @property
    def media_types(self) -> tuple[str, ...]:
        """Media types for which Accept may ask, without parameters such as charset."""
        return (self.media_type.partition(";")[0], *self.aliases)


def dumps(value: object) -> str:
    """Serialise to JSON without spaces and without needless escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def select_fields(row: str, fields: Sequence[str] | None) -> str:
    """Return a row with only the fields asked for, in that order; None means all fields."""
    if fields is None:
        return row
    document = json.loads(row)
    return dumps({name: document[name] for name in fields if name in document})
