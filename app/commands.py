"""The work of the commands; `cli` reads options and prints results."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from app import __version__, models
from app.api.http.read_pool import SERVER_THREADS
from app.db.engine import make_engine, read_transaction, sqlite_path, verify_read_only, write_transaction
from app.db.revision import current_revision
from app.db.schema import CURRENT_SCHEMA, check_schema, integrity_errors, needs_upgrade, refuse_damage
from app.errors import BrokenPackError, OutputError, Problem, SchemaError
from app.files import create_private
from app.ingest.datasets.acled.dataset import ACLED
from app.ingest.datasets.core.import_report import summary_lines
from app.ingest.datasets.core.reports import ReportPaths, Reports
from app.ingest.datasets.core.run import OnProgress, import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.packs.load import is_unchanged, load_packs, load_sound_packs, read_checked
from app.ingest.packs.problems import all_problems
from app.ingest.packs.provenance import verify_quotes
from app.ingest.packs.summaries import left_out_line, summary_line
from app.ingest.versions import derive
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES
from app.resources import STORED_LISTS
from app.settings import Settings

COMMAND_TIMEOUT_SECONDS = 3600.0
"""Longest time of one read of a command: an export of everything may take it."""


def upgrade_database(settings: Settings) -> str:
    """Run the missing migrations, and return the schema version. Raises SchemaError for one newer than this Oxus."""
    path = database_file(settings)
    if path is None or path.exists():
        with (
            _engine(settings, read_only=True, require_primary=True) as engine,
            read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection,
        ):
            if not needs_upgrade(connection):
                return CURRENT_SCHEMA
    elif not path.parent.is_dir():
        raise SchemaError(f"there is no folder for the database file {path.name}")
    elif settings.read_token:
        create_private(path)
    from app.db.migrate import upgrade  # Alembic is slow to import and seldom needed

    upgrade(settings.database_url)
    return CURRENT_SCHEMA


def prepare(settings: Settings) -> Iterator[tuple[str, list[Problem]]]:
    """Migrate and seed an embedded database; a PostgreSQL database must be ready.

    Yield a line for each pack: what changed, or that it was left out, and then its problems. Raises SchemaError for a
    database that cannot be served, and BrokenPackError if there is nothing to serve.
    """
    if sqlite_path(settings.database_url) is None:
        with open_current_schema(settings):
            return
    upgrade_database(settings)
    with _engine(settings, read_only=True) as engine, read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection:
        has_content = current_revision(connection) > 0
        try:
            if is_unchanged(connection, settings.seed_dir):
                return
        except BrokenPackError as error:  # there are no packs
            if not has_content:
                raise
            yield "no pack was loaded, and what the database holds is served", error.problems
            return
    with _engine(settings, read_only=False) as engine:
        done = load_sound_packs(engine, settings.seed_dir)
    if not (done.loaded or has_content):
        raise all_problems(done.left_out.values())
    yield from ((summary_line(loaded), []) for loaded in done.loaded)
    yield from ((left_out_line(pack, problems), sorted(problems)) for pack, problems in done.left_out.items())


@contextmanager
def _engine(settings: Settings, read_only: bool, require_primary: bool = False) -> Iterator[Engine]:
    """Yield an engine, and close its connections at the end."""
    engine = make_engine(settings.database_url, read_only=read_only, require_primary=require_primary)
    try:
        yield engine
    finally:
        engine.dispose()


def database_file(settings: Settings) -> Path | None:
    """Return the file of an embedded database, which may not exist yet. Raises SchemaError if it is no plain file."""
    path = sqlite_path(settings.database_url)
    if path is not None and path.exists() and not path.is_file():
        raise SchemaError(f"{path.name or path} is no file; name a database file")
    return path


@contextmanager
def open_database(settings: Settings, require_primary: bool = False) -> Iterator[Connection]:
    """Yield a read connection to a database of any schema. Raises SchemaError if there is none.

    `require_primary` reads from the primary, whose state a standby may not have yet; commands that write need it.
    """
    path = database_file(settings)
    if path is not None and not path.exists():
        raise SchemaError(f"there is no database file {path.name}; `oxus serve` or `oxus db upgrade` makes one")
    with (
        _engine(settings, read_only=True, require_primary=require_primary) as engine,
        read_transaction(engine, COMMAND_TIMEOUT_SECONDS) as connection,
    ):
        yield connection


@contextmanager
def open_current_schema(settings: Settings, require_primary: bool = False) -> Iterator[Connection]:
    """Yield a read connection. Raises SchemaError unless the database exists at this software's schema."""
    with open_database(settings, require_primary) as connection:
        check_schema(connection)
        yield connection


