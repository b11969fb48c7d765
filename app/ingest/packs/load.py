"""Load seed packs: check them as a whole and write them in one transaction, or change nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.db.engine import write_transaction
from app.errors import BrokenPackError, Problem
from app.ingest.acled_rows import events_to_refresh, refresh_acled_rows
from app.ingest.denormalised_names import update_other_packs
from app.ingest.pack_rows import store_pack
from app.ingest.packs.ancestors import update_ancestors
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.checks import check_pack
from app.ingest.packs.checks.warnings import pack_warnings
from app.ingest.packs.drafts import PackContent
from app.ingest.packs.files import find_packs, read_files
from app.ingest.packs.loaded_rows import add_loaded
from app.ingest.packs.problems import ProblemList, all_problems
from app.ingest.packs.reader import ReadPack, read_pack
from app.ingest.records import RecordBuilder
from app.ingest.row_records import RowRecord
from app.ingest.upsert import ChangeSet, pks, upsert
from app.ingest.versions import derive
from app.models.base import table_of
from app.models.entity_types import CLAIMS, ENTITY_TYPES, EVENTS


@dataclass
class LoadResult:
    """Result of a load for one pack; `revision` is None if nothing of it changed."""

    pack: str
    version: str
    revision: int | None = None
    changes: dict[str, ChangeSet] = field(default_factory=dict)


def read_checked(folder: Path, name: str | None = None) -> list[tuple[PackContent, list[Problem]]]:
    """Read all packs of a folder (or the one named), check them together, and return each with its warnings.

    Raises BrokenPackError with every problem.
    """
    names = {path.name for path in find_packs(folder, name)}
    catalogue = DraftCatalogue()
    packs = [read_pack(path) for path in find_packs(folder)]
    contents = _sound_contents(packs, names, catalogue)
    return [(content, pack_warnings(content, catalogue)) for content in contents]


def _sound_contents(packs: list[ReadPack], names: Set[str], catalogue: DraftCatalogue) -> list[PackContent]:
    """Return the packs named in `names`, checked with all packs at hand and what the catalogue holds.

    Raises BrokenPackError if any of them has a problem.
    """
    _check(packs, names, catalogue)
    found = [pack.problems for pack in packs if pack.name in names and pack.problems]
    if found:
        raise all_problems(found)
    return [pack.content for pack in packs if pack.content and pack.name in names]


def _check(packs: list[ReadPack], names: Set[str], catalogue: DraftCatalogue) -> None:
    """Add to each pack in `names` the problems that it has beside all packs and what the catalogue holds."""
    contents = [pack.content for pack in packs if pack.content]
    for content in contents:
        catalogue.add(content)
    for pack in packs:
        if pack.content and pack.name in names:
            pack.problems.extend(check_pack(pack.content, catalogue))


def is_unchanged(connection: Connection, folder: Path) -> bool:
    """Return whether every pack of the folder is loaded with its present content."""
    return all(_is_loaded(connection, path) for path in find_packs(folder))


_REFERRED = "something that another pack refers to would be gone, or an id there twice"


def load_packs(engine: Engine, folder: Path, name: str | None = None) -> list[LoadResult]:
    """Load all packs of a folder, or the one named; all or nothing, as one revision.

    Raises BrokenPackError, having changed nothing, when any of them has a problem.
    """
    names = {path.name for path in find_packs(folder, name)}
    try:
        with write_transaction(engine) as connection:
            # Packs that refer to these ones follow, as long as they stand as they were loaded.
            paths = [path for path in find_packs(folder) if path.name in names or _is_loaded(connection, path)]
            packs = [read_pack(path) for path in paths]
            catalogue = _loaded_but(connection, packs)
            done = _load(connection, _sound_contents(packs, {pack.name for pack in packs}, catalogue), catalogue)
    except IntegrityError:
        raise BrokenPackError([Problem(folder.name, ", ".join(sorted(names)), "", "", _REFERRED)]) from None
    return [loaded for loaded in done if loaded.pack in names or loaded.revision]


@dataclass
class PartialLoad:
    """Result of a load of all packs without problems, and the problems of the packs that were left out."""

    loaded: list[LoadResult]
    left_out: dict[str, ProblemList]


def load_sound_packs(engine: Engine, folder: Path) -> PartialLoad:
    """Load the packs of a folder that have no problem, as one revision; leave the others as they are stored.

    A pack is left out whole, and so is one that refers to what only a pack left out would bring. Raises
    BrokenPackError if there is no pack at all.
    """
    packs = [read_pack(path) for path in find_packs(folder)]
    left_out = {pack.name: pack.problems for pack in packs if pack.problems}
    try:
        with write_transaction(engine) as connection:
            while True:
                sound = [pack for pack in packs if pack.name not in left_out]
                catalogue = _loaded_but(connection, sound)
                _check(sound, {pack.name for pack in sound}, catalogue)
                broken = {pack.name: pack.problems for pack in sound if pack.problems}
                if not broken:
                    break
                left_out |= broken
            contents = [pack.content for pack in sound if pack.content]
            return PartialLoad(_load(connection, contents, catalogue), left_out)
    except IntegrityError:
        refused = {pack.name: ProblemList([Problem(pack.name, "", "", "", _REFERRED)]) for pack in sound}
        return PartialLoad([], left_out | refused)


def _loaded_but(connection: Connection, packs: list[ReadPack]) -> DraftCatalogue:
    """Return a catalogue of everything that is stored but for these packs."""
    catalogue = DraftCatalogue()
    add_loaded(connection, catalogue, except_packs=[pack.name for pack in packs])
    return catalogue


def _is_loaded(connection: Connection, path: Path) -> bool:
    """Return whether a pack is loaded with its present content."""
    pack, digest = table_of(models.Pack), read_files(path).digest
    return bool(digest) and connection.scalar(select(pack.c.digest).where(pack.c.id == path.name)) == digest


def _load(connection: Connection, contents: list[PackContent], catalogue: DraftCatalogue) -> list[LoadResult]:
    pack, revisions = table_of(models.Pack), table_of(models.Revision)
    done = [LoadResult(content.pack.id, content.pack.version) for content in contents]
    stored = dict(connection.execute(select(pack.c.id, pack.c.digest)).all())
    if all(stored.get(content.pack.id) == content.digest for content in contents):
        return done
    revision = (connection.scalar(select(func.max(revisions.c.id))) or 0) + 1
    with connection.begin_nested() as attempt:
        summary = ", ".join(f"{content.pack.id} {content.pack.version}" for content in contents)
        connection.execute(insert(revisions).values(id=revision, made_at=datetime.now(UTC), summary=summary))
        changed = {content.pack.id for content in contents if _store_pack(connection, content, catalogue, revision)}
        _store_rows(connection, contents, catalogue, revision, done)
        for loaded in done:
            if loaded.pack in changed or any(change_set.touched for change_set in loaded.changes.values()):
                loaded.revision = revision
        if any(loaded.revision for loaded in done):
            return done
        attempt.rollback()
    for content in contents:  # only comments or the order of lines differ: remember the digest, change nothing
        connection.execute(update(pack).where(pack.c.id == content.pack.id).values(digest=content.digest))
    return [LoadResult(content.pack.id, content.pack.version) for content in contents]


def _store_pack(connection: Connection, content: PackContent, catalogue: DraftCatalogue, revision: int) -> bool:
    """Write the pack's own row and return whether it differs from the stored one."""
    document = RecordBuilder(catalogue, content.pack).ref("sources", content.pack.document)
    return store_pack(connection, content.pack, document, False, revision, content.digest)


