"""What the commands do, in terms of the layers below."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from app import __version__, models
from app.db.backup import copy_to, is_in_use
from app.db.engine import make_engine, read_transaction, sqlite_path, write_transaction
from app.db.revision import current_revision
from app.db.schema import CURRENT_SCHEMA, check_schema, integrity_errors, stored_schema
from app.errors import BrokenPackError, NotFoundError, OutputError, SchemaError
from app.files import atomic_write
from app.formats import FORMATS
from app.formats.as_csv import escape_formula
from app.formats.base import Batches
from app.ingest.datasets.acled.dataset import ACLED
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.core.run import OnProgress, import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.packs.load import LoadResult, is_unchanged, load_packs, read_checked
from app.ingest.packs.provenance import verify_quotes
from app.ingest.versions import derive
from app.models.base import table_of
from app.names import closest_matches
from app.query.analyses.lookups import pack_rows
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.schemas.reference import PackRow
from app.settings import Settings

COMMAND_TIMEOUT_SECONDS = 3600.0  # seconds: commands are not hurried


def upgrade_database(settings: Settings) -> str:
    """Run the missing migrations; the schema that the database is at now."""
    path = _database_file(settings)
    if path is None or path.exists():
        with (
            _engine(settings, read_only=True, require_primary=True) as engine,
            read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection,
        ):
            found = stored_schema(connection)
        if found == CURRENT_SCHEMA:
            return CURRENT_SCHEMA
        if found is not None and found > CURRENT_SCHEMA:
            raise SchemaError(f"the database is at schema {found}, newer than {CURRENT_SCHEMA}; it needs a newer Oxus")
    elif not path.parent.is_dir():
        raise SchemaError(f"there is no folder for the database file {path.name}")
    from app.db.migrate import upgrade  # the migration tool is slow to start and seldom needed

    upgrade(settings.database_url)
    return CURRENT_SCHEMA


def prepare(settings: Settings) -> Iterator[str]:
    """Before serving: an embedded database is migrated and seeded; a server's must be ready. Says what was done."""
    if sqlite_path(settings.database_url) is None:
        with open_current_schema(settings):
            return
    upgrade_database(settings)
    with _engine(settings, read_only=True) as engine, read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection:
        if is_unchanged(connection, settings.seed_dir):
            return
    yield from load_seed(settings)


@contextmanager
def _engine(settings: Settings, read_only: bool, require_primary: bool = False) -> Iterator[Engine]:
    """An engine that is closed when done with."""
    engine = make_engine(settings.database_url, read_only=read_only, require_primary=require_primary)
    try:
        yield engine
    finally:
        engine.dispose()


def _database_file(settings: Settings) -> Path | None:
    """The file of an embedded database, which may not be there yet. Raises SchemaError when it is no file."""
    path = sqlite_path(settings.database_url)
    if path is not None and path.exists() and not path.is_file():
        raise SchemaError(f"{path.name} is no file; name a database file")
    return path


@contextmanager
def open_current_schema(settings: Settings, require_primary: bool = False) -> Iterator[Connection]:
    """A connection to a database that is there and at the schema of this software. Raises SchemaError otherwise.

    Who is going to write has to see the `require_primary` state, which a standby may not have yet.
    """
    path = _database_file(settings)
    if path is not None and not path.exists():
        raise SchemaError(f"there is no database file {path.name}; `oxus serve` or `oxus db upgrade` makes one")
    with (
        _engine(settings, read_only=True, require_primary=require_primary) as engine,
        read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection,
    ):
        check_schema(connection)
        yield connection