def run_server(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until a signal stops the server (SIGINT, SIGTERM)."""
    import uvicorn

    from app.server import shared_metrics_dir, uvicorn_options

    with _engine(settings, read_only=True) as engine:
        verify_read_only(engine)
    if workers == 1:
        from app.main import create_worker_app

        uvicorn.run(create_worker_app(settings), host=host, port=port, **uvicorn_options(settings))
        return
    with shared_metrics_dir(settings) as shared:
        shared.export_to_environment()
        uvicorn.run(
            "app.main:create_worker_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            **uvicorn_options(settings),
        )


def connection_warnings(settings: Settings, workers: int) -> Iterator[str]:
    """Yield a sentence if the workers may need more connections than PostgreSQL gives away."""
    if sqlite_path(settings.database_url) is not None:
        return
    with open_current_schema(settings) as connection:
        allowed = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
        reserved = int(connection.exec_driver_sql("SHOW superuser_reserved_connections").scalar_one())
    needed = workers * max_connections_of_process(settings)
    if needed > allowed - reserved:
        yield (
            f"{workers} worker(s) may hold {needed} connections, and PostgreSQL gives {allowed - reserved} away; "
            "raise its max_connections or take fewer workers, else busy times bring 503"
        )


def max_connections_of_process(settings: Settings) -> int:
    """Return the number of connections that one process may hold: a thread each, and one that looks for changes."""
    return SERVER_THREADS.short + SERVER_THREADS.long + settings.max_concurrent_exports + 1


def check_packs(settings: Settings, name: str | None, document: Path | None) -> Iterator[tuple[str, list[Problem]]]:
    """Check packs, and their quotes against the text of the document, if given.

    Yield a line for each pack, and its warnings. Raises BrokenPackError.
    """
    checked = read_checked(settings.seed_dir, name)
    for content, warnings in checked:
        quotes = ""
        if document and (content.pack.document or len(checked) == 1):
            count, problems = verify_quotes(content, document)
            if problems:
                raise BrokenPackError(problems)
            quotes = f", {count} printed tokens found in {document.name}"
        size = f"{len(content.events)} events, {len(content.claims)} claims"
        yield f"{content.pack.id} {content.pack.version}: {size}, no problem{quotes}", warnings


def load_seed(settings: Settings, name: str | None = None) -> Iterator[str]:
    """Load packs in one transaction, and yield what changed in each. Raises BrokenPackError, SchemaError."""
    with open_current_schema(settings, require_primary=True):
        pass
    with _engine(settings, read_only=False) as engine:
        results = load_packs(engine, settings.seed_dir, name)
    yield from map(summary_line, results)


DATASETS = {dataset.id: dataset for dataset in (UCDP_GED, ACLED)}
"""Datasets that `oxus import` knows, by id."""


def import_files(
    settings: Settings,
    dataset: str,
    files: Sequence[Path],
    snapshot: str | None,
    reports: ReportPaths,
    on_progress: OnProgress,
) -> Iterator[str]:
    """Import files of a dataset, write the reports (CSV), and yield a summary line by line.

    `on_progress` is called with the bytes and rows read so far. Raises UnreadableFileError, BrokenPackError,
    OutputError; nothing is changed then.
    """
    for report in reports:
        if not report.parent.is_dir() or report.is_dir():
            raise OutputError(f"{report} cannot be written: there is no such folder, or it is one itself")
        if report.is_file() and any(file.exists() and report.samefile(file) for file in files):
            raise OutputError(f"{report} cannot be written: it is a file to import; name another one")
    if reports.rejected.resolve() == reports.warnings.resolve():
        raise OutputError(f"{reports.rejected} cannot hold both reports: name two files")
    with open_current_schema(settings, require_primary=True):
        pass
    with Reports(reports) as written, _engine(settings, read_only=False) as engine:
        result = import_dataset(engine, DATASETS[dataset], files, snapshot, on_progress, written)
    yield from summary_lines(result, DATASETS[dataset].warnings_file, written)


def check_database(settings: Settings) -> list[str]:
    """Return the faults of a database: integrity, schema, foreign keys, events that do not follow from their claims.

    Events are derived anew in a transaction that is rolled back.
    """
    from app.db.migrate import differences

    with open_current_schema(settings, require_primary=True) as connection:
        faults = integrity_errors(connection)
        faults += [f"schema: {difference}" for difference in differences(connection, models.METADATA)]
    with _engine(settings, read_only=False) as engine, write_transaction(engine) as connection:
        event = table_of(models.Event)
        event_pks = connection.scalars(select(event.c.pk)).all()
        revision = connection.scalar(select(func.max(table_of(models.Revision).c.id))) or 0
        wrong_ids = derive(connection, event_pks, revision)
        connection.rollback()
    return faults + [f"event {id_} does not follow from its claims" for id_ in sorted(wrong_ids)]


def status_rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and value of what `oxus status` prints. Raises SchemaError if the database is damaged."""
    with open_current_schema(settings) as connection:
        refuse_damage(connection)
        yield "oxus", __version__
        yield "database", f"{connection.dialect.name}, schema {CURRENT_SCHEMA}"
        yield "revision", str(connection.scalar(select(func.max(table_of(models.Revision).c.id))) or 0)
        for entity in (ENTITY_TYPES[name] for name in STORED_LISTS if name in ENTITY_TYPES):
            yield entity.name, str(connection.scalar(select(func.count()).select_from(entity.table)))
        pack = table_of(models.Pack)
        for id_, version, cut_off in connection.execute(
            select(pack.c.id, pack.c.version, pack.c.cut_off).order_by(pack.c.id)
        ):
            yield "pack", f"{id_} {version}" + (f", up to {cut_off}" if cut_off else "")
