"""What is stored already, as far as an import must know it."""

from collections.abc import Collection

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from app import models
from app.ingest.datasets.ged_references import ISO, Named
from app.models.base import table_of


def countries(connection: Connection, own: str) -> dict[tuple[str, str], Named]:
    """Countries of curated packs by their ISO codes, whether or not that is among their codes.

    Else those that imports of other datasets made: ids of this one's own begin with `own`.
    """
    place, pack = table_of(models.Location), table_of(models.Pack)
    wanted = select(place.c.country, place.c.id, place.c.name).join(pack, pack.c.id == place.c.pack_id)
    wanted = wanted.where(place.c.kind == "country", place.c.country.is_not(None)).order_by(place.c.id.desc())
    found: dict[tuple[str, str], Named] = {}
    for which in (pack.c.dataset & ~place.c.id.startswith(own, autoescape=True), pack.c.dataset.is_(False)):
        for country, id_, name in connection.execute(wanted.where(which)):
            found[ISO, country] = Named(id_, name)  # what a curated pack has comes last, and counts
    return found


def kinds(connection: Connection, own: str, dataset: str) -> tuple[dict[str, str], set[str]]:
    """What the stored actors are whose ids begin with `own`, and the ids of those that the dataset holds."""
    pack, actor = table_of(models.Pack), table_of(models.Actor)
    wanted = select(actor.c.id, actor.c.kind, actor.c.pack_id).join(pack, pack.c.id == actor.c.pack_id)
    found = connection.execute(wanted.where(pack.c.dataset, actor.c.id.startswith(own, autoescape=True))).all()
    return {id_: kind for id_, kind, _ in found}, {id_ for id_, _, holder in found if holder == dataset}


def stamps(connection: Connection, given: type[SQLModel], ids: Collection[str]) -> dict[str, int]:
    """When the stored rows of these ids were last changed, as far as they tell."""
    table = table_of(given)
    wanted = select(table.c.event_id_cnty, table.c.timestamp).where(table.c.event_id_cnty.in_(list(ids)))
    return dict(connection.execute(wanted.where(table.c.timestamp.is_not(None))).all())