def run_server(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to stop."""
    import uvicorn

    from app.main import create_worker_app
    from app.server import shared_metrics_file, uvicorn_options

    if workers == 1:
        uvicorn.run(create_worker_app(settings), host=host, port=port, **uvicorn_options(settings))
        return
    with shared_metrics_file(settings, workers) as shared:
        shared.export_to_environment()
        uvicorn.run(
            "app.main:create_worker_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            **uvicorn_options(settings),
        )


def export(settings: Settings, name: str, out: str, query_pairs: Sequence[tuple[str, str]]) -> str:
    """Write all rows of a list that match into a file (`-`: standard output), and say how many.

    The format is `f`, else what the file's name ends with. A file that is there is replaced when all is written,
    so that a failure leaves it as it was. Raises InvalidParameterError, NotFoundError, OutputError.
    """
    lists = STORED_LISTS | COMPUTED_LISTS
    if name not in lists:
        raise NotFoundError("oxus export", name, closest_matches(name, lists))
    endpoint = lists[name]
    extension = Path(out).suffix.removeprefix(".")
    pairs = [*query_pairs] if any(key == "f" for key, _ in query_pairs) else [*query_pairs, ("f", extension or "csv")]
    everything = "limit" in endpoint.params and not any(key == "limit" for key, _ in query_pairs)
    request = endpoint.parse([*pairs, ("limit", "all")] if everything else pairs)
    format_ = FORMATS[request.format or "csv"]
    rows = 0

    def count_rows(batches: Batches) -> Batches:
        nonlocal rows
        for batch in batches:
            rows += len(batch)
            yield batch

    with open_current_schema(settings) as connection, ExitStack() as stack:
        page = endpoint.fetch(connection, request, with_points=format_.flat)
        stack.callback(page.close)
        packs = [PackRow.model_validate_json(row) for row in pack_rows(connection)]
        metadata = endpoint.metadata(current_revision(connection), packs, request.fields, page)
        with atomic_write(out) as file:
            for chunk in format_.write(metadata, count_rows(page.batches)):
                file.write(chunk)
    return f"{rows} rows of {name}, revision {metadata.revision}, as {format_.name}"


def check_packs(settings: Settings, name: str | None, document: Path | None) -> Iterator[str]:
    """Check packs, and prove them against the text of their document. Raises BrokenPackError."""
    contents = read_checked(settings.seed_dir, name)
    for content in contents:
        proof = ""
        if document and (content.pack.document or len(contents) == 1):
            count, problems = verify_quotes(content, document)
            if problems:
                raise BrokenPackError(problems)
            proof = f", {count} printed tokens found in {document.name}"
        size = f"{len(content.events)} events, {len(content.claims)} claims"
        yield f"{content.pack.id} {content.pack.version}: {size}, no problem{proof}"


def load_seed(settings: Settings, name: str | None = None) -> Iterator[str]:
    """Load packs and say what changed."""
    with open_current_schema(settings, require_primary=True):
        pass
    with _engine(settings, read_only=False) as engine:
        done = load_packs(engine, settings.seed_dir, name)
    yield from map(_summary_line, done)


def backup(settings: Settings, out: Path) -> str:
    """Copy an embedded database, as it is at one moment, into a file, and say what it holds.

    Servers and loads go on meanwhile. A file that is there is replaced when the copy is whole, never the database
    itself. Raises OutputError, SchemaError.
    """
    live = sqlite_path(settings.database_url)
    if live is None:
        raise OutputError(
            f"PostgreSQL is copied by its own program: pg_dump --format=custom --file {out} DATABASE_URL; "
            "the README says how to restore it"
        )
    path = out.resolve()
    if path.exists() and (not path.is_file() or (live.exists() and path.samefile(live))):
        raise OutputError(f"{out} cannot be written: it is the database itself, or no file")
    if is_in_use(path):
        raise OutputError(f"{out} cannot be written: it is a database in use; name another file")
    with open_current_schema(settings) as connection, atomic_write(str(path)) as file:
        copy_to(connection, Path(file.name))
        revision = current_revision(connection)
        return f"revision {revision}, {os.fstat(file.fileno()).st_size} bytes, in {out}"


DATASETS = {dataset.id: dataset for dataset in (UCDP_GED, ACLED)}
"""What `oxus import` knows."""


class ReportPaths(NamedTuple):
    """Where an import lists rows that it did not read, and odd ones that it kept."""

    rejected: Path
    warnings: Path


def import_files(
    settings: Settings,
    dataset: str,
    files: Sequence[Path],
    snapshot: str | None,
    reports: ReportPaths,
    on_progress: OnProgress,
) -> Iterator[str]:
    """Import files of a dataset and say what changed; rows not read, and odd ones, are listed in reports (CSV).

    `on_progress` hears how many bytes and rows have been read. Raises UnreadableFileError, BrokenPackError,
    OutputError; then nothing is changed.
    """
    for report in reports:
        if not report.parent.is_dir() or report.is_dir():
            raise OutputError(f"{report} cannot be written: there is no such folder, or it is one itself")
    with open_current_schema(settings, require_primary=True):
        pass
    with _engine(settings, read_only=False) as engine:
        done = import_dataset(engine, DATASETS[dataset], files, snapshot, on_progress)
    parts = [
        f"{done.counts[resource, action]} {resource} {action}"
        for resource in ("sources", "actors", "locations", "claims", "events")
        for action in ("added", "updated", "removed")
        if done.counts[resource, action]
    ]
    what = f"revision {done.revision}: {', '.join(parts) or 'what is known of it updated'}"
    yield f"{done.dataset}: {done.rows} rows read: {what if done.revision else 'nothing changed'}"
    if done.nothing_removed:
        yield "a row without an id that can be read may be any of those that are missing: nothing was removed"
    if done.warnings:
        _write_report(reports.warnings, done.warnings)
        such = f"such as {DATASETS[dataset].warnings_file}"
        yield f"{done.warned_rows} rows are odd ({such}) and were kept as they are; {reports.warnings} lists them"
    if done.outdated_rows:
        yield f"{done.outdated_rows} rows were passed over, because a newer version of the same event is there"
    if done.rejected:
        _write_report(reports.rejected, done.rejected)
        left_out = {(file, row.line) for file, row in done.rejected}
        yield f"{len(left_out)} rows were left out; {reports.rejected} says why"


def _write_report(path: Path, rows: Iterable[tuple[str, Rejected]]) -> None:
    """A CSV file of rows of a dataset and what is wrong with each."""
    with atomic_write(str(path)) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(("file", "line", "id", "field", "value", "reason"))
        for name, row in rows:
            writer.writerow([escape_formula(str(cell)) for cell in (name, *astuple(row))])
        text.detach()


def _summary_line(loaded: LoadResult) -> str:
    if loaded.revision is None:
        return f"{loaded.pack} {loaded.version}: nothing changed"
    parts = [
        f"{len(ids)} {resource} {action}"
        for resource, delta in loaded.changes.items()
        for action, ids in vars(delta).items()
        if ids
    ]
    return f"{loaded.pack} {loaded.version}: revision {loaded.revision}: {', '.join(parts) or 'pack.toml updated'}"


def check_database(settings: Settings) -> list[str]:
    """Everything that is wrong with the database: schema, foreign keys, events that do not follow from claims."""
    from app.db.migrate import differences

    with open_current_schema(settings, require_primary=True) as connection:
        faults = integrity_errors(connection)
        faults += [f"schema: {found}" for found in differences(connection, models.METADATA)]
    with _engine(settings, read_only=False) as engine, write_transaction(engine) as connection:
        event = table_of(models.Event)
        every = connection.scalars(select(event.c.pk)).all()
        revision = connection.scalar(select(func.max(table_of(models.Revision).c.id))) or 0
        astray = derive(connection, every, revision)
        connection.rollback()
    return faults + [f"event {id_} does not follow from its claims" for id_ in sorted(astray)]


def status_rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Names and values that tell what is in the database."""
    with open_current_schema(settings) as connection:
        yield "oxus", __version__
        yield "database", f"{connection.dialect.name}, schema {CURRENT_SCHEMA}"
        yield "revision", str(connection.scalar(select(func.max(table_of(models.Revision).c.id))) or 0)
        for model in (models.Event, models.Claim, models.Source, models.Actor, models.Location):
            table = table_of(model)
            yield f"{table.name}s", str(connection.scalar(select(func.count()).select_from(table)))
        pack = table_of(models.Pack)
        for id_, version, cut_off in connection.execute(
            select(pack.c.id, pack.c.version, pack.c.cut_off).order_by(pack.c.id)
        ):
            yield "pack", f"{id_} {version}" + (f", up to {cut_off}" if cut_off else "")
