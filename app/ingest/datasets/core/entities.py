"""Registry of what a dataset's records refer to: sources, actors and locations, each written once."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from app.codebooks.countries import Country
from app.ingest.acled_cells import NO_CELLS, PlaceCells
from app.ingest.datasets.core.batch import ImportContext, RowBatch
from app.ingest.datasets.core.spellings import key_of, spelling_of, words_of
from app.ingest.datasets.core.streams import UnreadableFileError
from app.ingest.served_json import code_json, compile_writer, list_json, ref_json, string_json
from app.names import match_key
from app.schemas.events import EventLocationRow
from app.schemas.reference import ActorRow, LocationRow, SourceRow

MIN_DATE, MAX_DATE = date.min.isoformat(), date.max.isoformat()
ISO = "iso-3166-1-alpha-3"
"""Scheme of the codes that countries share."""
MAX_ENTITIES = 1_000_000
"""Most sources, actors and areas without a point that an import may know: all are kept in memory."""

source_json = compile_writer(
    SourceRow,
    organisation=None,
    actor=None,
    published_on=None,
    author=None,
    url=None,
    language=None,
    aliases=[],
    description=None,
)
actor_json = compile_writer(ActorRow, aliases=[], relations=[])
location_json = compile_writer(LocationRow, aliases=[], covers=[])
event_place_json = compile_writer(EventLocationRow)

Codes = list[tuple[str, str]]
"""Codes of an entity, each with its scheme first."""


@dataclass(slots=True, eq=False)
class EntityRef:
    """Reference to a source, actor or location, with what rows that refer to it need."""

    id: str
    name: str
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    path: tuple[str, ...] = ()
    """Ids from the outermost location down to this one."""
    covered_by: tuple[str, ...] = ()
    """Ids of regions, borders and rivers that take this location in, or one that it lies in."""
    aliases: tuple[str, ...] = ()
    kind: str = ""
    cells: PlaceCells = NO_CELLS
    """Of a location: what ACLED's shape prints of it."""
    point_kind: str | None = None
    admin1: str = "null"
    """Of a location: reference to the province that it is or lies in, as JSON; `admin2` likewise to the district."""
    admin2: str = "null"
    place_json: str = ""
    """Of a location: the place of an event as `app.schemas.events.EventLocationRow`."""
    json: str = field(init=False)
    """The reference as `app.schemas.base.Ref`, encoded once for all rows that hold it."""
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.json = ref_json(id=self.id, name=self.name)
        self.words = words_of(self.name)

    def place_in(self, parent: "EntityRef | None") -> None:
        """Set what follows of a location from the one that it lies in: its units, and the place of its events."""
        if parent:
            self.admin1, self.admin2, self.covered_by = parent.admin1, parent.admin2, parent.covered_by
        if self.kind == "province":
            self.admin1 = self.json
        elif self.kind == "district":
            self.admin2 = self.json
        self.cells = (parent.cells if parent else NO_CELLS).inner(self.kind, self.name, self.latitude, self.longitude)
        self.set_place_json()

    def set_place_json(self) -> None:
        """Encode the place of an event that lies here."""
        self.place_json = event_place_json(
            id=self.id,
            name=self.name,
            kind=self.kind,
            country=self.country,
            admin1=self.admin1,
            admin2=self.admin2,
            longitude=self.longitude,
            latitude=self.latitude,
            point_kind=self.point_kind,
        )


class ExistingEntity(NamedTuple):
    """Entity of an earlier import; `parent`, `country` and `has_point` are those of a location."""

    id: str
    name: str
    parent: str | None = None
    country: str | None = None
    has_point: bool = False
    kind: str = ""


RefsByCode = Mapping[tuple[str, str], EntityRef]
"""Entities of curated packs, by scheme and code."""


class _PointRecord(NamedTuple):
    """Name and parent of a location with a point, of which there may be as many as events."""

    name: str
    parent: str | None
    is_new: bool
    """True if this import wrote it, so that its path is up to date."""


