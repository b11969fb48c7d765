"""Loading seed packs: checked as a whole, written in one transaction, and nothing at all if nothing changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.db.engine import writing
from app.errors import BrokenPackError, Problem
from app.ingest.checks import check
from app.ingest.derive import derive
from app.ingest.drafts import PackContent
from app.ingest.known import add_known
from app.ingest.packs import digest_of, find_packs, read_pack
from app.ingest.records import Record, Records
from app.ingest.rename import rename_elsewhere
from app.ingest.universe import Universe
from app.ingest.upsert import (
    Delta,
    actor_ancestors,
    location_ancestors,
    pks,
    store_closure,
    upsert,
)
from app.models.base import table_of
from app.schemas.reference import CoverageRow, PackRow


@dataclass
class Loaded:
    """What a load did to one pack: the new revision, or None if it changed nothing."""

    pack: str
    version: str
    revision: int | None
    deltas: dict[str, Delta]


def read_checked(folder: Path, name: str | None = None, known: Universe | None = None) -> list[PackContent]:
    """All packs of a folder (or the one named), read and checked. Raises BrokenPackError with every problem.

    Packs are checked beside each other and beside what is `known` already.
    """
    universe = known or Universe()
    contents: list[PackContent] = []
    problems: list[Problem] = []
    for path in find_packs(folder):
        content, found = read_pack(path)
        wanted = name is None or path.name == name
        problems += found if wanted else []
        if content:
            universe.add(content)
            contents += [content] if wanted else []
    if name is not None and not contents and not problems:
        find_packs(folder, name)
    problems += [problem for content in contents for problem in check(content, universe)]
    if problems:
        raise BrokenPackError(sorted(set(problems)))
    return contents


def unchanged(connection: Connection, folder: Path) -> bool:
    """Whether every pack of the folder is loaded already, as it stands."""
    pack = table_of(models.Pack)
    stored = dict(connection.execute(select(pack.c.id, pack.c.digest)).all())
    return all(stored.get(path.name) == digest_of(path) for path in find_packs(folder))


def load_packs(engine: Engine, folder: Path, name: str | None = None) -> list[Loaded]:
    """Load all packs of a folder, or the one named; all or nothing.

    Raises BrokenPackError, having changed nothing, when any of them has a problem.
    """
    with writing(engine) as connection:
        universe = Universe()
        add_known(connection, universe, except_packs=[path.name for path in find_packs(folder)])
        contents = read_checked(folder, name, universe)
        try:
            return [_load(connection, content, universe) for content in contents]
        except IntegrityError:
            packs = ", ".join(content.pack.id for content in contents)
            reason = "something that another pack refers to would be gone or there twice"
            raise BrokenPackError([Problem("", packs, "", "", reason)]) from None


def _load(connection: Connection, content: PackContent, universe: Universe) -> Loaded:
    pack = table_of(models.Pack)
    stored = connection.execute(select(pack.c.digest, pack.c.row).where(pack.c.id == content.pack.id)).one_or_none()
    done = Loaded(content.pack.id, content.pack.version, None, {})
    if stored and stored.digest == content.digest:
        return done
    revision_table = table_of(models.Revision)
    revision = (connection.scalar(select(func.max(revision_table.c.id))) or 0) + 1
    with connection.begin_nested() as attempt:
        title = f"{content.pack.id} {content.pack.version}"
        connection.execute(insert(revision_table).values(id=revision, made_at=datetime.now(UTC), summary=title))
        pack_changed = _store_pack(connection, content, universe, revision)
        done.deltas = _store_rows(connection, content, universe, revision)
        if pack_changed or any(delta.touched for delta in done.deltas.values()):
            done.revision = revision
        else:
            attempt.rollback()
    if done.revision is None:  # only comments or the order of lines differ: remember the digest, change nothing
        connection.execute(update(pack).where(pack.c.id == content.pack.id).values(digest=content.digest))
    return done


def _store_pack(connection: Connection, content: PackContent, universe: Universe, revision: int) -> bool:
    """Write the pack's own row; whether it differs from what was there."""
    draft, table = content.pack, table_of(models.Pack)
    coverage = CoverageRow(**draft.coverage.model_dump())

    def row(at: int) -> str:
        document = Records(universe, draft).ref("sources", draft.document)
        fields = draft.model_dump(include={"id", "title", "version", "licence", "citation", "cut_off"})
        return PackRow(**fields, coverage=coverage, document=document, revision=at).model_dump_json()

    stored = connection.execute(select(table).where(table.c.id == draft.id)).one_or_none()
    if stored and stored.row == row(stored.revision):
        connection.execute(update(table).where(table.c.id == draft.id).values(digest=content.digest))
        return False
    values = {
        "version": draft.version,
        "covers_from": coverage.from_,
        "covers_until": coverage.until,
        "cut_off": draft.cut_off,
        "digest": content.digest,
        "revision": revision,
        "row": row(revision),
    }
    if stored:
        connection.execute(update(table).where(table.c.id == draft.id).values(values))
    else:
        connection.execute(insert(table).values(id=draft.id, added_in=revision, **values))
    return True


