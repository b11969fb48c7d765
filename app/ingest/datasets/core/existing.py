"""What is stored already, as far as an import must know it before it reads."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app import models
from app.ingest.acled_rows import load_place_cells
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.entities import ISO, EntityRef, ExistingEntity, RefsByCode
from app.ingest.datasets.core.records import StoredActorKind
from app.models.base import table_of


class ExistingRows:
    """What is there when an import of a dataset into the pack `pack_id` begins. With `full_snapshot` its files are all
    of it."""

    def __init__(self, connection: Connection, dataset: Dataset, pack_id: str, *, full_snapshot: bool) -> None:
        self.connection = connection
        self.dataset = dataset
        self.pack_id = pack_id
        self.full_snapshot = full_snapshot

    def actors(self) -> RefsByCode:
        """Actors of curated packs by their codes."""
        return self._codes(models.ActorCode, models.Actor, models.ActorName)

    def locations(self) -> RefsByCode:
        """Curated places by their codes; countries by their ISO codes, whether or not that is among them.

        A country that no curated pack has is the one that another dataset made, if one did.
        """
        curated = self._codes(models.LocationCode, models.Location, models.LocationName)
        result = {**self._countries(imported=True), **self._countries(imported=False), **curated}
        cells = load_place_cells(self.connection, {ref.id for ref in result.values()})
        for ref in result.values():
            ref.cells = cells[ref.id]
        return result

    def entities(self) -> Iterator[ExistingEntity]:
        """What imports before made of names, which stays as it is spelt: sources and places, and actors.

        With all of a dataset at hand, its own rows are spelt as its files spell them now; so are its own actors
        always, if their ids are numbers.
        """
        pack, source, actor, place = (
            table_of(model) for model in (models.Pack, models.Source, models.Actor, models.Location)
        )
        others = pack.c.dataset & (pack.c.id != self.pack_id)
        stays = others if self.full_snapshot else pack.c.dataset
        for table, meant in ((source, stays), (actor, stays if self.dataset.names_actors else others)):
            rows = select(table.c.id, table.c.name, table.c.kind).join(pack, pack.c.id == table.c.pack_id).where(meant)
            yield from (ExistingEntity(id_, name, kind=kind) for id_, name, kind in self.connection.execute(rows))
        pointed = place.c.point_kind.is_not(None)
        rows = select(place.c.id, place.c.name, place.c.parent_id, place.c.country, pointed)
        for row in self.connection.execute(rows.join(pack, pack.c.id == place.c.pack_id).where(stays)):
            yield ExistingEntity(*row)

    def actor_kinds(self) -> dict[str, StoredActorKind]:
        """What the actors are that imports before made of names."""
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
        """Rows of curated packs by their codes."""
        coded, owned, named = table_of(codes), table_of(owner), table_of(names)
        curated = select(table_of(models.Pack).c.id).where(table_of(models.Pack).c.dataset.is_(False))
        spelt: dict[str, list[str]] = {}
        statement = select(named.c.owner_id, named.c.name).where(
            named.c.kind == "alias", named.c.owner_id.in_(select(coded.c.owner_id))
        )
        for id_, alias in self.connection.execute(statement):
            spelt.setdefault(id_, []).append(alias)
        rows = select(coded.c.scheme, coded.c.code, owned).join(owned, owned.c.id == coded.c.owner_id)
        rows = rows.where(owned.c.pack_id.in_(curated)).order_by(owned.c.id.desc())
        found = self.connection.execute(rows).mappings()
        return {(row["scheme"], row["code"]): to_entity_ref(row, spelt.get(row["id"], [])) for row in found}

    def _countries(self, *, imported: bool) -> dict[tuple[str, str], EntityRef]:
        """Countries of curated packs, or those that imports of other datasets made."""
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
    """A row that another pack has, as rows of a dataset refer to it."""
    place = {name: row[name] for name in ("latitude", "longitude") if name in row}
    path = tuple(json.loads(row["row"]).get("path", ()))
    return EntityRef(
        row["id"], row["name"], row["country"], path=path, aliases=tuple(aliases), kind=row["kind"], **place
    )
