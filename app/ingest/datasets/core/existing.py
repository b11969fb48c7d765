"""Load what an import must know of stored rows before it reads its files."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app import models
from app.ingest.acled_rows import load_place_cells
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.entities import ISO, EntityRef, ExistingEntity, RefsByCode
from app.ingest.datasets.core.records import StoredActorKind
from app.ingest.served_json import any_json
from app.models.base import table_of


class ExistingRows:
    """Entities stored before an import of a dataset into the pack `pack_id`.

    With `full_snapshot` the files are the whole of the dataset, so its own rows do not count.
    """

    def __init__(self, connection: Connection, dataset: Dataset, pack_id: str, *, full_snapshot: bool) -> None:
        self.connection = connection
        self.dataset = dataset
        self.pack_id = pack_id
        self.full_snapshot = full_snapshot

    def actors(self) -> RefsByCode:
        """Return actors of curated packs by their codes."""
        return self._codes(models.ActorCode, models.Actor, models.ActorName)

    def locations(self) -> RefsByCode:
        """Return curated locations by their codes, and all countries by their ISO codes.

        A country that no curated pack has is that of another dataset, if one has it.
        """
        curated = self._codes(models.LocationCode, models.Location, models.LocationName)
        result = {**self._countries(imported=True), **self._countries(imported=False), **curated}
        cells = load_place_cells(self.connection, {ref.id for ref in result.values()})
        covers = self._covers({ref.id for ref in result.values()})
        for ref in result.values():
            ref.cells = cells[ref.id]
            ref.covered_by = tuple(sorted(covers[ref.id] - set(ref.path)))
        return result

    def _covers(self, ids: Collection[str]) -> dict[str, set[str]]:
        """Return by location what it lies in and what takes it in."""
        ancestor = table_of(models.LocationAncestor)
        found: dict[str, set[str]] = defaultdict(set)
        rows = select(ancestor.c.location_id, ancestor.c.ancestor_id).where(ancestor.c.location_id.in_(ids))
        for location, outer in self.connection.execute(rows):
            found[location].add(outer)
        return found

    def entities(self) -> Iterator[ExistingEntity]:
        """Yield sources, actors and locations of earlier imports, whose spelling stays.

        In a full snapshot the dataset's own rows take the spelling of its files. Its own actors always do, if their
        ids are numbers.
        """
        pack, source, actor, place = (
            table_of(model) for model in (models.Pack, models.Source, models.Actor, models.Location)
        )
        others = pack.c.dataset & (pack.c.id != self.pack_id)
        stays = others if self.full_snapshot else pack.c.dataset
        for table, condition in ((source, stays), (actor, stays if self.dataset.names_actors else others)):
            rows = (
                select(table.c.id, table.c.name, table.c.kind).join(pack, pack.c.id == table.c.pack_id).where(condition)
            )
            yield from (ExistingEntity(id_, name, kind=kind) for id_, name, kind in self.connection.execute(rows))
        pointed = place.c.point_kind.is_not(None)
        rows = select(place.c.id, place.c.name, place.c.parent_id, place.c.country, pointed)
        for row in self.connection.execute(rows.join(pack, pack.c.id == place.c.pack_id).where(stays)):
            yield ExistingEntity(*row)

    def actor_kinds(self) -> dict[str, StoredActorKind]:
        """Return the kinds of actors of earlier imports, by id, if the dataset's actors have names and no numbers."""
        if not self.dataset.names_actors:
            return {}
        pack, actor = table_of(models.Pack), table_of(models.Actor)
        statement = select(actor.c.id, actor.c.kind, actor.c.pack_id).join(pack, pack.c.id == actor.c.pack_id)
        return {
            id_: StoredActorKind(kind, not self.full_snapshot or holder != self.pack_id)
            for id_, kind, holder in self.connection.execute(statement.where(pack.c.dataset))
            if id_.startswith(self.dataset.id_prefix)
        }

    def _codes(self, codes: Any, owner: Any, names: Any) -> RefsByCode:
        """Return rows of curated packs by their codes."""
        coded, owned, named = table_of(codes), table_of(owner), table_of(names)
        curated = select(table_of(models.Pack).c.id).where(table_of(models.Pack).c.dataset.is_(False))
        spellings: dict[str, list[str]] = {}
        statement = select(named.c.owner_id, named.c.name).where(
            named.c.kind == "alias", named.c.owner_id.in_(select(coded.c.owner_id))
        )
        for id_, alias in self.connection.execute(statement):
            spellings.setdefault(id_, []).append(alias)
        rows = select(coded.c.scheme, coded.c.code, owned).join(owned, owned.c.id == coded.c.owner_id)
        rows = rows.where(owned.c.pack_id.in_(curated)).order_by(owned.c.id.desc())
        mappings = self.connection.execute(rows).mappings()
        return {(row["scheme"], row["code"]): to_entity_ref(row, spellings.get(row["id"], [])) for row in mappings}

    def _countries(self, *, imported: bool) -> dict[tuple[str, str], EntityRef]:
        """Return countries of curated packs, or those of other datasets, by their ISO codes."""
        place, pack, names = (table_of(model) for model in (models.Location, models.Pack, models.LocationName))
        statement = select(place).join(pack, pack.c.id == place.c.pack_id).where(pack.c.dataset.is_(imported))
        statement = statement.where(place.c.kind == "country", place.c.country.is_not(None)).order_by(place.c.id.desc())
        result = {}
        for row in self.connection.execute(statement).mappings().all():
            if not (imported and row["id"].startswith(self.dataset.id_prefix)):
                aliases = select(names.c.name).where(names.c.owner_id == row["id"], names.c.kind == "alias")
                result[ISO, row["country"]] = to_entity_ref(row, self.connection.scalars(aliases))
        return result


def to_entity_ref(row: RowMapping, aliases: Iterable[str]) -> EntityRef:
    """Return a reference to a row of another pack."""
    place = {name: row[name] for name in ("latitude", "longitude", "point_kind") if name in row}
    served = json.loads(row["row"])
    path = tuple(served.get("path", ()))
    ref = EntityRef(
        row["id"], row["name"], row["country"], path=path, aliases=tuple(aliases), kind=row["kind"], **place
    )
    ref.admin1, ref.admin2 = any_json(served.get("admin1")), any_json(served.get("admin2"))
    ref.set_place_json()
    return ref