def _store_rows(
    connection: Connection,
    contents: list[PackContent],
    catalogue: DraftCatalogue,
    revision: int,
    done: list[LoadResult],
) -> None:
    """Write the rows of all packs, resource by resource, then everything that is derived from them.

    Packs may refer to each other, so nothing is derived before all rows are written.
    """
    touched = {pk for content in contents for pk in _affected_events(connection, content.pack.id, revision)}
    for resource in ENTITY_TYPES:
        for content, loaded in zip(contents, done, strict=True):
            records = {record.id: record for record in _records(connection, resource, content, catalogue)}
            merged = {merge.old: merge.new for merge in content.merged if merge.resource == resource}
            forced = _newly_distinct(connection, content) if resource == EVENTS.name else ()
            loaded.changes[resource] = upsert(
                connection, resource, records, content.pack.id, revision, merged, force_update_ids=forced
            )
    update_ancestors(connection)
    for content, loaded in zip(contents, done, strict=True):
        update_other_packs(connection, content, revision, loaded.changes)
    touched |= {pk for content in contents for pk in _affected_events(connection, content.pack.id, revision)}
    existing = set(connection.scalars(select(table_of(models.Event).c.pk)))
    changed = derive(connection, touched & existing, revision)
    refresh_acled_rows(connection, (touched & existing) | events_to_refresh(connection, revision))
    owners = {event.id: loaded for content, loaded in zip(contents, done, strict=True) for event in content.events}
    for id_ in changed:
        # An event of a pack that is not loaded now counts for the first that is.
        change_set = owners.get(id_, done[0]).changes["events"]
        change_set.updated |= {id_} - change_set.added