def _store_rows(connection: Connection, content: PackContent, universe: Universe, revision: int) -> dict[str, Delta]:
    build = Records(universe, content.pack)
    deltas: dict[str, Delta] = {}

    def store(resource: str, records: Iterable[Record]) -> None:
        merged = {merge.old: merge.new for merge in content.merged if merge.resource == resource}
        by_id = {record.id: record for record in records}
        deltas[resource] = upsert(connection, resource, by_id, content.pack.id, revision, merged)

    touched = _events_around(connection, content.pack.id)
    store("sources", map(build.source, content.sources))
    store("actors", map(build.actor, content.actors))
    store("locations", map(build.location, content.locations))
    store("events", map(build.event, content.events))
    event_pks = pks(connection, "events", {claim.event for claim in content.claims})
    store("claims", (build.claim(claim, event_pks[claim.event]) for claim in content.claims))
    store_closure(connection, models.LocationAncestor, location_ancestors(connection))
    store_closure(connection, models.ActorAncestor, actor_ancestors(connection))
    rename_elsewhere(connection, content, revision, deltas)
    touched |= _events_around(connection, content.pack.id)
    changed = derive(connection, touched, revision)
    deltas["events"].updated |= changed - deltas["events"].added
    return deltas


def _events_around(connection: Connection, pack_id: str) -> set[int]:
    """The events that a change in a pack may bear on: its own, those with its claims, actors or places, their parts."""
    event, claim = table_of(models.Event), table_of(models.Claim)
    hop, source = table_of(models.ClaimHop), table_of(models.Source)
    found = set(connection.scalars(select(event.c.pk).where(event.c.pack_id == pack_id)))
    found |= set(connection.scalars(select(claim.c.event_pk).where(claim.c.pack_id == pack_id)))
    for link_model, column, owner_model in (
        (models.EventActor, "actor_id", models.Actor),
        (models.EventPlace, "location_id", models.Location),
    ):
        link, owner = table_of(link_model), table_of(owner_model)
        owned = select(owner.c.id).where(owner.c.pack_id == pack_id)
        found |= set(connection.scalars(select(link.c.event_pk).where(link.c[column].in_(owned))))
    quoted = (
        select(claim.c.event_pk)
        .join(hop, hop.c.claim_pk == claim.c.pk)
        .where(hop.c.source_id.in_(select(source.c.id).where(source.c.pack_id == pack_id)))
    )
    found |= set(connection.scalars(quoted))
    ids = select(event.c.id).where(event.c.pk.in_(found))
    found |= set(connection.scalars(select(event.c.pk).where(event.c.part_of_id.in_(ids))))
    return found & set(connection.scalars(select(event.c.pk)))
