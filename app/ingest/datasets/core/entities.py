"""What the records of a dataset refer to: sources, actors and places, each made once for all records that share it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NamedTuple

from pydantic_core import to_json

from app.codebooks.countries import Country
from app.db.text_index import index_words
from app.ingest.datasets.core.batch import ImportContext, RowBatch
from app.names import fold, match_key

MIN_DATE, MAX_DATE = date.min.isoformat(), date.max.isoformat()
ISO = "iso-3166-1-alpha-3"
"""The scheme of the codes that countries share."""
MAX_SLUG_CHARS = 80
MAX_TEXT_CHARS = 300  # of a title or name; longer ones are cut, the cells keep them whole
CACHE_SIZE = 1 << 14
"""Texts whose folded form is kept at hand: names come back thousands of times."""

words_of = lru_cache(CACHE_SIZE)(index_words)
key_of = lru_cache(CACHE_SIZE)(match_key)


@lru_cache(CACHE_SIZE)
def slug(text: str) -> str:
    """The text as part of an id; of a long one the beginning, and what tells it from others that begin so."""
    words = "-".join(fold(text).split())
    if len(words) <= MAX_SLUG_CHARS and words:
        return words
    return f"{words[:MAX_SLUG_CHARS] or 'unnamed'}-{hashlib.sha256((words or text).encode()).hexdigest()[:8]}"


def json_string(text: str | None) -> str:
    """The text as JSON."""
    return "null" if text is None else encode_basestring(text)


@dataclass(slots=True, eq=False)
class EntityRef:
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


class ExistingEntity(NamedTuple):
    """A row that an import made before; `parent`, `country` and `has_point` are those of a place."""

    id: str
    name: str
    parent: str | None = None
    country: str | None = None
    has_point: bool = False


RefsByCode = Mapping[tuple[str, str], EntityRef]
"""Rows that are there already, by scheme and code."""


class _PointRecord(NamedTuple):
    """What must be known of a point of which there may be as many as events: its name and what it lies in."""

    name: str
    parent: str | None
    is_new: bool
    """In this import, so that it stands as it should."""


class EntityRegistry:
    """Makes the rows that records share; each is put into `batch` when it is first referred to.

    `actors` and `locations` are rows of curated packs: what has the code of one of them is that row. `existing` are
    rows that other imports made: their spelling stays, but a place moves with what it lies in. `referenced` collects
    what is referred to, if that is wanted.
    """

    def __init__(
        self,
        context: ImportContext,
        actors: RefsByCode,
        locations: RefsByCode,
        existing: Iterable[ExistingEntity],
        *,
        collect_references: bool,
    ) -> None:
        self.context = context
        self.known_actors = actors
        self.known_locations = locations
        self.referenced: set[str] | None = set() if collect_references else None
        self.batch = RowBatch()
        self._refs: dict[str, EntityRef] = {}
        self._parents: dict[str, str | None] = {}
        self._created: set[str] = set()
        self._points: dict[bytes, _PointRecord] = {}
        self._shared_points: dict[_PointRecord, _PointRecord] = {}
        for row in existing:
            if row.has_point:
                self._points[_digest(row.id)] = self._interned(_PointRecord(row.name, row.parent, False))
            else:
                self._refs[row.id] = EntityRef(row.id, row.name, row.country)
                self._parents[row.id] = row.parent

    def take(self) -> RowBatch:
        """What was added since the last time."""
        batch, self.batch = self.batch, RowBatch()
        return batch

    def source(self, id_: str, name: str, kind: str) -> EntityRef:
        """Who says something."""
        if self.referenced is not None:
            self.referenced.add(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = EntityRef(id_, name[:MAX_TEXT_CHARS])
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
    ) -> EntityRef:
        """Who does something, by the number that a scheme gives it; `code` is its code there, if that is no number."""
        curated = self.known_actors.get((scheme, str(number)))
        if curated:
            return curated
        id_ = f"{scheme}:{number}"
        if self.referenced is not None:
            self.referenced.add(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = EntityRef(id_, name[:MAX_TEXT_CHARS])
            iso3 = country.iso3 if country else None
            codes = [(scheme, str(number) if code is None else code)]
            row = (
                f'{ref.json[:-1]},"kind":"{kind}","country":{json_string(iso3)},"aliases":[],"codes":{_codes_json(codes)},'
                '"relations":[]}'
            )
            self._add("actor", ref, row, (ref.name, kind, iso3), codes)
            self.batch.tables["actor_ancestor"].append((id_, id_, MIN_DATE, MAX_DATE))
        return ref

    def location(
        self,
        id_: str,
        name: str,
        kind: str,
        country: Country | None,
        parent: EntityRef | None,
        codes: Iterable[tuple[str, str]] = (),
    ) -> EntityRef:
        """An area that others lie in, with its codes as (scheme, code)."""
        if self.referenced is not None:
            self.referenced.add(id_)
        ref, previous_parent = self._refs.get(id_), parent.id if parent else None
        moved = (
            ref is not None
            and id_ not in self._created
            and (self._parents[id_] != previous_parent or previous_parent in self._created)
        )
        if ref is None or moved:
            self._parents[id_] = previous_parent
            self._created.add(id_)
            spelling = ref.name if ref else name[:MAX_TEXT_CHARS]
            ref = EntityRef(
                id_, spelling, country.iso3 if country else None, path=(*(parent.path if parent else ()), id_)
            )
            self._refs[id_] = ref
            self._add_location(ref, kind, previous_parent, None, list(codes))
        elif not ref.path:
            ref.path = (*(parent.path if parent else ()), id_)
        return ref

    def point(
        self,
        id_: str,
        name: str,
        kind: str,
        country: Country | None,
        parent: EntityRef,
        point: tuple[float, float, str],
    ) -> EntityRef:
        """A place with latitude, longitude and the kind of its point; nothing lies in it."""
        if self.referenced is not None:
            self.referenced.add(id_)
        digest = _digest(id_)
        previous = self._points.get(digest)
        spelling = previous.name if previous else name[:MAX_TEXT_CHARS]
        ref = EntityRef(id_, spelling, country.iso3 if country else None, point[0], point[1], (*parent.path, id_))
        if previous is None or not (
            previous.is_new or (previous.parent == parent.id and parent.id not in self._created)
        ):
            self._points[digest] = self._interned(_PointRecord(spelling, parent.id, True))
            self._add_location(ref, kind, parent.id, point[2], [])
        return ref

    def _interned(self, point: _PointRecord) -> _PointRecord:
        """The same for all points of one name in one place: there may be hundreds of thousands."""
        return self._shared_points.setdefault(point, point)

    def _add_location(
        self, ref: EntityRef, kind: str, parent: str | None, point_kind: str | None, codes: list[tuple[str, str]]
    ) -> None:
        row = (
            f'{ref.json[:-1]},"kind":"{kind}","country":{json_string(ref.country)},"parent":{json_string(parent)},'
            f'"path":[{",".join(map(encode_basestring, ref.path))}],"latitude":{_number_json(ref.latitude)},'
            f'"longitude":{_number_json(ref.longitude)},"point_kind":{json_string(point_kind)},"aliases":[],'
            f'"codes":{_codes_json(codes)}}}'
        )
        columns = (ref.name, kind, ref.country, parent, ref.latitude, ref.longitude, point_kind)
        self._add("location", ref, row, columns, codes)
        self.batch.tables["location_ancestor"].extend([(ref.id, outer) for outer in ref.path])

    def _add(
        self, table: str, ref: EntityRef, row: str, columns: tuple[object, ...], codes: Iterable[tuple[str, str]] = ()
    ) -> None:
        """A row of a table with all that names it."""
        tables, id_, name = self.batch.tables, ref.id, ref.name
        pk = len(tables[table])
        tables[table].append((pk, id_, *self.context, row, *columns))
        names = tables[f"{table}_name"]
        names.append((id_, match_key(id_), id_, "id", None, None))
        names.append((id_, key_of(name), name, "name", None, None))
        for scheme, code in codes:
            tables[f"{table}_code"].append((id_, scheme, None, code))
        tables[f"{table}_text"].append((pk, ref.words))


def _digest(id_: str) -> bytes:
    """What stands for the id of a point, of which hundreds of thousands are remembered: a third of its memory."""
    return hashlib.blake2b(id_.encode(), digest_size=16).digest()


def _codes_json(codes: Iterable[tuple[str, str]]) -> str:
    items = [f'{{"scheme":{json_string(scheme)},"version":null,"code":{json_string(code)}}}' for scheme, code in codes]
    return f"[{','.join(items)}]"


def _number_json(number: float | None) -> str:
    return "null" if number is None else to_json(number).decode()
