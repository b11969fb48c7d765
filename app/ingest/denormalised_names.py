"""A row carries the names of what it refers to; when a name changes, the rows of other packs follow."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, select, update

from app import models
from app.db.text_index import write_texts
from app.ingest.packs.drafts import PackContent
from app.ingest.records import claim_text
from app.ingest.upsert import TABLES, ChangeSet
from app.models.base import table_of
from app.schemas.claims import ClaimRow

REFERENCE_PATHS: dict[str, dict[str, str]] = {
    "sources": {"organisation": "sources", "actor": "actors"},
    "actors": {"relations.actor": "actors"},
    "locations": {},
    "events": {
        "location": "locations",
        "actors": "actors",
        "control_change.location": "locations",
        "control_change.gained_by": "actors",
        "control_change.lost_by": "actors",
        "movement.from": "locations",
        "movement.to": "locations",
        "movement.via": "locations",
        "movement.mover": "actors",
    },
    "claims": {
        "event": "events",
        "document": "sources",
        "attribution": "sources",
        "origin": "sources",
        "location": "locations",
    },
}
"""Where the rows of a resource refer to others, and to which resource."""


def _reference_links() -> dict[tuple[str, str], tuple[Select[Any], Any]]:
    """For a resource and what it refers to: the pks of rows that do, and the column with the id that they refer to.

    Every place of a control change or movement is among the places of its event, and every side among its actors.
    """
    source, actor, event, claim = (table_of(TABLES[name]) for name in ("sources", "actors", "events", "claims"))
    relation, hop = table_of(models.ActorRelation), table_of(models.ClaimHop)
    acting, place = table_of(models.EventActor), table_of(models.EventLocation)
    return {
        ("sources", "sources"): (select(source.c.pk), source.c.organisation_id),
        ("sources", "actors"): (select(source.c.pk), source.c.actor_id),
        ("actors", "actors"): (
            select(actor.c.pk).join(relation, relation.c.actor_id == actor.c.id),
            relation.c.other_id,
        ),
        ("events", "locations"): (select(place.c.event_pk), place.c.location_id),
        ("events", "actors"): (select(acting.c.event_pk), acting.c.actor_id),
        ("claims", "events"): (select(claim.c.pk).join(event, event.c.pk == claim.c.event_pk), event.c.id),
        ("claims", "sources"): (select(hop.c.claim_pk), hop.c.source_id),
        ("claims", "locations"): (select(claim.c.pk), claim.c.location_id),
    }


REFERENCE_LINKS = _reference_links()
IDS_PER_QUERY = 5000

NamesByResource = Mapping[str, Mapping[str, str]]
"""The present name of rows, by resource and id."""


def update_other_packs(
    connection: Connection, content: PackContent, revision: int, change_sets: dict[str, ChangeSet]
) -> None:
    """Give rows of other packs the present names of this pack's updated rows."""
    names = {
        resource: {
            draft.id: draft.title if resource == "events" else draft.name
            for draft in getattr(content, resource)
            if draft.id in change_sets[resource].updated
        }
        for resource in ("sources", "actors", "locations", "events")
    }
    for resource, ids in update_names(connection, names, revision, content.pack.id).items():
        change_sets[resource].updated |= ids


def update_names(
    connection: Connection, names: NamesByResource, revision: int, except_pack: str = ""
) -> dict[str, set[str]]:
    """Give rows that refer to these ones their present names; the ids of what changed, by resource."""
    changed: dict[str, set[str]] = {resource: set() for resource in REFERENCE_PATHS}
    for resource, paths in REFERENCE_PATHS.items():
        table = table_of(TABLES[resource])
        for pk in sorted(_referring_pks(connection, resource, names)):
            statement = select(table.c.id, table.c.row).where(table.c.pk == pk, table.c.pack_id != except_pack)
            for owner, row in connection.execute(statement).all():
                renamed = _with_current_names(json.loads(row), paths, names)
                text = json.dumps(renamed, ensure_ascii=False, separators=(",", ":"))
                if text != row:
                    connection.execute(update(table).where(table.c.pk == pk).values(row=text, revision=revision))
                    changed[resource].add(owner)
                    if resource == "claims":
                        write_texts(connection, "claim", [(pk, claim_text(ClaimRow.model_validate(renamed)))])
    return changed


def _referring_pks(connection: Connection, resource: str, names: NamesByResource) -> set[int]:
    """The pk of every row that refers to one of these, by the tables that link the two."""
    result: set[int] = set()
    for target in sorted(set(REFERENCE_PATHS[resource].values())):
        ids = sorted(names.get(target, ()))
        mentioning, column = REFERENCE_LINKS[resource, target]
        for start in range(0, len(ids), IDS_PER_QUERY):
            result |= set(connection.scalars(mentioning.where(column.in_(ids[start : start + IDS_PER_QUERY]))))
    return result


def _with_current_names(row: dict[str, Any], paths: Mapping[str, str], names: NamesByResource) -> Any:
    """The row with the name of each reference brought up to date."""
    for path, resource in paths.items():
        for reference in _values_at(row, path.split(".")):
            reference["name"] = names.get(resource, {}).get(reference["id"], reference["name"])
    return row


def _values_at(value: Any, path: list[str]) -> list[dict[str, Any]]:
    """Everything at a path; a list on the way stands for each of its entries."""
    if isinstance(value, list):
        return [value_ for entry in value for value_ in _values_at(entry, path)]
    if not isinstance(value, dict):
        return []
    return _values_at(value.get(path[0]), path[1:]) if path else [value]