def _newly_distinct(connection: Connection, content: PackContent) -> set[str]:
    """Return the events of which `distinct_from` is not what is stored; the JSON of their rows does not hold it."""
    event, distinction = table_of(models.Event), table_of(models.EventDistinction)
    stored: dict[str, set[str]] = defaultdict(set)
    for id_, other in connection.execute(
        select(event.c.id, distinction.c.other_id)
        .join(distinction, distinction.c.event_pk == event.c.pk)
        .where(event.c.pack_id == content.pack.id)
    ):
        stored[id_].add(other)
    return {draft.id for draft in content.events if set(draft.distinct_from) != stored[draft.id]}


def _records(
    connection: Connection, resource: str, content: PackContent, catalogue: DraftCatalogue
) -> Iterator[RowRecord]:
    build = RecordBuilder(catalogue, content.pack)
    if resource == CLAIMS.name:
        event_pks = pks(connection, "events", {claim.event for claim in content.claims})
        yield from (build.claim(claim, event_pks[claim.event]) for claim in content.claims)
        return
    make: Callable[[Any], RowRecord] = getattr(build, ENTITY_TYPES[resource].singular)
    yield from map(make, content.identified(resource))


def _affected_events(connection: Connection, pack_id: str, revision: int) -> set[int]:
    """Return the events that a change in a pack may affect.

    These are its own, those with its claims, sources, actors and places, those inside its places that this revision
    changed, and the wholes and parts of all these.
    """
    event, claim = table_of(models.Event), table_of(models.Claim)
    hop, source = table_of(models.ClaimHop), table_of(models.Source)
    rows = set(connection.scalars(select(event.c.pk).where(event.c.pack_id == pack_id)))
    rows |= set(connection.scalars(select(claim.c.event_pk).where(claim.c.pack_id == pack_id)))
    link, place, inside, actor = (
        table_of(model) for model in (models.EventLocation, models.Location, models.LocationAncestor, models.EventActor)
    )
    own_places = select(place.c.id).where(place.c.pack_id == pack_id)
    changed = own_places.where(place.c.revision == revision)
    in_changed = select(inside.c.location_id).where(inside.c.ancestor_id.in_(changed))
    own_actors = select(table_of(models.Actor).c.id).where(table_of(models.Actor).c.pack_id == pack_id)
    for places in (own_places, in_changed):
        rows |= set(connection.scalars(select(link.c.event_pk).where(link.c.location_id.in_(places))))
    rows |= set(connection.scalars(select(actor.c.event_pk).where(actor.c.actor_id.in_(own_actors))))
    own_sources = set(connection.scalars(select(source.c.id).where(source.c.pack_id == pack_id)))
    quoted = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk)
    rows |= set(connection.scalars(quoted.where(hop.c.source_id.in_(_with_members(connection, own_sources)))))
    return rows | _wholes_and_parts(connection, rows)


def _with_members(connection: Connection, sources: Set[str]) -> set[str]:
    """Return these sources and those of which they are the organisation, at any depth: their claims count as theirs."""
    source = table_of(models.Source)
    result = set(sources)
    pending = result
    while pending:
        members = select(source.c.id).where(source.c.organisation_id.in_(pending))
        pending = set(connection.scalars(members)) - result
        result = result | pending
    return result


def _wholes_and_parts(connection: Connection, event_pks: Set[int]) -> set[int]:
    """Return the events that these are part of, and the parts of all, at any depth."""
    event = table_of(models.Event)
    rows = set(event_pks)
    pending = rows
    while pending:
        wholes = select(event.c.part_of_id).where(event.c.pk.in_(pending), event.c.part_of_id.is_not(None))
        ids = select(event.c.id).where(event.c.pk.in_(pending))
        related = or_(event.c.id.in_(wholes), event.c.part_of_id.in_(ids))
        pending = set(connection.scalars(select(event.c.pk).where(related))) - rows
        rows |= pending
    return rows