class EntityRegistry:
    """Adds each entity to the batch when a record first refers to it.

    `actors` and `locations` are rows of curated packs: an entity with the code of one of them is that row. `existing`
    are entities of earlier imports: their spelling stays, but a location moves with its parent. `referenced` collects
    the ids of all entities that records refer to, if `collect_references` asks for it.
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
                self._refs[row.id] = EntityRef(row.id, row.name, row.country, kind=row.kind)
                self._parents[row.id] = row.parent

    def take(self) -> RowBatch:
        """Return the rows added since the last call, and start a new batch.

        Raises UnreadableFileError if files name more than can be kept in memory.
        """
        taken, self.batch = self.batch, RowBatch()
        if len(self._refs) > MAX_ENTITIES:
            reason = f"names more than {MAX_ENTITIES} different sources, actors and areas"
            raise UnreadableFileError(self.context.pack_id, reason)
        return taken

    def source(self, id_: str, name: str, kind: str) -> EntityRef:
        """Return a source, adding it if it is new."""
        self._collect(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = EntityRef(id_, spelling_of(name), kind=kind)
            row = source_json(id=id_, name=ref.name, kind=kind)
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
        """Return an actor by its number in a scheme, adding it if it is new.

        `code` is its code in that scheme, where that is not the number.
        """
        curated = self.known_actors.get((scheme, str(number)))
        if curated:
            return curated
        id_ = f"{scheme}:{number}"
        self._collect(id_)
        ref = self._refs.get(id_)
        if ref is None:
            ref = self._refs[id_] = EntityRef(id_, spelling_of(name), kind=kind)
            iso3 = country.iso3 if country else None
            codes = [(scheme, str(number) if code is None else code)]
            row = actor_json(id=id_, name=ref.name, kind=kind, country=iso3, codes=_codes_json(codes))
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
        codes: Codes | None = None,
    ) -> EntityRef:
        """Return an area that other locations lie in, adding it if it is new or its parent moved."""
        self._collect(id_)
        ref, parent_id = self._refs.get(id_), parent.id if parent else None
        if ref is None or self._has_moved(id_, parent_id):
            self._parents[id_] = parent_id
            self._created.add(id_)
            spelling = ref.name if ref else spelling_of(name)
            ref = self._refs[id_] = EntityRef(
                id_, spelling, country.iso3 if country else None, path=_path(id_, parent), kind=kind
            )
            ref.place_in(parent)
            self._add_location(ref, parent, codes or [])
        elif not ref.path:
            ref.path, ref.kind = _path(id_, parent), kind
            ref.place_in(parent)
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
        """Return a location with a point (latitude, longitude, point_kind), adding it if it is new or moved.

        Nothing lies in it.
        """
        self._collect(id_)
        digest = _digest(id_)
        previous = self._points.get(digest)
        spelling = previous.name if previous else spelling_of(name)
        ref = EntityRef(
            id_,
            spelling,
            country.iso3 if country else None,
            point[0],
            point[1],
            (*parent.path, id_),
            kind=kind,
            point_kind=point[2],
        )
        ref.place_in(parent)
        if previous is None or not (
            previous.is_new or (previous.parent == parent.id and parent.id not in self._created)
        ):
            self._points[digest] = self._interned(_PointRecord(spelling, parent.id, True))
            self._add_location(ref, parent, [])
        return ref

    def _collect(self, id_: str) -> None:
        if self.referenced is not None:
            self.referenced.add(id_)

    def _has_moved(self, id_: str, parent: str | None) -> bool:
        """Return whether a stored area has another parent now, or a parent that moved itself."""
        return id_ not in self._created and (self._parents[id_] != parent or parent in self._created)

    def _interned(self, point: _PointRecord) -> _PointRecord:
        """Return one object for all points of one name in one place: there may be hundreds of thousands."""
        return self._shared_points.setdefault(point, point)

    def _add_location(self, ref: EntityRef, parent: EntityRef | None, codes: Codes) -> None:
        row = location_json(
            id=ref.id,
            name=ref.name,
            kind=ref.kind,
            country=ref.country,
            parent=parent.json if parent else "null",
            path=list_json(map(string_json, ref.path)),
            admin1=ref.admin1,
            admin2=ref.admin2,
            latitude=ref.latitude,
            longitude=ref.longitude,
            point_kind=ref.point_kind,
            codes=_codes_json(codes),
        )
        parent_id = parent.id if parent else None
        columns = (ref.name, ref.kind, ref.country, parent_id, ref.latitude, ref.longitude, ref.point_kind)
        self._add("location", ref, row, columns, codes)
        self.batch.tables["location_ancestor"].extend([(ref.id, outer) for outer in (*ref.path, *ref.covered_by)])

    def _add(
        self, table: str, ref: EntityRef, row: str, columns: tuple[object, ...], codes: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Add a row with its names, codes and indexed words."""
        tables, id_, name = self.batch.tables, ref.id, ref.name
        pk = len(tables[table])
        tables[table].append((pk, id_, *self.context, row, *columns))
        names = tables[f"{table}_name"]
        names.append((id_, match_key(id_), id_, "id", None, None))
        names.append((id_, key_of(name), name, "name", None, None))
        for scheme, code in codes:
            tables[f"{table}_code"].append((id_, scheme, None, code))
        tables[f"{table}_text"].append((pk, ref.words))


def _path(id_: str, parent: EntityRef | None) -> tuple[str, ...]:
    return (*(parent.path if parent else ()), id_)


def _digest(id_: str) -> bytes:
    """Return a short hash that stands for the id of a point, to keep hundreds of thousands in a third of the memory."""
    return hashlib.blake2b(id_.encode(), digest_size=16).digest()


def _codes_json(codes: Codes) -> str:
    return list_json([code_json(scheme=scheme, code=code) for scheme, code in codes])
