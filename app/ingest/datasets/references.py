"""What the records of a dataset refer to: sources, actors and places, each made once for all records that share it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NamedTuple

from pydantic_core import to_json

from app.countries import Country
from app.db.text_search import folded
from app.ingest.datasets.batch import Batch, Ids
from app.names import fold, key

FIRST_DAY, LAST_DAY = date.min.isoformat(), date.max.isoformat()
ISO = "iso-3166-1-alpha-3"
"""The scheme of the codes that countries share."""
LONGEST_SLUG = 80
MOST_TEXT = 300  # of a title or name; longer ones are cut, the cells keep them whole
REMEMBERED = 1 << 14
"""Texts whose folded form is kept at hand: names come back thousands of times."""

words_of = lru_cache(REMEMBERED)(folded)
key_of = lru_cache(REMEMBERED)(key)


@lru_cache(REMEMBERED)
def slug(text: str) -> str:
    """The text as part of an id; of a long one the beginning, and what tells it from others that begin so."""
    words = "-".join(fold(text).split())
    if len(words) <= LONGEST_SLUG and words:
        return words
    return f"{words[:LONGEST_SLUG] or 'unnamed'}-{hashlib.sha256((words or text).encode()).hexdigest()[:8]}"


def quoted(text: str | None) -> str:
    """The text as JSON."""
    return "null" if text is None else encode_basestring(text)


@dataclass(slots=True, eq=False)
class Named:
    """A row that others refer to: the reference as it is said, and what follows for rows that make it."""

    id: str
    name: str
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    path: tuple[str, ...] = ()
    """Of a place: the ids from the outermost place down to this one."""
    aliases: tuple[str, ...] = ()
    json: str = field(init=False)
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.json = f'{{"id":{encode_basestring(self.id)},"name":{encode_basestring(self.name)}}}'
        self.words = words_of(self.name)


class Stored(NamedTuple):
    """A row that an import made before; `parent`, `country` and `pointed` are those of a place."""

    id: str
    name: str
    parent: str | None = None
    country: str | None = None
    pointed: bool = False


Codes = Mapping[tuple[str, str], Named]
"""Rows that are there already, by scheme and code."""


class _Point(NamedTuple):
    """What must be known of a point of which there may be as many as events: its name and what it lies in."""

    name: str
    parent: str | None
    made: bool
    """In this import, so that it stands as it should."""


class References:
    """Makes the rows that records share; each is put into `batch` when it is first referred to.

    `actors` and `locations` are rows of curated packs: what has the code of one of them is that row. `stored` are rows
    that other imports made: their spelling stays, but a place moves with what it lies in. `referred` collects what is
    referred to, if that is wanted.
    """

    def __init__(self, ids: Ids, actors: Codes, locations: Codes, stored: Iterable[Stored], *, collect: bool) -> None:
        self.ids = ids
        self.known_actors = actors
        self.known_locations = locations
        self.referred: set[str] | None = set() if collect else None
        self.batch = Batch()
        self._refs: dict[str, Named] = {}
        self._parents: dict[str, str | None] = {}
        self._made: set[str] = set()
        self._points: dict[bytes, _Point] = {}
        self._alike: dict[_Point, _Point] = {}
        for row in stored:
            if row.pointed:
                self._points[_short(row.id)] = self._shared(_Point(row.name, row.parent, False))
            else:
                self._refs[row.id] = Named(row.id, row.name, row.country)
                self._parents[row.id] = row.parent

    def take(self) -> Batch:
        """What was added since the last time."""
        taken, self.batch = self.batch, Batch()
        return taken

    def source(self, id_: str, name: str, kind: str) -> Named:
        """Who says something."""
        if self.referred is not None:
            self.referred.add(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = Named(id_, name[:MOST_TEXT])
            row = (
                f'{ref.json[:-1]},"kind":"{kind}","organisation":null,"actor":null,"published_on":null,"author":null,'
                '"url":null,"language":null,"aliases":[],"description":null}'
            )
            self._add("source", ref, row, (ref.name, kind, None, None, None))
        return ref

    def actor(
        self,
        scheme: str,
        number: int | str,
        name: str,
        kind: str,
        country: Country | None = None,
        code: str | None = None,
    ) -> Named:
        """Who does something, by the number that a scheme gives it; `code` is its code there, if that is no number."""
        known = self.known_actors.get((scheme, str(number)))
        if known:
            return known
        id_ = f"{scheme}:{number}"
        if self.referred is not None:
            self.referred.add(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = Named(id_, name[:MOST_TEXT])
            iso3 = country.iso3 if country else None
            codes = [(scheme, str(number) if code is None else code)]
            row = (
                f'{ref.json[:-1]},"kind":"{kind}","country":{quoted(iso3)},"aliases":[],"codes":{_codes(codes)},'
                '"relations":[]}'
            )
            self._add("actor", ref, row, (ref.name, kind, iso3), codes)
            self.batch.tables["actor_ancestor"].append((id_, id_, FIRST_DAY, LAST_DAY))
        return ref

    def location(
        self,
        id_: str,
        name: str,
        kind: str,
        country: Country | None,
        parent: Named | None,
        codes: Iterable[tuple[str, str]] = (),
    ) -> Named:
        """An area that others lie in, with its codes as (scheme, code)."""
        if self.referred is not None:
            self.referred.add(id_)
        ref, above = self._refs.get(id_), parent.id if parent else None
        moved = ref is not None and id_ not in self._made and (self._parents[id_] != above or above in self._made)
        if ref is None or moved:
            self._parents[id_] = above
            self._made.add(id_)
            spelt = ref.name if ref else name[:MOST_TEXT]
            ref = Named(id_, spelt, country.iso3 if country else None, path=(*(parent.path if parent else ()), id_))
            self._refs[id_] = ref
            self._add_place(ref, kind, above, None, list(codes))
        elif not ref.path:
            ref.path = (*(parent.path if parent else ()), id_)
        return ref

    def point(
        self,
        id_: str,
        name: str,
        kind: str,
        country: Country | None,
        parent: Named,
        point: tuple[float, float, str],
    ) -> Named:
        """A place with latitude, longitude and the kind of its point; nothing lies in it."""
        if self.referred is not None:
            self.referred.add(id_)
        short = _short(id_)
        known = self._points.get(short)
        spelt = known.name if known else name[:MOST_TEXT]
        ref = Named(id_, spelt, country.iso3 if country else None, point[0], point[1], (*parent.path, id_))
        if known is None or not (known.made or (known.parent == parent.id and parent.id not in self._made)):
            self._points[short] = self._shared(_Point(spelt, parent.id, True))
            self._add_place(ref, kind, parent.id, point[2], [])
        return ref

    def _shared(self, point: _Point) -> _Point:
        """The same for all points of one name in one place: there may be hundreds of thousands."""
        return self._alike.setdefault(point, point)

    def _add_place(
        self, ref: Named, kind: str, parent: str | None, point_kind: str | None, codes: list[tuple[str, str]]
    ) -> None:
        row = (
            f'{ref.json[:-1]},"kind":"{kind}","country":{quoted(ref.country)},"parent":{quoted(parent)},'
            f'"path":[{",".join(map(encode_basestring, ref.path))}],"latitude":{_number(ref.latitude)},'
            f'"longitude":{_number(ref.longitude)},"point_kind":{quoted(point_kind)},"aliases":[],'
            f'"codes":{_codes(codes)}}}'
        )
        columns = (ref.name, kind, ref.country, parent, ref.latitude, ref.longitude, point_kind)
        self._add("location", ref, row, columns, codes)
        self.batch.tables["location_ancestor"].extend([(ref.id, outer) for outer in ref.path])

    def _add(
        self, table: str, ref: Named, row: str, columns: tuple[object, ...], codes: Iterable[tuple[str, str]] = ()
    ) -> None:
        """A row of a table with all that names it."""
        tables, id_, name = self.batch.tables, ref.id, ref.name
        pk = len(tables[table])
        tables[table].append((pk, id_, *self.ids, row, *columns))
        names = tables[f"{table}_name"]
        names.append((id_, key(id_), id_, "id", None, None))
        names.append((id_, key_of(name), name, "name", None, None))
        for scheme, code in codes:
            tables[f"{table}_code"].append((id_, scheme, None, code))
        tables[f"{table}_text"].append((pk, ref.words))


def _short(id_: str) -> bytes:
    """What stands for the id of a point, of which hundreds of thousands are remembered: a third of its memory."""
    return hashlib.blake2b(id_.encode(), digest_size=16).digest()


def _codes(codes: Iterable[tuple[str, str]]) -> str:
    listed = [f'{{"scheme":{quoted(scheme)},"version":null,"code":{quoted(code)}}}' for scheme, code in codes]
    return f"[{','.join(listed)}]"


def _number(number: float | None) -> str:
    return "null" if number is None else to_json(number).decode()
